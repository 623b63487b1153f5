-- A statement of its own behind the insert: only a new snapshot sees the rows that another transaction has just
-- committed under the same keys (READ COMMITTED).
SELECT
    s.ordinal,
    e.content_digest = s.content_digest AS same
FROM staging AS s
INNER JOIN audit_event AS e
    ON
        s.workspace_id = e.workspace_id
        AND s.event_source = e.event_source
        AND s.event_id = e.event_id
WHERE s.ordinal = any(%(ordinals)s)
