-- noqa: disable=AL03
-- What the migrations made, as facts: kind, name, and a definition that is the same text on PostgreSQL 15 to 18. Ours
-- is what audit_owner has in schema public, and whatever has a name that we expect there, whoever owns it. The columns,
-- constraints and indexes of a partition are one fact each. To be run with search_path = public.
WITH ours AS (
    SELECT
        c.oid,
        c.relname::text AS name,
        c.relkind,
        c.relispartition,
        c.relowner,
        c.relacl
    FROM pg_class AS c
    WHERE
        c.relnamespace = 'public'::regnamespace
        AND c.relkind IN ('r', 'p', 'v', 'm', 'f', 'S')
        AND (c.relowner = to_regrole('audit_owner') OR c.relname IN (SELECT unnest(%(expected)s::text[])))
),

roles AS (
    SELECT unnest(ARRAY[
        'audit_owner', 'audit_writer', 'audit_reader', 'audit_operator', 'audit_sealer', 'audit_exporter'
    ]) AS name
),

parts AS (
    -- Partitions have the identity of their table since PostgreSQL 17.
    SELECT
        'column' AS kind,
        o.name AS relation,
        o.relispartition AS of_partition,
        format('%%s.%%s', o.name, a.attname) AS name,
        format(
            '%%s, not null %%s, default %%s, generated %%s, identity %%s, collation %%s',
            format_type(a.atttypid, a.atttypmod), a.attnotnull, coalesce(pg_get_expr(d.adbin, d.adrelid), '-'),
            coalesce(nullif(a.attgenerated, ''), '-'),
            CASE WHEN o.relispartition OR a.attidentity = '' THEN '-' ELSE a.attidentity END,
            a.attcollation::regcollation
        ) AS definition
    FROM ours AS o
    INNER JOIN pg_attribute AS a ON o.oid = a.attrelid
    LEFT JOIN pg_attrdef AS d ON a.attrelid = d.adrelid AND a.attnum = d.adnum
    WHERE a.attnum > 0 AND NOT a.attisdropped AND o.relkind <> 'S'
    UNION ALL
    -- Since PostgreSQL 18 NOT NULL is a constraint too: it is listed with the columns.
    SELECT
        'constraint' AS kind,
        o.name AS relation,
        o.relispartition AS of_partition,
        format('%%s on %%s', k.conname, o.name),
        pg_get_constraintdef(k.oid) || CASE WHEN k.convalidated THEN '' ELSE ', not validated' END
    FROM ours AS o
    INNER JOIN pg_constraint AS k ON o.oid = k.conrelid
    WHERE k.contype NOT IN ('n', 't')
    UNION ALL
    SELECT
        'index' AS kind,
        o.name AS relation,
        o.relispartition AS of_partition,
        x.indexrelid::regclass::text,
        pg_get_indexdef(x.indexrelid)
        || CASE WHEN x.indisvalid AND x.indisready AND x.indislive THEN '' ELSE ', not valid' END
    FROM ours AS o
    INNER JOIN pg_index AS x ON o.oid = x.indrelid
)

SELECT
    p.kind,
    p.name,
    p.definition
FROM parts AS p
WHERE NOT p.of_partition
UNION ALL
SELECT
    CASE p.kind WHEN 'index' THEN 'indexes' ELSE p.kind || 's' END || ' of a partition',
    p.relation,
    encode(
        sha256(convert_to(string_agg(p.name || ': ' || p.definition, '; ' ORDER BY p.name COLLATE "C"), 'UTF8')), 'hex'
    )
FROM parts AS p
WHERE p.of_partition
GROUP BY p.kind, p.relation
UNION ALL
SELECT
    'relation',
    o.name,
    format(
        'kind %%s, owner %%s, row security %%s, forced %%s, persistence %%s, options %%s, replica identity %%s',
        c.relkind, c.relowner::regrole, c.relrowsecurity, c.relforcerowsecurity, c.relpersistence,
        coalesce(array_to_string(c.reloptions, ' '), '-'), c.relreplident
    ) AS definition
FROM ours AS o
INNER JOIN pg_class AS c ON o.oid = c.oid
UNION ALL
SELECT
    'partition',
    format('%%s of %%s', i.inhrelid::regclass, i.inhparent::regclass),
    pg_get_expr(c.relpartbound, c.oid) || CASE WHEN i.inhdetachpending THEN ', detach pending' ELSE '' END
