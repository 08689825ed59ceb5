//! Random SQL: statements that work, and as many that do not.

use rand::Rng;
use rand::rngs::StdRng;
use rand::seq::IndexedRandom;

/// What every conversation finds; a reset makes it again. The names are those that statements speak of.
pub const STATE: &str = "
    CREATE TABLE t0 (id int PRIMARY KEY, note text, n numeric DEFAULT 1);
    CREATE TABLE t1 (id int PRIMARY KEY, t0 int REFERENCES t0 DEFERRABLE INITIALLY DEFERRED, note text CHECK (note <> 'no'));
    CREATE SEQUENCE s0;
    CREATE VIEW v0 AS SELECT id, note FROM t0 WHERE id < 100;
    CREATE TYPE e0 AS ENUM ('a', 'b');
    CREATE FUNCTION f0(int) RETURNS int LANGUAGE plpgsql AS $$BEGIN RAISE NOTICE 'f0 %', $1; RETURN 1 / $1; END$$;
    CREATE PROCEDURE p0(int) LANGUAGE plpgsql AS $$BEGIN INSERT INTO t0 VALUES ($1); COMMIT; INSERT INTO t0 VALUES ($1 + 1); END$$;
    INSERT INTO t0 SELECT g, 'n' || g FROM generate_series(1, 5) g;
    INSERT INTO t1 VALUES (1, 1, 'x'), (2, 2, 'é')";

/// Removes all that there may be.
pub const CLEAR: &str = "
    SET client_min_messages = error;
    DROP VIEW IF EXISTS v0, v1 CASCADE;
    DROP TABLE IF EXISTS t0, t1, t2, t3 CASCADE;
    DROP SEQUENCE IF EXISTS s0, s1 CASCADE;
    DROP FUNCTION IF EXISTS f0, f1 CASCADE;
    DROP PROCEDURE IF EXISTS p0, p1 CASCADE;
    DROP TYPE IF EXISTS e0, e1 CASCADE;
    DROP SCHEMA IF EXISTS a0 CASCADE;
    RESET client_min_messages";

const QUERIES: &[&str] = &[
    "SELECT {n}",
    "SELECT {n} AS a, '{s}' AS b, NULL, {n}::bigint, 1.50",
    "SELECT id, note FROM {t} ORDER BY id",
    "SELECT * FROM {t} WHERE id = {n}",
    "SELECT * FROM {q}{t} ORDER BY 1 LIMIT {n}",
    "SELECT x.id FROM {q}{t} x JOIN {t} y ON x.id = y.id ORDER BY 1",
    "TABLE {q}{t}",
    "VALUES ({n}, '{s}'), ({n}, NULL)",
    "SELECT '{s}' || note, {q}{t}.id FROM {q}{t} ORDER BY id",
    "SELECT count(*) FROM {q}v0",
    "SELECT f0({n})",
    "SELECT {q}f0({n}) FROM generate_series(1, 3)",
    "SELECT nextval('{q}s0')",
    "SELECT currval('s0'), lastval()",
    "SELECT setval('{q}s0'::regclass, {n} + 1)",
    "SELECT g FROM generate_series(1, {n}0) g",
    "SELECT 1 / {n}",
    "SELECT nope FROM {t}",
    "SELECT 'é', nope FROM {q}{t}",
    "SELECT * FROM nope",
    "SELECT * FROM {q}nope",
    "SELECT nope({n})",
    "SELECT * FROM {t} WHERE",
    "SELEKT {n}",
    "SELECT 'unterminated",
    "SELECT $1",
    "SELECT (",
    "",
    ";",
    "-- nothing",
    "/* nothing */",
    "SELECT /* ; DROP TABLE t0 */ {n} -- ; COMMIT",
    "SELECT ';', $$;$$, E'\\';', \"id\" FROM {t} ORDER BY id",
    "SELECT 'public.t0'::regclass::text, '{t}'::regclass::text",
    "SELECT 'a'::e0, 'nope'::e0",
    "SELECT 'b'::{q}e0",
    "SELECT current_setting('{g}')",
    "SELECT current_schema(), current_schemas(false)",
    "SELECT set_config('{g}', '{v}', {b})",
    "SELECT set_config('application_name', 'set', {b}), set_config('nope', 'x', {b})",
    "WITH x AS (INSERT INTO {t} (id) VALUES ({n} + 10) RETURNING id) SELECT * FROM x",
    "SELECT pg_notify('news', '{s}')",
    "SELECT pg_sleep(0)",
    "SELECT * FROM {t} ORDER BY id FOR UPDATE",
    "EXPLAIN (COSTS OFF) SELECT * FROM {q}{t} WHERE id = {n}",
    "EXPLAIN (COSTS OFF, ANALYZE, TIMING OFF, SUMMARY OFF, BUFFERS OFF) CREATE TABLE t2 AS SELECT {n} AS id",
    "SELECT repeat('long ', 2000)",
];

