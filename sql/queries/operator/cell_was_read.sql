-- How many partitions have been read.
SELECT count(*)
FROM partition_progress
WHERE next_offset > 0
