-- Which cell this database is from now on, and each partition's next offset.
WITH new_cell AS (
    INSERT INTO audit_cell (number, cells, reason, os_user)
    VALUES (%(number)s, %(cells)s, %(reason)s, %(os_user)s)
    RETURNING id
)

INSERT INTO audit_cell_start (
    cell_id, kafka_topic_id, kafka_partition, next_offset, reread, ignored_other_cell, undelivered, gap
)
SELECT
    new_cell.id,
    p.kafka_topic_id,
    p.kafka_partition,
    p.next_offset,
    p.reread,
    p.ignored_other_cell,
    p.undelivered,
    p.gap
FROM partition_progress AS p
CROSS JOIN new_cell
WHERE p.retired_at IS NULL
