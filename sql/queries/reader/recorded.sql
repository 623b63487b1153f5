-- The keys of what some transactions have recorded: each of %(single)s, and from %(low)s to before %(high)s those that
-- %(without)s lacks. An index finds both, whatever lies between: each single one by itself, since PostgreSQL 15 and 16
-- would rather read all than several in their order. Read so, there is one plan for every workspace, and it is made
-- once. No more than %(limit)s entries of the workspace are read, whatever a filter selects of them; `is_whole` says
-- whether there are fewer. What a page would not show yet has not been recorded: `here` has its end (ending.sql).
SELECT
    coalesce(
        string_agg(timestamptz_send(occurred_at) || int8send(id), ''::bytea) FILTER (
            WHERE xid NOT IN (SELECT unnest(%(without)s::text::xid8[])) /* selection */
        ), ''
    ) AS keys,
    coalesce(count(*) < %(limit)s, TRUE) AS is_whole
FROM (
    (
        SELECT of_single.*
        FROM unnest(%(single)s::text::xid8[]) AS listed (single)
        CROSS JOIN LATERAL (
            SELECT
                xid,
                action,
                source,
                channel,
                actor_id,
                actor_email,
                subject_id,
                occurred_at,
                facets,
                id
            FROM audit_event
            WHERE
                workspace_id = %(workspace_id)s
                AND xid = single
                AND xid < (SELECT ending FROM here)
            ORDER BY xid
            LIMIT %(limit)s
        ) AS of_single
    )
    UNION ALL
    (
        SELECT
            xid,
            action,
            source,
            channel,
            actor_id,
            actor_email,
            subject_id,
            occurred_at,
            facets,
            id
        FROM audit_event
        WHERE
            workspace_id = %(workspace_id)s
            AND xid >= %(low)s::text::xid8
            AND xid < least(%(high)s::text::xid8, (SELECT ending FROM here))
        ORDER BY xid
        LIMIT %(limit)s
    )
    LIMIT %(limit)s
) AS recorded
