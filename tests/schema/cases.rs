//! Changes, each with the schema that it starts from.

mod on_tables;
mod tables;
mod types;
mod versions;

/// Statements run with `search_path` on `public`; schemas `public` and `app` exist, as do the roles
/// `schema_reader` and `schema_writer`.
pub struct Case {
    pub name: &'static str,
    pub setup: &'static str,
    pub change: &'static str,
    /// The way back runs, too.
    pub reversible: bool,
    /// The first major version of PostgreSQL that knows what it is about.
    pub since: u32,
    /// What the rendered statements must and must not hold.
    pub with: &'static [&'static str],
    pub without: &'static [&'static str],
}

/// All of them.
pub fn all() -> impl Iterator<Item = &'static Case> {
    CASES
        .iter()
        .chain(types::CASES)
        .chain(types::KINDS)
        .chain(on_tables::CASES)
        .chain(tables::CASES)
        .chain(versions::CASES)
}

const fn case(name: &'static str, setup: &'static str, change: &'static str) -> Case {
    Case {
        name,
        setup,
        change,
        reversible: true,
        since: 14,
        with: &[],
        without: &[],
    }
}

impl Case {
    const fn one_way(mut self) -> Self {
        self.reversible = false;
        self
    }

    const fn since(mut self, version: u32) -> Self {
        self.since = version;
        self
    }

    const fn with(mut self, wanted: &'static [&'static str]) -> Self {
        self.with = wanted;
        self
    }

    const fn without(mut self, unwanted: &'static [&'static str]) -> Self {
        self.without = unwanted;
        self
    }
}

const USERS: &str = "CREATE TABLE users (id bigserial PRIMARY KEY, name text NOT NULL, age integer DEFAULT 0); \
    INSERT INTO users (name, age) VALUES ('ada', 36)";
const ORDERS: &str = "CREATE TABLE users (id integer PRIMARY KEY, name text, age integer); \
    CREATE TABLE orders (id integer PRIMARY KEY, user_id integer REFERENCES users, note text); \
    INSERT INTO users VALUES (1, 'ada', 36); INSERT INTO orders VALUES (1, 1, 'x')";
const VIEWS: &str = "CREATE TABLE users (id integer PRIMARY KEY, name text, age integer); \
    CREATE VIEW adults WITH (security_barrier = true) AS SELECT id, name, age FROM users WHERE age > 17; \
    CREATE VIEW names AS SELECT name FROM adults; \
    COMMENT ON VIEW names IS 'all names'; GRANT SELECT ON names TO schema_reader; \
    CREATE MATERIALIZED VIEW counts AS SELECT count(*) AS n, max(age) AS oldest FROM adults; \
    CREATE UNIQUE INDEX counts_n ON counts (n)";
const MOOD: &str = "CREATE TYPE mood AS ENUM ('sad', 'ok', 'happy'); \
    CREATE TABLE people (id integer PRIMARY KEY, mood mood DEFAULT 'ok' NOT NULL, moods mood[] DEFAULT '{sad}', \
      CHECK (mood <> 'sad')); \
    CREATE INDEX people_happy ON people (id) WHERE mood = 'happy'; \
    CREATE VIEW happy AS SELECT id, mood FROM people WHERE mood = 'happy'; \
    CREATE FUNCTION cheer(m mood) RETURNS mood LANGUAGE sql AS $$ SELECT m $$; \
    INSERT INTO people VALUES (1, 'ok', '{happy,sad}')";
const FUNCTIONS: &str = "CREATE TABLE users (id integer PRIMARY KEY, name text); \
    CREATE FUNCTION shout(t text) RETURNS text LANGUAGE sql IMMUTABLE AS $$ SELECT upper(t) $$; \
    ALTER TABLE users ADD COLUMN loud text DEFAULT shout('hi'); \
    ALTER TABLE users ADD CONSTRAINT loud_enough CHECK (shout(name) <> ''); \
    CREATE INDEX users_shout ON users (shout(name)); \
    CREATE VIEW shouts AS SELECT shout(name) AS s FROM users; \
    CREATE FUNCTION touch() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RETURN new; END $$; \
    CREATE TRIGGER touch BEFORE INSERT OR UPDATE OF name ON users FOR EACH ROW WHEN (new.name IS NOT NULL) EXECUTE FUNCTION touch()";

