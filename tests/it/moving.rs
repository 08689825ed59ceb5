//! Work goes from one branch to another: cherry-picks and rebases.

use crate::harness::ddl::{BASE, Ddl};
use crate::harness::{Fixture, Session};

async fn tree(session: &Session, branch: &str) -> String {
    let sql = format!(
        "SELECT encode(c.tree, 'hex') FROM pggit.branch b JOIN pggit.commit c ON c.hash = b.head WHERE b.name = '{branch}'"
    );
    session.value(&sql).await
}

#[tokio::test]
async fn a_commit_is_picked_without_those_around_it() {
    let (fixture, main, feature) = Fixture::with_users().await;
    feature.run("ALTER TABLE users ADD COLUMN a int").await;
    feature.run("SET pggit.message = 'Add b'").await;
    feature.run("ALTER TABLE users ADD COLUMN b int").await;
    feature.run("RESET pggit.message").await;
    feature.run("CREATE TABLE c (id int)").await;
    main.run("ALTER TABLE users RENAME TO people").await;
    let picked =
        main.value("SELECT commit FROM pggit.log WHERE branch = 'feature' AND message = 'Add b'");
    let picked = picked.await;
    let dry = main.records("PGGIT CHERRY PICK feature~1 DRY RUN").await;
    assert_eq!(dry[0].get("commit"), &picked[..12]);
    assert_eq!(dry[0].get("result"), "pick");
    assert_eq!(
        dry[1].get("sql"),
        "ALTER TABLE public.people ADD COLUMN b integer"
    );
    assert_eq!(main.columns_of("people").await.len(), 2);
    let answer = main.outcome("PGGIT CHERRY PICK feature~1", "picked").await;
    assert_eq!(answer.get("commit"), &main.head_of("main").await[..12]);
    assert_eq!(
        main.columns_of("people").await,
        ["id integer", "name text", "b integer"]
    );
    assert_eq!(main.rows("SELECT * FROM people").await, [["1", "ada", "∅"]]);
    assert_eq!(
        main.value("SELECT message FROM pggit.branches WHERE name = 'main'")
            .await,
        format!("Add b\n\n(cherry picked from commit {picked})")
    );
    let parents = "SELECT count(*) FROM pggit.commit_parent p JOIN pggit.branch b ON b.head = p.commit WHERE b.name = 'main'";
    assert_eq!(fixture.superuser().await.value(parents).await, "1");
    main.assert_clean().await;
    main.outcome("PGGIT CHERRY PICK feature~1", "up_to_date")
        .await;
}

#[tokio::test]
async fn a_range_is_picked_commit_by_commit_or_not_at_all() {
    let (_fixture, main, feature) = Fixture::with_users().await;
    for sql in [
        "ALTER TABLE users ADD COLUMN a int",
        "CREATE TABLE b (id int)",
        "ALTER TABLE users ALTER name TYPE varchar(50)",
        "ALTER TABLE b ADD COLUMN c int",
    ] {
        feature.run(sql).await;
    }
    main.run("ALTER TABLE users ALTER name TYPE varchar(99)")
        .await;
    let (before, log) = (tree(&main, "main").await, main.log("main").await);
    let error = main.error("PGGIT CHERRY PICK main..feature").await;
    assert_eq!(error.code().code(), "55000");
    assert!(
        error.detail().unwrap().contains("users: column name type"),
        "{error:?}"
    );
    assert!(error.hint().unwrap().contains("CHERRY PICK"), "{error:?}");
    assert_eq!(tree(&main, "main").await, before);
    assert_eq!(main.log("main").await, log);
    let dry = main
        .records("PGGIT CHERRY PICK main..feature DRY RUN")
        .await;
    let results: Vec<&str> = dry.iter().map(|row| row.get("result").as_str()).collect();
    assert_eq!(results, ["pick", "pick", "conflict"]);

    let message = "PGGIT CHERRY PICK main..feature MESSAGE 'all'";
    assert_eq!(main.sqlstate(message).await, "22023");
    main.outcome(
        "PGGIT CHERRY PICK main..feature STRATEGY target_wins",
        "picked",
    )
    .await;
    let firsts: Vec<String> = (main.log("main").await.into_iter().take(4)).collect();
    assert_eq!(
        firsts,
        [
            "ALTER TABLE b ADD COLUMN c",
            "CREATE TABLE b",
            "ALTER TABLE users ADD COLUMN a",
            "ALTER TABLE users ALTER name TYPE varchar(99)"
        ]
    );
    assert_eq!(
        main.columns_of("users").await,
        ["id integer", "name character varying(99)", "a integer"]
    );
    let statements = main
        .column(
            "SELECT array_to_string(statements, '; ') FROM pggit.log WHERE branch = 'main' LIMIT 3",
        )
        .await;
    assert_eq!(
        statements,
        [
            "ALTER TABLE public.b ADD COLUMN c integer",
            "CREATE TABLE public.b (\n    id integer\n)",
            "ALTER TABLE public.users ADD COLUMN a integer"
        ]
    );
    main.assert_clean().await;
    // Each commit says what it changed.
    assert_eq!(
        main.log("main~1").await.len(),
        main.log("main").await.len() - 1
    );
    let changed = main.records("PGGIT LOG FOR b").await;
    assert_eq!(changed.len(), 2);
    main.outcome("PGGIT CHERRY PICK feature~1..feature", "up_to_date")
        .await;
}

