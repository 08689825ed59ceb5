//! DDL becomes commits: exactly the changes that survive, in the client's own transaction.

use crate::harness::raw::{self, RawClient, tags};
use crate::harness::{Database, Fixture, Proxy, Session};

/// The statements of the commits on `main` after the first, oldest first, each commit's joined with `; `.
async fn recorded(fixture: &Fixture) -> Vec<String> {
    fixture.statements("main").await
}

/// Whether a relation of that name is in `public`.
async fn exists(fixture: &Fixture, relation: &str) -> bool {
    let server = fixture.direct().await;
    let sql = format!("SELECT to_regclass('public.{relation}') IS NOT NULL");
    server.value(&sql).await == "t"
}

#[tokio::test]
async fn autocommit_makes_a_commit_of_each_statement() {
    let fixture = Fixture::new().await;
    let session = fixture.connect().await;
    session.run("CREATE TABLE a (id int)").await;
    session.run_extended("CREATE TABLE b (id int)").await;
    session.run("INSERT INTO a VALUES (1)").await;
    session.run("ALTER TABLE a ADD COLUMN note text").await;
    assert_eq!(
        recorded(&fixture).await,
        [
            "CREATE TABLE a (id int)",
            "CREATE TABLE b (id int)",
            "ALTER TABLE a ADD COLUMN note text"
        ]
    );
    session.assert_clean().await;
}

#[tokio::test]
async fn a_transaction_makes_one_commit() {
    let fixture = Fixture::new().await;
    let session = fixture.connect().await;
    session.run("BEGIN").await;
    session.run("CREATE TABLE a (id int)").await;
    session.run("INSERT INTO a VALUES (1)").await;
    session.run_extended("CREATE TABLE b (id int)").await;
    assert_eq!(recorded(&fixture).await, [""; 0]);
    session.run("COMMIT").await;
    assert_eq!(
        recorded(&fixture).await,
        ["CREATE TABLE a (id int); CREATE TABLE b (id int)"]
    );
    session.assert_clean().await;
}

#[tokio::test]
async fn commit_over_the_extended_protocol_records_too() {
    let fixture = Fixture::new().await;
    let session = fixture.connect().await;
    session.run_extended("BEGIN").await;
    session.run_extended("CREATE TABLE a (id int)").await;
    session.run_extended("COMMIT").await;
    assert_eq!(recorded(&fixture).await, ["CREATE TABLE a (id int)"]);
    session.assert_clean().await;
}

#[tokio::test]
async fn rollback_leaves_nothing() {
    let fixture = Fixture::new().await;
    let session = fixture.connect().await;
    session.run("BEGIN").await;
    session.run("CREATE TABLE a (id int)").await;
    session.run("ROLLBACK").await;
    session
        .run("BEGIN; CREATE TABLE b (id int); ROLLBACK")
        .await;
    assert_eq!(recorded(&fixture).await, [""; 0]);
    session.assert_clean().await;
    session.run("CREATE TABLE c (id int)").await;
    assert_eq!(recorded(&fixture).await, ["CREATE TABLE c (id int)"]);
}

#[tokio::test]
async fn commit_of_a_failed_transaction_rolls_back_and_says_so() {
    let fixture = Fixture::new().await;
    let mut client = fixture.raw().await;
    client.query("BEGIN").await;
    client.query("CREATE TABLE a (id int)").await;
    let failed = client.query("SELECT 1/0").await;
    assert_eq!(failed[0].sqlstate(), "22012");
    assert_eq!(failed[1].status(), 'E');
    let answer = client.query("COMMIT").await;
    assert_eq!(answer[0].command_tag(), "ROLLBACK");
    assert_eq!(answer[1].status(), 'I');
    assert_eq!(recorded(&fixture).await, [""; 0]);
    assert!(!exists(&fixture, "a").await);
}

#[tokio::test]
async fn a_schema_whose_commit_failed_is_the_branchs_when_it_is_made_again() {
    let fixture = Fixture::new().await;
    fixture.connect().await.run("PGGIT BRANCH feature").await;
    let session = Session::connect(&fixture.url_on("feature")).await;
    session
        .run("CREATE TABLE a (id int PRIMARY KEY DEFERRABLE INITIALLY DEFERRED)")
        .await;
    session
        .run("BEGIN; CREATE SCHEMA app; INSERT INTO a VALUES (1), (1)")
        .await;
    assert!(session.try_run("COMMIT").await.is_err());
    session.run("CREATE SCHEMA app").await;
    let stored = "SELECT physical FROM pggit.branch_schema WHERE logical = 'app'";
    assert_eq!(fixture.direct().await.column(stored).await, ["app@feature"]);
    session.assert_clean().await;
}

#[tokio::test]
async fn rolling_back_to_a_savepoint_takes_its_changes_out_of_the_commit() {
    let fixture = Fixture::new().await;
    let session = fixture.connect().await;
    for sql in [
        "BEGIN",
        "CREATE TABLE a (id int)",
        "SAVEPOINT s",
        "CREATE TABLE b (id int)",
        "SAVEPOINT t",
        "CREATE TABLE c (id int)",
        "ROLLBACK TO s",
        "CREATE TABLE d (id int)",
        "RELEASE SAVEPOINT s",
        "COMMIT",
    ] {
        session.run(sql).await;
    }
    assert_eq!(
        recorded(&fixture).await,
        ["CREATE TABLE a (id int); CREATE TABLE d (id int)"]
    );
    assert!(!exists(&fixture, "b").await && !exists(&fixture, "c").await);
    session.assert_clean().await;
}

