-- What has an OID in the groups of 64 that $1 (int8[]) numbers: the objects that are there, and those that are known to
-- have been. Catalog and OID.
WITH near (low, high) AS MATERIALIZED (
  SELECT (b << 6)::oid, ((b << 6) + 63)::oid FROM unnest($1::text::int8[]) AS b
)
SELECT f.class::oid::int8::text, f.oid::int8::text FROM near AS m CROSS JOIN LATERAL (
  SELECT 'pg_class'::regclass, oid FROM pg_class WHERE oid BETWEEN m.low AND m.high
  UNION ALL SELECT 'pg_type'::regclass, oid FROM pg_type WHERE oid BETWEEN m.low AND m.high
  UNION ALL SELECT 'pg_proc'::regclass, oid FROM pg_proc WHERE oid BETWEEN m.low AND m.high
  UNION ALL SELECT 'pg_namespace'::regclass, oid FROM pg_namespace WHERE oid BETWEEN m.low AND m.high
  UNION ALL SELECT 'pg_constraint'::regclass, oid FROM pg_constraint WHERE oid BETWEEN m.low AND m.high
  UNION ALL SELECT 'pg_trigger'::regclass, oid FROM pg_trigger WHERE oid BETWEEN m.low AND m.high
  UNION ALL SELECT 'pg_policy'::regclass, oid FROM pg_policy WHERE oid BETWEEN m.low AND m.high
  UNION ALL SELECT 'pg_rewrite'::regclass, oid FROM pg_rewrite WHERE oid BETWEEN m.low AND m.high
  UNION ALL SELECT 'pg_attrdef'::regclass, oid FROM pg_attrdef WHERE oid BETWEEN m.low AND m.high
  UNION ALL SELECT 'pg_statistic_ext'::regclass, oid FROM pg_statistic_ext WHERE oid BETWEEN m.low AND m.high
  UNION ALL SELECT 'pg_operator'::regclass, oid FROM pg_operator WHERE oid BETWEEN m.low AND m.high
  UNION ALL SELECT 'pg_opclass'::regclass, oid FROM pg_opclass WHERE oid BETWEEN m.low AND m.high
  UNION ALL SELECT 'pg_opfamily'::regclass, oid FROM pg_opfamily WHERE oid BETWEEN m.low AND m.high
  UNION ALL SELECT 'pg_cast'::regclass, oid FROM pg_cast WHERE oid BETWEEN m.low AND m.high
  UNION ALL SELECT 'pg_collation'::regclass, oid FROM pg_collation WHERE oid BETWEEN m.low AND m.high
  UNION ALL SELECT 'pg_conversion'::regclass, oid FROM pg_conversion WHERE oid BETWEEN m.low AND m.high
  UNION ALL SELECT 'pg_ts_config'::regclass, oid FROM pg_ts_config WHERE oid BETWEEN m.low AND m.high
  UNION ALL SELECT 'pg_ts_dict'::regclass, oid FROM pg_ts_dict WHERE oid BETWEEN m.low AND m.high
  UNION ALL SELECT 'pg_ts_parser'::regclass, oid FROM pg_ts_parser WHERE oid BETWEEN m.low AND m.high
  UNION ALL SELECT 'pg_ts_template'::regclass, oid FROM pg_ts_template WHERE oid BETWEEN m.low AND m.high
  UNION ALL SELECT 'pg_default_acl'::regclass, oid FROM pg_default_acl WHERE oid BETWEEN m.low AND m.high
) AS f (class, oid)
UNION
SELECT l.classid::int8::text, l.objid::int8::text
FROM near AS m
  CROSS JOIN unnest('{pg_class,pg_type,pg_proc,pg_namespace,pg_trigger,pg_policy,pg_rewrite,pg_statistic_ext,pg_operator,pg_opclass,
    pg_opfamily,pg_cast,pg_collation,pg_conversion,pg_ts_config,pg_ts_dict,pg_ts_parser,pg_ts_template,pg_default_acl}'::regclass[]) AS c (class)
  JOIN pggit.lineage AS l ON l.classid = c.class::oid AND l.objid BETWEEN m.low AND m.high
WHERE l.objsubid = 0
