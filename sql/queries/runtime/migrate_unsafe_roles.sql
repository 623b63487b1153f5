-- Attributes that would undo the roles' purpose. They are a person's doing, since migrate never gives them.
SELECT
    rolname,
    CASE
        WHEN rolsuper THEN 'SUPERUSER'
        WHEN rolbypassrls THEN 'BYPASSRLS'
        ELSE 'LOGIN'
    END AS attribute
FROM pg_roles
WHERE
    rolname IN (
        'audit_owner', 'audit_writer', 'audit_reader', 'audit_operator', 'audit_sealer', 'audit_exporter'
    )
    AND (rolsuper OR rolbypassrls OR (rolcanlogin AND rolname = 'audit_owner'))
ORDER BY rolname