#[tokio::test]
async fn a_pick_that_conflicts_waits_for_a_decision() {
    let (_fixture, main, feature) = Fixture::with_users().await;
    feature
        .run("ALTER TABLE users ALTER name TYPE varchar(50), ADD COLUMN clean int")
        .await;
    main.run("ALTER TABLE users ALTER name TYPE varchar(99)")
        .await;
    let before = tree(&main, "main").await;
    let answer = main.outcome("PGGIT CHERRY PICK feature", "conflicts").await;
    assert_eq!(tree(&main, "main").await, before);
    let id = answer.get("merge");
    let conflicts = main.records(&format!("PGGIT CONFLICTS {id}")).await;
    assert_eq!(conflicts[0].get("attribute"), "column name type");
    main.run(&format!("PGGIT RESOLVE {id} 1 WITH SOURCE")).await;
    main.outcome(&format!("PGGIT MERGE CONTINUE {id}"), "merged")
        .await;
    assert_eq!(
        main.columns_of("users").await,
        ["id integer", "name character varying(50)", "clean integer"]
    );
    let message = main
        .value("SELECT message FROM pggit.branches WHERE name = 'main'")
        .await;
    assert!(message.contains("cherry picked from commit"), "{message}");
    main.assert_clean().await;
    // One that is given up leaves nothing.
    feature
        .run("ALTER TABLE users ALTER name TYPE varchar(40)")
        .await;
    main.run("ALTER TABLE users ALTER name TYPE varchar(60)")
        .await;
    let before = main.head_of("main").await;
    let answer = main.outcome("PGGIT CHERRY PICK feature", "conflicts").await;
    main.run(&format!("PGGIT MERGE ABORT {}", answer.get("merge")))
        .await;
    assert_eq!(main.head_of("main").await, before);
}

#[tokio::test]
async fn a_merge_is_picked_against_the_parent_that_is_named() {
    let (_fixture, main, feature) = Fixture::with_users().await;
    main.run("PGGIT BRANCH target").await;
    feature.run("ALTER TABLE users ADD COLUMN f int").await;
    main.run("ALTER TABLE users ADD COLUMN m int").await;
    main.run("PGGIT MERGE feature").await;
    let error = main.error("PGGIT CHERRY PICK main INTO target").await;
    assert!(error.message().contains("is a merge"), "{error:?}");
    assert!(error.hint().unwrap().contains("PARENT 1"), "{error:?}");
    for command in [
        "PGGIT CHERRY PICK main PARENT 3 INTO target",
        "PGGIT CHERRY PICK main PARENT 0 INTO target",
        "PGGIT CHERRY PICK main~2 PARENT 2 INTO target",
        "PGGIT CHERRY PICK target..main INTO target",
    ] {
        assert_eq!(main.sqlstate(command).await, "22023", "{command}");
    }
    main.outcome("PGGIT CHERRY PICK main PARENT 1 INTO target", "picked")
        .await;
    let target = main;
    target.run("PGGIT CHECKOUT target").await;
    assert_eq!(
        target.columns_of("users").await,
        ["id integer", "name text", "f integer"]
    );
    target
        .outcome("PGGIT CHERRY PICK target~1..main PARENT 1", "picked")
        .await;
    assert_eq!(
        target.columns_of("users").await,
        ["id integer", "name text", "f integer", "m integer"]
    );
    target.assert_clean().await;
}

