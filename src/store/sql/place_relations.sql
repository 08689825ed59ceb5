-- Gives objects of branch $1 that have just been made, and their columns, the lineages in $2: relations and what
-- belongs to them, found by their names. Returns the lineages of those found.
WITH wanted AS MATERIALIZED (
    SELECT w.*, n.oid AS namespace
    FROM jsonb_to_recordset($2::text::jsonb) AS w (
        class oid, schema text, name text, relation text, lineage text, columns jsonb)
    JOIN pg_namespace AS n ON n.nspname = w.schema
), objects AS MATERIALIZED (
    SELECT w.class, c.oid, w.lineage, w.columns
    FROM wanted AS w JOIN pg_class AS c ON c.relnamespace = w.namespace AND c.relname = w.name
    WHERE w.class = 'pg_class'::regclass
    UNION ALL
    SELECT w.class, t.oid, w.lineage, w.columns
    FROM wanted AS w
    JOIN pg_class AS c ON c.relnamespace = w.namespace AND c.relname = w.relation
    JOIN pg_trigger AS t ON t.tgrelid = c.oid AND t.tgname = w.name AND NOT t.tgisinternal
    WHERE w.class = 'pg_trigger'::regclass
    UNION ALL
    SELECT w.class, p.oid, w.lineage, w.columns
    FROM wanted AS w
    JOIN pg_class AS c ON c.relnamespace = w.namespace AND c.relname = w.relation
    JOIN pg_policy AS p ON p.polrelid = c.oid AND p.polname = w.name
    WHERE w.class = 'pg_policy'::regclass
    UNION ALL
    SELECT w.class, r.oid, w.lineage, w.columns
    FROM wanted AS w
    JOIN pg_class AS c ON c.relnamespace = w.namespace AND c.relname = w.relation
    JOIN pg_rewrite AS r ON r.ev_class = c.oid AND r.rulename = w.name
    WHERE w.class = 'pg_rewrite'::regclass
    UNION ALL
    SELECT w.class, s.oid, w.lineage, w.columns
    FROM wanted AS w JOIN pg_statistic_ext AS s ON s.stxnamespace = w.namespace AND s.stxname = w.name
    WHERE w.class = 'pg_statistic_ext'::regclass
), written AS (
    INSERT INTO pggit.lineage AS l (classid, objid, objsubid, lineage, branch_id)
    SELECT o.class, o.oid, 0, decode(o.lineage, 'hex'), $1::text::bigint FROM objects AS o
    UNION ALL
    SELECT o.class, o.oid, a.attnum, decode(p.lineage, 'hex'), $1::text::bigint
    FROM objects AS o
    JOIN LATERAL jsonb_to_recordset(o.columns) AS p (name text, lineage text) ON true
    JOIN pg_attribute AS a ON a.attrelid = o.oid AND a.attname = p.name AND a.attnum > 0
    ON CONFLICT (classid, objid, objsubid)
    DO UPDATE SET lineage = excluded.lineage, branch_id = excluded.branch_id
)
SELECT lineage FROM objects
