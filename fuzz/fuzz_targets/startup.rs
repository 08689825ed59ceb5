//! What a connection begins with: the PROXY header, encryption requests, the startup packet and its `options`.
#![no_main]

use libfuzzer_sys::fuzz_target;
use pggit::server::arrival::{Arrival, receive};
use pggit::server::listener::Peer;
use pggit::server::proxy_protocol;
use pggit::wire::Stream;
use pggit::wire::startup::{self, Request, StartupPacket};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::UnixStream;
use tokio::runtime::{Builder, Runtime};

/// The signature of PROXY protocol 2, which no fuzzer needs to guess.
const SIGNATURE: &[u8] = b"\r\n\r\n\0\r\nQUIT\n";

thread_local! {
    static RUNTIME: Runtime = Builder::new_current_thread().enable_io().build().expect("a runtime");
}

fuzz_target!(|data: &[u8]| {
    if let Some((length, body)) = data.split_first_chunk() {
        let _ = startup::body_length(*length);
        packet(body);
    }
    packet(data);
    startup::option_settings(data);
    RUNTIME.with(|runtime| {
        runtime.block_on(async {
            header(data).await;
            header(&[SIGNATURE, data].concat()).await;
            arrival(data).await;
        });
    });
});

/// A packet is sent on as it came, but for what was set.
fn packet(body: &[u8]) {
    match startup::parse(body) {
        Ok(Request::Startup(mut packet)) => {
            assert_eq!(packet.encode()[4..], *body);
            let (user, database) = (packet.user().to_vec(), packet.database().to_vec());
            let branch = packet.setting("pggit.branch").unwrap_or_default();
            packet.is_replication();
            packet.set("pggit.branch", &branch);
            let again = reread(&packet);
            assert_eq!(again.setting("pggit.branch"), Some(branch));
            assert_eq!((again.user(), again.database()), (&*user, &*database));
        }
        Ok(Request::Cancel(packet)) => assert_eq!(packet[4..], *body),
        Ok(Request::Ssl | Request::GssEncryption) | Err(_) => {}
    }
}

fn reread(packet: &StartupPacket) -> StartupPacket {
    match startup::parse(&packet.encode()[4..]) {
        Ok(Request::Startup(packet)) => packet,
        other => panic!("{packet:?} became {other:?}"),
    }
}

/// A header is read to its last byte and not beyond.
async fn header(data: &[u8]) {
    let mut rest = data;
    if let Ok(Some(_)) = proxy_protocol::read(&mut rest, Peer::Local).await {
        let announced = usize::from(u16::from_be_bytes([data[14], data[15]]));
        assert_eq!(data.len() - rest.len(), 16 + announced);
    }
}

/// So is all that comes before a session, and what is declined is declined in one byte.
async fn arrival(data: &[u8]) {
    let (mut client, server) = UnixStream::pair().expect("a pair of sockets");
    client.write_all(data).await.expect("there is room");
    client.shutdown().await.expect("it is open");
    if let Ok(Arrival::Session(mut session)) = receive(Stream::Unix(server), None).await {
        let mut rest = Vec::new();
        let read = session.stream.read_to_end(&mut rest).await;
        read.expect("there is an end");
        let packets = data.strip_suffix(&*rest).expect("what was sent");
        assert!(packets.ends_with(&session.packet.encode()));
        drop(session);
        let mut answers = Vec::new();
        let read = client.read_to_end(&mut answers).await;
        read.expect("there is an end");
        assert!(matches!(&*answers, b"" | b"N" | b"NN"), "{answers:?}");
    }
}
