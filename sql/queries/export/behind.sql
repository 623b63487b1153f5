-- How far those partitions have got that a consumer reads and that are behind Kafka, by the database's clock; NULL:
-- none is. While records arrive as usual, complete_through is a second or two old; in a first drain it is not known
-- before the end. The tables that partition_account joins are not read for these columns.
SELECT sum(next_offset)
FROM partition_account
WHERE
    retired_at IS NULL
    AND halted IS NULL
    AND owner IS NOT NULL
    AND (complete_through IS NULL OR complete_through < clock_timestamp() - INTERVAL '30 seconds')
