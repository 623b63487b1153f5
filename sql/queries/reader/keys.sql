-- The keys of a list, newest first, sixteen bytes each, in one value: a row for each would cost more than finding them.
SELECT
    coalesce(
        string_agg(
            timestamptz_send(occurred_at) || int8send(id), ''::bytea
            ORDER BY occurred_at DESC, id DESC
        ), ''
    ) AS keys
FROM (
    SELECT
        occurred_at,
        id
    FROM audit_event
    WHERE workspace_id = %(workspace_id)s /* selection */ /* place */
    ORDER BY occurred_at DESC, id DESC
    LIMIT %(limit)s OFFSET %(skipped)s
) AS newest_first
