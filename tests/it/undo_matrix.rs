//! Reverts of commits that others came after, one change after the other. What counts is the catalog that results: it has to
//! be the one that a database has where the expected DDL was run directly.

use crate::harness::programs::dump_schema;
use crate::harness::session::explain;
use crate::harness::{Database, Fixture, Session};
use tokio_postgres::SimpleQueryMessage;

/// `%` stands for a name of each case's own; statements are parted by `; `.
struct Case {
    base: &'static str,
    /// What is reverted.
    commit: &'static str,
    /// What came after it.
    later: &'static str,
    /// What leads from the base to what is left.
    result: &'static str,
}

const fn case(
    base: &'static str,
    commit: &'static str,
    later: &'static str,
    result: &'static str,
) -> Case {
    Case {
        base,
        commit,
        later,
        result,
    }
}

const TABLE: &str = "CREATE TABLE % (id int PRIMARY KEY, a int, b text)";
const CHECKED: &str =
    "CREATE TABLE % (id int PRIMARY KEY, a int CONSTRAINT %_check CHECK (a > 0), b text)";
const FUNCTION: &str = "CREATE FUNCTION %() RETURNS int LANGUAGE sql AS 'SELECT 1'";

const CLEAN: &[Case] = &[
    // Columns.
    case(
        TABLE,
        "ALTER TABLE % ADD COLUMN c int",
        "ALTER TABLE % ADD COLUMN d int",
        "ALTER TABLE % ADD COLUMN d int",
    ),
    case(
        TABLE,
        "ALTER TABLE % DROP COLUMN b",
        "ALTER TABLE % ADD COLUMN d int",
        "ALTER TABLE % DROP COLUMN b, ADD COLUMN d int; ALTER TABLE % ADD COLUMN b text",
    ),
    case(
        TABLE,
        "ALTER TABLE % RENAME a TO x",
        "ALTER TABLE % ALTER x TYPE bigint",
        "ALTER TABLE % ALTER a TYPE bigint",
    ),
    case(
        TABLE,
        "ALTER TABLE % ALTER a TYPE bigint",
        "ALTER TABLE % RENAME a TO x",
        "ALTER TABLE % RENAME a TO x",
    ),
    case(
        TABLE,
        "ALTER TABLE % RENAME a TO x",
        "CREATE INDEX %_x ON % (x)",
        "CREATE INDEX %_x ON % (a)",
    ),
    case(
        TABLE,
        "ALTER TABLE % ALTER a SET NOT NULL",
        "ALTER TABLE % ALTER a SET DEFAULT 3",
        "ALTER TABLE % ALTER a SET DEFAULT 3",
    ),
    case(
        TABLE,
        "ALTER TABLE % ALTER a SET DEFAULT 3",
        "COMMENT ON COLUMN %.a IS 'commented'",
        "COMMENT ON COLUMN %.a IS 'commented'",
    ),
    case(
        TABLE,
        "ALTER TABLE % ALTER id ADD GENERATED ALWAYS AS IDENTITY",
        "ALTER TABLE % RENAME id TO number",
        "ALTER TABLE % RENAME id TO number",
    ),
    case(
        TABLE,
        "ALTER TABLE % ADD c text GENERATED ALWAYS AS (b || '!') STORED",
        "ALTER TABLE % RENAME b TO bb",
        "ALTER TABLE % RENAME b TO bb",
    ),
    // Constraints, and checks of columns that are gone.
    case(
        TABLE,
        "ALTER TABLE % ADD CONSTRAINT %_c CHECK (a > 0)",
        "ALTER TABLE % RENAME a TO x",
        "ALTER TABLE % RENAME a TO x",
    ),
    case(
        CHECKED,
        "ALTER TABLE % DROP CONSTRAINT %_check",
        "ALTER TABLE % RENAME a TO x",
        "ALTER TABLE % RENAME a TO x",
    ),
    case(
        TABLE,
        "ALTER TABLE % ADD CONSTRAINT %_c CHECK (a > 0)",
        "ALTER TABLE % DROP COLUMN a",
        "ALTER TABLE % DROP COLUMN a",
    ),
    case(
        TABLE,
        "ALTER TABLE % DROP CONSTRAINT %_pkey",
        "ALTER TABLE % RENAME id TO number",
        "ALTER TABLE % RENAME id TO number",
    ),
    case(
        "CREATE TABLE %_p (id int PRIMARY KEY); CREATE TABLE % (id int REFERENCES %_p)",
        "DROP TABLE %_p CASCADE",
        "ALTER TABLE % ADD COLUMN a int",
        "ALTER TABLE % ADD COLUMN a int",
    ),
    // Indexes.
    case(
        TABLE,
        "CREATE INDEX %_a ON % (a)",
        "ALTER TABLE % RENAME a TO x",
        "ALTER TABLE % RENAME a TO x",
    ),
    case(
        "CREATE TABLE % (a int, b text); CREATE UNIQUE INDEX %_a ON % (a, lower(b))",
        "DROP INDEX %_a",
        "ALTER TABLE % RENAME a TO x; ALTER TABLE % RENAME TO %_new",
        "ALTER TABLE % RENAME a TO x; ALTER TABLE % RENAME TO %_new",
    ),
    // Tables.
    case(
        TABLE,
        "ALTER TABLE % RENAME TO %_new",
        "ALTER TABLE %_new ADD COLUMN c int",
        "ALTER TABLE % ADD COLUMN c int",
    ),
    case(
        TABLE,
        "DROP TABLE %",
        "CREATE TABLE %_other (id int)",
        "CREATE TABLE %_other (id int)",
    ),
    case(
        "SELECT 1",
        TABLE,
        "CREATE TABLE %_other (id int)",
        "CREATE TABLE %_other (id int)",
    ),
    case(
        TABLE,
        "ALTER TABLE % SET (fillfactor = 50)",
        "ALTER TABLE % SET (autovacuum_enabled = false)",
        "ALTER TABLE % SET (autovacuum_enabled = false)",
    ),
    case(
        "CREATE TABLE % (id int) PARTITION BY RANGE (id); CREATE TABLE %_1 PARTITION OF % FOR VALUES FROM (1) TO (9)",
        "ALTER TABLE % DETACH PARTITION %_1",
        "ALTER TABLE % ADD COLUMN a int; ALTER TABLE %_1 ADD COLUMN a int",
        "ALTER TABLE % ADD COLUMN a int",
    ),
    case(
        TABLE,
        "GRANT SELECT ON % TO PUBLIC",
        "GRANT UPDATE ON % TO PUBLIC",
        "GRANT UPDATE ON % TO PUBLIC",
    ),
    // Enums: a label goes only with the type made anew.
    case(
        "CREATE TYPE % AS ENUM ('a'); CREATE TABLE %_t (e %, es %[])",
        "ALTER TYPE % ADD VALUE 'b'",
        "ALTER TYPE % ADD VALUE 'c'",
        "ALTER TYPE % ADD VALUE 'c'",
    ),
    case(
        "CREATE TYPE % AS ENUM ('a', 'b')",
        "ALTER TYPE % RENAME VALUE 'a' TO 'x'",
        "COMMENT ON TYPE % IS 'labels'",
        "COMMENT ON TYPE % IS 'labels'",
    ),
    case(
        "CREATE DOMAIN % AS int",
        "ALTER DOMAIN % ADD CONSTRAINT %_c CHECK (VALUE > 0)",
        "ALTER DOMAIN % SET DEFAULT 5",
        "ALTER DOMAIN % SET DEFAULT 5",
    ),
    case(
        "CREATE TYPE % AS (a int, b int)",
        "ALTER TYPE % ADD ATTRIBUTE c int",
        "ALTER TYPE % RENAME ATTRIBUTE a TO x",
        "ALTER TYPE % RENAME ATTRIBUTE a TO x",
    ),
    // Sequences.
    case(
        "CREATE SEQUENCE %",
        "ALTER SEQUENCE % INCREMENT 5",
        "ALTER SEQUENCE % CYCLE",
        "ALTER SEQUENCE % CYCLE",
    ),
    case(
        "SELECT 1",
        "CREATE SEQUENCE %",
        "CREATE TABLE %_t (id int)",
        "CREATE TABLE %_t (id int)",
    ),
    case(
        "CREATE TABLE % (id serial)",
        "ALTER TABLE % DROP COLUMN id",
        "ALTER TABLE % ADD COLUMN a int",
        "ALTER TABLE % DROP COLUMN id, ADD COLUMN a int; ALTER TABLE % ADD COLUMN id serial",
    ),
    // Functions.
    case(
        FUNCTION,
        "CREATE OR REPLACE FUNCTION %() RETURNS int LANGUAGE sql AS 'SELECT 2'",
        "REVOKE EXECUTE ON FUNCTION %() FROM PUBLIC",
        "REVOKE EXECUTE ON FUNCTION %() FROM PUBLIC",
    ),
    case(
        FUNCTION,
        "DROP FUNCTION %()",
        "CREATE TABLE %_t (id int)",
        "CREATE TABLE %_t (id int)",
    ),
    case(
        FUNCTION,
        "ALTER FUNCTION % RENAME TO %_new",
        "ALTER FUNCTION %_new COST 7",
        "ALTER FUNCTION % COST 7",
    ),
    // Views.
    case(
        "CREATE TABLE %_t (id int, a int); CREATE VIEW % AS SELECT id FROM %_t",
        "CREATE OR REPLACE VIEW % AS SELECT id, a FROM %_t",
        "COMMENT ON VIEW % IS 'seen'; GRANT SELECT ON % TO PUBLIC",
        "COMMENT ON VIEW % IS 'seen'; GRANT SELECT ON % TO PUBLIC",
    ),
    case(
        "CREATE TABLE %_t (id int, a int); CREATE VIEW % AS SELECT id FROM %_t",
        "DROP VIEW %",
        "ALTER TABLE %_t RENAME TO %_new",
        "ALTER TABLE %_t RENAME TO %_new",
    ),
    // What is on tables.
    case(
        "CREATE TABLE % (a int); CREATE FUNCTION %_f() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN new;END'",
        "CREATE TRIGGER %_g BEFORE UPDATE OF a ON % FOR EACH ROW EXECUTE FUNCTION %_f()",
        "ALTER TABLE % RENAME a TO x",
        "ALTER TABLE % RENAME a TO x",
    ),
    case(
        "CREATE TABLE % (a int); CREATE POLICY %_p ON % USING (a > 0)",
        "DROP POLICY %_p ON %",
        "ALTER TABLE % RENAME a TO x",
        "ALTER TABLE % RENAME a TO x",
    ),
];