#[tokio::test]
async fn an_error_undone_by_a_savepoint_does_not_lose_the_rest() {
    let fixture = Fixture::new().await;
    let session = fixture.connect().await;
    session.run("BEGIN").await;
    session.run("CREATE TABLE a (id int)").await;
    session.run("SAVEPOINT s").await;
    assert_eq!(session.sqlstate("CREATE TABLE a (id int)").await, "42P07");
    session.run("ROLLBACK TO SAVEPOINT s").await;
    session.run("CREATE TABLE b (id int)").await;
    session.run("END").await;
    assert_eq!(
        recorded(&fixture).await,
        ["CREATE TABLE a (id int); CREATE TABLE b (id int)"]
    );
    session.assert_clean().await;
}

#[tokio::test]
async fn a_text_of_several_statements_is_one_commit() {
    let fixture = Fixture::new().await;
    let session = fixture.connect().await;
    session
        .run("CREATE TABLE a (id int); INSERT INTO a VALUES (1); CREATE TABLE b (id int);")
        .await;
    assert_eq!(
        recorded(&fixture).await,
        ["CREATE TABLE a (id int); CREATE TABLE b (id int)"]
    );
    assert_eq!(session.value("SELECT id FROM a").await, "1");
    session.assert_clean().await;
}

#[tokio::test]
async fn an_error_in_a_text_of_several_statements_undoes_all_of_it() {
    let fixture = Fixture::new().await;
    let session = fixture.connect().await;
    let state = session
        .sqlstate("CREATE TABLE a (id int); SELECT 1/0; CREATE TABLE b (id int)")
        .await;
    assert_eq!(state, "22012");
    assert_eq!(recorded(&fixture).await, [""; 0]);
    assert!(!exists(&fixture, "a").await);
    session.run("CREATE TABLE a (id int)").await;
    session.assert_clean().await;
}

#[tokio::test]
async fn transaction_control_inside_a_text_divides_it_as_the_server_does() {
    let fixture = Fixture::new().await;
    let session = fixture.connect().await;
    // BEGIN takes the implicit transaction over, so `a` and `b` commit together, and the rest is another one.
    let state = session
        .sqlstate(
            "CREATE TABLE a (id int); BEGIN; CREATE TABLE b (id int); COMMIT;
             CREATE TABLE c (id int); SELECT 1/0",
        )
        .await;
    assert_eq!(state, "22012");
    assert_eq!(
        recorded(&fixture).await,
        ["CREATE TABLE a (id int); CREATE TABLE b (id int)"]
    );
    session
        .run("BEGIN; CREATE TABLE c (id int); ROLLBACK; CREATE TABLE d (id int); CREATE TABLE e (id int)")
        .await;
    assert_eq!(
        recorded(&fixture).await[1..],
        ["CREATE TABLE d (id int); CREATE TABLE e (id int)"]
    );
    session.assert_clean().await;
}

#[tokio::test]
async fn a_text_may_leave_its_transaction_open() {
    let fixture = Fixture::new().await;
    let session = fixture.connect().await;
    session.run("BEGIN; CREATE TABLE a (id int)").await;
    session
        .run("CREATE TABLE b (id int); COMMIT; CREATE TABLE c (id int)")
        .await;
    assert_eq!(
        recorded(&fixture).await,
        [
            "CREATE TABLE a (id int); CREATE TABLE b (id int)",
            "CREATE TABLE c (id int)"
        ]
    );
    session.assert_clean().await;
}

#[tokio::test]
async fn each_statement_of_a_text_has_its_own_command_tag() {
    let fixture = Fixture::new().await;
    let mut client = fixture.raw().await;
    let answer = client
        .query("CREATE TABLE a (id int); INSERT INTO a VALUES (1), (2); SELECT id FROM a; DROP TABLE a")
        .await;
    assert_eq!(tags(&answer), "CCTDDCCZ");
    let completed: Vec<String> = answer
        .iter()
        .filter(|message| message.tag == b'C')
        .map(raw::Message::command_tag)
        .collect();
    assert_eq!(
        completed,
        ["CREATE TABLE", "INSERT 0 2", "SELECT 2", "DROP TABLE"]
    );
    assert_eq!(answer.last().map(raw::Message::status), Some('I'));
}

#[tokio::test]
async fn a_pipeline_is_one_commit() {
    let fixture = Fixture::new().await;
    let mut client = fixture.raw().await;
    let answer = client
        .exchange(&[
            raw::parse("", "CREATE TABLE a (id int)"),
            raw::bind("", "", &[], false),
            raw::execute("", 0),
            raw::parse("insert", "INSERT INTO a VALUES ($1)"),
            raw::bind("", "insert", &["7"], false),
            raw::execute("", 0),
            raw::parse("", "CREATE TABLE b (id int)"),
            raw::bind("", "", &[], false),
            raw::execute("", 0),
        ])
        .await;
    assert_eq!(tags(&answer), "12C12C12CZ", "{answer:?}");
    assert_eq!(
        recorded(&fixture).await,
        ["CREATE TABLE a (id int); CREATE TABLE b (id int)"]
    );
    assert_eq!(fixture.direct().await.value("SELECT id FROM a").await, "7");
}

