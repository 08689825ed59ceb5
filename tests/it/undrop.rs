//! Dropped tables are set aside with their rows, and come back with them.

use crate::harness::programs::dump_schema;
use crate::harness::{Database, Fixture, Postgres, Proxy, Session, eventually};
use crate::store::connect;
use pggit::config::{SslMode, Upstream};
use pggit::error::ErrorReport;
use pggit::merge::Strategy;
use pggit::repo::merging::{self, History, Outcome, Request, Source};
use pggit::repo::{Identity, Ref, Repo, Versioning};
use pggit::store::Operation;
use pggit::upstream::AdminPools;
use std::io::Write;

/// A database whose proxy keeps dropped tables.
async fn keeping(keep: &str) -> (Fixture, tempfile::NamedTempFile) {
    let mut config = tempfile::NamedTempFile::new().unwrap();
    writeln!(config, "[undrop]\nkeep = \"{keep}\"").unwrap();
    let server = Postgres::shared();
    let path = config.path().to_str().unwrap().to_owned();
    let fixture = Fixture {
        database: Database::create_on(server).await,
        proxy: Proxy::start_with(server, &["--config", &path]),
    };
    fixture.connect_as("postgres").await.run("PGGIT INIT").await;
    (fixture, config)
}

fn dump(fixture: &Fixture) -> String {
    let database = &fixture.database;
    dump_schema(
        &database.server.url(&database.owner, &database.name),
        "public",
        None,
    )
}

/// Names of the tables of `main` that can come back, the last first.
async fn dropped(session: &Session) -> Vec<String> {
    let rows = session.records("PGGIT DROPPED").await;
    rows.iter().map(|row| row.get("name").clone()).collect()
}

/// Reverts the last commit of a branch.
async fn revert(fixture: &Fixture, branch: &str) -> Result<(), ErrorReport> {
    let database = &fixture.database;
    let upstream = Upstream {
        host: "127.0.0.1".to_owned(),
        port: database.server.port(),
        user: "postgres".to_owned(),
        sslmode: SslMode::Disable,
        ..Upstream::default()
    };
    let pools = AdminPools::new(&upstream).unwrap();
    let repo = Repo::new(pools.clone(), pools, Versioning::default());
    let versioned = repo.database(&database.name).await.unwrap().unwrap();
    let head = versioned.current_head(branch).await.unwrap();
    let request = Request {
        operation: Operation::Revert,
        base: Some(head.commit),
        sources: vec![Source::new(Ref {
            name: branch.to_owned(),
            at: None,
            ancestor: 1,
        })],
        target: branch.to_owned(),
        strategy: Strategy::Auto,
        history: History::Auto,
        message: None,
        allow_data_loss: false,
    };
    let identity = Identity {
        role: database.owner.clone(),
        application: "tests".to_owned(),
        address: String::new(),
    };
    let mut client = connect(database, &database.owner).await;
    let report = merging::merge(&versioned, &mut client, &request, &identity).await?;
    assert_eq!(report.outcome, Outcome::Merged);
    Ok(())
}

const FILE: &str = "SELECT c.relfilenode FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
    WHERE c.relkind = 'r' AND (n.nspname = 'pggit_dropped' OR n.nspname = 'public' AND c.relname = 'users')";

#[tokio::test]
async fn a_dropped_table_comes_back_with_its_rows() {
    let (fixture, _config) = keeping("7d").await;
    let main = fixture.connect().await;
    main.run(
        "CREATE TABLE users (id serial PRIMARY KEY, number int GENERATED ALWAYS AS IDENTITY,
             name text NOT NULL DEFAULT 'nobody' UNIQUE, age int CHECK (age > 0),
             twice int GENERATED ALWAYS AS (age * 2) STORED);
         CREATE INDEX users_age ON users (age);
         COMMENT ON COLUMN users.age IS 'in years'",
    )
    .await;
    main.run("INSERT INTO users (name, age) VALUES ('ada', 36), ('grace', 85)")
        .await;
    let before = dump(&fixture);
    let superuser = fixture.superuser().await;
    let file = superuser.value(FILE).await;

    main.run("DROP TABLE users").await;
    assert_eq!(dropped(&main).await, ["public.users"]);
    assert_eq!(main.sqlstate("SELECT * FROM users").await, "42P01");
    assert_eq!(superuser.value(FILE).await, file, "nothing was copied");
    main.assert_clean().await;

    revert(&fixture, "main").await.unwrap();
    assert_eq!(dump(&fixture), before);
    assert_eq!(superuser.value(FILE).await, file, "nothing was copied");
    assert_eq!(
        main.rows("SELECT * FROM users ORDER BY id").await,
        [
            ["1", "1", "ada", "36", "72"],
            ["2", "2", "grace", "85", "170"]
        ]
    );
    main.run("INSERT INTO users (name) VALUES ('joan')").await;
    assert_eq!(
        main.rows("SELECT id, number FROM users WHERE name = 'joan'")
            .await,
        [["3", "3"]],
        "sequences go on where they were"
    );
    assert_eq!(dropped(&main).await, [""; 0]);
    let outcome = "SELECT state FROM pggit.dropped";
    assert_eq!(main.column(outcome).await, ["restored"]);
    main.assert_clean().await;
}

