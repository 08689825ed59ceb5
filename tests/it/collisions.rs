//! A client learns at once that its commit collides with what another branch has changed.

use crate::harness::{Fixture, Session};

/// `main` with a table, branches `left` and `right` of it, and a session on each of these.
async fn two_branches() -> (Fixture, Session, Session) {
    let fixture = Fixture::new().await;
    let main = fixture.connect().await;
    main.run("CREATE TABLE users (id int PRIMARY KEY, email text, name text)")
        .await;
    main.run("CREATE VIEW names AS SELECT name FROM users")
        .await;
    main.run("PGGIT BRANCH left").await;
    main.run("PGGIT BRANCH right").await;
    let left = fixture.connect_on("left").await;
    let right = fixture.connect_on("right").await;
    (fixture, left, right)
}

#[tokio::test]
async fn a_change_of_what_another_branch_has_changed_is_told() {
    let (fixture, left, right) = two_branches().await;
    left.run("ALTER TABLE users ALTER email TYPE varchar(100)")
        .await;
    assert_eq!(left.notices(), Vec::<String>::new());

    right
        .run("ALTER TABLE users ALTER email TYPE varchar(200)")
        .await;
    let server = fixture.direct().await;
    let commit = server
        .value("SELECT left(head, 12) FROM pggit.branches WHERE name = 'left'")
        .await;
    let author = server
        .value("SELECT author FROM pggit.branches WHERE name = 'left'")
        .await;
    assert_eq!(
        right.notices(),
        ["column email type of table public.users is also changed on branch \"left\""]
    );
    assert_eq!(
        right.notice_details(),
        [format!(
            "Last by {author} in commit {commit}: ALTER TABLE users ALTER email TYPE varchar(100)"
        )]
    );
}

#[tokio::test]
async fn changes_that_merge_are_not_told() {
    let (_fixture, left, right) = two_branches().await;
    left.run("ALTER TABLE users ALTER email TYPE varchar(100)")
        .await;
    left.run("ALTER TABLE users ADD bio text").await;
    right
        .run("ALTER TABLE users ALTER email SET NOT NULL")
        .await;
    right.run("ALTER TABLE users ADD age int").await;
    right.run("CREATE TABLE other (id int)").await;
    // The same change on both sides is none.
    right
        .run("ALTER TABLE users ALTER email TYPE varchar(100)")
        .await;
    assert_eq!(right.notices(), Vec::<String>::new());
}

#[tokio::test]
async fn a_drop_collides_with_a_change_and_a_change_with_a_drop() {
    let (_fixture, left, right) = two_branches().await;
    left.run("DROP VIEW names").await;
    right
        .run("CREATE OR REPLACE VIEW names AS SELECT name, id FROM users")
        .await;
    let told = right.notices().join("\n");
    assert!(
        told.contains("view public.names is also changed on branch \"left\""),
        "{told}"
    );

    right.run("ALTER TABLE users DROP COLUMN email").await;
    left.run("ALTER TABLE users ALTER email SET NOT NULL").await;
    let told = left.notices().join("\n");
    assert!(
        told.contains("column email of table public.users is also changed on branch \"right\""),
        "{told}"
    );
}

#[tokio::test]
async fn what_has_been_merged_no_longer_collides() {
    let (_fixture, left, right) = two_branches().await;
    left.run("ALTER TABLE users ALTER email TYPE varchar(100)")
        .await;
    right.run("PGGIT MERGE left").await;
    right
        .run("ALTER TABLE users ALTER email TYPE varchar(200)")
        .await;
    assert_eq!(right.notices(), Vec::<String>::new());
    // The other way round, `left` has not seen it yet.
    left.run("ALTER TABLE users ALTER email TYPE varchar(300)")
        .await;
    assert_eq!(left.notices().len(), 1);
}
