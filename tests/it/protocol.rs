//! The wire protocol in bytes: a client cannot tell the proxy from the server, but for what it asked of it.

use crate::harness::raw::{self, Message, RawClient, tags};
use crate::harness::relay::{Relay, Segments};
use crate::harness::{Database, Fixture, Postgres, Proxy, Session, eventually};
use nix::sys::signal::Signal;

/// A fixture with a table `t (id, note)` of three rows on `main` and on `feature`.
async fn fixture() -> Fixture {
    let fixture = Fixture::new().await;
    let main = fixture.connect().await;
    main.run("CREATE TABLE t (id int PRIMARY KEY, note text)")
        .await;
    main.run("PGGIT BRANCH feature").await;
    for session in [main, fixture.connect_on("feature").await] {
        session
            .run("INSERT INTO t SELECT g, 'n' || g FROM generate_series(1, 3) g")
            .await;
    }
    fixture
}

async fn raw_on(fixture: &Fixture, branch: &str) -> RawClient {
    let mut client = fixture.raw().await;
    let answer = client
        .query(&format!("SET pggit.branch = '{branch}'"))
        .await;
    assert_eq!(tags(&answer), "CZ", "{answer:?}");
    client
}

/// The messages without what may come at any time.
fn in_turn(messages: Vec<Message>) -> Vec<Message> {
    messages
        .into_iter()
        .filter(|message| !matches!(message.tag, b'N' | b'S' | b'A'))
        .collect()
}

#[tokio::test]
async fn error_positions_are_those_of_the_clients_text() {
    let fixture = fixture().await;
    let mut server = RawClient::connect(
        fixture.database.server.port(),
        &fixture.database.owner,
        &fixture.database.name,
    )
    .await;
    let mut clients = [
        raw_on(&fixture, "feature").await,
        raw_on(&fixture, "main").await,
    ];
    for sql in [
        "SELECT nope FROM public.t",
        "SELECT 1 FROM public.t WHERE nope = 1",
        "SELECT 'é', 'öü' FROM public.t, public.t AS other WHERE nope = 1",
        "SELECT public.nope(1) FROM public.t",
        "SELECT * FROM public.nope",
        "SELECT * FROM t JOIN public.nope ON true",
        "SELECT 1 FROM public.t; SELECT nope FROM public.t",
        "CREATE TABLE p (id int); SELECT nope FROM public.t",
        "CREATE TABLE p (id public.nope)",
        "ALTER TABLE public.t ADD COLUMN x nope",
        "INSERT INTO public.t (id, nope) VALUES (1, 2)",
        "SELEKT 1",
        "CREATE TABLE public.x (id int,)",
    ] {
        let expected = server.query(sql).await;
        let expected = expected
            .iter()
            .find(|message| message.tag == b'E')
            .expect("an error");
        for client in &mut clients {
            let answer = client.query(sql).await;
            let error = answer
                .iter()
                .find(|message| message.tag == b'E')
                .expect(sql);
            assert_eq!(error.field(b'P'), expected.field(b'P'), "{sql}: {error:?}");
            assert_eq!(error.sqlstate(), expected.sqlstate(), "{sql}");
            // Utility statements are looked into when they run, not when they are parsed.
            if sql.starts_with("SELECT") && !sql.contains(';') {
                let answer = client.exchange(&[raw::parse("", sql)]).await;
                let error = &answer[0];
                assert_eq!(error.field(b'P'), expected.field(b'P'), "{sql}: {error:?}");
            }
        }
    }
}

/// Encodings, and a word in each: where it can be, with a second byte that is a backslash or another sign of SQL's.
const ENCODINGS: [(&str, &[u8]); 10] = [
    ("UTF8", "表é".as_bytes()),
    ("LATIN1", b"\xe9\xe8"),
    ("SJIS", b"\x95\x5c\xb1\x83\x5c"),
    ("EUC_JP", b"\xa4\xa2\x8e\xb1\x8f\xb0\xa1"),
    ("EUC_KR", b"\xb0\xa1\xb0\xa2"),
    ("EUC_TW", b"\xa4\xa1\xa4\xa2"),
    ("BIG5", b"\xa5\x5c\xae\x61"),
    ("GBK", b"\x95\x5c\xb0\xa1"),
    ("GB18030", b"\x95\x5c\x81\x30\x84\x36"),
    ("UHC", b"\xb0\xa1\x81\x61"),
];

