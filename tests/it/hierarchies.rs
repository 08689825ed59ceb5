//! Merges of partitioned tables and of families of tables: what the server carries from a parent to its
//! children is merged once, with the parent, and what was done to a child stays with the child.

use crate::harness::programs::dump_schema;
use crate::harness::{Database, Fixture, Session};

const EVENTS: &str = "CREATE TABLE events (id int NOT NULL, at date NOT NULL, kind text DEFAULT 'k') PARTITION BY RANGE (at);
    CREATE TABLE events_1 PARTITION OF events FOR VALUES FROM ('2021-01-01') TO ('2022-01-01');
    CREATE TABLE events_2 (kind text, at date NOT NULL, id int NOT NULL);
    ALTER TABLE events ATTACH PARTITION events_2 FOR VALUES FROM ('2022-01-01') TO ('2023-01-01');
    CREATE INDEX events_kind ON events (kind);
    CREATE TABLE archive (id int NOT NULL, at date NOT NULL, kind text) PARTITION BY RANGE (at)";

const FAMILY: &str = "CREATE TABLE people (id int, name text);
    CREATE TABLE staff (salary int) INHERITS (people)";

/// What a database has in which the statements were run one after the other.
async fn reference(scripts: &[&str]) -> Vec<String> {
    let database = Database::create().await;
    let session = database.direct().await;
    for script in scripts {
        run(&session, script).await;
    }
    lines(&database)
}

async fn run(session: &Session, script: &str) {
    for sql in script.split(';').filter(|sql| !sql.trim().is_empty()) {
        session.run(sql).await;
    }
}

/// Sorted, since columns come in another order after a merge.
fn lines(database: &Database) -> Vec<String> {
    let url = database.server.url(&database.owner, &database.name);
    let dump = dump_schema(&url, "public", None);
    let mut lines: Vec<String> = (dump.lines())
        .map(|line| line.trim_end_matches(',').to_owned())
        .collect();
    lines.sort();
    lines
}

/// Changes `main` and a branch, each in its own way, and merges the branch with `command`.
async fn merged(base: &str, source: &str, target: &str, command: &str) -> (Fixture, Session) {
    let fixture = Fixture::new().await;
    let database = &fixture.database;
    let main = Session::connect(&fixture.proxy.url(&database.owner, &database.name)).await;
    run(&main, base).await;
    main.run("PGGIT BRANCH feature").await;
    let branch = format!("{}@feature", database.name);
    let feature = Session::connect(&fixture.proxy.url(&database.owner, &branch)).await;
    run(&feature, source).await;
    run(&main, target).await;
    main.run(command).await;
    (fixture, main)
}

async fn merges_to(base: &str, source: &str, target: &str, wanted: &[&str]) {
    let (fixture, main) = merged(base, source, target, "PGGIT MERGE feature").await;
    let (found, wanted) = (lines(&fixture.database), reference(wanted).await);
    let only = |these: &[String], those: &[String]| -> Vec<String> {
        (these.iter().filter(|line| !those.contains(line)).cloned()).collect()
    };
    assert!(
        found == wanted,
        "missing: {:#?}\ntoo much: {:#?}",
        only(&wanted, &found),
        only(&found, &wanted)
    );
    let again = main.rows("PGGIT MERGE feature").await;
    assert_eq!(again[0][0], "up_to_date");
}

#[tokio::test]
async fn a_new_partition_gets_what_its_parent_got_meanwhile() {
    let source = "ALTER TABLE events ADD COLUMN size int DEFAULT 1, ADD CONSTRAINT sized CHECK (size > 0), ALTER kind SET NOT NULL; ALTER TABLE events RENAME id TO number";
    let target = "CREATE TABLE events_3 PARTITION OF events FOR VALUES FROM ('2023-01-01') TO ('2024-01-01'); ALTER TABLE events_2 ALTER kind SET DEFAULT 'own'";
    merges_to(EVENTS, source, target, &[EVENTS, target, source]).await;
}

#[tokio::test]
async fn a_column_that_both_sides_give_a_parent_is_one() {
    let source =
        "ALTER TABLE events ADD COLUMN size int; ALTER TABLE events_1 ALTER size SET DEFAULT 5";
    let target = "ALTER TABLE events ADD COLUMN size int; CREATE INDEX events_at ON events (at)";
    let both = "ALTER TABLE events_1 ALTER size SET DEFAULT 5";
    merges_to(EVENTS, source, target, &[EVENTS, target, both]).await;
}

#[tokio::test]
async fn a_partition_that_is_dropped_does_not_conflict_with_a_change_of_its_parent() {
    let source = "DROP TABLE events_1";
    let target = "ALTER TABLE events ADD COLUMN size int, ALTER kind SET DEFAULT 'z'";
    merges_to(EVENTS, source, target, &[EVENTS, target, source]).await;
}

#[tokio::test]
async fn partitions_move_while_others_change() {
    let source = "ALTER TABLE events DETACH PARTITION events_2; ALTER TABLE archive ATTACH PARTITION events_2 FOR VALUES FROM ('2022-01-01') TO ('2023-01-01')";
    let target = "ALTER TABLE events_2 ADD CONSTRAINT own CHECK (id > 0); ALTER TABLE events_1 SET (fillfactor = 50); CREATE TABLE log (id int)";
    merges_to(EVENTS, source, target, &[EVENTS, target, source]).await;
}

#[tokio::test]
async fn indexes_and_keys_of_partitioned_tables_merge() {
    let source = "ALTER TABLE events ADD PRIMARY KEY (id, at)";
    let target = "CREATE INDEX events_at ON events (at); CREATE INDEX own ON events_1 (id)";
    merges_to(EVENTS, source, target, &[EVENTS, target, source]).await;
}

#[tokio::test]
async fn a_new_child_gets_what_its_parent_got_meanwhile() {
    let source = "CREATE TABLE guests (until date) INHERITS (people)";
    let target = "ALTER TABLE people ADD COLUMN age int, ALTER id TYPE bigint; ALTER TABLE staff ALTER name SET DEFAULT 'x'";
    merges_to(FAMILY, source, target, &[FAMILY, target, source]).await;
}

#[tokio::test]
async fn a_parents_conflict_is_its_own_alone() {
    let source = "ALTER TABLE events ALTER kind TYPE varchar(10)";
    let target = "ALTER TABLE events ALTER kind TYPE varchar(20)";
    let (_fixture, main) = merged(EVENTS, source, target, "SELECT").await;
    let told = main.rows("PGGIT MERGE feature DRY RUN").await;
    let modified = told
        .iter()
        .filter(|row| row.iter().any(|cell| cell == "BOTH_MODIFIED"))
        .count();
    assert_eq!(modified, 1, "{told:?}");
}

#[tokio::test]
async fn a_decided_conflict_of_a_parent_decides_its_children() {
    let source = "ALTER TABLE events ALTER kind TYPE varchar(10)";
    let target = "ALTER TABLE events ALTER kind TYPE varchar(20)";
    let command = "PGGIT MERGE feature STRATEGY source_wins";
    let (fixture, _main) = merged(EVENTS, source, target, command).await;
    assert_eq!(
        lines(&fixture.database),
        reference(&[EVENTS, target, source]).await
    );
}
