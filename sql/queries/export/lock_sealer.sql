-- One sealer at a time in this database, for as long as the session lasts.
SELECT pg_advisory_lock(hashtext('audit-sealer'))
