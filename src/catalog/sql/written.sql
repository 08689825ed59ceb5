-- What this transaction has written to the catalogs, subtransactions included: catalog and OID. Rows of transactions that
-- began later count, too. Costs a look at the catalogs.
WITH own (first) AS MATERIALIZED (
  SELECT pg_current_xact_id()::text::int8 & 4294967295
), written (class, oid, row_xmin) AS (
  SELECT 'pg_class'::regclass, oid, xmin FROM pg_class
  UNION ALL SELECT 'pg_class'::regclass, attrelid, xmin FROM pg_attribute
  UNION ALL SELECT 'pg_class'::regclass, seqrelid, xmin FROM pg_sequence
  UNION ALL SELECT 'pg_class'::regclass, indexrelid, xmin FROM pg_index
  UNION ALL SELECT 'pg_class'::regclass, inhrelid, xmin FROM pg_inherits
  UNION ALL SELECT 'pg_class'::regclass, partrelid, xmin FROM pg_partitioned_table
  UNION ALL SELECT 'pg_class'::regclass, ftrelid, xmin FROM pg_foreign_table
  UNION ALL SELECT 'pg_type'::regclass, oid, xmin FROM pg_type
  UNION ALL SELECT 'pg_type'::regclass, enumtypid, xmin FROM pg_enum
  UNION ALL SELECT 'pg_type'::regclass, rngtypid, xmin FROM pg_range
  UNION ALL SELECT 'pg_proc'::regclass, oid, xmin FROM pg_proc
  UNION ALL SELECT 'pg_proc'::regclass, aggfnoid, xmin FROM pg_aggregate
  UNION ALL SELECT 'pg_namespace'::regclass, oid, xmin FROM pg_namespace
  UNION ALL SELECT 'pg_constraint'::regclass, oid, xmin FROM pg_constraint
  UNION ALL SELECT 'pg_trigger'::regclass, oid, xmin FROM pg_trigger
  UNION ALL SELECT 'pg_policy'::regclass, oid, xmin FROM pg_policy
  UNION ALL SELECT 'pg_rewrite'::regclass, oid, xmin FROM pg_rewrite
  UNION ALL SELECT 'pg_attrdef'::regclass, oid, xmin FROM pg_attrdef
  UNION ALL SELECT 'pg_statistic_ext'::regclass, oid, xmin FROM pg_statistic_ext
  UNION ALL SELECT 'pg_operator'::regclass, oid, xmin FROM pg_operator
  UNION ALL SELECT 'pg_opclass'::regclass, oid, xmin FROM pg_opclass
  UNION ALL SELECT 'pg_opfamily'::regclass, oid, xmin FROM pg_opfamily
  UNION ALL SELECT 'pg_amop'::regclass, oid, xmin FROM pg_amop
  UNION ALL SELECT 'pg_amproc'::regclass, oid, xmin FROM pg_amproc
  UNION ALL SELECT 'pg_cast'::regclass, oid, xmin FROM pg_cast
  UNION ALL SELECT 'pg_collation'::regclass, oid, xmin FROM pg_collation
  UNION ALL SELECT 'pg_conversion'::regclass, oid, xmin FROM pg_conversion
  UNION ALL SELECT 'pg_ts_config'::regclass, oid, xmin FROM pg_ts_config
  UNION ALL SELECT 'pg_ts_config'::regclass, mapcfg, xmin FROM pg_ts_config_map
  UNION ALL SELECT 'pg_ts_dict'::regclass, oid, xmin FROM pg_ts_dict
  UNION ALL SELECT 'pg_ts_parser'::regclass, oid, xmin FROM pg_ts_parser
  UNION ALL SELECT 'pg_ts_template'::regclass, oid, xmin FROM pg_ts_template
  UNION ALL SELECT 'pg_default_acl'::regclass, oid, xmin FROM pg_default_acl
  UNION ALL SELECT classoid, objoid, xmin FROM pg_description
  UNION ALL SELECT classoid, objoid, xmin FROM pg_seclabel
)
SELECT DISTINCT w.class::oid::int8::text, w.oid::int8::text
FROM written AS w, own
WHERE (w.row_xmin::text::int8 - own.first) & 4294967295 < 2147483648
