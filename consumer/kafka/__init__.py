"""The clients of Kafka.

`consumer` is the member of the group: it starts and stops partitions, polls and commits. `member_client` makes and closes its
client, `group_config` has its properties and `rebalance` its callbacks, `poll_size` bounds a poll by bytes, `silence` notices
that no broker answers it. `polled` turns its messages into records; `partial_message` gets the readable parts of one that the
client cannot decode, `raw_headers` reads its headers. `admin` queries topics and offsets, `renewed_admin` replaces its client
where no broker answers, `topic_questions` has the queries whose answers differ by topic, `topic_faults` the errors of single
topics, `topic_watch` finds the topics that may be subscribed to. `client_errors` handles the errors of the member's client,
`auth_errors` explains a refused connection, `property_check` a refused property.
"""
