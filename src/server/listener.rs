//! Where clients connect: TCP addresses and Unix sockets.

use crate::config::Tcp;
use crate::config::unit::FileMode;
use crate::wire::Stream;
use std::fmt;
use std::io;
use std::net::SocketAddr;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::time::Duration;
use tokio::net::{TcpListener, TcpStream, UnixListener, UnixStream};
use tracing::warn;

/// How long to wait after a failed accept: first, and at most. Out of file descriptors, the next try
/// would fail as well.
const BACKOFF: std::ops::RangeInclusive<Duration> =
    Duration::from_millis(10)..=Duration::from_secs(1);

/// An address that nobody can connect to.
#[derive(Debug, thiserror::Error)]
#[error("could not listen on {address}: {source}")]
pub struct BindError {
    pub address: String,
    pub source: io::Error,
}

/// Who has connected.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Peer {
    Tcp(SocketAddr),
    /// Somebody on this machine, over a Unix socket.
    Local,
}

impl fmt::Display for Peer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Tcp(address) => address.fmt(f),
            Self::Local => f.write_str("[local]"),
        }
    }
}

/// An accepted connection that no runtime has yet.
#[derive(Debug)]
pub enum Socket {
    Tcp(std::net::TcpStream),
    Unix(std::os::unix::net::UnixStream),
}

impl Socket {
    /// Makes it a stream of the runtime that this is called in.
    pub fn into_stream(self, options: &Tcp) -> io::Result<Stream> {
        match self {
            Self::Tcp(socket) => Stream::tcp(TcpStream::from_std(socket)?, options),
            Self::Unix(socket) => Ok(Stream::Unix(UnixStream::from_std(socket)?)),
        }
    }
}

/// One address, listening.
#[derive(Debug)]
pub enum Listener {
    Tcp(TcpListener),
    Unix(UnixListener, PathBuf),
}

impl Listener {
    /// `host:port`, or the path of a Unix socket, which gets these permissions.
    pub async fn bind(address: &str, permissions: FileMode) -> Result<Self, BindError> {
        let bound = if address.starts_with('/') {
            bind_unix(Path::new(address), permissions).await
        } else {
            TcpListener::bind(address).await.map(Self::Tcp)
        };
        bound.map_err(|source| BindError {
            address: address.to_owned(),
            source,
        })
    }

    /// The TCP address; the real port where the configured one was 0.
    pub fn local_addr(&self) -> Option<SocketAddr> {
        match self {
            Self::Tcp(listener) => listener.local_addr().ok(),
            Self::Unix(..) => None,
        }
    }

    /// The next client and its address, whatever goes wrong in between. Cancel safe.
    pub async fn accept(&self) -> (Socket, Peer) {
        let mut pause = *BACKOFF.start();
        loop {
            match self.try_accept().await {
                Ok(client) => return client,
                Err(error) if concerns_one_client(&error) => {}
                Err(error) => {
                    warn!(%error, address = %self, "cannot accept connections");
                    tokio::time::sleep(pause).await;
                    pause = (pause * 2).min(*BACKOFF.end());
                }
            }
        }
    }

    async fn try_accept(&self) -> io::Result<(Socket, Peer)> {
        match self {
            Self::Tcp(listener) => {
                let (socket, peer) = listener.accept().await?;
                Ok((Socket::Tcp(socket.into_std()?), Peer::Tcp(peer)))
            }
            Self::Unix(listener, _) => {
                let (socket, _) = listener.accept().await?;
                Ok((Socket::Unix(socket.into_std()?), Peer::Local))
            }
        }
    }
}

impl fmt::Display for Listener {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Tcp(listener) => match listener.local_addr() {
                Ok(address) => address.fmt(f),
                Err(_) => f.write_str("a TCP socket"),
            },
            Self::Unix(_, path) => path.display().fmt(f),
        }
    }
}

impl Drop for Listener {
    fn drop(&mut self) {
        if let Self::Unix(_, path) = self {
            let _ = std::fs::remove_file(path);
        }
    }
}

/// A client that left while it waited to be accepted.
fn concerns_one_client(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        io::ErrorKind::ConnectionAborted
            | io::ErrorKind::ConnectionReset
            | io::ErrorKind::NotConnected
            | io::ErrorKind::InvalidInput
            | io::ErrorKind::Interrupted
    )
}

/// Takes the place of a socket file that nobody listens on any more.
async fn bind_unix(path: &Path, permissions: FileMode) -> io::Result<Listener> {
    let listener = match UnixListener::bind(path) {
        Err(error) if error.kind() == io::ErrorKind::AddrInUse => {
            match UnixStream::connect(path).await {
                Err(refused) if refused.kind() == io::ErrorKind::ConnectionRefused => {
                    std::fs::remove_file(path)?;
                    UnixListener::bind(path)?
                }
                _ => return Err(error),
            }
        }
        bound => bound?,
    };
    std::fs::set_permissions(path, std::fs::Permissions::from_mode(permissions.0))?;
    Ok(Listener::Unix(listener, path.to_owned()))
}
