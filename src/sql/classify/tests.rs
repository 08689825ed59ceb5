//! What statements mean to the session.

use crate::sql::plan::{Action, Ddl, Scope, Setting, Target, TargetClass, Transaction};
use crate::sql::tests::{branch_map, main_map, statements};

/// The action of the one statement in a text.
#[track_caller]
fn action(text: &str) -> Action {
    let mut found = statements(text, &main_map());
    assert!(found.len() <= 1, "{text}: {found:?}");
    found
        .pop()
        .map_or(Action::None, |statement| statement.action)
}

#[track_caller]
fn ddl(text: &str) -> Ddl {
    match action(text) {
        Action::Ddl(ddl) => ddl,
        other => panic!("{text}: {other:?}"),
    }
}

/// Targets as `relation public.t`, `type m`.
fn targets(ddl: &Ddl) -> Vec<String> {
    let shown = |target: &Target| {
        let class = match target.class {
            TargetClass::Relation => "relation",
            TargetClass::Indexes => "indexes",
            TargetClass::Routine => "routine",
            TargetClass::Type => "type",
            TargetClass::Schema => "schema",
            TargetClass::Statistics => "statistics",
            TargetClass::Support => "support",
        };
        match &target.schema {
            Some(schema) => format!("{class} {schema}.{}", target.name),
            None => format!("{class} {}", target.name),
        }
    };
    ddl.targets.iter().map(shown).collect()
}

