-- Parked records that no one has resolved, by reason.
SELECT
    r.reason,
    count(*) AS records
FROM parked_record AS r
WHERE
    NOT EXISTS (
        SELECT FROM operator_action AS a
        WHERE a.parked_id = r.id AND (a.action = 'dismiss' OR a.outcome <> 'parked')
    )
GROUP BY r.reason
ORDER BY count(*) DESC, r.reason
