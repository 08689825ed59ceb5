//! Undoing as people do it: a commit, a range, a merge; the whole branch; single objects. Rows stay, and what they forbid is said.

use crate::harness::{Fixture, Session};

/// `main` with a table `users (id, name)` and the row (1, 'ada').
async fn users() -> (Fixture, Session) {
    let fixture = Fixture::new().await;
    let main = fixture.connect().await;
    main.run("CREATE TABLE users (id int PRIMARY KEY, name text)")
        .await;
    main.run("INSERT INTO users VALUES (1, 'ada')").await;
    (fixture, main)
}

async fn head(session: &Session) -> String {
    session.field("PGGIT LOG LIMIT 1", "commit").await
}

/// What a command that is not possible as it stands says, with its SQLSTATE in front.
async fn refusal(session: &Session, command: &str) -> String {
    let error = session.error(command).await;
    format!(
        "{} {} {} {}",
        error.code().code(),
        error.message(),
        error.detail().unwrap_or_default(),
        error.hint().unwrap_or_default()
    )
}

#[track_caller]
fn assert_says(text: &str, parts: &[&str]) {
    for part in parts {
        assert!(text.contains(part), "{part:?} in {text:?}");
    }
}

/// The rows of a dry run that are not statements: severity, check, object.
async fn found(session: &Session, command: &str) -> Vec<[String; 3]> {
    let rows = session.records(command).await;
    rows.iter()
        .filter(|row| row.get("check") != "ddl")
        .map(|row| ["severity", "check", "object"].map(|column| row.get(column).clone()))
        .collect()
}

/// The statements of a dry run.
async fn statements(session: &Session, command: &str) -> Vec<String> {
    let rows = session.records(command).await;
    rows.iter()
        .filter(|row| row.get("check") == "ddl")
        .map(|row| row.get("sql").clone())
        .collect()
}

#[tokio::test]
async fn a_commit_is_reverted_and_the_revert_as_well() {
    let (fixture, main) = users().await;
    main.run("ALTER TABLE users ADD COLUMN email text").await;
    let commit = head(&main).await;
    main.run("ALTER TABLE users ADD COLUMN age int").await;
    let reverted = main
        .outcome(&format!("PGGIT REVERT {commit}"), "reverted")
        .await;
    assert_eq!(reverted.get("objects"), "1");
    assert_eq!(reverted.get("merge"), "∅");
    assert_eq!(reverted.get("commit"), &head(&main).await);
    assert_eq!(
        main.columns_of("users").await,
        ["id integer", "name text", "age integer"]
    );
    assert_eq!(
        main.log("main").await[0],
        "Revert \"ALTER TABLE users ADD COLUMN email\""
    );
    let message = "SELECT message FROM pggit.commit c JOIN pggit.branch b ON b.head = c.hash";
    let message = fixture.superuser().await.value(message).await;
    assert_says(&message, &[&format!("This reverts commit {commit}")]);
    main.assert_clean().await;

    main.outcome("PGGIT REVERT main", "reverted").await;
    assert_eq!(
        main.columns_of("users").await,
        ["id integer", "name text", "age integer", "email text"]
    );
    main.outcome(&format!("PGGIT REVERT {commit} MESSAGE 'Away'"), "reverted")
        .await;
    assert_eq!(main.log("main").await[0], "Away");
    main.outcome(&format!("PGGIT REVERT {commit}"), "up_to_date")
        .await;
    assert_eq!(main.log("main").await[0], "Away");
    assert_eq!(main.rows("SELECT * FROM users").await, [["1", "ada", "∅"]]);
    main.assert_clean().await;
}

