//! Sessions between a client and a server that are both played by the test, byte for byte.

use super::{Cancel, Context, Phase, Start};
use crate::branch::SearchPath;
use crate::config::Upstream;
use crate::repo::{Identity, Repo, Versioning};
use crate::sql::Planner;
use crate::telemetry::Metrics;
use crate::upstream::admin::AdminPools;
use crate::wire::backend::{self, Status};
use crate::wire::error_response::{self, Fields};
use crate::wire::frame::{self, HEADER_BYTES, put};
use crate::wire::{Stream, frontend};
use bytes::{Bytes, BytesMut};
use futures::future::BoxFuture;
use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use tokio::io::{AsyncReadExt, AsyncWriteExt, DuplexStream};
use tokio::sync::watch;
use tokio::task::JoinHandle;

const MAX_STATEMENT_BYTES: usize = 64 * 1024;

#[derive(Debug, Default)]
struct Cancelled(AtomicBool);

impl Cancel for Cancelled {
    fn cancel(&self) -> BoxFuture<'_, ()> {
        self.0.store(true, Ordering::SeqCst);
        Box::pin(std::future::ready(()))
    }

    fn packet(&self) -> Bytes {
        Bytes::new()
    }
}

/// One side of a session, as the test plays it.
struct Peer {
    stream: DuplexStream,
    buffer: BytesMut,
}

impl Peer {
    fn new(stream: DuplexStream) -> Self {
        Self {
            stream,
            buffer: BytesMut::new(),
        }
    }

    async fn send(&mut self, write: impl FnOnce(&mut BytesMut)) {
        let mut out = BytesMut::new();
        write(&mut out);
        self.stream.write_all(&out).await.unwrap();
    }

    /// The next frame: its type and its body.
    async fn receive(&mut self) -> (char, Vec<u8>) {
        loop {
            if let Some(header) = frame::header(&self.buffer).unwrap()
                && self.buffer.len() >= header.len
            {
                let frame = self.buffer.split_to(header.len);
                return (char::from(header.tag), frame[HEADER_BYTES..].to_vec());
            }
            let read = self.stream.read_buf(&mut self.buffer).await.unwrap();
            assert_ne!(read, 0, "the session closed the connection");
        }
    }

    async fn expect(&mut self, tags: &str) -> Vec<Vec<u8>> {
        let mut bodies = Vec::new();
        for tag in tags.chars() {
            let (received, body) = self.receive().await;
            assert_eq!(
                received,
                tag,
                "of {tags}: {}",
                String::from_utf8_lossy(&body)
            );
            bodies.push(body);
        }
        bodies
    }

    async fn expect_end(&mut self) {
        assert_eq!(self.stream.read_buf(&mut self.buffer).await.unwrap(), 0);
        assert!(self.buffer.is_empty());
    }
}

struct Played {
    client: Peer,
    server: Peer,
    cancelled: Arc<Cancelled>,
    phase: watch::Sender<Phase>,
    session: JoinHandle<()>,
}

/// A session on a database that is not initialised.
fn play() -> Played {
    let (client, client_end) = tokio::io::duplex(1024);
    let (server, server_end) = tokio::io::duplex(1024);
    let cancelled = Arc::new(Cancelled::default());
    let (phase, receiver) = watch::channel(Phase::Serving);
    let start = Start {
        cancel: Arc::clone(&cancelled) as Arc<dyn Cancel>,
        phase: receiver,
        ..start(client_end, server_end)
    };
    Played {
        client: Peer::new(client),
        server: Peer::new(server),
        cancelled,
        phase,
        session: tokio::spawn(super::run(start)),
    }
}

/// What a session on such a database starts with.
pub(super) fn start(client: DuplexStream, server: DuplexStream) -> Start {
    let pools = || AdminPools::new(&Upstream::default()).unwrap();
    Start {
        client: Stream::Duplex(client),
        server: Stream::Duplex(server),
        client_buffer: BytesMut::new(),
        server_buffer: BytesMut::new(),
        context: Arc::new(Context {
            repo: Arc::new(Repo::new(pools(), pools(), Versioning::default())),
            planner: Arc::new(Planner::new(1 << 20)),
            metrics: Arc::new(Metrics::new().unwrap()),
            waits: super::waiting::Waits::default(),
            max_statement_bytes: MAX_STATEMENT_BYTES,
        }),
        session_id: 1,
        identity: Identity::default(),
        database_name: "app".to_owned(),
        database: None,
        map: None,
        logical_search_path: SearchPath::default(),
        parameters: BTreeMap::new(),
        cancel: Arc::new(Cancelled::default()),
        phase: watch::channel(Phase::Serving).1,
        buffers: Arc::default(),
        span: tracing::Span::none(),
    }
}

