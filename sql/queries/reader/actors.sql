-- Who did something in the newest entries of a workspace, most first: what a person who types may mean. A name that no
-- filter takes is left out.
SELECT actor
FROM (
    SELECT coalesce(actor_email, actor_id) AS actor
    FROM audit_event
    WHERE workspace_id = %(workspace_id)s
    ORDER BY occurred_at DESC, id DESC
    LIMIT 5000
) AS newest
WHERE octet_length(actor) <= 255
GROUP BY actor
ORDER BY count(*) DESC, actor
LIMIT 200
