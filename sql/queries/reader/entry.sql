-- One entry with all its texts, and without its diff (large_diffs.sql); its columns are in the order of page.sql. It is
-- not found while no list would show it: `here` has the end of what is shown (ending.sql).
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
    NULL AS diff,
    FALSE AS is_cut
FROM audit_event
WHERE
    workspace_id = %(workspace_id)s
    AND id = %(id)s
    AND xid < (SELECT ending FROM here)
