-- Seals in order from one on, each with its checkpoint.
SELECT
    record,
    checkpoint
FROM audit_seal
WHERE seal >= %(seal)s
ORDER BY seal
