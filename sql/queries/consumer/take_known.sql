-- Takes out of the staging table what is an entry already, or is in it a second time: the first in the order of arrival
-- is kept. A statement of its own after the insert that met one: only a new snapshot sees the rows that another
-- transaction has just committed under the same keys (READ COMMITTED).
WITH arrived AS (
    SELECT
        ordinal,
        workspace_id,
        event_source,
        event_id,
        content_digest,
        first_value(ordinal) OVER identity AS first_ordinal,
        first_value(content_digest) OVER identity AS first_digest
    FROM staging
    WINDOW identity AS (PARTITION BY workspace_id, event_source, event_id ORDER BY ordinal)
),

known AS (
    SELECT
        a.ordinal,
        coalesce(e.content_digest, a.first_digest) = a.content_digest AS same
    FROM arrived AS a
    LEFT JOIN audit_event AS e
        ON
            a.workspace_id = e.workspace_id
            AND a.event_source = e.event_source
            AND a.event_id = e.event_id
    WHERE e.event_id IS NOT NULL OR a.ordinal <> a.first_ordinal
)

DELETE FROM staging
USING known
WHERE staging.ordinal = known.ordinal
RETURNING known.ordinal, known.same
