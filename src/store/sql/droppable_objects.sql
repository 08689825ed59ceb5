-- Statements that drop some of what branch $1 has left, $2 at the most: partitions and children before what they belong to,
-- routines when nothing can call them any more.
SELECT statement FROM (
    SELECT 1, format('DROP %s IF EXISTS %I.%I CASCADE',
                  CASE c.relkind
                      WHEN 'v' THEN 'VIEW' WHEN 'm' THEN 'MATERIALIZED VIEW' WHEN 'S' THEN 'SEQUENCE'
                      WHEN 'f' THEN 'FOREIGN TABLE' WHEN 'c' THEN 'TYPE' ELSE 'TABLE' END,
                  n.nspname, c.relname)
    FROM pggit.branch_schema AS s
    JOIN pg_namespace AS n ON n.nspname = s.physical
    JOIN pg_class AS c ON c.relnamespace = n.oid
    WHERE s.branch_id = $1::text::bigint AND c.relkind IN ('r', 'p', 'f', 'v', 'm', 'S', 'c')
      AND NOT EXISTS (SELECT FROM pg_inherits AS i WHERE i.inhparent = c.oid)
      AND NOT EXISTS (
          SELECT FROM pg_depend AS d
          WHERE c.relkind = 'S' AND d.classid = 'pg_class'::regclass AND d.objid = c.oid AND d.objsubid = 0
            AND d.deptype IN ('a', 'i'))
    UNION ALL
    SELECT 2, format('DROP ROUTINE IF EXISTS %s CASCADE', p.oid::regprocedure)
    FROM pggit.branch_schema AS s
    JOIN pg_namespace AS n ON n.nspname = s.physical
    JOIN pg_proc AS p ON p.pronamespace = n.oid AND p.prokind IN ('f', 'p', 'w')
    WHERE s.branch_id = $1::text::bigint
      AND NOT EXISTS (
          SELECT FROM pg_depend AS d
          WHERE d.classid = 'pg_proc'::regclass AND d.objid = p.oid AND d.deptype = 'i')
) AS objects (turn, statement)
ORDER BY turn
LIMIT $2::text::bigint
