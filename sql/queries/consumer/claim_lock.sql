SELECT
    next_offset,
    epoch,
    owner,
    halted,
    halted_detail
FROM partition_progress
WHERE kafka_topic_id = %(topic_id)s AND kafka_partition = %(number)s
FOR UPDATE