/// Compares the positions that errors have through the proxy, on `main` and on a branch, with the server's own.
async fn assert_positions(fixture: &Fixture, encoding: &str, word: &[u8]) {
    let port = fixture.proxy.port();
    let server = fixture.database.server.port();
    let open = |port, database: String| async move {
        let parameters = [
            ("user", fixture.database.owner.as_str()),
            ("database", &database),
            ("client_encoding", encoding),
        ];
        RawClient::connect_with(port, &parameters).await
    };
    let name = &fixture.database.name;
    let mut direct = open(server, name.clone()).await;
    for branch in ["main", "feature"] {
        let mut client = open(port, format!("{name}@{branch}")).await;
        for (before, after) in [
            ("SELECT '", "', nope FROM public.t"),
            ("SELECT public.t.id, '", "', nope FROM public.t"),
            (
                "SELECT 1 FROM public.t WHERE '",
                "' = public.t.note AND nope",
            ),
            (
                "SELECT 1 FROM public.t; SELECT '",
                "' FROM public.t, nope()",
            ),
            (
                "CREATE TABLE public.x (id int); SELECT '",
                "', nope FROM public.t",
            ),
            ("SELEKT '", "'"),
        ] {
            let sql = [before.as_bytes(), word, after.as_bytes()].concat();
            let shown = format!("{encoding} on {branch}: {}", sql.escape_ascii());
            let error = |answer: Vec<Message>| {
                answer
                    .into_iter()
                    .find(|message| message.tag == b'E')
                    .unwrap_or_else(|| panic!("no error: {shown}"))
            };
            let expected = error(direct.query_bytes(&sql).await);
            let found = error(client.query_bytes(&sql).await);
            assert_eq!(found.sqlstate(), expected.sqlstate(), "{shown}: {found:?}");
            assert!(expected.field(b'P').is_some(), "{shown}");
            assert_eq!(found.field(b'P'), expected.field(b'P'), "{shown}");
        }
    }
}

#[tokio::test]
async fn error_positions_are_in_characters_of_the_clients_encoding() {
    let fixture = fixture().await;
    for (encoding, word) in ENCODINGS {
        assert_positions(&fixture, encoding, word).await;
    }
}

#[tokio::test]
async fn error_positions_are_in_characters_whatever_the_servers_encoding() {
    for (encoding, client, word) in [
        ("EUC_JP", "EUC_JP", &b"\xa4\xa2\x8e\xb1"[..]),
        ("EUC_JP", "SJIS", b"\x95\x5c\xb1"),
        ("LATIN1", "UTF8", "éè".as_bytes()),
        // Nothing is converted, and the server counts bytes.
        ("SQL_ASCII", "UTF8", "éè".as_bytes()),
    ] {
        let database = Database::create_in(encoding).await;
        let proxy = Proxy::start();
        let fixture = Fixture { database, proxy };
        fixture.connect_as("postgres").await.run("PGGIT INIT").await;
        let main = fixture.connect().await;
        main.run("CREATE TABLE t (id int PRIMARY KEY, note text)")
            .await;
        main.run("PGGIT BRANCH feature").await;
        fixture.complete("feature").await;
        assert_positions(&fixture, client, word).await;
    }
}

#[tokio::test]
async fn messages_of_errors_show_logical_names() {
    let fixture = fixture().await;
    let mut client = raw_on(&fixture, "feature").await;
    let answer = client.query("SELECT * FROM public.nope").await;
    assert_eq!(
        answer[0].field(b'M').as_deref(),
        Some("relation \"public.nope\" does not exist")
    );
    assert_eq!(answer[0].field(b'P').as_deref(), Some("15"));
    client
        .query("CREATE TABLE a (id int PRIMARY KEY); CREATE TABLE b (id int REFERENCES a)")
        .await;
    let answer = client.query("DROP TABLE a").await;
    let detail = answer[0].field(b'D').unwrap_or_default();
    assert!(!detail.contains('@'), "{detail}");
    let answer = client.query("DROP TABLE IF EXISTS public.a CASCADE").await;
    let notice = answer.iter().find(|message| message.tag == b'N');
    let message = notice.and_then(|notice| notice.field(b'M'));
    assert_eq!(
        message.as_deref(),
        Some("drop cascades to constraint b_id_fkey on table b")
    );
    let elsewhere = "relation \"public@other.nope\" does not exist";
    let answer = client.query("SELECT * FROM \"public@other\".nope").await;
    assert_eq!(answer[0].field(b'M').as_deref(), Some(elsewhere));
}

