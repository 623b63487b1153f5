"""The partitions that this consumer owns.

`assignment` has the state of each partition, `claim` claims and releases one in the database, `cell` refuses that if the
database is another cell's, `progress` is its row there; `position` is the next offset to read, `breaker` decides when to halt it,
and `watermark` queries Kafka for the end offsets. `open_transactions` reports partitions that a producer's open transaction
holds back.
"""
