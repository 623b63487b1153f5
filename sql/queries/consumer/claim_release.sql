UPDATE partition_progress SET
    owner = NULL,
    updated_at = now()
WHERE kafka_topic_id = %(topic_id)s AND kafka_partition = %(number)s AND epoch = %(epoch)s
