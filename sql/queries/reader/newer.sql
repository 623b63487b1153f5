-- How many entries of a list were recorded after a snapshot, as in recorded.sql, and whether there may be more. No more
-- than %(limit)s are counted, among no more than %(read)s of the workspace: a filter may select none of them. `later`
-- is read only as far as is needed.
WITH later AS (
    (
        SELECT of_single.*
        FROM unnest(%(single)s::text::xid8[]) AS listed (single)
        CROSS JOIN LATERAL (
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
                AND xid = single
                AND xid < (SELECT ending FROM here)
            ORDER BY xid
            LIMIT 1 + %(read)s
        ) AS of_single
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
        LIMIT 1 + %(read)s
    )
)

SELECT
    count(*) AS newer,
    count(*) = %(limit)s OR EXISTS (SELECT FROM later OFFSET %(read)s) AS may_be_more -- noqa: AM09
FROM (
    SELECT
    FROM (SELECT * FROM later LIMIT %(read)s) AS nearest -- noqa: AM09
    WHERE TRUE /* selection */
    LIMIT %(limit)s -- noqa: AM09
) AS counted