#[tokio::test]
async fn notifications_reach_an_idle_client() {
    let fixture = fixture().await;
    let mut listener = raw_on(&fixture, "feature").await;
    listener.query("LISTEN news").await;
    let other = fixture.connect().await;
    other.run("NOTIFY news, 'hello'").await;
    let message = listener.read().await;
    assert_eq!(message.tag(), 'A');
    assert!(message.body.ends_with(b"news\0hello\0"));
}

#[tokio::test]
async fn copy_works_inside_a_text_with_ddl() {
    let fixture = fixture().await;
    for branch in ["main", "feature"] {
        let mut client = raw_on(&fixture, branch).await;
        client
            .send(&raw::query(
                "CREATE TABLE c (id int); COPY public.c FROM STDIN; COPY c TO STDOUT; SELECT count(*) FROM public.c",
            ))
            .await;
        let answer = client.read_until(b'G').await;
        assert_eq!(tags(&in_turn(answer)), "CG");
        client.send(&raw::frame(b'd', b"1\n2\n")).await;
        client.send(&raw::frame(b'd', b"3\n")).await;
        client.send(&raw::frame(b'c', &[])).await;
        let answer = in_turn(client.read_until_ready().await);
        assert_eq!(tags(&answer), "CHdddcCTDCZ", "{answer:?}");
        assert_eq!(answer[8].text(), ["3"]);
        let answer = client.query("DROP TABLE c").await;
        assert_eq!(tags(&answer), "CZ");
        fixture.connect_on(branch).await.assert_clean().await;
    }
}

#[tokio::test]
async fn a_failed_copy_inside_a_text_undoes_it() {
    let fixture = fixture().await;
    let mut client = raw_on(&fixture, "feature").await;
    client
        .send(&raw::query(
            "CREATE TABLE c (id int); COPY c FROM STDIN; CREATE TABLE d (id int)",
        ))
        .await;
    client.read_until(b'G').await;
    client.send(&raw::frame(b'f', b"changed my mind\0")).await;
    let answer = in_turn(client.read_until_ready().await);
    assert_eq!(tags(&answer), "EZ", "{answer:?}");
    assert_eq!(answer[0].sqlstate(), "57014");
    assert_eq!(answer[1].status(), 'I');
    let answer = client
        .query("SELECT to_regclass('c'), to_regclass('public.d')")
        .await;
    assert_eq!(answer[1].text(), ["∅", "∅"]);
}

#[tokio::test]
async fn copy_over_the_extended_protocol_works() {
    let fixture = fixture().await;
    let mut client = raw_on(&fixture, "feature").await;
    // Like tokio-postgres: the Sync goes out before the data, and the server ignores it.
    let mut bytes = Vec::new();
    bytes.extend(raw::parse("", "COPY public.t FROM STDIN"));
    bytes.extend(raw::bind("", "", &[], false));
    bytes.extend(raw::execute("", 0));
    bytes.extend(raw::sync());
    client.send(&bytes).await;
    client.read_until(b'G').await;
    client.send(&raw::frame(b'd', b"10\tten\n")).await;
    client.send(&raw::frame(b'c', &[])).await;
    client.send(&raw::sync()).await;
    let answer = in_turn(client.read_until_ready().await);
    assert_eq!(tags(&answer), "CZ", "{answer:?}");
    let answer = client.query("SELECT note FROM t WHERE id = 10").await;
    assert_eq!(answer[1].text(), ["ten"]);
}

#[tokio::test]
async fn portals_page() {
    let fixture = fixture().await;
    let mut client = raw_on(&fixture, "feature").await;
    client.query("BEGIN").await;
    let answer = client
        .exchange(&[
            raw::parse("", "SELECT note FROM public.t ORDER BY id"),
            raw::bind("p", "", &[], false),
            raw::execute("p", 2),
        ])
        .await;
    assert_eq!(tags(&answer), "12DDsZ", "{answer:?}");
    let answer = client.exchange(&[raw::execute("p", 2)]).await;
    assert_eq!(tags(&answer), "DCZ", "{answer:?}");
    assert_eq!(answer[0].text(), ["n3"]);
    for sql in [
        "DECLARE c CURSOR FOR SELECT note FROM public.t ORDER BY id",
        "MOVE 1 IN c",
    ] {
        client.query(sql).await;
    }
    let answer = client.query("FETCH c").await;
    assert_eq!(answer[1].text(), ["n2"]);
    client.query("COMMIT").await;
}