#[test]
fn ddl_names_its_targets() {
    let cases: &[(&str, &[&str])] = &[
        ("CREATE TABLE public.t (a int)", &["relation public.t"]),
        ("CREATE TABLE IF NOT EXISTS t AS SELECT 1", &["relation t"]),
        ("SELECT 1 INTO t", &["relation t"]),
        ("SELECT 1 INTO t UNION SELECT 2", &["relation t"]),
        (
            "EXPLAIN ANALYZE CREATE TABLE t AS SELECT 1",
            &["relation t"],
        ),
        (
            "CREATE TABLE p1 PARTITION OF s.p FOR VALUES IN (1)",
            &["relation p1", "relation s.p"],
        ),
        ("CREATE FOREIGN TABLE f (a int) SERVER s", &["relation f"]),
        ("CREATE VIEW s.v AS SELECT 1", &["relation s.v"]),
        (
            "CREATE MATERIALIZED VIEW s.v AS SELECT 1",
            &["relation s.v"],
        ),
        ("CREATE SEQUENCE q", &["relation q"]),
        ("ALTER SEQUENCE q RESTART", &["relation q"]),
        (
            "CREATE INDEX i ON s.t (a)",
            &["relation s.i", "relation s.t"],
        ),
        ("CREATE INDEX ON t (a)", &["relation t"]),
        ("ALTER TABLE t ADD a int", &["relation t"]),
        (
            "ALTER TABLE t ATTACH PARTITION s.p DEFAULT",
            &["relation t", "relation s.p"],
        ),
        ("ALTER TABLE t INHERIT s.p", &["relation t", "relation s.p"]),
        (
            "ALTER TABLE s.t RENAME TO u",
            &["relation s.t", "relation s.u"],
        ),
        ("ALTER TABLE s.t RENAME COLUMN a TO b", &["relation s.t"]),
        (
            "ALTER TABLE s.t RENAME CONSTRAINT a TO b",
            &["relation s.t"],
        ),
        (
            "ALTER TABLE s.t SET SCHEMA n",
            &["relation n.t", "relation s.t"],
        ),
        ("ALTER VIEW v OWNER TO r", &["relation v"]),
        (
            "ALTER INDEX s.i RENAME TO j",
            &["relation s.i", "relation s.j"],
        ),
        ("DROP TABLE a, s.b", &["relation a", "relation s.b"]),
        ("DROP TRIGGER g ON s.t", &["relation s.t"]),
        ("DROP POLICY p ON t", &["relation t"]),
        (
            "CREATE TRIGGER g BEFORE INSERT ON s.t EXECUTE FUNCTION f()",
            &["relation s.t"],
        ),
        ("ALTER TRIGGER g ON s.t RENAME TO h", &["relation s.t"]),
        ("CREATE POLICY p ON t", &["relation t"]),
        (
            "CREATE STATISTICS s.x ON a, b FROM n.t",
            &["relation n.t", "statistics s.x"],
        ),
        (
            "CREATE STATISTICS x ON a, b FROM t",
            &["relation t", "statistics x"],
        ),
        ("ALTER STATISTICS x SET STATISTICS 5", &["statistics x"]),
        (
            "ALTER STATISTICS s.x RENAME TO y",
            &["statistics s.x", "statistics s.y"],
        ),
        ("COMMENT ON STATISTICS s.x IS ''", &["statistics s.x"]),
        ("DROP STATISTICS s.x", &["statistics s.x"]),
        (
            "CREATE RULE r AS ON INSERT TO t DO NOTHING",
            &["relation t"],
        ),
        (
            "CREATE FUNCTION s.f() RETURNS int LANGUAGE sql AS 'SELECT 1'",
            &["routine s.f"],
        ),
        ("ALTER FUNCTION s.f(int) STABLE", &["routine s.f"]),
        (
            "ALTER FUNCTION s.f(int) RENAME TO g",
            &["routine s.f", "routine s.g"],
        ),
        (
            "ALTER FUNCTION f SET SCHEMA n",
            &["routine f", "routine n.f"],
        ),
        ("ALTER ROUTINE f OWNER TO r", &["routine f"]),
        ("DROP FUNCTION f, s.g(int)", &["routine f", "routine s.g"]),
        (
            "CREATE AGGREGATE a (int) (SFUNC = f, STYPE = int)",
            &["routine a"],
        ),
        ("CREATE TYPE s.m AS ENUM ('a')", &["type s.m"]),
        ("CREATE TYPE c AS (a int)", &["type c"]),
        ("CREATE TYPE r AS RANGE (SUBTYPE = int)", &["type r"]),
        ("ALTER TYPE m ADD VALUE 'b'", &["type m"]),
        ("ALTER TYPE s.m RENAME TO n", &["type s.m", "type s.n"]),
        ("ALTER TYPE c ADD ATTRIBUTE b int", &["type c"]),
        ("DROP TYPE s.m", &["type s.m"]),
        ("CREATE DOMAIN d AS int", &["type d"]),
        ("ALTER DOMAIN d SET NOT NULL", &["type d"]),
        ("ALTER DOMAIN d RENAME CONSTRAINT a TO b", &["type d"]),
        ("DROP DOMAIN s.d", &["type s.d"]),
        ("COMMENT ON TABLE t IS 'x'", &["relation t"]),
        ("COMMENT ON COLUMN s.t.c IS 'x'", &["relation s.t"]),
        ("COMMENT ON CONSTRAINT c ON s.t IS 'x'", &["relation s.t"]),
        ("COMMENT ON TRIGGER g ON s.t IS 'x'", &["relation s.t"]),
        (
            "COMMENT ON CONSTRAINT c ON DOMAIN s.d IS 'x'",
            &["type s.d"],
        ),
        ("COMMENT ON FUNCTION f(int) IS 'x'", &["routine f"]),
        ("COMMENT ON TYPE s.m IS 'x'", &["type s.m"]),
        ("COMMENT ON SCHEMA s IS 'x'", &["schema s"]),
        ("SECURITY LABEL ON TABLE t IS 'x'", &["relation t"]),
        (
            "SECURITY LABEL FOR p ON COLUMN s.t.c IS NULL",
            &["relation s.t"],
        ),
        (
            "SECURITY LABEL ON MATERIALIZED VIEW s.m IS 'x'",
            &["relation s.m"],
        ),
        ("SECURITY LABEL ON FUNCTION f(int) IS 'x'", &["routine f"]),
        (
            "SECURITY LABEL ON AGGREGATE s.a(*) IS 'x'",
            &["routine s.a"],
        ),
        ("SECURITY LABEL ON DOMAIN s.d IS 'x'", &["type s.d"]),
        ("SECURITY LABEL FOR 'p' ON SCHEMA s IS 'x'", &["schema s"]),
        (
            "GRANT SELECT ON t, s.u TO r",
            &["relation t", "relation s.u"],
        ),
        ("GRANT USAGE ON SCHEMA s TO r", &["schema s"]),
        ("GRANT EXECUTE ON FUNCTION f(int) TO r", &["routine f"]),
        ("REVOKE USAGE ON TYPE m FROM r", &["type m"]),
        (
            "ALTER DEFAULT PRIVILEGES FOR ROLE r IN SCHEMA a, b GRANT SELECT ON TABLES TO x",
            &["schema a", "schema b"],
        ),
        (
            "CREATE CAST (integer AS s.shade) WITH FUNCTION s.f(integer) AS IMPLICIT",
            &["routine s.f", "type s.shade"],
        ),
        ("CREATE CAST (a AS jsonb) WITH INOUT", &["type a"]),
        ("DROP CAST (a AS s.b)", &["type a", "type s.b"]),
        ("COMMENT ON CAST (a AS text) IS 'x'", &["type a"]),
        ("CREATE SCHEMA s", &["schema s"]),
        ("DROP SCHEMA a, b", &["schema a", "schema b"]),
        ("ALTER SCHEMA a RENAME TO b", &["schema a", "schema b"]),
        ("ALTER SCHEMA a OWNER TO r", &["schema a"]),
        (
            "CREATE OPERATOR + (PROCEDURE = f, LEFTARG = int)",
            &["support +"],
        ),
        ("DROP OPERATOR s.=== (int, int)", &["support s.==="]),
        (
            "ALTER OPERATOR === (int, int) SET SCHEMA t",
            &["support ===", "support t.==="],
        ),
        (
            "CREATE OPERATOR CLASS s.c FOR TYPE t USING btree FAMILY f AS STORAGE t",
            &["support f", "support s.c"],
        ),
        ("DROP OPERATOR CLASS c USING btree", &["support c"]),
        (
            "COMMENT ON OPERATOR FAMILY s.f USING btree IS 'x'",
            &["support s.f"],
        ),
        (
            "ALTER OPERATOR FAMILY f USING btree ADD FUNCTION 1 (int, int) g(int, int)",
            &["support f"],
        ),
        ("CREATE COLLATION s.c FROM \"C\"", &["support s.c"]),
        ("ALTER COLLATION c RENAME TO d", &["support c", "support d"]),
        ("CREATE CONVERSION c FOR 'a' TO 'b' FROM f", &["support c"]),
        (
            "CREATE TEXT SEARCH DICTIONARY s.d (TEMPLATE = simple)",
            &["support s.d"],
        ),
        ("ALTER TEXT SEARCH DICTIONARY d (StopWords)", &["support d"]),
        (
            "ALTER TEXT SEARCH CONFIGURATION s.c ADD MAPPING FOR word WITH d",
            &["support s.c"],
        ),
        (
            "DROP TEXT SEARCH PARSER s.p, q",
            &["support q", "support s.p"],
        ),
        (
            "CREATE FUNCTION f(cstring) RETURNS shell LANGUAGE internal AS 'textin'",
            &["routine f", "type shell"],
        ),
    ];
    for (text, expected) in cases {
        assert_eq!(targets(&ddl(text)), *expected, "{text}");
    }
}

