-- Gives offsets back, to be passed again; the epoch fences whoever reads on.
UPDATE partition_progress SET
    next_offset = %(to_offset)s,
    reread = reread + next_offset - %(to_offset)s,
    epoch = epoch + 1,
    owner = NULL,
    updated_at = now()
WHERE kafka_topic_id = %(topic_id)s AND kafka_partition = %(number)s
