-- The heads that each seal has brought, by seal and key; a seal that was lost has brought none.
SELECT
    seal,
    workspace,
    coalesce(days, '') AS days
FROM audit_sealed_workspace
WHERE seal BETWEEN 0 AND %(newest)s AND NOT seal <@ %(lost)s::int8multirange
ORDER BY seal, workspace