#[tokio::test]
async fn picking_loses_no_rows_unless_that_is_said() {
    let (_fixture, main, feature) = Fixture::with_users().await;
    feature.run("ALTER TABLE users DROP COLUMN name").await;
    feature.run("CREATE TABLE later (id int)").await;
    let before = main.head_of("main").await;
    for command in [
        "PGGIT CHERRY PICK feature~1",
        "PGGIT CHERRY PICK main..feature",
    ] {
        assert_eq!(main.sqlstate(command).await, "55000", "{command}");
        assert_eq!(main.head_of("main").await, before);
        assert_eq!(main.rows("SELECT name FROM users").await, [["ada"]]);
    }
    main.outcome("PGGIT CHERRY PICK main..feature ALLOW DATA LOSS", "picked")
        .await;
    assert_eq!(main.columns_of("users").await, ["id integer"]);
    assert_eq!(tree(&main, "main").await, tree(&main, "feature").await);
}

#[tokio::test]
async fn picking_needs_the_rights_that_its_ddl_needs() {
    let (fixture, main, feature) = Fixture::with_users().await;
    feature.run("ALTER TABLE users ADD COLUMN a int").await;
    feature.run("ALTER TABLE users ADD COLUMN b int").await;
    let before = main.head_of("main").await;
    let stranger = fixture.database.role("stranger").await;
    let stranger = fixture.connect_as(&stranger).await;
    for command in [
        "PGGIT CHERRY PICK feature",
        "PGGIT CHERRY PICK main..feature",
    ] {
        assert_eq!(stranger.sqlstate(command).await, "42501", "{command}");
        assert_eq!(main.sqlstate(&format!("BEGIN; {command}")).await, "25001");
        main.run("ROLLBACK").await;
    }
    assert_eq!(main.head_of("main").await, before);
}

/// Runs random statements on a branch until it has so many commits more.
async fn wander(session: &Session, ddl: &mut Ddl, branch: &str, commits: usize) {
    let sql = format!("SELECT count(*) FROM pggit.reflog WHERE branch = '{branch}'");
    let mut left = commits;
    let start: usize = session.value(&sql).await.parse().unwrap();
    while left > 0 {
        for _ in 0..left {
            let _ = session.try_run(&ddl.statement()).await;
        }
        let now: usize = session.value(&sql).await.parse().unwrap();
        left = commits.saturating_sub(now - start);
    }
}

#[tokio::test]
async fn history_picked_upon_its_root_gives_its_head() {
    let fixture = Fixture::new().await;
    let main = fixture.connect().await;
    main.run("CREATE SCHEMA app").await;
    main.run(BASE).await;
    main.run("PGGIT TAG root; PGGIT BRANCH long; PGGIT BRANCH copy; PGGIT BRANCH slow")
        .await;
    let long = fixture.connect_on("long").await;
    let mut ddl = Ddl::new(7);
    wander(&long, &mut ddl, "long", 300).await;
    let expected = tree(&long, "long").await;
    let many = long.log("long").await.len();
    let own = many - long.log("root").await.len();
    assert!(own >= 300, "{own}");
    let copy = fixture.connect_on("copy").await;
    copy.outcome("PGGIT CHERRY PICK root..long", "picked").await;
    assert_eq!(tree(&copy, "copy").await, expected);
    assert_eq!(copy.log("copy").await.len(), many);
    copy.assert_clean().await;
    // Commit by commit, as a person would.
    let slow = fixture.connect_on("slow").await;
    let commits = slow
        .column(&format!(
            "SELECT l.commit FROM pggit.log l JOIN pggit.commit c ON encode(c.hash, 'hex') = l.commit
              WHERE l.branch = 'long' ORDER BY c.generation DESC LIMIT {own}"
        ))
        .await;
    let first = commits.len() - 40;
    for commit in commits.iter().skip(first).rev() {
        slow.outcome(&format!("PGGIT CHERRY PICK {commit}"), "picked")
            .await;
    }
    let same = format!("PGGIT DIFF {} slow", commits[first]);
    assert!(slow.rows(&same).await.is_empty());
    slow.assert_clean().await;
}

