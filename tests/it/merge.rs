//! Merging as people do it: outcomes, rows that survive, conflicts that are decided, and refusals.

use crate::harness::programs::{dump_schema, psql};
use crate::harness::{Fixture, Session};

async fn merge(session: &Session, command: &str, outcome: &str) -> String {
    session.outcome(command, outcome).await.get("merge").clone()
}

/// What a merge that is not possible as it stands says, and what it advises.
async fn refusal(session: &Session, command: &str) -> String {
    let error = session.error(command).await;
    let detail = error.detail().unwrap_or_default();
    let hint = error.hint().expect("advice");
    format!("{} {detail} {hint}", error.message())
}

/// More than a merge is worked out anew.
const SOURCES: usize = 8;

#[tokio::test]
async fn merges_into_one_branch_at_once_all_come_to_an_end() {
    let (fixture, main, feature) = Fixture::with_users().await;
    for number in 0..10 {
        let create = format!("CREATE TABLE shared_{number} (id int PRIMARY KEY)");
        feature.run(&create).await;
    }
    let mut sessions = Vec::new();
    for number in 0..SOURCES {
        main.run(&format!("PGGIT BRANCH source_{number} FROM feature"))
            .await;
        let source = fixture.connect_on(&format!("source_{number}")).await;
        source.run(&format!("CREATE TABLE own_{number} ()")).await;
        sessions.push(fixture.connect().await);
    }
    let merges = sessions
        .iter()
        .enumerate()
        .map(|(number, session)| async move {
            session.run(&format!("PGGIT MERGE source_{number}")).await;
        });
    futures::future::join_all(merges).await;
    let own = "SELECT count(*) FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relname LIKE 'own%'";
    assert_eq!(main.value(own).await, SOURCES.to_string());
    main.assert_clean().await;
    // Nobody keeps a turn.
    let held = "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND classid = x'70676703'::int::oid
                   AND database = (SELECT oid FROM pg_database WHERE datname = current_database())";
    let server = fixture.direct().await;
    assert_eq!(server.value(held).await, "0");
}

#[tokio::test]
async fn a_target_that_did_not_move_is_fast_forwarded() {
    let (fixture, main, feature) = Fixture::with_users().await;
    feature.run("ALTER TABLE users ADD COLUMN bio text").await;
    merge(&main, "PGGIT MERGE feature", "fast_forward").await;
    let server = fixture.direct().await;
    assert_eq!(
        server.columns_of("users").await,
        ["id integer", "name text", "bio text"]
    );
    assert_eq!(main.rows("SELECT * FROM users").await, [["1", "ada", "∅"]]);
    let heads = server
        .column("SELECT DISTINCT encode(head, 'hex') FROM pggit.branch")
        .await;
    assert_eq!(heads.len(), 1, "both branches are at one commit");
    merge(&main, "PGGIT MERGE feature", "up_to_date").await;
    merge(&feature, "PGGIT MERGE main", "up_to_date").await;
    merge(&main, "PGGIT MERGE main", "up_to_date").await;
}

#[tokio::test]
async fn a_merge_is_a_commit_with_two_parents_and_the_base_of_the_next() {
    let (fixture, main, feature) = Fixture::with_users().await;
    feature.run("ALTER TABLE users ADD COLUMN bio text").await;
    main.run("ALTER TABLE users ADD COLUMN age int").await;
    let base = main.field("PGGIT MERGE BASE main feature", "message").await;
    assert_eq!(base, "CREATE TABLE users");
    merge(
        &main,
        "PGGIT MERGE feature MESSAGE 'Bring in bio'",
        "merged",
    )
    .await;
    assert_eq!(main.log("main").await[0], "Bring in bio");
    let parents = "SELECT count(*) FROM pggit.commit_parent p JOIN pggit.branch b ON b.head = p.commit WHERE b.name = 'main'";
    assert_eq!(fixture.superuser().await.value(parents).await, "2");
    let base = main.field("PGGIT MERGE BASE main feature", "message").await;
    assert!(base.contains("bio"), "{base}");

    feature.run("ALTER TABLE users DROP COLUMN bio").await;
    merge(&main, "PGGIT MERGE feature", "merged").await;
    assert_eq!(
        main.columns_of("users").await,
        ["id integer", "name text", "age integer"]
    );
    merge(&feature, "PGGIT MERGE main", "fast_forward").await;
    main.assert_clean().await;
    feature.assert_clean().await;
}

