"""The consumer: from Kafka's records to the entries of the audit log, losing none.

`cli` is the program: its commands are in `commands`, what operator commands do is in `operator`; `__main__` lets
`python -m consumer` start it. `run` puts a running consumer together from `settings`.

`polling` has the loop and its concerns, `telemetry` what is told of it, `retries` the kinds of attempts that are repeated.

What a record means is in `event`, and `native` makes the rows of usual records in C; `partitions` has what this
consumer owns, `storage` the transaction; `kafka` and `registry` are the clients.
"""
