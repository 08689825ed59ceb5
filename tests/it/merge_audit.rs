//! What is kept of a merge, and decisions that are offered again.

use crate::harness::{Fixture, Session};

/// `main` and `feature` each made another type of `users.name`; `feature` has an index as well.
async fn conflicting() -> (Fixture, Session, Session) {
    let fixture = Fixture::new().await;
    let main = fixture.connect().await;
    main.run("CREATE TABLE users (id int PRIMARY KEY, name text)")
        .await;
    main.run("PGGIT BRANCH feature").await;
    let feature = fixture.connect_on("feature").await;
    feature
        .run(
            "ALTER TABLE users ALTER name TYPE varchar(9); CREATE INDEX users_name ON users (name)",
        )
        .await;
    main.run("ALTER TABLE users ALTER name TYPE varchar(10)")
        .await;
    (fixture, main, feature)
}

async fn start(session: &Session, command: &str, outcome: &str) -> String {
    let answer = session.records(command).await;
    assert_eq!(answer[0].get("outcome"), outcome, "{answer:#?}");
    answer[0].get("merge").clone()
}

#[tokio::test]
async fn a_merge_says_what_it_was_and_did() {
    let (fixture, main, _feature) = conflicting().await;
    let server = fixture.direct().await;
    let heads = "SELECT encode(head, 'hex') FROM pggit.branch ORDER BY id";
    let heads = server.column(heads).await;
    let id = start(&main, "PGGIT MERGE feature", "conflicts").await;
    main.run(&format!("PGGIT RESOLVE {id} 1 WITH TARGET")).await;
    main.run(&format!("PGGIT RESOLVE {id} 1 WITH SOURCE")).await;
    main.run(&format!("PGGIT MERGE CONTINUE {id}")).await;

    let owner = &fixture.database.owner;
    let merge = server
        .rows("SELECT state, who, source_head, target_head, cardinality(bases), objects, finished_by FROM pggit.merges")
        .await;
    let expected = ["completed", owner, &heads[1], &heads[0], "1", "2", owner];
    assert_eq!(merge, [expected]);
    let objects = "SELECT merge_kind, kind, name, result FROM pggit.merge_objects ORDER BY name";
    assert_eq!(
        server.rows(objects).await,
        [
            ["BOTH_MODIFIED", "table", "users", "alter"],
            ["SOURCE_MODIFIED", "index", "users_name", "create"]
        ]
    );
    let decisions =
        "SELECT conflict, attribute, resolution, decided_by, who FROM pggit.merge_decisions";
    assert_eq!(
        server.rows(decisions).await,
        [
            ["1", "column name type", "TARGET", "person", owner],
            ["1", "column name type", "SOURCE", "person", owner]
        ]
    );
    let applied = "SELECT m.statements = c.statements FROM pggit.merge AS m JOIN pggit.commit AS c ON c.hash = m.commit";
    assert_eq!(server.value(applied).await, "t");

    let shown = main.rows(&format!("PGGIT MERGE SHOW {id}")).await;
    let of = |item: &str| -> Vec<String> {
        let rows = shown.iter().filter(|row| row[0] == item);
        rows.map(|row| row[1].clone()).collect()
    };
    assert_eq!(of("state"), ["completed"]);
    assert_eq!(of("source head"), [heads[1].clone()]);
    assert_eq!(
        of("conflict"),
        ["1 table public.users column name type: source"]
    );
    assert_eq!(of("decision").len(), 2);
    assert_eq!(
        of("object"),
        [
            "BOTH_MODIFIED table public.users: alter",
            "SOURCE_MODIFIED index public.users_name: create"
        ]
    );
    assert_eq!(of("statement").len(), 2);
    assert_eq!(main.sqlstate("PGGIT MERGE SHOW 99").await, "42704");
}

#[tokio::test]
async fn what_a_strategy_decided_is_kept_and_so_is_what_a_fast_forward_did() {
    let (fixture, main, feature) = conflicting().await;
    let server = fixture.direct().await;
    start(&main, "PGGIT MERGE feature STRATEGY source_wins", "merged").await;
    let conflicts = "SELECT attribute, resolution, decided_by, resolved_by FROM pggit.conflicts";
    let owner = &fixture.database.owner;
    assert_eq!(
        server.rows(conflicts).await,
        [["column name type", "SOURCE", "strategy", owner]]
    );
    start(&feature, "PGGIT MERGE main", "fast_forward").await;
    feature.run("ALTER TABLE users ADD bio text").await;
    start(&main, "PGGIT MERGE feature", "fast_forward").await;
    let statements = "SELECT array_to_string(statements, ';') FROM pggit.merges LIMIT 1";
    assert_eq!(
        server.value(statements).await,
        "ALTER TABLE public.users ADD COLUMN bio text"
    );
}

