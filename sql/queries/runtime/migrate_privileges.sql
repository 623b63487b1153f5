-- What only the owner of the schema and of the database can give. Whoever can gives each to the role itself, also
-- where PUBLIC has it, which may be taken from PUBLIC one day; a login that cannot passes if nothing is missing.
DO $$
DECLARE
    needed record;
BEGIN
    FOR needed IN
        SELECT 'SCHEMA' AS kind, 'public' AS name, grantee, privilege
        FROM (VALUES
            ('audit_owner', 'CREATE'), ('audit_owner', 'USAGE'), ('audit_writer', 'USAGE'), ('audit_reader', 'USAGE'),
            ('audit_operator', 'USAGE'), ('audit_sealer', 'USAGE'), ('audit_exporter', 'USAGE')
        ) AS on_schema (grantee, privilege)
        WHERE
            NOT has_schema_privilege(grantee, 'public', privilege)
            OR has_schema_privilege('public', privilege || ' WITH GRANT OPTION')
        UNION ALL
        -- Rows are staged in a temporary table, see staging.sql.
        SELECT 'DATABASE', current_database(), grantee, 'TEMPORARY'
        FROM (VALUES ('audit_writer'), ('audit_operator')) AS on_database (grantee)
        WHERE
            NOT has_database_privilege(grantee, current_database(), 'TEMPORARY')
            OR has_database_privilege(current_database(), 'TEMPORARY WITH GRANT OPTION')
    LOOP
        EXECUTE format('GRANT %s ON %s %I TO %I', needed.privilege, needed.kind, needed.name, needed.grantee);
        -- A GRANT by a login that may not grant is only a warning.
        IF NOT (CASE
            WHEN needed.kind = 'SCHEMA' THEN has_schema_privilege(needed.grantee, needed.name, needed.privilege)
            ELSE has_database_privilege(needed.grantee, needed.name, needed.privilege)
        END) THEN
            RAISE insufficient_privilege USING MESSAGE = format(
                '%s may not grant %s on %s %s to %s', current_user, needed.privilege, lower(needed.kind), needed.name,
                needed.grantee
            );
        END IF;
    END LOOP;
END
$$
