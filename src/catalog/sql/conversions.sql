-- Conversions among those of these OIDs, $1 (oid[]): one JSON object each.
SELECT json_build_object(
  'oid', c.oid::int8,
  'kind', 'conversion',
  'schema', n.nspname,
  'name', c.conname,
  'owner', pg_get_userbyid(c.conowner),
  'comment', (SELECT s.description FROM pg_description AS s WHERE s.objoid = c.oid AND s.classoid = 'pg_conversion'::regclass AND s.objsubid = 0),
  'statement', format('CREATE %sCONVERSION %I.%I FOR %L TO %L FROM %s', CASE WHEN c.condefault THEN 'DEFAULT ' END, n.nspname, c.conname,
    pg_encoding_to_char(c.conforencoding), pg_encoding_to_char(c.contoencoding), c.conproc),
  'references', (
    SELECT json_agg(DISTINCT p.refclassid::int8::text || ' ' || p.refobjid::int8::text)
    FROM pg_depend AS p WHERE p.classid = 'pg_conversion'::regclass AND p.objid = c.oid AND p.refclassid <> 'pg_namespace'::regclass
  )
)::text
FROM pg_conversion AS c
  JOIN pg_namespace AS n ON n.oid = c.connamespace
WHERE c.oid = ANY ($1::text::oid[])
  AND n.nspname !~ '^pg_' AND n.nspname NOT IN ('information_schema', 'pggit', 'pggit_dropped')
  AND NOT EXISTS (SELECT FROM pg_depend AS p WHERE p.classid = 'pg_conversion'::regclass AND p.objid = c.oid AND p.deptype = 'e')
