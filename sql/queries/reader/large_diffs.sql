-- The sizes of diffs that page.sql has left out, and those of at most %(max_bytes)s bytes, in UTF-8 as they are sent.
-- To know the size of a compressed value is to read it, so this is asked for a few entries at a time, and once.
SELECT
    id,
    bytes,
    CASE WHEN bytes <= %(max_bytes)s THEN json_send(diff) END AS diff
FROM (
    SELECT
        id,
        diff,
        octet_length(json_send(diff)) AS bytes
    FROM audit_event
    WHERE workspace_id = %(workspace_id)s AND id = any(%(ids)s::bigint[])
    ORDER BY id
    OFFSET 0 -- each value is read once
) AS sized
