-- Sorted by the unique key, so that two writers lock in one order and neither waits for the other in a circle; the
-- ordinal behind it lets the first of two equal events in one batch be the one that stands.
INSERT INTO audit_event (
    workspace_id, event_source, event_id, action, facets, actor_type, actor_id, actor_email, subject_type, subject_id,
    subject_label, channel, occurred_at, diff, kafka_topic, kafka_partition, kafka_offset, kafka_timestamp,
    content_digest, trace_id
)
SELECT
    workspace_id,
    event_source,
    event_id,
    action,
    facets,
    actor_type,
    actor_id,
    actor_email,
    subject_type,
    subject_id,
    subject_label,
    channel,
    occurred_at,
    diff::json,
    kafka_topic,
    kafka_partition,
    kafka_offset,
    timestamptz 'epoch' + kafka_timestamp * interval '1 millisecond' AS kafka_timestamp,
    content_digest,
    trace_id
FROM staging
ORDER BY workspace_id, event_source, event_id, ordinal
ON CONFLICT (workspace_id, event_source, event_id) DO NOTHING
RETURNING workspace_id, event_source, event_id
