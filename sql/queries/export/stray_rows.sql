-- Rows of the sealing tables that no seal has brought: there is no such seal, or it was lost.
SELECT
    found.name,
    found.seal,
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
) AS found
WHERE (found.seal BETWEEN 0 AND %(newest)s) IS NOT TRUE OR found.seal <@ %(lost)s::int8multirange
GROUP BY found.name, found.seal
ORDER BY found.name, found.seal
LIMIT 10
