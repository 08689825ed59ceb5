-- The relations of the system that anybody may name, with their columns in order.
SELECT n.nspname::text, c.relname::text, (c.relkind = 'r')::text, a.attname::text
FROM pg_class AS c
JOIN pg_namespace AS n ON n.oid = c.relnamespace
JOIN pg_attribute AS a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
WHERE n.nspname IN ('pg_catalog', 'information_schema') AND c.relkind IN ('r', 'v') AND c.oid < 16384
ORDER BY n.nspname, c.relname, a.attnum
