//! Input that no client should send: a clear error to that client, and nobody else disturbed.

use crate::harness::raw::{self, RawClient, tags};
use crate::harness::{Fixture, Session};

/// A fixture with `t` on `main` and `feature`, and a bystander who must not notice anything.
async fn fixture() -> (Fixture, Session) {
    let fixture = Fixture::new().await;
    let session = fixture.connect().await;
    session.run("CREATE TABLE t (id int, note text)").await;
    session.run("PGGIT BRANCH feature").await;
    let bystander = fixture.connect_on("feature").await;
    bystander.run("INSERT INTO t VALUES (1, 'x')").await;
    (fixture, bystander)
}

async fn assert_undisturbed(bystander: &Session) {
    assert_eq!(bystander.column("SELECT note FROM public.t").await, ["x"]);
    bystander.assert_clean().await;
}

#[tokio::test]
async fn malformed_frames_end_that_session_alone() {
    let (mut fixture, bystander) = fixture().await;
    let with_length = |tag: u8, length: u32| {
        let mut bytes = vec![tag];
        bytes.extend(length.to_be_bytes());
        bytes
    };
    for bytes in [
        with_length(b'Q', 3),
        with_length(b'Q', 0),
        with_length(b'Q', u32::MAX),
        with_length(b'Q', 0x7fff_ffff),
        with_length(b'P', 0x7fff_ffff),
        with_length(b'S', 0x7fff_ffff),
        with_length(b'y', 4),
        with_length(0, 8),
        raw::frame(0xff, b"what is this"),
    ] {
        let mut client = fixture.raw().await;
        client.send(&bytes).await;
        let message = client.read().await;
        assert_eq!(message.tag(), 'E', "{bytes:?}: {message:?}");
        assert_eq!(message.sqlstate(), "08P01", "{bytes:?}: {message:?}");
        assert!(
            client.try_read().await.is_none(),
            "{bytes:?} ends the session"
        );
    }
    assert_undisturbed(&bystander).await;
    assert!(fixture.proxy.is_running());
}

#[tokio::test]
async fn messages_with_a_broken_body_are_errors() {
    let (fixture, bystander) = fixture().await;
    for bytes in [
        raw::frame(b'Q', b"SELECT 1"),
        raw::frame(b'Q', b""),
        raw::frame(b'P', b"name"),
        raw::frame(b'P', b"name\0SELECT 1"),
        raw::frame(b'P', b"name\0SELECT 1\0\xff\xff"),
        raw::frame(b'B', b"portal"),
        raw::frame(b'B', b"p\0s\0\x00\x01"),
        raw::frame(b'B', b"\0\0\x00\x00\xff\xff\x00\x00"),
        raw::frame(b'D', b""),
        raw::frame(b'D', b"X\0"),
        raw::frame(b'E', b"p\0"),
        raw::frame(b'C', b"?name\0"),
    ] {
        let mut client = fixture.raw().await;
        client.send(&bytes).await;
        client.try_send(&raw::sync()).await;
        let message = client.read().await;
        assert_eq!(message.tag(), 'E', "{bytes:?}: {message:?}");
        assert!(
            message.sqlstate().starts_with("08") || message.sqlstate().starts_with("26"),
            "{bytes:?}: {message:?}"
        );
    }
    assert_undisturbed(&bystander).await;
}

#[tokio::test]
async fn startup_packets_of_any_shape_harm_nobody() {
    let (mut fixture, bystander) = fixture().await;
    let startups: &[&[u8]] = &[
        b"",
        b"\0",
        b"\0\0\0\0",
        b"\0\0\0\x04",
        b"\0\0\0\x08\0\0\0\0",
        b"\x7f\xff\xff\xff\0\x03\0\0",
        b"\xff\xff\xff\xff\xff\xff\xff\xff",
        b"\0\0\0\x09\0\x03\0\0\0",
        b"\0\0\0\x0c\0\x03\0\0user",
        b"\0\0\0\x11\0\x03\0\0user\0bob\0",
        b"\0\0\0\x0d\0\x02\0\0user\0",
        b"GET / HTTP/1.1\r\nHost: example.org\r\n\r\n",
        b"\x16\x03\x01\x00\x05hello",
    ];
    for bytes in startups {
        let mut client = RawClient::open(fixture.proxy.port()).await;
        client.try_send(bytes).await;
        drop(client);
    }
    assert_undisturbed(&bystander).await;
    assert!(fixture.proxy.is_running());
    assert!(fixture.connect().await.is_usable().await);
}

