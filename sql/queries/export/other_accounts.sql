-- Seals whose accounts are not those of their record. Those of a seal that was lost are not kept.
SELECT seal
FROM audit_seal
WHERE
    coalesce(strpos(record, E'\naccounts ' || encode(sha256(convert_to(accounts, 'UTF8')), 'hex') || E'\n'), 0) = 0
    AND NOT seal <@ %(lost)s::int8multirange
ORDER BY seal
LIMIT 10
