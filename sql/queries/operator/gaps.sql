-- Stated gaps with who accepted them: all, those that no one has accepted, or the one of an id.
SELECT
    g.id,
    g.kafka_topic AS topic,
    g.kafka_topic_id AS topic_id,
    g.kafka_partition AS number,
    g.from_offset AS start,
    g.to_offset AS "end",
    g.cause,
    g.stated_at,
    a.performed_at AS accepted_at,
    a.reason AS accepted_reason,
    a.performed_by || coalesce(' (' || a.os_user || ')', '') AS accepted_by
FROM data_gap AS g
LEFT JOIN operator_action AS a ON g.id = a.gap_id
WHERE
    (%(gap_id)s::bigint IS NULL OR g.id = %(gap_id)s)
    AND (%(also_accepted)s OR a.id IS NULL)
ORDER BY g.id
