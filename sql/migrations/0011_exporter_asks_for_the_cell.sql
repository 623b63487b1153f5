-- An exporter asks which cell the database is: after a split it still has another cell's entries, up to the split
-- (decision 147).

GRANT SELECT ON audit_cell TO audit_exporter;
