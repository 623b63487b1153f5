-- One parked record, whole.
SELECT
    r.id,
    r.kafka_topic AS topic,
    r.kafka_topic_id AS topic_id,
    r.kafka_partition AS number,
    r.kafka_offset AS "offset",
    r.kafka_timestamp AS timestamp,
    r.key,
    r.value,
    r.headers,
    r.reason,
    r.detail,
    r.parked_at
FROM parked_record AS r
WHERE r.id = %(id)s
