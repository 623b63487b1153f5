-- One entry with all its texts, and without its diff (large_diffs.sql); its columns are in the order of page.sql.
SELECT
    id,
    workspace_id,
    action,
    actor_type,
    actor_id,
    subject_type,
    subject_id,
    occurred_at,
    recorded_at,
    channel,
    source,
    event_source,
    event_id,
    facets,
    actor_email,
    subject_label,
    NULL AS diff
FROM audit_event
WHERE workspace_id = %(workspace_id)s AND id = %(id)s
