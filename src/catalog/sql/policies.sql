-- Policies among those of these OIDs, $1 (oid[]): one JSON object each.
SELECT json_build_object(
  'oid', y.oid::int8,
  'kind', 'policy',
  'schema', n.nspname,
  'name', y.polname,
  'table', json_build_array(n.nspname, c.relname),
  'comment', (SELECT s.description FROM pg_description AS s WHERE s.objoid = y.oid AND s.classoid = 'pg_policy'::regclass AND s.objsubid = 0),
  'statement', format('CREATE POLICY %I ON %I.%I%s%s', y.polname, n.nspname, c.relname,
    CASE WHEN NOT y.polpermissive THEN ' AS RESTRICTIVE' END,
    CASE y.polcmd WHEN 'r' THEN ' FOR SELECT' WHEN 'a' THEN ' FOR INSERT' WHEN 'w' THEN ' FOR UPDATE' WHEN 'd' THEN ' FOR DELETE' END),
  'settings', json_strip_nulls(json_build_object(
    'roles', CASE WHEN y.polroles = '{0}' THEN 'PUBLIC' ELSE (
      SELECT string_agg(quote_ident(pg_get_userbyid(r.oid)), ', ' ORDER BY pg_get_userbyid(r.oid)) FROM unnest(y.polroles) AS r (oid)
    ) END,
    'using', pg_get_expr(y.polqual, y.polrelid),
    'check', pg_get_expr(y.polwithcheck, y.polrelid)
  )),
  'columns', (
    SELECT json_agg(a.attname ORDER BY a.attname) FROM pg_attribute AS a
    WHERE a.attrelid = c.oid AND a.attnum IN (
      SELECT p.refobjsubid FROM pg_depend AS p
      WHERE p.classid = 'pg_policy'::regclass AND p.objid = y.oid
        AND p.refclassid = 'pg_class'::regclass AND p.refobjid = c.oid AND p.refobjsubid > 0
    )
  ),
  'references', (
    SELECT json_agg(DISTINCT p.refclassid::int8::text || ' ' || p.refobjid::int8::text)
    FROM pg_depend AS p
    WHERE p.classid = 'pg_policy'::regclass AND p.objid = y.oid
      AND p.refclassid <> 'pg_namespace'::regclass
  )
)::text
FROM pg_policy AS y
  JOIN pg_class AS c ON c.oid = y.polrelid
  JOIN pg_namespace AS n ON n.oid = c.relnamespace
WHERE y.oid = ANY ($1::text::oid[])
  AND c.relkind IN ('r', 'p') AND c.relpersistence <> 't'
  AND n.nspname !~ '^pg_' AND n.nspname NOT IN ('information_schema', 'pggit', 'pggit_dropped')
  AND NOT EXISTS (
    SELECT FROM pg_depend AS p WHERE p.classid = 'pg_class'::regclass AND p.objid = c.oid AND p.deptype = 'e'
  )