#[tokio::test]
async fn an_error_in_a_pipeline_undoes_all_of_it() {
    let fixture = Fixture::new().await;
    let mut client = fixture.raw().await;
    let answer = client
        .exchange(&[
            raw::parse("", "CREATE TABLE a (id int)"),
            raw::bind("", "", &[], false),
            raw::execute("", 0),
            raw::parse("", "SELECT 1/0"),
            raw::bind("", "", &[], false),
            raw::execute("", 0),
            raw::parse("", "CREATE TABLE b (id int)"),
            raw::bind("", "", &[], false),
            raw::execute("", 0),
        ])
        .await;
    assert!(tags(&answer).ends_with("EZ"), "{answer:?}");
    assert_eq!(answer.last().map(raw::Message::status), Some('I'));
    assert_eq!(recorded(&fixture).await, [""; 0]);
    assert!(!exists(&fixture, "a").await);
    let answer = client.query("CREATE TABLE a (id int)").await;
    assert_eq!(tags(&answer), "CZ");
    assert_eq!(recorded(&fixture).await, ["CREATE TABLE a (id int)"]);
}

#[tokio::test]
async fn begin_and_commit_in_one_pipeline_record_what_is_between_them() {
    let fixture = Fixture::new().await;
    let mut client = fixture.raw().await;
    let mut messages = Vec::new();
    for sql in [
        "BEGIN",
        "CREATE TABLE a (id int)",
        "COMMIT",
        "CREATE TABLE b (id int)",
    ] {
        messages.push(raw::parse("", sql));
        messages.push(raw::bind("", "", &[], false));
        messages.push(raw::execute("", 0));
    }
    let answer = client.exchange(&messages).await;
    assert_eq!(tags(&answer), "12C12C12C12CZ", "{answer:?}");
    assert_eq!(
        recorded(&fixture).await,
        ["CREATE TABLE a (id int)", "CREATE TABLE b (id int)"]
    );
}

#[tokio::test]
async fn statements_that_refuse_a_transaction_are_recorded_right_after() {
    let fixture = Fixture::new().await;
    let session = fixture.connect().await;
    session.run("CREATE TABLE a (id int)").await;
    session
        .run("CREATE INDEX CONCURRENTLY a_id ON a (id)")
        .await;
    session.assert_clean().await;
    session
        .run_extended("CREATE INDEX CONCURRENTLY a_id2 ON public.a (id)")
        .await;
    session.assert_clean().await;
    session.run("DROP INDEX CONCURRENTLY a_id").await;
    session.assert_clean().await;
    assert_eq!(
        recorded(&fixture).await[1..],
        [
            "CREATE INDEX CONCURRENTLY a_id ON a (id)",
            "CREATE INDEX CONCURRENTLY a_id2 ON public.a (id)",
            "DROP INDEX CONCURRENTLY a_id"
        ]
    );
    session.run("CREATE INDEX CONCURRENTLY ON a (id)").await;
    session.assert_clean().await;
    session.run("REINDEX INDEX CONCURRENTLY a_id2").await;
    session.assert_clean().await;
    session.run("REINDEX TABLE CONCURRENTLY a").await;
    session.run("ALTER TABLE a ADD COLUMN more int").await;
    session.assert_clean().await;
    session.run("CLUSTER a USING a_id2").await;
    session.assert_clean().await;
    session.run("CLUSTER a").await;
    session.run("REINDEX TABLE a; DROP INDEX a_id2").await;
    session.assert_clean().await;
    assert_eq!(
        session
            .sqlstate("BEGIN; CREATE INDEX CONCURRENTLY b ON a (id)")
            .await,
        "25001"
    );
    session.run("ROLLBACK").await;
    session.run("VACUUM a").await;
}

#[tokio::test]
async fn ddl_inside_do_is_recorded_with_its_transaction() {
    let fixture = Fixture::new().await;
    let session = fixture.connect().await;
    session.run("BEGIN").await;
    session
        .run("DO $$ BEGIN EXECUTE 'CREATE TABLE hidden (id int)'; END $$")
        .await;
    session.run("COMMIT").await;
    session.assert_clean().await;
    assert_eq!(recorded(&fixture).await.len(), 1);
    session.run("BEGIN; DO $$ BEGIN NULL; END $$; COMMIT").await;
    assert_eq!(recorded(&fixture).await.len(), 1, "nothing changed");
}

/// What migration tools write: most of it takes no lock that would tell.
const HIDDEN: &[&str] = &[
    "DO $$ BEGIN CREATE TYPE mood AS ENUM ('sad'); EXCEPTION WHEN duplicate_object THEN NULL; END $$",
    "DO $$ BEGIN CREATE TABLE hidden (id int, m mood); END $$",
    "DO $$ BEGIN EXECUTE 'ALTER TYPE mood ADD VALUE ''ok'''; END $$",
    "DO $$ BEGIN BEGIN CREATE FUNCTION f() RETURNS int LANGUAGE sql AS 'SELECT 1'; END; END $$",
    "DO 'BEGIN CREATE OR REPLACE FUNCTION f() RETURNS int LANGUAGE sql AS ''SELECT 2''; END'",
    "DO $$ BEGIN GRANT SELECT ON hidden TO PUBLIC; END $$",
    "DO $$ BEGIN COMMENT ON FUNCTION f() IS 'why'; END $$",
    "DO $$ BEGIN ALTER TYPE mood RENAME TO feeling; END $$",
    "DO $$ BEGIN CREATE SCHEMA s; CREATE DOMAIN s.d AS int; END $$",
    "DO $$ BEGIN DROP FUNCTION f(); END $$",
    "DO $$ BEGIN DROP SCHEMA s CASCADE; END $$",
    "CALL makes('made')",
    "CALL public.\"Makes\"('made_2')",
];

