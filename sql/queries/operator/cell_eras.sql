-- For each partition that is read, and each cell that this database was while it was read, oldest first: the cumulative
-- counters at the end of that time; the last line of a partition is now.
WITH eras AS (
    SELECT
        c.id,
        c.number,
        c.cells,
        lead(c.id) OVER (ORDER BY c.id) AS followed_by
    FROM (
        SELECT
            0 AS id,
            1 AS number,
            1 AS cells
        UNION ALL
        SELECT
            id,
            number,
            cells
        FROM audit_cell
    ) AS c
)

SELECT
    p.kafka_topic AS topic,
    p.kafka_topic_id AS topic_id,
    p.kafka_partition AS partition,
    e.number,
    e.cells,
    coalesce(s.next_offset, CASE WHEN e.followed_by IS NULL THEN p.next_offset ELSE 0 END) AS next_offset,
    coalesce(s.reread, CASE WHEN e.followed_by IS NULL THEN p.reread ELSE 0 END) AS reread,
    coalesce(s.ignored_other_cell, CASE WHEN e.followed_by IS NULL THEN p.ignored_other_cell ELSE 0 END) AS other_cell,
    coalesce(s.undelivered, CASE WHEN e.followed_by IS NULL THEN p.undelivered ELSE 0 END) AS undelivered,
    coalesce(s.gap, CASE WHEN e.followed_by IS NULL THEN p.gap ELSE 0 END) AS gap
FROM partition_progress AS p
CROSS JOIN eras AS e
LEFT JOIN audit_cell_start AS s
    ON e.followed_by = s.cell_id AND p.kafka_topic_id = s.kafka_topic_id AND p.kafka_partition = s.kafka_partition
WHERE p.retired_at IS NULL
ORDER BY p.kafka_topic, p.kafka_partition, p.kafka_topic_id, e.id
