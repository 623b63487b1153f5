-- How many entries of a list were recorded after a horizon, as in recorded.sql, and whether there may be more. No more
-- than %(limit)s are counted, and no more than %(read)s of the workspace are read: a filter may select none of them.
SELECT
    count(*) AS newer,
    count(*) = %(limit)s
    OR EXISTS (
        SELECT
        FROM audit_event
        WHERE
            workspace_id = %(workspace_id)s
            AND xid >= %(low)s::text::xid8
            AND xid < (SELECT ending FROM here)
        ORDER BY xid
        OFFSET %(read)s
    ) AS may_be_more
FROM (
    SELECT
    FROM (
        (
            SELECT
                action,
                source,
                channel,
                actor_id,
                actor_email,
                subject_id,
                occurred_at,
                facets
            FROM audit_event
            WHERE
                workspace_id = %(workspace_id)s
                AND xid = any(%(single)s::text::xid8[])
                AND xid < (SELECT ending FROM here)
        )
        UNION ALL
        (
            SELECT
                action,
                source,
                channel,
                actor_id,
                actor_email,
                subject_id,
                occurred_at,
                facets
            FROM audit_event
            WHERE
                workspace_id = %(workspace_id)s
                AND xid >= %(low)s::text::xid8
                AND xid < (SELECT ending FROM here)
            ORDER BY xid
            LIMIT %(read)s
        )
    ) AS later
    WHERE TRUE /* selection */
    LIMIT %(limit)s -- noqa: AM09
) AS counted