const WRITES: &[&str] = &[
    "INSERT INTO {t} (id, note) VALUES ({n}, '{s}')",
    "INSERT INTO {q}{t} (id, note) VALUES ({n} + 20, '{s}') RETURNING *",
    "INSERT INTO {t} (id) SELECT g FROM generate_series(100, 10{n}) g ON CONFLICT DO NOTHING",
    "INSERT INTO {t} (id, nope) VALUES ({n}, 1)",
    "INSERT INTO t1 VALUES ({n} + 30, {n} + 40)",
    "INSERT INTO t1 VALUES ({n} + 30, {n}, 'no')",
    "UPDATE {t} SET note = '{s}' WHERE id = {n}",
    "UPDATE {q}{t} SET id = id + 1",
    "UPDATE {q}{t} SET note = note || '{s}' RETURNING id, {t}.note",
    "DELETE FROM {t} WHERE id = {n}",
    "DELETE FROM {q}{t}",
    "TRUNCATE {t}",
    "TRUNCATE {q}t0, t1 RESTART IDENTITY",
    "SET CONSTRAINTS ALL IMMEDIATE",
    "LOCK TABLE {q}{t} IN EXCLUSIVE MODE",
    "SELECT {n} AS id INTO {t}",
    "SELECT {n} AS id INTO TEMP t3",
    "CALL p0({n} + 50)",
    "CALL {q}p0({n} + 60)",
    "DO $$BEGIN RAISE NOTICE 'done'; END$$",
    "DO $$BEGIN RAISE EXCEPTION 'undone %', {n}; END$$",
    "DO $$BEGIN CREATE TABLE t2 (id int); INSERT INTO t2 VALUES ({n}); END$$",
    "DO $$BEGIN UPDATE t0 SET note = '{s}'; COMMIT; END$$",
    "ANALYZE {t}",
    "VACUUM {t}",
];

