-- Parked records that no one has resolved, by reason.
SELECT
    reason,
    sum(records)::bigint AS records
FROM parked_unresolved
GROUP BY reason
ORDER BY sum(records) DESC, reason
