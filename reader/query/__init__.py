"""What a request asks for, and the result.

`filters` parses the query string, with `time_bounds` for ranges of time and `searched_text` for pasted ids and addresses;
`snapshot`, which writes `rising_numbers`, and `position` are the texts by which a client continues a list. `listing` returns pages and entries: `index_store`
keeps the `key_index` of each list up to date, in the `index_cache` of `cached_list`s, which `use_counts` keep or evict, loaded by `index_load` through
`single_flight`, brought up to date by `current_index`, or made of another by `older_index`, and gives `index_results`; `long_lists` are not kept; `window` cuts a page from it, which `indexed_page` reads. `uncached_page` reads a page whose list is not in memory, while
`background_loads` load the list, within the `timeouts`. `large_diffs` has what a page leaves out, `entries_again` the rows of one that had to wait. `list_queries` has the statements;
`database` runs them in sessions with the `session_settings`, or raises what `unavailable` defines, by `database_errors`. `cells` asks the right one
of several databases, `checkpoint` reads the newest checkpoint, `transaction_view` is what a transaction sees, on a primary
or a standby, and `replay_lag` how far a standby is behind.
"""
