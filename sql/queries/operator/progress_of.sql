-- The progress of every incarnation of a topic's partition, locked until the end of the transaction.
SELECT
    kafka_topic AS topic,
    kafka_topic_id AS topic_id,
    kafka_partition AS number,
    next_offset,
    halted,
    halted_detail,
    retired_at
FROM partition_progress
WHERE kafka_topic = %(topic)s AND kafka_partition = %(number)s
ORDER BY kafka_topic_id
FOR UPDATE
