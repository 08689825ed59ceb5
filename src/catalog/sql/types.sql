-- Enums, domains and composite types among the types $1 (oid[]): one JSON object each.
SELECT json_build_object(
  'oid', t.oid::int8,
  'typtype', t.typtype,
  'schema', n.nspname,
  'name', t.typname,
  'owner', pg_get_userbyid(t.typowner),
  'acl', (
    SELECT json_agg(json_build_array(CASE p.grantee WHEN 0 THEN '' ELSE pg_get_userbyid(p.grantee) END, p.privilege_type, p.is_grantable))
    FROM aclexplode(coalesce(t.typacl, acldefault('T', t.typowner))) AS p
  ),
  'comment', (SELECT s.description FROM pg_description AS s WHERE s.objoid = t.oid AND s.classoid = 'pg_type'::regclass AND s.objsubid = 0),
  'security_labels', (SELECT json_agg(json_build_array(l.objsubid, l.provider, l.label)) FROM pg_seclabel AS l WHERE l.objoid = t.oid AND l.classoid = 'pg_type'::regclass),
  'labels', CASE WHEN t.typtype = 'e' THEN (
    SELECT json_agg(e.enumlabel ORDER BY e.enumsortorder) FROM pg_enum AS e WHERE e.enumtypid = t.oid
  ) END,
  'domain', CASE WHEN t.typtype = 'd' THEN json_build_object(
    'base', format_type(t.typbasetype, t.typtypmod),
    'collation', (
      SELECT json_build_array((SELECT cn.nspname FROM pg_namespace AS cn WHERE cn.oid = co.collnamespace), co.collname)
      FROM pg_collation AS co
      WHERE co.oid = t.typcollation AND co.oid <> (SELECT b.typcollation FROM pg_type AS b WHERE b.oid = t.typbasetype)
    ),
    'not_null', t.typnotnull,
    -- a constraint since PostgreSQL 17
    'not_null_constraint', (
      SELECT json_build_object(
        'name', k.conname,
        'comment', (SELECT s.description FROM pg_description AS s WHERE s.objoid = k.oid AND s.classoid = 'pg_constraint'::regclass AND s.objsubid = 0))
      FROM pg_constraint AS k WHERE k.contypid = t.oid AND k.contype = 'n'
    ),
    'default', pg_get_expr(t.typdefaultbin, 0),
    'checks', (
      SELECT json_agg(json_build_object(
        'name', k.conname,
        'definition', pg_get_constraintdef(k.oid),
        'comment', (SELECT s.description FROM pg_description AS s WHERE s.objoid = k.oid AND s.classoid = 'pg_constraint'::regclass AND s.objsubid = 0)
      ))
      FROM pg_constraint AS k WHERE k.contypid = t.oid AND k.contype = 'c'
    )
  ) END,
  'attributes', CASE WHEN t.typtype = 'c' THEN (
    SELECT json_agg(json_build_object(
      'number', a.attnum,
      'name', a.attname,
      'type', format_type(a.atttypid, a.atttypmod),
      'collation', CASE WHEN a.attcollation <> (SELECT b.typcollation FROM pg_type AS b WHERE b.oid = a.atttypid) THEN (
        SELECT json_build_array((SELECT cn.nspname FROM pg_namespace AS cn WHERE cn.oid = co.collnamespace), co.collname)
        FROM pg_collation AS co WHERE co.oid = a.attcollation
      ) END,
      'comment', (SELECT s.description FROM pg_description AS s WHERE s.objoid = c.oid AND s.classoid = 'pg_class'::regclass AND s.objsubid = a.attnum)
    ) ORDER BY a.attnum)
    FROM pg_attribute AS a
    WHERE a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
  ) END,
  'references', (
    SELECT json_agg(DISTINCT p.refclassid::int8::text || ' ' || p.refobjid::int8::text)
    FROM (
      SELECT 'pg_type'::regclass AS class, t.oid AS oid
      UNION ALL SELECT 'pg_class'::regclass, c.oid
      UNION ALL SELECT 'pg_constraint'::regclass, k.oid FROM pg_constraint AS k WHERE k.contypid = t.oid
    ) AS part CROSS JOIN LATERAL (
      SELECT d.refclassid, d.refobjid FROM pg_depend AS d
      WHERE d.classid = part.class AND d.objid = part.oid
        AND d.refclassid <> 'pg_namespace'::regclass
      OFFSET 0 -- keeps it a look-up
    ) AS p
    WHERE NOT (p.refclassid = 'pg_type'::regclass AND p.refobjid = t.oid)
      AND NOT (p.refclassid = 'pg_class'::regclass AND p.refobjid = t.typrelid)
  )
)::text
FROM pg_type AS t
  JOIN pg_namespace AS n ON n.oid = t.typnamespace
  LEFT JOIN pg_class AS c ON c.oid = t.typrelid
WHERE t.oid = ANY ($1::text::oid[])
  AND (t.typtype IN ('e', 'd') OR t.typtype = 'c' AND c.relkind = 'c')
  AND n.nspname !~ '^pg_' AND n.nspname NOT IN ('information_schema', 'pggit', 'pggit_dropped')
  AND NOT EXISTS (SELECT FROM pg_depend AS p WHERE p.classid = 'pg_type'::regclass AND p.objid = t.oid AND p.deptype = 'e')