#[tokio::test]
async fn a_dropped_table_returns_with_all_that_was_on_it() {
    let (fixture, main) = users().await;
    main.run("CREATE TABLE orders (id serial PRIMARY KEY, person int REFERENCES users, note text CHECK (note <> ''))")
        .await;
    main.run("CREATE INDEX orders_note ON orders (note)").await;
    main.run("CREATE VIEW notes AS SELECT note FROM orders")
        .await;
    main.run("CREATE FUNCTION touch() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN new; END'")
        .await;
    main.run("CREATE TRIGGER touch BEFORE INSERT ON orders FOR EACH ROW EXECUTE FUNCTION touch()")
        .await;
    main.run("CREATE POLICY own ON orders USING (note = current_user)")
        .await;
    main.run("GRANT SELECT ON orders TO PUBLIC").await;
    let before = fixture.dump_of_main();
    main.run("DROP TABLE orders CASCADE").await;
    main.outcome("PGGIT REVERT main", "reverted").await;
    assert_eq!(fixture.dump_of_main(), before);
    main.run("INSERT INTO orders (person, note) VALUES (1, 'x')")
        .await;
    main.assert_clean().await;
    main.outcome("PGGIT REVERT main ALLOW DATA LOSS", "reverted")
        .await;
    assert_eq!(main.columns_of("orders").await, [""; 0]);
    main.assert_clean().await;
}

#[tokio::test]
async fn branches_are_reverted_on_their_own() {
    let (fixture, main) = users().await;
    main.run("PGGIT BRANCH feature").await;
    let feature = fixture.connect_on("feature").await;
    feature
        .run("ALTER TABLE users ADD COLUMN bio text CHECK (bio <> '')")
        .await;
    feature.run("INSERT INTO users VALUES (7, 'x', 'y')").await;
    let commit = head(&feature).await;
    let refused = refusal(&main, &format!("PGGIT REVERT {commit}")).await;
    assert_says(
        &refused,
        &[
            "55000 cannot revert",
            "not in the history of branch \"main\"",
        ],
    );
    let told = found(&main, &format!("PGGIT REVERT {commit} DRY RUN")).await;
    let commit_name = format!("commit {commit}");
    assert_eq!(told[0], ["ERROR", "branch", commit_name.as_str()]);

    // From another branch's session, and with rows on the branch alone.
    let into = format!("PGGIT REVERT {commit} INTO feature");
    assert_says(
        &refusal(&main, &into).await,
        &["55000 the revert would lose data"],
    );
    main.outcome(&format!("{into} ALLOW DATA LOSS"), "reverted")
        .await;
    assert_eq!(feature.rows("SELECT * FROM users").await, [["7", "x"]]);
    feature.assert_clean().await;
    feature.outcome("PGGIT REVERT feature", "reverted").await;
    assert_eq!(feature.rows("SELECT * FROM users").await, [["7", "x", "∅"]]);
    feature.assert_clean().await;
    main.assert_clean().await;
    assert_eq!(main.rows("SELECT * FROM users").await, [["1", "ada"]]);
}

#[tokio::test]
async fn a_range_is_one_commit_and_its_revert_brings_all_of_it_back() {
    let (fixture, main) = users().await;
    let start = head(&main).await;
    main.run("ALTER TABLE users ADD COLUMN email text").await;
    main.run("ALTER TABLE users RENAME name TO full_name").await;
    main.run("CREATE TABLE extra (id int)").await;
    let end = head(&main).await;
    main.run("ALTER TABLE users ADD COLUMN age int").await;
    let before = fixture.dump_of_main();

    main.outcome(&format!("PGGIT REVERT {start}..{end}"), "reverted")
        .await;
    assert_eq!(
        main.columns_of("users").await,
        ["id integer", "name text", "age integer"]
    );
    assert_eq!(
        main.log("main").await[..2],
        ["Revert 3 commits", "ALTER TABLE users ADD COLUMN age"]
    );
    let message = "SELECT message FROM pggit.commit c JOIN pggit.branch b ON b.head = c.hash";
    let message = fixture.superuser().await.value(message).await;
    assert_eq!(
        message.matches("This reverts commit").count(),
        3,
        "{message}"
    );
    main.outcome("PGGIT REVERT main~1..main", "reverted").await;
    assert_eq!(main.rows("SELECT full_name FROM users").await, [["ada"]]);
    assert_eq!(
        before.contains("full_name"),
        fixture.dump_of_main().contains("full_name")
    );
    main.assert_clean().await;

    for (range, says) in [
        ("main..main", &["the range is empty"][..]),
        (
            "main..main~2",
            &["is not before it", "older commit comes first"],
        ),
        (
            "main~2..main PARENT 1",
            &["PARENT names a side of one merge"],
        ),
    ] {
        assert_says(
            &refusal(&main, &format!("PGGIT REVERT {range}")).await,
            says,
        );
    }
}

