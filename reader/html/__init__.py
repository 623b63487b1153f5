"""The pages.

`pages` renders the templates; `entry_view` and `diff_view` prepare an entry, `filter_form` the form above the list, `links`
the links of a list.
"""
