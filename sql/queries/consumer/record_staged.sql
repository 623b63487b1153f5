-- Sorted by the unique key, so that two writers lock in one order and neither waits for the other in a circle.
INSERT INTO audit_event (
    workspace_id, event_source, event_id, action, facets, actor_type, actor_id, actor_email, subject_type, subject_id,
    subject_label, channel, occurred_at, diff, kafka_topic, kafka_partition, kafka_offset, kafka_timestamp,
    trace_id, content_digest
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
    trace_id,
    content_digest
FROM staging
ORDER BY workspace_id, event_source, event_id
