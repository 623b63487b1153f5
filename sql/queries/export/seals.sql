-- All seals in order, as they were stored.
SELECT
    seal,
    record,
    snapshot::text AS snapshot
FROM audit_seal
ORDER BY seal