#[tokio::test]
async fn rows_of_commands_page_too() {
    let fixture = fixture().await;
    let session = fixture.connect().await;
    for n in 0..4 {
        session
            .run(&format!("CREATE TABLE page_{n} (id int)"))
            .await;
    }
    let mut client = fixture.raw().await;
    let answer = client
        .exchange(&[
            raw::parse("", "PGGIT LOG LIMIT 5"),
            raw::bind("log", "", &[], false),
            raw::describe_portal("log"),
            raw::execute("log", 2),
            raw::execute("log", 2),
            raw::execute("log", 2),
            raw::close_portal("log"),
        ])
        .await;
    assert_eq!(tags(&answer), "12TDDsDDsDC3Z", "{answer:?}");
    let hashes: std::collections::BTreeSet<_> = answer
        .iter()
        .filter(|message| message.tag == b'D')
        .map(|message| message.text()[0].clone())
        .collect();
    assert_eq!(hashes.len(), 5, "each row once");
}

#[tokio::test]
async fn commands_are_described_before_they_run() {
    const TIMESTAMPTZ: u32 = 1184;
    let fixture = fixture().await;
    let mut client = fixture.raw().await;
    let answer = client
        .exchange(&[raw::parse("s", "PGGIT LOG"), raw::describe_statement("s")])
        .await;
    assert_eq!(tags(&answer), "1tTZ", "{answer:?}");
    let fields = answer[2].fields();
    let names: Vec<&str> = fields.iter().map(|(name, _, _)| name.as_str()).collect();
    assert_eq!(names, ["commit", "branches", "author", "date", "message"]);
    assert_eq!(fields[3].1, TIMESTAMPTZ);
    let answer = client
        .exchange(&[
            raw::parse("", "PGGIT CHECKOUT feature"),
            raw::describe_statement(""),
        ])
        .await;
    assert_eq!(tags(&answer), "1tnZ", "{answer:?}");
    assert_eq!(
        client.query("SHOW pggit.branch").await[1].text(),
        ["main"],
        "it did not run"
    );
    let answer = client
        .exchange(&[raw::bind("", "s", &[], false), raw::execute("", 0)])
        .await;
    assert!(tags(&answer).starts_with("2D"), "{answer:?}");
    let answer = client.exchange(&[raw::close_statement("s")]).await;
    assert_eq!(tags(&answer), "3Z");
    let answer = client.exchange(&[raw::bind("", "s", &[], false)]).await;
    assert_eq!(answer[0].sqlstate(), "26000");
}

#[tokio::test]
async fn binary_results_of_commands_are_binary() {
    let fixture = fixture().await;
    let mut client = fixture.raw().await;
    let text = client.query("PGGIT LOG LIMIT 1").await;
    let answer = client
        .exchange(&[
            raw::parse("", "PGGIT LOG LIMIT 1"),
            raw::bind("", "", &[], true),
            raw::describe_portal(""),
            raw::execute("", 0),
        ])
        .await;
    assert_eq!(tags(&answer), "12TDCZ", "{answer:?}");
    assert!(answer[2].fields().iter().all(|(_, _, format)| *format == 1));
    let (text, binary) = (text[1].columns(), answer[3].columns());
    assert_eq!(text[0], binary[0]);
    let micros: [u8; 8] = binary[3]
        .clone()
        .expect("a date")
        .try_into()
        .expect("eight bytes");
    // Since 2000-01-01; this was written in 2026.
    assert!(i64::from_be_bytes(micros) > 26 * 365 * 86_400 * 1_000_000);
}

