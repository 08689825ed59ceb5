//! What has no business with the proxy gets the server's own answers, byte by byte: cases that random conversations
//! (`tests/differential`) have found. They leave nothing behind, as both sides of each run in one database.

use crate::harness::raw::{self, Message, RawClient};
use crate::harness::{Fixture, Session};

/// How a client ends what it sends.
#[derive(Clone, Copy)]
enum Goodbye {
    Terminate,
    /// It closes its sending side.
    Close,
}

/// Sends everything at once, a goodbye at its end, and reads until the connection ends.
async fn answers(
    port: u16,
    fixture: &Fixture,
    messages: &[Vec<u8>],
    goodbye: Goodbye,
) -> Vec<Message> {
    let database = &fixture.database;
    let mut client = RawClient::connect(port, &database.owner, &database.name).await;
    let mut bytes = messages.concat();
    match goodbye {
        Goodbye::Terminate => {
            bytes.extend(raw::frame(b'X', &[]));
            client.send(&bytes).await;
        }
        Goodbye::Close => {
            client.send(&bytes).await;
            client.close_sending().await;
        }
    }
    let mut answers = Vec::new();
    while let Some(message) = client.try_read().await {
        answers.push(message);
    }
    answers
}

/// Gives what both have answered.
async fn assert_same(fixture: &Fixture, messages: &[Vec<u8>]) -> Vec<Message> {
    assert_same_until(fixture, messages, Goodbye::Terminate).await
}

async fn assert_same_until(
    fixture: &Fixture,
    messages: &[Vec<u8>],
    goodbye: Goodbye,
) -> Vec<Message> {
    let server = answers(fixture.database.server.port(), fixture, messages, goodbye).await;
    let proxy = answers(fixture.proxy.port(), fixture, messages, goodbye).await;
    let shown: Vec<_> = messages
        .iter()
        .map(|bytes| bytes.escape_ascii().to_string())
        .collect();
    assert_eq!(proxy, server, "{shown:#?}");
    server
}

#[tokio::test]
async fn a_goodbye_sent_ahead_loses_no_answer() {
    let fixture = Fixture::new().await;
    for text in [
        "SELECT 1",
        "SELECT pg_sleep(0.1)",
        "CREATE TABLE t (id int); SELECT 1 / 0",
        "BEGIN; CREATE TABLE t (id int); ROLLBACK",
        "SET TimeZone = 'UTC'",
    ] {
        let answers = assert_same(&fixture, &[raw::query(text), raw::query("SELECT 2")]).await;
        assert_eq!(answers.last().map(Message::tag), Some('Z'), "{text}");
    }
    let one = [
        raw::parse("", "SELECT 1"),
        raw::bind("", "", &[], false),
        raw::execute("", 0),
        raw::sync(),
    ];
    assert_same(&fixture, &one).await;
}

#[tokio::test]
async fn a_client_that_closes_its_sending_side_gets_the_answers() {
    let fixture = Fixture::new().await;
    for messages in [
        vec![raw::query("SELECT pg_sleep(0.3)"), raw::query("SELECT 2")],
        vec![
            raw::query("CREATE TABLE t (id int); DROP TABLE t"),
            raw::query("BEGIN"),
            raw::query("CREATE TABLE t (id int)"),
        ],
        vec![
            raw::parse("", "SELECT generate_series(1, 20000)"),
            raw::bind("", "", &[], false),
            raw::execute("", 0),
            raw::sync(),
            raw::query("COPY (SELECT generate_series(1, 20000)) TO STDOUT"),
        ],
        // What does not arrive whole is not done.
        vec![raw::query("SELECT 3"), raw::query("SELECT 4")[..9].to_vec()],
        vec![],
    ] {
        assert_same_until(&fixture, &messages, Goodbye::Close).await;
    }
}

#[tokio::test]
async fn what_was_asked_before_a_goodbye_is_done_though_nobody_reads_on() {
    let fixture = Fixture::new().await;
    let mut client = fixture.raw().await;
    let text = "CREATE TABLE t (id int); INSERT INTO t VALUES (1); CREATE TABLE u (id int)";
    client
        .send(&[raw::query(text), raw::frame(b'X', &[])].concat())
        .await;
    drop(client);
    let session: Session = fixture.connect().await;
    crate::harness::eventually("the text", async || {
        session
            .value("SELECT to_regclass('public.u') IS NOT NULL")
            .await
            == "t"
    })
    .await;
    assert_eq!(fixture.statements("main").await.len(), 1);
}

