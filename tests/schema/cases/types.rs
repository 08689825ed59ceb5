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
    .since(15)
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

const MOODS: &str = "CREATE TYPE mood AS ENUM ('sad', 'ok', 'happy'); \
    CREATE FUNCTION eq(mood, mood) RETURNS boolean LANGUAGE internal IMMUTABLE STRICT AS 'enum_eq'; \
    CREATE FUNCTION ne(mood, mood) RETURNS boolean LANGUAGE internal IMMUTABLE STRICT AS 'enum_ne'; \
    CREATE FUNCTION lt(mood, mood) RETURNS boolean LANGUAGE internal IMMUTABLE STRICT AS 'enum_lt'; \
    CREATE FUNCTION gt(mood, mood) RETURNS boolean LANGUAGE internal IMMUTABLE STRICT AS 'enum_gt'; \
    CREATE FUNCTION cmp(mood, mood) RETURNS integer LANGUAGE internal IMMUTABLE STRICT AS 'enum_cmp'; \
    CREATE FUNCTION hash(mood) RETURNS integer LANGUAGE internal IMMUTABLE STRICT AS 'hashenum'";

const OPERATORS: &str = "CREATE TYPE mood AS ENUM ('sad', 'ok', 'happy'); \
    CREATE FUNCTION eq(mood, mood) RETURNS boolean LANGUAGE internal IMMUTABLE STRICT AS 'enum_eq'; \
    CREATE FUNCTION lt(mood, mood) RETURNS boolean LANGUAGE internal IMMUTABLE STRICT AS 'enum_lt'; \
    CREATE FUNCTION cmp(mood, mood) RETURNS integer LANGUAGE internal IMMUTABLE STRICT AS 'enum_cmp'; \
    CREATE OPERATOR === (FUNCTION = eq, LEFTARG = mood, RIGHTARG = mood, COMMUTATOR = ===); \
    CREATE OPERATOR <<< (FUNCTION = lt, LEFTARG = mood, RIGHTARG = mood); \
    CREATE OPERATOR CLASS by_mood FOR TYPE mood USING btree AS OPERATOR 1 <<<, OPERATOR 3 ===, FUNCTION 1 cmp(mood, mood); \
    CREATE TABLE t (id integer PRIMARY KEY, m mood CHECK (m === 'ok' OR m <<< 'ok'), same boolean DEFAULT ('ok'::mood === 'ok'), \
      low boolean GENERATED ALWAYS AS (m <<< 'ok') STORED, EXCLUDE USING btree (m by_mood WITH ===)); \
    CREATE INDEX t_m ON t (m by_mood) WHERE m === 'ok'; CREATE VIEW v AS SELECT id FROM t WHERE m === 'ok' ORDER BY m USING <<<; \
    CREATE FUNCTION ok_ones() RETURNS bigint LANGUAGE sql BEGIN ATOMIC SELECT count(*) FROM t WHERE m === 'ok'; END; \
    INSERT INTO t VALUES (1, 'ok')";

const SEARCH: &str = "CREATE TEXT SEARCH DICTIONARY stems (TEMPLATE = snowball, Language = english, StopWords = english); \
    CREATE TEXT SEARCH DICTIONARY plain (TEMPLATE = simple); \
    CREATE TEXT SEARCH CONFIGURATION search (PARSER = \"default\"); \
    ALTER TEXT SEARCH CONFIGURATION search ADD MAPPING FOR asciiword, word WITH stems, plain; ALTER TEXT SEARCH CONFIGURATION search ADD MAPPING FOR email WITH simple; \
    CREATE TABLE docs (body text, v tsvector GENERATED ALWAYS AS (to_tsvector('search', body)) STORED); \
    CREATE INDEX docs_body ON docs USING gin (to_tsvector('public.search'::regconfig, body)); \
    CREATE VIEW words AS SELECT to_tsvector('public.search', body) AS v, ts_lexize('public.stems', body) AS l FROM docs; INSERT INTO docs VALUES ('stars')";

