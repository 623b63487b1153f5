-- As heads.sql, of those workspaces alone whose keys begin with one of these two-byte prefixes; by key.
WITH RECURSIVE known AS (
    SELECT
        asked.prefix,
        (
            SELECT first_head.workspace FROM audit_sealed_workspace AS first_head
            WHERE
                first_head.workspace >= asked.prefix
                AND first_head.workspace <= asked.prefix || decode(repeat('ff', 30), 'hex')
            ORDER BY first_head.workspace
            LIMIT 1
        ) AS workspace
    FROM unnest(%(prefixes)s::bytea[]) AS asked (prefix)
    UNION ALL
    SELECT
        known.prefix,
        (
            SELECT following.workspace FROM audit_sealed_workspace AS following
            WHERE
                following.workspace > known.workspace
                AND following.workspace <= known.prefix || decode(repeat('ff', 30), 'hex')
            ORDER BY following.workspace
            LIMIT 1
        ) AS workspace
    FROM known
    WHERE known.workspace IS NOT NULL
)

SELECT
    known.workspace,
    newest.days
FROM known
CROSS JOIN
    LATERAL (
        SELECT coalesce(head.days, '') AS days FROM audit_sealed_workspace AS head
        WHERE head.workspace = known.workspace AND head.seal <= %(seal)s
        ORDER BY head.seal DESC
        LIMIT 1
    ) AS newest
ORDER BY known.workspace
