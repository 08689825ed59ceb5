//! What a merge leaves in the target's history: fast-forwards, merge commits, squashes.

use crate::harness::{Fixture, Session};

/// `main` with a table, a branch `feature` with two commits on top, and a session on each.
async fn two_ahead() -> (Fixture, Session, Session) {
    let fixture = Fixture::new().await;
    let main = fixture.connect().await;
    main.run("CREATE TABLE users (id int PRIMARY KEY)").await;
    main.run("PGGIT BRANCH feature").await;
    let feature = fixture.connect_on("feature").await;
    feature.run("ALTER TABLE users ADD name text").await;
    feature.run("CREATE INDEX users_name ON users (name)").await;
    (fixture, main, feature)
}

async fn outcome(session: &Session, command: &str) -> String {
    session.records(command).await[0].get("outcome").clone()
}

/// How many parents the head of `main` has, and its message.
async fn head_of_main(server: &Session) -> (String, String) {
    let row = server
        .rows(
            "SELECT (SELECT count(*) FROM pggit.commit_parent AS p WHERE p.commit = c.hash), c.message
             FROM pggit.branch AS b JOIN pggit.commit AS c ON c.hash = b.head WHERE b.name = 'main'",
        )
        .await
        .remove(0);
    (row[0].clone(), row[1].clone())
}

async fn trees_are_equal(server: &Session) -> bool {
    let trees = server
        .column("SELECT DISTINCT encode(c.tree, 'hex') FROM pggit.branch AS b JOIN pggit.commit AS c ON c.hash = b.head")
        .await;
    trees.len() == 1
}

#[tokio::test]
async fn no_ff_always_makes_a_merge_commit() {
    let (fixture, main, _feature) = two_ahead().await;
    assert_eq!(outcome(&main, "PGGIT MERGE feature NO FF").await, "merged");
    let server = fixture.direct().await;
    assert_eq!(
        head_of_main(&server).await,
        ("2".to_owned(), "Merge feature into main".to_owned())
    );
    assert!(trees_are_equal(&server).await);
    assert_eq!(
        outcome(&main, "PGGIT MERGE feature NO FF").await,
        "up_to_date"
    );
}

#[tokio::test]
async fn ff_only_fast_forwards_or_refuses() {
    let (fixture, main, feature) = two_ahead().await;
    let server = fixture.direct().await;
    let merge = "PGGIT MERGE feature FF ONLY MESSAGE 'not used'";
    assert_eq!(outcome(&main, merge).await, "fast_forward");
    let heads = "SELECT count(DISTINCT head) FROM pggit.branch";
    assert_eq!(server.value(heads).await, "1");

    feature.run("ALTER TABLE users ADD bio text").await;
    main.run("CREATE TABLE other ()").await;
    let before = head_of_main(&server).await;
    let error = main.error(merge).await;
    assert_eq!(error.code().code(), "55000");
    assert_eq!(
        error.message(),
        "not possible to fast-forward branch \"main\""
    );
    assert_eq!(head_of_main(&server).await, before);
    assert_eq!(server.value("SELECT count(*) FROM pggit.merge").await, "1");
}

#[tokio::test]
async fn squash_makes_one_commit_that_names_what_it_stands_for() {
    let (fixture, main, feature) = two_ahead().await;
    let server = fixture.direct().await;
    assert_eq!(outcome(&main, "PGGIT MERGE feature SQUASH").await, "merged");
    let (parents, message) = head_of_main(&server).await;
    assert_eq!(parents, "1");
    let commits = server
        .column("SELECT left(encode(hash, 'hex'), 12) || ' ' || message FROM pggit.commit ORDER BY generation DESC LIMIT 3")
        .await;
    let lines: Vec<&str> = message.lines().collect();
    assert_eq!(lines[..2], ["Squash feature into main", ""]);
    assert_eq!(lines.len(), 4, "{message}");
    assert!(
        lines[2..]
            .iter()
            .all(|line| commits.iter().any(|commit| commit == line)),
        "{message} {commits:?}"
    );
    assert!(
        lines[2].ends_with("ALTER TABLE users ADD name text"),
        "{message}"
    );
    assert!(trees_are_equal(&server).await);

    let squash = "PGGIT MERGE feature SQUASH MESSAGE 'the feature'";
    assert_eq!(outcome(&main, squash).await, "up_to_date");
    feature.run("ALTER TABLE users ADD bio text").await;
    assert_eq!(outcome(&main, squash).await, "merged");
    assert_eq!(
        head_of_main(&server).await,
        ("1".to_owned(), "the feature".to_owned())
    );
    assert!(trees_are_equal(&server).await);
}

#[tokio::test]
async fn a_merge_that_waited_for_decisions_leaves_what_was_asked_for() {
    let (fixture, main, feature) = two_ahead().await;
    main.run("ALTER TABLE users ADD age int").await;
    main.run("PGGIT MERGE main INTO feature").await;
    main.run("ALTER TABLE users ALTER age TYPE bigint").await;
    feature
        .run("ALTER TABLE users ALTER age TYPE smallint")
        .await;
    let answer = main
        .records("PGGIT MERGE feature SQUASH MESSAGE 'all'")
        .await;
    assert_eq!(answer[0].get("outcome"), "conflicts");
    let id = answer[0].get("merge").clone();
    main.run(&format!("PGGIT RESOLVE {id} 1 WITH SOURCE")).await;
    main.run(&format!("PGGIT MERGE CONTINUE {id}")).await;
    let server = fixture.direct().await;
    assert_eq!(
        head_of_main(&server).await,
        ("1".to_owned(), "all".to_owned())
    );
    let stored = "SELECT history || ' ' || state FROM pggit.merges ORDER BY id DESC LIMIT 1";
    assert_eq!(server.value(stored).await, "squash completed");
}
