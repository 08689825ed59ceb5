-- Rules that make no views among those of these OIDs, $1 (oid[]): one JSON object each.
SELECT json_build_object(
  'oid', r.oid::int8,
  'kind', 'rule',
  'schema', n.nspname,
  'name', r.rulename,
  'table', json_build_array(n.nspname, c.relname),
  'comment', (SELECT s.description FROM pg_description AS s WHERE s.objoid = r.oid AND s.classoid = 'pg_rewrite'::regclass AND s.objsubid = 0),
  'statement', rtrim(pg_get_ruledef(r.oid), ';'),
  'settings', json_strip_nulls(json_build_object(
    'enabled', CASE r.ev_enabled WHEN 'D' THEN 'never' WHEN 'R' THEN 'on replicas' WHEN 'A' THEN 'always' END
  )),
  'columns', (
    SELECT json_agg(a.attname ORDER BY a.attname) FROM pg_attribute AS a
    WHERE a.attrelid = c.oid AND a.attnum IN (
      SELECT p.refobjsubid FROM pg_depend AS p
      WHERE p.classid = 'pg_rewrite'::regclass AND p.objid = r.oid
        AND p.refclassid = 'pg_class'::regclass AND p.refobjid = c.oid AND p.refobjsubid > 0
    )
  ),
  'references', (
    SELECT json_agg(DISTINCT p.refclassid::int8::text || ' ' || p.refobjid::int8::text)
    FROM pg_depend AS p
    WHERE p.classid = 'pg_rewrite'::regclass AND p.objid = r.oid
      AND p.refclassid <> 'pg_namespace'::regclass
  )
)::text
FROM pg_rewrite AS r
  JOIN pg_class AS c ON c.oid = r.ev_class
  JOIN pg_namespace AS n ON n.oid = c.relnamespace
WHERE r.oid = ANY ($1::text::oid[]) AND r.rulename <> '_RETURN'
  AND c.relkind IN ('r', 'p', 'f', 'v') AND c.relpersistence <> 't'
  AND n.nspname !~ '^pg_' AND n.nspname NOT IN ('information_schema', 'pggit', 'pggit_dropped')
  AND NOT EXISTS (
    SELECT FROM pg_depend AS p WHERE p.deptype = 'e'
      AND (p.classid = 'pg_rewrite'::regclass AND p.objid = r.oid OR p.classid = 'pg_class'::regclass AND p.objid = c.oid)
  )
