//! Connections to the server: where it is, and TLS as `sslmode` asks for it.

use super::tls::{self, TlsSetupError};
use crate::config::{SslMode, SslNegotiation, Tcp, Upstream};
use crate::wire::stream::Stream;
use rustls_pki_types::{InvalidDnsNameError, ServerName};
use std::fmt;
use std::io;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpStream, UnixStream};
use tokio_rustls::TlsConnector;

/// `SSLRequest`: its length, then the code 80877103 (`src/include/libpq/pqcomm.h`).
const SSL_REQUEST: [u8; 8] = [0, 0, 0, 8, 0x04, 0xd2, 0x16, 0x2f];

/// Why there is no connection to the server.
#[derive(Debug, thiserror::Error)]
pub enum ConnectError {
    #[error("could not connect to the server at {address}: {source}")]
    Io { address: Address, source: io::Error },
    #[error("the server at {0} did not answer in time")]
    Timeout(Address),
    #[error("the server at {0} does not support SSL, but sslmode requires it")]
    NoTls(Address),
    #[error("the server at {0} answered the SSL request with something else")]
    Protocol(Address),
    #[error("the server at {0} does not speak PostgreSQL's protocol over direct TLS")]
    NoDirectTls(Address),
    #[error("TLS with the server at {address} failed: {source}")]
    Tls { address: Address, source: io::Error },
}

/// A connector that cannot be made from its configuration.
#[derive(Debug, thiserror::Error)]
pub enum ConnectorError {
    #[error(transparent)]
    Tls(#[from] TlsSetupError),
    #[error("\"{host}\" is not the name of a host: {source}")]
    Host {
        host: String,
        source: InvalidDnsNameError,
    },
}

/// Where the server is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Address {
    Tcp { host: String, port: u16 },
    Unix(PathBuf),
}

impl Address {
    /// libpq's rule: a host that begins with a slash is the directory of a Unix socket.
    pub fn new(host: &str, port: u16) -> Self {
        if host.starts_with('/') {
            Self::Unix(PathBuf::from(host).join(format!(".s.PGSQL.{port}")))
        } else {
            Self::Tcp {
                host: host.trim_matches(['[', ']']).to_owned(),
                port,
            }
        }
    }
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Tcp { host, port } if host.contains(':') => write!(f, "[{host}]:{port}"),
            Self::Tcp { host, port } => write!(f, "{host}:{port}"),
            Self::Unix(path) => path.display().fmt(f),
        }
    }
}

/// Makes connections to the server; one per process.
pub struct Connector {
    address: Address,
    timeout: Duration,
    tcp: Tcp,
    /// `None` where TLS is not wanted or, on a Unix socket, not needed.
    tls: Option<Tls>,
}

struct Tls {
    anonymous: TlsConnector,
    /// With the proxy's certificate, where it has one.
    certified: TlsConnector,
    name: ServerName<'static>,
    /// Go on without TLS if the server has none.
    optional: bool,
    /// Begin at once, without asking.
    direct: bool,
}

impl fmt::Debug for Connector {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Connector")
            .field("address", &self.address)
            .field("tls", &self.tls.is_some())
            .finish_non_exhaustive()
    }
}

impl Connector {
    pub fn new(upstream: &Upstream) -> Result<Self, ConnectorError> {
        let address = Address::new(&upstream.host, upstream.port);
        let tls = match &address {
            Address::Tcp { host, .. } if upstream.sslmode != SslMode::Disable => {
                let anonymous = tls::client_config(upstream, None)?;
                let certified = match tls::identity(upstream)? {
                    Some(identity) => tls::client_config(upstream, Some(identity))?,
                    None => anonymous.clone(),
                };
                let name =
                    ServerName::try_from(host.clone()).map_err(|source| ConnectorError::Host {
                        host: host.clone(),
                        source,
                    })?;
                Some(Tls {
                    anonymous: TlsConnector::from(Arc::new(anonymous)),
                    certified: TlsConnector::from(Arc::new(certified)),
                    name,
                    optional: upstream.sslmode == SslMode::Prefer,
                    direct: upstream.sslnegotiation == SslNegotiation::Direct,
                })
            }
            _ => None,
        };
        Ok(Self {
            address,
            timeout: upstream.connect_timeout.0,
            tcp: upstream.tcp,
            tls,
        })
    }

    pub fn address(&self) -> &Address {
        &self.address
    }

    /// A connection that is ready for a startup packet, or for a cancel request. The server is shown no
    /// certificate.
    pub async fn connect(&self) -> Result<Stream, ConnectError> {
        self.connect_with(|tls| &tls.anonymous).await
    }

    /// The same, with the proxy's certificate where it has one.
    pub async fn connect_certified(&self) -> Result<Stream, ConnectError> {
        self.connect_with(|tls| &tls.certified).await
    }

    async fn connect_with(
        &self,
        connector: impl Fn(&Tls) -> &TlsConnector,
    ) -> Result<Stream, ConnectError> {
        let connected = async {
            let stream = self.open().await.map_err(|source| self.io(source))?;
            match (stream, &self.tls) {
                (Stream::Tcp(socket), Some(tls)) => self.encrypt(socket, tls, connector(tls)).await,
                (stream, _) => Ok(stream),
            }
        };
        tokio::time::timeout(self.timeout, connected)
            .await
            .map_err(|_| ConnectError::Timeout(self.address.clone()))?
    }

    /// Whether the server accepts connections at all.
    pub async fn probe(&self) -> Result<(), ConnectError> {
        tokio::time::timeout(self.timeout, self.open())
            .await
            .map_err(|_| ConnectError::Timeout(self.address.clone()))?
            .map(drop)
            .map_err(|source| self.io(source))
    }

    async fn open(&self) -> io::Result<Stream> {
        match &self.address {
            Address::Tcp { host, port } => {
                let socket = TcpStream::connect((host.as_str(), *port)).await?;
                Stream::tcp(socket, &self.tcp)
            }
            Address::Unix(path) => Ok(Stream::Unix(UnixStream::connect(path).await?)),
        }
    }

    async fn encrypt(
        &self,
        mut socket: TcpStream,
        tls: &Tls,
        connector: &TlsConnector,
    ) -> Result<Stream, ConnectError> {
        if !tls.direct {
            socket
                .write_all(&SSL_REQUEST)
                .await
                .map_err(|source| self.io(source))?;
            // One byte and no more: whatever follows belongs to the TLS handshake.
            match socket.read_u8().await.map_err(|source| self.io(source))? {
                b'S' => {}
                b'N' if tls.optional => return Ok(Stream::Tcp(socket)),
                b'N' => return Err(ConnectError::NoTls(self.address.clone())),
                _ => return Err(ConnectError::Protocol(self.address.clone())),
            }
        }
        let stream = connector
            .connect(tls.name.clone(), socket)
            .await
            .map_err(|source| ConnectError::Tls {
                address: self.address.clone(),
                source,
            })?;
        // Whoever begins at once could be understood by a server of another protocol.
        if tls.direct && stream.get_ref().1.alpn_protocol() != Some(tls::ALPN) {
            return Err(ConnectError::NoDirectTls(self.address.clone()));
        }
        Ok(Stream::Tls(Box::new(stream.into())))
    }

    fn io(&self, source: io::Error) -> ConnectError {
        ConnectError::Io {
            address: self.address.clone(),
            source,
        }
    }
}
