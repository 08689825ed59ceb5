//! Servers newer than the one at hand: what they say that it does not, put into its mouth.

use crate::harness::raw::{self, Message, RawClient};
use crate::harness::{Postgres, Proxy};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

const PROTOCOL_3_2: u32 = 0x0003_0002;
const CANCEL_CODE: [u8; 4] = [0x04, 0xd2, 0x16, 0x2e];

/// What becomes of the server's BackendKeyData.
#[derive(Clone, Copy)]
enum Keys {
    /// This many bytes of secret, as protocol 3.2 allows.
    Long(usize),
    Absent,
}

/// Listens in place of the shared server. Sessions of the protocol 3.2 have that version, and keys, of a newer server; all others
/// pass as they are.
async fn newer_server(keys: Keys) -> u16 {
    let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
    let port = listener.local_addr().unwrap().port();
    tokio::spawn(async move {
        while let Ok((client, _)) = listener.accept().await {
            tokio::spawn(serve(client, keys));
        }
    });
    port
}

async fn serve(mut client: TcpStream, keys: Keys) -> std::io::Result<()> {
    let mut server = TcpStream::connect(("127.0.0.1", Postgres::shared().port())).await?;
    let mut packet = read_packet(&mut client).await?;
    if packet[4..] == raw::SSL_REQUEST[4..] {
        client.write_all(b"N").await?;
        packet = read_packet(&mut client).await?;
    }
    if packet[4..8] == CANCEL_CODE {
        // The real key, and as much more as made it long.
        packet.truncate(16);
        packet[..4].copy_from_slice(&16_u32.to_be_bytes());
        server.write_all(&packet).await?;
        return server.read_to_end(&mut Vec::new()).await.map(drop);
    }
    let newer = packet[4..8] == PROTOCOL_3_2.to_be_bytes();
    if !newer {
        server.write_all(&packet).await?;
        return tokio::io::copy_bidirectional(&mut client, &mut server)
            .await
            .map(drop);
    }
    packet[4..8].copy_from_slice(&0x0003_0000_u32.to_be_bytes());
    server.write_all(&packet).await?;
    loop {
        let (tag, mut body) = read_frame(&mut server).await?;
        match (tag, keys) {
            (b'K', Keys::Long(secret)) => {
                body.resize(4 + secret, 7);
                client.write_all(&raw::frame(tag, &body)).await?;
            }
            (b'K', Keys::Absent) => {}
            _ => client.write_all(&raw::frame(tag, &body)).await?,
        }
        if tag == b'Z' {
            break;
        }
    }
    tokio::io::copy_bidirectional(&mut client, &mut server)
        .await
        .map(drop)
}

async fn read_packet(stream: &mut TcpStream) -> std::io::Result<Vec<u8>> {
    let length = stream.read_u32().await?;
    let mut packet = length.to_be_bytes().to_vec();
    packet.resize(usize::try_from(length).unwrap(), 0);
    stream.read_exact(&mut packet[4..]).await?;
    Ok(packet)
}

async fn read_frame(stream: &mut TcpStream) -> std::io::Result<(u8, Vec<u8>)> {
    let tag = stream.read_u8().await?;
    let mut body = vec![0; usize::try_from(stream.read_u32().await?).unwrap() - 4];
    stream.read_exact(&mut body).await?;
    Ok((tag, body))
}

/// Logs in with protocol 3.2: the client, and what it was told on the way.
async fn login(proxy: &Proxy) -> (RawClient, Vec<Message>) {
    let mut client = RawClient::open(proxy.port()).await;
    let parameters = [("user", "postgres"), ("database", "postgres")];
    client
        .send(&raw::startup_of(PROTOCOL_3_2, &parameters))
        .await;
    let messages = client.read_until_ready().await;
    (client, messages)
}

async fn in_front_of(keys: Keys) -> Proxy {
    let port = newer_server(keys).await;
    let url = format!("postgres://postgres@127.0.0.1:{port}/postgres");
    Proxy::start_with(Postgres::shared(), &["--upstream", &url])
}

#[tokio::test]
async fn a_server_that_is_older_than_the_clients_protocol_says_so_itself() {
    if crate::harness::server_version().await >= 180_000 {
        return;
    }
    let proxy = Proxy::start_with(Postgres::shared(), &[]);
    let (mut client, messages) = login(&proxy).await;
    let version = messages
        .iter()
        .find(|message| message.tag == b'v')
        .expect("NegotiateProtocolVersion");
    // The newest minor version it has, and no options that it does not know.
    assert_eq!(version.body, [0, 3, 0, 0, 0, 0, 0, 0]);
    assert_eq!(raw::tags(&client.query("SELECT 1").await), "TDCZ");
}

#[tokio::test]
async fn options_of_the_protocol_that_a_server_does_not_know_are_named_by_it() {
    let proxy = Proxy::start_with(Postgres::shared(), &[]);
    let mut client = RawClient::open(proxy.port()).await;
    let parameters = [("user", "postgres"), ("_pq_.command_tag", "on")];
    client.send(&raw::startup(&parameters)).await;
    let messages = client.read_until_ready().await;
    let version = messages.iter().find(|message| message.tag == b'v');
    let body = &version.expect("NegotiateProtocolVersion").body;
    assert!(body.ends_with(b"\0\0\0\x01_pq_.command_tag\0"), "{body:?}");
}

#[tokio::test]
async fn long_cancel_keys_reach_the_client_and_come_back() {
    for secret in [4, 32, 256] {
        let proxy = in_front_of(Keys::Long(secret)).await;
        let (mut client, messages) = login(&proxy).await;
        let key = messages
            .into_iter()
            .find(|message| message.tag == b'K')
            .expect("a key");
        assert_eq!(key.body.len(), 4 + secret);
        client
            .send(&raw::query("SELECT pg_catalog.pg_sleep(600)"))
            .await;
        // The query may not have begun when the first request comes.
        let cancel = async {
            loop {
                let mut canceller = RawClient::open(proxy.port()).await;
                canceller.send(&raw::cancel(&key.body)).await;
                assert!(canceller.try_read().await.is_none());
            }
        };
        let messages = tokio::select! {
            messages = client.read_until_ready() => messages,
            () = cancel => unreachable!("it never ends"),
        };
        let error = messages.iter().find(|message| message.tag == b'E');
        assert_eq!(error.expect("an error").sqlstate(), "57014");
    }
}

#[tokio::test]
async fn a_session_without_a_key_works_and_its_client_may_vanish() {
    let proxy = in_front_of(Keys::Absent).await;
    let (mut client, messages) = login(&proxy).await;
    assert!(messages.iter().all(|message| message.tag != b'K'));
    assert_eq!(raw::tags(&client.query("SELECT 1").await), "TDCZ");
    client
        .send(&raw::query("SELECT pg_catalog.pg_sleep(0.2)"))
        .await;
    drop(client);
    let (mut next, _) = login(&proxy).await;
    assert_eq!(raw::tags(&next.query("SELECT 1").await), "TDCZ");
}
