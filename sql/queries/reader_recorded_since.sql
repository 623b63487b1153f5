-- What was recorded after a horizon: transactions below its lower end had ended, so an index finds the others.
SELECT
    occurred_at,
    id
FROM audit_event
WHERE
    workspace_id = %(workspace_id)s
    AND xid >= %(low)s::text::xid8
    AND NOT pg_visible_in_snapshot(xid, %(snapshot)s::pg_snapshot) /* selection */
ORDER BY occurred_at DESC, id DESC
LIMIT %(most)s
