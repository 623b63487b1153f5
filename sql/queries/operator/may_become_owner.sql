-- Whether the login, whatever role it is in now, may become the owner of the tables.
SELECT
    pg_has_role(
        session_user, to_regrole('audit_owner'),
        CASE WHEN current_setting('server_version_num')::integer >= 160000 THEN 'SET' ELSE 'MEMBER' END
    ) AS may_become_owner