#[tokio::test]
async fn a_rebase_upon_its_own_base_changes_nothing() {
    let fixture = Fixture::new().await;
    let main = fixture.connect().await;
    main.run("CREATE SCHEMA app").await;
    main.run(BASE).await;
    main.run("PGGIT TAG root; PGGIT BRANCH long").await;
    let long = fixture.connect_on("long").await;
    wander(&long, &mut Ddl::new(8), "long", 300).await;
    let state = |session: Session| async move {
        let rows = session
            .rows("SELECT commit, date, message FROM pggit.log WHERE branch = 'long'")
            .await;
        let moves = session
            .value("SELECT count(*) FROM pggit.reflog WHERE branch = 'long'")
            .await;
        (rows, moves, session)
    };
    let (rows, moves, long) = state(long).await;
    for onto in ["root", "main", "long", "long~7"] {
        long.outcome(&format!("PGGIT REBASE ONTO {onto}"), "up_to_date")
            .await;
    }
    let (now, moved, long) = state(long).await;
    assert_eq!(now, rows);
    assert_eq!(moved, moves);
    // Upon a commit that changes something else, each keeps what it says and what it changes.
    main.run("CREATE TABLE elsewhere (id int PRIMARY KEY)")
        .await;
    let before = long.rows("PGGIT DIFF root long").await;
    let said = "SELECT l.message, l.author, l.statements FROM pggit.log l WHERE branch = 'long'";
    let (messages, own) = (long.rows(said).await, rows.len());
    let answer = long.outcome("PGGIT REBASE ONTO main", "rebased").await;
    let picked: usize = answer.get("commits").parse().unwrap();
    let new = long.rows(said).await;
    assert_eq!(new.len(), own + 1);
    assert_eq!(
        picked,
        long.rows("PGGIT LOG long").await.len() - long.rows("PGGIT LOG main").await.len()
    );
    assert_eq!(new[..picked], messages[..picked]);
    let base = long.field("PGGIT MERGE BASE main long", "commit").await;
    assert_eq!(base, long.head_of("main").await[..12]);
    assert_eq!(long.rows("PGGIT DIFF main long").await, before);
    long.assert_clean().await;
    long.outcome("PGGIT REBASE ONTO main", "up_to_date").await;
}

