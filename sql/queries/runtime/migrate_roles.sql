-- Makes the roles that are missing, and lets the login become each of them but audit_owner, which it becomes for a
-- migration only (migrate_become_owner.sql). Roles belong to the cluster: another
-- migrate, in any of its databases, may be doing the same, so the caller runs this again when it collides.
DO $$
DECLARE
    separate_set CONSTANT boolean := current_setting('server_version_num')::integer >= 160000;
    audit_role text;
BEGIN
    FOREACH audit_role IN ARRAY ARRAY[
        'audit_owner', 'audit_writer', 'audit_reader', 'audit_operator', 'audit_sealer', 'audit_exporter'
    ] LOOP
        IF to_regrole(audit_role) IS NULL THEN
            EXECUTE format('CREATE ROLE %I NOLOGIN', audit_role);
        END IF;
        -- Since PostgreSQL 16 whoever creates a role may administer it, but not yet become it. INHERIT FALSE: the
        -- login has a role's privileges only after SET ROLE.
        IF audit_role <> 'audit_owner' AND NOT pg_has_role(current_user, audit_role, CASE WHEN separate_set THEN 'SET' ELSE 'MEMBER' END) THEN
            EXECUTE format('GRANT %I TO CURRENT_USER', audit_role)
            || CASE WHEN separate_set THEN ' WITH INHERIT FALSE, SET TRUE' ELSE '' END;
        END IF;
    END LOOP;
END
$$
