-- How long ago, in seconds, the newest transaction that this server has replayed was committed; 0 on a primary.
-- One that has replayed none since it was started is behind for as long at least. The time is the primary's.
SELECT
    CASE
        WHEN pg_is_in_recovery()
            THEN greatest(
                extract(
                    EPOCH FROM clock_timestamp() - coalesce(pg_last_xact_replay_timestamp(), pg_postmaster_start_time())
                ),
                0
            )
        ELSE 0
    END::float8 AS seconds