#[tokio::test]
async fn branches_merge_into_any_branch() {
    let (_fixture, main, feature) = Fixture::with_users().await;
    main.run("PGGIT BRANCH other FROM main").await;
    feature.run("ALTER TABLE users ADD COLUMN bio text").await;
    merge(&main, "PGGIT MERGE feature INTO other", "fast_forward").await;
    assert_eq!(main.columns_of("users").await.len(), 2);
    main.run("SET pggit.branch = 'other'").await;
    main.run("SELECT bio FROM public.users").await;
    main.assert_clean().await;
}

#[tokio::test]
async fn renames_keep_the_rows() {
    let (_fixture, main, feature) = Fixture::with_users().await;
    feature
        .run("ALTER TABLE users RENAME name TO full_name")
        .await;
    feature.run("ALTER TABLE users RENAME TO people").await;
    feature
        .run("CREATE SCHEMA hr; ALTER TABLE people SET SCHEMA hr")
        .await;
    main.run("INSERT INTO users VALUES (2, 'grace')").await;
    main.run("ALTER TABLE users ADD COLUMN age int DEFAULT 36")
        .await;
    merge(&main, "PGGIT MERGE feature", "merged").await;
    assert_eq!(
        main.rows("SELECT id, full_name, age FROM hr.people ORDER BY id")
            .await,
        [["1", "ada", "36"], ["2", "grace", "36"]]
    );
    assert_eq!(main.sqlstate("SELECT * FROM users").await, "42P01");
    main.assert_clean().await;
}

#[tokio::test]
async fn a_type_change_keeps_its_using_expression() {
    let (_fixture, main, feature) = Fixture::with_users().await;
    main.run("ALTER TABLE users ADD COLUMN age text; UPDATE users SET age = '36 years'")
        .await;
    merge(&feature, "PGGIT MERGE main", "fast_forward").await;
    feature
        .run("ALTER TABLE users ALTER COLUMN age TYPE int USING split_part(age, ' ', 1)::int")
        .await;
    merge(&main, "PGGIT MERGE feature", "fast_forward").await;
    assert_eq!(main.rows("SELECT age + 1 FROM users").await, [["37"]]);
}

#[tokio::test]
async fn new_tables_start_empty_and_work() {
    let (_fixture, main, feature) = Fixture::with_users().await;
    feature
        .run("CREATE TABLE posts (id serial PRIMARY KEY, author int NOT NULL REFERENCES users, body text)")
        .await;
    feature
        .run("CREATE INDEX posts_author ON posts (author)")
        .await;
    feature
        .run("INSERT INTO users VALUES (9, 'only here'); INSERT INTO posts (author) VALUES (9)")
        .await;
    feature
        .run("CREATE VIEW authors AS SELECT name, body FROM users JOIN posts ON author = users.id")
        .await;
    merge(&main, "PGGIT MERGE feature", "fast_forward").await;
    assert_eq!(main.value("SELECT count(*) FROM posts").await, "0");
    main.run("INSERT INTO posts (author, body) VALUES (1, 'hello')")
        .await;
    assert_eq!(main.rows("SELECT * FROM authors").await, [["ada", "hello"]]);
    assert_eq!(
        main.sqlstate("INSERT INTO posts (author) VALUES (9)").await,
        "23503"
    );
    main.assert_clean().await;
}

/// Both sides gave `name` another type; the merge waits for a decision.
async fn conflict() -> (Fixture, Session, String, String) {
    let (fixture, main, feature) = Fixture::with_users().await;
    feature
        .run("ALTER TABLE users ALTER name TYPE varchar(50)")
        .await;
    feature.run("ALTER TABLE users ADD COLUMN clean int").await;
    main.run("ALTER TABLE users ALTER name TYPE varchar(99)")
        .await;
    let id = merge(&main, "PGGIT MERGE feature", "conflicts").await;
    let conflicts = main.records(&format!("PGGIT CONFLICTS {id}")).await;
    assert_eq!(conflicts.len(), 1, "{conflicts:#?}");
    assert!(
        conflicts[0].get("object").contains("public.users"),
        "{conflicts:#?}"
    );
    assert!(
        conflicts[0].get("attribute").contains("name"),
        "{conflicts:#?}"
    );
    assert!(conflicts[0].get("base").contains("text"), "{conflicts:#?}");
    assert!(conflicts[0].get("source").contains("50"), "{conflicts:#?}");
    assert!(conflicts[0].get("target").contains("99"), "{conflicts:#?}");
    assert_eq!(conflicts[0].get("state"), "open");
    let conflict = conflicts[0].get("conflict").clone();
    (fixture, main, id, conflict)
}

