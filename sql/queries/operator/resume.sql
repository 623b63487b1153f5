UPDATE partition_progress SET
    halted = NULL,
    halted_detail = NULL,
    halted_at = NULL,
    updated_at = now()
WHERE kafka_topic_id = %(topic_id)s AND kafka_partition = %(number)s
