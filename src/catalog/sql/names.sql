-- What the relations $1, types $2, routines $3, operators $4, operator families $5 and classes $6, collations $7 and
-- text search parsers $8, templates $9, dictionaries $10 and configurations $11 (each oid[]) are called that others depend
-- on: one JSON object each. An array type stands for its element, a row type for its relation, a multirange for its range.
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
  'declared', CASE WHEN t.typtype = 'r' THEN 'range' WHEN t.typtype IN ('b', 'p') THEN 'base_type' END,
  'schema', n.nspname, 'name', t.typname)::text
FROM pg_type AS a
  CROSS JOIN LATERAL (
    SELECT e.oid, e.typtype FROM pg_type AS e
    WHERE e.oid = CASE WHEN a.typtype = 'b' AND a.typcategory = 'A' AND a.typelem <> 0 THEN a.typelem ELSE a.oid END
    OFFSET 0 -- keeps it a look-up
  ) AS e
  CROSS JOIN LATERAL (
    SELECT t.* FROM pg_type AS t
    WHERE t.oid = CASE e.typtype WHEN 'm' THEN (SELECT r.rngtypid FROM pg_range AS r WHERE r.rngmultitypid = e.oid) ELSE e.oid END
    OFFSET 0
  ) AS t
  JOIN pg_namespace AS n ON n.oid = t.typnamespace
  LEFT JOIN pg_class AS c ON c.oid = t.typrelid
WHERE a.oid = ANY ($2::text::oid[])
  AND t.typtype IN ('e', 'd', 'c', 'r', 'b', 'p') AND (c.oid IS NULL OR c.relkind IN ('r', 'p', 'f', 'v', 'm', 'c'))
  AND NOT EXISTS (
    SELECT FROM pg_depend AS p WHERE p.deptype = 'e'
      AND (p.classid = 'pg_type'::regclass AND p.objid = t.oid OR p.classid = 'pg_class'::regclass AND p.objid = c.oid)
  )
UNION ALL
SELECT json_build_object(
  'class', 'pg_proc'::regclass::oid::int8, 'oid', f.oid::int8,
  'kind', 'f', 'schema', n.nspname, 'name', f.proname,
  'declared', CASE f.prokind WHEN 'a' THEN 'aggregate' END,
  'qualifier', CASE f.prokind WHEN 'a' THEN coalesce(nullif(pg_get_function_identity_arguments(f.oid), ''), '*') END,
  'input_types', (
    SELECT string_agg(format_type(a.type, NULL), ', ' ORDER BY a.position)
    FROM unnest(f.proargtypes) WITH ORDINALITY AS a (type, position)
  ))::text
FROM pg_proc AS f JOIN pg_namespace AS n ON n.oid = f.pronamespace
WHERE f.oid = ANY ($3::text::oid[])
  AND NOT EXISTS (SELECT FROM pg_depend AS p WHERE p.classid = 'pg_proc'::regclass AND p.objid = f.oid AND p.deptype IN ('e', 'i'))
UNION ALL
SELECT json_build_object('class', 'pg_operator'::regclass::oid::int8, 'oid', o.oid::int8, 'declared', 'operator', 'schema', (SELECT n.nspname FROM pg_namespace AS n WHERE n.oid = o.oprnamespace), 'name', o.oprname, 'qualifier', format('%s, %s', CASE o.oprleft WHEN 0 THEN 'NONE' ELSE format_type(o.oprleft, NULL) END, format_type(o.oprright, NULL)))::text
FROM pg_operator AS o
WHERE o.oid = ANY ($4::text::oid[]) AND o.oprcode <> 0
  AND (SELECT p.refobjid FROM pg_depend AS p WHERE p.classid = 'pg_operator'::regclass AND p.objid = o.oid AND p.deptype = 'e') IS NULL
