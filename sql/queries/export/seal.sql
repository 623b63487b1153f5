SELECT
    record,
    accounts,
    checkpoint
FROM audit_seal
WHERE seal = %(seal)s