#[tokio::test]
async fn ddl_inside_blocks_and_procedures_is_recorded_right_away() {
    let fixture = Fixture::new().await;
    let session = fixture.connect().await;
    for name in ["makes", "\"Makes\""] {
        session
            .run(&format!(
                "CREATE PROCEDURE {name}(name text) LANGUAGE plpgsql
                 AS $$ BEGIN EXECUTE format('CREATE TABLE %I ()', name); END $$"
            ))
            .await;
    }
    let mut commits = recorded(&fixture).await.len();
    for sql in HIDDEN {
        session.run(sql).await;
        commits += 1;
        assert_eq!(recorded(&fixture).await.len(), commits, "{sql}");
        session.assert_clean().await;
    }
    for sql in ["DROP TABLE hidden, made, made_2", "DROP TYPE feeling"] {
        session.run(sql).await;
        commits += 1;
    }
    for sql in HIDDEN {
        session.run_extended(sql).await;
        commits += 1;
        assert_eq!(recorded(&fixture).await.len(), commits, "extended: {sql}");
        session.assert_clean().await;
    }
    session.run("DO $$ BEGIN NULL; END $$").await;
    session.run_extended("DO $$ BEGIN NULL; END $$").await;
    assert_eq!(recorded(&fixture).await.len(), commits, "nothing changed");
}

#[tokio::test]
async fn procedures_that_commit_still_may() {
    let fixture = Fixture::new().await;
    let session = fixture.connect().await;
    session.run("CREATE TABLE t (n int)").await;
    session
        .run(
            "CREATE PROCEDURE fill() LANGUAGE plpgsql
             AS $$ BEGIN INSERT INTO t VALUES (1); COMMIT; INSERT INTO t VALUES (2); ROLLBACK; END $$",
        )
        .await;
    session
        .run("CREATE PROCEDURE calls() LANGUAGE plpgsql AS $$ BEGIN CALL fill(); END $$")
        .await;
    session.run("CALL fill()").await;
    session.run_extended("CALL fill()").await;
    session.run("CALL calls()").await;
    session
        .run("DO $$ BEGIN INSERT INTO t VALUES (1); COMMIT; END $$")
        .await;
    session
        .run_extended("DO $$ BEGIN INSERT INTO t VALUES (1); COMMIT; CREATE TABLE last (); END $$")
        .await;
    assert_eq!(session.value("SELECT sum(n) FROM t").await, "5");
    session.assert_clean().await;
    // Within a block it may not, and says so as ever.
    session.run("BEGIN").await;
    assert_eq!(session.sqlstate("CALL fill()").await, "2D000");
    session.run("ROLLBACK").await;
}

#[tokio::test]
async fn what_functions_do_is_recorded_with_other_ddl_of_their_transaction() {
    let fixture = Fixture::new().await;
    let session = fixture.connect().await;
    session
        .run(
            "CREATE FUNCTION makes(name text) RETURNS void LANGUAGE plpgsql
             AS $$ BEGIN EXECUTE format('CREATE TABLE %I ()', name); END $$",
        )
        .await;
    let commits = recorded(&fixture).await.len();
    session
        .run("BEGIN; SELECT makes('made'); CREATE TABLE also (); COMMIT")
        .await;
    session.assert_clean().await;
    assert_eq!(recorded(&fixture).await.len(), commits + 1);
}

#[tokio::test]
async fn what_the_proxy_could_not_see_is_drift_until_it_is_committed() {
    let fixture = Fixture::new().await;
    let session = fixture.connect().await;
    session.run("CREATE TABLE seen (id int)").await;
    let server = fixture.direct().await;
    server.run("CREATE TABLE unseen (id int)").await;
    server.run("ALTER TABLE seen ADD COLUMN note text").await;
    let status = format!("{:?}", session.rows("PGGIT STATUS").await);
    assert!(status.contains("public.unseen"), "{status}");
    assert!(status.contains("public.seen"), "{status}");
    session.run("PGGIT COMMIT 'adopt it'").await;
    session.assert_clean().await;
    assert_eq!(session.log("main").await[0], "adopt it");
}

#[tokio::test]
async fn tables_made_of_queries_are_recorded() {
    let fixture = Fixture::new().await;
    let session = fixture.connect().await;
    session.run("CREATE TABLE a AS SELECT 1 AS id").await;
    session.run("SELECT 2 AS id INTO b").await;
    session
        .run("WITH x AS (SELECT 3 AS id) SELECT id INTO TABLE c FROM x")
        .await;
    session.run("PREPARE p AS SELECT 4 AS id").await;
    session.run("CREATE TABLE d AS EXECUTE p").await;
    session.run("CREATE TABLE e (LIKE a INCLUDING ALL)").await;
    session
        .run("EXPLAIN ANALYZE CREATE TABLE f AS SELECT 5 AS id")
        .await;
    assert_eq!(recorded(&fixture).await.len(), 6);
    session.assert_clean().await;
}