#[tokio::test]
async fn a_rebase_keeps_rows_and_moves_once() {
    let (fixture, main, feature) = Fixture::with_users().await;
    feature.run("INSERT INTO users VALUES (7, 'grace')").await;
    feature
        .run("ALTER TABLE users ADD COLUMN a int DEFAULT 4")
        .await;
    feature.run("CREATE TABLE own (id int)").await;
    feature.run("INSERT INTO own VALUES (1)").await;
    main.run("ALTER TABLE users RENAME name TO full_name").await;
    main.run("CREATE TABLE theirs (id int)").await;
    let dry = feature.records("PGGIT REBASE ONTO main DRY RUN").await;
    let results: Vec<&str> = dry.iter().map(|row| row.get("result").as_str()).collect();
    assert_eq!(results, ["pick", "pick", "apply", "apply"]);
    assert_eq!(
        dry[0].get("sql"),
        "ALTER TABLE users ADD COLUMN a int DEFAULT 4"
    );
    let moves = "SELECT count(*) FROM pggit.reflog WHERE branch = 'feature'";
    let before: u32 = main.value(moves).await.parse().unwrap();
    let answer = main
        .outcome("PGGIT REBASE feature ONTO main", "rebased")
        .await;
    assert_eq!(answer.get("commits"), "2");
    assert_eq!(main.value(moves).await, (before + 1).to_string());
    assert_eq!(
        feature.rows("SELECT id, full_name, a FROM users").await,
        [["7", "grace", "4"]]
    );
    assert_eq!(feature.value("SELECT count(*) FROM own").await, "1");
    assert_eq!(feature.value("SELECT count(*) FROM theirs").await, "0");
    assert_eq!(
        feature.log("feature").await[..3],
        [
            "CREATE TABLE own",
            "ALTER TABLE users ADD COLUMN a",
            "CREATE TABLE theirs"
        ]
    );
    feature.assert_clean().await;
    let rebases = main
        .rows("SELECT branch, onto_name, state, commit FROM pggit.rebases")
        .await;
    let head = main.head_of("feature").await;
    assert_eq!(rebases, [["feature", "main", "completed", &head]]);
    // What is upon main already can be fast-forwarded.
    let answer = main.records("PGGIT MERGE feature").await;
    assert_eq!(answer[0].get("outcome"), "fast_forward");
    drop(fixture);
}

#[tokio::test]
async fn a_branch_without_commits_of_its_own_is_fast_forwarded() {
    let (_fixture, main, feature) = Fixture::with_users().await;
    main.run("ALTER TABLE users ADD COLUMN m int").await;
    feature
        .outcome("PGGIT REBASE ONTO main", "fast_forward")
        .await;
    assert_eq!(main.head_of("feature").await, main.head_of("main").await);
    feature.run("SELECT m FROM users").await;
    feature.assert_clean().await;
    // What the other side has already is left out.
    feature.run("ALTER TABLE users ADD COLUMN f int").await;
    main.run("PGGIT CHERRY PICK feature").await;
    feature
        .outcome("PGGIT REBASE ONTO main", "fast_forward")
        .await;
    assert_eq!(main.head_of("feature").await, main.head_of("main").await);
    let error = main.error("PGGIT REBASE ONTO feature").await;
    assert_eq!(error.code().code(), "55000");
    assert!(error.message().contains("main"), "{error:?}");
    assert_eq!(
        main.sqlstate("PGGIT REBASE feature ONTO nowhere").await,
        "3D000"
    );
    assert_eq!(
        main.sqlstate("PGGIT REBASE nowhere ONTO main").await,
        "3D000"
    );
    assert_eq!(
        main.sqlstate("PGGIT REBASE CONTINUE feature").await,
        "55000"
    );
}

/// Everything that says where a branch is. `session` is on another, where its objects are not to be seen.
async fn state(fixture: &Fixture, session: &Session, branch: &str) -> Vec<Vec<String>> {
    let mut rows = session
        .rows(&format!(
            "SELECT head, updated_at::text FROM pggit.branches WHERE name = '{branch}'"
        ))
        .await;
    rows.extend(session.rows(&format!("PGGIT LOG {branch}")).await);
    let server = fixture.superuser().await;
    rows.extend(
        server
            .rows(&format!(
                "SELECT c.oid::text, a.attname, a.atttypid::text, a.atttypmod::text, c.xmin::text, a.xmin::text
                   FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid
                  WHERE c.relnamespace = 'public@{branch}'::regnamespace ORDER BY c.oid, a.attnum"
            ))
            .await,
    );
    rows
}

/// Three commits on `feature`, of which the second and the third conflict with `main`.
async fn two_conflicts() -> (Fixture, Session, Session) {
    let (fixture, main, feature) = Fixture::with_users().await;
    main.run("ALTER TABLE users ADD COLUMN bio text").await;
    main.run("PGGIT MERGE main INTO feature").await;
    feature.run("CREATE TABLE first (id int)").await;
    feature
        .run("ALTER TABLE users ALTER name TYPE varchar(50)")
        .await;
    feature
        .run("ALTER TABLE users ALTER bio TYPE varchar(50)")
        .await;
    feature.run("CREATE TABLE last (id int)").await;
    main.run("ALTER TABLE users ALTER name TYPE varchar(99)")
        .await;
    main.run("ALTER TABLE users ALTER bio TYPE varchar(99)")
        .await;
    (fixture, main, feature)
}

