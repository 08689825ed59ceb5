//! Tags: names for commits that never move.

use crate::harness::{Fixture, Session};

/// `main` with two commits after the first: `one`, `two`.
async fn two_tables() -> (Fixture, Session) {
    let fixture = Fixture::new().await;
    let main = fixture.connect().await;
    main.run("CREATE TABLE one (id int)").await;
    main.run("CREATE TABLE two (id int)").await;
    (fixture, main)
}

#[tokio::test]
async fn a_tag_names_a_commit_wherever_a_ref_can_stand() {
    let (_fixture, main) = two_tables().await;
    let two = main.head_of("main").await;
    main.run("PGGIT TAG v2 MESSAGE 'Two tables'").await;
    main.run("PGGIT TAG v1.0 main~1").await;
    main.run("CREATE TABLE three (id int)").await;
    assert_eq!(
        main.rows("SELECT name, message FROM pggit.tags ORDER BY name")
            .await,
        [["v1.0", "∅"], ["v2", "Two tables"]]
    );
    assert_eq!(
        main.value("SELECT commit FROM pggit.tags WHERE name = 'v2'")
            .await,
        two
    );
    let listed = main.records("PGGIT TAG").await;
    assert_eq!(listed.len(), 2);
    assert_eq!(listed[0].get("tag"), "v1.0");
    assert_eq!(listed[1].get("commit"), &two[..12]);
    assert_eq!(listed[1].get("message"), "Two tables");

    let shown = main.records("PGGIT SHOW v2").await;
    assert_eq!(shown[0].get("value"), &two);
    let changes = main.records("PGGIT DIFF v1.0 main").await;
    let objects: Vec<&str> = changes
        .iter()
        .map(|change| change.get("object").as_str())
        .collect();
    assert_eq!(objects, ["public.three", "public.two"]);
    assert_eq!(main.log("v2~1").await[0], "CREATE TABLE one");
    main.run("PGGIT BRANCH old FROM v1.0").await;
    let old = main_tables(&main, "old").await;
    assert_eq!(old, ["one"]);
    main.run("PGGIT MERGE v2 INTO old").await;
    assert_eq!(main.head_of("old").await, two);
}

async fn main_tables(session: &Session, branch: &str) -> Vec<String> {
    session.run(&format!("PGGIT CHECKOUT {branch}")).await;
    let tables = session
        .column(
            "SELECT relname FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind = 'r' ORDER BY 1",
        )
        .await;
    session.run("PGGIT CHECKOUT main").await;
    tables
}

#[tokio::test]
async fn lists_show_the_tags_of_commits() {
    let (_fixture, main) = two_tables().await;
    main.run("PGGIT TAG b; PGGIT TAG a; PGGIT TAG first main~2")
        .await;
    let branches = main.records("PGGIT BRANCH").await;
    let mut tags: Vec<&str> = branches[0].get("tags").split(", ").collect();
    tags.sort_unstable();
    assert_eq!(tags, ["a", "b"]);
    let log = main.records("PGGIT LOG").await;
    assert_eq!(log[0].get("branches"), "main, tag: a, tag: b");
    assert_eq!(log[1].get("branches"), "");
    assert_eq!(log[2].get("branches"), "tag: first");
}

#[tokio::test]
async fn a_tag_never_moves() {
    let (fixture, main) = two_tables().await;
    main.run("PGGIT TAG v1 main~1").await;
    let before = main.rows("SELECT * FROM pggit.tags").await;
    assert_eq!(main.sqlstate("PGGIT TAG v1").await, "42710");
    assert_eq!(main.sqlstate("PGGIT TAG v1 main~1").await, "42710");
    // Not even for the owner of history.
    let owner = fixture.superuser().await;
    for sql in [
        "UPDATE pggit.tag SET commit = (SELECT head FROM pggit.branch WHERE id = 1)",
        "TRUNCATE pggit.tag",
    ] {
        assert_eq!(owner.sqlstate(sql).await, "42501", "{sql}");
    }
    for sql in [
        "DELETE FROM pggit.tag",
        "INSERT INTO pggit.tag (name, commit, tagged_by) SELECT 'x', head, 'x' FROM pggit.branch",
    ] {
        assert_eq!(main.sqlstate(sql).await, "42501", "{sql}");
    }
    assert_eq!(main.rows("SELECT * FROM pggit.tags").await, before);
}

#[tokio::test]
async fn branches_and_tags_share_their_names() {
    let (_fixture, main) = two_tables().await;
    main.run("PGGIT TAG v1; PGGIT BRANCH feature; PGGIT BRANCH other")
        .await;
    for sql in [
        "PGGIT TAG feature",
        "PGGIT BRANCH v1",
        "PGGIT CHECKOUT NEW v1",
        "PGGIT BRANCH RENAME feature TO v1",
    ] {
        assert_eq!(main.sqlstate(sql).await, "42710", "{sql}");
    }
    main.run("PGGIT BRANCH DELETE other").await;
    main.run("PGGIT TAG other").await;
    assert_eq!(main.sqlstate("PGGIT TAG \"a@b\"").await, "42602");
    assert_eq!(main.sqlstate("PGGIT TAG v2 nowhere").await, "3D000");
    assert_eq!(main.sqlstate("BEGIN; PGGIT TAG v2").await, "25001");
}

#[tokio::test]
async fn a_deleted_tag_is_noted_and_its_commit_stays() {
    let (fixture, main) = two_tables().await;
    main.run("PGGIT TAG v1 main~1").await;
    let commit = main.value("SELECT commit FROM pggit.tags").await;
    let stranger = fixture.database.role("stranger").await;
    let stranger = fixture.connect_as(&stranger).await;
    assert_eq!(stranger.sqlstate("PGGIT TAG DELETE v1").await, "42501");
    stranger.run("PGGIT TAG theirs").await;
    // The owner of the database may.
    main.run("PGGIT TAG DELETE theirs; PGGIT TAG DELETE v1")
        .await;
    assert_eq!(main.sqlstate("PGGIT TAG DELETE v1").await, "42704");
    assert_eq!(main.value("SELECT count(*) FROM pggit.tags").await, "0");
    assert_eq!(
        main.rows(
            "SELECT action, encode(old, 'hex'), encode(new, 'hex') FROM pggit.reflog
              WHERE branch = 'v1' ORDER BY id"
        )
        .await,
        [
            ["tag".to_owned(), "∅".to_owned(), commit.clone()],
            ["delete tag".to_owned(), commit.clone(), "∅".to_owned()]
        ]
    );
    main.run(&format!("PGGIT SHOW {commit}")).await;
    assert_eq!(main.sqlstate("PGGIT SHOW v1").await, "3D000");
}

#[tokio::test]
async fn tags_that_are_made_at_once_are_all_logged() {
    let (fixture, _) = two_tables().await;
    let taggers = (0..8).map(|number| {
        let fixture = &fixture;
        async move {
            let session = fixture.connect().await;
            session.run(&format!("PGGIT TAG t{number}")).await;
        }
    });
    futures::future::join_all(taggers).await;
    let logged = "SELECT string_agg(branch, ' ' ORDER BY branch), count(DISTINCT id) FROM pggit.reflog WHERE branch_id = 0";
    assert_eq!(
        fixture.superuser().await.rows(logged).await,
        [["t0 t1 t2 t3 t4 t5 t6 t7".to_owned(), "8".to_owned()]]
    );
}