pub const KINDS: &[Case] = &[
    // ranges
    case(
        "create ranges",
        MOODS,
        "CREATE FUNCTION apart(integer, integer) RETURNS float8 LANGUAGE sql IMMUTABLE AS 'SELECT ($1 - $2)::float8'; \
         CREATE OPERATOR <<< (FUNCTION = lt, LEFTARG = mood, RIGHTARG = mood); CREATE OPERATOR CLASS moods FOR TYPE mood USING btree AS OPERATOR 1 <<<, FUNCTION 1 cmp(mood, mood); \
         CREATE TYPE span AS RANGE (SUBTYPE = integer, SUBTYPE_DIFF = apart, MULTIRANGE_TYPE_NAME = \"Spans\"); \
         CREATE TYPE words AS RANGE (SUBTYPE = text, COLLATION = \"C\", SUBTYPE_OPCLASS = text_pattern_ops); CREATE TYPE moods AS RANGE (SUBTYPE = mood, SUBTYPE_OPCLASS = moods); \
         COMMENT ON TYPE span IS 'from to'; ALTER TYPE span OWNER TO schema_writer; GRANT USAGE ON TYPE span TO schema_reader; \
         CREATE DOMAIN short AS span CHECK (upper(VALUE) - lower(VALUE) < 9); CREATE TYPE spanned AS (s span, m \"Spans\"); \
         CREATE TABLE t (s span, ss span[], m \"Spans\", d short, w words, ms moods, EXCLUDE USING gist (s WITH &&)); \
         CREATE VIEW v AS SELECT range_agg(s) AS all_of, span(1, 2) AS one FROM t; CREATE FUNCTION f(span, \"Spans\") RETURNS span LANGUAGE sql AS 'SELECT $1'",
    ),
    case("a range's canonical function", "SELECT",
        "CREATE TYPE days; CREATE FUNCTION canon(days) RETURNS days LANGUAGE internal IMMUTABLE STRICT AS 'daterange_canonical'; \
         CREATE TYPE days AS RANGE (SUBTYPE = date, CANONICAL = canon); CREATE TABLE t (d days)"),
    case("rename and move a range", "CREATE TYPE span AS RANGE (SUBTYPE = integer); CREATE TABLE t (s span, m span_multirange); CREATE FUNCTION f(span) RETURNS integer LANGUAGE sql AS 'SELECT 1'",
        "ALTER TYPE span RENAME TO stretch; ALTER TYPE stretch SET SCHEMA app; COMMENT ON TYPE app.stretch IS 'x'")
        .without(&["DROP"]),
    case("another subtype", "CREATE TYPE span AS RANGE (SUBTYPE = integer); CREATE TABLE t (s span); CREATE FUNCTION f(span) RETURNS integer LANGUAGE sql AS 'SELECT 1'; INSERT INTO t VALUES ('[1,3)')",
        "DROP FUNCTION f; ALTER TABLE t ALTER s TYPE text; DROP TYPE span; CREATE TYPE span AS RANGE (SUBTYPE = bigint); ALTER TABLE t ALTER s TYPE span USING s::span; CREATE FUNCTION f(span) RETURNS integer LANGUAGE sql AS 'SELECT 1'"),
    // base types
    case(
        "create base types",
        "SELECT",
        "CREATE TYPE shell; CREATE TYPE label; CREATE FUNCTION label_in(cstring) RETURNS label LANGUAGE internal IMMUTABLE STRICT AS 'textin'; \
         CREATE FUNCTION label_out(label) RETURNS cstring LANGUAGE internal IMMUTABLE STRICT AS 'textout'; \
         CREATE FUNCTION label_recv(internal) RETURNS label LANGUAGE internal STABLE STRICT AS 'textrecv'; CREATE FUNCTION label_send(label) RETURNS bytea LANGUAGE internal STABLE STRICT AS 'textsend'; \
         CREATE TYPE label (INPUT = label_in, OUTPUT = label_out, RECEIVE = label_recv, SEND = label_send, LIKE = text, CATEGORY = 'S', DEFAULT = 'it''s', DELIMITER = ';', COLLATABLE = true); \
         CREATE FUNCTION point3_in(cstring) RETURNS point3 LANGUAGE internal IMMUTABLE STRICT AS 'int4in'; CREATE FUNCTION point3_out(point3) RETURNS cstring LANGUAGE internal IMMUTABLE STRICT AS 'int4out'; \
         CREATE TYPE point3 (INPUT = point3_in, OUTPUT = point3_out, LIKE = integer); COMMENT ON TYPE point3 IS 'in space'; GRANT USAGE ON TYPE label TO schema_reader; \
         CREATE TABLE t (l label, p point3[])",
    ),
    case(
        "a shell is filled, a base type altered",
        "CREATE TYPE label; CREATE FUNCTION label_in(cstring) RETURNS label LANGUAGE internal IMMUTABLE STRICT AS 'textin'; \
         CREATE FUNCTION label_out(label) RETURNS cstring LANGUAGE internal IMMUTABLE STRICT AS 'textout'; \
         CREATE FUNCTION label_send(label) RETURNS bytea LANGUAGE internal STABLE STRICT AS 'textsend'",
        "CREATE TYPE label (INPUT = label_in, OUTPUT = label_out, LIKE = text); ALTER TYPE label SET (SEND = label_send, STORAGE = main)",
    )
    .one_way(),
    case(
        "settings of a base type",
        "CREATE TYPE label; CREATE FUNCTION label_in(cstring) RETURNS label LANGUAGE internal IMMUTABLE STRICT AS 'textin'; \
         CREATE FUNCTION label_out(label) RETURNS cstring LANGUAGE internal IMMUTABLE STRICT AS 'textout'; \
         CREATE FUNCTION label_send(label) RETURNS bytea LANGUAGE internal STABLE STRICT AS 'textsend'; CREATE TYPE label (INPUT = label_in, OUTPUT = label_out, LIKE = text); CREATE TABLE t (l label)",
        "ALTER TYPE label SET (SEND = label_send, STORAGE = main); ALTER TYPE label RENAME TO tag; ALTER TYPE tag SET SCHEMA app",
    )
    .without(&["DROP", "CREATE"]),
    // aggregates
    case(
        "create aggregates",
        MOODS,
        "CREATE FUNCTION add(integer, integer) RETURNS integer LANGUAGE sql IMMUTABLE AS 'SELECT $1 + $2'; CREATE FUNCTION sub(integer, integer) RETURNS integer LANGUAGE sql IMMUTABLE AS 'SELECT $1 - $2'; \
         CREATE FUNCTION fin(integer) RETURNS text LANGUAGE sql IMMUTABLE AS 'SELECT $1::text'; \
         CREATE AGGREGATE total(a integer) (SFUNC = add, STYPE = integer, INITCOND = '0', FINALFUNC = fin, FINALFUNC_MODIFY = SHAREABLE, COMBINEFUNC = add, PARALLEL = SAFE, \
           MSFUNC = add, MINVFUNC = sub, MSTYPE = integer, MINITCOND = '0', MFINALFUNC = fin, SSPACE = 100); \
         CREATE AGGREGATE \"Count\"(*) (SFUNC = int8inc, STYPE = int8, INITCOND = '0'); CREATE FUNCTION glue(text, VARIADIC text[]) RETURNS text LANGUAGE sql AS 'SELECT $1'; CREATE AGGREGATE total(VARIADIC text[]) (SFUNC = glue, STYPE = text); \
         CREATE AGGREGATE pct(float8 ORDER BY float8) (SFUNC = ordered_set_transition, STYPE = internal, FINALFUNC = percentile_disc_final, FINALFUNC_EXTRA); \
         CREATE AGGREGATE rnk(VARIADIC \"any\" ORDER BY VARIADIC \"any\") (SFUNC = ordered_set_transition_multi, STYPE = internal, FINALFUNC = rank_final, FINALFUNC_EXTRA, HYPOTHETICAL); \
         CREATE OPERATOR <<< (FUNCTION = lt, LEFTARG = mood, RIGHTARG = mood); CREATE AGGREGATE lowest(mood) (SFUNC = enum_smaller, STYPE = mood, SORTOP = <<<); \
         COMMENT ON AGGREGATE total(integer) IS 'sum'; ALTER AGGREGATE \"Count\"(*) OWNER TO schema_writer; REVOKE EXECUTE ON FUNCTION \"Count\"() FROM PUBLIC; \
         GRANT EXECUTE ON FUNCTION rnk(VARIADIC \"any\") TO schema_reader; REVOKE EXECUTE ON FUNCTION pct(float8, float8) FROM PUBLIC; \
         CREATE TABLE t (a integer); CREATE VIEW v AS SELECT total(a) AS a, \"Count\"(*) AS n FROM t",
    ),
    case(
        "change aggregates",
        "CREATE FUNCTION add(integer, integer) RETURNS integer LANGUAGE sql IMMUTABLE AS 'SELECT $1 + $2'; CREATE AGGREGATE total(integer) (SFUNC = add, STYPE = integer); \
         CREATE AGGREGATE other(integer) (SFUNC = add, STYPE = integer); CREATE AGGREGATE gone(integer) (SFUNC = add, STYPE = integer); CREATE TABLE t (a integer); CREATE VIEW v AS SELECT total(a) AS a FROM t",
        "CREATE OR REPLACE AGGREGATE total(integer) (SFUNC = add, STYPE = integer, INITCOND = '5', PARALLEL = SAFE); ALTER AGGREGATE other(integer) RENAME TO another; ALTER AGGREGATE another(integer) SET SCHEMA app; \
         COMMENT ON AGGREGATE total(integer) IS 'more'; DROP AGGREGATE gone(integer)",
    )
    .without(&["DROP VIEW", "DROP FUNCTION"]),
    case(
        "an aggregate's function and result",
        "CREATE FUNCTION add(integer, integer) RETURNS integer LANGUAGE sql IMMUTABLE AS 'SELECT $1 + $2'; CREATE AGGREGATE total(integer) (SFUNC = add, STYPE = integer); \
         CREATE AGGREGATE count_up(integer) (SFUNC = int4pl, STYPE = integer); CREATE TABLE t (a integer); CREATE VIEW v AS SELECT total(a) AS a, count_up(a) AS c FROM t",
        "DROP FUNCTION add CASCADE; CREATE FUNCTION add(one integer, other integer) RETURNS integer LANGUAGE sql IMMUTABLE AS 'SELECT one + other'; CREATE AGGREGATE total(integer) (SFUNC = add, STYPE = integer); \
         DROP AGGREGATE count_up(integer); CREATE AGGREGATE count_up(integer) (SFUNC = int84pl, STYPE = bigint, INITCOND = '0'); CREATE VIEW v AS SELECT total(a) AS a, count_up(a) AS c FROM t",
    ),
    // operators
    case(
        "create operators, families and classes",
        MOODS,
        "CREATE OPERATOR === (FUNCTION = eq, LEFTARG = mood, RIGHTARG = mood, COMMUTATOR = ===, NEGATOR = !==, RESTRICT = eqsel, JOIN = eqjoinsel, HASHES, MERGES); \
         CREATE OPERATOR !== (FUNCTION = ne, LEFTARG = mood, RIGHTARG = mood, COMMUTATOR = !==, NEGATOR = ===); \
         CREATE OPERATOR <<< (FUNCTION = lt, LEFTARG = mood, RIGHTARG = mood, COMMUTATOR = >>>); CREATE OPERATOR >>> (FUNCTION = gt, LEFTARG = mood, RIGHTARG = mood, COMMUTATOR = <<<); \
         CREATE OPERATOR ~~~ (FUNCTION = hash, RIGHTARG = mood); CREATE OPERATOR app.-> (FUNCTION = eq, LEFTARG = mood, RIGHTARG = mood); COMMENT ON OPERATOR ===(mood, mood) IS 'same'; \
         ALTER OPERATOR ~~~(NONE, mood) OWNER TO schema_writer; \
         CREATE OPERATOR FAMILY \"Moods\" USING btree; CREATE OPERATOR CLASS by_mood FOR TYPE mood USING btree FAMILY \"Moods\" AS OPERATOR 1 <<<, OPERATOR 3 ===, OPERATOR 5 >>>, FUNCTION 1 cmp(mood, mood); \
         CREATE OPERATOR FAMILY loose USING btree; ALTER OPERATOR FAMILY loose USING btree ADD OPERATOR 1 <<< (mood, mood), OPERATOR 3 ===(mood, mood), FUNCTION 1 (mood, mood) cmp(mood, mood); \
         CREATE OPERATOR CLASS hashed FOR TYPE mood USING hash AS OPERATOR 1 ===, FUNCTION 1 hash(mood); CREATE OPERATOR CLASS empty FOR TYPE mood USING btree AS STORAGE mood; \
         CREATE OPERATOR CLASS near FOR TYPE point USING gist AS OPERATOR 15 <-> (point, point) FOR ORDER BY float_ops, FUNCTION 8 (point, point) gist_point_distance(internal, point, smallint, oid, internal); \
         COMMENT ON OPERATOR CLASS by_mood USING btree IS 'sorted'; COMMENT ON OPERATOR FAMILY loose USING btree IS 'open'; ALTER OPERATOR CLASS hashed USING hash OWNER TO schema_writer; \
         CREATE TABLE t (m mood, EXCLUDE USING hash (m hashed WITH ===)); CREATE INDEX t_m ON t (m by_mood); CREATE VIEW v AS SELECT m OPERATOR(app.->) 'ok' AS ok FROM t ORDER BY m USING <<<",
    ),
    case("what stands on operators", "SELECT", OPERATORS),
    case(
        "replace an operator's function under everything that uses it",
        OPERATORS,
        "DROP FUNCTION eq CASCADE; CREATE FUNCTION eq(a mood, b mood) RETURNS boolean LANGUAGE internal IMMUTABLE STRICT AS 'enum_eq'; \
         DROP OPERATOR CLASS IF EXISTS by_mood USING btree CASCADE; DROP OPERATOR FAMILY by_mood USING btree; \
         CREATE OPERATOR === (FUNCTION = eq, LEFTARG = mood, RIGHTARG = mood, COMMUTATOR = ===); \
         CREATE OPERATOR CLASS by_mood FOR TYPE mood USING btree AS OPERATOR 1 <<<, OPERATOR 3 ===, FUNCTION 1 cmp(mood, mood); \
         ALTER TABLE t ADD CHECK (m === 'ok' OR m <<< 'ok'), ALTER same SET DEFAULT ('ok'::mood === 'ok'), ADD EXCLUDE USING btree (m by_mood WITH ===); \
         CREATE INDEX t_m ON t (m by_mood) WHERE m === 'ok'; CREATE VIEW v AS SELECT id FROM t WHERE m === 'ok' ORDER BY m USING <<<; \
         CREATE FUNCTION ok_ones() RETURNS bigint LANGUAGE sql BEGIN ATOMIC SELECT count(*) FROM t WHERE m === 'ok'; END",
    )
    .without(&["DROP TABLE", "DROP TYPE"]),
    case(
        "alter operators",
        "CREATE FUNCTION eq(integer, integer) RETURNS boolean LANGUAGE sql AS 'SELECT $1 = $2'; CREATE OPERATOR === (FUNCTION = eq, LEFTARG = integer, RIGHTARG = integer, RESTRICT = eqsel); \
         CREATE VIEW v AS SELECT 1 === 1 AS a",
        "ALTER OPERATOR ===(integer, integer) SET (RESTRICT = NONE, JOIN = eqjoinsel); ALTER OPERATOR ===(integer, integer) SET SCHEMA app; COMMENT ON OPERATOR app.===(integer, integer) IS 'x'; \
         ALTER OPERATOR app.===(integer, integer) OWNER TO schema_writer",
    )
    .without(&["DROP", "CREATE"]),
    case(
        "partners come and go",
        "CREATE FUNCTION ne(integer, integer) RETURNS boolean LANGUAGE sql AS 'SELECT $1 <> $2'; CREATE FUNCTION eq(integer, integer) RETURNS boolean LANGUAGE sql AS 'SELECT $1 = $2'; \
         CREATE OPERATOR === (FUNCTION = eq, LEFTARG = integer, RIGHTARG = integer); CREATE VIEW v AS SELECT 1 === 1 AS a",
        "CREATE OPERATOR !== (FUNCTION = ne, LEFTARG = integer, RIGHTARG = integer, NEGATOR = ===)",
    )
    .without(&["DROP", "ALTER OPERATOR public.==="]),
    case("rename and move classes", OPERATORS, "ALTER OPERATOR FAMILY by_mood USING btree SET SCHEMA app; ALTER OPERATOR CLASS by_mood USING btree SET SCHEMA app")
        .without(&["DROP"]),
    case(
        "members of a family",
        MOODS,
        "CREATE OPERATOR FAMILY f USING btree; CREATE OPERATOR <<< (FUNCTION = lt, LEFTARG = mood, RIGHTARG = mood); \
         ALTER OPERATOR FAMILY f USING btree ADD OPERATOR 1 <<< (mood, mood), FUNCTION 1 (mood, mood) cmp(mood, mood)",
    ),
    case(
        "another member of a family",
        "CREATE FUNCTION one(integer, integer) RETURNS integer LANGUAGE internal IMMUTABLE STRICT AS 'btint4cmp'; CREATE FUNCTION other(integer, integer) RETURNS integer LANGUAGE internal IMMUTABLE STRICT AS 'btint4cmp'; \
         CREATE OPERATOR FAMILY f USING btree; ALTER OPERATOR FAMILY f USING btree ADD FUNCTION 1 (integer, integer) one(integer, integer), OPERATOR 1 pg_catalog.< (integer, integer)",
        "ALTER OPERATOR FAMILY f USING btree DROP FUNCTION 1 (integer, integer), OPERATOR 1 (integer, integer); ALTER OPERATOR FAMILY f USING btree ADD FUNCTION 1 (integer, integer) other(integer, integer), OPERATOR 5 pg_catalog.> (integer, integer); \
         ALTER OPERATOR FAMILY f USING btree RENAME TO g",
    )
    .without(&["DROP OPERATOR FAMILY"]),
    // collations, conversions
    case(
        "create collations",
        "SELECT",
        "CREATE COLLATION \"Order\" FROM \"C\"; CREATE COLLATION app.loose (provider = icu, locale = 'und-u-ks-level2', deterministic = false); COMMENT ON COLLATION \"Order\" IS 'bytes'; \
         ALTER COLLATION \"Order\" OWNER TO schema_writer; CREATE TABLE t (a text COLLATE \"Order\", b text COLLATE app.loose); CREATE INDEX t_b ON t (a COLLATE app.loose); \
         CREATE DOMAIN d AS text COLLATE \"Order\"; CREATE TYPE p AS (a text COLLATE \"Order\"); CREATE VIEW v AS SELECT a COLLATE app.loose AS a FROM t; CREATE TYPE r AS RANGE (SUBTYPE = text, COLLATION = \"Order\")",
    ),
    case("rename and move collations", "CREATE COLLATION o FROM \"C\"; CREATE TABLE t (a text COLLATE o); CREATE INDEX t_a ON t (a COLLATE o); CREATE VIEW v AS SELECT a COLLATE o AS a FROM t",
        "ALTER COLLATION o RENAME TO \"Other\"; ALTER COLLATION \"Other\" SET SCHEMA app").without(&["DROP"]),
    case(
        "conversions",
        "CREATE CONVERSION c FOR 'LATIN1' TO 'UTF8' FROM iso8859_1_to_utf8; CREATE CONVERSION gone FOR 'LATIN1' TO 'UTF8' FROM iso8859_1_to_utf8",
        "ALTER CONVERSION c RENAME TO d; COMMENT ON CONVERSION d IS 'x'; ALTER CONVERSION d OWNER TO schema_writer; ALTER CONVERSION d SET SCHEMA app; DROP CONVERSION gone; \
         CREATE DEFAULT CONVERSION \"New\" FOR 'UTF8' TO 'LATIN1' FROM utf8_to_iso8859_1",
    ),
    // text search
    case("create text search objects", "SELECT", SEARCH),
    case(
        "text search parsers and templates",
        "SELECT",
        "CREATE TEXT SEARCH PARSER p (START = prsd_start, GETTOKEN = prsd_nexttoken, END = prsd_end, LEXTYPES = prsd_lextype, HEADLINE = prsd_headline); CREATE TEXT SEARCH TEMPLATE t (LEXIZE = dsimple_lexize, INIT = dsimple_init); \
         COMMENT ON TEXT SEARCH PARSER p IS 'x'; COMMENT ON TEXT SEARCH TEMPLATE t IS 'y'; CREATE TEXT SEARCH DICTIONARY d (TEMPLATE = t, accept = false); \
         CREATE TEXT SEARCH CONFIGURATION c (PARSER = p); ALTER TEXT SEARCH CONFIGURATION c ADD MAPPING FOR asciiword WITH d; COMMENT ON TEXT SEARCH CONFIGURATION c IS 'z'; ALTER TEXT SEARCH DICTIONARY d OWNER TO schema_writer",
    ),
    case(
        "change text search objects",
        SEARCH,
        "ALTER TEXT SEARCH CONFIGURATION search ALTER MAPPING FOR word WITH plain; ALTER TEXT SEARCH CONFIGURATION search DROP MAPPING FOR email; ALTER TEXT SEARCH CONFIGURATION search ADD MAPPING FOR url WITH plain; \
         ALTER TEXT SEARCH DICTIONARY stems (StopWords); ALTER TEXT SEARCH DICTIONARY plain (Accept = false); ALTER TEXT SEARCH DICTIONARY plain RENAME TO \"Plain\"; ALTER TEXT SEARCH DICTIONARY \"Plain\" SET SCHEMA app; \
         ALTER TEXT SEARCH CONFIGURATION search OWNER TO schema_writer",
    )
    .without(&["DROP TEXT", "CREATE", "DROP COLUMN"]),
    case("rename a configuration under what uses it", SEARCH, "ALTER TEXT SEARCH CONFIGURATION search RENAME TO find").without(&["DROP", "CREATE"]),
    case(
        "another template and parser",
        "CREATE TEXT SEARCH DICTIONARY d (TEMPLATE = simple); CREATE TEXT SEARCH CONFIGURATION c (PARSER = \"default\"); ALTER TEXT SEARCH CONFIGURATION c ADD MAPPING FOR word WITH d",
        "DROP TEXT SEARCH DICTIONARY d CASCADE; CREATE TEXT SEARCH DICTIONARY d (TEMPLATE = snowball, language = german); CREATE TEXT SEARCH CONFIGURATION c (COPY = simple)",
    ),
];
