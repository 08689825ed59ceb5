-- Views and materialized views, over each other, over functions, with everything that must survive being made again.
SELECT current_setting('server_version_num')::integer >= 150000 AS pg15 \gset
CREATE SCHEMA vw;
CREATE TABLE vw.people (id integer PRIMARY KEY, name text, age integer, "Odd Column" text, boss integer REFERENCES vw.people, tags text[], doc jsonb);
CREATE TABLE vw.orders (id integer PRIMARY KEY, person integer REFERENCES vw.people, amount numeric(10,2), at timestamptz);
CREATE VIEW vw.simple AS SELECT * FROM vw.people;
CREATE VIEW vw.renamed_columns (a, "B b") AS SELECT id, name FROM vw.people;
CREATE VIEW vw.barrier WITH (security_barrier) AS SELECT id, name FROM vw.people WHERE age > 18;
CREATE VIEW vw.checked WITH (security_barrier = false) AS SELECT id, name, age FROM vw.people WHERE age > 0 WITH CASCADED CHECK OPTION;
CREATE VIEW vw.checked_locally AS SELECT id, name FROM vw.checked WHERE name <> '' WITH LOCAL CHECK OPTION;
\if :pg15
CREATE VIEW vw.invoker WITH (security_invoker = true) AS SELECT count(*) AS n FROM vw.people;
CREATE VIEW vw.everything WITH (security_invoker = on, security_barrier = on, check_option = cascaded) AS SELECT id FROM vw.people WHERE age > 3;
\endif
CREATE VIEW vw.joined AS
    SELECT p.name, b.name AS boss, sum(o.amount) FILTER (WHERE o.at > '2020-01-01') AS total, count(DISTINCT o.id) AS n,
        rank() OVER (PARTITION BY p.boss ORDER BY sum(o.amount) DESC) AS place
    FROM vw.people p LEFT JOIN vw.people b ON b.id = p.boss LEFT JOIN vw.orders o ON o.person = p.id
    GROUP BY p.name, b.name, p.boss HAVING count(*) > 1 ORDER BY 3 DESC NULLS LAST;
CREATE VIEW vw.using_join AS SELECT id, p.name, o.amount FROM vw.people p JOIN vw.orders o USING (id);
CREATE VIEW vw.over_views AS SELECT s.name, b.id FROM vw.simple s JOIN vw.barrier b ON b.id = s.id;
CREATE VIEW vw.with_query AS
    WITH RECURSIVE chain (id, depth) AS (
        SELECT id, 0 FROM vw.people WHERE boss IS NULL
        UNION ALL SELECT p.id, depth + 1 FROM vw.people p JOIN chain c ON c.id = p.boss
    ), wide AS MATERIALIZED (SELECT * FROM vw.orders)
    SELECT chain.*, (SELECT max(amount) FROM wide WHERE wide.person = chain.id) AS most FROM chain;
CREATE VIEW vw.sets AS SELECT id FROM vw.people UNION SELECT id FROM vw.orders EXCEPT SELECT 1 ORDER BY 1 LIMIT 5 OFFSET 1;
CREATE VIEW vw.literals AS
    SELECT 'it''s' AS a, E'two\nlines' AS b, 1.50 AS c, NULL::integer AS d, ARRAY[1, 2] AS e, '{"a": 1}'::jsonb -> 'a' AS g,
        CASE WHEN true THEN 'vw.people' ELSE 'no' END AS h, interval '1 day' AS i, DATE '2020-01-01' AS j, '"public".x' AS k;
CREATE VIEW vw.whole_row AS SELECT p AS person, (p).name, p.*::text AS line FROM vw.people p;
CREATE VIEW vw.lateral AS SELECT p.id, t.tag, n.n FROM vw.people p, LATERAL unnest(p.tags) WITH ORDINALITY AS t (tag, n2), LATERAL (SELECT count(*) AS n FROM vw.orders o WHERE o.person = p.id) n;
CREATE VIEW vw.values AS VALUES (1, 'one'), (2, 'two');
CREATE VIEW vw.sampled AS SELECT id FROM vw.people TABLESAMPLE system (10) WHERE id = ANY (ARRAY[1, 2]);
CREATE VIEW vw.grouped AS SELECT boss, age, count(*) FROM vw.people GROUP BY GROUPING SETS ((boss), (age), ()) ;
CREATE FUNCTION vw.rows() RETURNS SETOF vw.people LANGUAGE sql STABLE AS 'SELECT * FROM vw.people';
CREATE VIEW vw.from_function AS SELECT r.id, r.name FROM vw.rows() r;
CREATE FUNCTION vw.from_view() RETURNS SETOF vw.from_function LANGUAGE sql STABLE BEGIN ATOMIC SELECT id, name FROM vw.from_function; END;
CREATE VIEW vw.from_function_of_view AS SELECT name FROM vw.from_view();
CREATE VIEW vw.updated AS SELECT id, name FROM vw.people;
ALTER VIEW vw.updated ALTER COLUMN name SET DEFAULT 'nobody';
CREATE MATERIALIZED VIEW vw.summary WITH (fillfactor = 80, autovacuum_enabled = false) AS SELECT person, sum(amount) AS total FROM vw.orders GROUP BY person;
CREATE UNIQUE INDEX summary_person ON vw.summary (person);
CREATE INDEX summary_total ON vw.summary (total DESC) WHERE total > 0;
CREATE MATERIALIZED VIEW vw.over_summary AS SELECT max(total) AS most FROM vw.summary WITH NO DATA;
CREATE VIEW vw.over_materialized AS SELECT person FROM vw.summary WHERE total > 10;
CREATE VIEW vw.dropped AS SELECT 1 AS one;
CREATE VIEW vw.widened AS SELECT id, amount FROM vw.orders;
CREATE VIEW vw.over_widened WITH (security_barrier = true) AS SELECT amount * 2 AS twice FROM vw.widened;
COMMENT ON VIEW vw.over_widened IS 'kept';
COMMENT ON COLUMN vw.over_widened.twice IS 'two times';
COMMENT ON MATERIALIZED VIEW vw.summary IS 'sums';
COMMENT ON COLUMN vw.summary.total IS 'sum';
GRANT SELECT ON vw.over_widened TO oracle_reader WITH GRANT OPTION;
GRANT SELECT, INSERT, UPDATE ON vw.updated TO oracle_writer;
GRANT SELECT ON vw.summary TO PUBLIC;
