//! Changes of tables of every shape: partitioned, inheriting, typed, foreign; and of what hangs on them.

use super::{Case, case};

const EVENTS: &str = "CREATE TABLE events (id bigint NOT NULL, at date NOT NULL DEFAULT '2026-01-01', kind text, PRIMARY KEY (id, at)) PARTITION BY RANGE (at); \
    CREATE TABLE events_old (note text, kind text, at date NOT NULL, id bigint NOT NULL); ALTER TABLE events_old DROP COLUMN note; \
    ALTER TABLE events ATTACH PARTITION events_old FOR VALUES FROM (MINVALUE) TO ('2026-01-01'); \
    CREATE TABLE events_new PARTITION OF events FOR VALUES FROM ('2026-01-01') TO ('2027-01-01'); \
    CREATE TABLE events_rest PARTITION OF events DEFAULT; \
    CREATE INDEX events_kind ON events (kind); \
    INSERT INTO events VALUES (1, '2025-05-05', 'a'), (2, '2026-05-05', 'b'), (3, '2030-01-01', 'c')";
const FAMILY: &str = "CREATE TABLE people (id integer NOT NULL, name text DEFAULT 'nobody' CHECK (name <> '')); \
    CREATE TABLE taggable (tag text, name text); \
    CREATE TABLE staff (salary numeric, CONSTRAINT paid CHECK (salary > 0)) INHERITS (people, taggable); \
    CREATE TABLE bosses (name text DEFAULT 'boss') INHERITS (staff); \
    INSERT INTO staff (id, name, salary, tag) VALUES (1, 'ada', 5, 'x'); INSERT INTO bosses (id, salary) VALUES (2, 9)";
const REMOTE: &str = "CREATE FOREIGN TABLE far (id integer OPTIONS (column_name 'ID') NOT NULL, name text) SERVER remote OPTIONS (table_name 'far', x 'it''s'); \
    COMMENT ON FOREIGN TABLE far IS 'elsewhere'; GRANT SELECT ON far TO schema_reader; CREATE VIEW near AS SELECT id FROM far";

