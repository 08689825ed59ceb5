//! TLS on the clients' hop, with a certificate that can be replaced while the proxy runs.

use crate::config::{Tls, TlsMode};
use arc_swap::ArcSwap;
use rustls::ServerConfig;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::SystemTime;
use tokio::net::TcpStream;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::server::TlsStream;

/// The protocol's name in ALPN, required where a client starts with TLS at once (PostgreSQL 17).
const ALPN: &[u8] = b"postgresql";

/// Files that cannot serve TLS.
#[derive(Debug, thiserror::Error)]
pub enum CertificateError {
    #[error("tls.{0} is not set, but tls.mode asks for TLS")]
    Missing(&'static str),
    #[error("could not read tls.{setting} {}: {source}", path.display())]
    Unreadable {
        setting: &'static str,
        path: PathBuf,
        source: rustls::pki_types::pem::Error,
    },
    #[error("tls.cert {} holds no certificate", .0.display())]
    NoCertificate(PathBuf),
    #[error("the certificate and the key cannot be used together: {0}")]
    Unusable(#[from] rustls::Error),
}

/// Ends TLS for clients, with the certificate of the moment.
#[derive(Debug)]
pub struct Terminator {
    cert: PathBuf,
    key: PathBuf,
    /// Whether a client may do without.
    required: bool,
    current: ArcSwap<Loaded>,
}

#[derive(Debug)]
struct Loaded {
    config: Arc<ServerConfig>,
    leaf: CertificateDer<'static>,
    /// When the two files were last written, as far as the file system says.
    written: [Option<SystemTime>; 2],
}

impl Terminator {
    /// `None` where the configuration disables TLS.
    pub fn new(config: &Tls) -> Result<Option<Self>, CertificateError> {
        if config.mode == TlsMode::Disable {
            return Ok(None);
        }
        let cert = config
            .cert
            .clone()
            .ok_or(CertificateError::Missing("cert"))?;
        let key = config.key.clone().ok_or(CertificateError::Missing("key"))?;
        let loaded = load(&cert, &key)?;
        Ok(Some(Self {
            cert,
            key,
            required: config.mode == TlsMode::Require,
            current: ArcSwap::from_pointee(loaded),
        }))
    }

    pub fn is_required(&self) -> bool {
        self.required
    }

    /// Performs the handshake. Also returns the certificate it was done with: the one that counts for
    /// channel binding, whatever is loaded afterwards.
    pub async fn accept(
        &self,
        socket: TcpStream,
    ) -> std::io::Result<(TlsStream<TcpStream>, CertificateDer<'static>)> {
        let current = self.current.load_full();
        let acceptor = TlsAcceptor::from(Arc::clone(&current.config));
        Ok((acceptor.accept(socket).await?, current.leaf.clone()))
    }

    /// Reads the files again. The certificate in use stays if they are no good.
    pub fn reload(&self) -> Result<(), CertificateError> {
        self.current.store(Arc::new(load(&self.cert, &self.key)?));
        Ok(())
    }

    /// Whether the files were written since they were read.
    pub fn is_stale(&self) -> bool {
        self.current.load().written != written(&self.cert, &self.key)
    }
}

/// Whether a client that began with TLS at once named the protocol, as it must.
pub fn named_protocol(stream: &TlsStream<TcpStream>) -> bool {
    stream.get_ref().1.alpn_protocol() == Some(ALPN)
}

fn load(cert: &Path, key: &Path) -> Result<Loaded, CertificateError> {
    // Taken before reading: a file written in between is then read once more, not missed.
    let written = written(cert, key);
    let unreadable = |setting, path: &Path| {
        let path = path.to_owned();
        move |source| CertificateError::Unreadable {
            setting,
            path,
            source,
        }
    };
    let chain = CertificateDer::pem_file_iter(cert)
        .and_then(Iterator::collect::<Result<Vec<_>, _>>)
        .map_err(unreadable("cert", cert))?;
    let leaf = chain
        .first()
        .cloned()
        .ok_or_else(|| CertificateError::NoCertificate(cert.to_owned()))?;
    let private = PrivateKeyDer::from_pem_file(key).map_err(unreadable("key", key))?;
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let mut config = ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()?
        .with_no_client_auth()
        .with_single_cert(chain, private)?;
    config.alpn_protocols = vec![ALPN.to_vec()];
    Ok(Loaded {
        config: Arc::new(config),
        leaf,
        written,
    })
}

fn written(cert: &Path, key: &Path) -> [Option<SystemTime>; 2] {
    [cert, key].map(|path| {
        std::fs::metadata(path)
            .and_then(|file| file.modified())
            .ok()
    })
}
