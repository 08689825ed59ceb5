-- What the schemas $1 (text[]) hold that the model has no kind or attribute for: kind and name.
WITH chosen AS MATERIALIZED (
  SELECT n.oid, n.nspname FROM pg_namespace AS n WHERE n.nspname = ANY ($1::text::text[])
), owned AS MATERIALIZED (
  SELECT p.classid, p.objid FROM pg_depend AS p WHERE p.refclassid = 'pg_extension'::regclass AND p.deptype = 'e'
), relation AS MATERIALIZED (
  SELECT c.*, format('%I.%I', n.nspname, c.relname) AS name
  FROM chosen AS n JOIN pg_class AS c ON c.relnamespace = n.oid
  WHERE (('pg_class'::regclass)::oid, c.oid) NOT IN (SELECT o.classid, o.objid FROM owned AS o)
), item (class, oid, kind, name) AS (
  SELECT 'pg_class'::regclass::oid, c.oid, k.kind, c.name
  FROM relation AS c CROSS JOIN LATERAL (
    SELECT 'invalid index' WHERE c.relkind = 'i'
      AND EXISTS (SELECT FROM pg_index AS i WHERE i.indexrelid = c.oid AND NOT i.indisvalid)
  ) AS k (kind)
  UNION ALL
  SELECT 'pg_proc'::regclass, f.oid, 'aggregate', f.oid::regprocedure::text
  FROM chosen AS n JOIN pg_proc AS f ON f.pronamespace = n.oid WHERE f.prokind = 'a'
  UNION ALL
  SELECT 'pg_type'::regclass, t.oid, CASE WHEN NOT t.typisdefined THEN 'shell type' WHEN t.typtype = 'r' THEN 'range type' ELSE 'base type' END,
    format('%I.%I', n.nspname, t.typname)
  FROM chosen AS n JOIN pg_type AS t ON t.typnamespace = n.oid
  WHERE t.typtype IN ('b', 'r', 'p') AND NOT EXISTS (SELECT FROM pg_type AS e WHERE e.oid = t.typelem AND e.typarray = t.oid)
  UNION ALL
  SELECT 'pg_operator'::regclass, o.oid, 'operator', o.oid::regoperator::text
  FROM chosen AS n JOIN pg_operator AS o ON o.oprnamespace = n.oid
  UNION ALL
  SELECT 'pg_opclass'::regclass, o.oid, 'operator class', format('%I.%I', n.nspname, o.opcname)
  FROM chosen AS n JOIN pg_opclass AS o ON o.opcnamespace = n.oid
  UNION ALL
  SELECT 'pg_opfamily'::regclass, o.oid, 'operator family', format('%I.%I', n.nspname, o.opfname)
  FROM chosen AS n JOIN pg_opfamily AS o ON o.opfnamespace = n.oid
  UNION ALL
  SELECT 'pg_collation'::regclass, c.oid, 'collation', format('%I.%I', n.nspname, c.collname)
  FROM chosen AS n JOIN pg_collation AS c ON c.collnamespace = n.oid
  UNION ALL
  SELECT 'pg_conversion'::regclass, c.oid, 'conversion', format('%I.%I', n.nspname, c.conname)
  FROM chosen AS n JOIN pg_conversion AS c ON c.connamespace = n.oid
  UNION ALL
  SELECT 'pg_ts_config'::regclass, x.oid, 'text search configuration', format('%I.%I', n.nspname, x.cfgname)
  FROM chosen AS n JOIN pg_ts_config AS x ON x.cfgnamespace = n.oid
  UNION ALL
  SELECT 'pg_ts_dict'::regclass, x.oid, 'text search dictionary', format('%I.%I', n.nspname, x.dictname)
  FROM chosen AS n JOIN pg_ts_dict AS x ON x.dictnamespace = n.oid
  UNION ALL
  SELECT 'pg_ts_parser'::regclass, x.oid, 'text search parser', format('%I.%I', n.nspname, x.prsname)
  FROM chosen AS n JOIN pg_ts_parser AS x ON x.prsnamespace = n.oid
  UNION ALL
  SELECT 'pg_ts_template'::regclass, x.oid, 'text search template', format('%I.%I', n.nspname, x.tmplname)
  FROM chosen AS n JOIN pg_ts_template AS x ON x.tmplnamespace = n.oid
  UNION ALL
  SELECT 'pg_seclabel'::regclass, l.objoid, 'security label', format('%s on %s', l.provider, i.identity)
  FROM pg_seclabel AS l CROSS JOIN LATERAL pg_identify_object(l.classoid, l.objoid, l.objsubid) AS i
  WHERE i.schema IN (SELECT n.nspname FROM chosen AS n)
)
SELECT DISTINCT i.kind, i.name FROM item AS i
WHERE (i.class, i.oid) NOT IN (SELECT o.classid, o.objid FROM owned AS o)
ORDER BY 1, 2
