-- All seals in order, as they were stored.
SELECT
    seal,
    snapshot::text AS snapshot,
    coalesce(record, '') AS record
FROM audit_seal
ORDER BY seal
