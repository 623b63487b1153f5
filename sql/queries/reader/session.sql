-- For this transaction alone: the next one in the same session is another admin's. And what this transaction sees:
-- retired topics will get nothing more, what they had is in the tables. On a standby pg_current_snapshot() does not
-- list the transactions that are still open: what is below its xmin is settled there, and nothing above. A snapshot of
-- more than %(max_running)s open transactions would be too long for a URL: it ends before the next one. `server` is
-- another one where all that was there may be different: a server that is another one, or was restarted or promoted,
-- or another database. `complete_through` is not known while that of a partition lies ahead of the clock, which has
-- gone back then; a standby's own clock is not the one that wrote it, and may be a little behind. `sealed_through`: a
-- seal covers what had been committed by its time, of every workspace. `cell` is which one the database is now.
SELECT
    is_standby,
    set_config('audit.workspace_id', %(workspace_id)s, TRUE) AS workspace_id,
    clock_timestamp() AS time,
    CASE
        WHEN is_standby THEN pg_snapshot_xmin(seen)::text || ':' || pg_snapshot_xmin(seen)::text || ':'
        WHEN (SELECT count(*) FROM pg_snapshot_xip(here.seen)) > %(max_running)s
            THEN (
                SELECT
                    concat_ws(
                        ':',
                        pg_snapshot_xmin(here.seen),
                        max(running.xid::text) FILTER (WHERE running.place > %(max_running)s),
                        string_agg(running.xid::text, ',' ORDER BY running.place) FILTER (
                            WHERE running.place <= %(max_running)s
                        )
                    )
                FROM pg_snapshot_xip(here.seen) WITH ORDINALITY AS running (xid, place) -- in their order
                WHERE running.place <= 1 + %(max_running)s
            )
        ELSE seen::text
    END AS snapshot,
    (
        SELECT
            CASE
                WHEN
                    count(*) = count(*) FILTER (
                        WHERE complete_through
                        <= clock_timestamp() + CASE WHEN is_standby THEN interval '5 seconds' ELSE interval '0' END
                    )
                    THEN min(complete_through)
            END
        FROM partition_progress
        WHERE retired_at IS NULL
    ) AS complete_through,
    concat_ws(
        '/',
        extract(EPOCH FROM pg_postmaster_start_time()),
        is_standby,
        (
            SELECT oid
            FROM pg_database
            WHERE datname = current_database()
        ),
        to_regclass('audit_event')::oid
    ) AS server,
    pg_snapshot_xmax(seen)::text::bigint AS xmax,
    (
        SELECT substring(record FROM '\ntime ([-0-9]{10}T[:.0-9]{15}Z)\n')::timestamptz
        FROM audit_seal
        ORDER BY seal DESC
        LIMIT 1
    ) AS sealed_through,
    coalesce(
        (
            SELECT number || '/' || cells
            FROM audit_cell
            ORDER BY id DESC
            LIMIT 1
        ),
        '1/1'
    ) AS cell
FROM (
    SELECT
        pg_is_in_recovery() AS is_standby,
        pg_current_snapshot() AS seen
) AS here
