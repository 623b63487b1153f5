-- Which of these partitions are still halted, by an operator's leave or not; asked now and then for those that halted.
SELECT
    p.kafka_topic_id,
    p.kafka_partition
FROM partition_progress AS p
INNER JOIN unnest(%(topic_id)s::text[], %(number)s::int[]) AS b (topic_id, number)
    ON p.kafka_topic_id = b.topic_id AND p.kafka_partition = b.number
WHERE p.halted IS NOT NULL