#[test]
fn scope_says_how_far_ddl_reaches() {
    let schemas =
        |names: &[&str]| Scope::Schemas(names.iter().map(|name| (*name).to_owned()).collect());
    let cases = [
        ("ALTER TABLE t ADD a int", Scope::Targets),
        ("DROP TABLE t CASCADE", Scope::Targets),
        ("CREATE SCHEMA s CREATE TABLE t (a int)", schemas(&["s"])),
        ("CREATE SCHEMA AUTHORIZATION r", schemas(&["r"])),
        (
            "CREATE SCHEMA AUTHORIZATION CURRENT_USER",
            Scope::Everything,
        ),
        ("DROP SCHEMA a, b CASCADE", schemas(&["a", "b"])),
        ("ALTER SCHEMA a RENAME TO b", schemas(&["a", "b"])),
        (
            "GRANT SELECT ON ALL TABLES IN SCHEMA a, b TO r",
            schemas(&["a", "b"]),
        ),
        (
            "IMPORT FOREIGN SCHEMA x FROM SERVER y INTO z",
            schemas(&["z"]),
        ),
        ("CREATE INDEX CONCURRENTLY i ON t (a)", Scope::Targets),
        ("CREATE INDEX CONCURRENTLY ON t (a)", Scope::Targets),
        ("DROP OWNED BY r", Scope::Everything),
        ("REASSIGN OWNED BY r TO s", Scope::Everything),
    ];
    for (text, expected) in cases {
        assert_eq!(ddl(text).scope, expected, "{text}");
    }
}

#[test]
fn what_drops_and_what_refuses_a_transaction_is_told() {
    for (text, drops, outside) in [
        ("DROP TABLE t", true, false),
        ("ALTER TABLE t DROP COLUMN a", true, false),
        ("ALTER TABLE t DROP CONSTRAINT a", false, false),
        ("DROP INDEX CONCURRENTLY i", true, true),
        ("CREATE INDEX CONCURRENTLY i ON t (a)", false, true),
        ("CREATE INDEX i ON t (a)", false, false),
        ("ALTER TABLE t DETACH PARTITION p CONCURRENTLY", false, true),
        ("ALTER TABLE t DETACH PARTITION p", false, false),
        ("DROP OWNED BY r", true, false),
        ("CLUSTER t USING i", false, true),
    ] {
        let found = ddl(text);
        assert_eq!(
            (found.drops, found.outside_transaction),
            (drops, outside),
            "{text}"
        );
    }
}

