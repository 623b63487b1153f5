-- Seals in order from one on, each with its checkpoint.
SELECT
    coalesce(record, '') AS record,
    coalesce(checkpoint, '') AS checkpoint
FROM audit_seal
WHERE seal >= %(seal)s
ORDER BY seal
