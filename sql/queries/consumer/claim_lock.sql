-- The progress of a partition, locked until the end of the transaction; the columns of PartitionProgress.
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
WHERE kafka_topic_id = %(topic_id)s AND kafka_partition = %(number)s
FOR UPDATE
