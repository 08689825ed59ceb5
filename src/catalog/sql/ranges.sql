-- Range types among the types $1 (oid[]): one JSON object each. What is the subtype's own is left out.
SELECT json_build_object(
  'oid', t.oid::int8,
  'kind', 'range',
  'schema', n.nspname,
  'name', t.typname,
  'owner', pg_get_userbyid(t.typowner),
  'acl', (
    SELECT json_agg(json_build_array(CASE p.grantee WHEN 0 THEN '' ELSE pg_get_userbyid(p.grantee) END, p.privilege_type, p.is_grantable))
    FROM aclexplode(coalesce(t.typacl, acldefault('T', t.typowner))) AS p
  ),
  'comment', (SELECT s.description FROM pg_description AS s WHERE s.objoid = t.oid AND s.classoid = 'pg_type'::regclass AND s.objsubid = 0),
  'security_labels', (SELECT json_agg(json_build_array(l.objsubid, l.provider, l.label)) FROM pg_seclabel AS l WHERE l.objoid = t.oid AND l.classoid = 'pg_type'::regclass),
  'statement', format(E'CREATE TYPE %I.%I AS RANGE (\n    %s\n)', n.nspname, t.typname, concat_ws(E',\n    ',
    'SUBTYPE = ' || format_type(r.rngsubtype, NULL),
    'SUBTYPE_OPCLASS = ' || (
      SELECT format('%I.%I', (SELECT cn.nspname FROM pg_namespace AS cn WHERE cn.oid = c.opcnamespace), c.opcname) FROM pg_opclass AS c
      WHERE c.oid = r.rngsubopc AND NOT (c.opcdefault AND c.opcintype = r.rngsubtype)),
    'COLLATION = ' || (
      SELECT format('%I.%I', (SELECT cn.nspname FROM pg_namespace AS cn WHERE cn.oid = c.collnamespace), c.collname) FROM pg_collation AS c
      WHERE c.oid = r.rngcollation AND c.oid <> (SELECT s.typcollation FROM pg_type AS s WHERE s.oid = r.rngsubtype)),
    'CANONICAL = ' || nullif(r.rngcanonical::text, '-'),
    'SUBTYPE_DIFF = ' || nullif(r.rngsubdiff::text, '-'))),
  'settings', (
    SELECT json_strip_nulls(json_build_object(
      'multirange', format('%I.%I', (SELECT mn.nspname FROM pg_namespace AS mn WHERE mn.oid = m.typnamespace), m.typname),
      -- since PostgreSQL 17 it follows the range's
      'multirange_owner', CASE WHEN current_setting('server_version_num')::integer < 170000 THEN pg_get_userbyid(m.typowner) END
    ))
    FROM pg_type AS m WHERE m.oid = r.rngmultitypid
  ),
  'references', (
    SELECT json_agg(DISTINCT p.refclassid::int8::text || ' ' || p.refobjid::int8::text)
    FROM pg_depend AS p WHERE p.classid = 'pg_type'::regclass AND p.objid = t.oid AND p.refclassid <> 'pg_namespace'::regclass
  )
)::text
FROM pg_type AS t
  JOIN pg_namespace AS n ON n.oid = t.typnamespace
  CROSS JOIN LATERAL (SELECT r.* FROM pg_range AS r WHERE r.rngtypid = t.oid OFFSET 0 /* keeps it a look-up */) AS r
WHERE t.oid = ANY ($1::text::oid[])
  AND n.nspname !~ '^pg_' AND n.nspname NOT IN ('information_schema', 'pggit', 'pggit_dropped')
  AND NOT EXISTS (SELECT FROM pg_depend AS p WHERE p.classid = 'pg_type'::regclass AND p.objid = t.oid AND p.deptype = 'e')