FROM pg_inherits AS i
INNER JOIN ours AS o ON i.inhparent = o.oid
INNER JOIN pg_class AS c ON i.inhrelid = c.oid
UNION ALL
SELECT
    'trigger',
    format('%%s on %%s', t.tgname, o.name),
    format(
        'enabled %%s, type %%s, function %%s, arguments %%s, columns %%s, constraint %%s, deferrable %%s, when %%s',
        t.tgenabled, t.tgtype, t.tgfoid::regproc, coalesce(nullif(encode(t.tgargs, 'escape'), ''), '-'),
        coalesce(nullif(t.tgattr::text, ''), '-'), t.tgconstraint <> 0,
        t.tgdeferrable::text || ' ' || t.tginitdeferred::text,
        coalesce(substring(pg_get_triggerdef(t.oid) FROM ' WHEN (.*) EXECUTE '), '-')
    )
FROM ours AS o
INNER JOIN pg_trigger AS t ON o.oid = t.tgrelid
WHERE NOT t.tgisinternal
UNION ALL
SELECT
    'rule',
    format('%%s on %%s', r.rulename, o.name),
    pg_get_ruledef(r.oid)
FROM ours AS o
INNER JOIN pg_rewrite AS r ON o.oid = r.ev_class
WHERE r.rulename <> '_RETURN'
UNION ALL
-- Since PostgreSQL 16 a view of one table is written without the table's name before each column: what is before a dot
-- goes.
SELECT
    'view',
    o.name,
    regexp_replace(regexp_replace(pg_get_viewdef(o.oid), '\m\w+\.', '', 'g'), '\s+', ' ', 'g')
FROM ours AS o
WHERE o.relkind = 'v'
UNION ALL
SELECT
    'policy',
    format('%%s on %%s', p.polname, o.name),
    format(
        'for %%s, permissive %%s, to %%s, using %%s, check %%s', p.polcmd, p.polpermissive,
        (
            SELECT string_agg(g.id::regrole::text, ' ' ORDER BY g.id::regrole::text)
            FROM unnest(p.polroles) AS g (id)
        ),
        coalesce(pg_get_expr(p.polqual, p.polrelid), '-'), coalesce(pg_get_expr(p.polwithcheck, p.polrelid), '-')
    )
FROM ours AS o
INNER JOIN pg_policy AS p ON o.oid = p.polrelid
UNION ALL
SELECT
    'function',
    f.oid::regprocedure::text,
    format(
        'owner %%s, language %%s, definer %%s, volatile %%s, strict %%s, settings %%s, body %%s',
        f.proowner::regrole, l.lanname, f.prosecdef, f.provolatile, f.proisstrict,
        coalesce(array_to_string(f.proconfig, ' '), '-'),
        encode(sha256(convert_to(f.prosrc, 'UTF8')), 'hex')
    )
FROM pg_proc AS f
INNER JOIN pg_language AS l ON f.prolang = l.oid
WHERE
    f.pronamespace = 'public'::regnamespace
    AND (f.proowner = to_regrole('audit_owner') OR f.proname IN (SELECT unnest(%(expected)s::text[])))
UNION ALL
SELECT
    'sequence',
    o.name,
    format(
        '%%s, starts at %%s, by %%s, from %%s to %%s, cache %%s, cycle %%s',
        format_type(q.seqtypid, NULL), q.seqstart, q.seqincrement, q.seqmin, q.seqmax, q.seqcache, q.seqcycle
    )
FROM ours AS o
INNER JOIN pg_sequence AS q ON o.oid = q.seqrelid
UNION ALL
-- A function or operator beside PostgreSQL's own may match our statements better, and PostgreSQL would then use it.
-- Those of extensions are left out.
SELECT
    'overload',
    f.oid::regprocedure::text,
    format('owner %%s', f.proowner::regrole)
FROM pg_proc AS f
WHERE
    f.pronamespace = 'public'::regnamespace
    AND EXISTS (
        SELECT FROM pg_proc AS b
        WHERE b.pronamespace = 'pg_catalog'::regnamespace AND b.proname = f.proname
    )
    AND NOT EXISTS (
        SELECT FROM pg_depend AS d
        WHERE d.classid = 'pg_proc'::regclass AND d.objid = f.oid AND d.deptype = 'e'
    )
UNION ALL
SELECT
    'overload',
    p.oid::regoperator::text,
    format('owner %%s', p.oprowner::regrole)