UNION ALL
SELECT json_build_object('class', 'pg_opfamily'::regclass::oid::int8, 'oid', o.oid::int8, 'declared', 'operator_family', 'schema', (SELECT n.nspname FROM pg_namespace AS n WHERE n.oid = o.opfnamespace), 'name', o.opfname, 'qualifier', (SELECT m.amname FROM pg_am AS m WHERE m.oid = o.opfmethod))::text
FROM pg_opfamily AS o
WHERE o.oid = ANY ($5::text::oid[])
  AND (SELECT p.refobjid FROM pg_depend AS p WHERE p.classid = 'pg_opfamily'::regclass AND p.objid = o.oid AND p.deptype = 'e') IS NULL
UNION ALL
SELECT json_build_object('class', 'pg_opclass'::regclass::oid::int8, 'oid', o.oid::int8, 'declared', 'operator_class', 'schema', (SELECT n.nspname FROM pg_namespace AS n WHERE n.oid = o.opcnamespace), 'name', o.opcname, 'qualifier', (SELECT m.amname FROM pg_am AS m WHERE m.oid = o.opcmethod))::text
FROM pg_opclass AS o
WHERE o.oid = ANY ($6::text::oid[])
  AND (SELECT p.refobjid FROM pg_depend AS p WHERE p.classid = 'pg_opclass'::regclass AND p.objid = o.oid AND p.deptype = 'e') IS NULL
UNION ALL
SELECT json_build_object('class', 'pg_collation'::regclass::oid::int8, 'oid', o.oid::int8, 'declared', 'collation', 'schema', (SELECT n.nspname FROM pg_namespace AS n WHERE n.oid = o.collnamespace), 'name', o.collname)::text
FROM pg_collation AS o
WHERE o.oid = ANY ($7::text::oid[])
  AND (SELECT p.refobjid FROM pg_depend AS p WHERE p.classid = 'pg_collation'::regclass AND p.objid = o.oid AND p.deptype = 'e') IS NULL
UNION ALL
SELECT json_build_object('class', 'pg_ts_parser'::regclass::oid::int8, 'oid', o.oid::int8, 'declared', 'text_search_parser', 'schema', (SELECT n.nspname FROM pg_namespace AS n WHERE n.oid = o.prsnamespace), 'name', o.prsname)::text
FROM pg_ts_parser AS o
WHERE o.oid = ANY ($8::text::oid[])
  AND (SELECT p.refobjid FROM pg_depend AS p WHERE p.classid = 'pg_ts_parser'::regclass AND p.objid = o.oid AND p.deptype = 'e') IS NULL
UNION ALL
SELECT json_build_object('class', 'pg_ts_template'::regclass::oid::int8, 'oid', o.oid::int8, 'declared', 'text_search_template', 'schema', (SELECT n.nspname FROM pg_namespace AS n WHERE n.oid = o.tmplnamespace), 'name', o.tmplname)::text
FROM pg_ts_template AS o
WHERE o.oid = ANY ($9::text::oid[])
  AND (SELECT p.refobjid FROM pg_depend AS p WHERE p.classid = 'pg_ts_template'::regclass AND p.objid = o.oid AND p.deptype = 'e') IS NULL
UNION ALL
SELECT json_build_object('class', 'pg_ts_dict'::regclass::oid::int8, 'oid', o.oid::int8, 'declared', 'text_search_dictionary', 'schema', (SELECT n.nspname FROM pg_namespace AS n WHERE n.oid = o.dictnamespace), 'name', o.dictname)::text
FROM pg_ts_dict AS o
WHERE o.oid = ANY ($10::text::oid[])
  AND (SELECT p.refobjid FROM pg_depend AS p WHERE p.classid = 'pg_ts_dict'::regclass AND p.objid = o.oid AND p.deptype = 'e') IS NULL
UNION ALL
SELECT json_build_object('class', 'pg_ts_config'::regclass::oid::int8, 'oid', o.oid::int8, 'declared', 'text_search_configuration', 'schema', (SELECT n.nspname FROM pg_namespace AS n WHERE n.oid = o.cfgnamespace), 'name', o.cfgname)::text
FROM pg_ts_config AS o
WHERE o.oid = ANY ($11::text::oid[])
  AND (SELECT p.refobjid FROM pg_depend AS p WHERE p.classid = 'pg_ts_config'::regclass AND p.objid = o.oid AND p.deptype = 'e') IS NULL