#[tokio::test]
async fn a_merge_is_reverted_for_one_of_its_parents() {
    let (fixture, main) = users().await;
    main.run("PGGIT BRANCH feature").await;
    let feature = fixture.connect_on("feature").await;
    feature.run("ALTER TABLE users ADD COLUMN bio text").await;
    feature.run("CREATE TABLE extra (id int)").await;
    let side = head(&feature).await;
    main.run("ALTER TABLE users ADD COLUMN age int").await;
    let own = head(&main).await;
    main.outcome("PGGIT MERGE feature", "merged").await;
    let merge = head(&main).await;
    main.run("CREATE TABLE later (id int)").await;

    let refused = refusal(&main, &format!("PGGIT REVERT {merge}")).await;
    assert_says(
        &refused,
        &[
            "55000",
            "it is a merge",
            &format!("PARENT 1 ({own}"),
            &format!("PARENT 2 ({side}"),
        ],
    );
    let refused = refusal(&main, &format!("PGGIT REVERT {merge} PARENT 3")).await;
    assert_says(&refused, &["it has no parent 3"]);
    let told = found(&main, &format!("PGGIT REVERT {merge} DRY RUN")).await;
    assert_eq!(told[0][..2], ["ERROR", "merge"]);
    // The side that was merged begins elsewhere.
    let refused = refusal(&main, &format!("PGGIT REVERT {side}..main")).await;
    assert_says(&refused, &["came to it by a merge"]);

    main.outcome(&format!("PGGIT REVERT {merge} PARENT 1"), "reverted")
        .await;
    assert_eq!(
        main.columns_of("users").await,
        ["id integer", "name text", "age integer"]
    );
    assert_eq!(main.columns_of("extra").await.len(), 0);
    assert_eq!(main.columns_of("later").await.len(), 1);
    // As in git: what was merged counts as merged.
    main.outcome("PGGIT MERGE feature", "up_to_date").await;
    main.outcome("PGGIT REVERT main", "reverted").await;
    assert_eq!(main.columns_of("extra").await.len(), 1);
    main.outcome(&format!("PGGIT REVERT {merge} PARENT 2"), "reverted")
        .await;
    assert_eq!(
        main.columns_of("users").await,
        ["id integer", "name text", "bio text"]
    );
    // A range that starts before the merge takes it back whole.
    main.outcome(&format!("PGGIT REVERT {own}..main"), "reverted")
        .await;
    assert_eq!(
        main.columns_of("users").await,
        ["id integer", "name text", "age integer"]
    );
    assert_eq!(main.columns_of("later").await.len(), 0);
    assert_eq!(
        main.rows("SELECT id, name FROM users").await,
        [["1", "ada"]]
    );
    main.assert_clean().await;
}