#[test]
fn summaries_are_one_short_line() {
    for (text, expected) in [
        (
            "ALTER TABLE public.users ADD COLUMN bio text",
            "ALTER TABLE public.users ADD COLUMN bio",
        ),
        (
            "alter  table \"T\" -- x\n add column if not exists b int",
            "alter table \"T\" add column if not exists b",
        ),
        ("CREATE TABLE public.t (\n a int)", "CREATE TABLE public.t"),
        ("CREATE VIEW v AS SELECT 1", "CREATE VIEW v"),
        ("COMMENT ON TABLE t IS 'long'", "COMMENT ON TABLE t"),
        (
            "SECURITY LABEL FOR p ON TABLE t IS 'long'",
            "SECURITY LABEL FOR p ON TABLE t",
        ),
        (
            "CREATE UNIQUE INDEX i ON t (a)",
            "CREATE UNIQUE INDEX i ON t",
        ),
        ("DROP TABLE a, b", "DROP TABLE a, b"),
        (
            "ALTER TABLE t ALTER c TYPE varchar(10)",
            "ALTER TABLE t ALTER c TYPE varchar(10)",
        ),
    ] {
        assert_eq!(ddl(text).summary, expected);
    }
    let long = ddl(&format!("DROP TABLE {}", vec!["abc"; 100].join(", "))).summary;
    assert_eq!(long.chars().count(), 73);
}

#[test]
fn what_changes_no_schema_is_no_ddl() {
    for text in [
        "CREATE TEMP TABLE t (a int)",
        "CREATE TABLE pg_temp.t (a int)",
        "CREATE TEMP VIEW v AS SELECT 1",
        "CREATE TEMPORARY SEQUENCE s",
        "SELECT 1 INTO TEMP t",
        "EXPLAIN CREATE TABLE t AS SELECT 1",
        "TRUNCATE t",
        "VACUUM t",
        "ANALYZE",
        "CLUSTER t",
        "REINDEX TABLE t",
        "REFRESH MATERIALIZED VIEW m",
        "LOCK t",
        "CREATE ROLE r",
        "ALTER ROLE r SET search_path = a",
        "CREATE DATABASE d",
        "ALTER DATABASE d SET x = 1",
        "COMMENT ON DATABASE d IS 'x'",
        "SECURITY LABEL ON ROLE r IS 'x'",
        "GRANT r TO s",
        "GRANT CONNECT ON DATABASE d TO r",
        "DISCARD PLANS",
        "SET work_mem = '1MB'",
        "SHOW work_mem",
        "SET pggit.message = 'x'",
        "SELECT 1",
        "LISTEN a",
        "",
    ] {
        assert_eq!(action(text), Action::None, "{text}");
    }
}

#[test]
fn settings_that_move_names_are_told() {
    let path = |names: &[&str]| Some(names.iter().map(|name| (*name).to_owned()).collect());
    let cases = [
        (
            "SET pggit.branch = 'Feature/x'",
            Setting::Branch {
                value: Some("Feature/x".into()),
                local: false,
            },
        ),
        (
            "SET LOCAL \"PGGIT\".BRANCH TO feature",
            Setting::Branch {
                value: Some("feature".into()),
                local: true,
            },
        ),
        (
            "RESET pggit.branch",
            Setting::Branch {
                value: None,
                local: false,
            },
        ),
        (
            "SET pggit.branch TO DEFAULT",
            Setting::Branch {
                value: None,
                local: false,
            },
        ),
        (
            "SET search_path = A, \"B\", '$user'",
            Setting::SearchPath {
                value: path(&["a", "B", "$user"]),
                local: false,
            },
        ),
        (
            "SET SESSION search_path TO a",
            Setting::SearchPath {
                value: path(&["a"]),
                local: false,
            },
        ),
        (
            "SET LOCAL SCHEMA 'a'",
            Setting::SearchPath {
                value: path(&["a"]),
                local: true,
            },
        ),
        (
            "RESET search_path",
            Setting::SearchPath {
                value: None,
                local: false,
            },
        ),
        ("RESET ALL", Setting::All { discard: false }),
        ("DISCARD ALL", Setting::All { discard: true }),
        (
            "SELECT set_config('search_path', 'a', false)",
            Setting::Unknown { local: false },
        ),
        (
            "SELECT pg_catalog.set_config('search_path', '', true)",
            Setting::Unknown { local: true },
        ),
        (
            "SELECT set_config('a', f(true), true), set_config('a', 'b', false)",
            Setting::Unknown { local: false },
        ),
        (
            "UPDATE t SET a = \"set_config\"('a', 'b', $1)",
            Setting::Unknown { local: false },
        ),
        ("SHOW pggit.branch", Setting::ShowBranch),
        ("SHOW search_path", Setting::ShowSearchPath),
        ("SET ROLE r", Setting::Role),
        ("RESET ROLE", Setting::Role),
        ("SET SESSION AUTHORIZATION r", Setting::Role),
    ];
    for (text, expected) in cases {
        assert_eq!(action(text), Action::Setting(expected), "{text}");
    }
}

