-- `entry` of row.sql: what the newest seal sees of a workspace in a range of time, in the order in which it was sealed:
-- by day, by the first seal whose snapshot sees it, by time. Seals that were lost (a restore) have covered nothing.
SELECT e.*
FROM audit_event AS e
LEFT JOIN LATERAL (
    SELECT s.seal
    FROM audit_seal AS s
    WHERE
        pg_snapshot_xmax(s.snapshot) > e.xid
        AND pg_visible_in_snapshot(e.xid, s.snapshot)
        AND NOT s.seal <@ %(lost)s::int8multirange
    ORDER BY pg_snapshot_xmax(s.snapshot), s.seal
    LIMIT 1
) AS first_seal ON TRUE
WHERE
    e.workspace_id = %(workspace_id)s
    AND e.occurred_at >= %(from_time)s::timestamptz
    AND e.occurred_at < %(to_time)s::timestamptz
    AND pg_visible_in_snapshot(e.xid, %(snapshot)s::pg_snapshot)
ORDER BY date_trunc('day', e.occurred_at), first_seal.seal, e.occurred_at, e.id