#[tokio::test]
async fn a_branch_that_is_not_there_is_said_to_be_so() {
    let (fixture, _bystander) = fixture().await;
    let session = fixture.connect().await;
    for sql in [
        "SET pggit.branch = 'nope'",
        "SET LOCAL pggit.branch = 'nope'",
        "SET pggit.branch = ''",
        "SET pggit.branch = 'nope; DROP TABLE t'",
        "PGGIT CHECKOUT nope",
        "PGGIT MERGE nope",
        "PGGIT DIFF main nope",
        "PGGIT LOG nope",
        "PGGIT SHOW nope",
        "PGGIT BRANCH x FROM nope",
        "PGGIT BRANCH DELETE nope",
        "PGGIT BRANCH RENAME nope TO other",
        "PGGIT MERGE feature INTO nope",
    ] {
        let error = session.error(sql).await;
        assert_eq!(error.code().code(), "3D000", "{sql}: {error:?}");
        assert_eq!(session.branch().await, "main", "{sql}");
    }
    for url in [
        fixture.url_on("nope"),
        format!("{}?options=-c%20pggit.branch%3Dnope", fixture.url()),
    ] {
        let error = Session::try_connect(&url)
            .await
            .map(drop)
            .expect_err("no such branch");
        let error = error.as_db_error().expect("a report");
        assert_eq!(error.code().code(), "3D000", "{url}");
        assert_eq!(error.severity(), "FATAL");
    }
}

#[tokio::test]
async fn an_unknown_branch_fails_the_transaction_as_any_error_does() {
    let (fixture, _bystander) = fixture().await;
    let session = fixture.connect().await;
    session.run("BEGIN; CREATE TABLE gone (id int)").await;
    assert_eq!(session.sqlstate("SET pggit.branch = 'nope'").await, "3D000");
    assert_eq!(session.sqlstate("SELECT 1").await, "25P02");
    session.run("ROLLBACK").await;
    assert_eq!(session.value("SELECT to_regclass('gone')").await, "∅");
    session.run("BEGIN; SAVEPOINT s").await;
    assert_eq!(session.sqlstate("PGGIT CHECKOUT nope").await, "3D000");
    session.run("ROLLBACK TO s").await;
    assert_eq!(session.value("SELECT 1").await, "1");
    session.run("COMMIT").await;
    let answer = fixture
        .raw()
        .await
        .exchange(&[
            raw::parse("", "SET pggit.branch = 'nope'"),
            raw::bind("", "", &[], false),
            raw::execute("", 0),
        ])
        .await;
    assert!(tags(&answer).ends_with("EZ"), "{answer:?}");
    assert_eq!(answer[answer.len() - 2].sqlstate(), "3D000");
    assert_eq!(answer[answer.len() - 1].status(), 'I');
}

