INSERT INTO original_record (
    kafka_topic, kafka_topic_id, kafka_partition, kafka_offset, kafka_timestamp, key, value, headers, workspace_id,
    event_source, event_id
) VALUES (
    %(topic)s, %(topic_id)s, %(number)s, %(offset)s, %(timestamp)s, %(key)s, %(value)s, %(headers)s,
    %(workspace_id)s, %(event_source)s, %(event_id)s
)
ON CONFLICT DO NOTHING
