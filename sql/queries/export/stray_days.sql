-- Workspaces that have days and no head: no map has them.
SELECT DISTINCT encode(stray.workspace, 'hex') AS workspace
FROM audit_sealed_day AS stray
WHERE
    NOT EXISTS (
        SELECT FROM audit_sealed_workspace AS head
        WHERE head.workspace = stray.workspace
    )
ORDER BY workspace
LIMIT 10