fn server_error(out: &mut BytesMut, severity: &str) {
    let report = crate::error::ErrorReport::new(
        crate::error::SqlState::SYNTAX_ERROR,
        "syntax error at or near \"pggit\"",
    );
    error_response::error(out, severity, &report);
}

#[tokio::test]
async fn queries_and_answers_pass_as_they_stand() {
    let Played {
        mut client,
        mut server,
        ..
    } = play();
    client
        .send(|out| frontend::query(out, b"SELECT 1, 'a;b'"))
        .await;
    let text = server.expect("Q").await;
    assert_eq!(text[0], b"SELECT 1, 'a;b'\0");
    server
        .send(|out| {
            backend::data_row(out, 1, |row| backend::put_value(row, b"1"));
            backend::command_complete(out, b"SELECT 1");
            backend::ready_for_query(out, Status::Idle);
        })
        .await;
    client.expect("DCZ").await;
}

#[tokio::test]
async fn rows_larger_than_any_buffer_stream_through() {
    let Played {
        mut client,
        mut server,
        ..
    } = play();
    client.send(|out| frontend::query(out, b"SELECT 1")).await;
    server.expect("Q").await;
    let value = vec![b'x'; 3 << 20];
    let sent = value.clone();
    let sending = tokio::spawn(async move {
        server
            .send(|out| {
                backend::data_row(out, 1, |row| backend::put_value(row, &sent));
                backend::command_complete(out, b"SELECT 1");
                backend::ready_for_query(out, Status::Idle);
            })
            .await;
        server
    });
    let bodies = client.expect("DCZ").await;
    assert!(bodies[0].ends_with(&value));
    sending.await.unwrap();
}

#[tokio::test]
async fn a_pipeline_is_answered_although_nothing_is_read_while_it_is_sent() {
    let Played {
        mut client,
        mut server,
        ..
    } = play();
    let count: usize = 200;
    let answering = tokio::spawn(async move {
        for _ in 0..count {
            server.expect("PBE").await;
            server
                .send(|out| {
                    for tag in [b'1', b'2'] {
                        put(out, tag, |_| ());
                    }
                    backend::command_complete(out, b"SELECT 0");
                })
                .await;
        }
        server.expect("S").await;
        server
            .send(|out| backend::ready_for_query(out, Status::Idle))
            .await;
    });
    client
        .send(|out| {
            for _ in 0..count {
                frontend::parse(out, b"", b"SELECT 1", &[0, 0]);
                frontend::bind(out, b"", b"", &[]);
                frontend::execute(out, b"", 0);
            }
            frontend::sync(out);
        })
        .await;
    for _ in 0..count {
        client.expect("12C").await;
    }
    client.expect("Z").await;
    answering.await.unwrap();
}

#[tokio::test]
async fn a_command_is_answered_without_the_server() {
    let Played {
        mut client,
        server: _server,
        ..
    } = play();
    client
        .send(|out| frontend::query(out, b"pggit version"))
        .await;
    let bodies = client.expect("TDCZ").await;
    assert!(bodies[0].windows(7).any(|name| name == b"version"));
    assert_eq!(bodies[3], b"I");
}

#[tokio::test]
async fn a_command_has_an_empty_statement_as_its_stand_in() {
    let Played {
        mut client,
        mut server,
        ..
    } = play();
    client
        .send(|out| {
            frontend::parse(out, b"s", b"PGGIT VERSION", &[0, 0]);
            put(out, b'D', |body| body.extend_from_slice(b"Ss\0"));
            frontend::sync(out);
        })
        .await;
    let sent = server.expect("PDS").await;
    assert_eq!(sent[0], b"s\0\0\0\0");
    server
        .send(|out| {
            put(out, b'1', |_| ());
            put(out, b't', |body| body.extend_from_slice(&[0, 0]));
            put(out, b'n', |_| ());
            backend::ready_for_query(out, Status::Idle);
        })
        .await;
    client.expect("1tTZ").await;

    client
        .send(|out| {
            frontend::bind(out, b"", b"s", &[]);
            frontend::execute(out, b"", 0);
            frontend::sync(out);
        })
        .await;
    server.expect("BH").await;
    server.send(|out| put(out, b'2', |_| ())).await;
    client.expect("2DC").await;
    server.expect("S").await;
    server
        .send(|out| backend::ready_for_query(out, Status::Idle))
        .await;
    client.expect("Z").await;
}

