-- Which versions of their rows the catalogs hold, without reading what they say. For every 64 OIDs ("b"): a sum over the
-- rows of the objects with those OIDs and of their parts. A row that is changed becomes another version, at another
-- place and of another transaction; removed rows are missing from the sum. What belongs to two objects counts for both.
-- Then the names of what texts are printed with and dependencies do not lead to ("n"), and where all this was asked ("d").
WITH part (oid, catalog, place, version) AS (
  SELECT oid, tableoid, ctid, xmin FROM pg_namespace
  -- the row of a TOAST table says nothing but its options
  UNION ALL SELECT oid, tableoid, ctid, xmin FROM pg_class
    WHERE oid >= 16384 AND (relnamespace <> 'pg_toast'::regnamespace OR reloptions IS NOT NULL)
  UNION ALL SELECT attrelid, tableoid, ctid, xmin FROM pg_attribute WHERE attrelid >= 16384 AND attnum > 0
  UNION ALL SELECT adrelid, tableoid, ctid, xmin FROM pg_attrdef
  UNION ALL SELECT indexrelid, tableoid, ctid, xmin FROM pg_index WHERE indexrelid >= 16384
  UNION ALL SELECT indrelid, tableoid, ctid, xmin FROM pg_index WHERE indexrelid >= 16384 AND (indisreplident OR indisclustered)
  UNION ALL SELECT inhrelid, tableoid, ctid, xmin FROM pg_inherits
  UNION ALL SELECT inhparent, tableoid, ctid, xmin FROM pg_inherits
  UNION ALL SELECT partrelid, tableoid, ctid, xmin FROM pg_partitioned_table
  UNION ALL SELECT ftrelid, tableoid, ctid, xmin FROM pg_foreign_table
  UNION ALL SELECT seqrelid, tableoid, ctid, xmin FROM pg_sequence
  UNION ALL SELECT CASE WHEN conrelid <> 0 THEN conrelid WHEN contypid <> 0 THEN contypid ELSE oid END, tableoid, ctid, xmin
    FROM pg_constraint WHERE oid >= 16384
  UNION ALL SELECT oid, tableoid, ctid, xmin FROM pg_trigger
  UNION ALL SELECT tgrelid, tableoid, ctid, xmin FROM pg_trigger WHERE NOT tgisinternal OR tgparentid <> 0
  UNION ALL SELECT oid, tableoid, ctid, xmin FROM pg_policy
  UNION ALL SELECT polrelid, tableoid, ctid, xmin FROM pg_policy
  UNION ALL SELECT oid, tableoid, ctid, xmin FROM pg_rewrite WHERE oid >= 16384
  UNION ALL SELECT ev_class, tableoid, ctid, xmin FROM pg_rewrite WHERE oid >= 16384
  UNION ALL SELECT oid, tableoid, ctid, xmin FROM pg_statistic_ext
  UNION ALL SELECT stxrelid, tableoid, ctid, xmin FROM pg_statistic_ext
  -- an array's type follows its element's
  UNION ALL SELECT oid, tableoid, ctid, xmin FROM pg_type WHERE oid >= 16384 AND NOT (typlen = -1 AND typelem <> 0)
  UNION ALL SELECT enumtypid, tableoid, ctid, xmin FROM pg_enum WHERE enumtypid >= 16384
  UNION ALL SELECT rngtypid, tableoid, ctid, xmin FROM pg_range WHERE rngtypid >= 16384
  UNION ALL SELECT oid, tableoid, ctid, xmin FROM pg_proc WHERE oid >= 16384
  UNION ALL SELECT aggfnoid::oid, tableoid, ctid, xmin FROM pg_aggregate WHERE aggfnoid::oid >= 16384
  UNION ALL SELECT oid, tableoid, ctid, xmin FROM pg_operator WHERE oid >= 16384
  UNION ALL SELECT oid, tableoid, ctid, xmin FROM pg_opclass WHERE oid >= 16384
  UNION ALL SELECT oid, tableoid, ctid, xmin FROM pg_opfamily WHERE oid >= 16384
  UNION ALL SELECT amopfamily, tableoid, ctid, xmin FROM pg_amop WHERE amopfamily >= 16384
  UNION ALL SELECT amprocfamily, tableoid, ctid, xmin FROM pg_amproc WHERE amprocfamily >= 16384
  UNION ALL SELECT oid, tableoid, ctid, xmin FROM pg_cast WHERE oid >= 16384
  UNION ALL SELECT oid, tableoid, ctid, xmin FROM pg_collation WHERE oid >= 16384
  UNION ALL SELECT oid, tableoid, ctid, xmin FROM pg_conversion WHERE oid >= 16384
  UNION ALL SELECT oid, tableoid, ctid, xmin FROM pg_ts_config WHERE oid >= 16384
  UNION ALL SELECT mapcfg, tableoid, ctid, xmin FROM pg_ts_config_map WHERE mapcfg >= 16384
  UNION ALL SELECT oid, tableoid, ctid, xmin FROM pg_ts_dict WHERE oid >= 16384
  UNION ALL SELECT oid, tableoid, ctid, xmin FROM pg_ts_parser WHERE oid >= 16384
  UNION ALL SELECT oid, tableoid, ctid, xmin FROM pg_ts_template WHERE oid >= 16384
  UNION ALL SELECT oid, tableoid, ctid, xmin FROM pg_default_acl
  UNION ALL SELECT objoid, tableoid, ctid, xmin FROM pg_description WHERE objoid >= 16384 OR classoid = 'pg_namespace'::regclass
  UNION ALL SELECT objoid, tableoid, ctid, xmin FROM pg_seclabel
  -- who owns a sequence, and what is an extension's, is said here alone
  UNION ALL SELECT objid, tableoid, ctid, xmin FROM pg_depend
    WHERE deptype IN ('e', 'x')
      OR deptype = 'a' AND classid = 'pg_class'::regclass AND refclassid = 'pg_class'::regclass AND refobjsubid > 0
)
SELECT 'b', (oid::int8 >> 6)::text, sum(hashtidextended(place, (catalog::int8 << 32) + version::text::int8))::text
FROM part GROUP BY oid::int8 >> 6
UNION ALL SELECT 'n', 'role ' || oid::text, hashtextextended(rolname::text, 0)::text FROM pg_roles
UNION ALL SELECT 'n', 'schema ' || oid::text, hashtextextended(nspname::text, 0)::text FROM pg_namespace
UNION ALL SELECT 'n', 'language ' || oid::text, hashtextextended(lanname::text, 0)::text FROM pg_language
UNION ALL SELECT 'n', 'access method ' || oid::text, hashtextextended(amname::text, 0)::text FROM pg_am
UNION ALL SELECT 'n', 'tablespace ' || oid::text, hashtextextended(spcname::text, 0)::text FROM pg_tablespace
UNION ALL SELECT 'n', 'server ' || oid::text, hashtextextended(srvname::text, 0)::text FROM pg_foreign_server
UNION ALL SELECT 'd', d.oid::text || ' ' || pg_postmaster_start_time()::text, pg_snapshot_xmax(pg_current_snapshot())::text
FROM pg_database AS d WHERE d.datname = current_database()
