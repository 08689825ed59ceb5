//! `DRY RUN` shows what the merge then does.

use crate::harness::ddl::{BASE, Ddl, seeds};
use crate::harness::session::Record;
use crate::harness::{Fixture, Session};
use std::collections::BTreeSet;

/// The statements that the last merge applied.
async fn applied(fixture: &Fixture) -> Vec<String> {
    let server = fixture.direct().await;
    let recorded =
        "SELECT unnest(statements) FROM (SELECT statements FROM pggit.merges LIMIT 1) AS m";
    server.column(recorded).await
}

/// What is shown are these statements, all of them and nothing else.
#[track_caller]
fn assert_shows(shown: &[Record], statements: &[String]) {
    let mut seen: Vec<&str> = Vec::new();
    for row in shown {
        let mut rest = row.get("sql").as_str();
        while !rest.is_empty() {
            // The longest: one may be the beginning of another.
            let next = statements
                .iter()
                .filter(|statement| rest.starts_with(statement.as_str()))
                .max_by_key(|statement| statement.len());
            let Some(next) = next else {
                panic!("not applied: {rest}\n{statements:#?}");
            };
            seen.push(next);
            rest = &rest[next.len()..];
            rest = rest.strip_prefix(";\n").unwrap_or(rest);
        }
    }
    seen.sort_unstable();
    let mut expected: Vec<&str> = statements.iter().map(String::as_str).collect();
    expected.sort_unstable();
    assert_eq!(seen, expected);
}

#[tokio::test]
async fn a_dry_run_shows_the_statements_of_the_merge() {
    let fixture = Fixture::new().await;
    let main = fixture.connect().await;
    main.run(
        "CREATE TABLE users (id int PRIMARY KEY, name text, gone text);
         CREATE VIEW named AS SELECT id, name FROM users;
         CREATE INDEX users_name ON users (name)",
    )
    .await;
    main.run("PGGIT BRANCH feature").await;
    let feature = fixture.connect_on("feature").await;
    feature
        .run(
            "DROP VIEW named; ALTER TABLE users ALTER name TYPE varchar(9), DROP COLUMN gone;
             CREATE TABLE orders (id int PRIMARY KEY, buyer int REFERENCES users);
             CREATE FUNCTION f() RETURNS int LANGUAGE sql AS 'SELECT 1; SELECT 2'",
        )
        .await;
    main.run("ALTER VIEW named RENAME TO people; COMMENT ON TABLE users IS 'all'")
        .await;
    let merge = "PGGIT MERGE feature STRATEGY target_wins";
    let shown = main.records(&format!("{merge} DRY RUN")).await;
    let answer = main.records(merge).await;
    assert_eq!(answer[0].get("outcome"), "merged");
    let statements = applied(&fixture).await;
    assert!(!statements.is_empty());
    assert_shows(&shown, &statements);
}

async fn refusals(session: &Session, command: &str) -> Vec<[String; 3]> {
    let shown = session.records(command).await;
    let rows = shown
        .iter()
        .filter(|row| ["refuse", "lose"].contains(&row.get("result").as_str()));
    rows.map(|row| ["result", "object", "detail"].map(|column| row.get(column).clone()))
        .collect()
}

#[tokio::test]
async fn a_dry_run_says_what_rows_will_refuse() {
    let fixture = Fixture::new().await;
    let main = fixture.connect().await;
    main.run(
        "CREATE TABLE users (id int PRIMARY KEY, name text, gone text); CREATE TABLE old (id int)",
    )
    .await;
    main.run("PGGIT BRANCH feature").await;
    let feature = fixture.connect_on("feature").await;
    feature
        .run(
            "ALTER TABLE users DROP COLUMN gone, ADD age int NOT NULL, ADD CONSTRAINT named UNIQUE (name);
             DROP TABLE old",
        )
        .await;
    let dry = "PGGIT MERGE feature DRY RUN";
    assert!(refusals(&main, dry).await.is_empty());
    main.run(
        "INSERT INTO users VALUES (1, 'ada', 'x'), (2, 'ada', 'y'); INSERT INTO old VALUES (1)",
    )
    .await;
    let users = "table public.users";
    let refused =
        |result: &str, object: &str, detail: &str| [result, object, detail].map(str::to_owned);
    let mut expected = vec![
        refused(
            "refuse",
            users,
            "cannot add NOT NULL column \"age\" without a default to table public.users, which holds rows",
        ),
        refused(
            "refuse",
            users,
            "drops column gone of table public.users, which holds values",
        ),
        refused(
            "refuse",
            "table public.old",
            "drops table public.old, which holds rows",
        ),
    ];
    let mut found = refusals(&main, dry).await;
    let duplicates = found
        .iter()
        .position(|row| row[1] == users && row[2].contains("named"))
        .map(|at| found.remove(at));
    assert!(duplicates.is_some(), "{found:#?}");
    found.sort();
    expected.sort();
    assert_eq!(found, expected);
    // Within a transaction of the client's, which goes on.
    main.run("BEGIN").await;
    main.run("DELETE FROM users; DELETE FROM old").await;
    assert!(refusals(&main, dry).await.is_empty());
    main.run("ROLLBACK").await;
    assert_eq!(main.sqlstate("PGGIT MERGE feature").await, "23502");

    main.run("UPDATE users SET name = id; DELETE FROM users WHERE id = 2")
        .await;
    feature
        .run("ALTER TABLE users ALTER age SET DEFAULT 0")
        .await;
    let lossy = "PGGIT MERGE feature ALLOW DATA LOSS";
    let lost: Vec<String> = refusals(&main, &format!("{lossy} DRY RUN"))
        .await
        .into_iter()
        .map(|[result, ..]| result)
        .collect();
    assert_eq!(lost, ["lose", "lose"]);
    let answer = main.records(lossy).await;
    assert_eq!(answer[0].get("outcome"), "fast_forward");
}

