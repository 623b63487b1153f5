-- Who did something in a workspace, most first: what a person who types may mean. No index has actors, so of a long
-- list not every entry is read: the newest 5,000, and of each of 200 equal spans of time since the first entry the
-- newest 25, so that those who left long ago are there as well. An address that no filter takes gives way to the id.
-- One of visible ASCII is enough by itself; of all others there are both, to choose by filter_of_actor of the reader.
WITH ends AS (
    SELECT
        (
            SELECT occurred_at FROM audit_event
            WHERE workspace_id = %(workspace_id)s
            ORDER BY occurred_at, id
            LIMIT 1
        ) AS began,
        (
            SELECT occurred_at FROM audit_event
            WHERE workspace_id = %(workspace_id)s
            ORDER BY occurred_at DESC, id DESC
            LIMIT 1
        ) AS ended
),

sample AS (
    (
        SELECT
            id,
            actor_email,
            actor_id
        FROM audit_event
        WHERE workspace_id = %(workspace_id)s
        ORDER BY occurred_at DESC, id DESC
        LIMIT 5000
    )
    UNION
    SELECT
        of_span.id,
        of_span.actor_email,
        of_span.actor_id
    FROM ends
    CROSS JOIN generate_series(1, 200) AS spans (number)
    CROSS JOIN LATERAL (
        SELECT
            entry.id,
            entry.actor_email,
            entry.actor_id
        FROM audit_event AS entry
        WHERE
            entry.workspace_id = %(workspace_id)s
            AND entry.occurred_at >= ends.began + (ends.ended - ends.began) * ((spans.number - 1) / 200.0)::float8
            AND entry.occurred_at <= ends.began + (ends.ended - ends.began) * (spans.number / 200.0)::float8
        ORDER BY entry.occurred_at DESC, entry.id DESC
        LIMIT 25
    ) AS of_span
)

SELECT
    CASE WHEN octet_length(actor_email) <= 255 THEN actor_email ELSE '' END COLLATE "C" AS address,
    CASE
        WHEN octet_length(actor_email) <= 255 AND actor_email COLLATE "C" ~ '^[!-Z^-~]+$' THEN ''
        ELSE actor_id
    END COLLATE "C" AS unless_plain
FROM sample
GROUP BY address, unless_plain
ORDER BY count(*) DESC, address ASC, unless_plain ASC
LIMIT 500