#[tokio::test]
async fn the_text_of_a_command_shows_its_rows_and_its_tag() {
    let fixture = fixture().await;
    let mut client = fixture.raw().await;
    let answer = client.query("  pggit Version ; ").await;
    assert_eq!(tags(&answer), "TDCZ", "{answer:?}");
    let answer = client.query("PGGIT BRANCH another").await;
    assert_eq!(tags(&in_turn(answer)), "CZ");
    client.query("BEGIN").await;
    let answer = client.query("PGGIT LOG").await;
    assert_eq!(answer.last().expect("an end").status(), 'T');
    let answer = client.query("SELECT 1; PGGIT VERSION; SELECT 2").await;
    assert_eq!(tags(&answer), "TDCTDCTDCZ", "{answer:?}");
    client.query("SELECT 1/0").await;
    let answer = client.query("PGGIT LOG").await;
    assert_eq!(tags(&answer), "EZ");
    assert_eq!(answer[0].sqlstate(), "25P02");
    assert_eq!(answer[1].status(), 'E');
}

#[tokio::test]
async fn after_an_error_everything_is_skipped_until_sync() {
    let fixture = fixture().await;
    let mut client = fixture.raw().await;
    let answer = client
        .exchange(&[
            raw::parse("", "SELECT 1 / (random() * 0)::int"),
            raw::bind("", "", &[], false),
            raw::execute("", 0),
            raw::parse("", "PGGIT BRANCH never"),
            raw::bind("", "", &[], false),
            raw::execute("", 0),
            raw::parse("", "CREATE TABLE never (id int)"),
            raw::bind("", "", &[], false),
            raw::execute("", 0),
            raw::parse("", "SET pggit.branch = 'feature'"),
            raw::bind("", "", &[], false),
            raw::execute("", 0),
        ])
        .await;
    assert_eq!(tags(&answer), "12EZ", "{answer:?}");
    assert_eq!(client.query("SHOW pggit.branch").await[1].text(), ["main"]);
    let session = fixture.connect().await;
    assert_eq!(
        session.sqlstate("SET pggit.branch = 'never'").await,
        "3D000"
    );
    assert_eq!(session.value("SELECT to_regclass('never')").await, "∅");

    // An error of the proxy's own is no different.
    let answer = client
        .exchange(&[
            raw::parse("", "SELECT 1"),
            raw::bind("", "", &[], false),
            raw::execute("", 0),
            raw::parse("", "PGGIT NONSENSE"),
            raw::parse("", "SELECT 2"),
            raw::bind("", "", &[], false),
            raw::execute("", 0),
        ])
        .await;
    assert_eq!(tags(&answer), "12DCEZ", "{answer:?}");
    assert_eq!(answer[4].sqlstate(), "42601");
}

#[tokio::test]
async fn flush_brings_what_is_due() {
    let fixture = fixture().await;
    let mut client = raw_on(&fixture, "feature").await;
    let mut bytes = raw::parse("named", "SELECT note FROM public.t WHERE id = $1::int");
    bytes.extend(raw::describe_statement("named"));
    bytes.extend(raw::flush());
    client.send(&bytes).await;
    let answer = client.read_until(b'T').await;
    assert_eq!(tags(&answer), "1tT");
    let mut bytes = raw::bind("p", "named", &["2"], false);
    bytes.extend(raw::execute("p", 0));
    bytes.extend(raw::flush());
    client.send(&bytes).await;
    let answer = client.read_until(b'C').await;
    assert_eq!(tags(&answer), "2DC");
    assert_eq!(answer[1].text(), ["n2"]);
    client.send(&raw::sync()).await;
    assert_eq!(client.read().await.status(), 'I');
}

#[tokio::test]
async fn a_name_is_taken_only_by_a_statement_that_parsed() {
    let fixture = fixture().await;
    let mut client = raw_on(&fixture, "feature").await;
    let answer = client
        .exchange(&[raw::parse("s", "SELECT nope FROM public.t")])
        .await;
    assert_eq!(tags(&answer), "EZ");
    let answer = client
        .exchange(&[raw::parse("s", "SELECT note FROM public.t WHERE id = 1")])
        .await;
    assert_eq!(tags(&answer), "1Z");
    let answer = client.exchange(&[raw::parse("s", "SELECT 2")]).await;
    assert_eq!(answer[0].sqlstate(), "42P05");
    client.query("SET pggit.branch = 'main'").await;
    let answer = client
        .exchange(&[raw::bind("", "s", &[], false), raw::execute("", 0)])
        .await;
    assert_eq!(tags(&answer), "2DCZ", "{answer:?}");
    assert_eq!(answer[1].text(), ["n1"]);
}