FROM pg_operator AS p
WHERE
    p.oprnamespace = 'public'::regnamespace
    AND EXISTS (
        SELECT FROM pg_operator AS b
        WHERE b.oprnamespace = 'pg_catalog'::regnamespace AND b.oprname = p.oprname
    )
    AND NOT EXISTS (
        SELECT FROM pg_depend AS d
        WHERE d.classid = 'pg_operator'::regclass AND d.objid = p.oid AND d.deptype = 'e'
    )
UNION ALL
-- What audit_owner's next objects would be granted to.
SELECT
    'default grant',
    format('on %%s in %%s', a.defaclobjtype, coalesce(n.nspname, 'all schemas')),
    a.defaclacl::text
FROM pg_default_acl AS a
LEFT JOIN pg_namespace AS n ON a.defaclnamespace = n.oid
WHERE a.defaclrole = to_regrole('audit_owner')
UNION ALL
-- Grants. What the owner has on its own is left out: it grows with PostgreSQL's versions (MAINTAIN since 17).
SELECT
    'grant',
    format('on %%s to %%s', o.name, coalesce(r.rolname, 'public')),
    string_agg(
        g.privilege_type || CASE WHEN g.is_grantable THEN ' with grant option' ELSE '' END, ', '
        ORDER BY g.privilege_type
    )
FROM ours AS o
CROSS JOIN LATERAL aclexplode(o.relacl) AS g
LEFT JOIN pg_roles AS r ON g.grantee = r.oid
WHERE g.grantee <> o.relowner
GROUP BY o.name, r.rolname
UNION ALL
SELECT
    'grant',
    format('on columns of %%s to %%s', o.name, coalesce(r.rolname, 'public')),
    string_agg(
        format('%%s (%%s)%%s', g.privilege_type, a.attname, CASE WHEN g.is_grantable THEN ' with grant option' END),
        ', '
        ORDER BY g.privilege_type, a.attname
    )
FROM ours AS o
INNER JOIN pg_attribute AS a ON o.oid = a.attrelid
CROSS JOIN LATERAL aclexplode(a.attacl) AS g
LEFT JOIN pg_roles AS r ON g.grantee = r.oid
WHERE g.grantee <> o.relowner
GROUP BY o.name, r.rolname
UNION ALL
SELECT
    'grant',
    format('on function %%s to %%s', f.oid::regprocedure, coalesce(r.rolname, 'public')),
    string_agg(g.privilege_type, ', ' ORDER BY g.privilege_type)
FROM pg_proc AS f
CROSS JOIN LATERAL aclexplode(coalesce(f.proacl, acldefault('f', f.proowner))) AS g
LEFT JOIN pg_roles AS r ON g.grantee = r.oid
WHERE
    f.pronamespace = 'public'::regnamespace
    AND (f.proowner = to_regrole('audit_owner') OR f.proname IN (SELECT unnest(%(expected)s::text[])))
    AND g.grantee <> f.proowner
GROUP BY f.oid, r.rolname
UNION ALL
SELECT
    'role',
    s.name,
    CASE
        WHEN r.rolname IS NULL THEN 'missing'
        ELSE format(
            'superuser %%s, bypasses row security %%s, creates roles %%s, replicates %%s, logs in %%s, '
            'uses schema public %%s, creates in it %%s',
            r.rolsuper, r.rolbypassrls, r.rolcreaterole, r.rolreplication, r.rolcanlogin AND r.rolname = 'audit_owner',
            has_schema_privilege(r.oid, 'public', 'USAGE'), has_schema_privilege(r.oid, 'public', 'CREATE')
        )
    END
FROM roles AS s
LEFT JOIN pg_roles AS r ON s.name = r.rolname
UNION ALL
-- What one of our roles has through another, and which logins may become the owner. Superusers may do anything anyway.
SELECT
    'membership',
    format('%%s in %%s', m.rolname, g.rolname),
    'member'
FROM pg_auth_members AS a
INNER JOIN pg_roles AS m ON a.member = m.oid
INNER JOIN pg_roles AS g ON a.roleid = g.oid
WHERE m.rolname IN (SELECT s.name FROM roles AS s)
UNION ALL
SELECT
    'owner login',
    r.rolname,
    'may become audit_owner'
FROM pg_roles AS r
WHERE
    r.rolcanlogin AND NOT r.rolsuper AND to_regrole('audit_owner') IS NOT NULL
    AND pg_has_role(
        r.oid, to_regrole('audit_owner'),
        CASE WHEN current_setting('server_version_num')::integer >= 160000 THEN 'SET' ELSE 'MEMBER' END
    )
