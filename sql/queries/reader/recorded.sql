-- The keys of what some transactions have recorded: each of %(single)s, and from %(low)s to before %(high)s those that
-- %(without)s lacks. An index finds both, whatever lies between; read in its order, there is one plan for every
-- workspace, and it is made once. No more than %(limit)s keys are read. What a page would not show yet has not been
-- recorded: `here` has its end (ending.sql).
SELECT coalesce(string_agg(timestamptz_send(occurred_at) || int8send(id), ''::bytea), '') AS keys
FROM (
    (
        SELECT
            occurred_at,
            id
        FROM audit_event
        WHERE
            workspace_id = %(workspace_id)s
            AND xid = any(%(single)s::text::xid8[])
            AND xid < (SELECT ending FROM here) /* selection */
        ORDER BY xid
        LIMIT %(limit)s
    )
    UNION ALL
    (
        SELECT
            occurred_at,
            id
        FROM audit_event
        WHERE
            workspace_id = %(workspace_id)s
            AND xid >= %(low)s::text::xid8
            AND xid < least(%(high)s::text::xid8, (SELECT ending FROM here))
            AND xid <> all(%(without)s::text::xid8[]) /* selection */
        ORDER BY xid
        LIMIT %(limit)s
    )
    LIMIT %(limit)s
) AS recorded
