"""From outcomes to rows.

`batch` collects outcomes, with entries as `copy_row`. `writer` writes one batch at a time in its own thread, by the
transaction of `store`: `insert` puts the entries in and finds rows that the database refuses, `raw_record` has the
parameters for raw records.
"""