#[tokio::test]
async fn a_conflict_waits_for_a_decision() {
    let (_fixture, main) = users().await;
    main.run("ALTER TABLE users ALTER name TYPE varchar(40)")
        .await;
    let commit = head(&main).await;
    main.run("ALTER TABLE users ALTER name TYPE varchar(80)")
        .await;
    let preview = found(&main, &format!("PGGIT REVERT {commit} DRY RUN")).await;
    let checks: Vec<&str> = preview.iter().map(|row| row[1].as_str()).collect();
    assert_eq!(checks, ["later_change", "conflict", "commit"]);

    let revert = main
        .outcome(&format!("PGGIT REVERT {commit}"), "conflicts")
        .await;
    let merge = revert.get("merge");
    assert_eq!(revert.get("commit"), "∅");
    assert_says(
        &main.notices().join("\n"),
        &["table public.users: was changed again since"],
    );
    let conflict = main
        .records(&format!("PGGIT CONFLICTS {merge}"))
        .await
        .remove(0);
    for (side, value) in [
        ("base", "character varying(40)"),
        ("source", "text"),
        ("target", "character varying(80)"),
    ] {
        assert_eq!(conflict.get(side), value);
    }
    main.run(&format!("PGGIT RESOLVE {merge} 1 WITH SOURCE"))
        .await;
    main.outcome(&format!("PGGIT MERGE CONTINUE {merge}"), "merged")
        .await;
    assert_eq!(main.columns_of("users").await, ["id integer", "name text"]);
    assert_eq!(
        main.log("main").await[0],
        "Revert \"ALTER TABLE users ALTER COLUMN name TYPE\"".replace(
            "ALTER TABLE users ALTER COLUMN name TYPE",
            main.log("main").await[2].as_str()
        )
    );
    main.assert_clean().await;
}

/// What rows forbid: what makes the table, the commit, the row that came afterwards, the SQLSTATE, the check, and what
/// makes room.
const FORBIDDEN: &[(&str, &str, &str, &str, &str, &str)] = &[
    (
        "CREATE TABLE t (a int NOT NULL)",
        "ALTER TABLE t ALTER a DROP NOT NULL",
        "INSERT INTO t VALUES (NULL)",
        "23502",
        "not_null",
        "DELETE FROM t",
    ),
    (
        "CREATE TABLE t (a int, b text NOT NULL)",
        "ALTER TABLE t DROP b",
        "INSERT INTO t VALUES (1)",
        "23502",
        "not_null",
        "DELETE FROM t",
    ),
    (
        "CREATE TABLE t (a int UNIQUE)",
        "ALTER TABLE t DROP CONSTRAINT t_a_key",
        "INSERT INTO t VALUES (1), (1), (NULL), (NULL)",
        "23505",
        "unique",
        "DELETE FROM t WHERE a = 1",
    ),
    (
        "CREATE TABLE t (a int); CREATE UNIQUE INDEX i ON t (a)",
        "DROP INDEX i",
        "INSERT INTO t VALUES (1), (1)",
        "23505",
        "unique",
        "DELETE FROM t",
    ),
    (
        "CREATE TABLE t (a int CHECK (a > 0))",
        "ALTER TABLE t DROP CONSTRAINT t_a_check",
        "INSERT INTO t VALUES (-1), (5)",
        "23514",
        "check",
        "DELETE FROM t WHERE a < 0",
    ),
    (
        "CREATE TABLE p (id int PRIMARY KEY); CREATE TABLE t (a int REFERENCES p)",
        "ALTER TABLE t DROP CONSTRAINT t_a_fkey",
        "INSERT INTO t VALUES (3), (NULL)",
        "23503",
        "foreign_key",
        "INSERT INTO p VALUES (3)",
    ),
    (
        "CREATE TYPE e AS ENUM ('a'); CREATE TABLE t (a e, b e[])",
        "ALTER TYPE e ADD VALUE 'b'",
        "INSERT INTO t VALUES ('b', '{a,b}'), ('a', '{a}')",
        "22023",
        "type",
        "DELETE FROM t WHERE a = 'b'",
    ),
    (
        "CREATE TABLE t (a int)",
        "ALTER TABLE t ALTER a TYPE bigint",
        "INSERT INTO t VALUES (5000000000), (1)",
        "22023",
        "type",
        "DELETE FROM t WHERE a > 1",
    ),
    (
        "CREATE TABLE t (a varchar(3))",
        "ALTER TABLE t ALTER a TYPE text",
        "INSERT INTO t VALUES ('long'), ('abc')",
        "22023",
        "type",
        "DELETE FROM t WHERE a = 'long'",
    ),
    (
        "CREATE TABLE t (a int)",
        "ALTER TABLE t ALTER a TYPE text",
        "INSERT INTO t VALUES ('x')",
        "22023",
        "type",
        "DELETE FROM t",
    ),
    (
        "CREATE TABLE t (a int)",
        "ALTER TABLE t ALTER a TYPE numeric",
        "INSERT INTO t VALUES (1.5)",
        "55000",
        "data_loss",
        "UPDATE t SET a = 2",
    ),
    (
        "CREATE TABLE t (a int)",
        "ALTER TABLE t ADD b int",
        "INSERT INTO t VALUES (1, 1)",
        "55000",
        "data_loss",
        "UPDATE t SET b = NULL",
    ),
    (
        "CREATE TABLE s (a int)",
        "CREATE TABLE t (a int)",
        "INSERT INTO t VALUES (1)",
        "55000",
        "data_loss",
        "DELETE FROM t",
    ),
];

