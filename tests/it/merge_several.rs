//! `PGGIT MERGE a, b, c`: several sources, one merge.

use crate::harness::{Fixture, Session};

/// `main` with a table `users (id, name, email)` and a row, and branches `a`, `b` and `c` with a session on each.
async fn branches() -> (Fixture, Session, [Session; 3]) {
    let fixture = Fixture::new().await;
    let main = fixture.connect().await;
    main.run("CREATE TABLE users (id int PRIMARY KEY, name text, email text)")
        .await;
    main.run("INSERT INTO users VALUES (1, 'ada', 'ada@example.com')")
        .await;
    for name in ["a", "b", "c"] {
        main.run(&format!("PGGIT BRANCH {name}")).await;
    }
    let sessions = [
        fixture.connect_on("a").await,
        fixture.connect_on("b").await,
        fixture.connect_on("c").await,
    ];
    (fixture, main, sessions)
}

/// Names of the branches whose heads are the parents of a branch's head, in order, where they still are.
async fn parents(server: &Session, branch: &str) -> Vec<String> {
    let sql = format!(
        "SELECT encode(p.parent, 'hex') FROM pggit.branch b JOIN pggit.commit_parent p ON p.commit = b.head
         WHERE b.name = '{branch}' ORDER BY p.ordinal"
    );
    server.column(&sql).await
}

#[tokio::test]
async fn several_sources_are_merged_as_one() {
    let (fixture, main, [a, b, c]) = branches().await;
    let server = fixture.direct().await;
    a.run("ALTER TABLE users RENAME name TO full_name; CREATE INDEX users_a ON users (full_name)")
        .await;
    b.run("ALTER TABLE users ALTER name TYPE varchar(70); ALTER TABLE users ADD age int")
        .await;
    c.run("CREATE VIEW ids AS SELECT id FROM users; ALTER TABLE users DROP email")
        .await;
    main.run("COMMENT ON TABLE users IS 'all'").await;
    let mut heads = Vec::new();
    for branch in ["main", "a", "b", "c"] {
        heads.push(server.head_of(branch).await);
    }

    let refused = main.error("PGGIT MERGE a, b, c").await;
    assert_eq!(refused.code().code(), "55000");
    assert_eq!(refused.message(), "the merge would lose data");
    assert_eq!(server.head_of("main").await, heads[0]);
    assert_eq!(main.columns_of("users").await[1], "name text");

    let answer = main
        .outcome("PGGIT MERGE a, b, c ALLOW DATA LOSS", "merged")
        .await;
    assert_eq!(answer.get("merge"), "∅");
    assert_eq!(
        main.columns_of("users").await,
        [
            "id integer",
            "full_name character varying(70)",
            "age integer"
        ]
    );
    assert_eq!(main.rows("SELECT * FROM ids").await, [["1"]]);
    assert_eq!(parents(&server, "main").await, heads);
    assert_eq!(main.log("main").await[0], "Merge a, b, c into main");
    main.assert_clean().await;

    let kinds = "SELECT merge_kind, name, result FROM pggit.merge_objects ORDER BY name";
    assert_eq!(
        server.rows(kinds).await,
        [
            ["SOURCE_MODIFIED", "ids", "create"],
            ["BOTH_MODIFIED", "users", "alter"],
            ["SOURCE_MODIFIED", "users_a", "create"],
        ]
    );
    let kept = "SELECT source, source_heads[1], source_heads[2], source_heads[3], cardinality(bases) FROM pggit.merges";
    assert_eq!(
        server.rows(kept).await,
        [["a, b, c", &heads[1], &heads[2], &heads[3], "1"]]
    );
    // Each of them has been merged: there is nothing left to merge, in any order.
    main.outcome("PGGIT MERGE c, a", "up_to_date").await;
    a.outcome("PGGIT MERGE main", "fast_forward").await;
}

#[tokio::test]
async fn what_another_source_has_already_is_left_out() {
    let (fixture, main, [a, b, _]) = branches().await;
    let server = fixture.direct().await;
    a.run("CREATE TABLE of_a ()").await;
    b.run("PGGIT MERGE a").await;
    b.run("CREATE TABLE of_b ()").await;
    // `c` is where `main` is, `a` is in `b`, and `main` has not moved.
    main.outcome("PGGIT MERGE c, a, b, b FF ONLY", "fast_forward")
        .await;
    assert_eq!(server.head_of("main").await, server.head_of("b").await);
    main.outcome("PGGIT MERGE c, a", "up_to_date").await;
}

