-- Sets the next offset of the locked partitions and adds the outcomes to their counts, in the same transaction as the
-- rows.
UPDATE partition_progress AS p SET
    next_offset = b.next_offset,
    recorded = p.recorded + b.recorded,
    duplicate = p.duplicate + b.duplicate,
    conflict = p.conflict + b.conflict,
    ignored_not_audited = p.ignored_not_audited + b.not_audited,
    ignored_tombstone = p.ignored_tombstone + b.tombstone,
    ignored_no_change = p.ignored_no_change + b.no_change,
    ignored_other_cell = p.ignored_other_cell + b.other_cell,
    parked = p.parked + b.parked,
    undelivered = p.undelivered + b.undelivered,
    complete_through = greatest(p.complete_through, b.complete_through),
    halted = b.halted,
    halted_detail = b.halted_detail,
    halted_at = CASE WHEN b.halted IS NOT NULL THEN now() END,
    owner = CASE WHEN b.halted IS NULL THEN p.owner END,
    updated_at = now()
FROM
    unnest(
        %(topic_id)s::text[], %(number)s::int[], %(next_offset)s::bigint[], %(recorded)s::bigint[],
        %(duplicate)s::bigint[], %(conflict)s::bigint[], %(not_audited)s::bigint[], %(tombstone)s::bigint[],
        %(no_change)s::bigint[], %(other_cell)s::bigint[], %(parked)s::bigint[], %(undelivered)s::bigint[],
        %(complete_through)s::timestamptz[], %(halted)s::text[], %(halted_detail)s::text[]
    )
        AS b (
            topic_id, number, next_offset, recorded, duplicate, conflict, not_audited, tombstone, no_change, other_cell,
            parked, undelivered, complete_through, halted, halted_detail
        )
WHERE p.kafka_topic_id = b.topic_id AND p.kafka_partition = b.number