#[tokio::test]
async fn what_rows_forbid_is_said_before_anything_is_done() {
    let fixture = Fixture::new().await;
    let main = fixture.connect().await;
    let empty = head(&main).await;
    for (setup, commit, row, sqlstate, check, room) in FORBIDDEN {
        for sql in setup.split("; ") {
            main.run(sql).await;
        }
        let before = fixture.dump_of_main();
        main.run(commit).await;
        main.run(row).await;
        let after = fixture.dump_of_main();
        let told = found(&main, "PGGIT REVERT main DRY RUN").await;
        assert_eq!(told[0][..2], ["ERROR", check], "{commit}: {told:?}");
        let refused = refusal(&main, "PGGIT REVERT main").await;
        assert!(refused.starts_with(sqlstate), "{commit}: {refused}");
        assert_eq!(fixture.dump_of_main(), after, "{commit}");
        main.run(room).await;
        let told = found(&main, "PGGIT REVERT main DRY RUN").await;
        assert_ne!(told[0][0], "ERROR", "{commit}: {told:?}");
        main.outcome("PGGIT REVERT main", "reverted").await;
        assert_eq!(fixture.dump_of_main(), before, "{commit}");
        main.assert_clean().await;
        main.outcome(
            &format!("PGGIT ROLLBACK TO {empty} ALLOW DATA LOSS"),
            "rolled_back",
        )
        .await;
    }
}

#[tokio::test]
async fn several_obstacles_are_named_at_once() {
    let (_fixture, main) = users().await;
    main.run("ALTER TABLE users ADD CHECK (id > 0), ADD UNIQUE (name)")
        .await;
    main.run("ALTER TABLE users DROP CONSTRAINT users_id_check, DROP CONSTRAINT users_name_key")
        .await;
    main.run("INSERT INTO users VALUES (-1, 'ada')").await;
    let refused = refusal(&main, "PGGIT REVERT main").await;
    assert_says(
        &refused,
        &[
            "rows stand in the way of the revert",
            "users_id_check",
            "users_name_key",
        ],
    );
}

#[tokio::test]
async fn a_dry_run_shows_the_statements_and_changes_nothing() {
    let (fixture, main) = users().await;
    main.run("ALTER TABLE users ADD COLUMN email text").await;
    main.run("INSERT INTO users VALUES (2, 'bob', 'b@x')").await;
    let (before, log) = (fixture.dump_of_main(), main.log("main").await);
    for command in [
        "PGGIT REVERT main DRY RUN",
        "PGGIT ROLLBACK TO main~1 DRY RUN",
        "PGGIT UNDO users FROM main~1 DRY RUN",
    ] {
        let sql = statements(&main, command).await;
        assert_eq!(
            sql,
            ["ALTER TABLE public.users DROP COLUMN email"],
            "{command}"
        );
        let told = found(&main, command).await;
        assert_eq!(
            told[0],
            ["ERROR", "data_loss", "table public.users"],
            "{command}"
        );
        let allowed = found(&main, &format!("{command} ALLOW DATA LOSS")).await;
        assert_eq!(allowed[0][0], "WARNING", "{command}");
        main.run("BEGIN").await;
        assert_eq!(main.sqlstate(command).await, "25001");
        main.run("ROLLBACK").await;
    }
    assert_eq!(fixture.dump_of_main(), before);
    assert_eq!(main.log("main").await, log);
    main.assert_clean().await;
    main.run_extended("PGGIT REVERT main ALLOW DATA LOSS").await;
    assert_eq!(main.columns_of("users").await.len(), 2);
}

