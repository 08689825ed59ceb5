//! What `sslmode` means for the connection to the server, in libpq's terms.

use crate::config::{SslMode, SslNegotiation, Upstream};
use rustls::client::WebPkiServerVerifier;
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::{
    CryptoProvider, WebPkiSupportedAlgorithms, verify_tls12_signature, verify_tls13_signature,
};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName, UnixTime};
use rustls::{
    CertificateError, ClientConfig, DigitallySignedStruct, Error, RootCertStore, SignatureScheme,
};
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// The protocol's name in ALPN, by which a server knows TLS that it was not asked for.
pub const ALPN: &[u8] = b"postgresql";

/// TLS towards the server that cannot be set up.
#[derive(Debug, thiserror::Error)]
pub enum TlsSetupError {
    #[error("could not read the root certificates in {}: {source}", path.display())]
    RootCertificates {
        path: PathBuf,
        source: rustls::pki_types::pem::Error,
    },
    #[error("{} holds no certificate", .0.display())]
    NoRootCertificate(PathBuf),
    #[error("the root certificates in {} cannot be used: {source}", path.display())]
    Unusable { path: PathBuf, source: Error },
    #[error("could not read the proxy's certificate or key in {}: {source}", path.display())]
    Identity {
        path: PathBuf,
        source: rustls::pki_types::pem::Error,
    },
    #[error("TLS is not available: {0}")]
    Rustls(#[from] Error),
    #[error("TLS is not available: {0}")]
    Verifier(#[from] rustls::client::VerifierBuilderError),
}

/// The proxy's own certificate with its chain, and its key.
pub type Identity = (Vec<CertificateDer<'static>>, PrivateKeyDer<'static>);

/// Reads the proxy's own certificate; `None` where it has none.
pub fn identity(upstream: &Upstream) -> Result<Option<Identity>, TlsSetupError> {
    let (Some(cert), Some(key)) = (&upstream.client_cert, &upstream.client_key) else {
        return Ok(None);
    };
    let unreadable = |path: &Path| {
        let path = path.to_owned();
        move |source| TlsSetupError::Identity { path, source }
    };
    let chain = CertificateDer::pem_file_iter(cert)
        .and_then(Iterator::collect::<Result<Vec<_>, _>>)
        .map_err(unreadable(cert))?;
    let key = PrivateKeyDer::from_pem_file(key).map_err(unreadable(key))?;
    Ok(Some((chain, key)))
}

/// The TLS configuration for `sslmode`. As in libpq, `require` verifies the chain if a root
/// certificate is configured, and nothing if none is.
pub fn client_config(
    upstream: &Upstream,
    identity: Option<Identity>,
) -> Result<ClientConfig, TlsSetupError> {
    let root_cert = upstream.root_cert.as_deref();
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let verify = match upstream.sslmode {
        SslMode::Disable | SslMode::Prefer => Verify::Nothing,
        SslMode::Require if root_cert.is_none() => Verify::Nothing,
        SslMode::Require | SslMode::VerifyCa => Verify::Chain,
        SslMode::VerifyFull => Verify::ChainAndName,
    };
    let builder = ClientConfig::builder_with_provider(Arc::clone(&provider))
        .with_safe_default_protocol_versions()?;
    let builder = match verify {
        Verify::ChainAndName => builder.with_root_certificates(roots(root_cert)?),
        Verify::Chain => {
            let roots = Arc::new(roots(root_cert)?);
            let inner = WebPkiServerVerifier::builder_with_provider(roots, provider).build()?;
            builder
                .dangerous()
                .with_custom_certificate_verifier(Arc::new(ChainVerifier(inner)))
        }
        Verify::Nothing => builder
            .dangerous()
            .with_custom_certificate_verifier(Arc::new(NoVerifier::new(&provider))),
    };
    let mut config = match identity {
        Some((chain, key)) => builder.with_client_auth_cert(chain, key)?,
        None => builder.with_no_client_auth(),
    };
    if upstream.sslnegotiation == SslNegotiation::Direct {
        config.alpn_protocols = vec![ALPN.to_vec()];
    }
    Ok(config)
}

enum Verify {
    Nothing,
    Chain,
    ChainAndName,
}

fn roots(path: Option<&Path>) -> Result<RootCertStore, TlsSetupError> {
    let Some(path) = path else {
        return Ok(webpki_roots::TLS_SERVER_ROOTS.iter().cloned().collect());
    };
    let unreadable = |source| TlsSetupError::RootCertificates {
        path: path.to_owned(),
        source,
    };
    let mut roots = RootCertStore::empty();
    for certificate in CertificateDer::pem_file_iter(path).map_err(unreadable)? {
        roots
            .add(certificate.map_err(unreadable)?)
            .map_err(|source| TlsSetupError::Unusable {
                path: path.to_owned(),
                source,
            })?;
    }
    if roots.is_empty() {
        return Err(TlsSetupError::NoRootCertificate(path.to_owned()));
    }
    Ok(roots)
}

/// `verify-ca`: the chain must lead to a trusted authority, the name does not matter.
#[derive(Debug)]
struct ChainVerifier(Arc<WebPkiServerVerifier>);

impl ServerCertVerifier for ChainVerifier {
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        server_name: &ServerName<'_>,
        ocsp_response: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        let verified =
            self.0
                .verify_server_cert(end_entity, intermediates, server_name, ocsp_response, now);
        match verified {
            // The name is looked at last: by then the chain is known to be good.
            Err(Error::InvalidCertificate(
                CertificateError::NotValidForName | CertificateError::NotValidForNameContext { .. },
            )) => Ok(ServerCertVerified::assertion()),
            other => other,
        }
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        self.0.verify_tls12_signature(message, cert, signature)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        self.0.verify_tls13_signature(message, cert, signature)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.0.supported_verify_schemes()
    }
}

/// `prefer` and `require`: encrypted, but whoever answers is believed.
#[derive(Debug)]
struct NoVerifier(WebPkiSupportedAlgorithms);

impl NoVerifier {
    fn new(provider: &CryptoProvider) -> Self {
        Self(provider.signature_verification_algorithms)
    }
}

impl ServerCertVerifier for NoVerifier {
    fn verify_server_cert(
        &self,
        _end_entity: &CertificateDer<'_>,
        _intermediates: &[CertificateDer<'_>],
        _server_name: &ServerName<'_>,
        _ocsp_response: &[u8],
        _now: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        verify_tls12_signature(message, cert, signature, &self.0)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        verify_tls13_signature(message, cert, signature, &self.0)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.0.supported_schemes()
    }
}
