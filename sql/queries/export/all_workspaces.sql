-- Every workspace that has an entry, sealed or not, by key.
SELECT
    found.workspace_id,
    sha256(convert_to(found.workspace_id, 'UTF8')) AS workspace
FROM (SELECT DISTINCT workspace_id FROM audit_event) AS found
ORDER BY workspace