#[tokio::test]
async fn bodies_that_say_nothing_get_the_servers_errors() {
    let fixture = Fixture::new().await;
    for (tag, body) in [
        (b'Q', &b""[..]),
        (b'Q', b"SELECT 1"),
        (b'Q', b"SELECT 1\0\0"),
        (b'P', b"name"),
        (b'P', b"name\0SELECT 1\0"),
        (b'P', b"name\0SELECT 1\0\xff\xff"),
        (b'B', b"portal"),
        (b'B', b"\0\0\0\0\xff\xff\0\0"),
        (b'D', b""),
        (b'D', b"X\0"),
        (b'D', b"S\0\0"),
        (b'E', b"\0"),
        (b'E', b"\0\0\0\0\0\0"),
        (b'C', b"?name\0"),
        (b'H', b"x"),
        (b'S', b"x"),
        (b'F', b"\0\0"),
    ] {
        let broken = raw::frame(tag, body);
        let messages = [
            raw::query("SELECT 1"),
            broken,
            raw::parse("", "SELECT 2"),
            raw::sync(),
            raw::query("SELECT 3"),
        ];
        let answers = assert_same(&fixture, &messages).await;
        assert!(answers.iter().any(|message| message.tag == b'E'));
    }
}

#[tokio::test]
async fn settings_are_reported_once_and_before_the_server_is_ready() {
    let fixture = Fixture::new().await;
    for text in [
        "SET search_path = public; SET TimeZone = 'UTC'; SELECT 1",
        "SET TimeZone = 'UTC'; SET application_name = 'x'; SET TimeZone = 'CET'; RESET search_path",
        "SET TimeZone = 'UTC'; CREATE TABLE t (id int); SELECT 1 / 0",
        "CREATE TABLE t (id int); SET LOCAL TimeZone = 'UTC'; DROP TABLE t",
        "BEGIN; SET TimeZone = 'UTC'; CREATE TABLE t (id int); ROLLBACK",
    ] {
        assert_same(&fixture, &[raw::query(text), raw::query("SHOW TimeZone")]).await;
    }
}

#[tokio::test]
async fn a_begin_that_fails_within_a_text_leaves_no_block() {
    let fixture = Fixture::new().await;
    let text = "CREATE TABLE t (id int); BEGIN ISOLATION LEVEL SERIALIZABLE; SELECT 1";
    let answers = assert_same(&fixture, &[raw::query(text)]).await;
    assert_eq!(
        answers.last().map(|ready| ready.body.clone()),
        Some(b"I".to_vec())
    );
}

#[tokio::test]
async fn what_has_no_place_in_a_copy_is_the_servers_error() {
    let fixture = Fixture::new().await;
    for text in [
        "COPY t FROM STDIN",
        "CREATE TEMP TABLE u (id int); COPY t FROM STDIN",
    ] {
        let setup = raw::query("CREATE TEMP TABLE IF NOT EXISTS t (id int)");
        let messages = [setup, raw::query(text), raw::query("SELECT 1")];
        let answers = assert_same(&fixture, &messages).await;
        assert_eq!(answers.last().map(Message::tag), Some('E'));
    }
}

#[tokio::test]
async fn what_needs_a_block_of_the_clients_is_refused_within_a_text_as_by_the_server() {
    let fixture = Fixture::new().await;
    for statement in [
        "SAVEPOINT a",
        "RELEASE a -- end",
        "ROLLBACK TO a",
        "COMMIT AND CHAIN",
        "ROLLBACK AND CHAIN",
    ] {
        for text in [
            format!("CREATE TABLE t (id int); {statement}"),
            format!("{statement}\n; CREATE TABLE t (id int)"),
        ] {
            let answers = assert_same(&fixture, &[raw::query(&text)]).await;
            assert!(answers.iter().any(|message| message.tag == b'E'), "{text}");
        }
    }
}

#[tokio::test]
async fn the_server_keeps_the_text_that_was_sent() {
    let fixture = Fixture::new().await;
    let text = "/* one */ PREPARE p AS SELECT 1 /* two */; -- three";
    let shown = raw::query("SELECT statement FROM pg_prepared_statements WHERE name = 'p'");
    assert_same(&fixture, &[raw::query(text), shown]).await;
}

