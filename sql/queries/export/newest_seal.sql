-- The newest seal, and how many there are.
SELECT
    max(seal) AS seal,
    count(*) AS seals
FROM audit_seal