async fn wander(session: &Session, ddl: &mut Ddl, statements: usize) {
    let mut done = 0;
    while done < statements {
        done += usize::from(session.try_run(&ddl.statement()).await.is_ok());
    }
}

/// `KIND key: result`, as a merge's record shows an object.
fn told(shown: &[Record]) -> BTreeSet<String> {
    let objects = shown.iter().filter(|row| row.get("kind") != "∅");
    objects
        .map(|row| {
            let [kind, object, result] = ["kind", "object", "result"].map(|name| row.get(name));
            format!("{kind} {object}: {result}")
        })
        .collect()
}

/// `key attribute` of each conflict.
fn contested(shown: &[Record]) -> BTreeSet<String> {
    let conflicts = shown.iter().filter(|row| row.get("result") == "conflict");
    conflicts
        .flat_map(|row| {
            let attributes = row.get("detail").split(", ");
            attributes.map(move |attribute| format!("{} {attribute}", row.get("object")))
        })
        .collect()
}

/// Merges, and checks that the dry run has shown the objects and statements of it.
async fn assert_previewed(fixture: &Fixture, main: &Session, merge: &str, dry: &[Record]) {
    let answer = main.records(merge).await.remove(0);
    assert_eq!(answer.get("outcome"), "merged", "{answer:?}");
    assert_shows(dry, &applied(fixture).await);
    let server = fixture.direct().await;
    let id = server.value("SELECT max(id) FROM pggit.merge").await;
    let objects: BTreeSet<String> = main
        .rows(&format!("PGGIT MERGE SHOW {id}"))
        .await
        .into_iter()
        .filter(|row| row[0] == "object" && !row[1].starts_with("NO_CONFLICT"))
        .map(|row| row[1].clone())
        .collect();
    let shown: BTreeSet<String> = told(dry)
        .into_iter()
        .filter(|object| !object.starts_with("NO_CONFLICT"))
        .collect();
    assert_eq!(shown, objects);
}

/// Whatever two branches did: kinds, results, statements and conflicts are those of the merge.
#[tokio::test]
async fn a_dry_run_is_the_merge_but_for_its_last_step() {
    let mut conflicts = 0;
    for seed in seeds(3) {
        let fixture = Fixture::new().await;
        let main = fixture.connect().await;
        main.run(&format!("CREATE SCHEMA app; {BASE}")).await;
        main.run("PGGIT BRANCH feature").await;
        let feature = fixture.connect_on("feature").await;
        let mut ddl = Ddl::new(1000 + seed);
        wander(&feature, &mut ddl, 30).await;
        wander(&main, &mut ddl, 10).await;
        let mut merge = "PGGIT MERGE feature".to_owned();
        let mut dry = main.records(&format!("{merge} DRY RUN")).await;
        let waiting = contested(&dry);
        if !waiting.is_empty() {
            let answer = main.records(&merge).await.remove(0);
            assert_eq!(answer.get("outcome"), "conflicts", "seed {seed}");
            let id = answer.get("merge");
            let stored: BTreeSet<String> = main
                .records(&format!("PGGIT CONFLICTS {id}"))
                .await
                .iter()
                .map(|row| format!("{} {}", row.get("object"), row.get("attribute")))
                .collect();
            assert_eq!(waiting, stored, "seed {seed}");
            main.run(&format!("PGGIT MERGE ABORT {id}")).await;
            conflicts += 1;
            merge.push_str(" STRATEGY source_wins");
            dry = main.records(&format!("{merge} DRY RUN")).await;
        }
        assert_previewed(&fixture, &main, &merge, &dry).await;
    }
    assert!(conflicts > 0);
}
