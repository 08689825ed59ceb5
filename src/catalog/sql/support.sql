-- Operators and what makes them and other types useful that the names stand for, in a query of its own since such names are
-- rare: catalog and OID. $1: the names, as JSON [{"class", "schema", "name"}].
WITH target AS (
  SELECT t.schema, t.name::name AS name FROM json_to_recordset($1::text::json) AS t (class text, schema text, name text)
  WHERE t.class = 'support'
), named (class, oid, asked, schema) AS (
  SELECT 'pg_operator'::regclass, o.oid, t.schema, o.oprnamespace FROM target AS t JOIN pg_operator AS o ON o.oprname = t.name
  UNION ALL SELECT 'pg_opfamily'::regclass, o.oid, t.schema, o.opfnamespace FROM target AS t JOIN pg_opfamily AS o ON o.opfname = t.name
  UNION ALL SELECT 'pg_opclass'::regclass, o.oid, t.schema, o.opcnamespace FROM target AS t JOIN pg_opclass AS o ON o.opcname = t.name
  UNION ALL SELECT 'pg_collation'::regclass, o.oid, t.schema, o.collnamespace FROM target AS t JOIN pg_collation AS o ON o.collname = t.name
  UNION ALL SELECT 'pg_conversion'::regclass, o.oid, t.schema, o.connamespace FROM target AS t JOIN pg_conversion AS o ON o.conname = t.name
  UNION ALL SELECT 'pg_ts_parser'::regclass, o.oid, t.schema, o.prsnamespace FROM target AS t JOIN pg_ts_parser AS o ON o.prsname = t.name
  UNION ALL SELECT 'pg_ts_template'::regclass, o.oid, t.schema, o.tmplnamespace FROM target AS t JOIN pg_ts_template AS o ON o.tmplname = t.name
  UNION ALL SELECT 'pg_ts_dict'::regclass, o.oid, t.schema, o.dictnamespace FROM target AS t JOIN pg_ts_dict AS o ON o.dictname = t.name
  UNION ALL SELECT 'pg_ts_config'::regclass, o.oid, t.schema, o.cfgnamespace FROM target AS t JOIN pg_ts_config AS o ON o.cfgname = t.name
)
SELECT o.class::oid::int8::text, o.oid::int8::text
FROM named AS o
WHERE o.asked IN ('', (SELECT n.nspname FROM pg_namespace AS n WHERE n.oid = o.schema))
UNION ALL
-- an operator is made and dropped without a lock of its commutator and negator
SELECT 'pg_operator'::regclass::oid::int8::text, q.oid::int8::text
FROM target AS t JOIN pg_operator AS o ON o.oprname = t.name JOIN pg_operator AS q ON q.oid IN (o.oprcom, o.oprnegate)
WHERE q.oid >= 16384
