-- Lets the partition of this name go on, unless another gap that no one has accepted still holds it: one of its own,
-- or what an earlier incarnation of the topic left unread.
UPDATE partition_progress AS p SET
    epoch = p.epoch + 1,
    owner = NULL,
    halted = NULL,
    halted_detail = NULL,
    halted_at = NULL,
    updated_at = now()
WHERE
    p.kafka_topic = %(topic)s
    AND p.kafka_partition = %(number)s
    AND p.halted = 'gap'
    AND p.retired_at IS NULL
    AND NOT EXISTS (
        SELECT FROM data_gap AS g
        WHERE
            g.kafka_topic = p.kafka_topic
            AND g.kafka_partition = p.kafka_partition
            AND (g.kafka_topic_id = p.kafka_topic_id OR g.cause = 'topic_recreated')
            AND NOT EXISTS (
                SELECT FROM operator_action AS a
                WHERE a.gap_id = g.id
            )
    )
RETURNING p.kafka_topic_id
