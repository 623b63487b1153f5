-- The rows of a page: of all that an entry is, only its key is read before it is shown.
SELECT
    id,
    workspace_id,
    action,
    facets,
    actor_type,
    actor_id,
    actor_email,
    subject_type,
    subject_id,
    subject_label,
    occurred_at,
    recorded_at,
    channel,
    source,
    diff::text AS diff,
    event_source,
    event_id
FROM audit_event
WHERE workspace_id = %(workspace_id)s AND id = any(%(ids)s::bigint[])
ORDER BY occurred_at DESC, id DESC
