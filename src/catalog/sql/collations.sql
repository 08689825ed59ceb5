-- Collations among those of these OIDs, $1 (oid[]), that the database's encoding can use: one JSON object each.
SELECT json_build_object(
  'oid', c.oid::int8,
  'kind', 'collation',
  'schema', n.nspname,
  'name', c.collname,
  'owner', pg_get_userbyid(c.collowner),
  'comment', (SELECT s.description FROM pg_description AS s WHERE s.objoid = c.oid AND s.classoid = 'pg_collation'::regclass AND s.objsubid = 0),
  'statement', format('CREATE COLLATION %I.%I (%s)', n.nspname, c.collname, concat_ws(', ',
    'provider = ' || CASE c.collprovider WHEN 'i' THEN 'icu' WHEN 'b' THEN 'builtin' WHEN 'd' THEN 'default' ELSE 'libc' END,
    CASE WHEN NOT c.collisdeterministic THEN 'deterministic = false' END,
    CASE
      WHEN l.locale IS NOT NULL THEN 'locale = ' || quote_literal(l.locale)
      WHEN c.collcollate = c.collctype THEN 'locale = ' || quote_literal(c.collcollate)
      ELSE 'lc_collate = ' || quote_literal(c.collcollate) || ', lc_ctype = ' || quote_literal(c.collctype)
    END,
    'rules = ' || quote_literal(to_jsonb(c) ->> 'collicurules'))),
  'references', NULL
)::text
FROM pg_collation AS c
  JOIN pg_namespace AS n ON n.oid = c.collnamespace
  -- since PostgreSQL 17, 15 and before
  CROSS JOIN LATERAL (SELECT coalesce(to_jsonb(c) ->> 'colllocale', to_jsonb(c) ->> 'colliculocale')) AS l (locale)
WHERE c.oid = ANY ($1::text::oid[])
  AND c.collencoding IN (-1, (SELECT d.encoding FROM pg_database AS d WHERE d.datname = current_database()))
  AND n.nspname !~ '^pg_' AND n.nspname NOT IN ('information_schema', 'pggit', 'pggit_dropped')
  AND NOT EXISTS (SELECT FROM pg_depend AS p WHERE p.classid = 'pg_collation'::regclass AND p.objid = c.oid AND p.deptype = 'e')
