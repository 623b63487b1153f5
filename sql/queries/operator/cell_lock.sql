-- Waits for claims that have begun, and keeps others away until the end of the transaction.
SELECT pg_advisory_xact_lock(hashtext('audit-cell'))
