-- The next offsets of a batch's partitions: they show whether a COMMIT whose answer was lost had succeeded.
SELECT
    p.next_offset = b.next_offset AS arrived,
    p.epoch = b.epoch AS ours
FROM partition_progress AS p
INNER JOIN
    unnest(
        %(topic_id)s::text[], %(number)s::int[], %(epoch)s::bigint[], %(next_offset)s::bigint[]
    ) AS b (topic_id, number, epoch, next_offset)
    ON p.kafka_topic_id = b.topic_id AND p.kafka_partition = b.number
