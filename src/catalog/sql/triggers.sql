-- Triggers that a user made among the triggers $1 (oid[]): one JSON object each.
SELECT json_build_object(
  'oid', g.oid::int8,
  'schema', n.nspname,
  'table', c.relname,
  'name', g.tgname,
  'comment', (SELECT s.description FROM pg_description AS s WHERE s.objoid = g.oid AND s.classoid = 'pg_trigger'::regclass AND s.objsubid = 0),
  'definition', pg_get_triggerdef(g.oid),
  'enabled', g.tgenabled,
  'columns', (
    SELECT json_agg(a.attname ORDER BY a.attname) FROM pg_attribute AS a
    WHERE a.attrelid = c.oid AND a.attnum IN (
      SELECT p.refobjsubid FROM pg_depend AS p
      WHERE p.classid = 'pg_trigger'::regclass AND p.objid = g.oid
        AND p.refclassid = 'pg_class'::regclass AND p.refobjid = c.oid AND p.refobjsubid > 0
    )
  ),
  'references', (
    SELECT json_agg(DISTINCT p.refclassid::int8::text || ' ' || p.refobjid::int8::text)
    FROM pg_depend AS p
    WHERE p.classid = 'pg_trigger'::regclass AND p.objid = g.oid
      AND p.refclassid <> 'pg_namespace'::regclass
  )
)::text
FROM pg_trigger AS g
  JOIN pg_class AS c ON c.oid = g.tgrelid
  JOIN pg_namespace AS n ON n.oid = c.relnamespace
WHERE g.oid = ANY ($1::text::oid[])
  AND NOT g.tgisinternal AND g.tgparentid = 0
  AND c.relkind IN ('r', 'p', 'f', 'v') AND c.relpersistence <> 't'
  AND n.nspname !~ '^pg_' AND n.nspname NOT IN ('information_schema', 'pggit', 'pggit_dropped')
  AND NOT EXISTS (
    SELECT FROM pg_depend AS p WHERE p.deptype = 'e'
      AND (p.classid = 'pg_trigger'::regclass AND p.objid = g.oid OR p.classid = 'pg_class'::regclass AND p.objid = c.oid)
  )