#[tokio::test]
async fn the_first_commit_and_unknown_ones_are_not_reverted() {
    let (_fixture, main) = users().await;
    let first = main
        .column("PGGIT LOG")
        .await
        .pop()
        .expect("a first commit");
    let refused = refusal(&main, &format!("PGGIT REVERT {first}")).await;
    assert_says(&refused, &["55000 cannot revert", "it is the first"]);
    for (command, sqlstate) in [
        ("PGGIT REVERT nowhere", "3D000"),
        ("PGGIT REVERT main~99", "42704"),
        ("PGGIT REVERT main INTO nowhere", "3D000"),
        ("PGGIT ROLLBACK TO nowhere", "3D000"),
        ("PGGIT UNDO users FROM nowhere", "3D000"),
    ] {
        assert_eq!(main.sqlstate(command).await, sqlstate, "{command}");
    }
}

#[tokio::test]
async fn a_branch_is_rolled_back_to_what_it_was() {
    let (fixture, main) = users().await;
    main.run("CREATE VIEW names AS SELECT name FROM users")
        .await;
    let start = head(&main).await;
    let then = main.value("SELECT clock_timestamp()::text").await;
    let before = fixture.dump_of_main();
    main.run("DROP VIEW names").await;
    main.run("ALTER TABLE users RENAME name TO full_name").await;
    main.run("ALTER TABLE users RENAME TO people").await;
    main.run("CREATE TABLE extra (id int)").await;
    main.run("INSERT INTO people VALUES (2, 'bob')").await;
    let end = head(&main).await;
    let after = fixture.dump_of_main();

    let told = found(&main, "PGGIT ROLLBACK TO main~4 DRY RUN").await;
    let undone = told.iter().filter(|row| row[1] == "commit").count();
    assert_eq!(undone, 5, "{told:?}");
    main.outcome(&format!("PGGIT ROLLBACK TO {start}"), "rolled_back")
        .await;
    assert_eq!(fixture.dump_of_main(), before);
    assert_eq!(
        main.log("main").await[0],
        format!("Roll back to {start} ({start})")
    );
    let tree = |commit: &str| {
        format!(
            "SELECT encode(tree, 'hex') FROM pggit.commit WHERE encode(hash, 'hex') LIKE '{commit}%'"
        )
    };
    let server = fixture.superuser().await;
    let now = head(&main).await;
    assert_eq!(
        server.value(&tree(&start)).await,
        server.value(&tree(&now)).await
    );
    main.outcome(&format!("PGGIT ROLLBACK TO {start}"), "up_to_date")
        .await;
    // Forward again, and back by time: rows have been there all along.
    main.outcome("PGGIT REVERT main", "reverted").await;
    assert_eq!(fixture.dump_of_main(), after);
    main.outcome(
        &format!("PGGIT ROLLBACK TO TIMESTAMP '{then}'"),
        "rolled_back",
    )
    .await;
    assert_eq!(fixture.dump_of_main(), before);
    main.outcome(&format!("PGGIT ROLLBACK TO {end}"), "rolled_back")
        .await;
    assert_eq!(fixture.dump_of_main(), after);
    assert_eq!(
        main.rows("SELECT * FROM people ORDER BY id").await,
        [["1", "ada"], ["2", "bob"]]
    );
    main.assert_clean().await;
    assert_eq!(
        main.sqlstate("PGGIT ROLLBACK TO TIMESTAMP 'yesterday'")
            .await,
        "42704"
    );
}