#[tokio::test]
async fn a_query_sent_into_a_copy_is_the_servers_error() {
    let fixture = Fixture::new().await;
    let setup = raw::query("CREATE TEMP TABLE t (id int)");
    for next in ["SELECT 1", "DISCARD ALL", "CREATE TABLE u (id int)"] {
        let messages = [
            setup.clone(),
            raw::query("COPY t FROM STDIN"),
            raw::query(next),
        ];
        let answers = assert_same(&fixture, &messages).await;
        assert_eq!(answers.last().map(Message::tag), Some('E'), "{next}");
    }
}

#[tokio::test]
async fn lastval_is_the_clients_own() {
    let fixture = Fixture::new().await;
    fixture.connect().await.run("PGGIT BRANCH feature").await;
    for branch in ["main", "feature"] {
        let session = fixture.connect_on(branch).await;
        session.run("CREATE TABLE a (id int)").await;
        let fresh = session.sqlstate("SELECT lastval()").await;
        assert_eq!(fresh, "55000", "{branch}");
        session.run("CREATE SEQUENCE s START 7").await;
        session.value("SELECT nextval('s')").await;
        session.run("CREATE TABLE b (id int)").await;
        assert_eq!(session.value("SELECT lastval()").await, "7", "{branch}");
        session
            .run("BEGIN; SELECT nextval('s'); ALTER TABLE b ADD COLUMN c int; DROP TABLE a; COMMIT")
            .await;
        assert_eq!(session.value("SELECT lastval()").await, "8", "{branch}");
        session
            .run("DO $$ BEGIN CREATE TABLE d (id int); END $$")
            .await;
        assert_eq!(session.value("SELECT lastval()").await, "8", "{branch}");
        session.assert_clean().await;
    }
}

#[tokio::test]
async fn ddl_is_recorded_where_a_session_has_turned_triggers_off() {
    let fixture = Fixture::new().await;
    let main = fixture.connect().await;
    let url = (fixture.proxy).url("postgres", &fixture.database.name);
    let superuser = Session::connect(&url).await;
    superuser
        .run("SET session_replication_role = replica")
        .await;
    superuser.run("CREATE TABLE public.t (id int)").await;
    assert_eq!(
        main.column("SELECT id FROM pggit.reflog WHERE branch = 'main' ORDER BY id")
            .await,
        ["1", "2"]
    );
    main.assert_clean().await;
}

#[tokio::test]
async fn a_sync_behind_copy_data_that_failed_is_answered() {
    let fixture = Fixture::new().await;
    fixture.connect().await.run("CREATE TABLE t (id int)").await;
    for rest in [
        vec![raw::sync(), raw::query("SELECT 1")],
        vec![raw::sync(), raw::sync(), raw::frame(b'c', b""), raw::sync()],
    ] {
        let copy = raw::query("COPY t FROM STDIN");
        let data = raw::frame(b'd', b"no number\n");
        let mut messages = vec![copy, data];
        messages.extend(rest);
        assert_same(&fixture, &messages).await;
    }
}

#[tokio::test]
async fn prepared_statements_of_the_proxy_are_not_to_be_seen() {
    let fixture = Fixture::new().await;
    let main = fixture.connect().await;
    let names = "SELECT name FROM pg_prepared_statements ORDER BY name";
    let assert_hidden = async |session: &Session, table: &str| {
        session.run(&format!("CREATE TABLE {table} (id int)")).await;
        assert_eq!(session.column(names).await, ["mine", "pggit:mine"]);
        let counted = "SELECT count(*) FROM pg_catalog.Pg_Prepared_Statements";
        assert_eq!(session.value(counted).await, "2");
        let both = format!("{counted} AS p; {counted} AS p, pg_prepared_statements AS q");
        assert_eq!(session.column(&both).await, ["2", "4"]);
        for statement in ["EXECUTE \"pggit:1\"", "DEALLOCATE \"pggit:1\""] {
            assert_eq!(session.sqlstate(statement).await, "26000", "{statement}");
        }
        session.run(&format!("DROP TABLE {table}")).await;
        session.assert_clean().await;
    };
    let prepare = "PREPARE mine AS SELECT 1; PREPARE \"pggit:mine\" AS SELECT 2";
    main.run(prepare).await;
    assert_hidden(&main, "a").await;
    main.run("PGGIT BRANCH feature").await;
    assert_hidden(&main, "b").await;
    let branch = fixture.connect_on("feature").await;
    branch.run(prepare).await;
    assert_hidden(&branch, "c").await;
}
