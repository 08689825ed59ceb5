-- Tables as a whole: persistence, storage parameters, replica identity, row security, column order.
CREATE SCHEMA tab;
CREATE UNLOGGED TABLE tab.scratch (id integer, note text) WITH (fillfactor = 55, autovacuum_enabled = false);
CREATE TABLE tab.empty ();
CREATE TABLE tab.parameters (
    id bigint PRIMARY KEY,
    body text
) WITH (fillfactor = 70, toast_tuple_target = 1024, parallel_workers = 2,
    autovacuum_vacuum_scale_factor = 0.05, toast.autovacuum_enabled = off, toast.autovacuum_vacuum_threshold = 99);
CREATE TABLE tab.identity_full (id integer, a text);
ALTER TABLE tab.identity_full REPLICA IDENTITY FULL;
CREATE TABLE tab.identity_nothing (id integer, a text);
ALTER TABLE tab.identity_nothing REPLICA IDENTITY NOTHING;
CREATE TABLE tab.identity_index (id integer NOT NULL, a text);
CREATE UNIQUE INDEX identity_index_id ON tab.identity_index (id);
ALTER TABLE tab.identity_index REPLICA IDENTITY USING INDEX identity_index_id;
CREATE TABLE tab.identity_key (id integer CONSTRAINT identity_key_unique UNIQUE NOT NULL);
ALTER TABLE tab.identity_key REPLICA IDENTITY USING INDEX identity_key_unique;
CREATE TABLE tab.secured (id integer);
ALTER TABLE tab.secured ENABLE ROW LEVEL SECURITY;
CREATE TABLE tab.forced (id integer);
ALTER TABLE tab.forced ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
CREATE TABLE tab.forced_only (id integer);
ALTER TABLE tab.forced_only FORCE ROW LEVEL SECURITY;
-- What was dropped leaves a hole in the numbers of the columns.
CREATE TABLE tab.holes (a integer, b integer, c integer, d integer);
ALTER TABLE tab.holes DROP COLUMN b;
ALTER TABLE tab.holes ADD COLUMN b text DEFAULT 'again';
ALTER TABLE tab.holes DROP COLUMN a;
CREATE TABLE tab.copied (LIKE tab.parameters INCLUDING ALL, extra integer);
CREATE TABLE tab.selected AS SELECT 1 AS one, 'x'::text AS "Two", now() AS three WITH NO DATA;
CREATE TABLE tab.renamed (id integer PRIMARY KEY, a text, b text);
CREATE TABLE tab.moved (id serial PRIMARY KEY, a text);
CREATE INDEX moved_a ON tab.moved (a);
CREATE TABLE tab.dropped (id serial PRIMARY KEY, parent integer REFERENCES tab.moved);
CREATE TABLE tab.swapped_a (a integer);
CREATE TABLE tab.swapped_b (b text);
COMMENT ON TABLE tab.swapped_a IS 'was a';
CREATE TABLE tab.replaced (id integer PRIMARY KEY, gone text);
