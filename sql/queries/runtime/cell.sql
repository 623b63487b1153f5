-- Which cell this database is; no row: 1 of 1.
SELECT
    number,
    cells
FROM audit_cell
ORDER BY id DESC
LIMIT 1
