-- For this transaction alone: the next one in the same session is another admin's. And what this transaction sees:
-- retired topics will get nothing more, what they had is in the tables.
SELECT
    set_config('audit.workspace_id', %(workspace_id)s, TRUE) AS workspace_id,
    clock_timestamp() AS time,
    pg_current_snapshot()::text AS snapshot,
    (
        SELECT CASE WHEN count(*) = count(complete_through) THEN min(complete_through) END
        FROM partition_progress
        WHERE retired_at IS NULL
    ) AS complete_through
