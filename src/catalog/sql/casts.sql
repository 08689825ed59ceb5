-- Casts from or to types of schemas among those of these OIDs, $1 (oid[]): one JSON object each. The schema is
-- that of the first of the two types that is the user's.
SELECT json_build_object(
  'oid', k.oid::int8,
  'kind', 'cast',
  'schema', bound.schema,
  'name', '',
  'qualifier', format('%s AS %s', format_type(k.castsource, NULL), format_type(k.casttarget, NULL)),
  'comment', (SELECT s.description FROM pg_description AS s WHERE s.objoid = k.oid AND s.classoid = 'pg_cast'::regclass AND s.objsubid = 0),
  'statement', format('CREATE CAST (%s AS %s) %s%s', format_type(k.castsource, NULL), format_type(k.casttarget, NULL),
    CASE k.castmethod WHEN 'f' THEN 'WITH FUNCTION ' || k.castfunc::regprocedure::text WHEN 'i' THEN 'WITH INOUT' ELSE 'WITHOUT FUNCTION' END,
    CASE k.castcontext WHEN 'a' THEN ' AS ASSIGNMENT' WHEN 'i' THEN ' AS IMPLICIT' END),
  'references', (
    SELECT json_agg(DISTINCT p.refclassid::int8::text || ' ' || p.refobjid::int8::text)
    FROM pg_depend AS p
    WHERE p.classid = 'pg_cast'::regclass AND p.objid = k.oid
      AND p.refclassid IN ('pg_class'::regclass, 'pg_type'::regclass, 'pg_proc'::regclass)
  )
)::text
FROM pg_cast AS k
  CROSS JOIN LATERAL (
    SELECT n.nspname AS schema
    FROM (VALUES (1, k.castsource), (2, k.casttarget)) AS side (place, type)
      JOIN pg_type AS t ON t.oid = side.type
      JOIN pg_namespace AS n ON n.oid = t.typnamespace
    WHERE n.nspname !~ '^pg_' AND n.nspname NOT IN ('information_schema', 'pggit', 'pggit_dropped')
      AND NOT EXISTS (
        SELECT FROM pg_depend AS p WHERE p.deptype = 'e' AND p.classid = 'pg_type'::regclass
          AND p.objid IN (t.oid, CASE WHEN t.typcategory = 'A' THEN t.typelem END)
      )
    ORDER BY side.place LIMIT 1
  ) AS bound
WHERE k.oid = ANY ($1::text::oid[])
  AND NOT EXISTS (SELECT FROM pg_depend AS p WHERE p.classid = 'pg_cast'::regclass AND p.objid = k.oid AND p.deptype IN ('e', 'i'))
