//! A TCP relay that passes bytes on in segments of its own, and that can be cut.
//!
//! The binaries `bytewise` and `coalesced` run tests that other binaries have, with such a relay before the proxy and another
//! behind it: to the protocol, where a segment ends means nothing.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::thread::JoinHandle;
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};
use tokio::net::{TcpListener, TcpSocket, TcpStream};
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

/// As many bytes of each direction are cut up; the rest of a long one passes as it comes.
const CUT_UP: usize = 20_000;

/// How long a sender may pause before what it has sent so far goes on in one.
const PAUSE: Duration = Duration::from_millis(1);

const CHUNK: usize = 64 * 1024;

/// How bytes go on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Segments {
    AsTheyCome,
    /// Each byte by itself.
    Bytewise,
    /// All that a sender says before it waits for an answer, in one.
    Coalesced,
}

impl Segments {
    /// What all proxies of this test binary get; `None` for no relays at all.
    pub fn of_this_binary() -> Option<Self> {
        match env!("CARGO_CRATE_NAME") {
            "bytewise" => Some(Self::Bytewise),
            "coalesced" => Some(Self::Coalesced),
            _ => None,
        }
    }
}

/// A running relay; its connections end with it.
pub struct Relay {
    port: u16,
    stop: CancellationToken,
    thread: Option<JoinHandle<()>>,
}

impl Relay {
    /// To a port of this machine.
    pub fn start(target: u16, segments: Segments) -> Self {
        let listener = std::net::TcpListener::bind(("127.0.0.1", 0)).expect("a free port");
        listener.set_nonblocking(true).expect("a socket");
        let port = listener.local_addr().expect("it is bound").port();
        let stop = CancellationToken::new();
        let stopped = stop.clone();
        // A runtime of its own: tests that block their own thread go on being served.
        let thread = std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread()
                .enable_all()
                .build()
                .expect("a runtime");
            runtime.block_on(async move {
                let listener = TcpListener::from_std(listener).expect("it listens");
                tokio::select! {
                    () = serve(listener, target, segments) => {}
                    () = stopped.cancelled() => {}
                }
            });
        });
        Self {
            port,
            stop,
            thread: Some(thread),
        }
    }

    pub fn port(&self) -> u16 {
        self.port
    }

    /// Breaks all connections, without a word to either side, and listens no more.
    pub fn cut(mut self) {
        self.end();
    }

    fn end(&mut self) {
        self.stop.cancel();
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

impl Drop for Relay {
    fn drop(&mut self) {
        self.end();
    }
}

async fn serve(listener: TcpListener, target: u16, segments: Segments) {
    let mut connections = JoinSet::new();
    loop {
        tokio::select! {
            accepted = listener.accept() => {
                let (client, from) = accepted.expect("a connection");
                connections.spawn(connection(client, from.ip(), target, segments));
            }
            Some(_) = connections.join_next() => {}
        }
    }
}

/// Each side's end is passed on as an end, and a broken connection breaks the other.
async fn connection(client: TcpStream, from: IpAddr, target: u16, segments: Segments) {
    let socket = TcpSocket::new_v4().expect("a socket");
    // Where a client comes from may matter to the proxy.
    if socket.bind(SocketAddr::from((from, 0))).is_err() {
        return;
    }
    let Ok(server) = socket.connect((Ipv4Addr::LOCALHOST, target).into()).await else {
        return;
    };
    for stream in [&client, &server] {
        let _ = stream.set_nodelay(true);
    }
    let (from_client, to_client) = client.into_split();
    let (from_server, to_server) = server.into_split();
    let _ = tokio::try_join!(
        pass(from_client, to_server, segments),
        pass(from_server, to_client, segments),
    );
}

async fn pass(
    mut from: OwnedReadHalf,
    mut to: OwnedWriteHalf,
    segments: Segments,
) -> std::io::Result<()> {
    let mut passed = 0;
    let mut chunk = Vec::with_capacity(CHUNK);
    loop {
        chunk.clear();
        if from.read_buf(&mut chunk).await? == 0 {
            return to.shutdown().await;
        }
        match segments {
            Segments::Bytewise if passed < CUT_UP => {
                for byte in &chunk {
                    to.write_all(&[*byte]).await?;
                    // The other side has a chance to read it alone.
                    tokio::task::yield_now().await;
                }
            }
            Segments::Coalesced if passed < CUT_UP => {
                while chunk.len() < CHUNK {
                    let Ok(read) = tokio::time::timeout(PAUSE, from.read_buf(&mut chunk)).await
                    else {
                        break;
                    };
                    if read? == 0 {
                        break;
                    }
                }
                to.write_all(&chunk).await?;
            }
            _ => to.write_all(&chunk).await?,
        }
        passed += chunk.len();
    }
}
