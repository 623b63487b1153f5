-- What a person did. The database adds the login and the time.
INSERT INTO operator_action (
    action, parked_id, gap_id, kafka_topic, kafka_topic_id, kafka_partition, from_offset, to_offset, outcome, detail,
    reason, os_user
) VALUES (
    %(action)s, %(parked_id)s, %(gap_id)s, %(topic)s, %(topic_id)s, %(number)s, %(from_offset)s, %(to_offset)s,
    %(outcome)s, %(detail)s, %(reason)s, %(os_user)s
)
