-- The newest checkpoint of the log of seals; one that was lost and inserted again has none (sealing, section 8).
SELECT
    seal,
    checkpoint
FROM audit_seal
WHERE checkpoint <> ''
ORDER BY seal DESC
LIMIT 1
