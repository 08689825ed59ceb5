-- Everything that may be versioned in the schemas $1 (text[]), and the schemas themselves: catalog and OID.
SELECT 'pg_namespace'::regclass::oid::int8::text, n.oid::int8::text
FROM pg_namespace AS n WHERE n.nspname = ANY ($1::text::text[])
UNION ALL
SELECT 'pg_class'::regclass::oid::int8::text, c.oid::int8::text
FROM pg_namespace AS n JOIN pg_class AS c ON c.relnamespace = n.oid
WHERE n.nspname = ANY ($1::text::text[]) AND c.relkind IN ('r', 'v', 'm', 'S', 'i')
UNION ALL
SELECT 'pg_type'::regclass::oid::int8::text, t.oid::int8::text
FROM pg_namespace AS n JOIN pg_type AS t ON t.typnamespace = n.oid
WHERE n.nspname = ANY ($1::text::text[])
  AND (t.typtype IN ('e', 'd') OR t.typtype = 'c' AND EXISTS (SELECT FROM pg_class AS c WHERE c.oid = t.typrelid AND c.relkind = 'c'))
UNION ALL
SELECT 'pg_proc'::regclass::oid::int8::text, f.oid::int8::text
FROM pg_namespace AS n JOIN pg_proc AS f ON f.pronamespace = n.oid
WHERE n.nspname = ANY ($1::text::text[]) AND f.prokind IN ('f', 'p')
UNION ALL
SELECT 'pg_trigger'::regclass::oid::int8::text, g.oid::int8::text
FROM pg_namespace AS n JOIN pg_class AS c ON c.relnamespace = n.oid JOIN pg_trigger AS g ON g.tgrelid = c.oid
WHERE n.nspname = ANY ($1::text::text[]) AND NOT g.tgisinternal
