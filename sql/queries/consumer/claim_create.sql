INSERT INTO partition_progress (kafka_topic, kafka_topic_id, kafka_partition, next_offset, epoch)
VALUES (%(topic)s, %(topic_id)s, %(number)s, 0, 0)
ON CONFLICT (kafka_topic_id, kafka_partition) DO NOTHING
