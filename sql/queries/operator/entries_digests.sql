-- Every entry with its digest, the columns in the order in which the digest takes them (consumer.event.row.digest).
SELECT
    id,
    content_digest,
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
    diff::text AS diff
FROM audit_event
