"""The pages.

`pages` renders the templates; `rows` renders the rows of a list, `entry_view` and `diff_view` prepare a single entry, `shown_part` bounds it, `filter_form` the
form above the list, `labels` the names of their values, `links` the links of a list, `row_links` those of its entries.
"""
