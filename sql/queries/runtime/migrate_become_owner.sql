-- Lets the login become the owner of the tables, for this transaction: see migrate_leave_owner.sql.
DO $$
DECLARE
    separate_set CONSTANT boolean := current_setting('server_version_num')::integer >= 160000;
BEGIN
    IF NOT pg_has_role(current_user, 'audit_owner', CASE WHEN separate_set THEN 'SET' ELSE 'MEMBER' END) THEN
        EXECUTE 'GRANT audit_owner TO CURRENT_USER'
        || CASE WHEN separate_set THEN ' WITH INHERIT FALSE, SET TRUE' ELSE '' END;
    END IF;
END
$$
