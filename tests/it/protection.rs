//! Protected branches change by merges alone, of those who may, once others have approved.

use crate::harness::{Fixture, Session};

/// `main` with a table and a branch `feature` with a commit on top; sessions of the owner on both.
async fn fixture() -> (Fixture, Session, Session) {
    let fixture = Fixture::new().await;
    let main = fixture.connect().await;
    main.run("CREATE TABLE users (id int PRIMARY KEY)").await;
    main.run("PGGIT BRANCH feature").await;
    let feature = fixture.connect_on("feature").await;
    feature.run("ALTER TABLE users ADD name text").await;
    (fixture, main, feature)
}

async fn columns(server: &Session) -> Vec<String> {
    server
        .column(
            "SELECT attname FROM pg_attribute WHERE attrelid = 'public.users'::regclass
             AND attnum > 0 AND NOT attisdropped ORDER BY attnum",
        )
        .await
}

#[tokio::test]
async fn only_merges_change_a_protected_branch() {
    let (fixture, main, feature) = fixture().await;
    let server = fixture.direct().await;
    main.run("PGGIT PROTECT main").await;
    let head = "SELECT head FROM pggit.branches WHERE name = 'main'";
    let before = server.value(head).await;

    let error = main.error("ALTER TABLE users ADD bio text").await;
    assert_eq!(error.code().code(), "42501");
    assert_eq!(error.message(), "branch \"main\" is protected");
    assert_eq!(error.detail(), Some("Only merges change it."));
    main.run("BEGIN").await;
    main.run("ALTER TABLE users ADD bio text").await;
    assert_eq!(main.sqlstate("COMMIT").await, "42501");
    assert_eq!(
        main.sqlstate("DO $$ BEGIN CREATE TABLE hidden (); END $$; CREATE VIEW v AS SELECT 1")
            .await,
        "42501"
    );
    assert_eq!(columns(&server).await, ["id"]);
    assert_eq!(server.value(head).await, before);
    // Other branches are as free as before, and so are rows.
    main.run("INSERT INTO users VALUES (1)").await;
    feature.run("ALTER TABLE users ADD bio text").await;

    main.run("PGGIT MERGE feature").await;
    assert_eq!(columns(&server).await, ["id", "name", "bio"]);
    main.run("PGGIT UNPROTECT main").await;
    main.run("ALTER TABLE users ADD age int").await;
    assert_eq!(columns(&server).await, ["id", "name", "bio", "age"]);
    assert_eq!(main.sqlstate("PGGIT UNPROTECT main").await, "55000");
}

#[tokio::test]
async fn drift_of_a_protected_branch_is_recorded() {
    let (fixture, main, _feature) = fixture().await;
    main.run("PGGIT PROTECT main").await;
    let owner = fixture.database.direct().await;
    owner.run("ALTER TABLE public.users ADD past text").await;
    main.run("PGGIT COMMIT 'past the proxy'").await;
    main.assert_clean().await;
    assert_eq!(main.log("main").await[0], "past the proxy");
}

#[tokio::test]
async fn only_members_of_the_listed_roles_merge() {
    let (fixture, main, _feature) = fixture().await;
    let server = fixture.superuser().await;
    let (managers, ada) = (
        fixture.database.role("managers").await,
        fixture.database.role("ada").await,
    );
    let owner = &fixture.database.owner;
    server.run(&format!("GRANT {owner} TO {ada}")).await;
    main.run(&format!("PGGIT PROTECT main ROLES {managers}, postgres"))
        .await;
    let ada_session = fixture.connect_as(&ada).await;
    let error = ada_session.error("PGGIT MERGE feature").await;
    assert_eq!(error.code().code(), "42501");
    assert_eq!(
        error.message(),
        "permission denied to merge into branch \"main\""
    );
    assert_eq!(columns(&server).await, ["id"]);
    server.run(&format!("GRANT {managers} TO {ada}")).await;
    ada_session.run("PGGIT MERGE feature").await;
    assert_eq!(columns(&server).await, ["id", "name"]);
    assert_eq!(
        main.sqlstate("PGGIT PROTECT main ROLES nobody_at_all")
            .await,
        "42704"
    );
}