#[tokio::test]
async fn an_injected_statement_does_not_disturb_the_clients_unnamed_one() {
    let fixture = fixture().await;
    let mut client = raw_on(&fixture, "feature").await;
    let answer = client
        .exchange(&[
            raw::parse("", "SELECT note FROM public.t WHERE id = 1"),
            raw::parse("ddl", "CREATE TABLE between (id int)"),
            raw::bind("ddl", "ddl", &[], false),
            raw::execute("ddl", 0),
        ])
        .await;
    assert_eq!(tags(&answer), "112CZ", "{answer:?}");
    let answer = client
        .exchange(&[raw::bind("", "", &[], false), raw::execute("", 0)])
        .await;
    assert_eq!(tags(&answer), "2DCZ", "{answer:?}");
}

#[tokio::test]
async fn empty_texts_are_answered_as_empty() {
    let fixture = fixture().await;
    for branch in ["main", "feature"] {
        let mut client = raw_on(&fixture, branch).await;
        for sql in ["", ";", "  -- only a comment", "/* nothing */;;"] {
            assert_eq!(tags(&client.query(sql).await), "IZ", "{sql:?}");
        }
        let answer = client
            .exchange(&[
                raw::parse("", ""),
                raw::bind("", "", &[], false),
                raw::execute("", 0),
            ])
            .await;
        assert_eq!(tags(&answer), "12IZ");
    }
}

#[tokio::test]
async fn function_calls_pass() {
    const INT4_ABS: u32 = 1397;
    let fixture = fixture().await;
    let mut client = raw_on(&fixture, "feature").await;
    let mut body = INT4_ABS.to_be_bytes().to_vec();
    body.extend([0, 0, 0, 1, 0, 0, 0, 2]);
    body.extend(b"-5");
    body.extend([0, 0]);
    client.send(&raw::frame(b'F', &body)).await;
    let answer = client.read_until_ready().await;
    assert_eq!(tags(&answer), "VZ", "{answer:?}");
    assert!(answer[0].body.ends_with(b"5"));
}

#[tokio::test]
async fn a_big_pipeline_flows_in_both_directions() {
    const STATEMENTS: usize = 20_000;
    let fixture = fixture().await;
    let mut client = raw_on(&fixture, "feature").await;
    let mut bytes = raw::parse("big", "SELECT repeat(note, 200) FROM public.t");
    for _ in 0..STATEMENTS {
        bytes.extend(raw::bind("", "big", &[], false));
        bytes.extend(raw::execute("", 0));
    }
    bytes.extend(raw::sync());
    let counts = client.pump(&bytes, 1).await;
    assert_eq!(counts[&'D'], 3 * STATEMENTS);
    assert_eq!(counts[&'C'], STATEMENTS);
}

#[tokio::test]
async fn many_messages_with_a_sync_each_flow_too() {
    const STATEMENTS: usize = 10_000;
    let fixture = fixture().await;
    for branch in ["main", "feature"] {
        let mut client = raw_on(&fixture, branch).await;
        let bytes: Vec<u8> = (0..STATEMENTS)
            .flat_map(|_| raw::query("SELECT note FROM public.t"))
            .collect();
        let counts = client.pump(&bytes, STATEMENTS).await;
        assert_eq!(counts[&'D'], 3 * STATEMENTS);
    }
}

#[tokio::test]
async fn big_values_pass() {
    const SIZE: usize = 50_000_000;
    let fixture = fixture().await;
    let session = fixture.connect_on("feature").await;
    let size = i32::try_from(SIZE).expect("an int");
    let row = session
        .query_one("SELECT repeat('x', $1::int)", &[&size])
        .await
        .expect("a row");
    assert_eq!(row.get::<_, String>(0).len(), SIZE);
    let value = "y".repeat(SIZE);
    let row = session
        .query_one("SELECT length($1::text)", &[&value])
        .await
        .expect("a row");
    assert_eq!(row.get::<_, i32>(0), size);
}

