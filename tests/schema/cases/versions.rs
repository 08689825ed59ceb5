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
        "ALTER TABLE t ALTER b SET EXPRESSION AS (a + 2)").since(17),
    case("the right to maintain", "CREATE TABLE t (a integer)", "GRANT MAINTAIN ON t TO schema_reader").since(17),
    case("virtual columns", "CREATE TABLE t (a integer, b integer GENERATED ALWAYS AS (a + 1) VIRTUAL)",
        "ALTER TABLE t ALTER b SET EXPRESSION AS (a + 2), ADD c integer GENERATED ALWAYS AS (a * 2)").since(18),
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
];
