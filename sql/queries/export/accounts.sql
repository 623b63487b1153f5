-- What became of every Kafka record, per partition that was ever claimed (verified export, section 6). The format has
-- no column for records of other cells: they are counted with those that are not audited (decision 97).
SELECT
    kafka_topic AS topic,
    kafka_partition AS partition,
    kafka_topic_id AS topic_id,
    next_offset,
    recorded,
    duplicate,
    conflict,
    ignored_tombstone,
    ignored_no_change,
    parked,
    gap,
    undelivered,
    reread,
    replayed,
    ignored_not_audited + ignored_other_cell AS ignored_not_audited,
    CASE WHEN retired_at IS NOT NULL THEN 'retired' ELSE coalesce('halted_' || halted, 'live') END AS state,
    parked_rows - parked_resolved AS parked_unresolved,
    to_char(complete_through, 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') AS complete_through
FROM partition_account
