//! What only later versions of PostgreSQL have.

use super::{Case, case};

pub const CASES: &[Case] = &[
    case("keys where nulls are equal", "CREATE TABLE t (a integer, b integer)",
        "ALTER TABLE t ADD UNIQUE NULLS NOT DISTINCT (a); CREATE UNIQUE INDEX ON t (b) NULLS NOT DISTINCT").since(15),
    case("views that ask whose rights count", "CREATE TABLE t (a integer); CREATE VIEW v WITH (security_invoker = true) AS SELECT a FROM t",
        "CREATE OR REPLACE VIEW v WITH (security_invoker = false) AS SELECT a, a AS b FROM t").since(15),
    case("foreign keys that set some columns to null",
        "CREATE TABLE parents (a integer, b integer, PRIMARY KEY (a, b)); CREATE TABLE children (a integer, b integer)",
        "ALTER TABLE children ADD FOREIGN KEY (a, b) REFERENCES parents ON DELETE SET NULL (b)").since(15),
    case("unlogged sequences", "CREATE UNLOGGED SEQUENCE s; CREATE SEQUENCE r", "ALTER SEQUENCE s SET LOGGED; ALTER SEQUENCE r SET UNLOGGED").since(15),
    case("storage in CREATE TABLE", "CREATE TABLE t (a text STORAGE EXTERNAL COMPRESSION pglz)", "ALTER TABLE t ALTER a SET STORAGE DEFAULT").since(16),
    case("another generated expression", "CREATE TABLE t (a integer, b integer GENERATED ALWAYS AS (a + 1) STORED); CREATE INDEX ON t (b)",
        "ALTER TABLE t ALTER b SET EXPRESSION AS (a + 2)").since(17)
        .with(&["ALTER COLUMN b SET EXPRESSION AS ((a + 2))"]).without(&["COLUMN b DROP", "DROP COLUMN", "ADD"]),
    case("another generated expression under everything",
        "CREATE TABLE t (a integer, b integer NOT NULL UNIQUE CHECK (b > 0) GENERATED ALWAYS AS (a + 1) STORED, c text); CREATE VIEW v AS SELECT b FROM t; \
         CREATE FUNCTION fired() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RETURN new; END $$; \
         CREATE TRIGGER on_b AFTER UPDATE OF b ON t FOR EACH ROW EXECUTE FUNCTION fired(); INSERT INTO t (a) VALUES (1)",
        "ALTER TABLE t RENAME b TO bb; ALTER TABLE t ALTER bb SET EXPRESSION AS (a + 2); COMMENT ON COLUMN t.bb IS 'two more'").since(17)
        .with(&["ALTER COLUMN bb SET EXPRESSION AS ((a + 2))"]).without(&["DROP", "ADD"]),
    case("another generated expression of what comes and goes",
        "CREATE DOMAIN d AS integer; CREATE FUNCTION one() RETURNS integer LANGUAGE sql IMMUTABLE AS 'SELECT 1'; \
         CREATE TABLE t (a integer, old integer, b integer GENERATED ALWAYS AS (old::d) STORED, c integer GENERATED ALWAYS AS (one() + 1) STORED)",
        "CREATE FUNCTION two() RETURNS integer LANGUAGE sql IMMUTABLE AS 'SELECT 2'; ALTER TABLE t ADD new integer; \
         ALTER TABLE t ALTER b SET EXPRESSION AS (new), ALTER c SET EXPRESSION AS (two()); ALTER TABLE t DROP old; DROP DOMAIN d; DROP FUNCTION one()").since(17),
    case("another generated expression of parents",
        "CREATE TABLE t (a integer, b integer GENERATED ALWAYS AS (a + 1) STORED) PARTITION BY LIST (a); CREATE TABLE p PARTITION OF t FOR VALUES IN (1); \
         CREATE TABLE parent (a integer, b integer GENERATED ALWAYS AS (a + 1) STORED); CREATE TABLE child (c integer) INHERITS (parent)",
        "ALTER TABLE t ALTER b SET EXPRESSION AS (a + 2); ALTER TABLE parent ALTER b SET EXPRESSION AS (a + 2)").since(17).without(&["DROP", "child", "public.p "]),
    case("names of domains' NOT NULL",
        "CREATE DOMAIN d AS integer CONSTRAINT one NOT NULL; CREATE DOMAIN e AS integer; CREATE DOMAIN f AS integer NOT NULL; CREATE DOMAIN g AS integer NOT NULL",
        "ALTER DOMAIN d RENAME CONSTRAINT one TO two; COMMENT ON CONSTRAINT two ON DOMAIN d IS 'two'; ALTER DOMAIN e ADD CONSTRAINT three NOT NULL; \
         ALTER DOMAIN f RENAME TO ff; ALTER DOMAIN g RENAME TO gg; ALTER DOMAIN gg RENAME CONSTRAINT g_not_null TO gg_not_null").since(17),
    case("the right to maintain", "CREATE TABLE t (a integer)", "GRANT MAINTAIN ON t TO schema_reader").since(17),
    case("virtual columns", "CREATE TABLE t (a integer, b integer GENERATED ALWAYS AS (a + 1) VIRTUAL)",
        "ALTER TABLE t ALTER b SET EXPRESSION AS (a + 2), ADD c integer GENERATED ALWAYS AS (a * 2)").since(18)
        .with(&["ALTER COLUMN b SET EXPRESSION AS ((a + 2))"]),
    case("virtual columns of tables with checks", "CREATE TABLE t (a integer CHECK (a > 0), b integer GENERATED ALWAYS AS (a + 1) VIRTUAL)",
        "ALTER TABLE t DROP b, ADD b integer GENERATED ALWAYS AS (a + 2) VIRTUAL").since(18),
    case("virtual columns that are stored", "CREATE TABLE t (a integer, b integer GENERATED ALWAYS AS (a + 1) VIRTUAL, c integer GENERATED ALWAYS AS (a + 1) STORED)",
        "ALTER TABLE t DROP b, DROP c; ALTER TABLE t ADD b integer GENERATED ALWAYS AS (a + 2) STORED, ADD c integer GENERATED ALWAYS AS (a + 2) VIRTUAL").since(18),
    case("constraints that are not enforced", "CREATE TABLE u (id integer PRIMARY KEY); CREATE TABLE t (a integer, CHECK (a > 1) NOT ENFORCED)",
        "ALTER TABLE t ADD CONSTRAINT to_u FOREIGN KEY (a) REFERENCES u NOT ENFORCED; ALTER TABLE t ADD CONSTRAINT small CHECK (a < 9) NOT ENFORCED").since(18),
    case("keys of periods", "CREATE TABLE t (a int4range, b daterange, PRIMARY KEY (a, b WITHOUT OVERLAPS)); CREATE TABLE u (a int4range, b daterange)",
        "ALTER TABLE u ADD CONSTRAINT in_t FOREIGN KEY (a, PERIOD b) REFERENCES t (a, PERIOD b); ALTER TABLE u ADD UNIQUE (a, b WITHOUT OVERLAPS)").since(18),
    case("names of NOT NULL", "CREATE TABLE t (a integer NOT NULL, b integer CONSTRAINT b_is_there NOT NULL, c integer)",
        "ALTER TABLE t ALTER a DROP NOT NULL; ALTER TABLE t ADD CONSTRAINT c_is_there NOT NULL c; ALTER TABLE t RENAME b TO bb").since(18)
        .with(&["ADD CONSTRAINT c_is_there NOT NULL c"]),
    case("names of NOT NULL stay when what they are of is renamed",
        "CREATE TABLE t (a integer NOT NULL, b integer PRIMARY KEY, c integer CONSTRAINT c_is_there NOT NULL)",
        "ALTER TABLE t RENAME TO u; ALTER TABLE u RENAME a TO aa").since(18).without(&["CONSTRAINT"]),
    case("names of NOT NULL follow what they are of",
        "CREATE TABLE t (a integer NOT NULL, b integer PRIMARY KEY)",
        "ALTER TABLE t RENAME TO u; ALTER TABLE u RENAME CONSTRAINT t_a_not_null TO u_a_not_null; ALTER TABLE u RENAME CONSTRAINT t_b_not_null TO b_is_there")
        .since(18).with(&["RENAME CONSTRAINT t_a_not_null TO u_a_not_null", "RENAME CONSTRAINT t_b_not_null TO b_is_there"]),
    case("names of NOT NULL are swapped", "CREATE TABLE t (a integer CONSTRAINT one NOT NULL, b integer CONSTRAINT two NOT NULL)",
        "ALTER TABLE t RENAME CONSTRAINT one TO three; ALTER TABLE t RENAME CONSTRAINT two TO one; ALTER TABLE t RENAME CONSTRAINT three TO two").since(18),
    case("names of NOT NULL of partitions and children",
        "CREATE TABLE t (a integer NOT NULL, b integer CONSTRAINT b_is_there NOT NULL) PARTITION BY LIST (a); CREATE TABLE p PARTITION OF t FOR VALUES IN (1); \
         CREATE TABLE parent (a integer NOT NULL); CREATE TABLE child (b integer NOT NULL) INHERITS (parent)",
        "ALTER TABLE t RENAME CONSTRAINT b_is_there TO b_is_set; ALTER TABLE p RENAME TO q; ALTER TABLE parent RENAME CONSTRAINT parent_a_not_null TO a_is_there").since(18),
    case("names of NOT NULL of columns made anew", "CREATE TABLE t (a integer, b integer CONSTRAINT b_is_there NOT NULL GENERATED ALWAYS AS (a + 1) STORED)",
        "ALTER TABLE t DROP b, ADD b text CONSTRAINT b_is_here NOT NULL GENERATED ALWAYS AS ('b') STORED, ALTER a TYPE bigint").since(18),
    case("names of NOT NULL that another table took", "CREATE TABLE t (a integer NOT NULL); CREATE TABLE copy (LIKE t)", "CREATE TABLE second (LIKE t)").since(18),
    case("comments on NOT NULL", "CREATE TABLE t (a integer NOT NULL, b integer NOT NULL, c integer); COMMENT ON CONSTRAINT t_a_not_null ON t IS 'a'",
        "COMMENT ON CONSTRAINT t_a_not_null ON t IS 'there'; COMMENT ON CONSTRAINT t_b_not_null ON t IS 'b'; \
         ALTER TABLE t ADD CONSTRAINT c_is_there NOT NULL c; COMMENT ON CONSTRAINT c_is_there ON t IS 'c'").since(18),
    case("NOT NULL of a table alone",
        "CREATE TABLE t (a integer NOT NULL NO INHERIT, b integer NOT NULL, c integer, d integer CONSTRAINT filled NOT NULL NO INHERIT); CREATE TABLE child (e integer) INHERITS (t)",
        "ALTER TABLE t ALTER CONSTRAINT t_a_not_null INHERIT; ALTER TABLE t ADD CONSTRAINT c_alone NOT NULL c NO INHERIT; ALTER TABLE t ALTER d DROP NOT NULL; \
         ALTER TABLE t ADD f integer NOT NULL NO INHERIT").since(18),
    case("NOT NULL of a table alone from now on", "CREATE TABLE t (a integer NOT NULL, b integer CONSTRAINT filled NOT NULL)",
        "ALTER TABLE t ALTER CONSTRAINT t_a_not_null NO INHERIT; ALTER TABLE t ALTER CONSTRAINT filled NO INHERIT; ALTER TABLE t RENAME CONSTRAINT filled TO set").since(18)
        .with(&["ALTER CONSTRAINT t_a_not_null NO INHERIT", "ALTER CONSTRAINT set NO INHERIT"]).without(&["DROP"]),
    case("NOT NULL that is not valid",
        "CREATE TABLE t (a integer, b integer NOT NULL, c integer, d integer CONSTRAINT filled NOT NULL); ALTER TABLE t ADD CONSTRAINT late NOT NULL a NOT VALID; \
         COMMENT ON CONSTRAINT late ON t IS 'some day'",
        "ALTER TABLE t VALIDATE CONSTRAINT late; ALTER TABLE t ADD NOT NULL c NO INHERIT NOT VALID; ALTER TABLE t ALTER b DROP NOT NULL; ALTER TABLE t ADD NOT NULL b NOT VALID; \
         ALTER TABLE t ALTER d DROP NOT NULL; ALTER TABLE t ADD CONSTRAINT filled NOT NULL d NOT VALID; COMMENT ON CONSTRAINT filled ON t IS 'some day'; \
         ALTER TABLE t ADD e integer; ALTER TABLE t ADD CONSTRAINT e_late NOT NULL e NOT VALID").since(18)
        .with(&["VALIDATE CONSTRAINT late"]),
    case("NOT NULL that is not valid with other names", "CREATE TABLE t (a integer, b integer); ALTER TABLE t ADD CONSTRAINT late NOT NULL a NOT VALID; ALTER TABLE t ADD NOT NULL b NOT VALID",
        "ALTER TABLE t RENAME TO u; ALTER TABLE u RENAME a TO aa; ALTER TABLE u RENAME CONSTRAINT late TO later; ALTER TABLE u VALIDATE CONSTRAINT later; ALTER TABLE u VALIDATE CONSTRAINT t_b_not_null").since(18),
    case("NOT NULL that is not valid before there is a key", "CREATE TABLE t (a integer, b integer PRIMARY KEY); ALTER TABLE t ADD NOT NULL a NOT VALID",
        "ALTER TABLE t DROP CONSTRAINT t_pkey; ALTER TABLE t VALIDATE CONSTRAINT t_a_not_null; ALTER TABLE t ADD PRIMARY KEY (a); ALTER TABLE t ALTER b DROP NOT NULL; ALTER TABLE t ADD NOT NULL b NOT VALID").since(18),
    case("NOT NULL that is not valid in partitions",
        "CREATE TABLE t (a integer, b integer, c integer) PARTITION BY LIST (a); CREATE TABLE p PARTITION OF t FOR VALUES IN (1); ALTER TABLE t ADD CONSTRAINT late NOT NULL b NOT VALID; \
         CREATE TABLE q PARTITION OF t FOR VALUES IN (2); CREATE TABLE parent (a integer); CREATE TABLE child (b integer) INHERITS (parent); ALTER TABLE parent ADD NOT NULL a NOT VALID",
        "ALTER TABLE t VALIDATE CONSTRAINT late; ALTER TABLE t ADD CONSTRAINT later NOT NULL c NOT VALID; ALTER TABLE p VALIDATE CONSTRAINT later; ALTER TABLE parent VALIDATE CONSTRAINT parent_a_not_null").since(18),
];