/// Where later changes leave no single right outcome.
const CLASHES: &[Case] = &[
    // Where a query means a column, its text does not always tell.
    case(
        TABLE,
        "ALTER TABLE % RENAME a TO x",
        "CREATE VIEW %_v AS SELECT x FROM %",
        "",
    ),
    case(
        "CREATE TABLE %_t (id int, a int); CREATE VIEW % AS SELECT id FROM %_t",
        "DROP VIEW %",
        "ALTER TABLE %_t RENAME id TO number",
        "",
    ),
    case(
        TABLE,
        "ALTER TABLE % ALTER a TYPE bigint",
        "ALTER TABLE % ALTER a TYPE text",
        "ALTER TABLE % ALTER a TYPE text",
    ),
    case(
        TABLE,
        "ALTER TABLE % ALTER a SET DEFAULT 1",
        "ALTER TABLE % ALTER a SET DEFAULT 2",
        "",
    ),
    case(
        TABLE,
        "ALTER TABLE % RENAME a TO x",
        "ALTER TABLE % RENAME x TO y",
        "",
    ),
    case(
        TABLE,
        "ALTER TABLE % RENAME TO %_x",
        "ALTER TABLE %_x RENAME TO %_y",
        "",
    ),
    case(
        TABLE,
        "ALTER TABLE % RENAME a TO x",
        "ALTER TABLE % ADD COLUMN a int",
        "",
    ),
    case(
        TABLE,
        "ALTER TABLE % ADD COLUMN c int",
        "CREATE INDEX %_c ON % (c)",
        "",
    ),
    case(
        TABLE,
        "ALTER TABLE % ADD COLUMN c int",
        "ALTER TABLE % ADD CONSTRAINT %_c CHECK (c > 0)",
        "",
    ),
    case(
        TABLE,
        "ALTER TABLE % ADD COLUMN c int",
        "CREATE VIEW %_v AS SELECT c FROM %",
        "",
    ),
    case(
        TABLE,
        "ALTER TABLE % ADD COLUMN c int",
        "ALTER TABLE % ALTER c TYPE bigint",
        "",
    ),
    case(
        TABLE,
        "ALTER TABLE % DROP COLUMN b",
        "ALTER TABLE % ADD COLUMN b int",
        "",
    ),
    case(
        CHECKED,
        "ALTER TABLE % DROP CONSTRAINT %_check",
        "ALTER TABLE % DROP COLUMN a",
        "",
    ),
    case(
        CHECKED,
        "ALTER TABLE % DROP CONSTRAINT %_check",
        "ALTER TABLE % ADD CONSTRAINT %_check CHECK (a > 1)",
        "",
    ),
    case(
        "SELECT 1",
        TABLE,
        "CREATE TABLE %_c (id int REFERENCES %)",
        "",
    ),
    case("SELECT 1", TABLE, "ALTER TABLE % ADD COLUMN c int", ""),
    case(
        TABLE,
        "DROP TABLE %",
        "CREATE TABLE % (id bigint, other text)",
        "",
    ),
    case(
        "CREATE TABLE %_t (id int, a int); CREATE VIEW % AS SELECT a FROM %_t",
        "DROP VIEW %",
        "ALTER TABLE %_t DROP COLUMN a",
        "",
    ),
    case(
        FUNCTION,
        "CREATE OR REPLACE FUNCTION %() RETURNS int LANGUAGE sql AS 'SELECT 2'",
        "CREATE OR REPLACE FUNCTION %() RETURNS int LANGUAGE sql AS 'SELECT 3'",
        "",
    ),
    case(
        "CREATE SEQUENCE %",
        "ALTER SEQUENCE % INCREMENT 5",
        "ALTER SEQUENCE % INCREMENT 7",
        "",
    ),
    case(
        "CREATE DOMAIN % AS int",
        "ALTER DOMAIN % SET DEFAULT 1",
        "ALTER DOMAIN % SET DEFAULT 2",
        "",
    ),
    case(
        "CREATE TABLE %_t (id int)",
        "CREATE TYPE % AS ENUM ('a')",
        "ALTER TABLE %_t ADD COLUMN e %",
        "",
    ),
    case(
        "SELECT 1",
        FUNCTION,
        "CREATE TABLE %_t (a int DEFAULT %())",
        "",
    ),
    case(
        TABLE,
        "COMMENT ON TABLE % IS 'one'",
        "COMMENT ON TABLE % IS 'other'",
        "",
    ),
];

