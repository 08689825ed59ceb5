-- What the current transaction may have changed: one JSON object. $1: names to look up, as JSON
-- [{"class", "schema", "name"}]; $2: addresses of more objects, as JSON [[class, oid]].
WITH locked AS MATERIALIZED (
  SELECT CASE l.locktype WHEN 'relation' THEN 'pg_class'::regclass::oid ELSE l.classid END AS class,
    CASE l.locktype WHEN 'relation' THEN l.relation ELSE l.objid END AS oid,
    -- a label is renamed under an ExclusiveLock of its type
    bool_or(l.mode = 'AccessExclusiveLock' OR l.locktype = 'object' AND l.mode = 'ExclusiveLock') AS exclusively
  FROM pg_locks AS l
  WHERE l.pid = pg_backend_pid() AND l.database <> 0 AND l.locktype IN ('relation', 'object')
    AND l.mode IN ('ShareUpdateExclusiveLock', 'ShareLock', 'ShareRowExclusiveLock', 'ExclusiveLock', 'AccessExclusiveLock')
  GROUP BY 1, 2
), lost (class) AS MATERIALIZED (
  SELECT l.class FROM locked AS l
  WHERE l.class IN ('pg_class'::regclass, 'pg_constraint'::regclass, 'pg_proc'::regclass, 'pg_operator'::regclass, 'pg_type'::regclass)
    AND pg_describe_object(l.class, l.oid, 0) IS NULL
), target AS (
  SELECT t.class, t.schema, t.name::name AS name FROM json_to_recordset($1::text::json) AS t (class text, schema text, name text)
), seed (class, oid, renamed) AS MATERIALIZED (
  -- a relation is renamed, and its columns are, under no lesser lock
  SELECT class, oid, exclusively FROM locked
  UNION ALL
  SELECT 'pg_class'::regclass, c.oid, false
  FROM target AS t JOIN pg_class AS c ON c.relname = t.name JOIN pg_namespace AS n ON n.oid = c.relnamespace
  WHERE t.class = 'relation' AND t.schema IN ('', n.nspname)
  UNION ALL
  SELECT 'pg_class'::regclass, i.indexrelid, false
  FROM target AS t JOIN pg_class AS c ON c.relname = t.name JOIN pg_namespace AS n ON n.oid = c.relnamespace
    JOIN pg_index AS i ON i.indrelid = c.oid
  WHERE t.class = 'indexes' AND t.schema IN ('', n.nspname)
  UNION ALL
  SELECT 'pg_proc'::regclass, f.oid, true
  FROM target AS t JOIN pg_proc AS f ON f.proname = t.name JOIN pg_namespace AS n ON n.oid = f.pronamespace
  WHERE t.class = 'routine' AND t.schema IN ('', n.nspname)
  UNION ALL
  SELECT 'pg_type'::regclass, y.oid, true
  FROM target AS t JOIN pg_type AS y ON y.typname = t.name JOIN pg_namespace AS n ON n.oid = y.typnamespace
  WHERE t.class = 'type' AND t.schema IN ('', n.nspname)
  UNION ALL
  SELECT 'pg_namespace'::regclass, n.oid, false
  FROM target AS t JOIN pg_namespace AS n ON n.nspname = t.name
  WHERE t.class = 'schema'
  UNION ALL
  SELECT 'pg_statistic_ext'::regclass, x.oid, false
  FROM target AS t JOIN pg_statistic_ext AS x ON x.stxname = t.name JOIN pg_namespace AS n ON n.oid = x.stxnamespace
  WHERE t.class = 'statistics' AND t.schema IN ('', n.nspname)
  UNION ALL
  -- an operator is dropped without a lock of its commutator and negator
  SELECT 'pg_operator'::regclass, o.oid, false FROM pg_operator AS o
  WHERE o.oid >= 16384 AND (SELECT bool_or(class = 'pg_operator'::regclass) FROM lost)
  UNION ALL
  -- and a family loses members without a lock of its own
  SELECT 'pg_opfamily'::regclass, y.oid, false FROM pg_opfamily AS y
  WHERE y.oid >= 16384 AND (SELECT bool_or(class IN ('pg_amop'::regclass, 'pg_amproc'::regclass)) FROM locked)
  UNION ALL
  -- CASCADE takes checks from domains without a lock that would tell which
  SELECT 'pg_type'::regclass, t.oid, false FROM pg_type AS t
  WHERE t.typtype = 'd' AND t.oid >= 16384
    AND (SELECT bool_or(class = 'pg_constraint'::regclass) AND (bool_or(class IN ('pg_proc'::regclass, 'pg_operator'::regclass))
      OR bool_or(class = 'pg_type'::regclass) AND NOT bool_or(class = 'pg_class'::regclass)) FROM lost)
  UNION ALL
  SELECT (a.address ->> 0)::oid, (a.address ->> 1)::oid, true FROM json_array_elements($2::text::json) AS a (address)
), renamed (class, oid) AS (
  SELECT class, oid FROM seed WHERE renamed AND class <> 'pg_namespace'::regclass
  UNION SELECT 'pg_type'::regclass, t.oid
  FROM seed AS s JOIN pg_class AS c ON c.oid = s.oid JOIN pg_type AS r ON r.oid = c.reltype
    JOIN pg_type AS t ON t.oid IN (r.oid, r.typarray)
  WHERE s.renamed AND s.class = 'pg_class'::regclass
  UNION SELECT 'pg_type'::regclass, t.typarray
  FROM seed AS s JOIN pg_type AS t ON t.oid = s.oid
  WHERE s.renamed AND s.class = 'pg_type'::regclass AND t.typarray <> 0
  -- an exclusion constraint tells of its operators by their class alone
  UNION SELECT p.refclassid, p.refobjid
  FROM seed AS s JOIN pg_depend AS d ON d.refclassid = s.class AND d.refobjid = s.oid
    JOIN pg_depend AS p ON p.classid = d.classid AND p.objid = d.objid
  WHERE s.renamed AND s.class = 'pg_operator'::regclass AND d.classid = 'pg_amop'::regclass AND p.refclassid = 'pg_opclass'::regclass
), candidate (class, oid) AS MATERIALIZED (
  SELECT class, oid FROM seed
  -- what is printed with the names of what was renamed
  UNION SELECT p.classid, p.objid
  FROM renamed AS r JOIN pg_depend AS p ON p.refclassid = r.class AND p.refobjid = r.oid
), member (class, oid) AS (
  -- classes and families print the types of their members' operators and functions
  SELECT class, oid FROM candidate WHERE class IN ('pg_amop'::regclass, 'pg_amproc'::regclass)
  UNION SELECT p.classid, p.objid
  FROM candidate AS c JOIN pg_depend AS p ON p.refclassid = c.class AND p.refobjid = c.oid
  WHERE c.class IN ('pg_operator'::regclass, 'pg_proc'::regclass) AND p.classid IN ('pg_amop'::regclass, 'pg_amproc'::regclass)
), object (class, oid) AS (
  SELECT class, oid FROM candidate
  WHERE class IN ('pg_class'::regclass, 'pg_proc'::regclass, 'pg_type'::regclass, 'pg_namespace'::regclass, 'pg_trigger'::regclass, 'pg_policy'::regclass,
    'pg_rewrite'::regclass, 'pg_statistic_ext'::regclass, 'pg_default_acl'::regclass, 'pg_cast'::regclass,
    'pg_operator'::regclass, 'pg_opfamily'::regclass, 'pg_opclass'::regclass, 'pg_collation'::regclass, 'pg_conversion'::regclass,
    'pg_ts_parser'::regclass, 'pg_ts_template'::regclass, 'pg_ts_dict'::regclass, 'pg_ts_config'::regclass)
  -- parts stand for the whole
  UNION SELECT 'pg_class'::regclass, i.indrelid
  FROM candidate AS c JOIN pg_index AS i ON i.indexrelid = c.oid WHERE c.class = 'pg_class'::regclass
  UNION SELECT 'pg_class'::regclass, p.refobjid
  FROM candidate AS c JOIN pg_depend AS p ON p.classid = c.class AND p.objid = c.oid AND p.objsubid = 0
  WHERE c.class = 'pg_class'::regclass AND p.refclassid = 'pg_class'::regclass AND p.deptype = 'i'
  UNION SELECT CASE k.conrelid WHEN 0 THEN 'pg_type'::regclass ELSE 'pg_class'::regclass END, CASE k.conrelid WHEN 0 THEN k.contypid ELSE k.conrelid END
  FROM candidate AS c JOIN pg_constraint AS k ON k.oid = c.oid WHERE c.class = 'pg_constraint'::regclass
  -- an index that a key is made from is no object of its own any more, and is hardly locked
  UNION SELECT 'pg_class'::regclass, k.conindid
  FROM seed AS s JOIN pg_constraint AS k ON k.conrelid = s.oid WHERE s.class = 'pg_class'::regclass AND k.contype IN ('p', 'u', 'x')
  UNION SELECT 'pg_class'::regclass, d.adrelid
  FROM candidate AS c JOIN pg_attrdef AS d ON d.oid = c.oid WHERE c.class = 'pg_attrdef'::regclass
  UNION SELECT 'pg_class'::regclass, r.ev_class
  FROM candidate AS c JOIN pg_rewrite AS r ON r.oid = c.oid WHERE c.class = 'pg_rewrite'::regclass
  UNION SELECT 'pg_type'::regclass, r.reltype
  FROM candidate AS c JOIN pg_class AS r ON r.oid = c.oid WHERE c.class = 'pg_class'::regclass AND r.relkind = 'c'
  UNION SELECT 'pg_type'::regclass, r.rngtypid
  FROM candidate AS c JOIN pg_range AS r ON r.rngmultitypid = c.oid WHERE c.class = 'pg_type'::regclass
  UNION SELECT 'pg_class'::regclass, t.typrelid
  FROM candidate AS c JOIN pg_type AS t ON t.oid = c.oid WHERE c.class = 'pg_type'::regclass AND t.typrelid <> 0
  UNION SELECT p.refclassid, p.refobjid
  FROM member AS m JOIN pg_depend AS p ON p.classid = m.class AND p.objid = m.oid
  WHERE p.refclassid IN ('pg_opclass'::regclass, 'pg_opfamily'::regclass)
  -- triggers and their like are made and changed under a lock of their table
  UNION SELECT 'pg_trigger'::regclass, g.oid
  FROM seed AS s JOIN pg_trigger AS g ON g.tgrelid = s.oid WHERE s.class = 'pg_class'::regclass AND NOT g.tgisinternal
  UNION SELECT 'pg_policy'::regclass, y.oid
  FROM seed AS s JOIN pg_policy AS y ON y.polrelid = s.oid WHERE s.class = 'pg_class'::regclass
  UNION SELECT 'pg_rewrite'::regclass, r.oid
  FROM seed AS s JOIN pg_rewrite AS r ON r.ev_class = s.oid WHERE s.class = 'pg_class'::regclass
  UNION SELECT 'pg_statistic_ext'::regclass, x.oid
  FROM seed AS s JOIN pg_statistic_ext AS x ON x.stxrelid = s.oid WHERE s.class = 'pg_class'::regclass
  -- default privileges are changed under no lock, but their schema is named
  UNION SELECT 'pg_default_acl'::regclass, d.oid
  FROM seed AS s JOIN pg_default_acl AS d ON d.defaclnamespace = s.oid WHERE s.class = 'pg_namespace'::regclass
), known (class, oid, versioned) AS MATERIALIZED (
  -- Null for what is not there. Types of arrays and rows have no definition of their own. A function and look-ups of one:
  -- EXISTS might be answered by hashing a whole catalog
  SELECT o.class, o.oid, CASE o.class
      WHEN 'pg_type'::regclass THEN (
        SELECT t.typtype IN ('d', 'e', 'r') OR NOT t.typisdefined
          OR t.typtype = 'b' AND NOT EXISTS (SELECT FROM pg_type AS e WHERE e.oid = t.typelem AND e.typarray = t.oid)
          OR t.typtype = 'c' AND (SELECT c.relkind = 'c' FROM pg_class AS c WHERE c.oid = t.typrelid)
        FROM pg_type AS t WHERE t.oid = o.oid)
      WHEN 'pg_rewrite'::regclass THEN (SELECT r.rulename <> '_RETURN' FROM pg_rewrite AS r WHERE r.oid = o.oid)
      ELSE nullif(pg_describe_object(o.class, o.oid, 0) IS NOT NULL, false)
    END
  FROM object AS o
)
SELECT json_build_object(
  'ids', (SELECT json_agg(class::int8::text || ' ' || oid::int8::text) FROM known WHERE versioned),
  'gone', (SELECT json_agg(class::int8::text || ' ' || oid::int8::text) FROM known WHERE versioned IS NULL),
  'transaction_id', pg_current_xact_id()::text,
  'backend_pid', pg_backend_pid(),
  'now_micros', (extract(epoch FROM clock_timestamp()) * 1000000)::int8
)::text
