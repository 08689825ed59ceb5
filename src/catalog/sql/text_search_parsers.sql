-- Text search parsers among those of these OIDs, $1 (oid[]): one JSON object each. They have no owner.
SELECT json_build_object(
  'oid', x.oid::int8,
  'kind', 'text_search_parser',
  'schema', n.nspname,
  'name', x.prsname,
  'owner', '',
  'comment', (SELECT s.description FROM pg_description AS s WHERE s.objoid = x.oid AND s.classoid = 'pg_ts_parser'::regclass AND s.objsubid = 0),
  'statement', format(E'CREATE TEXT SEARCH PARSER %I.%I (\n    START = %s,\n    GETTOKEN = %s,\n    END = %s%s,\n    LEXTYPES = %s\n)',
    n.nspname, x.prsname, x.prsstart, x.prstoken, x.prsend, E',\n    HEADLINE = ' || nullif(x.prsheadline::text, '-'), x.prslextype),
  'references', (
    SELECT json_agg(DISTINCT p.refclassid::int8::text || ' ' || p.refobjid::int8::text)
    FROM pg_depend AS p WHERE p.classid = 'pg_ts_parser'::regclass AND p.objid = x.oid AND p.refclassid <> 'pg_namespace'::regclass
  )
)::text
FROM pg_ts_parser AS x
  JOIN pg_namespace AS n ON n.oid = x.prsnamespace
WHERE x.oid = ANY ($1::text::oid[])
  AND n.nspname !~ '^pg_' AND n.nspname NOT IN ('information_schema', 'pggit', 'pggit_dropped')
  AND NOT EXISTS (SELECT FROM pg_depend AS p WHERE p.classid = 'pg_ts_parser'::regclass AND p.objid = x.oid AND p.deptype = 'e')
