//! What sessions cost that do nothing new, or nothing at all.

use super::ending::Phase;
use super::tests::start;
use super::texts::Texts;
use super::{Start, run};
use crate::branch::BranchMap;
use crate::sql::{PlanContext, Planner};
use crate::wire::backend::{self, Status, tag};
use crate::wire::frame::put;
use crate::wire::frontend;
use bytes::BytesMut;
use std::sync::Arc;
use tokio::io::{AsyncReadExt, AsyncWriteExt, DuplexStream, duplex};
use tokio::sync::watch;

/// The most that the state of a session may take, what it points to aside.
const SESSION_BYTES: usize = 4096;

/// A statement and its answer, as the two sides send them.
struct Exchange {
    request: BytesMut,
    answer: BytesMut,
}

impl Exchange {
    fn simple() -> Self {
        let mut exchange = Self::answered();
        frontend::query(&mut exchange.request, b"SELECT a FROM t WHERE b = 1");
        exchange
    }

    fn extended(parse: bool, statement: &[u8]) -> Self {
        let mut exchange = Self {
            request: BytesMut::new(),
            answer: BytesMut::new(),
        };
        let Exchange { request, answer } = &mut exchange;
        if parse {
            frontend::parse(request, statement, b"SELECT a FROM t WHERE b = $1", &[0, 0]);
            put(answer, tag::PARSE_COMPLETE, |_| ());
        }
        frontend::bind(request, b"", statement, &[Some("1")]);
        put(answer, tag::BIND_COMPLETE, |_| ());
        frontend::execute(request, b"", 0);
        frontend::sync(request);
        answer.extend_from_slice(&Self::answered().answer);
        exchange
    }

    fn answered() -> Self {
        let mut answer = BytesMut::new();
        backend::data_row(&mut answer, 1, |row| backend::put_value(row, b"1"));
        backend::command_complete(&mut answer, b"SELECT 1");
        backend::ready_for_query(&mut answer, Status::Idle);
        Self {
            request: BytesMut::new(),
            answer,
        }
    }
}

/// Both peers of a session.
struct Peers {
    client: DuplexStream,
    server: DuplexStream,
    buffer: [u8; 1024],
}

impl Peers {
    async fn exchange(&mut self, exchange: &Exchange) {
        let Exchange { request, answer } = exchange;
        self.client.write_all(request).await.unwrap();
        let read = self.server.read_exact(&mut self.buffer[..request.len()]);
        read.await.unwrap();
        self.server.write_all(answer).await.unwrap();
        let read = self.client.read_exact(&mut self.buffer[..answer.len()]);
        read.await.unwrap();
        assert_eq!(self.buffer[..answer.len()], answer[..]);
    }
}

#[test]
fn a_statement_like_the_one_before_allocates_nothing() {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .build()
        .unwrap();
    let (client, client_end) = duplex(1024);
    let (server, server_end) = duplex(1024);
    let (_phase, receiver) = watch::channel(Phase::Serving);
    let start = Start {
        phase: receiver,
        ..start(client_end, server_end)
    };
    runtime.spawn(run(start));
    let mut peers = Peers {
        client,
        server,
        buffer: [0; 1024],
    };
    runtime.block_on(peers.exchange(&Exchange::extended(true, b"named")));
    for exchange in [
        Exchange::simple(),
        Exchange::extended(true, b""),
        Exchange::extended(false, b"named"),
    ] {
        runtime.block_on(peers.exchange(&exchange));
        runtime.block_on(peers.exchange(&exchange));
        let counted = allocation_counter::measure(|| {
            runtime.block_on(async {
                for _ in 0..100 {
                    peers.exchange(&exchange).await;
                }
            });
        });
        assert_eq!(counted.count_total, 0, "{:?}", exchange.request);
    }
}

#[test]
fn a_harmless_text_is_planned_and_remembered_without_an_allocation() {
    let planner = Planner::new(1 << 20);
    let map = BranchMap::new("main", 1, 1, [], Arc::default());
    let context = PlanContext {
        map: &map,
        client_encoding: "UTF8",
        standard_conforming_strings: true,
        watch_transactions: true,
    };
    let text = b"SELECT abalance FROM pgbench_accounts WHERE aid = $1";
    let mut texts = Texts::default();
    let mut last = [texts.copy(text), texts.copy(text)];
    let mut number = 0;
    let mut work = |times: usize| {
        for _ in 0..times {
            assert!(planner.plan(text, &context).is_none());
            last[number % 2] = texts.copy(text);
            number += 1;
        }
    };
    work(1000);
    let counted = allocation_counter::measure(|| work(1000));
    assert_eq!(counted.count_total, 0);
}

#[test]
fn an_idle_session_takes_little_memory() {
    let (client, server) = (duplex(1).0, duplex(1).0);
    let bytes = size_of_val(&run(start(client, server)));
    assert!(bytes <= SESSION_BYTES, "{bytes}");
}