#[tokio::test]
async fn a_conflict_is_decided_for_either_side_the_base_or_something_else() {
    for (choice, expected) in [
        ("SOURCE", "name character varying(50)"),
        ("TARGET", "name character varying(99)"),
        ("BASE", "name text"),
        (
            "CUSTOM $$ALTER TABLE users ALTER name TYPE varchar(70)$$",
            "name character varying(70)",
        ),
    ] {
        let (_fixture, main, id, conflict) = conflict().await;
        let resolve = format!("PGGIT RESOLVE {id} {conflict} WITH {choice}");
        assert_eq!(main.field(&resolve, "unresolved").await, "0", "{choice}");
        merge(&main, &format!("PGGIT MERGE CONTINUE {id}"), "merged").await;
        assert_eq!(
            main.columns_of("users").await,
            ["id integer", expected, "clean integer"],
            "{choice}"
        );
        assert_eq!(
            main.rows("SELECT id, name FROM users").await,
            [["1", "ada"]]
        );
        main.assert_clean().await;
        merge(&main, "PGGIT MERGE feature", "up_to_date").await;
    }
}

#[tokio::test]
async fn a_decision_can_be_taken_again_until_the_merge_is_complete() {
    let (_fixture, main, id, conflict) = conflict().await;
    main.run(&format!("PGGIT RESOLVE {id} {conflict} WITH SOURCE"))
        .await;
    main.run(&format!("PGGIT RESOLVE {id} {conflict} WITH TARGET"))
        .await;
    merge(&main, &format!("PGGIT MERGE CONTINUE {id}"), "merged").await;
    assert_eq!(
        main.columns_of("users").await[1],
        "name character varying(99)"
    );
    for command in [
        format!("PGGIT RESOLVE {id} {conflict} WITH SOURCE"),
        format!("PGGIT MERGE CONTINUE {id}"),
        format!("PGGIT MERGE ABORT {id}"),
    ] {
        assert_eq!(main.sqlstate(&command).await, "55000", "{command}");
    }
}

#[tokio::test]
async fn an_open_conflict_holds_the_merge_up() {
    let (fixture, main, id, conflict) = conflict().await;
    let before = fixture.dump_of_main();
    let error = main.error(&format!("PGGIT MERGE CONTINUE {id}")).await;
    assert_eq!(error.code().code(), "55000");
    assert!(error.hint().is_some());
    let custom = format!(
        "PGGIT RESOLVE {id} {conflict} WITH CUSTOM $$ALTER TABLE users ALTER absent TYPE int$$"
    );
    assert_eq!(main.sqlstate(&custom).await, "42703");
    let custom = format!("PGGIT RESOLVE {id} {conflict} WITH CUSTOM $$ALTER TABEL users$$");
    assert_eq!(main.sqlstate(&custom).await, "42601");
    let conflicts = main.records(&format!("PGGIT CONFLICTS {id}")).await;
    assert_eq!(conflicts[0].get("state"), "open");
    assert_eq!(fixture.dump_of_main(), before);
    main.assert_clean().await;
}

#[tokio::test]
async fn an_aborted_merge_leaves_everything_as_it_was() {
    let (fixture, main, id, _conflict) = conflict().await;
    let (before, log) = (fixture.dump_of_main(), main.log("main").await);
    main.run(&format!("PGGIT MERGE ABORT {id}")).await;
    assert_eq!(fixture.dump_of_main(), before);
    assert_eq!(main.log("main").await, log);
    main.assert_clean().await;
    let merges = main.records("PGGIT MERGES").await;
    assert_eq!(merges[0].get("state"), "aborted");
    merge(&main, "PGGIT MERGE feature STRATEGY source_wins", "merged").await;
    assert_eq!(
        main.columns_of("users").await[1],
        "name character varying(50)"
    );
}

#[tokio::test]
async fn strategies_decide_conflicts_and_keep_what_is_clean() {
    for (strategy, name) in [
        ("source_wins", "name character varying(50)"),
        ("target_wins", "name character varying(99)"),
    ] {
        let (_fixture, main, feature) = Fixture::with_users().await;
        feature
            .run("ALTER TABLE users ALTER name TYPE varchar(50), ADD COLUMN s int")
            .await;
        main.run("ALTER TABLE users ALTER name TYPE varchar(99), ADD COLUMN t int")
            .await;
        merge(
            &main,
            &format!("PGGIT MERGE feature STRATEGY {strategy}"),
            "merged",
        )
        .await;
        assert_eq!(
            main.columns_of("users").await,
            ["id integer", name, "t integer", "s integer"]
        );
        main.assert_clean().await;
    }
}