#[tokio::test]
async fn temporary_objects_are_nobodys_history() {
    let fixture = Fixture::new().await;
    let session = fixture.connect().await;
    session.run("CREATE TEMP TABLE t (id int)").await;
    session.run("CREATE TABLE pg_temp.u (id int)").await;
    session.run("CREATE INDEX ON t (id)").await;
    session.run("ALTER TABLE t ADD COLUMN note text").await;
    session.run("SELECT 1 AS id INTO TEMP v").await;
    session.run("DROP TABLE t").await;
    assert_eq!(recorded(&fixture).await, [""; 0]);
    session.assert_clean().await;
}

#[tokio::test]
async fn dropping_with_cascade_records_what_went_along() {
    let fixture = Fixture::new().await;
    let session = fixture.connect().await;
    session
        .run("CREATE TABLE a (id int PRIMARY KEY, note text)")
        .await;
    session.run("CREATE TABLE b (a_id int REFERENCES a)").await;
    session.run("CREATE VIEW v AS SELECT id FROM a").await;
    session.run("CREATE VIEW w AS SELECT id FROM v").await;
    session.run("DROP TABLE a CASCADE").await;
    session.assert_clean().await;
    let diff = session
        .column("PGGIT DIFF main~1 main AS SQL")
        .await
        .join("\n");
    for gone in [
        "VIEW public.v",
        "VIEW public.w",
        "TABLE public.a",
        "b_a_id_fkey",
    ] {
        assert!(diff.contains(gone), "{gone} in\n{diff}");
    }
}

#[tokio::test]
async fn a_rename_keeps_the_identity_of_what_it_renames() {
    let fixture = Fixture::new().await;
    let session = fixture.connect().await;
    session.run("CREATE SCHEMA other").await;
    session.run("CREATE TABLE a (id int, note text)").await;
    session.run("CREATE VIEW v AS SELECT note FROM a").await;
    session
        .run("BEGIN; ALTER TABLE a RENAME note TO body; ALTER TABLE a RENAME TO b; ALTER TABLE b SET SCHEMA other; COMMIT")
        .await;
    session.assert_clean().await;
    let diff = session
        .column("PGGIT DIFF main~1 main AS SQL")
        .await
        .join("\n");
    assert!(diff.contains("RENAME"), "{diff}");
    assert!(diff.contains("SET SCHEMA"), "{diff}");
    assert!(!diff.contains("DROP TABLE"), "{diff}");
    assert!(!diff.contains("CREATE TABLE"), "{diff}");
    session
        .run("DROP VIEW v; DROP TABLE other.b; CREATE TABLE other.b (id int, body text)")
        .await;
    let diff = session
        .column("PGGIT DIFF main~1 main AS SQL")
        .await
        .join("\n");
    assert!(
        diff.contains("DROP TABLE") && diff.contains("CREATE TABLE"),
        "{diff}"
    );
}

#[tokio::test]
async fn a_commit_says_who_when_with_what_and_why() {
    let fixture = Fixture::new().await;
    let url = format!("{}?application_name=migrator", fixture.url());
    let session = Session::connect(&url).await;
    session.run("SET pggit.message = 'Add accounts'").await;
    session.run("CREATE TABLE accounts (id int)").await;
    session
        .run("BEGIN; SET LOCAL pggit.message = 'Once only'; CREATE TABLE once (id int); COMMIT")
        .await;
    session.run("RESET pggit.message").await;
    session
        .run("ALTER TABLE public.accounts ADD COLUMN bio text")
        .await;
    assert_eq!(
        session.log("main").await[..3],
        [
            "ALTER TABLE public.accounts ADD COLUMN bio",
            "Once only",
            "Add accounts"
        ]
    );
    let sql = "SELECT author, application FROM pggit.log WHERE message = 'Add accounts'";
    assert_eq!(
        session.rows(sql).await,
        [[fixture.database.owner.as_str(), "migrator"]]
    );
}

#[tokio::test]
async fn any_role_can_change_what_it_may_change() {
    let fixture = Fixture::new().await;
    let role = fixture.database.role("developer").await;
    let owner = fixture.connect().await;
    owner
        .run(&format!("GRANT CREATE ON SCHEMA public TO {role}"))
        .await;
    let session = fixture.connect_as(&role).await;
    session.run("CREATE TABLE theirs (id int)").await;
    session.assert_clean().await;
    assert_eq!(session.log("main").await[0], "CREATE TABLE theirs");
    let sql = "SELECT author FROM pggit.log WHERE message = 'CREATE TABLE theirs'";
    assert_eq!(session.value(sql).await, role);
    assert_eq!(session.sqlstate("CREATE SCHEMA denied").await, "42501");
    assert!(session.is_usable().await);
}

#[tokio::test]
async fn a_transaction_prepared_for_two_phases_keeps_its_commit() {
    let fixture = Fixture::new().await;
    let session = fixture.connect().await;
    session.run("BEGIN; CREATE TABLE a (id int)").await;
    session.run("PREPARE TRANSACTION 'one'").await;
    assert_eq!(recorded(&fixture).await, [""; 0]);
    session.run("COMMIT PREPARED 'one'").await;
    assert_eq!(recorded(&fixture).await, ["CREATE TABLE a (id int)"]);
    session
        .run("BEGIN; CREATE TABLE b (id int); PREPARE TRANSACTION 'two'")
        .await;
    session.run("ROLLBACK PREPARED 'two'").await;
    assert_eq!(recorded(&fixture).await.len(), 1);
    session.assert_clean().await;
}

