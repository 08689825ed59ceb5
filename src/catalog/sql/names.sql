-- What the relations $1, types $2 and routines $3 (each oid[]) are called that others depend on:
-- one JSON object each. An array type stands for its element, a row type for its relation.
SELECT json_build_object('class', 'pg_class'::regclass::oid::int8, 'oid', c.oid::int8, 'kind', c.relkind, 'schema', n.nspname, 'name', c.relname)::text
FROM pg_class AS c JOIN pg_namespace AS n ON n.oid = c.relnamespace
WHERE c.oid = ANY ($1::text::oid[])
  AND c.relkind IN ('r', 'p', 'f', 'v', 'm', 'S', 'i', 'I')
  AND NOT EXISTS (
    SELECT FROM pg_depend AS p WHERE p.classid = 'pg_class'::regclass AND p.objid = c.oid
      AND (p.deptype = 'e' OR p.deptype = 'i' AND c.relkind IN ('S', 'i', 'I'))
  )
UNION ALL
SELECT json_build_object(
  'class', 'pg_type'::regclass::oid::int8, 'oid', a.oid::int8,
  'kind', CASE WHEN t.typtype = 'c' THEN c.relkind ELSE t.typtype END,
  'schema', n.nspname, 'name', t.typname)::text
FROM pg_type AS a
  CROSS JOIN LATERAL (
    SELECT e.* FROM pg_type AS e
    WHERE e.oid = CASE WHEN a.typtype = 'b' AND a.typcategory = 'A' AND a.typelem <> 0 THEN a.typelem ELSE a.oid END
    OFFSET 0 -- keeps it a look-up
  ) AS t
  JOIN pg_namespace AS n ON n.oid = t.typnamespace
  LEFT JOIN pg_class AS c ON c.oid = t.typrelid
WHERE a.oid = ANY ($2::text::oid[])
  AND t.typtype IN ('e', 'd', 'c') AND (c.oid IS NULL OR c.relkind IN ('r', 'p', 'f', 'v', 'm', 'c'))
  AND NOT EXISTS (
    SELECT FROM pg_depend AS p WHERE p.deptype = 'e'
      AND (p.classid = 'pg_type'::regclass AND p.objid = t.oid OR p.classid = 'pg_class'::regclass AND p.objid = c.oid)
  )
UNION ALL
SELECT json_build_object(
  'class', 'pg_proc'::regclass::oid::int8, 'oid', f.oid::int8,
  'kind', 'f', 'schema', n.nspname, 'name', f.proname,
  'input_types', (
    SELECT string_agg(format_type(a.type, NULL), ', ' ORDER BY a.position)
    FROM unnest(f.proargtypes) WITH ORDINALITY AS a (type, position)
  ))::text
FROM pg_proc AS f JOIN pg_namespace AS n ON n.oid = f.pronamespace
WHERE f.oid = ANY ($3::text::oid[])
  AND f.prokind IN ('f', 'p', 'w')
  AND NOT EXISTS (SELECT FROM pg_depend AS p WHERE p.classid = 'pg_proc'::regclass AND p.objid = f.oid AND p.deptype IN ('e', 'i'))