#[test]
fn transaction_control_is_told() {
    let cases = [
        ("BEGIN ISOLATION LEVEL SERIALIZABLE", Transaction::Begin),
        ("START TRANSACTION", Transaction::Begin),
        ("COMMIT", Transaction::Commit { chain: false }),
        ("END AND CHAIN", Transaction::Commit { chain: true }),
        ("ABORT", Transaction::Rollback { chain: false }),
        ("ROLLBACK AND CHAIN", Transaction::Rollback { chain: true }),
        ("SAVEPOINT a", Transaction::Savepoint),
        ("RELEASE a", Transaction::ReleaseSavepoint),
        ("ROLLBACK TO a", Transaction::RollbackToSavepoint),
        ("PREPARE TRANSACTION 'a'", Transaction::PrepareTransaction),
        ("COMMIT PREPARED 'a'", Transaction::FinishPrepared),
        ("ROLLBACK PREPARED 'a'", Transaction::FinishPrepared),
        ("SET TRANSACTION READ ONLY", Transaction::Characteristics),
        (
            "SET SESSION CHARACTERISTICS AS TRANSACTION READ ONLY",
            Transaction::Characteristics,
        ),
    ];
    for (text, expected) in cases {
        assert_eq!(action(text), Action::Transaction(expected), "{text}");
    }
}

#[test]
fn what_all_branches_share_is_told() {
    for text in [
        "CREATE EXTENSION citext",
        "ALTER DEFAULT PRIVILEGES GRANT SELECT ON TABLES TO r",
        "DROP CAST (text AS json)",
        "COMMENT ON EXTENSION e IS 'x'",
        "SECURITY LABEL ON LANGUAGE l IS 'x'",
    ] {
        assert_eq!(action(text), Action::Shared, "{text}");
    }
}

#[test]
fn prepared_statements_and_code_are_told() {
    let name = || "P".to_owned();
    let cases = [
        (
            "PREPARE \"P\" AS SELECT 1",
            Action::Prepare { name: name() },
        ),
        ("EXECUTE \"P\"(1)", Action::ExecutePrepared { name: name() }),
        (
            "EXPLAIN EXECUTE \"P\"",
            Action::ExecutePrepared { name: name() },
        ),
        (
            "DEALLOCATE \"P\"",
            Action::Deallocate { name: Some(name()) },
        ),
        ("DEALLOCATE ALL", Action::Deallocate { name: None }),
        ("DO $$BEGIN END$$", Action::MayHideDdl),
        ("CALL p()", Action::MayHideDdl),
    ];
    for (text, expected) in cases {
        assert_eq!(action(text), expected, "{text}");
    }
}

#[test]
fn statements_that_the_proxy_has_prepared_are_nobodys() {
    for text in ["EXECUTE \"pggit:1\"", "DEALLOCATE \"pggit:passing\""] {
        let Action::Refuse(report) = action(text) else {
            panic!("{text}");
        };
        assert_eq!(report.sqlstate.as_str(), "26000", "{text}");
    }
    for text in ["EXECUTE \"pggit:mine\"", "DEALLOCATE \"pggit:\""] {
        assert!(!matches!(action(text), Action::Refuse(_)), "{text}");
    }
}

#[test]
fn physical_names_in_ddl_are_told_as_logical_ones() {
    let mut found = statements(
        "DROP TABLE \"public@b\".t, \"public@other\".u",
        &branch_map(),
    );
    let Some(Action::Ddl(ddl)) = found.pop().map(|statement| statement.action) else {
        panic!("no DDL");
    };
    assert_eq!(
        targets(&ddl),
        ["relation public.t", "relation public@other.u"]
    );
}

#[test]
fn statements_of_a_text_stand_where_they_are_written() {
    let text = " /* x */ BEGIN ; CREATE TABLE t (a int); -- y\n COMMIT -- z\n;;";
    let found: Vec<&str> = statements(text, &main_map())
        .into_iter()
        .map(|statement| &text[statement.range])
        .collect();
    assert_eq!(found, ["BEGIN", "CREATE TABLE t (a int)", "COMMIT"]);
}