#[tokio::test]
async fn manual_review_always_waits_for_a_decision() {
    let (fixture, main, feature) = Fixture::with_users().await;
    feature.run("ALTER TABLE users ADD COLUMN bio text").await;
    main.run("ALTER TABLE users ADD COLUMN age int").await;
    let before = fixture.dump_of_main();
    let id = merge(
        &main,
        "PGGIT MERGE feature STRATEGY manual_review",
        "conflicts",
    )
    .await;
    assert_eq!(fixture.dump_of_main(), before);
    for conflict in main.records(&format!("PGGIT CONFLICTS {id}")).await {
        let number = conflict.get("conflict");
        main.run(&format!("PGGIT RESOLVE {id} {number} WITH SOURCE"))
            .await;
    }
    merge(&main, &format!("PGGIT MERGE CONTINUE {id}"), "merged").await;
    assert!(
        main.columns_of("users")
            .await
            .contains(&"bio text".to_owned())
    );
    main.assert_clean().await;
}

#[tokio::test]
async fn a_dry_run_changes_nothing() {
    let (fixture, main, feature) = Fixture::with_users().await;
    feature.run("ALTER TABLE users ADD COLUMN bio text").await;
    feature.run("CREATE TABLE posts (id int)").await;
    main.run("ALTER TABLE users ADD COLUMN age int").await;
    let (before, log) = (fixture.dump_of_main(), main.log("main").await);
    let told = main.records("PGGIT MERGE feature DRY RUN").await;
    let sql: Vec<&str> = told
        .iter()
        .map(|record| record.get("sql").as_str())
        .collect();
    let sql = sql.join("\n");
    assert!(
        sql.contains("ADD COLUMN bio text") && sql.contains("CREATE TABLE public.posts"),
        "{sql}"
    );
    assert_eq!(fixture.dump_of_main(), before);
    assert_eq!(main.log("main").await, log);
    assert!(main.records("PGGIT MERGES").await.is_empty());
    main.assert_clean().await;
}

#[tokio::test]
async fn rows_are_not_lost_unless_that_is_said() {
    for drop in ["ALTER TABLE users DROP COLUMN name", "DROP TABLE users"] {
        let (fixture, main, feature) = Fixture::with_users().await;
        feature.run(drop).await;
        let before = fixture.dump_of_main();
        let refusal = refusal(&main, "PGGIT MERGE feature").await;
        assert!(refusal.contains("ALLOW DATA LOSS"), "{refusal}");
        assert_eq!(fixture.dump_of_main(), before);
        assert_eq!(
            main.rows("SELECT id, name FROM users").await,
            [["1", "ada"]]
        );
        main.assert_clean().await;
        merge(&main, "PGGIT MERGE feature ALLOW DATA LOSS", "fast_forward").await;
        assert!(main.columns_of("users").await.len() < 2);
        main.assert_clean().await;
    }
}

/// What hangs on the column is dropped with it, and made again as it was.
#[tokio::test]
async fn a_column_that_was_dropped_and_made_again_is_another() {
    let hanging = "CREATE INDEX by_name ON users (name);
        ALTER TABLE users ADD CONSTRAINT named CHECK (name <> ''), ALTER number SET NOT NULL;
        ALTER TABLE users ADD CONSTRAINT once UNIQUE (number);
        COMMENT ON COLUMN users.name IS 'as written';
        CREATE VIEW names AS SELECT id, name FROM users;
        CREATE STATISTICS pairs ON name, age FROM users";
    let (fixture, main, feature) = Fixture::with_users().await;
    main.run("ALTER TABLE users ADD COLUMN number serial, ADD COLUMN age int")
        .await;
    main.run(hanging).await;
    merge(&feature, "PGGIT MERGE main", "fast_forward").await;
    let again = [
        "ALTER TABLE users DROP name CASCADE, DROP number",
        "ALTER TABLE users ADD name text, ADD number serial",
        hanging,
    ];
    for together in [true, false] {
        main.run("UPDATE users SET name = 'grace', number = 7")
            .await;
        if together {
            feature.run(&again.join(";")).await;
        } else {
            for sql in again {
                feature.run(sql).await;
            }
        }
        let refusal = refusal(&main, "PGGIT MERGE feature").await;
        assert!(refusal.contains("column name"), "{refusal}");
        merge(&main, "PGGIT MERGE feature ALLOW DATA LOSS", "merged").await;
        assert_eq!(
            main.columns_of("users").await,
            ["id integer", "age integer", "name text", "number integer"]
        );
        assert_eq!(
            main.rows("SELECT id, name, number FROM users").await,
            [["1", "∅", "1"]]
        );
        assert_same(
            &fixture.dump_of_main(),
            &dump_of_branch(&fixture, "feature").await,
        );
        main.assert_clean().await;
    }
}

