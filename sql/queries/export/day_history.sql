-- Every step of a workspace's days, by seal.
SELECT
    seal,
    day::text AS day,
    entries,
    digest
FROM audit_sealed_day
WHERE workspace = %(workspace)s
ORDER BY seal, day