#[tokio::test]
async fn nobody_changes_what_a_finished_merge_says() {
    let (fixture, main, _feature) = conflicting().await;
    let id = start(&main, "PGGIT MERGE feature", "conflicts").await;
    let server = fixture.superuser().await;
    main.run(&format!("PGGIT RESOLVE {id} 1 WITH SOURCE")).await;
    main.run(&format!("PGGIT MERGE CONTINUE {id}")).await;
    let given_up = start(
        &main,
        "PGGIT MERGE feature~1 STRATEGY manual_review",
        "up_to_date",
    )
    .await;
    assert_eq!(given_up, "∅");
    for change in [
        "UPDATE pggit.merge SET who = 'eve'",
        "UPDATE pggit.merge_conflict SET resolution = 'TARGET'",
        "UPDATE pggit.merge_object SET result = 'keep'",
        "UPDATE pggit.merge_decision SET who = 'eve'",
        "DELETE FROM pggit.merge",
        "DELETE FROM pggit.merge_conflict",
        "DELETE FROM pggit.merge_object",
        "DELETE FROM pggit.merge_decision",
        "TRUNCATE pggit.merge CASCADE",
    ] {
        assert_eq!(server.sqlstate(change).await, "42501", "{change}");
    }
    for change in [
        "INSERT INTO pggit.merge_object VALUES (1, '', '{}', '', 'keep')",
        "INSERT INTO pggit.merge_decision (merge_id, conflict_id, resolution, decided_by, who) VALUES (1, 1, 'BASE', 'person', 'eve')",
    ] {
        assert_eq!(main.sqlstate(change).await, "42501", "{change}");
    }
}

#[tokio::test]
async fn a_decision_is_offered_again_where_the_same_conflict_returns() {
    let (fixture, main, _feature) = conflicting().await;
    main.run("PGGIT BRANCH staging FROM main").await;
    let staging = fixture.connect_on("staging").await;
    let state = async |session: &Session, id: &str| {
        let conflicts = session.records(&format!("PGGIT CONFLICTS {id}")).await;
        conflicts[0].get("state").clone()
    };
    let first = start(&main, "PGGIT MERGE feature", "conflicts").await;
    main.run(&format!("PGGIT RESOLVE {first} 1 WITH SOURCE"))
        .await;
    let second = start(&staging, "PGGIT MERGE feature", "conflicts").await;
    assert_eq!(
        state(&staging, &second).await,
        "open",
        "the first merge is not complete"
    );
    let nothing = staging
        .rows(&format!("PGGIT RESOLVE {second} REMEMBERED"))
        .await;
    assert!(nothing.is_empty());

    main.run(&format!("PGGIT MERGE CONTINUE {first}")).await;
    assert_eq!(state(&staging, &second).await, "offered: source");
    let accepted = staging
        .rows(&format!("PGGIT RESOLVE {second} REMEMBERED"))
        .await;
    assert_eq!(accepted, [["1", "source", "0"]]);
    assert_eq!(state(&staging, &second).await, "source");
    let decided = "SELECT decided_by FROM pggit.conflicts WHERE merge = ";
    let server = fixture.direct().await;
    let decided = server.value(&format!("{decided}{second}")).await;
    assert_eq!(decided, "memory");
    let done = staging
        .records(&format!("PGGIT MERGE CONTINUE {second}"))
        .await;
    assert_eq!(done[0].get("outcome"), "merged");
    staging.assert_clean().await;
    assert_eq!(
        staging
            .sqlstate(&format!("PGGIT RESOLVE {second} REMEMBERED"))
            .await,
        "55000"
    );
}

#[tokio::test]
async fn custom_ddl_is_remembered_and_tried_again() {
    let (fixture, main, _feature) = conflicting().await;
    main.run("PGGIT BRANCH staging FROM main").await;
    let staging = fixture.connect_on("staging").await;
    staging.run("ALTER TABLE users ADD own text").await;
    let first = start(&main, "PGGIT MERGE feature", "conflicts").await;
    let custom = "CUSTOM $$ALTER TABLE users ALTER name TYPE varchar(99)$$";
    main.run(&format!("PGGIT RESOLVE {first} 1 WITH {custom}"))
        .await;
    main.run(&format!("PGGIT MERGE CONTINUE {first}")).await;
    let second = start(&staging, "PGGIT MERGE feature", "conflicts").await;
    let conflicts = staging.records(&format!("PGGIT CONFLICTS {second}")).await;
    assert_eq!(
        conflicts[0].get("state"),
        "offered: custom: ALTER TABLE users ALTER name TYPE varchar(99)"
    );
    staging
        .run(&format!("PGGIT RESOLVE {second} REMEMBERED"))
        .await;
    staging.run(&format!("PGGIT MERGE CONTINUE {second}")).await;
    let columns = "SELECT attname || ' ' || format_type(atttypid, atttypmod) FROM pg_attribute
                   WHERE attrelid = 'users'::regclass AND attnum > 0 ORDER BY attnum";
    assert_eq!(
        staging.column(columns).await,
        ["id integer", "name character varying(99)", "own text"]
    );
    staging.assert_clean().await;
}