/// Commands that are not commands, and what is wrong with each.
const NOT_COMMANDS: &[(&str, &str)] = &[
    ("PGGIT", "42601"),
    ("PGGIT NONSENSE", "42601"),
    ("PGGIT BRANCH a b c", "42601"),
    ("PGGIT BRANCH 'unterminated", "42601"),
    ("PGGIT MERGE", "42601"),
    ("PGGIT MERGE feature STRATEGY hope", "22023"),
    ("PGGIT LOG LIMIT many", "42601"),
    ("PGGIT LOG LIMIT -1", "42601"),
    ("PGGIT DIFF main feature AS XML", "42601"),
    ("PGGIT RESOLVE 1 1 WITH LUCK", "42601"),
    ("PGGIT RESOLVE one 1 WITH SOURCE", "42601"),
    ("PGGIT CHECKOUT", "42601"),
    ("PGGIT BRANCH \"\"", "42602"),
    ("PGGIT BRANCH \"a@b\"", "42602"),
    ("PGGIT BRANCH \"line\nbreak\"", "42602"),
    ("PGGIT BRANCH feature", "42P04"),
    ("PGGIT BRANCH main", "42P04"),
    ("PGGIT CONFLICTS 4711", "42704"),
    ("PGGIT RESOLVE 4711 1 WITH SOURCE", "42704"),
    ("PGGIT MERGE CONTINUE 4711", "42704"),
    ("PGGIT MERGE ABORT 4711", "42704"),
    ("PGGIT MERGE ABORT 99999999999999999999999", "42601"),
    ("PGGIT LOG SINCE 'the other day'", "22007"),
];

#[tokio::test]
async fn commands_that_are_none_say_what_is_wrong() {
    let (fixture, bystander) = fixture().await;
    let session = fixture.connect().await;
    let mut raw_client = fixture.raw().await;
    for (sql, state) in NOT_COMMANDS {
        let error = session.error(sql).await;
        assert_eq!(error.code().code(), *state, "{sql}: {error:?}");
        assert!(session.is_usable().await);
        let answer = raw_client
            .exchange(&[
                raw::parse("", sql),
                raw::bind("", "", &[], false),
                raw::execute("", 0),
            ])
            .await;
        let error = answer
            .iter()
            .find(|message| message.tag == b'E')
            .expect(sql);
        assert_eq!(error.sqlstate(), *state, "{sql} extended: {error:?}");
        assert_eq!(answer.last().expect("an end").status(), 'I');
    }
    for sql in [
        "PGGIT BRANCH DELETE main",
        "PGGIT BRANCH RENAME main TO other",
    ] {
        session.error(sql).await;
    }
    assert_undisturbed(&bystander).await;
}

#[tokio::test]
async fn names_beyond_63_bytes_are_errors_or_cut_as_the_server_does() {
    let (fixture, bystander) = fixture().await;
    let session = fixture.connect().await;
    let long = "x".repeat(64);
    assert_eq!(
        session.sqlstate(&format!("PGGIT BRANCH {long}")).await,
        "42622"
    );
    assert_eq!(
        session
            .sqlstate(&format!("PGGIT BRANCH RENAME feature TO {long}"))
            .await,
        "42622"
    );
    let state = session
        .sqlstate(&format!("SET pggit.branch = '{long}'"))
        .await;
    assert!(state == "3D000" || state == "42622", "{state}");

    // The longest branch, schema and table names there can be.
    let name = "é".repeat(31);
    session.run(&format!("CREATE SCHEMA \"{name}\"")).await;
    session
        .run(&format!("CREATE TABLE \"{name}\".\"{name}\" (id int)"))
        .await;
    session.run(&format!("PGGIT BRANCH \"{name}\"")).await;
    session
        .run(&format!("PGGIT BRANCH \"{}\"", "é".repeat(30)))
        .await;
    session.run(&format!("SET pggit.branch = '{name}'")).await;
    session
        .run(&format!("INSERT INTO \"{name}\".\"{name}\" VALUES (1)"))
        .await;
    assert_eq!(
        session
            .value(&format!("SELECT count(*) FROM \"{name}\".\"{name}\""))
            .await,
        "1"
    );
    session.run(&format!("CREATE TABLE {long} (id int)")).await;
    session
        .run(&format!("ALTER TABLE public.{long} ADD COLUMN {long} int"))
        .await;
    session.assert_clean().await;
    session.run("SET pggit.branch = 'main'").await;
    assert_eq!(
        session
            .value(&format!("SELECT count(*) FROM \"{name}\".\"{name}\""))
            .await,
        "0"
    );
    assert_undisturbed(&bystander).await;
}

