-- What was done about a parked record, oldest first.
SELECT
    action,
    outcome,
    detail,
    reason,
    performed_at,
    performed_by || coalesce(' (' || os_user || ')', '') AS performed_by
FROM operator_action
WHERE parked_id = %(id)s
ORDER BY id
