"""What a running consumer shows.

`setup` starts what the settings ask for. `metrics` lists the metrics, `recorder` counts, `poller` asks Kafka and
PostgreSQL for gauges, `partition_gauges` holds those of partitions, `topic_gauges` what cannot be had of topics,
`histogram` takes whole batches, `certificates` asks servers for theirs, `database_clock` is
the clock that figures are reckoned by. `tracing` exports spans, `progress_bar` is for a terminal.
"""
