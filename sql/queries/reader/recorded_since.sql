-- The keys of what was recorded after a horizon, as in reader_keys. Transactions below its lower end had ended, so an
-- index finds the others; read in its order, there is one plan for every workspace, and it is made once.
SELECT coalesce(string_agg(timestamptz_send(occurred_at) || int8send(id), ''::bytea), '') AS keys
FROM (
    SELECT
        occurred_at,
        id
    FROM audit_event
    WHERE
        workspace_id = %(workspace_id)s
        AND xid >= %(low)s::text::xid8
        AND NOT pg_visible_in_snapshot(xid, %(snapshot)s::text::pg_snapshot) /* selection */
    ORDER BY xid
    LIMIT %(most)s
) AS recorded
