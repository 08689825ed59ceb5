-- Schema and name of everything with a qualified name that extensions own outside system schemas, and whether it is a relation.
SELECT DISTINCT n.nspname::text, m.name::text, (p.classid = 'pg_class'::regclass)::text
FROM pg_depend AS p
  CROSS JOIN LATERAL (
    SELECT c.relnamespace, c.relname FROM pg_class AS c WHERE p.classid = 'pg_class'::regclass AND c.oid = p.objid
    UNION ALL SELECT t.typnamespace, t.typname FROM pg_type AS t WHERE p.classid = 'pg_type'::regclass AND t.oid = p.objid
    UNION ALL SELECT f.pronamespace, f.proname FROM pg_proc AS f WHERE p.classid = 'pg_proc'::regclass AND f.oid = p.objid
    UNION ALL SELECT o.oprnamespace, o.oprname FROM pg_operator AS o WHERE p.classid = 'pg_operator'::regclass AND o.oid = p.objid
    UNION ALL SELECT k.collnamespace, k.collname FROM pg_collation AS k WHERE p.classid = 'pg_collation'::regclass AND k.oid = p.objid
    UNION ALL SELECT o.opcnamespace, o.opcname FROM pg_opclass AS o WHERE p.classid = 'pg_opclass'::regclass AND o.oid = p.objid
    UNION ALL SELECT o.opfnamespace, o.opfname FROM pg_opfamily AS o WHERE p.classid = 'pg_opfamily'::regclass AND o.oid = p.objid
    UNION ALL SELECT d.dictnamespace, d.dictname FROM pg_ts_dict AS d WHERE p.classid = 'pg_ts_dict'::regclass AND d.oid = p.objid
    UNION ALL SELECT g.cfgnamespace, g.cfgname FROM pg_ts_config AS g WHERE p.classid = 'pg_ts_config'::regclass AND g.oid = p.objid
  ) AS m (namespace, name)
  JOIN pg_namespace AS n ON n.oid = m.namespace
WHERE p.refclassid = 'pg_extension'::regclass AND p.deptype = 'e'
  AND n.nspname !~ '^pg_' AND n.nspname NOT IN ('information_schema', 'pggit', 'pggit_dropped')