#[tokio::test]
async fn a_query_can_be_cancelled() {
    let fixture = fixture().await;
    for branch in ["main", "feature"] {
        let mut client = raw_on(&fixture, branch).await;
        let sleeper = format!("SELECT pg_sleep(600) /* cancel on {branch} */");
        client.send(&raw::query(&sleeper)).await;
        let server = fixture.superuser().await;
        let running = format!(
            "SELECT count(*) FROM pg_stat_activity WHERE state = 'active' AND query LIKE '{}%'",
            &sleeper[..24]
        );
        eventually("the query to run", async || {
            server.value(&running).await == "1"
        })
        .await;
        let mut canceller = RawClient::open(fixture.proxy.port()).await;
        canceller.send(&raw::cancel(&client.key)).await;
        assert!(
            canceller.try_read().await.is_none(),
            "a cancel is not answered"
        );
        let answer = client.read_until_ready().await;
        assert_eq!(
            answer
                .iter()
                .find(|message| message.tag == b'E')
                .expect("an error")
                .sqlstate(),
            "57014"
        );
        assert_eq!(tags(&client.query("SELECT 1").await), "TDCZ");
    }
}

#[tokio::test]
async fn the_query_of_a_client_that_vanished_is_cancelled() {
    let fixture = fixture().await;
    let mut client = raw_on(&fixture, "feature").await;
    client
        .send(&raw::query("SELECT pg_sleep(600) /* vanish */"))
        .await;
    let server = fixture.superuser().await;
    let running = "SELECT count(*) FROM pg_stat_activity WHERE query LIKE '%/* vanish */' AND pid <> pg_backend_pid()";
    eventually("the query to run", async || {
        server.value(running).await == "1"
    })
    .await;
    drop(client);
    eventually("the query to end", async || {
        server.value(running).await == "0"
    })
    .await;
}

#[tokio::test]
async fn a_server_that_ends_the_session_is_quoted_once() {
    let fixture = fixture().await;
    let server = fixture.superuser().await;
    for sql in ["SELECT pg_sleep(600)", ""] {
        let mut client = raw_on(&fixture, "feature").await;
        let pid = client.query("SELECT pg_backend_pid()").await[1].text()[0].clone();
        if !sql.is_empty() {
            client.send(&raw::query(sql)).await;
            // A server that goes while a query is still arriving resets the connection, and its last words are lost.
            let running = format!(
                "SELECT count(*) FROM pg_stat_activity WHERE pid = {pid} AND query = '{sql}'"
            );
            eventually("the query to run", async || {
                server.value(&running).await == "1"
            })
            .await;
        }
        server
            .run(&format!("SELECT pg_terminate_backend({pid})"))
            .await;
        let answer = client.read_until(b'E').await;
        let message = answer.last().expect("an error");
        assert_eq!(message.sqlstate(), "57P01");
        assert_eq!(message.field(b'S').as_deref(), Some("FATAL"));
        assert!(client.try_read().await.is_none(), "nothing after the FATAL");
    }
    assert!(fixture.connect().await.is_usable().await);
}

#[tokio::test]
async fn a_server_that_is_gone_without_a_word_is_reported() {
    let database = Database::create().await;
    let server = Postgres::shared();
    let parameters = [
        ("user", database.owner.as_str()),
        ("database", database.name.as_str()),
    ];
    for sql in ["SELECT pg_sleep(600)", ""] {
        let relay = Relay::start(server.port(), Segments::AsTheyCome);
        let upstream = format!("postgres://postgres@127.0.0.1:{}", relay.port());
        let proxy = Proxy::start_with(server, &["--upstream", &upstream]);
        let mut client = RawClient::connect_with(proxy.port(), &parameters).await;
        if !sql.is_empty() {
            client.send(&raw::query(sql)).await;
            let running = "SELECT count(*) FROM pg_stat_activity WHERE state = 'active' AND query = 'SELECT pg_sleep(600)'";
            let superuser = database.superuser().await;
            eventually("the query to run", async || {
                superuser.value(running).await == "1"
            })
            .await;
        }
        relay.cut();
        let message = client.read().await;
        assert_eq!(message.sqlstate(), "08006");
        assert_eq!(message.field(b'S').as_deref(), Some("FATAL"));
        assert!(client.try_read().await.is_none(), "nothing after the FATAL");
    }
}

