"""What this consumer owns.

`assignment` has the state of each partition, `claim` takes and releases one in the database, `progress` is
its row there; `position` says where its reading is, `breaker` when to halt it, and `watermark` asks Kafka for the ends
of the logs. `open_transactions` says where a producer holds a partition back.
"""
