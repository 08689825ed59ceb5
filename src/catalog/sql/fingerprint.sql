-- Which versions of their rows the catalogs hold, without reading what they say. For every 64 OIDs ("b"): a sum over the
-- rows of the objects with those OIDs and of their parts. A row that is changed becomes another version, at another
-- place and of another transaction; removed rows are missing from the sum. What belongs to two objects counts for both.
-- Then the names of what texts are printed with and dependencies do not lead to ("n"), and where all this was asked ("d").
-- What is in the schemas $1 (name[]) is left out, but for objects with the OIDs $2 (oid[]).
WITH elsewhere (oid) AS MATERIALIZED (
  SELECT oid FROM pg_namespace WHERE nspname = ANY ($1::text::name[])
), kept (oid) AS MATERIALIZED (
  SELECT unnest($2::text::oid[])
), distant (oid, toast) AS MATERIALIZED (
  SELECT oid, reltoastrelid FROM pg_class
  WHERE relnamespace IN (SELECT oid FROM elsewhere) AND oid NOT IN (SELECT oid FROM kept)
), left_out (relation) AS MATERIALIZED (
  SELECT oid FROM distant
  UNION ALL SELECT toast FROM distant WHERE toast <> 0
  UNION ALL SELECT x.indexrelid FROM distant AS d JOIN pg_index AS x ON x.indrelid = d.toast WHERE d.toast <> 0
), part (oid, relation, namespace, catalog, place, version) AS NOT MATERIALIZED (
  -- a session's schema of temporary objects is nobody else's business
  SELECT oid, 0::oid, oid, tableoid, ctid, xmin FROM pg_namespace WHERE nspname !~ '^pg_(toast_)?temp_'
  -- the row of a TOAST table says nothing but its options
  UNION ALL SELECT oid, oid, 0::oid, tableoid, ctid, xmin FROM pg_class
    WHERE oid >= 16384 AND (relnamespace <> 'pg_toast'::regnamespace OR reloptions IS NOT NULL)
  UNION ALL SELECT attrelid, attrelid, 0::oid, tableoid, ctid, xmin FROM pg_attribute WHERE attrelid >= 16384 AND attnum > 0
  UNION ALL SELECT adrelid, adrelid, 0::oid, tableoid, ctid, xmin FROM pg_attrdef
  UNION ALL SELECT indexrelid, indexrelid, 0::oid, tableoid, ctid, xmin FROM pg_index WHERE indexrelid >= 16384
  UNION ALL SELECT indrelid, indrelid, 0::oid, tableoid, ctid, xmin FROM pg_index WHERE indexrelid >= 16384 AND (indisreplident OR indisclustered)
  UNION ALL SELECT inhrelid, inhrelid, 0::oid, tableoid, ctid, xmin FROM pg_inherits
  UNION ALL SELECT inhparent, inhparent, 0::oid, tableoid, ctid, xmin FROM pg_inherits
  UNION ALL SELECT partrelid, partrelid, 0::oid, tableoid, ctid, xmin FROM pg_partitioned_table
  UNION ALL SELECT ftrelid, ftrelid, 0::oid, tableoid, ctid, xmin FROM pg_foreign_table
  UNION ALL SELECT seqrelid, seqrelid, 0::oid, tableoid, ctid, xmin FROM pg_sequence
  UNION ALL SELECT CASE WHEN conrelid <> 0 THEN conrelid WHEN contypid <> 0 THEN contypid ELSE oid END, conrelid,
      CASE conrelid WHEN 0 THEN connamespace ELSE 0::oid END, tableoid, ctid, xmin
    FROM pg_constraint WHERE oid >= 16384
  UNION ALL SELECT oid, tgrelid, 0::oid, tableoid, ctid, xmin FROM pg_trigger
  UNION ALL SELECT tgrelid, tgrelid, 0::oid, tableoid, ctid, xmin FROM pg_trigger WHERE NOT tgisinternal OR tgparentid <> 0
  UNION ALL SELECT oid, polrelid, 0::oid, tableoid, ctid, xmin FROM pg_policy
  UNION ALL SELECT polrelid, polrelid, 0::oid, tableoid, ctid, xmin FROM pg_policy
  UNION ALL SELECT oid, ev_class, 0::oid, tableoid, ctid, xmin FROM pg_rewrite WHERE oid >= 16384
  UNION ALL SELECT ev_class, ev_class, 0::oid, tableoid, ctid, xmin FROM pg_rewrite WHERE oid >= 16384
  UNION ALL SELECT oid, 0::oid, stxnamespace, tableoid, ctid, xmin FROM pg_statistic_ext
  UNION ALL SELECT stxrelid, stxrelid, 0::oid, tableoid, ctid, xmin FROM pg_statistic_ext
  -- an array's type follows its element's
  UNION ALL SELECT oid, 0::oid, typnamespace, tableoid, ctid, xmin FROM pg_type
    WHERE oid >= 16384 AND (NOT (typlen = -1 AND typelem <> 0) OR oid IN (SELECT oid FROM kept))
  UNION ALL SELECT e.enumtypid, 0::oid, t.typnamespace, e.tableoid, e.ctid, e.xmin
    FROM pg_enum AS e JOIN pg_type AS t ON t.oid = e.enumtypid WHERE e.enumtypid >= 16384
  UNION ALL SELECT r.rngtypid, 0::oid, t.typnamespace, r.tableoid, r.ctid, r.xmin
    FROM pg_range AS r JOIN pg_type AS t ON t.oid = r.rngtypid WHERE r.rngtypid >= 16384
  UNION ALL SELECT oid, 0::oid, pronamespace, tableoid, ctid, xmin FROM pg_proc WHERE oid >= 16384
  UNION ALL SELECT f.oid, 0::oid, f.pronamespace, a.tableoid, a.ctid, a.xmin
    FROM pg_aggregate AS a JOIN pg_proc AS f ON f.oid = a.aggfnoid WHERE f.oid >= 16384
  UNION ALL SELECT oid, 0::oid, oprnamespace, tableoid, ctid, xmin FROM pg_operator WHERE oid >= 16384
  UNION ALL SELECT oid, 0::oid, opcnamespace, tableoid, ctid, xmin FROM pg_opclass WHERE oid >= 16384
  UNION ALL SELECT oid, 0::oid, opfnamespace, tableoid, ctid, xmin FROM pg_opfamily WHERE oid >= 16384
  UNION ALL SELECT m.amopfamily, 0::oid, f.opfnamespace, m.tableoid, m.ctid, m.xmin
    FROM pg_amop AS m JOIN pg_opfamily AS f ON f.oid = m.amopfamily WHERE m.amopfamily >= 16384
  UNION ALL SELECT m.amprocfamily, 0::oid, f.opfnamespace, m.tableoid, m.ctid, m.xmin
    FROM pg_amproc AS m JOIN pg_opfamily AS f ON f.oid = m.amprocfamily WHERE m.amprocfamily >= 16384
  -- a cast is where one of its types is
  UNION ALL SELECT k.oid, 0::oid, t.typnamespace, k.tableoid, k.ctid, k.xmin
    FROM pg_cast AS k JOIN pg_type AS t ON t.oid = greatest(k.castsource, k.casttarget) WHERE k.oid >= 16384
  UNION ALL SELECT oid, 0::oid, collnamespace, tableoid, ctid, xmin FROM pg_collation WHERE oid >= 16384
  UNION ALL SELECT oid, 0::oid, connamespace, tableoid, ctid, xmin FROM pg_conversion WHERE oid >= 16384
  UNION ALL SELECT oid, 0::oid, cfgnamespace, tableoid, ctid, xmin FROM pg_ts_config WHERE oid >= 16384
  UNION ALL SELECT m.mapcfg, 0::oid, c.cfgnamespace, m.tableoid, m.ctid, m.xmin
    FROM pg_ts_config_map AS m JOIN pg_ts_config AS c ON c.oid = m.mapcfg WHERE m.mapcfg >= 16384
  UNION ALL SELECT oid, 0::oid, dictnamespace, tableoid, ctid, xmin FROM pg_ts_dict WHERE oid >= 16384
  UNION ALL SELECT oid, 0::oid, prsnamespace, tableoid, ctid, xmin FROM pg_ts_parser WHERE oid >= 16384
  UNION ALL SELECT oid, 0::oid, tmplnamespace, tableoid, ctid, xmin FROM pg_ts_template WHERE oid >= 16384
  UNION ALL SELECT oid, 0::oid, defaclnamespace, tableoid, ctid, xmin FROM pg_default_acl
  UNION ALL SELECT objoid, CASE classoid
      WHEN 'pg_class'::regclass THEN objoid
      WHEN 'pg_constraint'::regclass THEN (SELECT k.conrelid FROM pg_constraint AS k WHERE k.oid = objoid)
      WHEN 'pg_trigger'::regclass THEN (SELECT g.tgrelid FROM pg_trigger AS g WHERE g.oid = objoid)
      WHEN 'pg_policy'::regclass THEN (SELECT y.polrelid FROM pg_policy AS y WHERE y.oid = objoid)
      WHEN 'pg_rewrite'::regclass THEN (SELECT r.ev_class FROM pg_rewrite AS r WHERE r.oid = objoid)
      ELSE 0::oid
    END, CASE classoid
      WHEN 'pg_namespace'::regclass THEN objoid
      WHEN 'pg_type'::regclass THEN (SELECT t.typnamespace FROM pg_type AS t WHERE t.oid = objoid)
      WHEN 'pg_proc'::regclass THEN (SELECT f.pronamespace FROM pg_proc AS f WHERE f.oid = objoid)
      WHEN 'pg_constraint'::regclass THEN (SELECT k.connamespace FROM pg_constraint AS k WHERE k.oid = objoid AND k.conrelid = 0)
      WHEN 'pg_statistic_ext'::regclass THEN (SELECT x.stxnamespace FROM pg_statistic_ext AS x WHERE x.oid = objoid)
      ELSE 0::oid
    END, tableoid, ctid, xmin
    FROM pg_description WHERE objoid >= 16384 OR classoid = 'pg_namespace'::regclass
  UNION ALL SELECT objoid, CASE classoid WHEN 'pg_class'::regclass THEN objoid ELSE 0::oid END, 0::oid, tableoid, ctid, xmin FROM pg_seclabel
  -- who owns a sequence, and what is an extension's, is said here alone
  UNION ALL SELECT objid, CASE classid WHEN 'pg_class'::regclass THEN objid ELSE 0::oid END, 0::oid, tableoid, ctid, xmin FROM pg_depend
    WHERE deptype IN ('e', 'x')
      OR deptype = 'a' AND classid = 'pg_class'::regclass AND refclassid = 'pg_class'::regclass AND refobjsubid > 0
)
SELECT 'b', (p.oid::int8 >> 6)::text, sum(hashtidextended(p.place, (p.catalog::int8 << 32) + p.version::text::int8))::text
FROM part AS p
-- one of the two is not run at all
WHERE (SELECT count(*) = 0 FROM elsewhere)
GROUP BY p.oid::int8 >> 6
UNION ALL
SELECT 'b', (p.oid::int8 >> 6)::text, sum(hashtidextended(p.place, (p.catalog::int8 << 32) + p.version::text::int8))::text
FROM part AS p
WHERE (SELECT count(*) > 0 FROM elsewhere)
  AND NOT EXISTS (SELECT FROM left_out AS l WHERE l.relation = p.relation)
  AND (coalesce(p.namespace, 0::oid) NOT IN (SELECT oid FROM elsewhere) OR p.oid IN (SELECT oid FROM kept))
GROUP BY p.oid::int8 >> 6
UNION ALL SELECT 'n', 'role ' || oid::text, hashtextextended(rolname::text, 0)::text FROM pg_roles
UNION ALL SELECT 'n', 'schema ' || oid::text, hashtextextended(nspname::text, 0)::text FROM pg_namespace
UNION ALL SELECT 'n', 'language ' || oid::text, hashtextextended(lanname::text, 0)::text FROM pg_language
UNION ALL SELECT 'n', 'access method ' || oid::text, hashtextextended(amname::text, 0)::text FROM pg_am
UNION ALL SELECT 'n', 'tablespace ' || oid::text, hashtextextended(spcname::text, 0)::text FROM pg_tablespace
UNION ALL SELECT 'n', 'server ' || oid::text, hashtextextended(srvname::text, 0)::text FROM pg_foreign_server
UNION ALL SELECT 'd', d.oid::text || ' ' || pg_postmaster_start_time()::text, pg_snapshot_xmax(pg_current_snapshot())::text
FROM pg_database AS d WHERE d.datname = current_database()