#[tokio::test]
async fn an_error_of_the_proxy_is_made_by_the_server() {
    let Played {
        mut client,
        mut server,
        ..
    } = play();
    client
        .send(|out| frontend::query(out, b"PGGIT FROBNICATE"))
        .await;
    let text = server.expect("Q").await;
    assert_eq!(text[0], b"pggit\0");
    server
        .send(|out| {
            server_error(out, "ERROR");
            backend::ready_for_query(out, Status::Failed);
        })
        .await;
    let bodies = client.expect("EZ").await;
    assert!(Fields(&bodies[0]).message().contains("FROBNICATE"));
    assert_eq!(bodies[1], b"E");
}

#[tokio::test]
async fn after_an_error_the_queue_follows_the_server_to_the_sync() {
    let Played {
        mut client,
        mut server,
        ..
    } = play();
    client
        .send(|out| {
            frontend::parse(out, b"", b"SELEC", &[0, 0]);
            frontend::bind(out, b"", b"", &[]);
            frontend::execute(out, b"", 0);
            frontend::sync(out);
            frontend::query(out, b"SELECT 1");
        })
        .await;
    server.expect("PBESQ").await;
    server
        .send(|out| {
            server_error(out, "ERROR");
            backend::ready_for_query(out, Status::Idle);
            backend::command_complete(out, b"SELECT 1");
            backend::ready_for_query(out, Status::Idle);
        })
        .await;
    client.expect("EZCZ").await;
}

#[tokio::test]
async fn a_malformed_frame_ends_that_session_alone() {
    let Played {
        mut client,
        mut server,
        session,
        ..
    } = play();
    client
        .send(|out| out.extend_from_slice(&[b'Q', 0, 0, 0, 1]))
        .await;
    let bodies = client.expect("E").await;
    let fields = Fields(&bodies[0]);
    assert_eq!(fields.sqlstate().as_str(), "08P01");
    assert!(fields.is_fatal());
    server.expect("X").await;
    session.await.unwrap();
}

#[tokio::test]
async fn the_servers_own_fatal_is_the_only_one() {
    let Played {
        mut client,
        mut server,
        ..
    } = play();
    server.send(|out| server_error(out, "FATAL")).await;
    drop(server);
    let bodies = client.expect("E").await;
    assert_eq!(Fields(&bodies[0]).sqlstate().as_str(), "42601");
    client.expect_end().await;
}

#[tokio::test]
async fn a_server_that_vanishes_is_reported() {
    let Played {
        mut client, server, ..
    } = play();
    drop(server);
    let bodies = client.expect("E").await;
    assert_eq!(Fields(&bodies[0]).sqlstate().as_str(), "08006");
    client.expect_end().await;
}

#[tokio::test]
async fn a_client_that_vanishes_has_its_query_cancelled() {
    let Played {
        mut client,
        mut server,
        cancelled,
        session,
        ..
    } = play();
    client
        .send(|out| frontend::query(out, b"SELECT pg_sleep(60)"))
        .await;
    server.expect("Q").await;
    drop(client);
    server.expect("X").await;
    session.await.unwrap();
    assert!(cancelled.0.load(Ordering::SeqCst));
}

#[tokio::test]
async fn draining_waits_for_the_end_of_the_transaction() {
    let Played {
        mut client,
        mut server,
        phase,
        ..
    } = play();
    for (text, status) in [
        (&b"BEGIN"[..], Status::InTransaction),
        (b"COMMIT", Status::Idle),
    ] {
        client.send(|out| frontend::query(out, text)).await;
        server.expect("Q").await;
        server
            .send(|out| {
                backend::command_complete(out, text);
                backend::ready_for_query(out, status);
            })
            .await;
        client.expect("CZ").await;
        phase.send_replace(Phase::Draining);
    }
    let bodies = client.expect("E").await;
    assert_eq!(Fields(&bodies[0]).sqlstate().as_str(), "57P01");
    client.expect_end().await;
}

#[tokio::test]
async fn long_texts_stream_where_only_commands_matter() {
    let Played {
        mut client,
        mut server,
        ..
    } = play();
    let text = vec![b' '; 4 * MAX_STATEMENT_BYTES];
    let sent = text.clone();
    let sending = tokio::spawn(async move {
        client.send(|out| frontend::query(out, &sent)).await;
        client
    });
    let bodies = server.expect("Q").await;
    assert_eq!(bodies[0].len(), text.len() + 1);
    server
        .send(|out| {
            backend::empty_query_response(out);
            backend::ready_for_query(out, Status::Idle);
        })
        .await;
    sending.await.unwrap().expect("IZ").await;
}