const CASES: &[Case] = &[
    // columns
    case("add column", USERS, "ALTER TABLE users ADD COLUMN email text UNIQUE"),
    case(
        "add column with everything",
        USERS,
        "ALTER TABLE users ADD COLUMN email text COLLATE \"C\" DEFAULT 'none' NOT NULL CHECK (email <> ''); \
         COMMENT ON COLUMN users.email IS 'it''s \\ where'; GRANT SELECT (email), UPDATE (email) ON users TO schema_reader; \
         ALTER TABLE users ALTER email SET STATISTICS 10, ALTER email SET STORAGE EXTERNAL",
    ),
    case("drop column", USERS, "ALTER TABLE users DROP COLUMN age"),
    case(
        "drop generated column and retype what it was made from",
        "CREATE TABLE t (a integer, b integer GENERATED ALWAYS AS (a + 1) STORED, c integer); CREATE VIEW v AS SELECT b, c FROM t",
        "DROP VIEW v; ALTER TABLE t DROP b; ALTER TABLE t ALTER a TYPE bigint",
    ),
    case("rename column", USERS, "ALTER TABLE users RENAME COLUMN name TO full_name")
        .with(&["RENAME COLUMN name TO full_name"])
        .without(&["DROP", "ADD"]),
    case(
        "swap columns' names",
        USERS,
        "ALTER TABLE users ADD COLUMN other text; ALTER TABLE users RENAME COLUMN other TO tmp; \
         ALTER TABLE users RENAME COLUMN name TO other; ALTER TABLE users RENAME COLUMN tmp TO name",
    ),
    case(
        "rename column under constraint and index",
        "CREATE TABLE t (a integer CONSTRAINT positive CHECK (a > 0) UNIQUE, b integer GENERATED ALWAYS AS (a * 2) STORED); \
         CREATE INDEX t_a ON t (a DESC) WHERE a > 5",
        "ALTER TABLE t RENAME COLUMN a TO c",
    )
    .without(&["DROP", "ADD", "CREATE"]),
    case(
        "swap columns on rows",
        "CREATE TABLE t (a integer, b text); INSERT INTO t VALUES (1, 'x')",
        "ALTER TABLE t RENAME a TO c; ALTER TABLE t RENAME b TO a; ALTER TABLE t RENAME c TO b",
    )
    .without(&["DROP", "ADD"]),
    case(
        "drop column and rename another to its name",
        USERS,
        "ALTER TABLE users DROP COLUMN name; ALTER TABLE users RENAME COLUMN age TO name",
    )
    .one_way(),
    case(
        "drop and add a column of the same name under a view",
        VIEWS,
        "DROP MATERIALIZED VIEW counts; DROP VIEW names; DROP VIEW adults; ALTER TABLE users DROP COLUMN age; \
         ALTER TABLE users ADD COLUMN age text; CREATE VIEW adults AS SELECT id, name, age FROM users",
    ),
    case("widen type", USERS, "ALTER TABLE users ALTER COLUMN age TYPE bigint"),
    case("type with default", USERS, "ALTER TABLE users ALTER COLUMN age DROP DEFAULT, ALTER COLUMN age TYPE numeric(10,2), ALTER COLUMN age SET DEFAULT 1.5"),
    case("change collation", USERS, "ALTER TABLE users ALTER COLUMN name TYPE text COLLATE \"C\""),
    case("set default", USERS, "ALTER TABLE users ALTER COLUMN name SET DEFAULT 'nobody', ALTER COLUMN age DROP DEFAULT"),
    case("not null", USERS, "ALTER TABLE users ALTER COLUMN age SET NOT NULL, ALTER COLUMN name DROP NOT NULL"),
    case(
        "serial to identity",
        USERS,
        "ALTER TABLE users ALTER COLUMN id DROP DEFAULT; DROP SEQUENCE users_id_seq; \
         ALTER TABLE users ALTER COLUMN id ADD GENERATED ALWAYS AS IDENTITY (START WITH 100)",
    ),
    case(
        "alter identity",
        "CREATE TABLE t (id integer GENERATED ALWAYS AS IDENTITY (INCREMENT BY 2), x text)",
        "ALTER TABLE t ALTER id SET GENERATED BY DEFAULT SET INCREMENT BY 3 SET CACHE 7 SET CYCLE; ALTER SEQUENCE t_id_seq RENAME TO other_seq",
    ),
    case(
        "identity changes type",
        "CREATE TABLE t (id integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY)",
        "ALTER TABLE t ALTER id TYPE bigint",
    ),
    case("drop identity", "CREATE TABLE t (id integer GENERATED ALWAYS AS IDENTITY)", "ALTER TABLE t ALTER id DROP IDENTITY"),
    case("add serial column", USERS, "ALTER TABLE users ADD COLUMN number serial; ALTER SEQUENCE users_number_seq INCREMENT BY 5"),
    case("serial becomes bigserial", "CREATE TABLE t (id serial PRIMARY KEY)", "ALTER TABLE t ALTER id TYPE bigint; ALTER SEQUENCE t_id_seq AS bigint"),
    case(
        "change generated expression",
        "CREATE TABLE t (a integer, b integer GENERATED ALWAYS AS (a * 2) STORED UNIQUE); CREATE INDEX t_b ON t (b); \
         CREATE VIEW v AS SELECT b FROM t; INSERT INTO t VALUES (2)",
        "DROP VIEW v; ALTER TABLE t DROP COLUMN b; ALTER TABLE t ADD COLUMN b integer GENERATED ALWAYS AS (a * 3) STORED UNIQUE; \
         CREATE INDEX t_b ON t (b); CREATE VIEW v AS SELECT b FROM t",
    ),
    case(
        "stop generating by a function that goes",
        "CREATE FUNCTION twice(i integer) RETURNS integer LANGUAGE sql IMMUTABLE AS $$ SELECT i * 2 $$; \
         CREATE TABLE t (a integer, b integer GENERATED ALWAYS AS (twice(a)) STORED); INSERT INTO t VALUES (1)",
        "ALTER TABLE t ALTER b DROP EXPRESSION; DROP FUNCTION twice",
    )
    // Before, the column goes with the function.
    .since(15)
    .without(&["DROP COLUMN"]),
    case(
        "type under generated column",
        "CREATE TABLE t (a integer, b integer GENERATED ALWAYS AS (a * 2) STORED); CREATE INDEX t_b ON t (b); INSERT INTO t VALUES (2)",
        "ALTER TABLE t DROP COLUMN b; ALTER TABLE t ALTER a TYPE bigint; ALTER TABLE t ADD COLUMN b bigint GENERATED ALWAYS AS (a * 2) STORED; \
         CREATE INDEX t_b ON t (b)",
    ),
    case("stop generating", "CREATE TABLE t (a integer, b integer GENERATED ALWAYS AS (a * 2) STORED)", "ALTER TABLE t ALTER b DROP EXPRESSION"),
    case(
        "column attributes",
        USERS,
        "ALTER TABLE users ALTER name SET STORAGE EXTERNAL, ALTER name SET STATISTICS 50, ALTER name SET COMPRESSION pglz; \
         COMMENT ON COLUMN users.name IS 'what'",
    ),
    // constraints
    case("add constraints", USERS, "ALTER TABLE users ADD CONSTRAINT old_enough CHECK (age >= 0), ADD UNIQUE (name) INCLUDE (age)"),
    case("two keys of the same columns", USERS, "CREATE TABLE pairs (a integer, b integer, PRIMARY KEY (a, b)); ALTER TABLE pairs ADD UNIQUE (a, b); ALTER TABLE pairs ADD UNIQUE (b, a)"),
    case("expressions that are printed otherwise once parsed", USERS, "CREATE TABLE jobs (state varchar(9) CHECK (state IN ('new', 'done')), states varchar(9)[] DEFAULT ARRAY['new'::varchar]); \
        CREATE INDEX ON jobs (state) WHERE state NOT IN ('new', 'done'); CREATE VIEW open_jobs AS SELECT state IN ('new', 'a,b]') AS young FROM jobs; \
        CREATE FUNCTION is_open(state varchar) RETURNS boolean LANGUAGE sql BEGIN ATOMIC SELECT state IN ('new', 'old'); END"),
    case("add unchecked constraint", USERS, "ALTER TABLE users ADD CONSTRAINT old_enough CHECK (age >= 0) NOT VALID"),
    case(
        "validate constraint",
        "CREATE TABLE t (a integer); ALTER TABLE t ADD CONSTRAINT c CHECK (a > 0) NOT VALID",
        "ALTER TABLE t VALIDATE CONSTRAINT c",
    )
    .with(&["VALIDATE CONSTRAINT c"])
    .one_way(),
    case("rename constraint", USERS, "ALTER TABLE users RENAME CONSTRAINT users_pkey TO users_key; COMMENT ON CONSTRAINT users_key ON users IS 'key'")
        .without(&["DROP CONSTRAINT"]),
    case(
        "change constraint",
        "CREATE TABLE t (a integer CONSTRAINT c CHECK (a > 0))",
        "ALTER TABLE t DROP CONSTRAINT c, ADD CONSTRAINT c CHECK (a > 1); COMMENT ON CONSTRAINT c ON t IS 'why'",
    ),
    case("foreign key", ORDERS, "ALTER TABLE orders DROP CONSTRAINT orders_user_id_fkey, ADD CONSTRAINT orders_user_id_fkey FOREIGN KEY (user_id) REFERENCES users ON DELETE CASCADE DEFERRABLE"),
    case(
        "primary key under foreign key",
        ORDERS,
        "ALTER TABLE users DROP CONSTRAINT users_pkey CASCADE; ALTER TABLE users ADD CONSTRAINT users_pkey PRIMARY KEY (id) INCLUDE (name); \
         ALTER TABLE orders ADD CONSTRAINT orders_user_id_fkey FOREIGN KEY (user_id) REFERENCES users(id)",
    ),
    case(
        "type of both ends of a foreign key",
        ORDERS,
        "ALTER TABLE orders DROP CONSTRAINT orders_user_id_fkey; ALTER TABLE users ALTER id TYPE text USING id::text; \
         ALTER TABLE orders ALTER user_id TYPE text USING user_id::text; \
         ALTER TABLE orders ADD CONSTRAINT orders_user_id_fkey FOREIGN KEY (user_id) REFERENCES users(id)",
    )
    .one_way(),
    case(
        "foreign keys in a circle",
        "CREATE TABLE a (id integer PRIMARY KEY, b integer); CREATE TABLE b (id integer PRIMARY KEY, a integer REFERENCES a); \
         ALTER TABLE a ADD FOREIGN KEY (b) REFERENCES b; CREATE TABLE self (id integer PRIMARY KEY, up integer REFERENCES self)",
        "DROP TABLE a, b, self",
    ),
    case("exclusion", "CREATE TABLE t (during tsrange)", "ALTER TABLE t ADD CONSTRAINT once EXCLUDE USING gist (during WITH &&)"),
    case(
        "rename key columns under a foreign key",
        ORDERS,
        "ALTER TABLE users RENAME id TO user_id; ALTER TABLE orders RENAME user_id TO owner_id; ALTER TABLE users RENAME TO people",
    )
    .without(&["DROP", "ADD"]),
    // tables
    case("create table", "SELECT", USERS),
    case("drop table", ORDERS, "DROP TABLE orders; DROP TABLE users"),
    case("rename table", USERS, "ALTER TABLE users RENAME TO people; ALTER SEQUENCE users_id_seq RENAME TO people_id_seq").without(&["DROP"]),
    case(
        "swap tables' names",
        "CREATE TABLE a (x integer); CREATE TABLE b (y integer)",
        "ALTER TABLE a RENAME TO c; ALTER TABLE b RENAME TO a; ALTER TABLE c RENAME TO b",
    )
    .without(&["DROP"]),
    case("move table", USERS, "ALTER TABLE users SET SCHEMA app").without(&["DROP"]),
    case("move table to a new schema", USERS, "CREATE SCHEMA \"App\"; COMMENT ON SCHEMA \"App\" IS 'people'; GRANT USAGE ON SCHEMA \"App\" TO schema_reader; ALTER TABLE users SET SCHEMA \"App\"").without(&["DROP"]).with(&["CREATE SCHEMA"]),
    case("move and rename table", USERS, "CREATE INDEX users_name ON users (name); ALTER TABLE users SET SCHEMA app; ALTER TABLE app.users RENAME TO people"),
    case("replace table by another of its name", USERS, "DROP TABLE users; CREATE TABLE users (id serial PRIMARY KEY, email text)")
        .with(&["DROP TABLE"]),
    case(
        "replace table under a view",
        VIEWS,
        "CREATE TABLE accounts (id integer, name text, age integer); CREATE OR REPLACE VIEW adults AS SELECT id, name, age FROM accounts; \
         DROP TABLE users; CREATE TABLE users (id integer PRIMARY KEY, x text)",
    ),
    case("table to view", "CREATE TABLE t (a integer)", "DROP TABLE t; CREATE VIEW t AS SELECT 1 AS a"),
    case(
        "table attributes",
        USERS,
        "ALTER TABLE users SET (fillfactor = 70, toast.autovacuum_enabled = off), ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY, \
         REPLICA IDENTITY FULL; COMMENT ON TABLE users IS 'people'",
    ),
    case("unlogged", USERS, "ALTER TABLE users SET UNLOGGED"),
    case("replica identity by index", USERS, "CREATE UNIQUE INDEX users_name ON users (name); ALTER TABLE users REPLICA IDENTITY USING INDEX users_name"),
    case(
        "owner and grants",
        USERS,
        "ALTER TABLE users OWNER TO schema_writer; GRANT SELECT, INSERT ON users TO schema_reader WITH GRANT OPTION; \
         GRANT UPDATE (name) ON users TO PUBLIC; REVOKE TRUNCATE ON users FROM schema_writer",
    ),
    case("empty table", "CREATE TABLE t ()", "ALTER TABLE t ADD COLUMN a integer"),
    case(
        "awkward names",
        "CREATE TABLE \"Select\" (\"a\"\"b\" integer, \"user\" text, \"with space\" integer CHECK (\"with space\" > 0))",
        "ALTER TABLE \"Select\" RENAME \"a\"\"b\" TO \"C\"; ALTER TABLE \"Select\" RENAME TO \"Table\"; CREATE INDEX \"I x\" ON \"Table\" (\"user\")",
    ),
    // indexes
    case("create index", USERS, "CREATE UNIQUE INDEX users_lower ON users (lower(name) text_pattern_ops DESC NULLS LAST) INCLUDE (age) WHERE age > 0; COMMENT ON INDEX users_lower IS 'x'"),
    case(
        "change index",
        "CREATE TABLE t (a integer, b integer); CREATE UNIQUE INDEX t_a ON t (a); CREATE TABLE u (a integer REFERENCES t (a))",
        "ALTER TABLE u DROP CONSTRAINT u_a_fkey; DROP INDEX t_a; CREATE UNIQUE INDEX t_a ON t (a) INCLUDE (b); \
         ALTER TABLE u ADD CONSTRAINT u_a_fkey FOREIGN KEY (a) REFERENCES t (a)",
    ),
    case("rename index", "CREATE TABLE t (a integer); CREATE INDEX t_a ON t (a)", "ALTER INDEX t_a RENAME TO t_b").without(&["CREATE", "DROP"]),
    // views
    case("create views", "SELECT", VIEWS),
    case("add view column", VIEWS, "CREATE OR REPLACE VIEW names AS SELECT name, id FROM adults").with(&["CREATE OR REPLACE VIEW"]).one_way(),
    case("change view's query", VIEWS, "CREATE OR REPLACE VIEW adults WITH (security_barrier = true) AS SELECT id, name, age FROM users WHERE age >= 18").without(&["DROP"]),
    case(
        "remove view column",
        VIEWS,
        "DROP VIEW adults CASCADE; CREATE VIEW adults AS SELECT id, name FROM users; CREATE VIEW names AS SELECT name FROM adults",
    ),
    case("type under views", VIEWS, "DROP MATERIALIZED VIEW counts; DROP VIEW names; DROP VIEW adults; ALTER TABLE users ALTER age TYPE bigint; \
        CREATE VIEW adults WITH (security_barrier = true) AS SELECT id, name, age FROM users WHERE age > 17"),
    case("rename column under views", VIEWS, "ALTER TABLE users RENAME name TO full_name").without(&["DROP", "REPLACE"]),
    case("rename table under views", VIEWS, "ALTER TABLE users RENAME TO people").without(&["DROP", "REPLACE"]),
    case("rename view", VIEWS, "ALTER VIEW adults RENAME TO grown_ups; ALTER MATERIALIZED VIEW counts RENAME TO numbers").without(&["DROP", "REPLACE"]),
    case(
        "view options",
        VIEWS,
        "ALTER VIEW adults RESET (security_barrier); ALTER VIEW names SET (check_option = 'local'); ALTER VIEW names ALTER name SET DEFAULT 'x'; \
         COMMENT ON COLUMN names.name IS 'n'; ALTER VIEW names OWNER TO schema_writer; REVOKE SELECT ON names FROM schema_reader",
    ),
    case(
        "change materialized view",
        VIEWS,
        "DROP MATERIALIZED VIEW counts; CREATE MATERIALIZED VIEW counts AS SELECT count(*) AS n FROM users; CREATE UNIQUE INDEX counts_n ON counts (n)",
    ),
    case("materialized view's options", VIEWS, "ALTER MATERIALIZED VIEW counts SET (fillfactor = 80); COMMENT ON MATERIALIZED VIEW counts IS 'x'").without(&["DROP"]),
    case(
        "view and function in a row",
        "CREATE TABLE t (a integer); CREATE VIEW v AS SELECT a FROM t; CREATE FUNCTION f() RETURNS SETOF v LANGUAGE sql AS $$ SELECT * FROM v $$; \
         CREATE VIEW w AS SELECT a FROM f()",
        "DROP VIEW v CASCADE; ALTER TABLE t ALTER a TYPE bigint; CREATE VIEW v AS SELECT a FROM t; \
         CREATE FUNCTION f() RETURNS SETOF v LANGUAGE sql AS $$ SELECT * FROM v $$; CREATE VIEW w AS SELECT a FROM f()",
    ),
    case(
        "view and function in a circle",
        "SELECT",
        "CREATE VIEW v AS SELECT 1 AS a; CREATE FUNCTION f(v) RETURNS integer LANGUAGE sql AS 'SELECT 1'; CREATE OR REPLACE VIEW v AS SELECT f(NULL) AS a; \
         COMMENT ON COLUMN v.a IS 'round'; ALTER VIEW v ALTER a SET DEFAULT 1",
    ),
    case(
        "key under a grouping view",
        "CREATE TABLE t (id integer PRIMARY KEY, a text); CREATE VIEW v AS SELECT id, a, count(*) AS n FROM t GROUP BY id",
        "DROP VIEW v; ALTER TABLE t DROP CONSTRAINT t_pkey, ADD CONSTRAINT t_key PRIMARY KEY (id) INCLUDE (a); \
         CREATE VIEW v AS SELECT id, a, count(*) AS n FROM t GROUP BY id",
    ),
    // routines
    case("create functions", "SELECT", FUNCTIONS),
    case("drop functions", FUNCTIONS, "DROP FUNCTION shout CASCADE; DROP FUNCTION touch CASCADE"),
    case("change function's body", FUNCTIONS, "CREATE OR REPLACE FUNCTION shout(t text) RETURNS text LANGUAGE sql IMMUTABLE AS $$ SELECT upper(t) || '!' $$").without(&["DROP"]),
    case("rename function", FUNCTIONS, "ALTER FUNCTION shout RENAME TO yell; ALTER FUNCTION touch() SET SCHEMA app").without(&["DROP", "ADD CONSTRAINT", "CREATE TRIGGER"]),
    case(
        "change function's parameter",
        FUNCTIONS,
        "DROP FUNCTION shout(text) CASCADE; CREATE FUNCTION shout(what text) RETURNS text LANGUAGE sql IMMUTABLE AS $$ SELECT upper(what) $$; \
         ALTER TABLE users ALTER loud SET DEFAULT shout('hi'); ALTER TABLE users ADD CONSTRAINT loud_enough CHECK (shout(name) <> ''); \
         CREATE INDEX users_shout ON users (shout(name)); CREATE VIEW shouts AS SELECT shout(name) AS s FROM users",
    ),
    case(
        "default of a parameter",
        "CREATE FUNCTION f(a integer DEFAULT 1) RETURNS integer LANGUAGE sql AS 'SELECT a'",
        "DROP FUNCTION f; CREATE FUNCTION f(a integer) RETURNS integer LANGUAGE sql AS 'SELECT a'",
    ),
    case(
        "function properties",
        FUNCTIONS,
        "REVOKE EXECUTE ON FUNCTION shout FROM PUBLIC; GRANT EXECUTE ON FUNCTION shout TO schema_reader; ALTER FUNCTION touch() OWNER TO schema_writer; \
         COMMENT ON FUNCTION shout IS 'loud'; ALTER FUNCTION shout SET search_path = public, pg_temp",
    ),
    case(
        "procedures and overloads",
        "CREATE PROCEDURE p(INOUT a integer) LANGUAGE sql AS 'SELECT 1'; CREATE FUNCTION f(a integer) RETURNS integer LANGUAGE sql AS 'SELECT 1'; \
         CREATE FUNCTION f(a text) RETURNS integer LANGUAGE sql AS 'SELECT 1'",
        "ALTER PROCEDURE p RENAME TO q; COMMENT ON PROCEDURE q IS 'x'; REVOKE EXECUTE ON PROCEDURE q FROM PUBLIC; ALTER FUNCTION f(text) RENAME TO g; DROP FUNCTION f(integer)",
    ),
    case(
        "function that returns rows of a table whose default calls it",
        "CREATE TABLE t (a integer); CREATE FUNCTION f(r t) RETURNS integer LANGUAGE sql AS 'SELECT 1'; \
         CREATE FUNCTION g() RETURNS integer LANGUAGE sql BEGIN ATOMIC SELECT max(a) FROM t; END; \
         ALTER TABLE t ALTER a SET DEFAULT g(); ALTER TABLE t ADD CONSTRAINT c CHECK (f(NULL) IS NOT NULL)",
        "DROP TABLE t CASCADE",
    ),
    case(
        "column type under an atomic function",
        "CREATE TABLE t (a integer, b integer); CREATE FUNCTION g() RETURNS bigint LANGUAGE sql BEGIN ATOMIC SELECT max(a)::bigint FROM t; END",
        "DROP FUNCTION g; ALTER TABLE t ALTER a TYPE bigint; CREATE FUNCTION g() RETURNS bigint LANGUAGE sql BEGIN ATOMIC SELECT max(a)::bigint FROM t; END",
    ),
    // triggers
    case("change trigger", FUNCTIONS, "DROP TRIGGER touch ON users; CREATE TRIGGER touch AFTER INSERT ON users FOR EACH STATEMENT EXECUTE FUNCTION touch(); COMMENT ON TRIGGER touch ON users IS 'x'"),
    case("rename trigger and column", FUNCTIONS, "ALTER TRIGGER touch ON users RENAME TO feel; ALTER TABLE users RENAME name TO title").without(&["CREATE TRIGGER"]),
    case("trigger state", FUNCTIONS, "ALTER TABLE users DISABLE TRIGGER touch"),
    case("type under trigger", FUNCTIONS, "DROP VIEW shouts; DROP TRIGGER touch ON users; ALTER TABLE users ALTER name TYPE varchar(80); \
        CREATE TRIGGER touch BEFORE INSERT OR UPDATE OF name ON users FOR EACH ROW WHEN (new.name IS NOT NULL) EXECUTE FUNCTION touch()"),
    case("constraint trigger", FUNCTIONS, "CREATE CONSTRAINT TRIGGER late AFTER INSERT ON users DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION touch(); ALTER TABLE users ENABLE ALWAYS TRIGGER late"),
    case(
        "trigger on a view",
        VIEWS,
        "CREATE FUNCTION put() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RETURN new; END $$; \
         CREATE TRIGGER put INSTEAD OF INSERT ON names FOR EACH ROW EXECUTE FUNCTION put()",
    ),
    // types
    case("create enum", "SELECT", MOOD),
    case("drop enum", MOOD, "DROP VIEW happy; DROP FUNCTION cheer; DROP TABLE people; DROP TYPE mood"),
    case("add label", MOOD, "ALTER TYPE mood ADD VALUE 'meh' BEFORE 'ok'").with(&["ADD VALUE 'meh' BEFORE 'ok'"]),
    case("add labels", MOOD, "ALTER TYPE mood ADD VALUE 'awful' BEFORE 'sad'; ALTER TYPE mood ADD VALUE 'it''s great'; ALTER TYPE mood ADD VALUE 'worse' AFTER 'awful'"),
    case("rename label", MOOD, "ALTER TYPE mood RENAME VALUE 'happy' TO 'glad'").with(&["RENAME VALUE 'happy' TO 'glad'"]).without(&["DROP TYPE"]),
    case("add label and use it", MOOD, "ALTER TYPE mood ADD VALUE 'great'; COMMIT; ALTER TABLE people ALTER mood SET DEFAULT 'great'"),
    case(
        "remove label by another type of the name",
        MOOD,
        "DROP VIEW happy; DROP FUNCTION cheer; DROP INDEX people_happy; ALTER TABLE people DROP CONSTRAINT people_mood_check; \
         CREATE TYPE new_mood AS ENUM ('ok', 'happy', 'sad', 'new'); \
         ALTER TABLE people ALTER mood DROP DEFAULT, ALTER mood TYPE new_mood USING mood::text::new_mood, ALTER mood SET DEFAULT 'ok', \
           ALTER moods DROP DEFAULT, ALTER moods TYPE new_mood[] USING moods::text[]::new_mood[], ALTER moods SET DEFAULT '{sad}'; \
         DROP TYPE mood; ALTER TYPE new_mood RENAME TO mood",
    ),
    case(
        "change a domain's base",
        "CREATE DOMAIN amount AS integer CHECK (VALUE > 0); CREATE TABLE t (a amount DEFAULT 1, b amount[]); CREATE VIEW v AS SELECT a FROM t; INSERT INTO t VALUES (3, '{4}')",
        "DROP VIEW v; ALTER DOMAIN amount RENAME TO old_amount; CREATE DOMAIN amount AS bigint CHECK (VALUE > 0); \
         ALTER TABLE t ALTER a DROP DEFAULT, ALTER a TYPE amount, ALTER a SET DEFAULT 1, ALTER b TYPE amount[] USING b::bigint[]::amount[]; DROP DOMAIN old_amount; \
         CREATE VIEW v AS SELECT a FROM t",
    ),
    case("replace sequence", USERS, "ALTER TABLE users ALTER id DROP DEFAULT; DROP SEQUENCE users_id_seq; CREATE SEQUENCE users_id_seq START 50; \
        ALTER TABLE users ALTER id SET DEFAULT nextval('users_id_seq')"),
    case("rename type", MOOD, "ALTER TYPE mood RENAME TO feeling").without(&["DROP"]),
    case("move type", MOOD, "ALTER TYPE mood SET SCHEMA app").without(&["DROP"]),
    case(
        "domain",
        "CREATE DOMAIN positive AS integer CHECK (VALUE > 0); CREATE TABLE t (a positive)",
        "ALTER DOMAIN positive SET DEFAULT 1; ALTER DOMAIN positive SET NOT NULL; ALTER DOMAIN positive ADD CONSTRAINT small CHECK (VALUE < 10); \
         ALTER DOMAIN positive ADD CONSTRAINT odd CHECK (VALUE % 2 = 1) NOT VALID; ALTER DOMAIN positive RENAME CONSTRAINT positive_check TO above; \
         COMMENT ON CONSTRAINT above ON DOMAIN positive IS 'x'; ALTER DOMAIN positive OWNER TO schema_writer; GRANT USAGE ON DOMAIN positive TO schema_reader",
    ),
    case(
        "domain's check",
        "CREATE DOMAIN positive AS integer CONSTRAINT c CHECK (VALUE > 0)",
        "ALTER DOMAIN positive DROP CONSTRAINT c; ALTER DOMAIN positive ADD CONSTRAINT c CHECK (VALUE > 1); COMMENT ON DOMAIN positive IS 'more'",
    ),
    case(
        "composite",
        "CREATE TYPE pair AS (a integer, b text COLLATE \"C\")",
        "ALTER TYPE pair ADD ATTRIBUTE c numeric(5,1), DROP ATTRIBUTE b, ALTER ATTRIBUTE a TYPE bigint; ALTER TYPE pair RENAME ATTRIBUTE a TO x; \
         COMMENT ON COLUMN pair.x IS 'first'; REVOKE USAGE ON TYPE pair FROM PUBLIC",
    ),
    case("composite in a table", "CREATE TYPE pair AS (a integer, b text); CREATE TABLE t (p pair, ps pair[])", "ALTER TYPE pair RENAME ATTRIBUTE a TO x; ALTER TYPE pair RENAME TO couple"),
    // sequences
    case("create sequence", "SELECT", "CREATE SEQUENCE s; CREATE SEQUENCE d AS smallint INCREMENT -2 CYCLE; CREATE SEQUENCE b START 5 MINVALUE 3 MAXVALUE 9 CACHE 2"),
    case(
        "alter sequence",
        "CREATE SEQUENCE s; CREATE TABLE t (a bigint)",
        "ALTER SEQUENCE s AS integer INCREMENT 5 MINVALUE -10 MAXVALUE 1000 START 5 CACHE 3 CYCLE; ALTER SEQUENCE s OWNED BY t.a; \
         COMMENT ON SEQUENCE s IS 'x'; GRANT USAGE ON SEQUENCE s TO schema_reader",
    ),
    case("own and disown sequence", "CREATE TABLE t (a serial)", "ALTER SEQUENCE t_a_seq OWNED BY NONE; ALTER TABLE t ALTER a DROP DEFAULT; ALTER SEQUENCE t_a_seq RENAME TO other"),
    case("owner of a serial's table", USERS, "ALTER TABLE users OWNER TO schema_writer"),
    case(
        "drop the owner of a sequence that stays",
        "CREATE SEQUENCE s; CREATE TABLE t (a bigint); ALTER SEQUENCE s OWNED BY t.a; CREATE SEQUENCE r; CREATE TABLE u (a bigint, b bigint); ALTER SEQUENCE r OWNED BY u.a",
        "ALTER SEQUENCE s OWNED BY NONE; DROP TABLE t; ALTER SEQUENCE r OWNED BY u.b; ALTER TABLE u DROP COLUMN a",
    )
    .without(&["DROP SEQUENCE"]),
    case(
        "drop a column with what is generated from it",
        "CREATE TABLE t (a integer, b integer, c integer GENERATED ALWAYS AS (a + b) STORED)",
        "ALTER TABLE t DROP COLUMN a CASCADE",
    ),
    case(
        "text becomes something else",
        "CREATE TYPE mood AS ENUM ('sad', 'ok'); CREATE TABLE t (a text DEFAULT '1', b varchar(5), c text); INSERT INTO t VALUES ('1', 'ok', '{}')",
        "ALTER TABLE t ALTER a DROP DEFAULT, ALTER a TYPE integer USING a::integer, ALTER b TYPE mood USING b::mood, ALTER c TYPE jsonb USING c::jsonb",
    ),
    // schemas
    case("create schema", "SELECT", "CREATE SCHEMA \"App\"; COMMENT ON SCHEMA \"App\" IS 'x'; GRANT USAGE ON SCHEMA \"App\" TO schema_reader; CREATE TABLE \"App\".t (a integer)"),
    case("rename schema", "CREATE TABLE app.t (id serial PRIMARY KEY); CREATE VIEW v AS SELECT id FROM app.t", "ALTER SCHEMA app RENAME TO \"App\"").without(&["DROP", "SET SCHEMA"]),
    case("drop schema", "CREATE TABLE app.t (a integer)", "DROP SCHEMA app CASCADE"),
];
