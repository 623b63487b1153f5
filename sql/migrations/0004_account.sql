-- The accounting as views of the owner's: the consumer's metrics say whether it balances and what waits in the parking
-- lot, and so its role sees these figures, but neither raw records nor what people did about them.

-- Every partition that was ever claimed, with what the other tables keep of it.
CREATE VIEW partition_account AS
WITH decisions AS (
    SELECT
        parked_id,
        bool_or(action = 'dismiss' OR outcome <> 'parked') AS resolved,
        count(*) FILTER (WHERE outcome = 'recorded') AS recorded,
        coalesce(bool_or(outcome = 'conflict'), FALSE) AS conflict
    FROM operator_action
    WHERE parked_id IS NOT NULL
    GROUP BY parked_id
),

parked_rows AS (
    SELECT
        r.kafka_topic_id,
        r.kafka_partition,
        count(*) AS kept,
        count(*) FILTER (WHERE d.resolved) AS resolved,
        coalesce(sum(d.recorded), 0)::bigint AS replayed,
        count(*) FILTER (WHERE d.conflict) AS conflicting
    FROM parked_record AS r
    LEFT JOIN decisions AS d ON r.id = d.parked_id
    GROUP BY r.kafka_topic_id, r.kafka_partition
),

conflict_rows AS (
    SELECT
        kafka_topic_id,
        kafka_partition,
        count(*) AS kept
    FROM conflicting_event
    GROUP BY kafka_topic_id, kafka_partition
),

moves AS (
    SELECT
        kafka_topic_id,
        kafka_partition,
        sum(greatest(to_offset - from_offset, 0))::bigint AS forward,
        sum(greatest(from_offset - to_offset, 0))::bigint AS back
    FROM operator_action
    WHERE action IN ('accept_gap', 'rewind') AND from_offset IS NOT NULL
    GROUP BY kafka_topic_id, kafka_partition
)

SELECT
    p.kafka_topic,
    p.kafka_topic_id,
    p.kafka_partition,
    p.next_offset,
    p.recorded,
    p.duplicate,
    p.conflict,
    p.ignored,
    p.ignored_not_audited,
    p.ignored_tombstone,
    p.ignored_no_change,
    p.parked,
    p.gap,
    p.undelivered,
    p.reread,
    p.halted,
    p.halted_detail,
    p.halted_at,
    p.complete_through,
    p.retired_at,
    coalesce(k.kept, 0) AS parked_rows,
    coalesce(k.resolved, 0) AS parked_resolved,
    coalesce(k.replayed, 0) AS replayed,
    coalesce(k.conflicting, 0) AS replayed_conflict,
    coalesce(c.kept, 0) AS conflict_rows,
    coalesce(m.forward, 0) AS accepted,
    coalesce(m.back, 0) AS given_back
FROM partition_progress AS p
LEFT JOIN parked_rows AS k ON p.kafka_topic_id = k.kafka_topic_id AND p.kafka_partition = k.kafka_partition
LEFT JOIN conflict_rows AS c ON p.kafka_topic_id = c.kafka_topic_id AND p.kafka_partition = c.kafka_partition
LEFT JOIN moves AS m ON p.kafka_topic_id = m.kafka_topic_id AND p.kafka_partition = m.kafka_partition;

COMMENT ON VIEW partition_account IS 'Progress beside what the other tables keep: what the accounting check compares';

CREATE VIEW parked_unresolved AS
SELECT
    r.kafka_topic,
    r.kafka_partition,
    r.reason,
    count(*) AS records
FROM parked_record AS r
WHERE
    NOT EXISTS (
        SELECT FROM operator_action AS a
        WHERE a.parked_id = r.id AND (a.action = 'dismiss' OR a.outcome <> 'parked')
    )
GROUP BY r.kafka_topic, r.kafka_partition, r.reason;

COMMENT ON VIEW parked_unresolved IS 'How many parked records no one has resolved';

REVOKE ALL ON partition_account, parked_unresolved FROM public;
GRANT SELECT ON partition_account, parked_unresolved TO audit_writer, audit_operator;
