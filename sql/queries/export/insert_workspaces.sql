INSERT INTO audit_sealed_workspace (workspace, seal, days)
SELECT
    w.workspace,
    %(seal)s,
    w.days
FROM unnest(%(workspaces)s::bytea[], %(days)s::bytea[]) AS w (workspace, days)
