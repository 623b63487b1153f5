-- Every step of a workspace's days up to a seal: their entries and last hash after each seal that had entries of them.
SELECT
    day::text AS day,
    seal,
    coalesce(entries, 0) AS entries,
    coalesce(digest, '') AS digest
FROM audit_sealed_day
WHERE workspace = %(workspace)s AND day >= %(from_day)s::date AND day < %(to_day)s::date AND seal <= %(seal)s
ORDER BY day, seal
