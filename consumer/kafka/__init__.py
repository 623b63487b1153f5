"""The clients of Kafka.

`consumer` is the member of the group: it starts and stops partitions, polls and commits. `group_config` has its
properties, `rebalance` its callbacks, `polled` turns its messages into records;
`unreadable` takes the parts that can be had of one that the client cannot decode, `raw_headers` reads its headers. `admin` asks for topics and offsets,
`topic_questions` those that differ by topic, `topic_faults` has what is refused for one topic, `topic_watch` finds the topics that may be subscribed to.
`client_errors` takes what the member's client complains of, `auth_errors` explains a refused connection, `property_check` a refused property.
"""
