//! A branch is there at once, and its objects follow: whoever comes early waits for what he needs, and nobody can tell.

use crate::harness::{Fixture, Postgres, Proxy, Session, eventually, in_time};
use std::time::{Duration, Instant};
use tokio_postgres::error::SqlState;

/// Tables of a chain: each refers to the one before it, and has an index. Besides, one of each kind that matters.
const SCHEMA: &str = "
    CREATE TYPE mood AS ENUM ('sad', 'ok');
    CREATE TABLE log (entry text);
    CREATE FUNCTION note() RETURNS trigger LANGUAGE plpgsql
        AS $$ BEGIN INSERT INTO log VALUES (TG_TABLE_NAME); RETURN NEW; END $$;
    CREATE TABLE people (id serial PRIMARY KEY, name text NOT NULL, mood mood DEFAULT 'ok');
    CREATE TRIGGER noted AFTER INSERT ON people FOR EACH ROW EXECUTE FUNCTION note();
    CREATE TABLE posts (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, author int REFERENCES people, title text);
    CREATE INDEX posts_by_author ON posts (author);
    CREATE VIEW titles AS SELECT p.title, a.name FROM posts p JOIN people a ON a.id = p.author;
    CREATE FUNCTION post_count() RETURNS bigint LANGUAGE sql STABLE AS $$ SELECT count(*) FROM posts $$;
    CREATE TABLE \"Odd Name\" (id int);
    CREATE TABLE schema_migrations (version text PRIMARY KEY);
    INSERT INTO schema_migrations VALUES ('0001'), ('0002');
";

async fn with_tables(count: usize) -> Fixture {
    let database = crate::harness::Database::create().await;
    let owner = database.direct().await;
    owner.run(SCHEMA).await;
    for first in (0..count).step_by(500) {
        let last = (first + 500).min(count) - 1;
        owner
            .run(&format!(
                "DO $$ BEGIN FOR n IN {first}..{last} LOOP EXECUTE format(
                     'CREATE TABLE t%1$s (id int PRIMARY KEY, a int %2$s, b text, c numeric, d date); CREATE INDEX ON t%1$s (b)',
                     n, CASE WHEN n % 10 > 0 THEN format('REFERENCES t%s', n - 1) END); END LOOP; END $$"
            ))
            .await;
    }
    let fixture = Fixture {
        database,
        proxy: Proxy::start(),
    };
    fixture.connect_as("postgres").await.run("PGGIT INIT").await;
    fixture
}

async fn state(fixture: &Fixture, branch: &str) -> String {
    let sql = format!("SELECT state FROM pggit.branches WHERE name = '{branch}'");
    fixture.superuser().await.value(&sql).await
}

/// The branch's objects are what its head says, as the server describes them.
async fn assert_clean(fixture: &Fixture, branch: &str) {
    fixture.complete(branch).await;
    eventually("the branch to be ready", || async {
        state(fixture, branch).await == "ready"
    })
    .await;
    let session = fixture.connect_on(branch).await;
    let facts = session.rows("PGGIT STATUS").await;
    assert!(
        facts
            .iter()
            .any(|fact| fact[0] == "state" && fact[1].starts_with("clean")),
        "{facts:?}"
    );
}

/// Keeps objects from being made until it is dropped.
struct Held(Session);

impl Held {
    async fn new(fixture: &Fixture) -> Self {
        let session = fixture.superuser().await;
        session
            .run("BEGIN; LOCK TABLE pggit.lineage IN SHARE MODE")
            .await;
        Self(session)
    }

    async fn release(self) {
        self.0.run("COMMIT").await;
    }
}