#[tokio::test]
async fn a_branch_takes_another_ones_schema() {
    let (fixture, main) = users().await;
    main.run("PGGIT BRANCH feature").await;
    let feature = fixture.connect_on("feature").await;
    feature.run("ALTER TABLE users ADD COLUMN bio text").await;
    main.run("ALTER TABLE users ADD COLUMN age int").await;
    main.run("UPDATE users SET age = 36").await;
    let told = found(&main, "PGGIT ROLLBACK TO feature DRY RUN").await;
    let checks: Vec<&str> = told.iter().map(|row| row[1].as_str()).collect();
    assert_eq!(checks, ["data_loss", "branch", "commit"]);
    let refused = refusal(&main, "PGGIT ROLLBACK TO feature").await;
    assert_says(
        &refused,
        &[
            "55000 the rollback would lose data",
            "column age",
            "ALLOW DATA LOSS",
        ],
    );
    main.outcome("PGGIT ROLLBACK TO feature ALLOW DATA LOSS", "rolled_back")
        .await;
    assert_eq!(
        main.columns_of("users").await,
        ["id integer", "name text", "bio text"]
    );
    assert_eq!(
        main.rows("SELECT id, name FROM users").await,
        [["1", "ada"]]
    );
    main.assert_clean().await;
    feature
        .outcome("PGGIT ROLLBACK TO main~1", "rolled_back")
        .await;
    feature.assert_clean().await;
}

#[tokio::test]
async fn single_objects_become_what_they_were() {
    let (fixture, main) = users().await;
    main.run("CREATE TABLE orders (id serial PRIMARY KEY, person int, note text)")
        .await;
    main.run("CREATE INDEX orders_note ON orders (note)").await;
    main.run("CREATE FUNCTION total() RETURNS bigint LANGUAGE sql AS 'SELECT 1::bigint'")
        .await;
    let start = head(&main).await;
    let before = fixture.dump_of_main();
    main.run("DROP INDEX orders_note").await;
    main.run("ALTER TABLE orders ADD COLUMN extra int").await;
    main.run("CREATE INDEX orders_extra ON orders (extra)")
        .await;
    main.run("ALTER TABLE orders RENAME TO purchases").await;
    main.run(
        "CREATE OR REPLACE FUNCTION total() RETURNS bigint LANGUAGE sql AS 'SELECT 2::bigint'",
    )
    .await;
    main.run("ALTER TABLE users ADD COLUMN age int").await;
    main.run("INSERT INTO purchases (note) VALUES ('kept')")
        .await;

    // By its present name, or that at the ref.
    main.outcome(&format!("PGGIT UNDO purchases FROM {start}"), "undone")
        .await;
    assert_eq!(
        main.log("main").await[0],
        format!("Undo purchases from {start} ({start})")
    );
    assert_eq!(main.rows("SELECT note FROM orders").await, [["kept"]]);
    assert_eq!(main.value("SELECT total()").await, "2");
    main.outcome(&format!("PGGIT UNDO orders FROM {start}"), "up_to_date")
        .await;
    main.outcome(
        &format!("PGGIT UNDO public.total, users FROM {start}"),
        "undone",
    )
    .await;
    assert_eq!(fixture.dump_of_main(), before);
    assert_eq!(main.rows("SELECT * FROM users").await, [["1", "ada"]]);
    main.assert_clean().await;

    // Made again, with what belongs to it; and dropped again.
    main.run("DROP TABLE orders").await;
    main.outcome("PGGIT UNDO orders FROM main~1", "undone")
        .await;
    assert_eq!(fixture.dump_of_main(), before);
    main.assert_clean().await;
    main.outcome("PGGIT UNDO orders FROM main~1", "undone")
        .await;
    assert_eq!(main.columns_of("orders").await.len(), 0);
    main.outcome("PGGIT REVERT main", "reverted").await;
    assert_eq!(fixture.dump_of_main(), before);
    main.assert_clean().await;
    assert_eq!(main.sqlstate("PGGIT UNDO nothing FROM main").await, "42704");
}