#[tokio::test]
async fn a_drain_lets_a_copy_finish() {
    let mut fixture = fixture().await;
    let mut client = raw_on(&fixture, "feature").await;
    client.send(&raw::query("COPY public.t FROM STDIN")).await;
    client.read_until(b'G').await;
    client.send(&raw::frame(b'd', b"10\tten\n")).await;
    fixture.proxy.signal(Signal::SIGTERM);
    // Nobody else gets in any more: it has begun to drain.
    eventually("the drain", async || {
        fixture.proxy.log().contains("draining")
    })
    .await;
    client.send(&raw::frame(b'd', b"11\televen\n")).await;
    client.send(&raw::frame(b'c', &[])).await;
    let answer = in_turn(client.read_until_ready().await);
    assert_eq!(tags(&answer), "CZ", "{answer:?}");
    assert_eq!(answer[0].command_tag(), "COPY 2");
    assert_eq!(client.read().await.sqlstate(), "57P01");
    assert!(client.try_read().await.is_none());
    assert!(fixture.proxy.wait().success());
}

#[tokio::test]
async fn a_drain_lets_transactions_finish_and_ends_idle_sessions() {
    let mut fixture = fixture().await;
    let mut idle = raw_on(&fixture, "feature").await;
    let mut busy = raw_on(&fixture, "main").await;
    busy.query("BEGIN").await;
    busy.query("CREATE TABLE drained (id int)").await;
    fixture.proxy.signal(Signal::SIGTERM);
    let message = idle.read().await;
    assert_eq!(message.sqlstate(), "57P01");
    assert!(idle.try_read().await.is_none());
    let answer = busy.query("COMMIT").await;
    assert_eq!(answer[0].command_tag(), "COMMIT");
    assert_eq!(busy.read().await.sqlstate(), "57P01");
    assert!(busy.try_read().await.is_none());
    assert!(fixture.proxy.wait().success());
    assert_eq!(
        fixture.statements("main").await.last().map(String::as_str),
        Some("CREATE TABLE drained (id int)")
    );
    assert!(Session::try_connect(&fixture.url()).await.is_err());
}

#[tokio::test]
async fn replication_sessions_pass() {
    let fixture = fixture().await;
    let mut client = RawClient::connect_with(
        fixture.proxy.port(),
        &[("user", "postgres"), ("replication", "true")],
    )
    .await;
    let answer = client.query("IDENTIFY_SYSTEM").await;
    assert_eq!(tags(&answer), "TDCZ", "{answer:?}");

    // Of a database: SQL is the server's own business there, so is a name that looks like a branch's.
    let mut named = vec![("user", "postgres"), ("replication", "database")];
    named.push(("database", fixture.database.name.as_str()));
    let mut client = RawClient::connect_with(fixture.proxy.port(), &named).await;
    let answer = client.query("SELECT count(*) FROM public.t").await;
    assert_eq!(answer[1].text(), ["3"]);
    let branch = format!("{}@feature", fixture.database.name);
    named.pop();
    named.push(("database", &branch));
    let refused = RawClient::try_connect(fixture.proxy.port(), &named).await;
    assert_eq!(refused.err().expect("no such database").sqlstate(), "3D000");
}

#[tokio::test]
async fn notices_of_the_server_reach_the_client_in_turn() {
    let fixture = fixture().await;
    let session = fixture.connect_on("feature").await;
    session
        .run("DO $$ BEGIN RAISE NOTICE 'from the server'; END $$")
        .await;
    session
        .run("CREATE TABLE IF NOT EXISTS public.t (id int)")
        .await;
    let notices = session.notices();
    assert!(
        notices.contains(&"from the server".to_owned()),
        "{notices:?}"
    );
    assert!(
        notices
            .iter()
            .any(|notice| notice.contains("already exists")),
        "{notices:?}"
    );
}

#[tokio::test]
async fn ddl_changes_what_prepared_statements_return_as_it_does_without_a_proxy() {
    let fixture = fixture().await;
    let mut client = raw_on(&fixture, "feature").await;
    client
        .exchange(&[raw::parse("s", "SELECT * FROM public.t WHERE id = 1")])
        .await;
    client
        .query("ALTER TABLE public.t ADD COLUMN extra int")
        .await;
    let answer = client
        .exchange(&[raw::bind("", "s", &[], false), raw::execute("", 0)])
        .await;
    match answer[0].tag() {
        'E' => assert_eq!(answer[0].sqlstate(), "0A000"),
        _ => assert_eq!(tags(&answer), "2DCZ"),
    }
}
