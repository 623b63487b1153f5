-- How far partitions are, whoever reads them, and whether they are halted; for `run --until-end`.
SELECT
    p.kafka_topic_id,
    p.kafka_partition,
    p.next_offset,
    p.halted IS NOT NULL AS halted
FROM partition_progress AS p
INNER JOIN unnest(%(topic_id)s::text[], %(number)s::int[]) AS b (topic_id, number)
    ON p.kafka_topic_id = b.topic_id AND p.kafka_partition = b.number
