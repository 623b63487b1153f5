-- What a superuser has set for this login or database, no other session may change, and our promise cannot live with.
SELECT
    known.name,
    known.setting,
    wanted.value
FROM unnest(%(names)s::text[], %(values)s::text[]) AS wanted (name, value)
INNER JOIN pg_settings AS known ON wanted.name = known.name
WHERE known.setting <> wanted.value
ORDER BY known.name
