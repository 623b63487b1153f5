-- Every step of a workspace's days, by seal.
SELECT
    seal,
    coalesce(day::text, '') AS day,
    coalesce(entries, 0) AS entries,
    coalesce(digest, '') AS digest
FROM audit_sealed_day
WHERE workspace = %(workspace)s
ORDER BY seal, day
