INSERT INTO parked_record (
    kafka_topic, kafka_topic_id, kafka_partition, kafka_offset, kafka_timestamp, key, value, headers, reason, detail
) VALUES (
    %(topic)s, %(topic_id)s, %(number)s, %(offset)s, %(timestamp)s, %(key)s, %(value)s, %(headers)s, %(reason)s,
    %(detail)s
)
ON CONFLICT DO NOTHING