#[tokio::test]
async fn statements_of_every_kind_work_as_soon_as_the_branch_is_made() {
    let fixture = with_tables(500).await;
    let main = fixture.connect().await;
    for (number, (sql, expected)) in [
        ("SELECT count(*) FROM t499", "0"),
        ("SELECT count(*) FROM public.t498", "0"),
        ("SELECT count(*) FROM \"Odd Name\"", "0"),
        ("INSERT INTO people (name) VALUES ('ada') RETURNING id", "1"),
        ("WITH x AS (INSERT INTO people (name) VALUES ('ada') RETURNING 1) SELECT count(*) FROM x", "1"),
        ("SELECT count(*) FROM titles", "0"),
        ("SELECT post_count()", "0"),
        ("SELECT nextval('people_id_seq')", "1"),
        ("SELECT 'posts_by_author'::regclass::text IS NOT NULL", "t"),
        ("SELECT count(*) FROM information_schema.tables WHERE table_name = 't400' AND table_schema = 'public'", "1"),
        ("SELECT string_agg(version, ',' ORDER BY version) FROM schema_migrations", "0001,0002"),
        ("ALTER TABLE t450 ADD COLUMN added int; SELECT count(added) FROM t450", "0"),
        ("DROP TABLE t480 CASCADE; SELECT count(*) FROM t481", "0"),
        ("CREATE TABLE fresh (id int REFERENCES t470); SELECT count(*) FROM fresh", "0"),
        ("CREATE INDEX ON t460 (c); SELECT count(*) FROM t460", "0"),
        ("TRUNCATE people CASCADE; SELECT count(*) FROM posts", "0"),
        ("BEGIN ISOLATION LEVEL REPEATABLE READ; SELECT count(*) FROM t490; ALTER TABLE t490 ADD x int; COMMIT; SELECT count(x) FROM t490", "0"),
        ("ALTER TYPE mood RENAME VALUE 'ok' TO 'fine'; SELECT 'fine'::mood",
            "fine"),
        ("DO $$ BEGIN EXECUTE 'INSERT INTO t300 VALUES (1)'; END $$; SELECT count(*) FROM t300", "1"),
        ("PREPARE early AS SELECT count(*) FROM t333; EXECUTE early", "0"),
    ]
    .into_iter()
    .enumerate()
    {
        let branch = format!("b{number}");
        main.run(&format!("PGGIT BRANCH {branch}")).await;
        let session = fixture.connect_on(&branch).await;
        let rows = session.rows(sql).await;
        let value = rows.last().and_then(|row| row.last()).cloned();
        assert_eq!(value.as_deref(), Some(expected), "{sql}");
        main.run(&format!("PGGIT BRANCH DELETE {branch} FORCE")).await;
    }
}

#[tokio::test]
async fn what_a_branch_lacks_or_has_already_is_refused_as_on_a_complete_one() {
    let fixture = with_tables(500).await;
    let main = fixture.connect().await;
    for (number, (sql, code)) in [
        ("CREATE TABLE t499 (id int)", SqlState::DUPLICATE_TABLE),
        (
            "CREATE TABLE posts_pkey (id int)",
            SqlState::DUPLICATE_TABLE,
        ),
        ("DROP TABLE t460", SqlState::DEPENDENT_OBJECTS_STILL_EXIST),
        (
            "INSERT INTO posts (author) VALUES (7)",
            SqlState::FOREIGN_KEY_VIOLATION,
        ),
        ("SELECT * FROM nowhere", SqlState::UNDEFINED_TABLE),
        (
            "INSERT INTO people (name) VALUES (NULL)",
            SqlState::NOT_NULL_VIOLATION,
        ),
    ]
    .into_iter()
    .enumerate()
    {
        let branch = format!("b{number}");
        main.run(&format!("PGGIT BRANCH {branch}")).await;
        let session = fixture.connect_on(&branch).await;
        let error = session.try_run(sql).await.expect_err(sql);
        assert_eq!(error.code(), Some(&code), "{sql}");
        main.run(&format!("PGGIT BRANCH DELETE {branch}")).await;
    }
}

#[tokio::test]
async fn the_extended_protocol_waits_as_well() {
    let fixture = with_tables(150).await;
    let session = fixture.connect().await;
    let prepared = session.prepare("SELECT count(*) FROM t149").await.unwrap();
    session.run("PGGIT CHECKOUT NEW feature").await;
    let count: i64 = session.query_one(&prepared, &[]).await.unwrap().get(0);
    assert_eq!(count, 0);
    session.run("PGGIT CHECKOUT NEW second").await;
    let rows = session
        .query("SELECT id FROM people WHERE id = $1", &[&1i32])
        .await;
    assert!(rows.unwrap().is_empty());
    let sink = session
        .copy_in::<_, bytes::Bytes>("COPY t123 (id) FROM STDIN")
        .await
        .unwrap();
    let mut sink = std::pin::pin!(sink);
    futures::SinkExt::send(&mut sink, bytes::Bytes::from_static(b"1\n2\n"))
        .await
        .unwrap();
    assert_eq!(sink.as_mut().finish().await.unwrap(), 2);
}

