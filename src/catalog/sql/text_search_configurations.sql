-- Text search configurations among those of these OIDs, $1 (oid[]): one JSON object each. Settings are the
-- dictionaries by type of token.
SELECT json_build_object(
  'oid', x.oid::int8,
  'kind', 'text_search_configuration',
  'schema', n.nspname,
  'name', x.cfgname,
  'owner', pg_get_userbyid(x.cfgowner),
  'comment', (SELECT s.description FROM pg_description AS s WHERE s.objoid = x.oid AND s.classoid = 'pg_ts_config'::regclass AND s.objsubid = 0),
  'statement', format('CREATE TEXT SEARCH CONFIGURATION %I.%I (PARSER = %s)', n.nspname, x.cfgname, (
    SELECT format('%I.%I', (SELECT pn.nspname FROM pg_namespace AS pn WHERE pn.oid = p.prsnamespace), p.prsname) FROM pg_ts_parser AS p WHERE p.oid = x.cfgparser)),
  'settings', coalesce((
    SELECT json_object_agg(m.alias, m.dictionaries) FROM (
      SELECT (SELECT t.alias FROM ts_token_type(x.cfgparser) AS t WHERE t.tokid = c.maptokentype),
        string_agg((
          SELECT format('%I.%I', (SELECT dn.nspname FROM pg_namespace AS dn WHERE dn.oid = d.dictnamespace), d.dictname)
          FROM pg_ts_dict AS d WHERE d.oid = c.mapdict), ', ' ORDER BY c.mapseqno)
      FROM pg_ts_config_map AS c
      WHERE c.mapcfg = x.oid
      GROUP BY c.maptokentype
    ) AS m (alias, dictionaries)
  ), '{}'),
  'references', (
    SELECT json_agg(DISTINCT p.refclassid::int8::text || ' ' || p.refobjid::int8::text)
    FROM pg_depend AS p WHERE p.classid = 'pg_ts_config'::regclass AND p.objid = x.oid AND p.refclassid <> 'pg_namespace'::regclass
  )
)::text
FROM pg_ts_config AS x
  JOIN pg_namespace AS n ON n.oid = x.cfgnamespace
WHERE x.oid = ANY ($1::text::oid[])
  AND n.nspname !~ '^pg_' AND n.nspname NOT IN ('information_schema', 'pggit', 'pggit_dropped')
  AND NOT EXISTS (SELECT FROM pg_depend AS p WHERE p.classid = 'pg_ts_config'::regclass AND p.objid = x.oid AND p.deptype = 'e')
