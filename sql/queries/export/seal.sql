-- One seal. A column that may not be NULL is empty where it is: nothing that was signed is.
SELECT
    coalesce(record, '') AS record,
    coalesce(accounts, '') AS accounts,
    coalesce(checkpoint, '') AS checkpoint
FROM audit_seal
WHERE seal = %(seal)s
