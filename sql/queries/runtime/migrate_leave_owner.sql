-- Takes audit_owner away from the login again, in the same transaction: outside a migration no login can become it, and
-- a program that runs with this login cannot take a trigger away. Only where the login could give it to itself once
-- more: a superuser may become anyone, and what an administrator granted to a plain login is his to revoke.
DO $$
DECLARE
    separate_grants CONSTANT boolean := current_setting('server_version_num')::integer >= 160000;
BEGIN
    IF (SELECT NOT r.rolsuper AND r.rolcreaterole FROM pg_roles AS r WHERE r.rolname = current_user)
        AND EXISTS (
            SELECT FROM pg_auth_members AS m
            WHERE
                m.roleid = 'audit_owner'::regrole AND m.member = current_user::regrole
                AND (NOT separate_grants OR m.grantor = current_user::regrole)
        )
    THEN
        REVOKE audit_owner FROM CURRENT_USER;
    END IF;
END
$$
