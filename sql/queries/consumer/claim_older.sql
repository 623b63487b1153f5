-- Progress of earlier incarnations of a topic of this name that no operator has retired.
SELECT
    kafka_topic_id,
    kafka_partition,
    next_offset,
    epoch
FROM partition_progress
WHERE kafka_topic = %(topic)s AND kafka_topic_id <> %(topic_id)s AND retired_at IS NULL
ORDER BY kafka_topic_id, kafka_partition
