-- Locks the progress of the partitions of a batch, and finds those that are still this writer's, at the offset that it
-- believes: fewer rows than asked for means that another consumer, or an operator, has taken one over.
SELECT
    p.kafka_topic_id,
    p.kafka_partition
FROM partition_progress AS p
INNER JOIN
    unnest(
        %(topic_id)s::text[], %(number)s::int[], %(epoch)s::bigint[], %(start)s::bigint[]
    ) AS b (topic_id, number, epoch, start)
    ON p.kafka_topic_id = b.topic_id AND p.kafka_partition = b.number
WHERE p.epoch = b.epoch AND p.next_offset = b.start AND p.halted IS NULL
ORDER BY p.kafka_topic_id, p.kafka_partition
FOR UPDATE OF p