#[tokio::test]
async fn a_branch_is_made_in_the_same_time_whatever_the_number_of_tables() {
    async fn best(fixture: &Fixture) -> Duration {
        let session = fixture.connect().await;
        let mut best = Duration::MAX;
        for number in 0..7 {
            let begun = Instant::now();
            session.run(&format!("PGGIT BRANCH b{number}")).await;
            best = best.min(begun.elapsed());
            // It takes nothing of the next one's time.
            session.run(&format!("PGGIT BRANCH DELETE b{number}")).await;
        }
        best
    }
    let (few, many) = (with_tables(50).await, with_tables(1000).await);
    let (few, many) = (best(&few).await, best(&many).await);
    assert!(many < few * 8, "{few:?} with 50 tables, {many:?} with 1000");
}

#[tokio::test]
async fn progress_is_shown_while_objects_are_made() {
    let fixture = with_tables(20).await;
    let held = Held::new(&fixture).await;
    let main = fixture.connect().await;
    main.run("PGGIT BRANCH feature").await;
    assert!(state(&fixture, "feature").await.starts_with("hydrating"));
    let session = fixture.connect_on("feature").await;
    assert_eq!(session.value("SHOW pggit.branch").await, "feature");
    let facts = session.rows("PGGIT STATUS").await;
    assert!(
        facts
            .iter()
            .any(|fact| fact[0] == "state" && fact[1].starts_with("hydrating"))
    );
    let listed = main.records("PGGIT BRANCH LIST").await;
    let states: Vec<_> = listed.iter().map(|row| row.get("state")).collect();
    assert!(
        states[0] == "ready" && states[1].starts_with("hydrating"),
        "{states:?}"
    );
    let waiting = tokio::spawn(async move { session.value("SELECT count(*) FROM t19").await });
    held.release().await;
    assert_eq!(in_time("the statement", waiting).await.unwrap(), "0");
    assert_clean(&fixture, "feature").await;
}

#[tokio::test]
async fn a_statement_on_one_table_comes_before_what_nobody_waits_for() {
    let fixture = with_tables(500).await;
    let superuser = fixture.superuser().await;
    // Notes how many tables the branch has when the last one of them is made, if they are made in order.
    superuser
        .run(
            "CREATE TABLE public.seen (tables bigint);
             CREATE FUNCTION public.look() RETURNS event_trigger LANGUAGE plpgsql AS $$ BEGIN
                 IF EXISTS (SELECT FROM pg_event_trigger_ddl_commands()
                            WHERE classid = 'pg_class'::regclass AND objid = to_regclass('\"public@feature\".t499')) THEN
                     INSERT INTO public.seen SELECT count(*) FROM pg_class
                         WHERE relkind = 'r' AND relnamespace = to_regnamespace('\"public@feature\"');
                 END IF;
             END $$;
             CREATE EVENT TRIGGER look ON ddl_command_end WHEN TAG IN ('CREATE TABLE') EXECUTE FUNCTION public.look()",
        )
        .await;
    let held = Held::new(&fixture).await;
    let main = fixture.connect().await;
    main.run("PGGIT BRANCH feature").await;
    let everything = fixture.connect_on("feature").await;
    let everything =
        tokio::spawn(async move { everything.value("SELECT count(*) FROM pg_class").await });
    let session = fixture.connect_on("feature").await;
    let waiting = tokio::spawn(async move { session.value("SELECT count(*) FROM t499").await });
    eventually("the first objects to be held", || async {
        let waits = "SELECT count(*) FROM pg_locks WHERE NOT granted AND relation = 'pggit.lineage'::regclass";
        superuser.value(waits).await != "0"
    })
    .await;
    held.release().await;
    assert_eq!(in_time("the statement", waiting).await.unwrap(), "0");
    // Its chain, and what the other connection may have made meanwhile.
    let seen = superuser.value("SELECT tables FROM public.seen").await;
    assert!(seen.parse::<u32>().unwrap() < 200, "{seen} tables of 505");
    in_time("everything", everything).await.unwrap();
}