#[tokio::test]
async fn a_rebase_stops_at_each_conflict_and_goes_on() {
    let (fixture, main, feature) = two_conflicts().await;
    let before = state(&fixture, &main, "feature").await;
    let answer = feature.outcome("PGGIT REBASE ONTO main", "conflicts").await;
    assert_eq!(answer.get("commits"), "1");
    assert_eq!(answer.get("conflicts"), "1");
    let id = answer.get("merge").clone();
    assert_eq!(state(&fixture, &main, "feature").await, before);
    for command in ["PGGIT REBASE CONTINUE", "PGGIT REBASE ONTO main"] {
        assert_eq!(feature.sqlstate(command).await, "55000", "{command}");
    }
    for verb in ["CONTINUE", "ABORT"] {
        let command = format!("PGGIT MERGE {verb} {id}");
        assert_eq!(feature.sqlstate(&command).await, "42809", "{command}");
    }
    let custom =
        format!("PGGIT RESOLVE {id} 1 WITH CUSTOM $$ALTER TABLE users ALTER name TYPE text$$");
    assert_eq!(feature.sqlstate(&custom).await, "0A000");
    let conflicts = feature.records(&format!("PGGIT CONFLICTS {id}")).await;
    assert_eq!(conflicts[0].get("attribute"), "column name type");
    assert!(conflicts[0].get("source").contains("50"), "{conflicts:?}");
    assert!(conflicts[0].get("target").contains("99"), "{conflicts:?}");
    feature
        .run(&format!("PGGIT RESOLVE {id} 1 WITH SOURCE"))
        .await;
    assert_eq!(state(&fixture, &main, "feature").await, before);

    // Another session goes on, and meets the next conflict.
    let answer = main
        .outcome("PGGIT REBASE CONTINUE feature", "conflicts")
        .await;
    assert_eq!(answer.get("commits"), "2");
    assert_eq!(state(&fixture, &main, "feature").await, before);
    let next = answer.get("merge").clone();
    main.run(&format!("PGGIT RESOLVE {next} 1 WITH TARGET"))
        .await;
    let answer = feature.outcome("PGGIT REBASE CONTINUE", "rebased").await;
    // What is decided for the other side leaves nothing of the commit.
    assert_eq!(answer.get("commits"), "3");
    assert_eq!(
        feature.columns_of("public.users").await,
        [
            "id integer",
            "name character varying(50)",
            "bio character varying(99)"
        ]
    );
    assert_eq!(
        feature.log("feature").await[..4],
        [
            "CREATE TABLE last",
            "ALTER TABLE users ALTER name TYPE varchar(50)",
            "CREATE TABLE first",
            "ALTER TABLE users ALTER bio TYPE varchar(99)"
        ]
    );
    feature.assert_clean().await;
    let states = main.column("SELECT DISTINCT state FROM pggit.merges WHERE operation = 'rebase'");
    assert_eq!(states.await, ["completed"]);
    drop(fixture);
}

#[tokio::test]
async fn a_rebase_that_is_given_up_leaves_the_branch_where_it_was() {
    let (fixture, main, feature) = two_conflicts().await;
    let before = state(&fixture, &main, "feature").await;
    let answer = feature.outcome("PGGIT REBASE ONTO main", "conflicts").await;
    let id = answer.get("merge");
    feature
        .run(&format!("PGGIT RESOLVE {id} 1 WITH SOURCE"))
        .await;
    feature.outcome("PGGIT REBASE CONTINUE", "conflicts").await;
    feature.run("PGGIT REBASE ABORT").await;
    assert_eq!(state(&fixture, &main, "feature").await, before);
    feature.assert_clean().await;
    assert_eq!(feature.sqlstate("PGGIT REBASE ABORT").await, "55000");
    let states = main.column("SELECT DISTINCT state FROM pggit.merges WHERE operation = 'rebase'");
    assert_eq!(states.await, ["aborted"]);
    // And it can be begun again.
    feature.outcome("PGGIT REBASE ONTO main", "conflicts").await;
}