#[tokio::test]
async fn a_conflict_names_its_source_and_nothing_is_merged_until_all_is_decided() {
    let (fixture, main, [a, b, c]) = branches().await;
    let server = fixture.direct().await;
    a.run("ALTER TABLE users ALTER name TYPE varchar(9); CREATE TABLE of_a ()")
        .await;
    b.run("ALTER TABLE users ALTER name TYPE varchar(10)").await;
    c.run("ALTER TABLE users ALTER name TYPE varchar(11); CREATE TABLE of_c ()")
        .await;
    let before = server.head_of("main").await;

    let shown = main.records("PGGIT MERGE a, b, c DRY RUN").await;
    let of = |result: &str| -> Vec<(String, String)> {
        let rows = shown.iter().filter(|row| row.get("result") == result);
        rows.map(|row| (row.get("object").clone(), row.get("detail").clone()))
            .collect()
    };
    let conflict = (
        "table public.users".to_owned(),
        "b: column name type".to_owned(),
    );
    assert_eq!(of("conflict"), [conflict]);
    let waiting = "until the conflicts before it are decided".to_owned();
    assert_eq!(of("wait"), [("source c".to_owned(), waiting)]);

    let answer = main.outcome("PGGIT MERGE a, b, c", "conflicts").await;
    let id = answer.get("merge").clone();
    let list = format!("PGGIT CONFLICTS {id}");
    let conflict = main.record(&list).await;
    assert_eq!(
        ["origin", "base", "source", "target", "state"].map(|column| conflict.get(column).as_str()),
        [
            "b",
            "text",
            "character varying(10)",
            "character varying(9)",
            "open"
        ]
    );
    // What it is about exists nowhere yet.
    let custom =
        format!("PGGIT RESOLVE {id} 1 WITH CUSTOM $$ALTER TABLE users ALTER name TYPE text$$");
    assert_eq!(main.sqlstate(&custom).await, "0A000");
    main.run(&format!("PGGIT RESOLVE {id} 1 WITH SOURCE")).await;
    let answer = main
        .outcome(&format!("PGGIT MERGE CONTINUE {id}"), "conflicts")
        .await;
    assert_eq!(answer.get("merge"), &id);
    let conflicts = main.records(&list).await;
    assert_eq!(conflicts.len(), 2);
    assert_eq!(
        ["conflict", "origin", "source", "target"].map(|column| conflicts[1].get(column).as_str()),
        ["2", "c", "character varying(11)", "character varying(10)"]
    );
    // The second conflict has come of the first decision.
    assert_eq!(
        main.sqlstate(&format!("PGGIT RESOLVE {id} 1 WITH TARGET"))
            .await,
        "55000"
    );
    assert_eq!(server.head_of("main").await, before);
    assert_eq!(main.columns_of("users").await[1], "name text");

    main.run(&format!("PGGIT RESOLVE {id} 2 WITH TARGET")).await;
    main.outcome(&format!("PGGIT MERGE CONTINUE {id}"), "merged")
        .await;
    assert_eq!(
        main.columns_of("users").await[1],
        "name character varying(10)"
    );
    assert_eq!(
        main.value(
            "SELECT count(*) FROM pg_class WHERE oid IN (to_regclass('of_a'), to_regclass('of_c'))"
        )
        .await,
        "2"
    );
    assert_eq!(parents(&server, "main").await.len(), 4);
    let decided = "SELECT origin, resolution, decided_by FROM pggit.conflicts ORDER BY id";
    assert_eq!(
        server.rows(decided).await,
        [["b", "SOURCE", "person"], ["c", "TARGET", "person"]]
    );
    let shown = main.rows(&format!("PGGIT MERGE SHOW {id}")).await;
    let of_conflicts: Vec<&String> = shown
        .iter()
        .filter(|row| row[0] == "conflict")
        .map(|row| &row[1])
        .collect();
    assert_eq!(
        of_conflicts,
        [
            "1 table public.users column name type from b: source",
            "2 table public.users column name type from c: target"
        ]
    );
    main.assert_clean().await;
}