#[tokio::test]
async fn a_waiting_statement_can_be_cancelled() {
    let fixture = with_tables(20).await;
    let held = Held::new(&fixture).await;
    fixture.connect().await.run("PGGIT BRANCH feature").await;
    let session = fixture.connect_on("feature").await;
    session.run("BEGIN").await;
    let token = session.cancel_token();
    let cancel = tokio::spawn(async move {
        // The wait may not have begun yet: a request that comes too early does nothing.
        for _ in 0..100 {
            token.cancel_query(tokio_postgres::NoTls).await.unwrap();
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    });
    let error = session
        .try_run("SELECT count(*) FROM t19")
        .await
        .unwrap_err();
    assert_eq!(error.code(), Some(&SqlState::QUERY_CANCELED));
    cancel.abort();
    let error = session.try_run("SELECT 1").await.unwrap_err();
    assert_eq!(error.code(), Some(&SqlState::IN_FAILED_SQL_TRANSACTION));
    held.release().await;
}

#[tokio::test]
async fn many_clients_at_once_each_get_what_they_need() {
    let fixture = with_tables(500).await;
    fixture.connect().await.run("PGGIT BRANCH feature").await;
    let clients = (0..12).map(|client| {
        let fixture = &fixture;
        async move {
            let session = fixture.connect_on("feature").await;
            for round in 0..10 {
                let table = format!("t{}", (client * 41 + round * 97) % 500);
                session
                    .run(&format!(
                        "INSERT INTO {table} (id) VALUES ({client}) ON CONFLICT DO NOTHING"
                    ))
                    .await;
                session
                    .run(&format!(
                        "CREATE TABLE c{client}_{round} (id int REFERENCES {table})"
                    ))
                    .await;
            }
        }
    });
    futures::future::join_all(clients).await;
    assert_clean(&fixture, "feature").await;
}

#[tokio::test]
async fn definitions_that_change_meanwhile_are_recorded_as_on_a_complete_branch() {
    let fixture = with_tables(500).await;
    let session = fixture.connect().await;
    session.run("PGGIT CHECKOUT NEW feature").await;
    for sql in [
        "ALTER TABLE t44 RENAME TO renamed",
        "ALTER TABLE people ADD COLUMN age int",
        "CREATE VIEW ages AS SELECT age FROM people",
        "DROP VIEW titles",
        "CREATE SCHEMA extra CREATE TABLE extra.more (id int)",
        "BEGIN; ALTER TABLE t499 DROP COLUMN d; CREATE INDEX ON t499 (c); COMMIT",
        "ALTER FUNCTION post_count() RENAME TO number_of_posts",
    ] {
        session.run(sql).await;
    }
    assert_clean(&fixture, "feature").await;
    assert_eq!(fixture.statements("feature").await.len(), 7);
}

#[tokio::test]
async fn a_proxy_that_is_killed_goes_on_where_it_was() {
    let mut fixture = with_tables(400).await;
    fixture.connect().await.run("PGGIT BRANCH feature").await;
    let watcher = fixture.superuser().await;
    let made = "SELECT count(*) FROM pggit.lineage WHERE objsubid = 0 AND branch_id > 1";
    eventually("some objects to be made", || async {
        watcher.value(made).await.parse::<i64>().unwrap() > 0
    })
    .await;
    fixture.proxy.kill();
    assert!(state(&fixture, "feature").await.starts_with("hydrating"));
    fixture.proxy.restart();
    let session = fixture.connect_on("feature").await;
    assert_eq!(session.value("SELECT count(*) FROM t399").await, "0");
    assert_clean(&fixture, "feature").await;
}

#[tokio::test]
async fn two_proxies_make_one_branch() {
    let fixture = with_tables(500).await;
    let other = Proxy::start_with(Postgres::shared(), &[]);
    fixture.connect().await.run("PGGIT BRANCH feature").await;
    let url = other.url(&fixture.database.owner, &fixture.database.name);
    let there = Session::connect(&format!("{url}@feature")).await;
    let here = fixture.connect_on("feature").await;
    let (one, two) = tokio::join!(
        here.value("SELECT count(*) FROM t499"),
        there.value("SELECT count(*) FROM t250")
    );
    assert_eq!((one.as_str(), two.as_str()), ("0", "0"));
    there
        .run("DROP TABLE t499; ALTER TABLE t9 RENAME TO nine")
        .await;
    there.run("SELECT count(*) FROM pg_class").await;
    assert_clean(&fixture, "feature").await;
}

#[tokio::test]
async fn a_branch_can_be_deleted_and_renamed_while_its_objects_are_made() {
    let fixture = with_tables(400).await;
    let session = fixture.connect().await;
    session.run("PGGIT BRANCH gone").await;
    session.run("PGGIT BRANCH DELETE gone").await;
    let left = "SELECT count(*) FROM pg_namespace WHERE nspname LIKE '%@%'";
    assert_eq!(fixture.superuser().await.value(left).await, "0");
    session.run("PGGIT BRANCH feature").await;
    session.run("PGGIT BRANCH RENAME feature TO renamed").await;
    session.run("PGGIT BRANCH gone").await;
    session.run("PGGIT BRANCH DELETE gone").await;
    assert_clean(&fixture, "renamed").await;
    let lineages = "SELECT count(*) FROM pggit.lineage AS l WHERE NOT EXISTS (SELECT FROM pggit.branch b WHERE b.id = l.branch_id)";
    assert_eq!(fixture.superuser().await.value(lineages).await, "0");
}

#[tokio::test]
async fn a_branch_is_merged_and_branched_from_before_it_is_complete() {
    let fixture = with_tables(150).await;
    let session = fixture.connect().await;
    session.run("PGGIT CHECKOUT NEW feature").await;
    session.run("CREATE TABLE fresh (id int)").await;
    session.run("PGGIT CHECKOUT NEW second").await;
    let versions = "SELECT count(*) FROM schema_migrations";
    assert_eq!(session.value(versions).await, "2");
    session.run("ALTER TABLE t7 ADD COLUMN second int").await;
    session.run("PGGIT CHECKOUT main").await;
    session.run("PGGIT MERGE feature").await;
    session.run("PGGIT BRANCH third").await;
    session.run("PGGIT MERGE second INTO third").await;
    for branch in ["main", "feature", "second", "third"] {
        assert_clean(&fixture, branch).await;
    }
}

#[tokio::test]
async fn rows_of_migration_ledgers_are_those_of_the_moment() {
    let fixture = with_tables(150).await;
    let session = fixture.connect().await;
    session.run("PGGIT BRANCH feature").await;
    session
        .run("INSERT INTO schema_migrations VALUES ('0003')")
        .await;
    let feature = fixture.connect_on("feature").await;
    let versions = "SELECT string_agg(version, ',' ORDER BY version) FROM schema_migrations";
    assert_eq!(feature.value(versions).await, "0001,0002");
}

#[tokio::test]
async fn an_object_that_cannot_be_made_is_reported_to_those_who_need_it() {
    let fixture = with_tables(100).await;
    let superuser = fixture.superuser().await;
    superuser
        .run(
            "CREATE FUNCTION public.curse() RETURNS event_trigger LANGUAGE plpgsql AS $$ BEGIN
                 IF to_regclass('\"public@feature\".t57') IS NOT NULL THEN RAISE 'cursed' USING ERRCODE = '58030'; END IF;
             END $$;
             CREATE EVENT TRIGGER curse ON ddl_command_end WHEN TAG IN ('CREATE TABLE') EXECUTE FUNCTION public.curse()",
        )
        .await;
    fixture.connect().await.run("PGGIT BRANCH feature").await;
    let session = fixture.connect_on("feature").await;
    assert_eq!(session.value("SELECT count(*) FROM t3").await, "0");
    let error = session
        .try_run("SELECT count(*) FROM t58")
        .await
        .unwrap_err();
    let error = error.as_db_error().unwrap();
    assert_eq!(error.code().code(), "58030");
    assert!(
        error
            .message()
            .contains("table public.t57 could not be made"),
        "{error:?}"
    );
    eventually("the failure to be shown", || async {
        state(&fixture, "feature")
            .await
            .starts_with("failed: table public.t57")
    })
    .await;
    assert_eq!(session.value("SELECT count(*) FROM t99").await, "0");
    superuser
        .run("DROP EVENT TRIGGER curse; DROP FUNCTION public.curse()")
        .await;
    assert_eq!(session.value("SELECT count(*) FROM t58").await, "0");
    assert_clean(&fixture, "feature").await;
}
