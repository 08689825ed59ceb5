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
  -- there is one between two types, and these are everybody's
  SELECT 'pg_cast'::regclass, k.oid, 'cast', format('(%s AS %s)', format_type(k.castsource, NULL), format_type(k.casttarget, NULL))
  FROM chosen AS n JOIN pg_proc AS f ON f.pronamespace = n.oid JOIN pg_cast AS k ON k.castfunc = f.oid
  WHERE NOT EXISTS (
    SELECT FROM pg_type AS t JOIN pg_namespace AS tn ON tn.oid = t.typnamespace
    WHERE t.oid IN (k.castsource, k.casttarget) AND tn.nspname NOT IN ('pg_catalog', 'information_schema')
  )
  UNION ALL
  -- pg_dump leaves out those of a composite type's attributes and of a relation's own row type
  SELECT l.classoid, l.objoid, 'security label', format('%s on %s', l.provider, i.identity)
  FROM pg_seclabel AS l CROSS JOIN LATERAL pg_identify_object(l.classoid, l.objoid, l.objsubid) AS i
  WHERE i.schema IN (SELECT n.nspname FROM chosen AS n)
    AND l.classoid <> 'pg_proc'::regclass
    AND NOT EXISTS (
      SELECT FROM pg_class AS c
      WHERE l.classoid = 'pg_class'::regclass AND c.oid = l.objoid AND c.relkind IN ('r', 'p', 'f', 'v', 'm', 'S')
    )
    AND NOT EXISTS (
      SELECT FROM pg_type AS t
      WHERE l.classoid = 'pg_type'::regclass AND t.oid = l.objoid AND t.typtype <> 'm'
        AND NOT EXISTS (SELECT FROM pg_class AS c WHERE c.oid = t.typrelid AND c.relkind <> 'c')
        AND NOT EXISTS (SELECT FROM pg_type AS e WHERE e.oid = t.typelem AND e.typarray = t.oid)
    )
)
SELECT DISTINCT i.kind, i.name FROM item AS i
WHERE (i.class, i.oid) NOT IN (SELECT o.classid, o.objid FROM owned AS o)
ORDER BY 1, 2
