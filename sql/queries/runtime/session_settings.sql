-- What this server knows of the wanted settings, set for this session: no older server is asked for newer ones. Names
-- with a dot are an extension's or our own, which pg_settings lists only once they are loaded.
SELECT set_config(wanted.name, wanted.value, FALSE) AS value
FROM unnest(%(names)s::text[], %(values)s::text[]) AS wanted (name, value)
WHERE
    wanted.name ~ '[.]'
    OR EXISTS (
        SELECT
        FROM pg_settings AS known
        WHERE lower(known.name) = lower(wanted.name)
    )