fn named(index: usize, text: &str) -> Vec<String> {
    text.split("; ")
        .filter(|sql| !sql.is_empty())
        .map(|sql| sql.replace('%', &format!("o{index:02}")))
        .collect()
}

async fn run(session: &Session, index: usize, text: &str) {
    for sql in named(index, text) {
        session.run(&sql).await;
    }
}

/// Runs all cases on `main`, stage by stage, and gives the commit of each.
async fn prepared(cases: &[Case]) -> (Fixture, Session, Vec<String>) {
    let fixture = Fixture::new().await;
    let main = fixture.connect().await;
    for (index, case) in cases.iter().enumerate() {
        run(&main, index, case.base).await;
    }
    let mut commits = Vec::new();
    for (index, case) in cases.iter().enumerate() {
        run(&main, index, case.commit).await;
        commits.push(main.field("PGGIT LOG LIMIT 1", "commit").await);
    }
    for (index, case) in cases.iter().enumerate() {
        run(&main, index, case.later).await;
    }
    (fixture, main, commits)
}

fn dump_of(database: &Database) -> String {
    let url = database.server.url(&database.owner, &database.name);
    dump_schema(&url, "public", None)
}

#[tokio::test]
async fn what_came_later_stays() {
    let (fixture, main, commits) = prepared(CLEAN).await;
    let end = main.field("PGGIT LOG LIMIT 1", "commit").await;
    let mut wrong = Vec::new();
    for (case, commit) in CLEAN.iter().zip(&commits) {
        match main.try_run(&format!("PGGIT REVERT {commit}")).await {
            Ok(messages) => {
                let conflicts = messages.iter().any(|message| {
                    matches!(message, SimpleQueryMessage::Row(row) if row.get("outcome") == Some("conflicts"))
                });
                if conflicts {
                    wrong.push(format!("{}, then {}: conflicts", case.commit, case.later));
                }
            }
            Err(error) => wrong.push(format!("{}: {}", case.commit, explain(&error))),
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    let expected = Database::create().await;
    let reference = expected.direct().await;
    for (index, case) in CLEAN.iter().enumerate() {
        run(&reference, index, case.base).await;
        run(&reference, index, case.result).await;
    }
    let (actual, expected) = (dump_of(&fixture.database), dump_of(&expected));
    if actual != expected {
        let difference = similar::TextDiff::from_lines(&expected, &actual);
        panic!(
            "the catalogs differ (- expected, + actual):\n{}",
            difference.unified_diff().context_radius(2)
        );
    }
    main.assert_clean().await;

    // The reverts reverted, it is as if nothing had been.
    let answer = main
        .field(&format!("PGGIT REVERT {end}..main"), "outcome")
        .await;
    assert_eq!(answer, "reverted");
    let differs = main.records(&format!("PGGIT DIFF {end} main")).await;
    assert!(differs.is_empty(), "{differs:#?}");
    main.assert_clean().await;
}

#[tokio::test]
async fn what_has_no_single_right_outcome_waits() {
    let (fixture, main, commits) = prepared(CLASHES).await;
    let before = dump_of(&fixture.database);
    let mut silent = Vec::new();
    for (case, commit) in CLASHES.iter().zip(&commits) {
        let revert = main
            .records(&format!("PGGIT REVERT {commit}"))
            .await
            .remove(0);
        if revert.get("outcome") != "conflicts" {
            silent.push(format!("{} then {}: {revert:?}", case.commit, case.later));
            continue;
        }
        main.run(&format!("PGGIT MERGE ABORT {}", revert.get("merge")))
            .await;
    }
    assert!(silent.is_empty(), "{}", silent.join("\n"));
    assert_eq!(dump_of(&fixture.database), before);
    for (strategy, commits) in [("target_wins", &commits[2..6]), ("source_wins", &commits)] {
        for commit in commits {
            let revert = format!("PGGIT REVERT {commit} STRATEGY {strategy}");
            let outcome = main.field(&revert, "outcome").await;
            let expected = ["reverted", "up_to_date"];
            assert!(expected.contains(&outcome.as_str()), "{revert}: {outcome}");
        }
        if strategy == "target_wins" {
            assert_eq!(dump_of(&fixture.database), before);
        }
        main.assert_clean().await;
    }
}