const DDL: &[&str] = &[
    "CREATE TABLE {t} (id int)",
    "CREATE TABLE {q}{t} (id serial PRIMARY KEY, note text)",
    "CREATE TABLE IF NOT EXISTS {t} (id int PRIMARY KEY, note text DEFAULT '{s}')",
    "CREATE TABLE {t} (id int, id int)",
    "CREATE TABLE {t} (id nope)",
    "CREATE TABLE nope.{t} (id int)",
    "CREATE TABLE {t} AS SELECT {n} AS id, '{s}'::text AS note",
    "CREATE TABLE {q}{t} AS SELECT * FROM {q}t0 WITH NO DATA",
    "CREATE TEMP TABLE {t} (id int, note text)",
    "CREATE TEMP TABLE t3 (id int) ON COMMIT DROP",
    "ALTER TABLE {t} ADD COLUMN c{n} int DEFAULT {n}",
    "ALTER TABLE {q}{t} ADD COLUMN IF NOT EXISTS note text",
    "ALTER TABLE {t} ADD COLUMN note text",
    "ALTER TABLE {t} DROP COLUMN note",
    "ALTER TABLE {t} DROP COLUMN IF EXISTS nope",
    "ALTER TABLE {t} ALTER COLUMN id TYPE bigint",
    "ALTER TABLE {t} ALTER COLUMN note TYPE int USING note::int",
    "ALTER TABLE {t} RENAME COLUMN note TO note2",
    "ALTER TABLE {t} RENAME TO {t}",
    "ALTER TABLE IF EXISTS nope ADD COLUMN x int",
    "ALTER TABLE {t} ADD CONSTRAINT k CHECK (id > {n})",
    "ALTER TABLE {t} ADD UNIQUE (note)",
    "ALTER TABLE {q}{t} SET (fillfactor = 90)",
    "DROP TABLE {t}",
    "DROP TABLE IF EXISTS {q}{t}",
    "DROP TABLE {t} CASCADE",
    "DROP TABLE IF EXISTS t2, {t} CASCADE",
    "DROP TABLE nope",
    "CREATE INDEX ON {t} (note)",
    "CREATE INDEX i0 ON {q}{t} (note, id)",
    "CREATE UNIQUE INDEX IF NOT EXISTS i0 ON {t} (note)",
    "CREATE INDEX CONCURRENTLY i1 ON {t} (note)",
    "DROP INDEX i0",
    "DROP INDEX CONCURRENTLY IF EXISTS i1",
    "REINDEX TABLE {t}",
    "CREATE VIEW v1 AS SELECT * FROM {t}",
    "CREATE OR REPLACE VIEW {q}v0 AS SELECT id, note FROM {q}t0",
    "CREATE OR REPLACE VIEW v0 AS SELECT id FROM t0",
    "DROP VIEW {q}v0",
    "DROP VIEW v1",
    "CREATE SEQUENCE s1",
    "ALTER SEQUENCE {q}s0 INCREMENT {n}",
    "DROP SEQUENCE s0",
    "CREATE TYPE e1 AS ENUM ('x', '{s}')",
    "ALTER TYPE {q}e0 ADD VALUE IF NOT EXISTS 'c'",
    "ALTER TYPE e0 ADD VALUE 'd'",
    "DROP TYPE e0",
    "CREATE FUNCTION f1() RETURNS int LANGUAGE sql AS 'SELECT count(*)::int FROM t0'",
    "CREATE OR REPLACE FUNCTION {q}f0(int) RETURNS int LANGUAGE sql AS 'SELECT $1 + {n}'",
    "CREATE FUNCTION f0(int) RETURNS int LANGUAGE sql AS 'SELECT 1'",
    "CREATE FUNCTION f1() RETURNS int LANGUAGE sql AS 'SELECT nope'",
    "DROP FUNCTION f0",
    "CREATE SCHEMA a0",
    "CREATE TABLE a0.{t} (id int)",
    "DROP SCHEMA IF EXISTS a0 CASCADE",
    "COMMENT ON TABLE {q}{t} IS '{s}'",
    "COMMENT ON COLUMN {t}.id IS NULL",
    "GRANT SELECT ON {t} TO PUBLIC",
    "REVOKE ALL ON {q}{t} FROM PUBLIC",
    "CREATE TRIGGER g0 BEFORE INSERT ON {t} FOR EACH ROW EXECUTE FUNCTION suppress_redundant_updates_trigger()",
    "CREATE STATISTICS x0 ON id, note FROM {t}",
    "CREATE RULE r0 AS ON INSERT TO {t} DO ALSO NOTIFY news",
    "CREATE DATABASE nope",
    "CREATE EXTENSION nope",
    "CREATE ROLE nope",
];

const TRANSACTIONS: &[&str] = &[
    "BEGIN",
    "BEGIN",
    "begin work",
    "START TRANSACTION",
    "BEGIN ISOLATION LEVEL {l}",
    "BEGIN TRANSACTION READ ONLY",
    "START TRANSACTION ISOLATION LEVEL {l}, READ WRITE, NOT DEFERRABLE",
    "SET TRANSACTION ISOLATION LEVEL {l}",
    "SET TRANSACTION READ ONLY",
    "SET SESSION CHARACTERISTICS AS TRANSACTION READ ONLY",
    "SET SESSION CHARACTERISTICS AS TRANSACTION READ WRITE",
    "COMMIT",
    "COMMIT",
    "END",
    "COMMIT WORK",
    "COMMIT AND CHAIN",
    "COMMIT AND NO CHAIN",
    "ROLLBACK",
    "ROLLBACK",
    "ABORT",
    "ROLLBACK AND CHAIN",
    "ROLLBACK TO {p}",
    "ROLLBACK TO SAVEPOINT {p}",
    "SAVEPOINT {p}",
    "SAVEPOINT {p}",
    "RELEASE {p}",
    "RELEASE SAVEPOINT {p}",
    "PREPARE TRANSACTION 'x'",
    "COMMIT PREPARED 'x'",
    "ROLLBACK PREPARED 'x'",
];

