-- Operators among those of these OIDs, $1 (oid[]): one JSON object each. Shells, which are only known by
-- their commutators and negators, come with those.
SELECT json_build_object(
  'oid', o.oid::int8,
  'kind', 'operator',
  'schema', n.nspname,
  'name', o.oprname,
  'qualifier', format('%s, %s', coalesce(t.left_type, 'NONE'), t.right_type),
  'owner', pg_get_userbyid(o.oprowner),
  'comment', (SELECT s.description FROM pg_description AS s WHERE s.objoid = o.oid AND s.classoid = 'pg_operator'::regclass AND s.objsubid = 0),
  'statement', format(E'CREATE OPERATOR %I.%s (\n    FUNCTION = %s%s,\n    RIGHTARG = %s%s%s\n)', n.nspname, o.oprname, o.oprcode,
    E',\n    LEFTARG = ' || t.left_type, t.right_type,
    CASE WHEN o.oprcanhash THEN E',\n    HASHES' END, CASE WHEN o.oprcanmerge THEN E',\n    MERGES' END),
  'settings', json_strip_nulls(json_build_object(
    'commutator', (
      SELECT format('OPERATOR(%I.%s)', (SELECT cn.nspname FROM pg_namespace AS cn WHERE cn.oid = c.oprnamespace), c.oprname)
      FROM pg_operator AS c WHERE c.oid = o.oprcom),
    'negator', (
      SELECT format('OPERATOR(%I.%s)', (SELECT cn.nspname FROM pg_namespace AS cn WHERE cn.oid = c.oprnamespace), c.oprname)
      FROM pg_operator AS c WHERE c.oid = o.oprnegate),
    'restrict', nullif(o.oprrest::text, '-'),
    'join', nullif(o.oprjoin::text, '-')
  )),
  'references', (
    SELECT json_agg(DISTINCT p.refclassid::int8::text || ' ' || p.refobjid::int8::text)
    FROM pg_depend AS p WHERE p.classid = 'pg_operator'::regclass AND p.objid = o.oid AND p.refclassid <> 'pg_namespace'::regclass
  )
)::text
FROM pg_operator AS o
  JOIN pg_namespace AS n ON n.oid = o.oprnamespace
  CROSS JOIN LATERAL (
    SELECT CASE WHEN o.oprleft <> 0 THEN format_type(o.oprleft, NULL) END, format_type(o.oprright, NULL)
  ) AS t (left_type, right_type)
WHERE o.oid = ANY ($1::text::oid[])
  AND o.oprcode <> 0
  AND n.nspname !~ '^pg_' AND n.nspname NOT IN ('information_schema', 'pggit', 'pggit_dropped')
  AND NOT EXISTS (SELECT FROM pg_depend AS p WHERE p.classid = 'pg_operator'::regclass AND p.objid = o.oid AND p.deptype = 'e')
