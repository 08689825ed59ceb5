//! Types and routines: what PostgreSQL can alter, what it can only replace, and what stands on either.

use super::{Case, case};

/// Everything that can call a function without knowing it by a string.
const CALLED: &str = "CREATE FUNCTION fits(n integer) RETURNS boolean LANGUAGE sql IMMUTABLE AS 'SELECT n > 0'; \
    CREATE DOMAIN size AS integer DEFAULT 1 CONSTRAINT fits CHECK (fits(VALUE)); COMMENT ON CONSTRAINT fits ON DOMAIN size IS 'it does'; \
    CREATE TABLE boxes (id integer PRIMARY KEY, s size, n integer CHECK (fits(n)), fine boolean GENERATED ALWAYS AS (fits(n)) STORED, b boolean DEFAULT fits(1)); \
    CREATE INDEX boxes_fit ON boxes (fits(n)); CREATE VIEW fitting AS SELECT id FROM boxes WHERE fits(n); \
    CREATE FUNCTION all_fit() RETURNS boolean LANGUAGE sql BEGIN ATOMIC SELECT bool_and(fits(n)) FROM boxes; END; \
    INSERT INTO boxes VALUES (1, 2, 3)";

pub const CASES: &[Case] = &[
    // routines
    case(
        "every attribute of a function",
        "CREATE FUNCTION f(a integer) RETURNS integer LANGUAGE sql AS 'SELECT a'; \
         CREATE FUNCTION g(a integer) RETURNS SETOF integer LANGUAGE sql AS 'SELECT a'",
        "ALTER FUNCTION f IMMUTABLE LEAKPROOF STRICT PARALLEL SAFE COST 7 SECURITY DEFINER SET search_path = app, public SET work_mem = '3MB'; \
         ALTER FUNCTION g STABLE PARALLEL RESTRICTED ROWS 3 SET search_path = '' SET application_name = 'public'",
    )
    .without(&["DROP"])
    .with(&["SET search_path TO 'app', 'public'", "SET search_path TO ''"]),
    case(
        "change language and support",
        "CREATE FUNCTION f(t text) RETURNS text LANGUAGE sql STRICT AS 'SELECT lower($1)'",
        "CREATE OR REPLACE FUNCTION f(t text) RETURNS text LANGUAGE internal STRICT IMMUTABLE SUPPORT text_starts_with_support AS 'lower'",
    )
    .without(&["DROP"]),
    case(
        "functions in C",
        "SELECT",
        "CREATE FUNCTION same(a integer, b integer) RETURNS boolean LANGUAGE internal IMMUTABLE AS 'int4eq'; \
         CREATE FUNCTION hashed(text) RETURNS integer LANGUAGE c STRICT AS '$libdir/citext', 'citext_hash'; COMMENT ON FUNCTION same IS 'x'",
    ),
    case(
        "window function",
        "CREATE FUNCTION nth() RETURNS bigint LANGUAGE internal AS 'now'; CREATE TABLE t (a integer)",
        "DROP FUNCTION nth; CREATE FUNCTION nth() RETURNS bigint LANGUAGE internal WINDOW AS 'window_row_number'; \
         CREATE VIEW v AS SELECT nth() OVER (ORDER BY a) AS n FROM t; COMMENT ON FUNCTION nth IS 'which'; ALTER FUNCTION nth OWNER TO schema_writer",
    ),
    case(
        "change a function under everything that calls it",
        CALLED,
        "DROP FUNCTION fits CASCADE; CREATE FUNCTION fits(what integer) RETURNS boolean LANGUAGE sql IMMUTABLE AS 'SELECT what > 1'; \
         ALTER DOMAIN size ADD CONSTRAINT fits CHECK (fits(VALUE)); COMMENT ON CONSTRAINT fits ON DOMAIN size IS 'it does'; \
         ALTER TABLE boxes ADD CHECK (fits(n)), ADD fine boolean GENERATED ALWAYS AS (fits(n)) STORED, ALTER b SET DEFAULT fits(1); \
         CREATE INDEX boxes_fit ON boxes (fits(n)); CREATE VIEW fitting AS SELECT id FROM boxes WHERE fits(n); \
         CREATE FUNCTION all_fit() RETURNS boolean LANGUAGE sql BEGIN ATOMIC SELECT bool_and(fits(n)) FROM boxes; END",
    )
    .without(&["DROP DOMAIN", "DROP TABLE"]),
    case("drop a function with everything that calls it", CALLED, "DROP FUNCTION fits CASCADE").without(&["DROP DOMAIN", "DROP TABLE"]),
    case("rename a function under everything that calls it", CALLED, "ALTER FUNCTION fits RENAME TO suits; ALTER FUNCTION suits SET SCHEMA app")
        .without(&["DROP", "CREATE"]),
    case(
        "another return type",
        "CREATE FUNCTION f() RETURNS integer LANGUAGE sql AS 'SELECT 1'; CREATE VIEW v AS SELECT f() AS f; \
         CREATE FUNCTION g(OUT a integer, OUT b text) LANGUAGE sql AS $$ SELECT 1, 'x' $$; CREATE FUNCTION h() RETURNS TABLE (a integer) LANGUAGE sql AS 'SELECT 1'",
        "DROP FUNCTION f CASCADE; CREATE FUNCTION f() RETURNS bigint LANGUAGE sql AS 'SELECT 1::bigint'; CREATE VIEW v AS SELECT f() AS f; \
         DROP FUNCTION g; CREATE FUNCTION g(OUT a integer, OUT c text) LANGUAGE sql AS $$ SELECT 1, 'x' $$; \
         DROP FUNCTION h; CREATE FUNCTION h() RETURNS TABLE (a integer, b integer) LANGUAGE sql AS 'SELECT 1, 2'",
    ),
    case(
        "defaults of parameters",
        "CREATE FUNCTION f(a integer, b integer DEFAULT 2, c text DEFAULT 'x, DEFAULT') RETURNS integer LANGUAGE sql AS 'SELECT a'; CREATE VIEW v AS SELECT f(1) AS f",
        "CREATE OR REPLACE FUNCTION f(a integer DEFAULT 0, b integer DEFAULT 3, c text DEFAULT 'y') RETURNS integer LANGUAGE sql AS 'SELECT a'",
    ),
    case(
        "overloads of several kinds",
        "CREATE FUNCTION f(integer) RETURNS integer LANGUAGE sql AS 'SELECT 1'; CREATE FUNCTION f(text, VARIADIC integer[]) RETURNS integer LANGUAGE sql AS 'SELECT 2'; \
         CREATE PROCEDURE f(a text) LANGUAGE sql AS 'SELECT 3'; CREATE FUNCTION f() RETURNS integer LANGUAGE sql AS 'SELECT 4'",
        "DROP PROCEDURE f(text); CREATE FUNCTION f(a text) RETURNS text LANGUAGE sql AS 'SELECT a'; ALTER FUNCTION f(integer) RENAME TO g; \
         COMMENT ON FUNCTION f() IS 'none'; CREATE OR REPLACE FUNCTION f(text, VARIADIC integer[]) RETURNS integer LANGUAGE sql AS 'SELECT 5'; \
         CREATE PROCEDURE p(IN a integer, OUT b integer) LANGUAGE sql AS 'SELECT 1'",
    ),
    case(
        "bodies that name types at run time",
        "CREATE TABLE t (a integer)",
        "CREATE FUNCTION f() RETURNS integer LANGUAGE plpgsql AS $$ DECLARE r public.later%ROWTYPE; l public.later[]; c public.later.a%TYPE; \
           BEGIN SELECT * INTO r FROM public.later; RETURN r.a; END $$; CREATE TABLE later (a integer); \
         CREATE FUNCTION g(r later, s later[], n later.a%TYPE) RETURNS SETOF later LANGUAGE sql AS $$ SELECT * FROM public.later $$",
    ),
    case(
        "functions over a table's rows under a change of the table",
        "CREATE TABLE t (a integer, b text); CREATE FUNCTION f(t) RETURNS integer LANGUAGE sql AS 'SELECT $1.a'; \
         CREATE FUNCTION g() RETURNS SETOF t LANGUAGE sql AS 'SELECT * FROM public.t'; CREATE VIEW v AS SELECT f(t) AS f, b FROM t",
        "DROP VIEW v; ALTER TABLE t ALTER a TYPE bigint, ADD c integer; CREATE VIEW v AS SELECT f(t) AS f, b FROM t",
    ),
    // domains
    case(
        "domains of domains, arrays, enums and composites",
        "CREATE TYPE mood AS ENUM ('sad', 'ok'); CREATE TYPE pair AS (a integer, b integer)",
        "CREATE DOMAIN good AS mood CHECK (VALUE <> 'sad'); CREATE DOMAIN better AS good NOT NULL DEFAULT 'ok'; CREATE DOMAIN moods AS mood[] CHECK (cardinality(VALUE) < 4); \
         CREATE DOMAIN ordered AS pair CHECK ((VALUE).a < (VALUE).b); CREATE DOMAIN short AS varchar(3) COLLATE \"C\" CONSTRAINT \"Lower\" CHECK (VALUE = lower(VALUE)) CHECK (VALUE <> ''); \
         CREATE DOMAIN price AS numeric(8, 2); CREATE TABLE t (a better, b moods, c ordered, d short[], e price DEFAULT 1)",
    ),
    case(
        "several checks of a domain",
        "CREATE DOMAIN d AS integer CONSTRAINT a CHECK (VALUE > 0) CONSTRAINT b CHECK (VALUE < 10) CONSTRAINT c CHECK (VALUE <> 5); CREATE TABLE t (d d)",
        "ALTER DOMAIN d RENAME CONSTRAINT a TO z; ALTER DOMAIN d DROP CONSTRAINT b; ALTER DOMAIN d ADD CONSTRAINT b CHECK (VALUE < 20); ALTER DOMAIN d ADD CONSTRAINT e CHECK (VALUE <> 6) NOT VALID",
    )
    .without(&["DROP DOMAIN", "DROP TABLE"]),
    case(
        "a domain's collation",
        "CREATE DOMAIN d AS text COLLATE \"C\"; CREATE TABLE t (d d); INSERT INTO t VALUES ('x')",
        "ALTER TABLE t ALTER d TYPE text; DROP DOMAIN d; CREATE DOMAIN d AS text COLLATE \"POSIX\"; ALTER TABLE t ALTER d TYPE d",
    ),
    case(
        "domain, function and table in a circle",
        "SELECT",
        "CREATE DOMAIN d AS integer; CREATE TABLE t (a d); CREATE FUNCTION f(d) RETURNS boolean LANGUAGE sql AS 'SELECT true'; \
         CREATE FUNCTION known(integer) RETURNS boolean LANGUAGE sql BEGIN ATOMIC SELECT EXISTS (SELECT FROM t WHERE a = $1); END; \
         ALTER DOMAIN d ADD CONSTRAINT c CHECK (known(VALUE::integer)) NOT VALID; ALTER DOMAIN d SET DEFAULT 1; COMMENT ON CONSTRAINT c ON DOMAIN d IS 'round'",
    ),
    case(
        "type and function in a circle",
        "CREATE DOMAIN d AS integer",
        "CREATE FUNCTION f(d) RETURNS boolean LANGUAGE plpgsql AS 'BEGIN RETURN true; END'; ALTER DOMAIN d ADD CHECK (f(VALUE))",
    ),
    // composites
    case(
        "a composite's attributes under a table",
        "CREATE TYPE pair AS (a integer, b text); CREATE TABLE t (p pair, ps pair[]); INSERT INTO t VALUES ((1, 'x'), ARRAY[(2, 'y')::pair])",
        "ALTER TYPE pair ADD ATTRIBUTE c integer; ALTER TYPE pair RENAME ATTRIBUTE a TO z; COMMENT ON COLUMN pair.z IS 'first'",
    )
    .without(&["DROP TYPE"]),
    case(
        "a composite's attribute type under a table",
        "CREATE TYPE pair AS (a integer, b text); CREATE TABLE t (id integer, p pair, ps pair[]); INSERT INTO t VALUES (1, (1, 'x'), ARRAY[(2, 'y')::pair]), (2, NULL, NULL), (3, (NULL, NULL), '{}'); \
         CREATE FUNCTION f(pair) RETURNS integer LANGUAGE sql AS 'SELECT 1'; CREATE VIEW v AS SELECT (p).a FROM t",
        "DROP VIEW v; DROP FUNCTION f; ALTER TABLE t DROP p, DROP ps; ALTER TYPE pair ALTER ATTRIBUTE a TYPE bigint; ALTER TABLE t ADD p pair, ADD ps pair[]; \
         CREATE FUNCTION f(pair) RETURNS integer LANGUAGE sql AS 'SELECT 1'; CREATE VIEW v AS SELECT (p).a FROM t",
    ),
    case(
        "types within types",
        "CREATE TYPE mood AS ENUM ('sad', 'ok'); CREATE TYPE inner_pair AS (m mood, n integer); CREATE TYPE outer_pair AS (i inner_pair, l inner_pair[]); CREATE TABLE t (o outer_pair)",
        "ALTER TYPE mood RENAME TO feeling; ALTER TYPE inner_pair RENAME ATTRIBUTE n TO m2; ALTER TYPE outer_pair SET SCHEMA app; ALTER TYPE feeling ADD VALUE 'fine' AFTER 'sad'",
    )
    .without(&["DROP"]),
    // enums
    case(
        "labels at every position",
        "CREATE TYPE n AS ENUM ('b', 'd'); CREATE TABLE t (n n); INSERT INTO t VALUES ('b')",
        "ALTER TYPE n ADD VALUE 'a' BEFORE 'b'; ALTER TYPE n ADD VALUE 'c' AFTER 'b'; ALTER TYPE n ADD VALUE 'e'",
    ),
    case("an enum without labels", "SELECT", "CREATE TYPE nothing AS ENUM (); CREATE TYPE empty AS (); CREATE TABLE t (a nothing)"),
];
