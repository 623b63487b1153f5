-- Parked records without their bytes, oldest first, with the last that was done about each.
SELECT
    r.id,
    r.kafka_topic AS topic,
    r.kafka_partition AS number,
    r.kafka_offset AS "offset",
    r.reason,
    r.detail,
    r.parked_at,
    last_action.action,
    last_action.outcome,
    coalesce(last_action.resolved, FALSE) AS resolved,
    count(*) OVER () AS matching
FROM parked_record AS r
LEFT JOIN LATERAL (
    SELECT
        a.action,
        a.outcome,
        bool_or(a.action = 'dismiss' OR a.outcome <> 'parked') OVER () AS resolved
    FROM operator_action AS a
    WHERE a.parked_id = r.id
    ORDER BY a.id DESC
    LIMIT 1
) AS last_action ON TRUE
WHERE
    (%(parked_as)s::text IS NULL OR r.reason = %(parked_as)s)
    AND (%(of_topic)s::text IS NULL OR r.kafka_topic = %(of_topic)s)
    AND (%(also_resolved)s OR NOT coalesce(last_action.resolved, FALSE))
ORDER BY r.id
LIMIT %(limit)s
