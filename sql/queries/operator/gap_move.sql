-- Moves a partition to after a gap that Kafka left, or back to the shorter end of its log; and fences its reader.
UPDATE partition_progress SET
    next_offset = %(to_offset)s,
    gap = gap + greatest(%(to_offset)s - next_offset, 0),
    reread = reread + greatest(next_offset - %(to_offset)s, 0),
    epoch = epoch + 1,
    owner = NULL,
    updated_at = now()
WHERE kafka_topic_id = %(topic_id)s AND kafka_partition = %(number)s
