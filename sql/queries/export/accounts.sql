-- What became of every Kafka record, per partition that was ever claimed.
SELECT
    kafka_topic AS topic,
    kafka_partition AS partition,
    kafka_topic_id AS topic_id,
    CASE WHEN retired_at IS NOT NULL THEN 'retired' ELSE coalesce('halted_' || halted, 'live') END AS state,
    next_offset,
    recorded,
    duplicate,
    conflict,
    ignored_not_audited,
    ignored_tombstone,
    ignored_no_change,
    parked,
    gap,
    undelivered,
    reread,
    parked_rows - parked_resolved AS parked_unresolved,
    replayed,
    complete_through,
    retired_at IS NOT NULL AS retired
FROM partition_account
