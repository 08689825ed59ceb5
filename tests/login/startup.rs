//! The packets before the login.

use super::secure::server;
use crate::harness::raw::{self, RawClient};
use crate::harness::{Proxy, Session};

const GSS_REQUEST: [u8; 8] = [0, 0, 0, 8, 0x04, 0xd2, 0x16, 0x30];

#[tokio::test]
async fn encryption_requests_are_answered_in_any_order_and_each_once() {
    let proxy = Proxy::start_with(server().await, &[]);
    let startup = raw::startup(&[("user", "postgres"), ("database", "postgres")]);
    for order in [
        [GSS_REQUEST, raw::SSL_REQUEST],
        [raw::SSL_REQUEST, GSS_REQUEST],
    ] {
        let mut client = RawClient::open(proxy.port()).await;
        client
            .send(&[&order[0][..], &order[1], &startup].concat())
            .await;
        // Two bytes `N`, then the first message: read together they begin `NNR`.
        let first = client.read_bytes(3).await;
        assert_eq!(first, b"NNR");
    }
    let mut twice = RawClient::open(proxy.port()).await;
    twice
        .send(&[raw::SSL_REQUEST, raw::SSL_REQUEST].concat())
        .await;
    assert_eq!(twice.read_bytes(2).await, b"NE");
}

#[tokio::test]
async fn malformed_packets_are_refused_with_a_protocol_violation() {
    let proxy = Proxy::start_with(server().await, &[]);
    let mut unterminated = raw::startup(&[("user", "postgres")]);
    unterminated.pop();
    let length = u32::try_from(unterminated.len()).unwrap();
    unterminated[..4].copy_from_slice(&length.to_be_bytes());
    for packet in [
        vec![0, 0, 0, 3],
        vec![0xff, 0xff, 0xff, 0xff],
        unterminated,
        vec![0, 0, 0, 12, 0x04, 0xd2, 0x16, 0x2e, 0, 0, 0, 1],
    ] {
        let mut client = RawClient::open(proxy.port()).await;
        client.send(&packet).await;
        assert_eq!(client.read().await.sqlstate(), "08P01", "{packet:?}");
        assert!(client.try_read().await.is_none());
    }
}

#[tokio::test]
async fn a_probe_that_connects_and_leaves_is_no_error() {
    let proxy = Proxy::start_with(server().await, &[]);
    drop(RawClient::open(proxy.port()).await);
    assert!(
        Session::connect(&proxy.url("postgres", "postgres"))
            .await
            .is_usable()
            .await
    );
    let (_, metrics) = super::operator::get(&proxy, "/metrics").await;
    assert!(metrics.contains("reason=\"protocol\"} 0"), "{metrics}");
}

#[tokio::test]
async fn a_replication_connection_is_passed_through() {
    let proxy = Proxy::start_with(server().await, &[]);
    let parameters = [("user", "postgres"), ("replication", "true")];
    let mut client = RawClient::connect_with(proxy.port(), &parameters).await;
    let answer = client.query("IDENTIFY_SYSTEM").await;
    assert_eq!(
        answer.iter().filter(|message| message.tag == b'D').count(),
        1
    );
}

#[tokio::test]
async fn clients_are_refused_where_the_administrative_role_cannot_connect() {
    let server = server().await;
    let url = server.url("nobody_of_that_name", "postgres");
    let proxy = Proxy::start_with(server, &["--upstream", &url]);
    let refused = RawClient::try_connect(proxy.port(), &[("user", "postgres")]).await;
    let error = refused
        .err()
        .expect("nobody can tell whether the database is versioned");
    assert_eq!(error.sqlstate(), "57P03");
}

#[tokio::test]
async fn a_database_that_does_not_exist_is_the_servers_to_refuse() {
    let proxy = Proxy::start_with(server().await, &[]);
    for database in ["nowhere", "postgres@branch"] {
        let parameters = [("user", "postgres"), ("database", database)];
        let error = RawClient::try_connect(proxy.port(), &parameters)
            .await
            .err();
        let message = error.and_then(|error| error.field(b'M'));
        assert_eq!(
            message,
            Some(format!("database \"{database}\" does not exist"))
        );
    }
}
