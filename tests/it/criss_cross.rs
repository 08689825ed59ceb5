//! Histories in which two branches have several best common ancestors.

use crate::harness::{Fixture, Session};

async fn merge(session: &Session, command: &str) -> (String, String) {
    let answer = session.records(command).await;
    let of = |column: &str| answer[0].get(column).clone();
    (of("outcome"), of("merge"))
}

async fn type_of_name(session: &Session) -> String {
    session
        .value(
            "SELECT format_type(atttypid, atttypmod) FROM pg_attribute
             WHERE attrelid = to_regclass('users') AND attname = 'name'",
        )
        .await
}

/// `main` and `feature` have each taken in what the other was at one time: two best common ancestors.
async fn crossed(change_of_main: &str, change_of_feature: &str) -> (Fixture, Session, Session) {
    let fixture = Fixture::new().await;
    let main = fixture.connect().await;
    main.run("CREATE TABLE users (id int PRIMARY KEY, name text)")
        .await;
    main.run("PGGIT BRANCH feature").await;
    let feature = fixture.connect_on("feature").await;
    main.run(change_of_main).await;
    feature.run(change_of_feature).await;
    main.run("PGGIT BRANCH before").await;
    let (outcome, _) = merge(&main, "PGGIT MERGE feature").await;
    assert_eq!(outcome, "merged");
    let (outcome, _) = merge(&feature, "PGGIT MERGE before").await;
    assert_eq!(outcome, "merged");
    let bases = main.records("PGGIT MERGE BASE main feature").await;
    assert_eq!(bases.len(), 2, "{bases:#?}");
    (fixture, main, feature)
}

#[tokio::test]
async fn taking_back_what_both_have_is_a_change() {
    let type_change = "ALTER TABLE users ALTER name TYPE varchar(9)";
    let (fixture, main, feature) = crossed(type_change, "CREATE TABLE other ()").await;
    feature.run("ALTER TABLE users ALTER name TYPE text").await;
    let (outcome, id) = merge(&main, "PGGIT MERGE feature").await;
    assert_eq!((outcome.as_str(), id.as_str()), ("merged", "∅"));
    assert_eq!(type_of_name(&main).await, "text");
    main.assert_clean().await;
    let server = fixture.direct().await;
    let bases = "SELECT cardinality(bases) FROM pggit.merge ORDER BY id DESC LIMIT 1";
    assert_eq!(server.value(bases).await, "2");
}

/// What either ancestor alone would call a conflict: one side goes on from what both have.
#[tokio::test]
async fn going_on_from_what_both_have_is_no_conflict() {
    let changes = (
        "ALTER TABLE users ALTER name TYPE varchar(9)",
        "ALTER TABLE users ALTER id TYPE bigint",
    );
    let (_fixture, main, feature) = crossed(changes.0, changes.1).await;
    main.run("ALTER TABLE users ALTER id TYPE numeric").await;
    feature
        .run("ALTER TABLE users ALTER name TYPE varchar(99)")
        .await;
    let (outcome, _) = merge(&main, "PGGIT MERGE feature").await;
    assert_eq!(outcome, "merged");
    assert_eq!(type_of_name(&main).await, "character varying(99)");
    let (outcome, _) = merge(&feature, "PGGIT MERGE main").await;
    assert_eq!(outcome, "fast_forward");
    main.assert_clean().await;
    feature.assert_clean().await;
}

#[tokio::test]
async fn what_both_lines_changed_since_stays_a_conflict() {
    let type_change = "ALTER TABLE users ALTER name TYPE varchar(9)";
    let (_fixture, main, feature) = crossed(type_change, "CREATE TABLE other ()").await;
    main.run("ALTER TABLE users ALTER name TYPE varchar(10)")
        .await;
    feature
        .run("ALTER TABLE users ALTER name TYPE varchar(11)")
        .await;
    let (outcome, id) = merge(&main, "PGGIT MERGE feature").await;
    assert_eq!(outcome, "conflicts");
    let conflicts = main.records(&format!("PGGIT CONFLICTS {id}")).await;
    assert_eq!(conflicts.len(), 1);
    assert_eq!(conflicts[0].get("base"), "character varying(9)");
    main.run(&format!("PGGIT RESOLVE {id} 1 WITH SOURCE")).await;
    main.run(&format!("PGGIT MERGE CONTINUE {id}")).await;
    assert_eq!(type_of_name(&main).await, "character varying(11)");
}
