-- States a gap that an operator found; its id.
INSERT INTO data_gap (kafka_topic, kafka_topic_id, kafka_partition, from_offset, to_offset, epoch, cause, detail)
VALUES (
    %(topic)s, %(topic_id)s, %(number)s, %(from_offset)s, %(to_offset)s, %(epoch)s, %(cause)s, %(detail)s
)
RETURNING id
