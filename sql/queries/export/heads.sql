-- Every workspace that was sealed up to a seal, by key, with the hash of its days as of that seal: one step of the
-- index for each workspace, however many seals it has had.
WITH RECURSIVE known AS (
    (
        SELECT workspace FROM audit_sealed_workspace
        ORDER BY workspace
        LIMIT 1
    )
    UNION ALL
    SELECT
        (
            SELECT following.workspace FROM audit_sealed_workspace AS following
            WHERE following.workspace > known.workspace
            ORDER BY following.workspace
            LIMIT 1
        )
    FROM known
    WHERE known.workspace IS NOT NULL
)

SELECT
    known.workspace,
    newest.days
FROM known
CROSS JOIN LATERAL (
    SELECT coalesce(head.days, '') AS days FROM audit_sealed_workspace AS head
    WHERE head.workspace = known.workspace AND head.seal <= %(seal)s
    ORDER BY head.seal DESC
    LIMIT 1
) AS newest