const SETTINGS: &[&str] = &[
    "SET {g} = '{v}'",
    "SET {g} TO {v}",
    "SET LOCAL {g} = '{v}'",
    "SET LOCAL {g} TO DEFAULT",
    "SET {g} = DEFAULT",
    "RESET {g}",
    "SHOW {g}",
    "SET application_name = '{s}'",
    "SET LOCAL application_name TO 'local'",
    "SET search_path = public",
    "SET search_path TO \"$user\", public, pg_catalog",
    "SET LOCAL search_path TO pg_catalog",
    "SET search_path = nope",
    "SET search_path = a0, public",
    "RESET search_path",
    "SHOW search_path",
    "SET TIME ZONE 'UTC'",
    "SET SESSION work_mem = '{n}MB'",
    "SET work_mem = 'nope'",
    "SET nope = 1",
    "SET my.own = '{s}'",
    "SHOW my.own",
    "SET client_encoding = {e}",
    "SET NAMES {e}",
    "RESET client_encoding",
    "SET standard_conforming_strings = {b}",
    "SET statement_timeout = 0",
    "SET ROLE fuzzer",
    "SET ROLE nope",
    "RESET ROLE",
    "SET SESSION AUTHORIZATION DEFAULT",
    "RESET ALL",
    "DISCARD ALL",
    "DISCARD PLANS",
    "DISCARD SEQUENCES",
    "DISCARD TEMP",
];

const OTHERS: &[&str] = &[
    "PREPARE {m} AS SELECT id, note FROM {q}{t} WHERE id = $1",
    "PREPARE {m} (int) AS INSERT INTO {t} (id) VALUES ($1 + 70)",
    "PREPARE {m} AS SELECT {n}",
    "PREPARE {m} AS SELECT nope",
    "PREPARE {m} AS CREATE TABLE t2 (id int)",
    "EXECUTE {m}",
    "EXECUTE {m} ({n})",
    "EXECUTE {m} ({n}, {n})",
    "EXECUTE nope",
    "CREATE TABLE t2 AS EXECUTE {m} ({n})",
    "EXPLAIN (COSTS OFF) EXECUTE {m} ({n})",
    "DEALLOCATE {m}",
    "DEALLOCATE PREPARE {m}",
    "DEALLOCATE ALL",
    "DECLARE {u} CURSOR FOR SELECT id, note FROM {q}{t} ORDER BY id",
    "DECLARE {u} SCROLL CURSOR WITH HOLD FOR SELECT g FROM generate_series(1, 9) g",
    "DECLARE {u} BINARY CURSOR FOR SELECT {n}",
    "FETCH {n} FROM {u}",
    "FETCH ALL FROM {u}",
    "FETCH BACKWARD {n} FROM {u}",
    "MOVE {n} FROM {u}",
    "CLOSE {u}",
    "CLOSE ALL",
    "LISTEN news",
    "LISTEN news",
    "NOTIFY news",
    "NOTIFY news, '{s}'",
    "NOTIFY other, '{s}'",
    "UNLISTEN *",
    "COPY {q}{t} (id, note) FROM STDIN",
    "COPY {t} (id, note) FROM STDIN (FORMAT csv)",
    "COPY (SELECT id, note FROM {q}{t} ORDER BY id) TO STDOUT",
    "COPY {q}{t} TO STDOUT (FORMAT csv, HEADER)",
    "COPY {t} TO STDOUT (FORMAT binary)",
    "COPY nope FROM STDIN",
    "COPY {t} (nope) FROM STDIN",
    "COPY {t} FROM '/nope'",
    "DISCARD nope",
];

