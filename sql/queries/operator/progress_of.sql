-- The progress of every incarnation of a topic's partition, locked until the end of the transaction; the columns of
-- PartitionProgress.
SELECT
    kafka_topic AS topic,
    kafka_topic_id AS topic_id,
    kafka_partition AS number,
    next_offset,
    epoch,
    owner,
    halted,
    halted_detail,
    halted_at,
    recorded,
    duplicate,
    conflict,
    ignored,
    ignored_not_audited,
    ignored_tombstone,
    ignored_no_change,
    ignored_other_cell,
    parked,
    gap,
    undelivered,
    reread,
    complete_through,
    retired_at
FROM partition_progress
WHERE kafka_topic = %(topic)s AND kafka_partition = %(number)s
ORDER BY kafka_topic_id
FOR UPDATE
