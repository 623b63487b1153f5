-- Retired topics will get nothing more; what they had is in the tables.
SELECT
    clock_timestamp() AS time,
    pg_current_snapshot()::text AS snapshot,
    (
        SELECT CASE WHEN count(*) = count(complete_through) THEN min(complete_through) END
        FROM partition_progress
        WHERE retired_at IS NULL
    ) AS complete_through