#[tokio::test]
async fn values_of_types_of_the_schema_come_back() {
    let (fixture, _config) = keeping("7d").await;
    let main = fixture.connect().await;
    main.run(
        r#"CREATE TYPE mood AS ENUM ('sad', 'so so');
         CREATE DOMAIN posint AS int CHECK (VALUE > 0);
         CREATE TYPE pair AS (a int, b text);
         CREATE TABLE "Od""d t" (id int, "m M" mood DEFAULT 'sad', d posint NOT NULL, p pair, ms mood[], c text COLLATE "C")"#,
    )
    .await;
    main.run(
        r#"INSERT INTO "Od""d t" VALUES
           (1, 'so so', 5, ROW(NULL, NULL), '{sad,so so}', 'x'), (2, NULL, 6, ROW(1, 'a,"b'), NULL, NULL), (3, 'sad', 7, NULL, '{}', '')"#,
    )
    .await;
    let before = dump(&fixture);
    let rows = r#"SELECT t::text, p IS NOT DISTINCT FROM NULL FROM "Od""d t" AS t ORDER BY id"#;
    let values = main.rows(rows).await;

    main.run(r#"DROP TABLE "Od""d t""#).await;
    assert_eq!(dropped(&main).await, [r#"public."Od""d t""#]);
    // What is set aside stands in nobody's way.
    main.run("BEGIN; DROP TYPE mood; DROP DOMAIN posint; DROP TYPE pair; ROLLBACK")
        .await;
    revert(&fixture, "main").await.unwrap();
    assert_eq!(dump(&fixture), before);
    assert_eq!(main.rows(rows).await, values);
    main.assert_clean().await;
}

/// `users` with all sorts of dependents.
async fn depended_on(session: &Session) {
    session
        .run(
            "CREATE TABLE users (id int PRIMARY KEY, name text);
             CREATE TABLE posts (id int PRIMARY KEY, author int REFERENCES users);
             CREATE VIEW names AS SELECT name FROM users;
             CREATE MATERIALIZED VIEW more AS SELECT * FROM names;
             CREATE FUNCTION one(users) RETURNS int LANGUAGE sql AS 'SELECT 1';
             CREATE POLICY known ON posts USING (EXISTS (SELECT FROM users u WHERE u.id = author));
             CREATE TABLE copies (at date, user_then users);
             INSERT INTO users VALUES (1, 'ada'); INSERT INTO posts VALUES (1, 1)",
        )
        .await;
}

#[tokio::test]
async fn dropping_looks_as_it_does_without_the_proxy() {
    let (fixture, _config) = keeping("7d").await;
    let main = fixture.connect().await;
    depended_on(&main).await;
    let before = dump(&fixture);
    let direct = fixture.direct().await;
    direct.run("BEGIN").await;
    let expected = direct.error("DROP TABLE users").await;
    direct.run("ROLLBACK").await;
    let error = main.error("DROP TABLE users").await;
    assert_eq!(error.code(), expected.code());
    assert_eq!(error.message(), expected.message());
    assert_eq!(error.detail(), expected.detail());
    assert_eq!(error.hint(), expected.hint());
    assert!(main.is_usable().await);

    let other = fixture.database.role("other").await;
    let stranger = fixture.connect_as(&other).await;
    assert_eq!(
        stranger.error("DROP TABLE public.users").await.message(),
        "must be owner of table users"
    );
    assert_eq!(main.sqlstate("DROP TABLE nothing").await, "42P01");
    assert_eq!(dropped(&main).await, [""; 0]);

    let drop = "DROP TABLE IF EXISTS nothing, users CASCADE";
    direct.notices();
    direct.run("BEGIN").await;
    direct.run(drop).await;
    direct.run("ROLLBACK").await;
    let (notices, details) = (direct.notices(), direct.notice_details());
    main.notices();
    main.run(drop).await;
    assert_eq!(main.notices(), notices);
    assert_eq!(main.notice_details(), details);
    assert_eq!(dropped(&main).await, ["public.users"]);
    assert_eq!(main.rows("SELECT * FROM posts").await, [["1", "1"]]);
    let left =
        "SELECT relname FROM pg_class WHERE relnamespace = 'public'::regnamespace ORDER BY 1";
    assert_eq!(main.column(left).await, ["copies", "posts", "posts_pkey"]);
    main.assert_clean().await;
    revert(&fixture, "main").await.unwrap();
    assert_eq!(dump(&fixture), before);
    assert_eq!(main.rows("SELECT * FROM names").await, [["ada"]]);
    main.assert_clean().await;
}

#[tokio::test]
async fn a_drop_that_is_rolled_back_leaves_everything_as_it_was() {
    let (fixture, _config) = keeping("7d").await;
    let main = fixture.connect().await;
    depended_on(&main).await;
    let before = dump(&fixture);
    main.run("BEGIN").await;
    main.run("DROP TABLE users CASCADE").await;
    assert_eq!(main.sqlstate("SELECT * FROM users").await, "42P01");
    main.run("ROLLBACK").await;
    main.run("BEGIN; SAVEPOINT s; DROP TABLE users CASCADE; ROLLBACK TO s; COMMIT")
        .await;
    let failing = "DROP TABLE users CASCADE; SELECT 1 / 0";
    assert_eq!(main.sqlstate(failing).await, "22012");
    assert_eq!(dump(&fixture), before);
    assert_eq!(main.rows("SELECT * FROM users").await, [["1", "ada"]]);
    assert_eq!(main.value("SELECT count(*) FROM pggit.dropped").await, "0");
    main.assert_clean().await;
}

#[tokio::test]
async fn every_way_to_send_a_drop_keeps_the_table() {
    let (fixture, _config) = keeping("7d").await;
    let main = fixture.connect().await;
    let make = |name: &str| format!("CREATE TABLE {name} (id int); INSERT INTO {name} VALUES (1)");
    for name in ["a", "b", "c", "d", "e", "f"] {
        main.run(&make(name)).await;
    }
    main.run_extended("DROP TABLE a").await;
    assert_eq!(main.log("main").await[0], "DROP TABLE a");
    assert_eq!(dropped(&main).await, ["public.a"]);
    main.run("BEGIN").await;
    main.run_extended("DROP TABLE b").await;
    main.run("COMMIT").await;
    main.run("DROP TABLE c; DROP TABLE d").await;
    main.run("BEGIN; DROP TABLE e, f; COMMIT").await;
    let kept = dropped(&main).await;
    assert_eq!(
        kept,
        [
            "public.f", "public.e", "public.d", "public.c", "public.b", "public.a"
        ]
    );
    let error = main.try_run("DROP TABLE a").await.unwrap_err();
    assert_eq!(
        error.code().map(tokio_postgres::error::SqlState::code),
        Some("42P01")
    );
    main.assert_clean().await;
}

#[tokio::test]
async fn branches_keep_their_own() {
    let (fixture, _config) = keeping("7d").await;
    let main = fixture.connect().await;
    main.run("CREATE TABLE users (id int)").await;
    main.run("PGGIT BRANCH feature").await;
    let feature = fixture.connect_on("feature").await;
    feature.run("INSERT INTO users VALUES (7)").await;
    feature.run("DROP TABLE users").await;
    assert_eq!(dropped(&feature).await, ["public.users"]);
    assert_eq!(dropped(&main).await, [""; 0]);
    let row = &feature
        .rows("SELECT branch, schema, name, state, commit FROM pggit.dropped")
        .await[0];
    assert_eq!(row[..4], ["feature", "public", "users", "kept"]);
    let head = "SELECT encode(head, 'hex') FROM pggit.branch WHERE name = 'feature'";
    assert_eq!(row[4], main.value(head).await);
    revert(&fixture, "feature").await.unwrap();
    assert_eq!(feature.rows("SELECT * FROM users").await, [["7"]]);
    // Empty there, and so not kept.
    main.run("DROP TABLE users").await;
    assert_eq!(dropped(&main).await, [""; 0]);
    main.assert_clean().await;
    feature.assert_clean().await;
}

#[tokio::test]
async fn partitions_and_children_are_kept_apart() {
    let (fixture, _config) = keeping("7d").await;
    let main = fixture.connect().await;
    main.run(
        "CREATE TABLE events (id int, at date, PRIMARY KEY (id, at)) PARTITION BY RANGE (at);
         CREATE TABLE events_1 PARTITION OF events FOR VALUES FROM ('2020-01-01') TO ('2021-01-01');
         CREATE TABLE events_2 PARTITION OF events FOR VALUES FROM ('2021-01-01') TO ('2022-01-01');
         CREATE TABLE events_3 PARTITION OF events FOR VALUES FROM ('2022-01-01') TO ('2023-01-01');
         INSERT INTO events VALUES (1, '2020-05-05'), (2, '2021-05-05');
         CREATE TABLE parent (id int PRIMARY KEY); CREATE TABLE child (more text) INHERITS (parent);
         INSERT INTO child VALUES (1, 'x')",
    )
    .await;
    let before = dump(&fixture);
    main.run("DROP TABLE events_1").await;
    assert_eq!(dropped(&main).await, ["public.events_1"]);
    revert(&fixture, "main").await.unwrap();
    assert_eq!(dump(&fixture), before);
    assert_eq!(
        main.rows("SELECT id FROM events ORDER BY id").await,
        [["1"], ["2"]]
    );
    main.run("DROP TABLE events, parent CASCADE").await;
    assert_eq!(
        dropped(&main).await,
        ["public.child", "public.events_2", "public.events_1"]
    );
    let left = "SELECT relname FROM pg_class WHERE relnamespace = 'public'::regnamespace";
    assert_eq!(main.column(left).await, [""; 0]);
    main.assert_clean().await;
    revert(&fixture, "main").await.unwrap();
    // What it inherits has become its own as well.
    let mut after = dump(&fixture);
    for own in [
        "id integer",
        "id integer CONSTRAINT parent_id_not_null NOT NULL",
    ] {
        after = after.replace(&format!("    {own},\n    more text"), "    more text");
    }
    assert_eq!(after, before);
    assert_eq!(
        main.rows("SELECT tableoid::regclass, id FROM events ORDER BY id")
            .await,
        [["events_1", "1"], ["events_2", "2"]]
    );
    assert_eq!(main.rows("SELECT * FROM parent").await, [["1"]]);
    main.assert_clean().await;
}

#[tokio::test]
async fn what_is_over_goes_and_the_log_says_so() {
    let (fixture, _config) = keeping("1s").await;
    let main = fixture.connect().await;
    main.run("CREATE TABLE users (id int); INSERT INTO users VALUES (1)")
        .await;
    main.run("DROP TABLE users").await;
    let superuser = fixture.superuser().await;
    let kept = "SELECT count(*) FROM pg_class WHERE relnamespace = 'pggit_dropped'::regnamespace AND relkind = 'r'";
    eventually("the end of its time", async || {
        superuser.value(kept).await == "0"
    })
    .await;
    let state = "SELECT state, ended_by FROM pggit.dropped";
    assert_eq!(main.rows(state).await, [["expired", "pggit"]]);
    let log = "SELECT action FROM pggit.reflog ORDER BY at DESC LIMIT 1";
    let action = main.value(log).await;
    assert!(action.starts_with("expired table public.users"), "{action}");
    assert_eq!(dropped(&main).await, [""; 0]);
}

#[tokio::test]
async fn what_is_set_aside_is_nobodys_to_read_and_its_owners_to_purge() {
    let (fixture, _config) = keeping("7d").await;
    let main = fixture.connect().await;
    main.run(
        "CREATE TABLE users (id int); GRANT ALL ON users TO PUBLIC; INSERT INTO users VALUES (1)",
    )
    .await;
    main.run("DROP TABLE users").await;
    let superuser = fixture.superuser().await;
    let name = superuser
        .value(
            "SELECT oid::regclass FROM pg_class WHERE relnamespace = 'pggit_dropped'::regnamespace",
        )
        .await;
    let owner = &fixture.database.owner;
    for question in [
        format!("has_table_privilege('{owner}', '{name}', 'SELECT')"),
        format!("has_schema_privilege('{owner}', 'pggit_dropped', 'USAGE')"),
        format!("has_table_privilege('{owner}', 'pggit.dropped_table', 'SELECT')"),
        format!(
            "has_function_privilege('{owner}', 'pggit.keep_dropped(jsonb, text, interval)', 'EXECUTE')"
        ),
        format!("has_function_privilege('{owner}', 'pggit.strip(regclass)', 'EXECUTE')"),
        format!("has_function_privilege('{owner}', 'pggit.genuine(text, text, text)', 'EXECUTE')"),
    ] {
        let answer = superuser.value(&format!("SELECT {question}")).await;
        assert_eq!(answer, "f", "{question}");
    }
    assert_eq!(
        main.sqlstate(&format!("SELECT * FROM {name}")).await,
        "42501"
    );
    for forged in [
        r#"SELECT pggit.put_back('{"purpose": "put back", "entry": 1}', 'ab')"#,
        r#"SELECT pggit.set_aside('{"purpose": "set aside", "dropped": []}', 'ab')"#,
    ] {
        assert_eq!(main.sqlstate(forged).await, "42501");
    }

    let other = fixture.database.role("other").await;
    let stranger = fixture.connect_as(&other).await;
    assert_eq!(stranger.sqlstate("PGGIT DROPPED PURGE 1").await, "42501");
    assert_eq!(main.sqlstate("PGGIT DROPPED PURGE 9").await, "42704");
    main.run("PGGIT DROPPED PURGE 1").await;
    assert_eq!(main.sqlstate("PGGIT DROPPED PURGE 1").await, "42704");
    assert_eq!(
        main.rows("SELECT state, ended_by FROM pggit.dropped").await,
        [["purged", owner]]
    );
    let left = "SELECT count(*) FROM pg_class WHERE relnamespace = 'pggit_dropped'::regnamespace";
    assert_eq!(superuser.value(left).await, "0");
}

#[tokio::test]
async fn nothing_is_kept_unless_it_is_asked_for() {
    let fixture = Fixture::new().await;
    let main = fixture.connect().await;
    main.run("CREATE TABLE users (id int); INSERT INTO users VALUES (1)")
        .await;
    main.run("DROP TABLE users").await;
    assert_eq!(main.value("SELECT count(*) FROM pggit.dropped").await, "0");
    let (fixture, _config) = keeping("7d").await;
    let main = fixture.connect().await;
    main.run("CREATE TEMP TABLE t (id int); INSERT INTO t VALUES (1); CREATE TABLE u (id int)")
        .await;
    main.run("DROP TABLE t; DROP TABLE u").await;
    assert_eq!(main.value("SELECT count(*) FROM pggit.dropped").await, "0");
}

#[tokio::test]
async fn a_table_that_has_the_name_now_is_in_the_way() {
    let (fixture, _config) = keeping("7d").await;
    let main = fixture.connect().await;
    main.run("CREATE TABLE users (id int); INSERT INTO users VALUES (1)")
        .await;
    main.run("DROP TABLE users; CREATE TABLE users (name text)")
        .await;
    let both = "SELECT count(*) FROM pggit.dropped WHERE state = 'kept'";
    assert_eq!(main.value(both).await, "1");
    main.run("INSERT INTO users VALUES ('ada')").await;
    // One commit: its revert drops the one and brings back the other.
    let refusal = revert(&fixture, "main").await.unwrap_err();
    assert!(refusal.message.contains("would lose data"), "{refusal:?}");
    assert_eq!(main.rows("SELECT * FROM users").await, [["ada"]]);
    assert_eq!(main.value(both).await, "1");
    main.run("DELETE FROM users").await;
    revert(&fixture, "main").await.unwrap();
    assert_eq!(main.rows("SELECT * FROM users").await, [["1"]]);
    main.assert_clean().await;
}
