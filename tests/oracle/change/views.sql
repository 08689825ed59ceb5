SELECT current_setting('server_version_num')::integer >= 150000 AS pg15 \gset
CREATE OR REPLACE VIEW vw.barrier WITH (security_barrier) AS SELECT id, name FROM vw.people WHERE age > 21;
ALTER VIEW vw.checked RESET (check_option);
ALTER VIEW vw.checked_locally SET (check_option = cascaded, security_barrier = true);
\if :pg15
ALTER VIEW vw.invoker SET (security_invoker = false);
ALTER VIEW vw.everything RESET (security_invoker);
\endif
ALTER VIEW vw.simple RENAME COLUMN age TO years;
ALTER VIEW vw.simple RENAME TO "Simple View";
ALTER TABLE vw.people RENAME COLUMN "Odd Column" TO even_column;
ALTER TABLE vw.people RENAME TO persons;
CREATE OR REPLACE VIEW vw.renamed_columns (a, "B b", c) AS SELECT id, name, age FROM vw.persons;
DROP VIEW vw.using_join;
DROP VIEW vw.dropped;
CREATE VIEW vw.using_join AS SELECT id, o.at FROM vw.persons p FULL JOIN vw.orders o USING (id);
DROP VIEW vw.over_widened;
DROP VIEW vw.widened;
CREATE VIEW vw.widened AS SELECT amount::numeric(14,3) AS amount, id, at FROM vw.orders;
CREATE VIEW vw.over_widened WITH (security_barrier = true) AS SELECT amount * 2 AS twice FROM vw.widened;
COMMENT ON VIEW vw.over_widened IS 'kept';
COMMENT ON COLUMN vw.over_widened.twice IS 'two times';
GRANT SELECT ON vw.over_widened TO oracle_reader WITH GRANT OPTION;
ALTER VIEW vw.updated ALTER COLUMN name DROP DEFAULT, ALTER COLUMN id SET DEFAULT 7;
REVOKE INSERT ON vw.updated FROM oracle_writer;
ALTER VIEW vw.values SET SCHEMA public;
ALTER MATERIALIZED VIEW vw.summary SET (fillfactor = 60), RESET (autovacuum_enabled);
ALTER MATERIALIZED VIEW vw.over_summary RENAME TO top;
ALTER MATERIALIZED VIEW vw.top RENAME COLUMN most TO "Most";
CREATE MATERIALIZED VIEW vw.added AS SELECT count(*) AS n FROM vw.joined WITH NO DATA;
COMMENT ON MATERIALIZED VIEW vw.summary IS NULL;
CREATE VIEW vw.added_view AS SELECT * FROM vw.from_view() WHERE id > 0;