/// Each branch knows a column under its own lineage once both have added it.
#[tokio::test]
async fn a_column_that_both_sides_added_keeps_its_values() {
    let (_fixture, main, feature) = Fixture::with_users().await;
    for session in [&main, &feature] {
        session
            .run("ALTER TABLE users ADD COLUMN bio text DEFAULT 'none'")
            .await;
    }
    feature
        .run("INSERT INTO users VALUES (1, 'ada', 'mine')")
        .await;
    main.run("UPDATE users SET bio = 'theirs'").await;
    merge(&main, "PGGIT MERGE feature", "merged").await;
    for (from, to) in [
        ("main", "feature"),
        ("feature", "main"),
        ("main", "feature"),
    ] {
        let session = if from == "main" { &main } else { &feature };
        session
            .run(&format!("COMMENT ON COLUMN users.bio IS 'from {from}'"))
            .await;
        let merged = main.records(&format!("PGGIT MERGE {from} INTO {to}")).await;
        let outcome = merged[0].get("outcome");
        assert!(["merged", "fast_forward"].contains(&outcome.as_str()));
    }
    assert_eq!(main.value("SELECT bio FROM users").await, "theirs");
    assert_eq!(feature.value("SELECT bio FROM users").await, "mine");
}

#[tokio::test]
async fn dropping_what_holds_no_rows_needs_no_leave() {
    let (_fixture, main, feature) = Fixture::with_users().await;
    main.run("CREATE TABLE empty (id int)").await;
    merge(&feature, "PGGIT MERGE main", "fast_forward").await;
    feature.run("DROP TABLE empty").await;
    merge(&main, "PGGIT MERGE feature", "fast_forward").await;
    assert!(main.columns_of("empty").await.is_empty());
}

#[tokio::test]
async fn a_merge_that_existing_rows_forbid_is_refused() {
    let (fixture, main, feature) = Fixture::with_users().await;
    feature
        .run("ALTER TABLE users ADD COLUMN email text NOT NULL")
        .await;
    feature.run("CREATE TABLE unrelated (id int)").await;
    let before = fixture.dump_of_main();
    let refusal = refusal(&main, "PGGIT MERGE feature").await;
    assert!(refusal.contains("email"), "{refusal}");
    assert_eq!(fixture.dump_of_main(), before);
    main.assert_clean().await;
    main.run("DELETE FROM users").await;
    merge(&main, "PGGIT MERGE feature", "fast_forward").await;
    assert_eq!(main.columns_of("users").await[2], "email text");
}

#[tokio::test]
async fn a_merge_does_not_lend_privileges() {
    let (fixture, main, feature) = Fixture::with_users().await;
    feature.run("ALTER TABLE users ADD COLUMN bio text").await;
    let role = fixture.database.role("guest").await;
    let guest = fixture.connect_as(&role).await;
    let before = fixture.dump_of_main();
    assert_eq!(guest.sqlstate("PGGIT MERGE feature").await, "42501");
    assert_eq!(fixture.dump_of_main(), before);
    assert!(guest.is_usable().await);
    main.assert_clean().await;
}

#[tokio::test]
async fn merges_need_a_transaction_of_their_own() {
    let (_fixture, main, feature) = Fixture::with_users().await;
    feature.run("ALTER TABLE users ADD COLUMN bio text").await;
    main.run("BEGIN").await;
    assert_eq!(main.sqlstate("PGGIT MERGE feature").await, "25001");
    main.run("ROLLBACK").await;
    merge(&main, "PGGIT MERGE feature", "fast_forward").await;
}

