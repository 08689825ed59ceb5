-- Extended statistics among those of these OIDs, $1 (oid[]): one JSON object each.
SELECT json_build_object(
  'oid', x.oid::int8,
  'kind', 'statistics',
  'schema', n.nspname,
  'name', x.stxname,
  'table', json_build_array((SELECT tn.nspname FROM pg_namespace AS tn WHERE tn.oid = c.relnamespace), c.relname),
  'owner', pg_get_userbyid(x.stxowner),
  'comment', (SELECT s.description FROM pg_description AS s WHERE s.objoid = x.oid AND s.classoid = 'pg_statistic_ext'::regclass AND s.objsubid = 0),
  'statement', pg_get_statisticsobjdef(x.oid),
  'settings', json_strip_nulls(json_build_object(
    -- -1 before PostgreSQL 17, NULL since
    'target', nullif(x.stxstattarget, -1)::text
  )),
  'columns', (
    SELECT json_agg(a.attname ORDER BY a.attname) FROM pg_attribute AS a
    WHERE a.attrelid = c.oid AND a.attnum IN (
      SELECT p.refobjsubid FROM pg_depend AS p
      WHERE p.classid = 'pg_statistic_ext'::regclass AND p.objid = x.oid
        AND p.refclassid = 'pg_class'::regclass AND p.refobjid = c.oid AND p.refobjsubid > 0
    )
  ),
  'references', (
    SELECT json_agg(DISTINCT p.refclassid::int8::text || ' ' || p.refobjid::int8::text)
    FROM pg_depend AS p
    WHERE p.classid = 'pg_statistic_ext'::regclass AND p.objid = x.oid
      AND p.refclassid <> 'pg_namespace'::regclass
  )
)::text
FROM pg_statistic_ext AS x
  JOIN pg_namespace AS n ON n.oid = x.stxnamespace
  JOIN pg_class AS c ON c.oid = x.stxrelid
WHERE x.oid = ANY ($1::text::oid[])
  AND c.relkind IN ('r', 'p', 'f', 'm') AND c.relpersistence <> 't'
  AND n.nspname !~ '^pg_' AND n.nspname NOT IN ('information_schema', 'pggit', 'pggit_dropped')
  AND NOT EXISTS (
    SELECT FROM pg_depend AS p WHERE p.deptype = 'e'
      AND (p.classid = 'pg_statistic_ext'::regclass AND p.objid = x.oid OR p.classid = 'pg_class'::regclass AND p.objid = c.oid)
  )
