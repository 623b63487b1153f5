-- `entry` of row.sql: the entries visible in `snapshot` but not in `before`. An entry is in exactly one such window,
-- however late it commits.
-- Whatever `before` does not see is not below its xmin, `floor`, which is what the BRIN index knows.
SELECT *
FROM audit_event
WHERE
    (xid::text::bigint) >= %(floor)s
    AND pg_visible_in_snapshot(xid, %(snapshot)s::pg_snapshot)
    AND NOT pg_visible_in_snapshot(xid, %(before)s::pg_snapshot)
ORDER BY sha256(convert_to(workspace_id, 'UTF8')), occurred_at, id
