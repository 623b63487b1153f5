-- First the keys, from the index alone, then fifty rows: an entry's diff is read only if it is shown. The workspace is
-- named in the join too, so that the planner looks at one partition of the table.
SELECT
    e.id,
    e.workspace_id,
    e.action,
    e.facets,
    e.actor_type,
    e.actor_id,
    e.actor_email,
    e.subject_type,
    e.subject_id,
    e.subject_label,
    e.occurred_at,
    e.recorded_at,
    e.channel,
    e.source,
    e.diff::text AS diff,
    e.event_source,
    e.event_id
FROM (
    SELECT
        occurred_at,
        id
    FROM audit_event
    WHERE
        workspace_id = %(workspace_id)s
        AND pg_visible_in_snapshot(xid, %(snapshot)s::pg_snapshot) /* selection */ /* place */
    ORDER BY occurred_at DESC, id DESC
    LIMIT %(limit)s OFFSET %(skip)s
) AS k
INNER JOIN audit_event AS e ON e.workspace_id = %(workspace_id)s AND k.id = e.id
ORDER BY k.occurred_at DESC, k.id DESC