#[tokio::test]
async fn a_diff_as_sql_leads_from_one_branch_to_the_other() {
    let (fixture, main, feature) = Fixture::with_users().await;
    for sql in [
        "CREATE TYPE mood AS ENUM ('sad', 'happy')",
        "ALTER TABLE users ADD COLUMN mood mood DEFAULT 'happy'",
        "CREATE TABLE posts (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, author int REFERENCES users ON DELETE CASCADE)",
        "CREATE FUNCTION greet(users) RETURNS text LANGUAGE sql AS 'SELECT $1.name'",
        "CREATE VIEW greetings AS SELECT greet(u) AS greeting FROM users u",
        "CREATE INDEX users_name ON users (lower(name))",
    ] {
        feature.run(sql).await;
    }
    let json = main.value("PGGIT DIFF main feature AS JSON").await;
    serde_json::from_str::<serde_json::Value>(&json).expect("JSON");
    let database = &fixture.database;
    let server = database.server.url(&database.owner, &database.name);
    let before = fixture.dump_of_main();
    let up = main.column("PGGIT DIFF main feature AS SQL").await;
    psql(&server, &up.join("\n"));
    assert_same(
        &dump_of_branch(&fixture, "feature").await,
        &fixture.dump_of_main(),
    );
    let down = main.column("PGGIT DIFF feature main AS SQL").await;
    assert!(
        down[0].contains("DELETES_DATA") && down.join("\n").contains("DROP TABLE public.posts;"),
        "{down:#?}"
    );
    psql(&server, &format!("BEGIN;\n{}\nCOMMIT;", down.join("\n")));
    assert_same(&fixture.dump_of_main(), &before);

    main.run("PGGIT BRANCH other FROM feature").await;
    assert!(main.rows("PGGIT DIFF feature other").await.is_empty());
    assert!(
        main.rows("PGGIT DIFF other feature AS SQL")
            .await
            .is_empty()
    );
}

#[tokio::test]
async fn a_branch_is_an_exact_copy() {
    let fixture = Fixture::new().await;
    let main = fixture.connect().await;
    for sql in [
        "CREATE TYPE mood AS ENUM ('sad', 'happy')",
        "CREATE DOMAIN positive AS int CHECK (VALUE > 0)",
        "CREATE TABLE users (id bigserial PRIMARY KEY, mood mood DEFAULT 'sad', age positive, \"Weird Name\" text COLLATE \"C\")",
        "CREATE TABLE posts (id int GENERATED BY DEFAULT AS IDENTITY (START 5), author bigint REFERENCES users, note text, length int GENERATED ALWAYS AS (length(note)) STORED)",
        "CREATE INDEX posts_note ON posts USING gin (to_tsvector('english', note)) WHERE note <> ''",
        "CREATE VIEW moods AS SELECT mood, count(*) FROM users GROUP BY mood",
        "CREATE MATERIALIZED VIEW cached AS SELECT * FROM moods",
        "CREATE FUNCTION f(p posts) RETURNS SETOF users LANGUAGE sql STABLE AS 'SELECT * FROM public.users WHERE id = p.author'",
        "CREATE FUNCTION tr() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END'",
        "CREATE TRIGGER t BEFORE UPDATE ON posts FOR EACH ROW WHEN (OLD.note <> NEW.note) EXECUTE FUNCTION tr()",
        "COMMENT ON COLUMN users.mood IS 'how they are'",
        "GRANT SELECT ON users TO PUBLIC",
        "PGGIT BRANCH feature",
    ] {
        main.run(sql).await;
    }
    assert!(main.rows("PGGIT DIFF main feature").await.is_empty());
    assert_same(
        &fixture.dump_of_main(),
        &dump_of_branch(&fixture, "feature").await,
    );
}

/// A branch's dump with the names of `main`.
async fn dump_of_branch(fixture: &Fixture, branch: &str) -> String {
    fixture.complete(branch).await;
    let database = &fixture.database;
    let url = database.server.url(&database.owner, &database.name);
    dump_schema(&url, &format!("public@{branch}"), Some("public"))
}

/// Compares dumps but for the creation of `public` itself, which is not in every dump.
#[track_caller]
fn assert_same(expected: &str, actual: &str) {
    let without = |dump: &str| -> String {
        let lines: Vec<&str> = dump
            .lines()
            .filter(|line| !line.contains("SCHEMA public"))
            .collect();
        lines.join("\n")
    };
    let (expected, actual) = (without(expected), without(actual));
    if expected != actual {
        let difference = similar::TextDiff::from_lines(&expected, &actual);
        panic!("{}", difference.unified_diff().context_radius(2));
    }
}
