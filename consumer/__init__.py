"""The consumer: from Kafka's records to the entries of the audit log, losing none.

`cli` is the program: its commands are in `commands`, what operator commands do is in `operator`; `__main__` lets
`python -m consumer` start it. `run` puts a running consumer together from `settings`.

`loop` polls, and each of its concerns has a module: `intake` gives every record its outcome, `handover` passes batches
to the writer and commits, `backpressure` bounds what is read meanwhile, `schema_wait` stops partitions that need a
schema, `until_end` knows the end offsets to reach, `unreadable` parks records that the client cannot decode,
`completeness` records up to when a partition is complete. `schema_source` has the schemas that were fetched from the
registry, and `isolated_worker` decodes suspect records in a child process. `observer` has the hooks for `telemetry`,
`retries` the kinds of attempts that are repeated.

What a record means is in `event`, and `native` makes the rows of usual records in C; `partitions` has what this consumer owns, `storage` the transaction; `kafka` and
`registry` are the clients.
"""
