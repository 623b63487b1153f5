-- The topic has a new id: this row is history from now on.
UPDATE partition_progress SET
    retired_at = now(),
    epoch = epoch + 1,
    owner = NULL,
    halted = NULL,
    halted_detail = NULL,
    halted_at = NULL,
    updated_at = now()
WHERE kafka_topic_id = %(topic_id)s AND kafka_partition = %(number)s
