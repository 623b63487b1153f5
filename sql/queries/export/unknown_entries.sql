-- How many entries of a workspace a seal should have covered.
SELECT count(*) AS entries
FROM audit_event
WHERE workspace_id = %(workspace_id)s AND pg_visible_in_snapshot(xid, %(snapshot)s::pg_snapshot)
