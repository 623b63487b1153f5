-- A cell of audit.csv, guarded (verified export, section 3); NULL is the empty cell. row.sql has it for each text:
-- `cell` is what its guard() names. The regular expression is slow, so it looks only at a cell whose first character
-- may need it.
SELECT
    CASE
        WHEN
            ascii(cell) = any(ARRAY[9, 10, 13, 39, 43, 45, 61, 64, 65291, 65293, 65309, 65312])
            AND cell ~ '^''*[=+\-@\t\r\n＝＋－＠]' THEN '''' || cell
        ELSE coalesce(cell, '')
    END
