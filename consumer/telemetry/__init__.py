"""Metrics, probes, traces and the progress bar of a running consumer.

`setup` starts what the settings ask for. `metrics` defines the metrics, `recorder` counts, `poller` queries Kafka and
PostgreSQL for gauges, `partition_gauges` holds those of partitions, `topic_gauges` the faults of topics,
`histogram` takes whole batches, `certificates` watches the servers' certificates and those of `client_certificates`, our own,
`database_clock` is the clock by which times are measured. `tracing` exports spans, `progress_bar` is for a terminal.
"""
