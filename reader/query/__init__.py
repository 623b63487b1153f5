"""What a request asks for, and the result.

`filters` parses the query string, `snapshot` and `position` the texts by which a client continues a list. `listing` returns
pages and entries: `index_store` keeps the `key_index` of each list up to date, in the `index_cache`, loaded through
`single_flight`; `window` cuts a page from it. `list_queries` has the statements, `database` runs them.
"""
