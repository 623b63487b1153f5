"""The reader: the page `/audit` for the admins of a workspace, and its API (SPEC 6).

In reading order: `model` has the values that a request passes through. `auth` finds out who sent it, `query` what it asks
for and the result, `html` and `http` make the response, and `entry_cache` caches the parts of it that are made from one entry, in a
`shared_cache`; `fair_slots` keeps one workspace from delaying the others, and `errors` has the error responses. `compose` puts a
reader together, `settings` has what it is configured by, `serve` runs it, `cli` and
`__main__` are the command `audit-reader`.
"""
