//! Proxies in front of this one that announce their clients. The one here is at 127.0.0.2.

use super::secure::{Certificate, ConfigFile};
use crate::harness::raw::{self, RawClient};
use crate::harness::{Database, Postgres, Proxy, Session, eventually};
use std::net::SocketAddr;
use tokio::net::{TcpSocket, TcpStream};

/// PROXY protocol 2, TCP over IPv4, from 192.0.2.7:4660 to 10.0.0.1:1, and a TLV that means nothing to the proxy.
const HEADER: &[u8] =
    b"\r\n\r\n\0\r\nQUIT\n\x21\x11\0\x11\xc0\0\x02\x07\x0a\0\0\x01\x12\x34\0\x01\x04\0\x02\x01\x02";
/// The same of a health check, which is nobody's connection.
const LOCAL: &[u8] = b"\r\n\r\n\0\r\nQUIT\n\x20\0\0\0";

fn announcing() -> (Proxy, ConfigFile) {
    let config = ConfigFile::new(|directory| {
        let certificate = Certificate::write(directory);
        format!(
            "[proxy_protocol]\nnetworks = ['127.0.0.2/32', 'fd00::/8']\n\
             [tls]\nmode = 'allow'\ncert = '{}'\nkey = '{}'\n",
            certificate.cert.display(),
            certificate.key.display()
        )
    });
    let proxy = Proxy::start_with(Postgres::shared(), &config.arguments());
    (proxy, config)
}

/// A connection from the proxy in front.
async fn from_in_front(port: u16) -> RawClient {
    let socket = TcpSocket::new_v4().unwrap();
    socket
        .bind(SocketAddr::from(([127, 0, 0, 2], 0)))
        .expect("all of 127.0.0.0/8 is this machine");
    let stream: TcpStream = socket
        .connect(SocketAddr::from(([127, 0, 0, 1], port)))
        .await
        .unwrap();
    stream.set_nodelay(true).unwrap();
    RawClient::over(stream)
}

#[tokio::test]
async fn the_announced_address_is_that_of_commits_and_of_the_log() {
    let (proxy, _config) = announcing();
    let database = Database::create().await;
    let admin = Session::connect(&proxy.url("postgres", &database.name)).await;
    admin.run("PGGIT INIT").await;
    let parameters = [
        ("user", database.owner.as_str()),
        ("database", database.name.as_str()),
    ];
    let mut client = from_in_front(proxy.port()).await;
    client
        .send(&[HEADER, &raw::startup(&parameters)].concat())
        .await;
    client.read_until_ready().await;
    let answer = client.query("CREATE TABLE announced (id int)").await;
    assert_eq!(raw::tags(&answer), "CZ", "{answer:?}");
    let author = "SELECT address FROM pggit.log LIMIT 1";
    assert_eq!(admin.value(author).await, "192.0.2.7:4660");
    assert!(proxy.log().contains("peer=\"192.0.2.7:4660\""));
}

#[tokio::test]
async fn a_header_is_required_from_there_and_refused_from_elsewhere() {
    let (proxy, _config) = announcing();
    let startup = raw::startup(&[("user", "postgres"), ("database", "postgres")]);
    for bytes in [
        &startup[..],
        &raw::SSL_REQUEST,
        b"PROXY TCP4 1.1.1.1 2.2.2.2 1 2\r\n",
    ] {
        let mut client = from_in_front(proxy.port()).await;
        client.send(bytes).await;
        let error = client.read().await;
        assert_eq!(error.sqlstate(), "08P01");
        let message = error.field(b'M').unwrap();
        assert!(message.contains("PROXY protocol"), "{message}");
        assert!(client.try_read().await.is_none());
    }
    let mut client = RawClient::open(proxy.port()).await;
    client.send(&[HEADER, &startup].concat()).await;
    assert_eq!(client.read().await.sqlstate(), "08P01");
    assert!(!proxy.log().contains("192.0.2.7"));
}

#[tokio::test]
async fn what_follows_a_header_is_as_without() {
    let (proxy, _config) = announcing();
    let startup = raw::startup(&[("user", "postgres"), ("database", "postgres")]);
    // Asked for TLS in the same segment: the answer is one byte, and then it is the client's turn.
    let mut asking = from_in_front(proxy.port()).await;
    asking.send(&[HEADER, &raw::SSL_REQUEST].concat()).await;
    assert_eq!(asking.read_bytes(1).await, b"S");

    let mut own = from_in_front(proxy.port()).await;
    own.send(&[LOCAL, &startup].concat()).await;
    own.read_until_ready().await;
    eventually("the session to be logged", async || {
        proxy.log().contains("peer=\"127.0.0.2:")
    })
    .await;

    let mut probe = from_in_front(proxy.port()).await;
    probe.send(LOCAL).await;
    drop(probe);
    drop(from_in_front(proxy.port()).await);
    let (_, metrics) = super::operator::get(&proxy, "/metrics").await;
    assert!(metrics.contains("reason=\"protocol\"} 0"), "{metrics}");
}
