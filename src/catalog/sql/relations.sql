-- Tables of every shape, views, materialized views, sequences and indexes among the relations $1 (oid[]):
-- one JSON object each. Left out is what is not versioned: members of extensions, and what is part of a
-- table: identity columns' sequences and constraints' indexes. Left out of a partition is what
-- follows from its parent: foreign keys and triggers (but for their state, where it differs).
-- Look-ups are scalar subqueries where a join might be planned as one with a whole catalog.
SELECT json_build_object(
  'oid', c.oid::int8,
  'relkind', c.relkind,
  'schema', n.nspname,
  'name', c.relname,
  -- an index is its table's
  'owner', CASE WHEN c.relkind IN ('i', 'I') THEN '' ELSE pg_get_userbyid(c.relowner) END,
  'acl', (
    SELECT json_agg(json_build_array(CASE p.grantee WHEN 0 THEN '' ELSE pg_get_userbyid(p.grantee) END, p.privilege_type, p.is_grantable))
    FROM aclexplode(CASE WHEN c.relkind NOT IN ('i', 'I') THEN coalesce(c.relacl, acldefault(CASE c.relkind WHEN 'S' THEN 's' ELSE 'r' END::"char", c.relowner)) END) AS p
  ),
  'comment', (SELECT s.description FROM pg_description AS s WHERE s.objoid = c.oid AND s.classoid = 'pg_class'::regclass AND s.objsubid = 0),
  'security_labels', (SELECT json_agg(json_build_array(l.objsubid, l.provider, l.label)) FROM pg_seclabel AS l WHERE l.objoid = c.oid AND l.classoid = 'pg_class'::regclass),
  'unlogged', c.relpersistence = 'u',
  'options', c.reloptions,
  'toast_options', (SELECT t.reloptions FROM pg_class AS t WHERE t.oid = c.reltoastrelid),
  'tablespace', (SELECT t.spcname FROM pg_tablespace AS t WHERE t.oid = c.reltablespace),
  -- a partitioned table may have one since PostgreSQL 17
  'access_method', CASE WHEN c.relkind IN ('r', 'p', 'm') THEN (
    SELECT m.amname FROM pg_am AS m WHERE m.oid = c.relam AND (m.amname <> 'heap' OR c.relkind = 'p')
  ) END,
  'cluster_on', CASE WHEN c.relkind IN ('r', 'm') THEN (
    SELECT r.relname FROM pg_index AS x JOIN pg_class AS r ON r.oid = x.indexrelid
    WHERE x.indrelid = c.oid AND x.indisclustered
  ) END,
  'populated', c.relispopulated,
  'parents', (
    SELECT json_agg(json_build_array(hn.nspname, h.relname) ORDER BY i.inhseqno)
    FROM pg_inherits AS i JOIN pg_class AS h ON h.oid = i.inhparent JOIN pg_namespace AS hn ON hn.oid = h.relnamespace
    WHERE i.inhrelid = c.oid
  ),
  'bound', CASE WHEN c.relispartition AND c.relkind NOT IN ('i', 'I') THEN pg_get_expr(c.relpartbound, c.oid) END,
  'partition_by', CASE WHEN c.relkind = 'p' THEN pg_get_partkeydef(c.oid) END,
  'of_type', CASE WHEN c.reloftype <> 0 THEN (
    SELECT json_build_array((SELECT yn.nspname FROM pg_namespace AS yn WHERE yn.oid = y.typnamespace), y.typname)
    FROM pg_type AS y WHERE y.oid = c.reloftype
  ) END,
  'foreign', CASE WHEN c.relkind = 'f' THEN (
    SELECT json_build_object('server', (SELECT v.srvname FROM pg_foreign_server AS v WHERE v.oid = f.ftserver), 'options', f.ftoptions)
    FROM pg_foreign_table AS f WHERE f.ftrelid = c.oid
  ) END,
  'cloned_triggers', CASE WHEN c.relispartition AND c.relkind IN ('r', 'p', 'f') THEN (
    SELECT json_agg(json_build_array(g.tgname, g.tgenabled))
    FROM pg_trigger AS g JOIN pg_trigger AS o ON o.oid = g.tgparentid
    WHERE g.tgrelid = c.oid AND g.tgenabled <> o.tgenabled
      -- on PostgreSQL 14 all of them count as internal, and not only foreign keys' own
      AND NOT EXISTS (SELECT FROM pg_constraint AS k WHERE k.oid = g.tgconstraint AND k.contype = 'f')
  ) END,
  'row_security', c.relrowsecurity,
  'force_row_security', c.relforcerowsecurity,
  'replica_identity', CASE WHEN c.relkind IN ('r', 'p') THEN c.relreplident ELSE 'd' END,
  'replica_index', CASE WHEN c.relreplident = 'i' THEN (
    SELECT r.relname FROM pg_index AS x JOIN pg_class AS r ON r.oid = x.indexrelid
    WHERE x.indrelid = c.oid AND x.indisreplident
  ) END,
  'columns', CASE WHEN c.relkind IN ('r', 'p', 'f', 'v', 'm') THEN (
    SELECT json_agg(json_build_object(
      'number', a.attnum,
      'name', a.attname,
      'type', format_type(a.atttypid, a.atttypmod),
      'collation', CASE WHEN a.attcollation <> (SELECT t.typcollation FROM pg_type AS t WHERE t.oid = a.atttypid) THEN (
        SELECT json_build_array((SELECT cn.nspname FROM pg_namespace AS cn WHERE cn.oid = co.collnamespace), co.collname)
        FROM pg_collation AS co WHERE co.oid = a.attcollation
      ) END,
      'not_null', a.attnotnull,
      -- a constraint since PostgreSQL 18; what a child has from its parents alone is theirs
      'not_null_constraint', CASE WHEN a.attnotnull THEN (
        SELECT json_build_object(
          'name', k.conname,
          'no_inherit', k.connoinherit,
          'not_valid', NOT k.convalidated,
          'comment', (SELECT s.description FROM pg_description AS s WHERE s.objoid = k.oid AND s.classoid = 'pg_constraint'::regclass AND s.objsubid = 0))
        FROM pg_constraint AS k
        WHERE k.conrelid = c.oid AND k.contype = 'n' AND k.conkey[1] = a.attnum AND (k.conislocal OR c.relispartition)
      ) END,
      'default', CASE WHEN a.atthasdef THEN (
        SELECT pg_get_expr(d.adbin, d.adrelid) FROM pg_attrdef AS d WHERE d.adrelid = a.attrelid AND d.adnum = a.attnum
      ) END,
      'generated', a.attgenerated,
      'identity', a.attidentity,
      'identity_sequence', CASE WHEN a.attidentity <> '' THEN (
        SELECT json_build_object(
          'name', s.relname, 'type', format_type(q.seqtypid, NULL), 'start', q.seqstart, 'increment', q.seqincrement,
          'min', q.seqmin, 'max', q.seqmax, 'cache', q.seqcache, 'cycle', q.seqcycle,
          'comment', (SELECT d.description FROM pg_description AS d WHERE d.objoid = s.oid AND d.classoid = 'pg_class'::regclass AND d.objsubid = 0),
          'security_labels', (SELECT json_agg(json_build_array(l.objsubid, l.provider, l.label)) FROM pg_seclabel AS l WHERE l.objoid = s.oid AND l.classoid = 'pg_class'::regclass),
          'acl', CASE WHEN NOT (s.relacl @> acldefault('s', s.relowner) AND s.relacl <@ acldefault('s', s.relowner)) THEN (
            SELECT coalesce(json_agg(json_build_array(CASE x.grantee WHEN 0 THEN '' ELSE pg_get_userbyid(x.grantee) END, x.privilege_type, x.is_grantable)), '[]')
            FROM aclexplode(s.relacl) AS x
          ) END)
        FROM pg_depend AS p JOIN pg_class AS s ON s.oid = p.objid JOIN pg_sequence AS q ON q.seqrelid = s.oid
        WHERE p.refclassid = 'pg_class'::regclass AND p.refobjid = c.oid AND p.refobjsubid = a.attnum
          AND p.classid = 'pg_class'::regclass AND p.deptype = 'i'
      ) END,
      'comment', (SELECT s.description FROM pg_description AS s WHERE s.objoid = c.oid AND s.classoid = 'pg_class'::regclass AND s.objsubid = a.attnum),
      'acl', CASE WHEN a.attacl IS NOT NULL THEN (
        SELECT json_agg(json_build_array(CASE p.grantee WHEN 0 THEN '' ELSE pg_get_userbyid(p.grantee) END, p.privilege_type, p.is_grantable))
        FROM aclexplode(a.attacl) AS p
      ) END,
      'storage', CASE WHEN c.relkind IN ('r', 'p', 'f', 'm') AND a.attstorage <> (SELECT t.typstorage FROM pg_type AS t WHERE t.oid = a.atttypid) THEN a.attstorage END,
      'compression', CASE WHEN a.attcompression <> '' THEN a.attcompression END,
      -- -1 before PostgreSQL 17, NULL since
      'statistics', nullif(a.attstattarget, -1),
      'options', a.attoptions,
      'foreign_options', a.attfdwoptions,
      'inherited', NOT a.attislocal AND NOT c.relispartition
    ) ORDER BY a.attnum)
    FROM pg_attribute AS a
    WHERE a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
  ) END,
  'constraints', CASE WHEN c.relkind IN ('r', 'p', 'f') THEN (
    SELECT json_agg(json_build_object(
      'name', k.conname,
      'type', k.contype,
      'definition', pg_get_constraintdef(k.oid),
      'columns', (
        SELECT json_agg(a.attname ORDER BY a.attname) FROM pg_attribute AS a
        WHERE a.attrelid = c.oid AND a.attnum > 0 AND (a.attnum = ANY (k.conkey) OR a.attnum IN (
          SELECT p.refobjsubid FROM pg_depend AS p
          WHERE p.refclassid = 'pg_class'::regclass AND p.refobjid = c.oid
            AND (p.classid = 'pg_constraint'::regclass AND p.objid = k.oid
              OR k.contype = 'x' AND p.classid = 'pg_class'::regclass AND p.objid = k.conindid)
        ))
      ),
      'references', CASE WHEN k.contype = 'f' THEN (
        SELECT json_build_array((SELECT fn.nspname FROM pg_namespace AS fn WHERE fn.oid = f.relnamespace), f.relname)
        FROM pg_class AS f WHERE f.oid = k.confrelid
      ) END,
      'comment', (SELECT s.description FROM pg_description AS s WHERE s.objoid = k.oid AND s.classoid = 'pg_constraint'::regclass AND s.objsubid = 0),
      'inherited', k.contype = 'c' AND NOT k.conislocal AND NOT c.relispartition,
      'index', CASE WHEN k.contype IN ('p', 'u', 'x') THEN (
        SELECT json_build_object(
          'options', x.reloptions,
          'tablespace', (SELECT t.spcname FROM pg_tablespace AS t WHERE t.oid = x.reltablespace),
          'comment', (SELECT s.description FROM pg_description AS s WHERE s.objoid = x.oid AND s.classoid = 'pg_class'::regclass AND s.objsubid = 0),
          'parent', (
            SELECT json_build_array(hn.nspname, h.relname)
            FROM pg_inherits AS i JOIN pg_class AS h ON h.oid = i.inhparent JOIN pg_namespace AS hn ON hn.oid = h.relnamespace
            WHERE i.inhrelid = x.oid
          ))
        FROM pg_class AS x WHERE x.oid = k.conindid
      ) END
    ))
    -- a partition has copies of its parent's foreign keys, and so has what refers to a partitioned table
    FROM pg_constraint AS k
    WHERE k.conrelid = c.oid AND k.contype IN ('p', 'u', 'c', 'x', 'f') AND NOT (k.contype = 'f' AND k.conparentid <> 0)
  ) END,
  'query', CASE WHEN c.relkind IN ('v', 'm') THEN pg_get_viewdef(c.oid) END,
  'sequence', CASE WHEN c.relkind = 'S' THEN (
    SELECT json_build_object(
      'type', format_type(q.seqtypid, NULL), 'start', q.seqstart, 'increment', q.seqincrement,
      'min', q.seqmin, 'max', q.seqmax, 'cache', q.seqcache, 'cycle', q.seqcycle)
    FROM pg_sequence AS q WHERE q.seqrelid = c.oid
  ) END,
  'owned_by', CASE WHEN c.relkind = 'S' THEN (
    SELECT json_build_array(
      (SELECT tn.nspname FROM pg_namespace AS tn WHERE tn.oid = t.relnamespace),
      t.relname,
      (SELECT a.attname FROM pg_attribute AS a WHERE a.attrelid = t.oid AND a.attnum = p.refobjsubid))
    FROM pg_depend AS p JOIN pg_class AS t ON t.oid = p.refobjid
    WHERE p.classid = 'pg_class'::regclass AND p.objid = c.oid
      AND p.refclassid = 'pg_class'::regclass AND p.deptype = 'a' AND p.refobjsubid > 0
  ) END,
  'index', CASE WHEN c.relkind IN ('i', 'I') THEN json_build_object(
    'table', b.relname,
    'unique', i.indisunique,
    'definition', pg_get_indexdef(c.oid),
    'statistics', (
      SELECT json_object_agg(a.attnum, a.attstattarget) FROM pg_attribute AS a WHERE a.attrelid = c.oid AND a.attstattarget >= 0
    ),
    'columns', (
      SELECT json_agg(a.attname ORDER BY a.attname) FROM pg_attribute AS a
      WHERE a.attrelid = b.oid AND a.attnum IN (
        SELECT p.refobjsubid FROM pg_depend AS p
        WHERE p.classid = 'pg_class'::regclass AND p.objid = c.oid
          AND p.refclassid = 'pg_class'::regclass AND p.refobjid = b.oid AND p.refobjsubid > 0
      )
    )
  ) END,
  'references', CASE WHEN c.relkind <> 'S' THEN (
    SELECT json_agg(DISTINCT p.refclassid::int8::text || ' ' || p.refobjid::int8::text)
    FROM (
      SELECT 'pg_class'::regclass AS class, c.oid AS oid
      UNION ALL SELECT 'pg_attrdef'::regclass, d.oid FROM pg_attrdef AS d WHERE d.adrelid = c.oid
      UNION ALL SELECT 'pg_constraint'::regclass, k.oid FROM pg_constraint AS k WHERE k.conrelid = c.oid AND k.contype <> 'f'
      UNION ALL SELECT 'pg_rewrite'::regclass, r.oid FROM pg_rewrite AS r WHERE r.ev_class = c.oid AND r.rulename = '_RETURN'
      -- the operator classes of keys
      UNION ALL SELECT 'pg_class'::regclass, k.conindid FROM pg_constraint AS k
      WHERE k.conrelid = c.oid AND k.contype IN ('p', 'u', 'x')
    ) AS part CROSS JOIN LATERAL (
      SELECT d.refclassid, d.refobjid FROM pg_depend AS d
      WHERE d.classid = part.class AND d.objid = part.oid
        AND d.refclassid <> 'pg_namespace'::regclass
      OFFSET 0 -- keeps it a look-up
    ) AS p
    WHERE NOT (p.refclassid = 'pg_class'::regclass AND p.refobjid = c.oid)
  ) END
)::text
FROM pg_class AS c
  JOIN pg_namespace AS n ON n.oid = c.relnamespace
  LEFT JOIN pg_index AS i ON i.indexrelid = c.oid
  -- the table of an index, else the relation itself
  JOIN pg_class AS b ON b.oid = coalesce(i.indrelid, c.oid)
WHERE c.oid = ANY ($1::text::oid[])
  AND c.relkind IN ('r', 'p', 'f', 'v', 'm', 'S', 'i', 'I') AND b.relkind IN ('r', 'p', 'f', 'v', 'm', 'S')
  AND c.relpersistence <> 't'
  AND n.nspname !~ '^pg_' AND n.nspname NOT IN ('information_schema', 'pggit', 'pggit_dropped')
  AND NOT EXISTS (
    SELECT FROM pg_depend AS p WHERE p.classid = 'pg_class'::regclass AND p.objsubid = 0
      AND (p.objid IN (c.oid, b.oid) AND p.deptype = 'e' OR p.objid = c.oid AND p.deptype = 'i' AND c.relkind IN ('S', 'i', 'I'))
  )
  -- a partitioned one is valid once every partition has its own
  AND (i.indisvalid IS NOT FALSE OR c.relkind = 'I')
