-- The days of some workspaces as of a seal: entries and last hash of each; by workspace and day. One step of the index
-- for each day, however many seals it has had.
WITH RECURSIVE known AS (
    SELECT
        asked.workspace,
        (
            SELECT first_day.day FROM audit_sealed_day AS first_day
            WHERE first_day.workspace = asked.workspace
            ORDER BY first_day.day
            LIMIT 1
        ) AS day
    FROM unnest(%(workspaces)s::bytea[]) AS asked (workspace)
    UNION ALL
    SELECT
        known.workspace,
        (
            SELECT following.day FROM audit_sealed_day AS following
            WHERE following.workspace = known.workspace AND following.day > known.day
            ORDER BY following.day
            LIMIT 1
        ) AS day
    FROM known
    WHERE known.day IS NOT NULL
)

SELECT
    known.workspace,
    known.day::text AS day,
    newest.entries,
    newest.digest
FROM known
CROSS JOIN
    LATERAL (
        SELECT
            coalesce(head.entries, 0) AS entries,
            coalesce(head.digest, '') AS digest
        FROM audit_sealed_day AS head
        WHERE head.workspace = known.workspace AND head.day = known.day AND head.seal <= %(seal)s
        ORDER BY head.seal DESC
        LIMIT 1
    ) AS newest
ORDER BY known.workspace, known.day
