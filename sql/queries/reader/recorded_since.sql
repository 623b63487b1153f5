-- The keys of what was recorded after a snapshot, as in reader_keys. Transactions below its lower end had ended, so an
-- index finds the others; read in its order, there is one plan for every workspace, and it is made once. On a standby
-- only what is settled counts as recorded (session.sql).
SELECT coalesce(string_agg(timestamptz_send(occurred_at) || int8send(id), ''::bytea), '') AS keys
FROM (
    SELECT
        occurred_at,
        id
    FROM audit_event
    WHERE
        workspace_id = %(workspace_id)s
        AND xid >= %(low)s::text::xid8
        AND xid < (
            SELECT
                CASE
                    WHEN pg_is_in_recovery() THEN pg_snapshot_xmin(pg_current_snapshot())
                    ELSE '18446744073709551615'::xid8
                END
        )
        AND NOT pg_visible_in_snapshot(xid, %(snapshot)s::text::pg_snapshot) /* selection */
    ORDER BY xid
    LIMIT %(limit)s
) AS recorded