/// A text for a Query: one statement, or several.
pub fn text(random: &mut StdRng) -> String {
    let count = match random.random_range(0..10) {
        0..7 => 1,
        7..9 => 2,
        _ => random.random_range(3..=5),
    };
    let mut text = String::new();
    for number in 0..count {
        if number > 0 {
            text.push_str(pick(random, &["; ", ";", " ;\n", ";;", "; -- ;\n"]));
        }
        let statement = statement(random);
        // Within a text, the server prepares the implicit transaction and warns that there is none: the proxy does not warn.
        if count == 1
            || !statement
                .to_ascii_lowercase()
                .contains("prepare transaction")
        {
            text.push_str(&statement);
        }
    }
    if random.random_bool(0.2) {
        text.push(';');
    }
    text
}

/// One statement.
pub fn statement(random: &mut StdRng) -> String {
    let templates = match random.random_range(0..100) {
        0..24 => QUERIES,
        24..38 => WRITES,
        38..56 => DDL,
        56..76 => TRANSACTIONS,
        76..88 => SETTINGS,
        _ => OTHERS,
    };
    let template = pick(random, templates);
    let text = fill(random, template);
    match random.random_range(0..40) {
        0 => text.to_ascii_lowercase(),
        1 => format!("/* é */ {text}"),
        2 => format!("\n\t{text} -- end"),
        3 => broken(random, &text),
        _ => text,
    }
}

/// A statement with parameters, or any other.
pub fn parameterised(random: &mut StdRng) -> String {
    if random.random_bool(0.5) {
        return statement(random);
    }
    let template = pick(
        random,
        &[
            "SELECT $1::int, $2::text",
            "SELECT id, note FROM {q}{t} WHERE id >= $1 ORDER BY id",
            "SELECT g FROM generate_series(1, $1) g",
            "INSERT INTO {t} (id, note) VALUES ($1, $2) RETURNING id",
            "UPDATE {q}{t} SET note = $2 WHERE id = $1",
            "SELECT 10 / $1::int",
            "SELECT $1::{q}e0",
            "SELECT id FROM {q}{t} ORDER BY id",
            "SELECT note FROM t0 WHERE id = $1; SELECT 2",
        ],
    );
    fill(random, template)
}

pub fn pick<'a>(random: &mut StdRng, choices: &[&'a str]) -> &'a str {
    choices.choose(random).expect("a choice")
}

/// One character is taken out, or put in.
fn broken(random: &mut StdRng, text: &str) -> String {
    let mut characters: Vec<char> = text.chars().collect();
    let at = random.random_range(0..=characters.len());
    if at < characters.len() && random.random_bool(0.5) {
        characters.remove(at);
    } else {
        let new = ['"', '\'', ';', '(', '.', '$', 'é', '\u{1f600}', '\\', '-'];
        characters.insert(at, *new.choose(random).expect("a choice"));
    }
    characters.into_iter().collect()
}

/// Replaces each `{word}` by one of what it stands for.
fn fill(random: &mut StdRng, template: &str) -> String {
    let mut text = String::new();
    let mut rest = template;
    while let Some((before, after)) = rest.split_once('{') {
        let (word, after) = after.split_once('}').expect("a closed placeholder");
        text.push_str(before);
        text.push_str(pick(
            random,
            match word {
                "n" => &["0", "1", "2", "3", "7"],
                "s" => &["s", "", "it''s", "é", "a;b", "😀", "--x", "/*"],
                "t" => &["t0", "t0", "t1", "t1", "t2"],
                "q" => &["", "", "public.", "\"public\".", "PUBLIC . "],
                "g" => &[
                    "application_name",
                    "work_mem",
                    "search_path",
                    "DateStyle",
                    "TimeZone",
                    "extra_float_digits",
                    "client_min_messages",
                    "my.own",
                    "bytea_output",
                    "default_transaction_isolation",
                    "IntervalStyle",
                ],
                "v" => &[
                    "x",
                    "1",
                    "public",
                    "UTC",
                    "warning",
                    "ISO",
                    "postgres",
                    "serializable",
                    "hex",
                ],
                "b" => &["true", "false"],
                "l" => &["READ COMMITTED", "REPEATABLE READ", "SERIALIZABLE"],
                "p" => &["a", "b", "\"B c\""],
                "m" => &["m0", "m1", "\"M\""],
                "u" => &["u0", "u1"],
                "e" => &["UTF8", "LATIN1", "SQL_ASCII"],
                _ => unreachable!("{word} stands for nothing"),
            },
        ));
        rest = after;
    }
    text.push_str(rest);
    text
}
