INSERT INTO audit_sealed_day (workspace, day, seal, entries, digest)
SELECT
    d.workspace,
    d.day,
    %(seal)s,
    d.entries,
    d.digest
FROM unnest(%(workspaces)s::bytea[], %(days)s::date[], %(entries)s::bigint[], %(digests)s::bytea[])
    AS d (workspace, day, entries, digest)
