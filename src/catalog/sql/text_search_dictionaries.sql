-- Text search dictionaries among those of these OIDs, $1 (oid[]): one JSON object each. Settings are their options.
SELECT json_build_object(
  'oid', x.oid::int8,
  'kind', 'text_search_dictionary',
  'schema', n.nspname,
  'name', x.dictname,
  'owner', pg_get_userbyid(x.dictowner),
  'comment', (SELECT s.description FROM pg_description AS s WHERE s.objoid = x.oid AND s.classoid = 'pg_ts_dict'::regclass AND s.objsubid = 0),
  'statement', format('CREATE TEXT SEARCH DICTIONARY %I.%I (TEMPLATE = %s)', n.nspname, x.dictname, (
    SELECT format('%I.%I', (SELECT tn.nspname FROM pg_namespace AS tn WHERE tn.oid = t.tmplnamespace), t.tmplname) FROM pg_ts_template AS t WHERE t.oid = x.dicttemplate)),
  -- as serialize_deflist (src/backend/commands/tsearchcmds.c) writes them
  'settings', coalesce((
    SELECT json_object_agg(o.part[1], o.part[2])
    FROM regexp_matches(x.dictinitoption, $regex$([^\s=",]+|"(?:[^"]|"")+") = (E?'(?:[^'\\]|''|\\.)*'|[^\s,]+)$regex$, 'g') AS o (part)
  ), '{}'),
  'references', (
    SELECT json_agg(DISTINCT p.refclassid::int8::text || ' ' || p.refobjid::int8::text)
    FROM pg_depend AS p WHERE p.classid = 'pg_ts_dict'::regclass AND p.objid = x.oid AND p.refclassid <> 'pg_namespace'::regclass
  )
)::text
FROM pg_ts_dict AS x
  JOIN pg_namespace AS n ON n.oid = x.dictnamespace
WHERE x.oid = ANY ($1::text::oid[])
  AND n.nspname !~ '^pg_' AND n.nspname NOT IN ('information_schema', 'pggit', 'pggit_dropped')
  AND NOT EXISTS (SELECT FROM pg_depend AS p WHERE p.classid = 'pg_ts_dict'::regclass AND p.objid = x.oid AND p.deptype = 'e')