#[tokio::test]
async fn other_encodings_are_read_right_or_refused() {
    let (fixture, bystander) = fixture().await;
    for branch in ["main", "feature"] {
        let mut client = RawClient::connect_with(
            fixture.proxy.port(),
            &[
                ("user", &fixture.database.owner),
                ("database", &format!("{}@{branch}", fixture.database.name)),
                ("client_encoding", "LATIN1"),
            ],
        )
        .await;
        let answer = client.query("CREATE TABLE plain (id int)").await;
        assert_eq!(tags(&answer), "CZ", "{answer:?}");
        let answer = client
            .query_bytes(b"SELECT '\xe9', count(*) FROM public.plain")
            .await;
        assert_eq!(tags(&answer), "TDCZ", "{answer:?}");
        assert_eq!(answer[1].columns()[0].as_deref(), Some(&b"\xe9"[..]));
        let answer = client
            .query_bytes(b"CREATE TABLE public.\"\xe9t\xe9\" (id int)")
            .await;
        if answer[0].tag == b'E' {
            assert_eq!(answer[0].sqlstate(), "0A000");
            assert!(answer[0].field(b'H').is_some());
        } else {
            let session = fixture.connect_on(branch).await;
            assert_eq!(
                session.value("SELECT count(*) FROM public.\"été\"").await,
                "0"
            );
        }
        assert_eq!(tags(&client.query("SELECT 1").await), "TDCZ");
        fixture.connect_on(branch).await.assert_clean().await;

        // In Shift JIS the second byte of a character may be a backslash or a quote's neighbour.
        client.query("SET client_encoding = 'SJIS'").await;
        let answer = client
            .query_bytes(b"SELECT note || '\x83\x5c' FROM public.t")
            .await;
        match answer[0].tag() {
            'E' => {
                assert_eq!(answer[0].sqlstate(), "0A000", "{answer:?}");
                assert!(answer[0].field(b'H').is_some());
            }
            _ => assert!(tags(&answer).ends_with("CZ"), "{answer:?}"),
        }
        assert_eq!(
            tags(&client.query("SELECT 1 FROM public.plain").await),
            "TCZ"
        );
    }
    assert_undisturbed(&bystander).await;
}

#[tokio::test]
async fn text_that_is_not_utf_8_is_the_servers_error() {
    let (fixture, bystander) = fixture().await;
    for branch in ["main", "feature"] {
        let mut client = fixture.raw().await;
        client
            .query(&format!("SET pggit.branch = '{branch}'"))
            .await;
        for sql in [
            &b"SELECT '\xff'"[..],
            b"SELECT * FROM public.t WHERE note = '\xc3('",
            b"CREATE TABLE \"\xff\" (id int)",
            b"PGGIT BRANCH \"\xff\"",
        ] {
            let answer = client.query_bytes(sql).await;
            assert_eq!(answer[0].tag(), 'E', "{answer:?}");
            assert_eq!(answer[0].sqlstate(), "22021", "{}", sql.escape_ascii());
            assert_eq!(tags(&client.query("SELECT 1").await), "TDCZ");
        }
    }
    assert_undisturbed(&bystander).await;
}