pub const CASES: &[Case] = &[
    // partitions
    case("create a partitioned table", "SELECT", EVENTS),
    case(
        "create partitions of every strategy",
        "SELECT",
        "CREATE TABLE l (a text, b integer) PARTITION BY LIST (a); CREATE TABLE l_1 PARTITION OF l FOR VALUES IN ('x', 'it''s', NULL); \
         CREATE TABLE l_2 PARTITION OF l FOR VALUES IN ('y') PARTITION BY HASH (b); \
         CREATE TABLE l_2_0 PARTITION OF l_2 FOR VALUES WITH (MODULUS 2, REMAINDER 0); \
         CREATE TABLE app.l_2_1 PARTITION OF l_2 FOR VALUES WITH (MODULUS 2, REMAINDER 1); \
         CREATE TABLE r (a integer, b text COLLATE \"C\") PARTITION BY RANGE (abs(a), b text_pattern_ops); \
         CREATE TABLE r_1 PARTITION OF r (b DEFAULT 'x' NOT NULL, CONSTRAINT own CHECK (a > 0)) FOR VALUES FROM (1, MINVALUE) TO (9, MAXVALUE); \
         CREATE UNLOGGED TABLE r_2 PARTITION OF r FOR VALUES FROM (10, 'a') TO (11, 'b') WITH (fillfactor = 50)",
    ),
    case("add a partition", EVENTS, "CREATE TABLE events_future PARTITION OF events FOR VALUES FROM ('2027-01-01') TO ('2028-01-01')").without(&["DETACH", "ONLY"]),
    case("detach a partition", EVENTS, "ALTER TABLE events DETACH PARTITION events_old").with(&["DETACH"]).without(&["DROP", "CREATE"]),
    case(
        "move a partition",
        "CREATE TABLE a (x integer NOT NULL) PARTITION BY LIST (x); CREATE TABLE b (x integer NOT NULL) PARTITION BY LIST (x); \
         CREATE TABLE p PARTITION OF a FOR VALUES IN (1); INSERT INTO p VALUES (1)",
        "ALTER TABLE a DETACH PARTITION p; ALTER TABLE b ATTACH PARTITION p FOR VALUES IN (1, 2)",
    )
    .with(&["DETACH", "ATTACH"])
    .without(&["DROP", "CREATE"]),
    case(
        "change a bound",
        "CREATE TABLE a (x integer) PARTITION BY LIST (x); CREATE TABLE p PARTITION OF a FOR VALUES IN (1); INSERT INTO p VALUES (1)",
        "ALTER TABLE a DETACH PARTITION p; ALTER TABLE a ATTACH PARTITION p FOR VALUES IN (1, 2)",
    )
    .without(&["DROP", "CREATE"]),
    case("drop a partition", EVENTS, "DROP TABLE events_new"),
    case("drop a partitioned table", EVENTS, "DROP TABLE events"),
    case(
        "drop a parent and keep the partition",
        EVENTS,
        "ALTER TABLE events DETACH PARTITION events_old; DROP TABLE events",
    )
    .without(&["DROP TABLE public.events_old"]),
    case("add a column to a partitioned table", EVENTS, "ALTER TABLE events ADD COLUMN size integer DEFAULT 5 CHECK (size > 0)")
        .with(&["ALTER TABLE public.events ADD COLUMN"])
        .without(&["events_old", "events_new"]),
    case("drop a column of a partitioned table", EVENTS, "ALTER TABLE events DROP COLUMN kind").without(&["events_old", "events_new"]).one_way(),
    case("rename a column of a partitioned table", EVENTS, "ALTER TABLE events RENAME COLUMN kind TO type").without(&["events_old", "DROP", "ADD"]),
    case("alter columns of a partitioned table", EVENTS, "ALTER TABLE events ALTER kind TYPE varchar(30), ALTER kind SET DEFAULT 'z', ALTER kind SET NOT NULL"),
    case("retype a partitioned column under a partition's view", "CREATE TABLE t (a integer, b text) PARTITION BY LIST (a); CREATE TABLE t_1 PARTITION OF t FOR VALUES IN (1); CREATE VIEW v AS SELECT b FROM t_1", "DROP VIEW v; ALTER TABLE t ALTER b TYPE varchar(9); CREATE VIEW v AS SELECT b FROM t_1"),
    case(
        "a partition's own default outlives its parent's",
        "CREATE TABLE t (a integer, b text DEFAULT 'x') PARTITION BY LIST (a); CREATE TABLE t_1 PARTITION OF t FOR VALUES IN (1); ALTER TABLE t_1 ALTER b SET DEFAULT 'own'",
        "ALTER TABLE t ALTER b SET DEFAULT 'y'; ALTER TABLE t_1 ALTER b SET DEFAULT 'own'",
    ),
    case("a partition's own attributes", EVENTS, "ALTER TABLE events_old ALTER kind SET DEFAULT 'old', ADD CONSTRAINT local CHECK (id > 0), ALTER kind SET STATISTICS 7; ALTER TABLE events_new SET (fillfactor = 60); COMMENT ON COLUMN events_new.kind IS 'x'; CREATE INDEX own ON events_new (at); ALTER TABLE events_old ADD UNIQUE (id)"),
    case("index a partitioned table", EVENTS, "CREATE UNIQUE INDEX events_id ON events (id, at) WHERE id > 0; COMMENT ON INDEX events_id IS 'x'").with(&["ON ONLY public.events", "ATTACH PARTITION"]),
    case("drop an index of a partitioned table", EVENTS, "DROP INDEX events_kind").without(&["DROP INDEX public.events_old_kind_idx"]),
    case("attach an index", EVENTS, "CREATE INDEX by_at ON ONLY events (at); CREATE INDEX old_at ON events_old (at); CREATE INDEX new_at ON events_new (at); CREATE INDEX rest_at ON events_rest (at); ALTER INDEX by_at ATTACH PARTITION old_at; ALTER INDEX by_at ATTACH PARTITION new_at; ALTER INDEX by_at ATTACH PARTITION rest_at"),
    case("change a partitioned index", EVENTS, "DROP INDEX events_kind; CREATE INDEX events_kind ON events (kind DESC)"),
    case("drop and add a key of a partitioned table", EVENTS, "ALTER TABLE events DROP CONSTRAINT events_pkey; ALTER TABLE events ADD CONSTRAINT other PRIMARY KEY (at, id)"),
    case("rename a key and an index of a partitioned table", EVENTS, "ALTER TABLE events RENAME CONSTRAINT events_pkey TO pk; ALTER INDEX events_kind RENAME TO by_kind; ALTER INDEX events_old_kind_idx RENAME TO old_by_kind; ALTER TABLE events_new RENAME CONSTRAINT events_new_pkey TO new_pk").without(&["DROP", "CREATE"]),
    case(
        "foreign keys of and to partitioned tables",
        "CREATE TABLE users (id integer PRIMARY KEY); CREATE TABLE t (a integer NOT NULL, b integer) PARTITION BY LIST (a); CREATE TABLE t_1 PARTITION OF t FOR VALUES IN (1); ALTER TABLE t ADD PRIMARY KEY (a); CREATE TABLE refers (a integer)",
        "ALTER TABLE t ADD CONSTRAINT by_user FOREIGN KEY (b) REFERENCES users; ALTER TABLE refers ADD CONSTRAINT to_t FOREIGN KEY (a) REFERENCES t; CREATE TABLE t_2 PARTITION OF t FOR VALUES IN (2)",
    ),
    case(
        "detach a partition with a foreign key",
        "CREATE TABLE users (id integer PRIMARY KEY); CREATE TABLE t (a integer NOT NULL, b integer REFERENCES users) PARTITION BY LIST (a); CREATE TABLE t_1 PARTITION OF t FOR VALUES IN (1)",
        "ALTER TABLE t DETACH PARTITION t_1",
    ),
    case(
        "triggers of partitioned tables",
        EVENTS,
        "CREATE FUNCTION touch() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RETURN new; END $$; \
         CREATE TRIGGER touch AFTER INSERT ON events FOR EACH ROW EXECUTE FUNCTION touch(); ALTER TABLE events_old DISABLE TRIGGER touch; \
         CREATE TRIGGER own AFTER INSERT ON events_new FOR EACH ROW EXECUTE FUNCTION touch()",
    ),
    case("rename a partitioned table and a partition", EVENTS, "ALTER TABLE events RENAME TO things; ALTER TABLE events_old RENAME TO things_old; ALTER TABLE events_new SET SCHEMA app").without(&["DROP", "CREATE", "ATTACH"]),
    // columns made again
    case(
        "make a column again",
        "CREATE TABLE t (a integer, b text CHECK (b <> ''), c serial, d integer); CREATE INDEX b_idx ON t (b); CREATE VIEW v AS SELECT b, d FROM t; CREATE STATISTICS s ON b, d FROM t; COMMENT ON COLUMN t.b IS 'x'",
        "ALTER TABLE t DROP b CASCADE, DROP c; ALTER TABLE t ADD b text CHECK (b <> ''), ADD c serial; CREATE INDEX b_idx ON t (b); CREATE VIEW v AS SELECT b, d FROM t; CREATE STATISTICS s ON b, d FROM t; COMMENT ON COLUMN t.b IS 'x'",
    )
    .with(&["DROP COLUMN b", "ADD COLUMN b"]),
    case(
        "make a column again that kept objects speak of",
        "CREATE TABLE t (a integer PRIMARY KEY, b text NOT NULL DEFAULT 'x', c text); CREATE VIEW v AS SELECT a, b FROM t; CREATE VIEW w AS SELECT b FROM v; \
         GRANT SELECT (b) ON t TO schema_reader; GRANT SELECT ON v TO schema_reader; \
         CREATE FUNCTION bs() RETURNS SETOF text LANGUAGE sql BEGIN ATOMIC SELECT b FROM t; END; \
         CREATE POLICY p ON t USING (b <> ''); CREATE RULE r AS ON DELETE TO t WHERE old.b = 'x' DO INSTEAD NOTHING; \
         CREATE FUNCTION touch() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END'; \
         CREATE TRIGGER g BEFORE UPDATE OF b ON t FOR EACH ROW WHEN (new.b <> '') EXECUTE FUNCTION touch()",
        "CREATE OR REPLACE VIEW v AS SELECT a, c AS b FROM t; CREATE OR REPLACE FUNCTION bs() RETURNS SETOF text LANGUAGE sql BEGIN ATOMIC SELECT c FROM t; END; \
         ALTER POLICY p ON t USING (true); CREATE OR REPLACE RULE r AS ON DELETE TO t DO INSTEAD NOTHING; \
         CREATE OR REPLACE TRIGGER g BEFORE UPDATE ON t FOR EACH ROW EXECUTE FUNCTION touch(); \
         ALTER TABLE t DROP b; ALTER TABLE t ADD b text NOT NULL DEFAULT 'x'; GRANT SELECT (b) ON t TO schema_reader; \
         CREATE OR REPLACE VIEW v AS SELECT a, b FROM t; CREATE OR REPLACE FUNCTION bs() RETURNS SETOF text LANGUAGE sql BEGIN ATOMIC SELECT b FROM t; END; \
         ALTER POLICY p ON t USING (b <> ''); CREATE OR REPLACE RULE r AS ON DELETE TO t WHERE old.b = 'x' DO INSTEAD NOTHING; \
         CREATE OR REPLACE TRIGGER g BEFORE UPDATE OF b ON t FOR EACH ROW WHEN (new.b <> '') EXECUTE FUNCTION touch()",
    )
    .with(&["DROP COLUMN b", "ADD COLUMN b"]),
    case(
        "make a column again and keep its sequence",
        "CREATE TABLE t (a integer, c serial)",
        "ALTER SEQUENCE t_c_seq OWNED BY NONE; ALTER TABLE t DROP c; ALTER TABLE t ADD c integer NOT NULL DEFAULT nextval('t_c_seq'); ALTER SEQUENCE t_c_seq OWNED BY t.c",
    )
    .with(&["DROP COLUMN c", "ADD COLUMN c"]),
    case(
        "make columns of keys again",
        "CREATE TABLE t (a integer, b integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY, c text UNIQUE); \
         CREATE TABLE u (b integer REFERENCES t, c text REFERENCES t (c), EXCLUDE USING btree (c WITH =)); ALTER TABLE t REPLICA IDENTITY USING INDEX t_pkey",
        "ALTER TABLE t DROP b CASCADE, DROP c CASCADE; ALTER TABLE t ADD b integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY, ADD c text UNIQUE; \
         ALTER TABLE u DROP c; ALTER TABLE u ADD FOREIGN KEY (b) REFERENCES t, ADD c text REFERENCES t (c), ADD EXCLUDE USING btree (c WITH =)",
    )
    .with(&["DROP COLUMN b", "DROP COLUMN c"]),
    case(
        "make a column of a partitioned table again",
        EVENTS,
        "ALTER TABLE events DROP kind; ALTER TABLE events ADD kind text; CREATE INDEX events_kind ON events (kind)",
    ),
    case(
        "make a column of a family again",
        FAMILY,
        "ALTER TABLE people DROP id; ALTER TABLE people ADD id integer NOT NULL DEFAULT 7; ALTER TABLE bosses ALTER id SET DEFAULT 8",
    )
    .one_way(),
    // inheritance
    case("create a family", "SELECT", FAMILY),
    case("add a child", FAMILY, "CREATE TABLE guests (until date, name text NOT NULL) INHERITS (people)"),
    case("leave a parent", FAMILY, "ALTER TABLE staff NO INHERIT taggable").with(&["NO INHERIT"]).without(&["DROP", "CREATE"]),
    case("join a parent", "CREATE TABLE a (x integer, y text CHECK (y <> '')); CREATE TABLE b (y text CONSTRAINT a_y_check CHECK (y <> ''), x integer, z integer); INSERT INTO b VALUES ('q', 1, 2)", "ALTER TABLE b INHERIT a").with(&["INHERIT"]).without(&["DROP", "CREATE"]),
    case("alter a parent", FAMILY, "ALTER TABLE people ADD COLUMN age integer NOT NULL DEFAULT 3, ADD CONSTRAINT grown CHECK (age > 0), ALTER id TYPE bigint; ALTER TABLE people RENAME id TO number").without(&["TABLE public.staff", "TABLE public.bosses"]),
    // on the way back the column would be without values
    case("drop a parent's column", FAMILY, "ALTER TABLE people DROP COLUMN id").without(&["TABLE public.staff"]).one_way(),
    case("drop a parent's column and keep the child's", FAMILY, "ALTER TABLE ONLY people DROP COLUMN id").with(&["ONLY"]).without(&["staff"]).one_way(),
    case("drop a parent and keep the child", FAMILY, "ALTER TABLE staff NO INHERIT taggable; DROP TABLE taggable"),
    case("a child's own attributes", FAMILY, "ALTER TABLE bosses ALTER salary SET DEFAULT 100, ALTER salary SET NOT NULL, ADD COLUMN car text; COMMENT ON COLUMN bosses.salary IS 'x'; ALTER TABLE staff ALTER name DROP DEFAULT"),
    case("a check that is not inherited", FAMILY, "ALTER TABLE people ADD CONSTRAINT mine CHECK (id > 0) NO INHERIT"),
    case("drop an inherited check", FAMILY, "ALTER TABLE people DROP CONSTRAINT people_name_check").without(&["staff"]),
    // typed tables
    case("create a typed table", "SELECT", "CREATE TYPE form AS (a integer, b text); CREATE TABLE filled OF form (a NOT NULL DEFAULT 3, PRIMARY KEY (a))"),
    case("become a typed table", "CREATE TYPE form AS (a integer, b text); CREATE TABLE filled (a integer, b text)", "ALTER TABLE filled OF form").without(&["DROP", "CREATE"]),
    case("alter the type of a typed table", "CREATE TYPE form AS (a integer, b text); CREATE TABLE filled OF form; INSERT INTO filled VALUES (1, 'x')", "ALTER TYPE form ADD ATTRIBUTE c date CASCADE"),
    // foreign tables
    case("create a foreign table", "SELECT", REMOTE),
    case("alter a foreign table", REMOTE, "ALTER FOREIGN TABLE far OPTIONS (SET table_name 'other', DROP x, ADD y 'z'); ALTER FOREIGN TABLE far ALTER id OPTIONS (SET column_name 'i'), ADD COLUMN age integer OPTIONS (column_name 'AGE'), ALTER name SET NOT NULL").without(&["DROP FOREIGN", "CREATE"]),
    case("rename a foreign table", REMOTE, "ALTER FOREIGN TABLE far RENAME TO away; ALTER FOREIGN TABLE away RENAME name TO title; ALTER FOREIGN TABLE away SET SCHEMA app").without(&["DROP", "CREATE"]),
    case("a foreign partition", EVENTS, "CREATE TABLE t (a integer, b text) PARTITION BY LIST (a); CREATE FOREIGN TABLE t_far PARTITION OF t FOR VALUES IN (1) SERVER remote OPTIONS (x 'y')"),
    // attributes
    case("cluster", "CREATE TABLE t (a integer PRIMARY KEY, b text); CREATE INDEX t_b ON t (b); CREATE MATERIALIZED VIEW m AS SELECT b FROM t; CREATE INDEX m_b ON m (b)", "ALTER TABLE t CLUSTER ON t_b; ALTER MATERIALIZED VIEW m CLUSTER ON m_b"),
    case("cluster on a rebuilt index", "CREATE TABLE t (a integer, b text); CREATE INDEX t_b ON t (b); ALTER TABLE t CLUSTER ON t_b", "DROP INDEX t_b; CREATE INDEX t_b ON t (b DESC); ALTER TABLE t CLUSTER ON t_b"),
    case("column options", "CREATE TABLE t (a integer, b text); ALTER TABLE t ALTER b SET (n_distinct = 9)", "ALTER TABLE t ALTER a SET (n_distinct = -0.5, n_distinct_inherited = 7), ALTER b RESET (n_distinct)"),
    case("storage parameters of indexes", "CREATE TABLE t (a integer PRIMARY KEY, b text); CREATE INDEX t_b ON t (b) WITH (fillfactor = 80) WHERE b > 'a'", "ALTER INDEX t_b SET (fillfactor = 50); ALTER INDEX t_pkey SET (fillfactor = 60); COMMENT ON INDEX t_pkey IS 'key'").without(&["DROP", "CREATE"]),
    case("an index with everything", "CREATE TABLE t (a integer, b text)", "CREATE UNIQUE INDEX i ON t ((a + 1), b) WITH (fillfactor = 70) WHERE b <> 'WHERE'; ALTER INDEX i ALTER COLUMN 1 SET STATISTICS 99; ALTER TABLE t ADD CONSTRAINT u UNIQUE (a) WITH (fillfactor = 30) DEFERRABLE; COMMENT ON INDEX u IS 'x'"),
    case("statistics of an index column", "CREATE TABLE t (a integer); CREATE INDEX i ON t ((a + 1))", "ALTER INDEX i ALTER COLUMN 1 SET STATISTICS 99").without(&["DROP", "CREATE"]),
    case("columns of views", VIEWS, "GRANT SELECT (a) ON v TO schema_reader; GRANT SELECT (a), UPDATE (a) ON m TO schema_writer; ALTER MATERIALIZED VIEW m ALTER a SET STATISTICS 50"),
    case("views with columns of their own", "SELECT", "CREATE TABLE t (a integer); CREATE VIEW v AS SELECT a FROM t; GRANT SELECT (a) ON v TO schema_reader; CREATE MATERIALIZED VIEW m AS SELECT a FROM t WITH NO DATA; GRANT SELECT (a) ON m TO schema_reader; ALTER MATERIALIZED VIEW m ALTER a SET STATISTICS 50"),
    case("an identity's sequence", "CREATE TABLE t (id integer GENERATED ALWAYS AS IDENTITY)", "GRANT USAGE ON SEQUENCE t_id_seq TO schema_reader; COMMENT ON SEQUENCE t_id_seq IS 'x'"),
    case("an identity with a sequence of its own", "SELECT", "CREATE TABLE t (id integer GENERATED ALWAYS AS IDENTITY); GRANT USAGE ON SEQUENCE t_id_seq TO schema_reader; COMMENT ON SEQUENCE t_id_seq IS 'x'"),
    case("the owner of an identity's table", "CREATE TABLE t (id integer GENERATED ALWAYS AS IDENTITY); GRANT USAGE ON SEQUENCE t_id_seq TO schema_reader", "ALTER TABLE t OWNER TO schema_writer"),
    case("storage parameters of TOAST", "CREATE TABLE t (a text)", "ALTER TABLE t SET (toast.autovacuum_enabled = false, autovacuum_vacuum_scale_factor = 0.2)"),
];

const VIEWS: &str = "CREATE TABLE t (a integer); CREATE VIEW v AS SELECT a FROM t; CREATE MATERIALIZED VIEW m AS SELECT a FROM t";