#[tokio::test]
async fn an_object_is_not_undone_without_what_it_needs_or_what_needs_it() {
    let (fixture, main) = users().await;
    main.run("CREATE TYPE mood AS ENUM ('sad')").await;
    main.run("CREATE TABLE orders (person int REFERENCES users, mood mood)")
        .await;
    let start = head(&main).await;
    let before = fixture.dump_of_main();
    main.run("DROP TABLE orders").await;
    main.run("DROP TABLE users").await;
    main.run("DROP TYPE mood").await;
    let refused = refusal(&main, &format!("PGGIT UNDO orders FROM {start}")).await;
    assert_says(
        &refused,
        &[
            "55000 cannot undo orders",
            "table public.users does not exist any more, and table public.orders needed it",
            "type public.mood does not exist any more",
            "Name it, too",
        ],
    );
    let told = found(&main, &format!("PGGIT UNDO orders FROM {start} DRY RUN")).await;
    assert_eq!(told[0][..2], ["ERROR", "needs"]);
    main.outcome(
        &format!("PGGIT UNDO orders, users, mood FROM {start}"),
        "undone",
    )
    .await;
    assert_eq!(fixture.dump_of_main(), before);
    main.assert_clean().await;

    main.run("CREATE TABLE extra (id int PRIMARY KEY)").await;
    main.run("CREATE VIEW extras AS SELECT id FROM extra").await;
    let refused = refusal(&main, &format!("PGGIT UNDO extra FROM {start}")).await;
    assert_says(
        &refused,
        &["table public.extra was not there yet, and view public.extras needs it"],
    );
    main.outcome(&format!("PGGIT UNDO extra, extras FROM {start}"), "undone")
        .await;
    assert_eq!(fixture.dump_of_main(), before);
    main.assert_clean().await;

    // A name that has another owner now.
    main.run("ALTER TABLE orders RENAME TO old").await;
    main.run("CREATE VIEW orders AS SELECT 1 AS one").await;
    let refused = refusal(&main, &format!("PGGIT UNDO old FROM {start}")).await;
    assert_says(&refused, &["55000", "name"]);
    main.run("CREATE SCHEMA app").await;
    main.run("CREATE TABLE app.users (id int)").await;
    let refused = refusal(&main, &format!("PGGIT UNDO users FROM {start}")).await;
    assert_says(&refused, &["ambiguous", "app.users"]);
}

#[tokio::test]
async fn an_object_follows_what_was_renamed_around_it() {
    let (_fixture, main) = users().await;
    main.run("CREATE VIEW names AS SELECT id, name FROM users WHERE id > 0")
        .await;
    let start = head(&main).await;
    main.run("DROP VIEW names").await;
    main.run("ALTER TABLE users RENAME TO people").await;
    main.outcome(&format!("PGGIT UNDO names FROM {start}"), "undone")
        .await;
    assert_eq!(main.rows("SELECT * FROM names").await, [["1", "ada"]]);
    assert_eq!(main.columns_of("users").await.len(), 0);
    main.assert_clean().await;
    // Where a query means a column, its text does not always tell.
    main.run("DROP VIEW names").await;
    main.run("ALTER TABLE people RENAME id TO number").await;
    let refused = refusal(&main, &format!("PGGIT UNDO names FROM {start}")).await;
    assert_says(
        &refused,
        &["55000 cannot undo names", "names that they no longer have"],
    );
    main.outcome(&format!("PGGIT UNDO names, people FROM {start}"), "undone")
        .await;
    assert_eq!(main.columns_of("users").await, ["id integer", "name text"]);
    main.assert_clean().await;
}