#[tokio::test]
async fn a_chained_transaction_starts_empty() {
    let fixture = Fixture::new().await;
    let session = fixture.connect().await;
    session.run("BEGIN; CREATE TABLE a (id int)").await;
    session.run("COMMIT AND CHAIN").await;
    session.run("CREATE TABLE b (id int)").await;
    session.run("ROLLBACK AND CHAIN").await;
    session.run("CREATE TABLE c (id int)").await;
    session.run("COMMIT").await;
    assert_eq!(
        recorded(&fixture).await,
        ["CREATE TABLE a (id int)", "CREATE TABLE c (id int)"]
    );
    session.assert_clean().await;
}

#[tokio::test]
async fn concurrent_commits_form_one_line_and_lose_nothing() {
    const SESSIONS: usize = 6;
    const ROUNDS: usize = 10;
    let fixture = Fixture::new().await;
    let work = (0..SESSIONS).map(async |worker| {
        let session = fixture.connect().await;
        for round in 0..ROUNDS {
            session
                .run(&format!("CREATE TABLE t_{worker}_{round} (id int)"))
                .await;
            session
                .run(&format!(
                    "BEGIN; ALTER TABLE t_{worker}_{round} ADD COLUMN note text; COMMIT"
                ))
                .await;
        }
    });
    futures::future::join_all(work).await;
    let recorded = recorded(&fixture).await;
    assert_eq!(recorded.len(), SESSIONS * ROUNDS * 2);
    fixture.connect().await.assert_clean().await;
}

#[tokio::test]
async fn databases_behind_one_proxy_have_histories_of_their_own() {
    let proxy = Proxy::start();
    let (one, other) = (Database::create().await, Database::create().await);
    for database in [&one, &other] {
        let admin = Session::connect(&proxy.url("postgres", &database.name)).await;
        admin.run("PGGIT INIT").await;
    }
    let first = Session::connect(&proxy.url(&one.owner, &one.name)).await;
    let second = Session::connect(&proxy.url(&other.owner, &other.name)).await;
    first.run("PGGIT BRANCH feature").await;
    first.run("CREATE TABLE a (id int)").await;
    second.run("CREATE TABLE b (id int)").await;
    assert_eq!(first.log("main").await[0], "CREATE TABLE a");
    assert_eq!(second.log("main").await[0], "CREATE TABLE b");
    assert_eq!(
        second.sqlstate("SET pggit.branch = 'feature'").await,
        "3D000"
    );
}

#[tokio::test]
async fn an_untracked_database_passes_through_until_init() {
    let proxy = Proxy::start();
    let database = Database::create().await;
    let session = Session::connect(&proxy.url(&database.owner, &database.name)).await;
    session.run("CREATE TABLE before (id int)").await;
    assert_eq!(session.value("SELECT to_regnamespace('pggit')").await, "∅");
    let admin = Session::connect(&proxy.url("postgres", &database.name)).await;
    admin.run("PGGIT INIT").await;
    let later = Session::connect(&proxy.url(&database.owner, &database.name)).await;
    later.assert_clean().await;
    later.run("CREATE TABLE after (id int)").await;
    assert_eq!(later.log("main").await[0], "CREATE TABLE after");
    later.assert_clean().await;
    admin.run("PGGIT INIT").await;
    assert_eq!(
        later.log("main").await[0],
        "CREATE TABLE after",
        "init is idempotent"
    );
}

