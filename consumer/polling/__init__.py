"""The loop that polls, and its concerns: every record gets one outcome, and its offset moves with it.

loop             what happens between two polls: rebalances, topics, records, end
intake           gives every record its outcome
handover         passes batches to the writer, takes results back, and commits
backpressure     bounds what is read meanwhile
schema_wait      stops partitions that need a schema
schema_source    the schemas that were fetched from the registry
isolated_worker  decodes suspect records in a child process
unreadable       parks records that the client cannot decode
completeness     records up to when a partition is complete
observer         the hooks of the loop, for `telemetry`
until_end        the end offsets to reach
"""
