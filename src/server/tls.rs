//! TLS on the clients' hop, with a certificate that can be replaced while the proxy runs.

use super::role_map::{MapError, RoleMap};
use crate::config::{ClientAuth, Tls, TlsMode};
use arc_swap::ArcSwap;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::server::WebPkiClientVerifier;
use rustls::{RootCertStore, ServerConfig};
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
    #[error("tls.{setting} {} holds no certificate", path.display())]
    NoCertificate {
        setting: &'static str,
        path: PathBuf,
    },
    #[error("the authorities in tls.client_ca {} cannot be used: {source}", path.display())]
    Authorities {
        path: PathBuf,
        source: rustls::server::VerifierBuilderError,
    },
    #[error("could not read tls.client_map {}: {source}", path.display())]
    UnreadableMap {
        path: PathBuf,
        source: std::io::Error,
    },
    #[error("tls.client_map {}: {source}", path.display())]
    Map { path: PathBuf, source: MapError },
    #[error("the certificate and the key cannot be used together: {0}")]
    Unusable(#[from] rustls::Error),
}

/// Ends TLS for clients, with the certificate of the moment.
#[derive(Debug)]
pub struct Terminator {
    files: Files,
    /// Whether a client may do without.
    required: bool,
    /// Whether every client needs a certificate of its own.
    certificates_required: bool,
    current: ArcSwap<Loaded>,
}

#[derive(Debug)]
struct Files {
    cert: PathBuf,
    key: PathBuf,
    client_ca: Option<PathBuf>,
    client_map: Option<PathBuf>,
}

#[derive(Debug)]
struct Loaded {
    config: Arc<ServerConfig>,
    leaf: CertificateDer<'static>,
    /// `None` where clients are not asked for certificates.
    roles: Option<RoleMap>,
    /// When the files were last written, as far as the file system says.
    written: Vec<Option<SystemTime>>,
}

impl Terminator {
    /// `None` where the configuration disables TLS.
    pub fn new(config: &Tls) -> Result<Option<Self>, CertificateError> {
        if config.mode == TlsMode::Disable {
            return Ok(None);
        }
        let files = Files {
            cert: config
                .cert
                .clone()
                .ok_or(CertificateError::Missing("cert"))?,
            key: config.key.clone().ok_or(CertificateError::Missing("key"))?,
            client_ca: config.client_ca.clone(),
            client_map: config.client_map.clone(),
        };
        let loaded = files.load()?;
        Ok(Some(Self {
            files,
            required: config.mode == TlsMode::Require,
            certificates_required: config.client_auth == ClientAuth::Require,
            current: ArcSwap::from_pointee(loaded),
        }))
    }

    pub fn is_required(&self) -> bool {
        self.required
    }

    /// Whether every session needs a client certificate that is its role's.
    pub fn requires_certificates(&self) -> bool {
        self.certificates_required
    }

    /// Whether somebody with a certificate of that common name may log in as `role`.
    pub fn allows(&self, common_name: &str, role: &str) -> bool {
        let current = self.current.load();
        let roles = current.roles.as_ref();
        roles.is_some_and(|roles| roles.allows(common_name, role))
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
        self.current.store(Arc::new(self.files.load()?));
        Ok(())
    }

    /// Whether the files were written since they were read.
    pub fn is_stale(&self) -> bool {
        self.current.load().written != self.files.written()
    }
}

/// Whether a client that began with TLS at once named the protocol, as it must.
pub fn named_protocol(stream: &TlsStream<TcpStream>) -> bool {
    stream.get_ref().1.alpn_protocol() == Some(ALPN)
}

impl Files {
    fn load(&self) -> Result<Loaded, CertificateError> {
        // Taken before reading: a file written in between is then read once more, not missed.
        let written = self.written();
        let chain = certificates("cert", &self.cert)?;
        let leaf = chain
            .first()
            .cloned()
            .ok_or_else(|| CertificateError::NoCertificate {
                setting: "cert",
                path: self.cert.clone(),
            })?;
        let private = PrivateKeyDer::from_pem_file(&self.key)
            .map_err(|source| unreadable("key", &self.key, source))?;
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let builder = ServerConfig::builder_with_provider(Arc::clone(&provider))
            .with_safe_default_protocol_versions()?;
        let builder = match &self.client_ca {
            None => builder.with_no_client_auth(),
            Some(path) => {
                let mut roots = RootCertStore::empty();
                for authority in certificates("client_ca", path)? {
                    roots.add(authority)?;
                }
                // Sessions are asked for a certificate, cancel requests and probes have none.
                let verifier =
                    WebPkiClientVerifier::builder_with_provider(Arc::new(roots), provider)
                        .allow_unauthenticated()
                        .build()
                        .map_err(|source| CertificateError::Authorities {
                            path: path.clone(),
                            source,
                        })?;
                builder.with_client_cert_verifier(verifier)
            }
        };
        let mut config = builder.with_single_cert(chain, private)?;
        config.alpn_protocols = vec![ALPN.to_vec()];
        Ok(Loaded {
            config: Arc::new(config),
            leaf,
            roles: self.client_ca.as_ref().map(|_| self.roles()).transpose()?,
            written,
        })
    }

    fn roles(&self) -> Result<RoleMap, CertificateError> {
        let Some(path) = &self.client_map else {
            return Ok(RoleMap::Same);
        };
        let text =
            std::fs::read_to_string(path).map_err(|source| CertificateError::UnreadableMap {
                path: path.clone(),
                source,
            })?;
        RoleMap::parse(&text).map_err(|source| CertificateError::Map {
            path: path.clone(),
            source,
        })
    }

    fn written(&self) -> Vec<Option<SystemTime>> {
        [
            Some(&self.cert),
            Some(&self.key),
            self.client_ca.as_ref(),
            self.client_map.as_ref(),
        ]
        .into_iter()
        .map(|path| {
            std::fs::metadata(path?)
                .and_then(|file| file.modified())
                .ok()
        })
        .collect()
    }
}

fn certificates(
    setting: &'static str,
    path: &Path,
) -> Result<Vec<CertificateDer<'static>>, CertificateError> {
    CertificateDer::pem_file_iter(path)
        .and_then(Iterator::collect)
        .map_err(|source| unreadable(setting, path, source))
}

fn unreadable(
    setting: &'static str,
    path: &Path,
    source: rustls::pki_types::pem::Error,
) -> CertificateError {
    CertificateError::Unreadable {
        setting,
        path: path.to_owned(),
        source,
    }
}
