-- One migrate at a time in this database, until the end of the transaction. The number is the ASCII of "audit".
SELECT pg_advisory_xact_lock(418581342580)
