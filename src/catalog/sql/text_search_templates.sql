-- Text search templates among those of these OIDs, $1 (oid[]): one JSON object each. They have no owner.
SELECT json_build_object(
  'oid', x.oid::int8,
  'kind', 'text_search_template',
  'schema', n.nspname,
  'name', x.tmplname,
  'owner', '',
  'comment', (SELECT s.description FROM pg_description AS s WHERE s.objoid = x.oid AND s.classoid = 'pg_ts_template'::regclass AND s.objsubid = 0),
  'statement', format(E'CREATE TEXT SEARCH TEMPLATE %I.%I (\n    %sLEXIZE = %s\n)', n.nspname, x.tmplname,
    'INIT = ' || nullif(x.tmplinit::text, '-') || E',\n    ', x.tmpllexize),
  'references', (
    SELECT json_agg(DISTINCT p.refclassid::int8::text || ' ' || p.refobjid::int8::text)
    FROM pg_depend AS p WHERE p.classid = 'pg_ts_template'::regclass AND p.objid = x.oid AND p.refclassid <> 'pg_namespace'::regclass
  )
)::text
FROM pg_ts_template AS x
  JOIN pg_namespace AS n ON n.oid = x.tmplnamespace
WHERE x.oid = ANY ($1::text::oid[])
  AND n.nspname !~ '^pg_' AND n.nspname NOT IN ('information_schema', 'pggit', 'pggit_dropped')
  AND NOT EXISTS (SELECT FROM pg_depend AS p WHERE p.classid = 'pg_ts_template'::regclass AND p.objid = x.oid AND p.deptype = 'e')
