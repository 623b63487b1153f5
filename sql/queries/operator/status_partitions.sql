-- Every partition that was ever claimed, with what the other tables keep of it, for the accounting check;
-- the columns of PartitionAccount.
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
    retired_at,
    parked_rows,
    parked_resolved,
    replayed,
    replayed_conflict,
    conflict_rows,
    accepted,
    given_back,
    -- A standby's clock is not the one that wrote it, and may be a little behind.
    coalesce(
        complete_through
        > clock_timestamp() + CASE WHEN pg_is_in_recovery() THEN INTERVAL '5 seconds' ELSE INTERVAL '0' END,
        FALSE
    ) AS complete_through_ahead
FROM partition_account
ORDER BY kafka_topic, kafka_partition, retired_at NULLS LAST, kafka_topic_id
