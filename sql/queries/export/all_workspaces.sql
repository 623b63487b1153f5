-- Every workspace that has an entry, sealed or not, by key, and how many entries the newest seal should have covered:
-- all that its snapshot sees, whatever their time, and those whose transaction nobody knows. Without a workspace: NULL.
SELECT
    grouped.workspace_id,
    grouped.entries,
    sha256(convert_to(coalesce(grouped.workspace_id, ''), 'UTF8')) AS workspace
FROM (
    SELECT
        workspace_id,
        count(*) FILTER (WHERE pg_visible_in_snapshot(xid, %(snapshot)s::pg_snapshot) IS NOT FALSE) AS entries
    FROM audit_event
    GROUP BY workspace_id
) AS grouped
ORDER BY workspace
