-- Rows of the sealing tables that no seal has brought: there is no such seal, or it was lost.
SELECT
    sealed_rows.name,
    sealed_rows.seal,
    count(*) AS number
FROM (
    SELECT
        'audit_sealed_workspace' AS name,
        seal
    FROM audit_sealed_workspace
    UNION ALL
    SELECT
        'audit_sealed_day' AS name,
        seal
    FROM audit_sealed_day
) AS sealed_rows
WHERE (sealed_rows.seal BETWEEN 0 AND %(newest)s) IS NOT TRUE OR sealed_rows.seal <@ %(lost)s::int8multirange
GROUP BY sealed_rows.name, sealed_rows.seal
ORDER BY sealed_rows.name, sealed_rows.seal
LIMIT 10
