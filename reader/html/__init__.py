"""The pages.

`pages` renders the templates; `entry_view` and `diff_view` prepare an entry, `filter_form` the form above the list, `labels`
the names of their values, `links` the links of a list, `row_links` those of its entries.
"""
