-- The newest entry of each step, with its place in the list, and the oldest entry of all.
SELECT
    place,
    occurred_at,
    id
FROM (
    SELECT
        occurred_at,
        id,
        row_number() OVER newest_first AS place,
        lead(id) OVER newest_first IS NULL AS oldest
    FROM audit_event
    WHERE workspace_id = %(workspace_id)s /* selection */ /* place */
    WINDOW newest_first AS (ORDER BY occurred_at DESC, id DESC)
) AS placed
WHERE mod(place, %(step)s) = 1 OR oldest
ORDER BY place