#[tokio::test]
async fn strategies_decide_about_each_source() {
    let (fixture, main, [a, b, c]) = branches().await;
    let server = fixture.direct().await;
    for (session, size) in [(&a, 9), (&b, 10), (&c, 11)] {
        let sql = format!("ALTER TABLE users ALTER name TYPE varchar({size})");
        session.run(&sql).await;
    }
    main.run("PGGIT BRANCH theirs").await;
    let merge = "PGGIT MERGE a, b, c INTO theirs STRATEGY source_wins";
    main.outcome(merge, "merged").await;
    let theirs = fixture.connect_on("theirs").await;
    assert_eq!(
        theirs.columns_of("users").await[1],
        "name character varying(11)"
    );
    let kept = "SELECT origin, resolution, decided_by FROM pggit.conflicts ORDER BY id";
    let by_strategy = [["b", "SOURCE", "strategy"], ["c", "SOURCE", "strategy"]];
    assert_eq!(server.rows(kept).await, by_strategy);

    let merge = "PGGIT MERGE a, b, c STRATEGY target_wins SQUASH";
    main.outcome(merge, "merged").await;
    assert_eq!(
        main.columns_of("users").await[1],
        "name character varying(9)"
    );
    assert_eq!(parents(&server, "main").await.len(), 1);
    let message = "SELECT message FROM pggit.branches WHERE name = 'main'";
    let message = server.value(message).await;
    let lines: Vec<&str> = message.lines().collect();
    assert_eq!(lines[0], "Squash a, b, c into main");
    assert_eq!(lines.len(), 5, "{message}");
    main.assert_clean().await;
    theirs.assert_clean().await;
}

#[tokio::test]
async fn a_merge_of_several_that_is_given_up_leaves_nothing() {
    let (fixture, main, [a, b, _]) = branches().await;
    let server = fixture.direct().await;
    a.run("ALTER TABLE users ALTER name TYPE varchar(9)").await;
    b.run("ALTER TABLE users ALTER name TYPE varchar(10)").await;
    let before = server.head_of("main").await;
    let answer = main.outcome("PGGIT MERGE a, b", "conflicts").await;
    let id = answer.get("merge");
    main.run("PGGIT BRANCH RENAME b TO late").await;
    assert_eq!(
        main.record(&format!("PGGIT CONFLICTS {id}"))
            .await
            .get("origin"),
        "late"
    );
    main.run(&format!("PGGIT MERGE ABORT {id}")).await;
    assert_eq!(server.head_of("main").await, before);
    assert_eq!(main.columns_of("users").await[1], "name text");
    main.assert_clean().await;
}

#[tokio::test]
async fn each_source_of_a_merge_into_a_protected_branch_is_to_be_approved() {
    let (fixture, main, [a, b, _]) = branches().await;
    let server = fixture.direct().await;
    let admin = fixture.superuser().await;
    let ada = fixture.database.role("ada").await;
    let grace = fixture.database.role("grace").await;
    admin
        .run(&format!(
            "GRANT {} TO {ada}, {grace}",
            fixture.database.owner
        ))
        .await;
    a.run("CREATE TABLE of_a ()").await;
    b.run("CREATE TABLE of_b ()").await;
    main.run("PGGIT PROTECT main APPROVALS 1").await;
    let ada = fixture.connect_as(&ada).await;
    let grace = fixture.connect_as(&grace).await;
    let of_a = ada.record("PGGIT MERGE REQUEST a INTO main").await;
    let of_b = ada.record("PGGIT MERGE REQUEST b INTO main").await;
    grace
        .run(&format!("PGGIT APPROVE {}", of_a.get("request")))
        .await;
    let refused = main.error("PGGIT MERGE a, b").await;
    assert_eq!(refused.code().code(), "42501");
    let of_b_head = &server.head_of("b").await[..12];
    assert_eq!(
        refused.message(),
        format!("merging commit {of_b_head} into branch \"main\" is not approved")
    );
    assert_eq!(main.value("SELECT to_regclass('of_a') IS NULL").await, "t");
    grace
        .run(&format!("PGGIT APPROVE {}", of_b.get("request")))
        .await;
    main.outcome("PGGIT MERGE a, b", "merged").await;
    let states = "SELECT state FROM pggit.merge_requests ORDER BY id";
    assert_eq!(server.column(states).await, ["merged", "merged"]);
}