/// One of everything the model knows, each changed in the ways it can be. After each the head commit has
/// to describe the live catalogs.
pub const DDL_OF_EVERY_KIND: &[&str] = &[
    "CREATE SCHEMA app",
    "CREATE TABLE app.parent (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, code text UNIQUE)",
    "CREATE TABLE child (id serial PRIMARY KEY, parent_id bigint REFERENCES app.parent (id) ON DELETE CASCADE)",
    "ALTER TABLE child ADD COLUMN amount numeric(10, 2) NOT NULL DEFAULT 0",
    "ALTER TABLE child ALTER COLUMN amount TYPE numeric(12, 3)",
    "ALTER TABLE child ALTER COLUMN amount DROP DEFAULT",
    "ALTER TABLE child ALTER COLUMN amount DROP NOT NULL",
    "ALTER TABLE child ADD COLUMN twice numeric GENERATED ALWAYS AS (amount * 2) STORED",
    "ALTER TABLE child ADD CONSTRAINT positive CHECK (amount > 0) NOT VALID",
    "ALTER TABLE child VALIDATE CONSTRAINT positive",
    "ALTER TABLE child RENAME CONSTRAINT positive TO amount_positive",
    "ALTER TABLE child DROP CONSTRAINT amount_positive",
    "ALTER TABLE child SET (fillfactor = 70)",
    "ALTER TABLE child ALTER COLUMN parent_id SET STATISTICS 500",
    "CREATE INDEX child_amount ON child (amount DESC NULLS LAST) INCLUDE (parent_id) WHERE amount > 1",
    "CREATE UNIQUE INDEX child_lower ON app.parent (lower(code))",
    "ALTER INDEX child_amount RENAME TO child_by_amount",
    "COMMENT ON TABLE child IS 'a child''s record'",
    "COMMENT ON COLUMN child.amount IS 'in euro'",
    "COMMENT ON INDEX child_by_amount IS 'an index'",
    "CREATE SEQUENCE app.counter INCREMENT 5 START 10 CYCLE MAXVALUE 100",
    "ALTER SEQUENCE app.counter INCREMENT 7",
    "ALTER SEQUENCE app.counter OWNED BY app.parent.id",
    "CREATE VIEW app.totals AS SELECT parent_id, sum(amount) AS total FROM child GROUP BY parent_id",
    "CREATE OR REPLACE VIEW app.totals AS SELECT parent_id, sum(amount) AS total, count(*) AS n FROM child GROUP BY parent_id",
    "ALTER VIEW app.totals SET (security_barrier = true)",
    "CREATE MATERIALIZED VIEW app.cached AS SELECT * FROM app.totals",
    "CREATE UNIQUE INDEX cached_parent ON app.cached (parent_id)",
    "REFRESH MATERIALIZED VIEW app.cached",
    "ALTER TABLE child RENAME COLUMN amount TO price",
    "CREATE TYPE app.mood AS ENUM ('sad', 'happy')",
    "ALTER TYPE app.mood ADD VALUE 'ok' BEFORE 'happy'",
    "ALTER TYPE app.mood RENAME VALUE 'ok' TO 'fine'",
    "ALTER TYPE app.mood RENAME TO feeling",
    "CREATE DOMAIN app.positive AS int CHECK (VALUE > 0)",
    "ALTER DOMAIN app.positive SET DEFAULT 1",
    "ALTER DOMAIN app.positive ADD CONSTRAINT small CHECK (VALUE < 1000)",
    "CREATE TYPE app.pair AS (a int, b text)",
    "ALTER TYPE app.pair ADD ATTRIBUTE c date",
    "ALTER TABLE child ADD COLUMN feeling app.feeling DEFAULT 'sad', ADD COLUMN pair app.pair, ADD COLUMN small app.positive",
    "CREATE FUNCTION app.double(x int) RETURNS int LANGUAGE sql IMMUTABLE AS 'SELECT x * 2'",
    "CREATE OR REPLACE FUNCTION app.double(x int) RETURNS int LANGUAGE sql IMMUTABLE RETURN x + x",
    "ALTER FUNCTION app.double(int) STABLE",
    "ALTER FUNCTION app.double(int) SET search_path = app, public",
    "CREATE PROCEDURE app.reset() LANGUAGE plpgsql AS $$ BEGIN DELETE FROM child; END $$",
    "CREATE FUNCTION app.touch() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RETURN NEW; END $$",
    "CREATE TRIGGER touched BEFORE UPDATE OF price ON child FOR EACH ROW WHEN (OLD.price IS DISTINCT FROM NEW.price) EXECUTE FUNCTION app.touch()",
    "ALTER TABLE child DISABLE TRIGGER touched",
    "ALTER TRIGGER touched ON child RENAME TO child_touched",
    "GRANT SELECT, INSERT ON child TO PUBLIC",
    "GRANT UPDATE (price) ON child TO PUBLIC",
    "REVOKE INSERT ON child FROM PUBLIC",
    "GRANT USAGE ON SCHEMA app TO PUBLIC",
    "GRANT SELECT ON ALL TABLES IN SCHEMA app TO PUBLIC",
    "REVOKE EXECUTE ON FUNCTION app.double(int) FROM PUBLIC",
    "ALTER TABLE child ALTER COLUMN id DROP DEFAULT",
    "ALTER TABLE app.parent ALTER COLUMN id SET GENERATED BY DEFAULT",
    "ALTER TABLE app.parent ALTER COLUMN id DROP IDENTITY",
    "ALTER TABLE child DISABLE ROW LEVEL SECURITY",
    "ALTER TABLE child SET UNLOGGED",
    "ALTER TABLE child SET LOGGED",
    "ALTER TABLE child REPLICA IDENTITY FULL",
    "ALTER TABLE child RENAME TO kid",
    "ALTER SCHEMA app RENAME TO application",
    "ALTER VIEW application.totals RENAME TO sums",
    "ALTER FUNCTION application.double(int) RENAME TO twice",
    "ALTER TYPE application.feeling SET SCHEMA public",
    "DROP TRIGGER child_touched ON kid",
    "DROP FUNCTION application.touch()",
    "DROP PROCEDURE application.reset()",
    "DROP MATERIALIZED VIEW application.cached",
    "DROP VIEW application.sums",
    "DROP INDEX child_by_amount",
    "ALTER TABLE kid DROP COLUMN feeling",
    "DROP TYPE feeling",
    "DROP SEQUENCE application.counter",
    "DROP SCHEMA application CASCADE",
    "DROP TABLE kid",
];

#[tokio::test]
async fn every_kind_of_ddl_is_recorded_on_main() {
    every_kind_of_ddl_is_recorded_on("main").await;
}

#[tokio::test]
async fn every_kind_of_ddl_is_recorded_on_a_branch() {
    every_kind_of_ddl_is_recorded_on("feature").await;
}

async fn every_kind_of_ddl_is_recorded_on(branch: &str) {
    let fixture = Fixture::new().await;
    let session = fixture.connect().await;
    session.run("PGGIT BRANCH feature").await;
    session.run(&format!("SET pggit.branch = '{branch}'")).await;
    let mut drifting = Vec::new();
    for sql in DDL_OF_EVERY_KIND {
        session.run(sql).await;
        let drift = session.drift().await;
        if !drift.is_empty() {
            drifting.push(format!("{sql}\n    {drift:?}"));
            session.run("PGGIT COMMIT 'what was missed'").await;
        }
    }
    assert!(
        drifting.is_empty(),
        "not recorded:\n{}",
        drifting.join("\n")
    );
}

