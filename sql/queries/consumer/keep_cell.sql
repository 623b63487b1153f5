-- Until the end of the transaction this database stays the cell that it is.
SELECT pg_advisory_xact_lock_shared(hashtext('audit-cell'))
