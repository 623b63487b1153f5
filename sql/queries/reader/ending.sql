-- Where what a page shows ends: on a standby before what is not settled, elsewhere before the transaction after the
-- last one that a snapshot can list (session.sql). recorded.sql, newer.sql and entry.sql read it as `here`.
SELECT
    CASE
        WHEN pg_is_in_recovery() THEN pg_snapshot_xmin(pg_current_snapshot())
        ELSE coalesce(
            (
                SELECT running.xid
                FROM pg_snapshot_xip(pg_current_snapshot()) AS running (xid)
                ORDER BY running.xid
                LIMIT 1 OFFSET %(max_running)s
            ), '18446744073709551615'::xid8
        )
    END AS ending