#[tokio::test]
async fn a_merge_waits_for_approval_of_what_it_merges() {
    let (fixture, main, feature) = fixture().await;
    let server = fixture.direct().await;
    let ada = fixture.database.role("ada").await;
    main.run("PGGIT PROTECT main APPROVALS 1").await;
    let refused = main.error("PGGIT MERGE feature").await;
    assert_eq!(refused.code().code(), "42501");
    assert_eq!(refused.detail(), Some("It has 0 of 1 approvals."));

    let request = feature
        .field(
            "PGGIT MERGE REQUEST feature INTO main MESSAGE 'Names'",
            "request",
        )
        .await;
    let approve = format!("PGGIT APPROVE {request} 'good'");
    assert_eq!(main.sqlstate(&approve).await, "42501", "one's own");
    let ada_session = fixture.connect_as(&ada).await;
    let approved = ada_session.records(&approve).await;
    assert_eq!(
        (
            approved[0].get("approvals").as_str(),
            approved[0].get("needed").as_str()
        ),
        ("1", "1")
    );

    // The source moves on: what was approved is not what would be merged.
    feature.run("ALTER TABLE users ADD bio text").await;
    assert_eq!(main.sqlstate("PGGIT MERGE feature").await, "42501");
    assert_eq!(columns(&server).await, ["id"]);
    ada_session.run(&approve).await;
    main.run("PGGIT MERGE feature").await;
    assert_eq!(columns(&server).await, ["id", "name", "bio"]);
    let states = "SELECT state || ' ' || (commit = (SELECT head FROM pggit.branches WHERE name = 'main'))::text
                  FROM pggit.merge_requests";
    assert_eq!(server.column(states).await, ["merged true"]);
    assert_eq!(ada_session.sqlstate(&approve).await, "55000");
}

#[tokio::test]
async fn requests_are_listed_and_given_up() {
    let (fixture, main, feature) = fixture().await;
    let ada = fixture.database.role("ada").await;
    let request = feature
        .field("PGGIT MERGE REQUEST feature INTO main", "request")
        .await;
    let ada_session = fixture.connect_as(&ada).await;
    let close = format!("PGGIT MERGE REQUEST CLOSE {request}");
    assert_eq!(ada_session.sqlstate(&close).await, "42501");
    main.run(&close).await;
    let listed = main.records("PGGIT MERGE REQUESTS").await;
    assert_eq!(listed[0].get("state"), "closed");
    assert_eq!(main.sqlstate(&close).await, "55000");
    assert_eq!(main.sqlstate("PGGIT APPROVE 99").await, "42704");
    assert_eq!(
        main.sqlstate("PGGIT MERGE REQUEST main INTO main").await,
        "22023"
    );
}

#[tokio::test]
async fn protection_is_the_database_owners_to_change() {
    let (fixture, main, _feature) = fixture().await;
    let ada = fixture.database.role("ada").await;
    let ada_session = fixture.connect_as(&ada).await;
    for command in ["PGGIT PROTECT main", "PGGIT UNPROTECT main"] {
        assert_eq!(ada_session.sqlstate(command).await, "42501", "{command}");
    }
    let write = "INSERT INTO pggit.approval (request_id, source_head, who) VALUES (1, '', 'ada')";
    assert_eq!(ada_session.sqlstate(write).await, "42501");
    main.run("PGGIT PROTECT feature APPROVALS 2").await;
    assert_eq!(
        main.sqlstate("PGGIT BRANCH DELETE feature FORCE").await,
        "55000"
    );
    let listed = main.records("PGGIT PROTECT").await;
    assert_eq!(listed[0].get("branch"), "feature");
    assert_eq!(listed[0].get("approvals"), "2");
}

#[tokio::test]
async fn commits_are_neither_picked_to_a_protected_branch_nor_is_it_rebased() {
    let (_fixture, main, feature) = fixture().await;
    main.run("PGGIT PROTECT main").await;
    let picked = main.error("PGGIT CHERRY PICK feature").await;
    assert_eq!(picked.message(), "branch \"main\" is protected");
    feature.run("PGGIT PROTECT feature").await;
    feature.run("PGGIT BRANCH other").await;
    feature.run("PGGIT UNPROTECT main").await;
    main.run("CREATE TABLE elsewhere (id int)").await;
    let rebased = feature.error("PGGIT REBASE ONTO main").await;
    assert_eq!(rebased.code().code(), "42501");
    assert_eq!(rebased.message(), "branch \"feature\" is protected");
    let reverted = feature.error("PGGIT REVERT feature").await;
    assert_eq!(reverted.code().code(), "42501");
    feature.assert_clean().await;
}
