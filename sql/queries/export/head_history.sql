-- Every seal in which a workspace had new entries, with the hash of its days.
SELECT
    seal,
    days
FROM audit_sealed_workspace
WHERE workspace = %(workspace)s
ORDER BY seal