#[tokio::test]
async fn nesting_without_end_harms_nobody() {
    let (mut fixture, bystander) = fixture().await;
    let depth = 10_000;
    let nested = |open: &str, middle: &str, close: &str| {
        format!("{}{middle}{}", open.repeat(depth), close.repeat(depth))
    };
    let texts = [
        format!("SELECT {}", nested("(", "1", ")")),
        format!(
            "SELECT note FROM public.t WHERE {}",
            nested("(", "true", ")")
        ),
        nested("SELECT * FROM (", "SELECT note FROM public.t", ") AS x"),
        format!("SELECT {}", nested("(SELECT ", "note FROM public.t", ")")),
        format!("SELECT {}", nested("CASE WHEN true THEN ", "1", " END")),
        format!("SELECT {}", nested("- ", "1", "")),
        format!("SELECT {}", nested("NOT ", "true", "")),
        format!("SELECT {}", nested("ARRAY[", "1", "]")),
        format!("CREATE TABLE deep AS SELECT {}", nested("(", "1", ")")),
        format!("PGGIT BRANCH {}", nested("(", "x", ")")),
        format!("SELECT 1{}", " UNION SELECT 1".repeat(depth)),
        format!("SELECT 1{}", " + 1".repeat(depth)),
        "SELECT 1;".repeat(depth),
        nested("/*", "", "*/"),
        nested("BEGIN;", "", "ROLLBACK;"),
    ];
    for branch in ["main", "feature"] {
        let mut client = fixture.raw().await;
        client
            .query(&format!("SET pggit.branch = '{branch}'"))
            .await;
        for sql in &texts {
            for extended in [false, true] {
                let answer = if extended {
                    client.exchange(&[raw::parse("", sql)]).await
                } else {
                    client.query(sql).await
                };
                if let Some(error) = answer.iter().find(|message| message.tag == b'E') {
                    let state = error.sqlstate();
                    assert!(
                        ["54001", "42601", "54000"].contains(&state.as_str()),
                        "{}…: {error:?}",
                        &sql[..40]
                    );
                }
                client.query("ROLLBACK").await;
                assert_eq!(
                    tags(&client.query("SELECT 1").await),
                    "TDCZ",
                    "{}…",
                    &sql[..40]
                );
            }
        }
    }
    assert_undisturbed(&bystander).await;
    assert!(fixture.proxy.is_running());
}

#[tokio::test]
async fn a_statement_of_64_mebibytes_is_served_or_refused_whole() {
    const SIZE: usize = 64 << 20;
    let (mut fixture, bystander) = fixture().await;
    let sql = format!(
        "SELECT length('{}') FROM public.t LIMIT 1",
        "x".repeat(SIZE)
    );
    for branch in ["main", "feature"] {
        for extended in [false, true] {
            let mut client = fixture.raw().await;
            client.query("INSERT INTO t VALUES (2, 'main')").await;
            client
                .query(&format!("SET pggit.branch = '{branch}'"))
                .await;
            let answer = if extended {
                client
                    .exchange(&[
                        raw::parse("", &sql),
                        raw::bind("", "", &[], false),
                        raw::execute("", 0),
                    ])
                    .await
            } else {
                client.query(&sql).await
            };
            match answer.iter().find(|message| message.tag == b'E') {
                Some(error) => assert_eq!(error.sqlstate(), "54000", "{error:?}"),
                None => assert!(
                    answer
                        .iter()
                        .any(|message| message.tag == b'D' && message.text() == [SIZE.to_string()])
                ),
            }
            assert_eq!(answer.last().expect("an end").status(), 'I');
            assert_eq!(tags(&client.query("SELECT 1").await), "TDCZ");
        }
    }
    assert_undisturbed(&bystander).await;
    assert!(fixture.proxy.is_running());
}

#[tokio::test]
async fn random_bytes_after_login_harm_nobody() {
    use rand::{Rng, SeedableRng, rngs::StdRng};
    let (mut fixture, bystander) = fixture().await;
    let mut random = StdRng::seed_from_u64(20_261_122);
    for _ in 0..100 {
        let mut client = fixture.raw().await;
        let tag = *b"QPBDECSHFdcfXpyz"
            .get(random.random_range(0..16))
            .expect("in range");
        let body: Vec<u8> = (0..random.random_range(0..64))
            .map(|_| random.random())
            .collect();
        client.try_send(&raw::frame(tag, &body)).await;
        client.try_send(&raw::sync()).await;
    }
    assert_undisturbed(&bystander).await;
    assert!(fixture.proxy.is_running());
}
