-- About how many entries there are, as the last ANALYZE or VACUUM had it.
SELECT coalesce(sum(greatest(c.reltuples, 0)), 0)::bigint AS entries
FROM pg_partition_tree('audit_event') AS t
INNER JOIN pg_class AS c ON t.relid = c.oid
WHERE t.isleaf