#[tokio::test]
async fn commits_that_conflict_can_be_left_out() {
    let (_fixture, main, feature) = two_conflicts().await;
    feature.outcome("PGGIT REBASE ONTO main", "conflicts").await;
    feature.outcome("PGGIT REBASE SKIP", "conflicts").await;
    // What the branch gets meanwhile goes with it.
    feature.run("CREATE TABLE meanwhile (id int)").await;
    let answer = feature.outcome("PGGIT REBASE SKIP", "rebased").await;
    assert_eq!(answer.get("commits"), "3");
    assert_eq!(
        feature.log("feature").await[..3],
        [
            "CREATE TABLE meanwhile",
            "CREATE TABLE last",
            "CREATE TABLE first"
        ]
    );
    assert_eq!(
        feature.columns_of("public.users").await,
        [
            "id integer",
            "name character varying(99)",
            "bio character varying(99)"
        ]
    );
    feature.assert_clean().await;
    let skipped = main
        .value("SELECT cardinality(skipped) FROM pggit.rebases")
        .await;
    assert_eq!(skipped, "2");
}

#[tokio::test]
async fn what_became_of_each_object_is_kept_of_picks_and_rebases() {
    let (fixture, main, feature) = Fixture::with_users().await;
    let server = fixture.direct().await;
    feature.run("ALTER TABLE users ADD COLUMN a int").await;
    feature
        .run("CREATE TABLE c (id int); CREATE INDEX c_id ON c (id)")
        .await;
    main.run("COMMENT ON TABLE users IS 'all'").await;
    main.run("PGGIT BRANCH copy").await;
    let kept = "SELECT merge_kind, name, result FROM pggit.merge_objects
                WHERE merge = (SELECT max(id) FROM pggit.merge) ORDER BY name";
    let of_all = [
        ["SOURCE_MODIFIED", "c", "create"],
        ["SOURCE_MODIFIED", "c_id", "create"],
        ["BOTH_MODIFIED", "users", "alter"],
    ];
    main.outcome("PGGIT CHERRY PICK main..feature INTO copy", "picked")
        .await;
    assert_eq!(server.rows(kept).await, of_all);
    let statements = "SELECT cardinality(statements) FROM pggit.merges LIMIT 1";
    assert_eq!(server.value(statements).await, "3");

    feature.outcome("PGGIT REBASE ONTO main", "rebased").await;
    let of_rebase = [
        ["SOURCE_MODIFIED", "c", "keep"],
        ["SOURCE_MODIFIED", "c_id", "keep"],
        ["BOTH_MODIFIED", "users", "alter"],
    ];
    assert_eq!(server.rows(kept).await, of_rebase);
    let merge = "SELECT operation, source, target, state FROM pggit.merges LIMIT 1";
    assert_eq!(
        server.rows(merge).await,
        [["rebase", "main", "feature", "completed"]]
    );
    let verified = main.records("PGGIT VERIFY").await;
    assert_eq!(verified[0].get("says"), "sound", "{verified:#?}");
}

#[tokio::test]
async fn status_tells_of_an_open_rebase() {
    let (_fixture, main, feature) = Fixture::with_users().await;
    feature
        .run("ALTER TABLE users ALTER name TYPE varchar(9)")
        .await;
    main.run("ALTER TABLE users ALTER name TYPE varchar(10)")
        .await;
    let told = |rows: Vec<Vec<String>>| {
        let open = rows.into_iter().find(|row| row[0] == "open rebase");
        open.map(|row| row[1].clone())
    };
    feature.outcome("PGGIT REBASE ONTO main", "conflicts").await;
    let status = feature.rows("PGGIT STATUS").await;
    assert_eq!(
        told(status).as_deref(),
        Some("onto main: 1 unresolved conflicts")
    );
    feature.run("PGGIT REBASE ABORT").await;
    let status = feature.rows("PGGIT STATUS").await;
    assert_eq!(told(status), None);
}