#[tokio::test]
async fn an_index_that_the_server_rebuilds_stays_what_it_was() {
    let fixture = Fixture::new().await;
    let main = fixture.connect().await;
    main.run("CREATE TABLE t (a int, b int)").await;
    main.run("CREATE INDEX t_a ON t (a)").await;
    main.run("CREATE STATISTICS t_ab ON a, b FROM t").await;
    let server = fixture.direct().await;
    let lineages = "SELECT string_agg(encode(lineage, 'hex'), ' ' ORDER BY classid) FROM pggit.lineage
                    WHERE (classid, objid) IN (('pg_class'::regclass, 't_a'::regclass),
                        ('pg_statistic_ext'::regclass, (SELECT oid FROM pg_statistic_ext WHERE stxname = 't_ab')))";
    let before = server.value(lineages).await;
    main.run("ALTER TABLE t ALTER a TYPE bigint").await;
    assert_eq!(server.value(lineages).await, before);
    // Nothing is different afterwards, but where the index is.
    let commits = main.log("main").await;
    main.run("ALTER TABLE t ALTER a TYPE bigint USING a + 1")
        .await;
    assert_eq!(main.log("main").await, commits);
    assert_eq!(server.value(lineages).await, before);
    main.assert_clean().await;
    main.run("BEGIN; DROP INDEX t_a; CREATE INDEX t_a ON t (a, b); COMMIT")
        .await;
    assert_eq!(server.value(lineages).await, before);
    main.assert_clean().await;
}

#[tokio::test]
async fn ddl_under_anothers_authorization_is_recorded_as_theirs() {
    let fixture = Fixture::new().await;
    let owner = fixture.database.owner.clone();
    let admin = fixture.connect_as("postgres").await;
    admin
        .run(&format!("SET SESSION AUTHORIZATION {owner}"))
        .await;
    admin.run("CREATE TABLE a (id int)").await;
    admin.run_extended("CREATE TABLE b (id int)").await;
    admin.run("RESET SESSION AUTHORIZATION").await;
    admin.run("CREATE TABLE c (id int)").await;
    admin.assert_clean().await;
    let mut raw =
        RawClient::connect(fixture.proxy.port(), "postgres", &fixture.database.name).await;
    let run = |sql: &str| {
        [
            raw::parse("", sql),
            raw::bind("", "", &[], false),
            raw::execute("", 0),
        ]
    };
    // The server reports whose authorization it is only at the Sync.
    let [set, create] = [
        run(&format!("SET SESSION AUTHORIZATION {owner}")),
        run("CREATE TABLE d (id int)"),
    ];
    let answer = raw.exchange(&[set, create].concat()).await;
    assert_eq!(tags(&answer).replace('S', ""), "12C12CZ", "{answer:?}");
    let authors = fixture
        .superuser()
        .await
        .rows("SELECT statements[1], author FROM pggit.commit WHERE statements[1] LIKE 'CREATE%' ORDER BY 1")
        .await;
    let expected = [
        ("a", &*owner),
        ("b", &owner),
        ("c", "postgres"),
        ("d", &owner),
    ];
    let expected = expected
        .map(|(table, author)| vec![format!("CREATE TABLE {table} (id int)"), author.to_owned()]);
    assert_eq!(authors, expected);
}

#[tokio::test]
async fn what_others_are_dropping_is_neither_read_nor_waited_for() {
    let fixture = Fixture::new().await;
    let leaver = fixture.database.role("leaver").await;
    let owner = &fixture.database.owner;
    let session = fixture.connect_as("postgres").await;
    session
        .run(&format!(
            "CREATE TABLE granted (id int); GRANT SELECT, INSERT (id) ON granted TO {leaver};
             CREATE TABLE owned (id int); ALTER TABLE owned OWNER TO {leaver};
             CREATE FUNCTION passed_on() RETURNS int LANGUAGE sql AS 'SELECT 1'; ALTER FUNCTION passed_on() OWNER TO {leaver};
             CREATE VIEW going AS SELECT 1 AS one; CREATE INDEX gone ON owned (id)"
        ))
        .await;
    // The server waits with the definition of such a view until it is gone.
    let other = fixture.connect_as("postgres").await;
    other.run("BEGIN; DROP VIEW going").await;

    session.run("SET lock_timeout = '2s'").await;
    let statements = [
        format!("ALTER FUNCTION passed_on() OWNER TO {owner}"),
        format!("REASSIGN OWNED BY {owner} TO {leaver}"),
        format!("REASSIGN OWNED BY {leaver} TO {owner}"),
        format!("GRANT SELECT ON owned TO {leaver}"),
        format!("DROP OWNED BY {leaver}"),
        "CREATE INDEX CONCURRENTLY ON granted (id)".to_owned(),
    ];
    for statement in &statements {
        session.run(statement).await;
    }
    assert_eq!(session.notices(), [] as [&str; 0]);
    other.run("COMMIT").await;
    session.assert_clean().await;
    let recorded = recorded(&fixture).await;
    let expected: Vec<&str> = (statements.iter().map(String::as_str))
        .chain(["DROP VIEW going"])
        .collect();
    assert_eq!(recorded[recorded.len() - expected.len()..], expected);
}
