-- What was done about a parked record, oldest first.
SELECT
    action,
    outcome,
    detail,
    reason,
    performed_by,
    performed_at
FROM operator_action
WHERE parked_id = %(id)s
ORDER BY id
