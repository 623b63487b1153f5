UPDATE partition_progress SET
    epoch = epoch + 1,
    owner = %(owner)s,
    halted = %(halted)s,
    halted_detail = %(halted_detail)s,
    halted_at = CASE WHEN %(halted)s::text IS NULL THEN NULL ELSE coalesce(halted_at, now()) END,
    updated_at = now()
WHERE kafka_topic_id = %(topic_id)s AND kafka_partition = %(number)s
RETURNING epoch
