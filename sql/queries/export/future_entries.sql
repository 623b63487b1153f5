-- Entries whose transaction has not begun yet: no consumer wrote them, and no seal would see them for a while.
SELECT
    workspace_id,
    id
FROM audit_event
WHERE (xid::text::bigint) >= pg_snapshot_xmax(pg_current_snapshot())::text::bigint
ORDER BY workspace_id, id
LIMIT 10
