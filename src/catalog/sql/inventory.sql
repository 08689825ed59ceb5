-- Everything that may be versioned in the schemas $1 (text[]; NULL for all that are not the system's),
-- and the schemas themselves: catalog and OID.
WITH chosen AS MATERIALIZED (
  SELECT n.oid FROM pg_namespace AS n
  WHERE ($1::text IS NULL OR n.nspname = ANY ($1::text::text[]))
    AND n.nspname !~ '^pg_' AND n.nspname NOT IN ('information_schema', 'pggit', 'pggit_dropped')
)
SELECT 'pg_namespace'::regclass::oid::int8::text, n.oid::int8::text
FROM chosen AS n
UNION ALL
SELECT 'pg_class'::regclass::oid::int8::text, c.oid::int8::text
FROM chosen AS n JOIN pg_class AS c ON c.relnamespace = n.oid
WHERE c.relkind IN ('r', 'p', 'f', 'v', 'm', 'S', 'i', 'I')
UNION ALL
SELECT 'pg_type'::regclass::oid::int8::text, t.oid::int8::text
FROM chosen AS n JOIN pg_type AS t ON t.typnamespace = n.oid
WHERE (t.typtype IN ('e', 'd', 'r') OR NOT t.typisdefined
  OR t.typtype = 'b' AND NOT EXISTS (SELECT FROM pg_type AS e WHERE e.oid = t.typelem AND e.typarray = t.oid)
  OR t.typtype = 'c' AND EXISTS (SELECT FROM pg_class AS c WHERE c.oid = t.typrelid AND c.relkind = 'c'))
UNION ALL
SELECT 'pg_proc'::regclass::oid::int8::text, f.oid::int8::text
FROM chosen AS n JOIN pg_proc AS f ON f.pronamespace = n.oid
UNION ALL
SELECT 'pg_trigger'::regclass::oid::int8::text, g.oid::int8::text
FROM chosen AS n JOIN pg_class AS c ON c.relnamespace = n.oid JOIN pg_trigger AS g ON g.tgrelid = c.oid
WHERE NOT g.tgisinternal
UNION ALL
SELECT 'pg_policy'::regclass::oid::int8::text, y.oid::int8::text
FROM chosen AS n JOIN pg_class AS c ON c.relnamespace = n.oid JOIN pg_policy AS y ON y.polrelid = c.oid
UNION ALL
SELECT 'pg_rewrite'::regclass::oid::int8::text, r.oid::int8::text
FROM chosen AS n JOIN pg_class AS c ON c.relnamespace = n.oid JOIN pg_rewrite AS r ON r.ev_class = c.oid
WHERE r.rulename <> '_RETURN'
UNION ALL
SELECT 'pg_statistic_ext'::regclass::oid::int8::text, x.oid::int8::text
FROM chosen AS n JOIN pg_statistic_ext AS x ON x.stxnamespace = n.oid
UNION ALL
SELECT 'pg_default_acl'::regclass::oid::int8::text, d.oid::int8::text
FROM chosen AS n JOIN pg_default_acl AS d ON d.defaclnamespace = n.oid
UNION ALL
SELECT 'pg_operator'::regclass::oid::int8::text, o.oid::int8::text FROM chosen AS n JOIN pg_operator AS o ON o.oprnamespace = n.oid
UNION ALL
SELECT 'pg_opfamily'::regclass::oid::int8::text, o.oid::int8::text FROM chosen AS n JOIN pg_opfamily AS o ON o.opfnamespace = n.oid
UNION ALL
SELECT 'pg_opclass'::regclass::oid::int8::text, o.oid::int8::text FROM chosen AS n JOIN pg_opclass AS o ON o.opcnamespace = n.oid
UNION ALL
SELECT 'pg_collation'::regclass::oid::int8::text, o.oid::int8::text FROM chosen AS n JOIN pg_collation AS o ON o.collnamespace = n.oid
UNION ALL
SELECT 'pg_conversion'::regclass::oid::int8::text, o.oid::int8::text FROM chosen AS n JOIN pg_conversion AS o ON o.connamespace = n.oid
UNION ALL
SELECT 'pg_ts_parser'::regclass::oid::int8::text, o.oid::int8::text FROM chosen AS n JOIN pg_ts_parser AS o ON o.prsnamespace = n.oid
UNION ALL
SELECT 'pg_ts_template'::regclass::oid::int8::text, o.oid::int8::text FROM chosen AS n JOIN pg_ts_template AS o ON o.tmplnamespace = n.oid
UNION ALL
SELECT 'pg_ts_dict'::regclass::oid::int8::text, o.oid::int8::text FROM chosen AS n JOIN pg_ts_dict AS o ON o.dictnamespace = n.oid
UNION ALL
SELECT 'pg_ts_config'::regclass::oid::int8::text, o.oid::int8::text FROM chosen AS n JOIN pg_ts_config AS o ON o.cfgnamespace = n.oid
UNION ALL
SELECT 'pg_cast'::regclass::oid::int8::text, k.oid::int8::text
FROM pg_cast AS k
WHERE EXISTS (
  SELECT FROM pg_type AS t JOIN chosen AS n ON n.oid = t.typnamespace WHERE t.oid IN (k.castsource, k.casttarget)
)
