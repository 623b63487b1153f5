-- The database's clock now, not the start of a transaction.
SELECT clock_timestamp()
