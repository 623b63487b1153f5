-- The database's clock, in seconds since 1970.
SELECT extract(EPOCH FROM clock_timestamp())
