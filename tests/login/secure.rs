//! A server that asks for passwords and speaks TLS, and the files for both hops.

use crate::harness::postgres::{Durability, give_to_server};
use crate::harness::programs::{client_program, feed};
use crate::harness::raw::{self, RawClient};
use crate::harness::{Postgres, Session, eventually};
use crate::harness::{Proxy, in_time};
use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, DnType, IsCa, KeyPair};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName};
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::sync::{Arc, OnceLock};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;

/// A certificate that signs itself, and so is its own authority, with its key.
pub struct Certificate {
    pub cert: PathBuf,
    pub key: PathBuf,
}

impl Certificate {
    /// Writes `cert.pem` and `key.pem` into `directory`, over what is there.
    pub fn write(directory: &Path) -> Self {
        let made = rcgen::generate_simple_self_signed(["localhost".into(), "127.0.0.1".into()])
            .expect("a certificate");
        let files = Self {
            cert: directory.join("cert.pem"),
            key: directory.join("key.pem"),
        };
        fs::write(&files.cert, made.cert.pem()).expect("a writable directory");
        write_key(&files.key, &made.signing_key);
        files
    }

    /// Writes a certificate of the authority for that common name.
    pub fn issue(directory: &Path, name: &str) -> Self {
        let files = Self {
            cert: directory.join(format!("{name}.pem")),
            key: directory.join(format!("{name}.key")),
        };
        let key = KeyPair::generate().expect("a key");
        let mut params = CertificateParams::default();
        params.distinguished_name.push(DnType::CommonName, name);
        let made = params.signed_by(&key, authority()).expect("a certificate");
        fs::write(&files.cert, made.pem()).expect("a writable directory");
        write_key(&files.key, &key);
        files
    }
}

/// libpq and the server want nobody else to read a key.
fn write_key(path: &Path, key: &KeyPair) {
    fs::write(path, key.serialize_pem()).expect("a writable directory");
    fs::set_permissions(path, fs::Permissions::from_mode(0o600)).expect("our file");
}

/// Who signs clients' certificates.
fn authority() -> &'static CertifiedIssuer<'static, KeyPair> {
    static AUTHORITY: OnceLock<CertifiedIssuer<'static, KeyPair>> = OnceLock::new();
    AUTHORITY.get_or_init(|| {
        let mut params = CertificateParams::default();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        params
            .distinguished_name
            .push(DnType::CommonName, "authority");
        let key = KeyPair::generate().expect("a key");
        CertifiedIssuer::self_signed(params, key).expect("a certificate")
    })
}

/// Writes the authority's certificate.
pub fn write_authority(directory: &Path) -> PathBuf {
    let path = directory.join("ca.pem");
    fs::write(&path, authority().pem()).expect("a writable directory");
    path
}

/// The role and the password for each kind of authentication.
pub const ROLES: [(&str, &str); 3] = [("scram", "s c'r@m"), ("hashed", "five"), ("plain", "text")];

const HBA: &str = "\
local all         all                  trust
host  all         scram,expired,locked,hashless,changing,nobody 127.0.0.1/32 scram-sha-256
hostssl all       certified 127.0.0.1/32 cert map=proxy
host  all         hashed  127.0.0.1/32 md5
host  all         plain   127.0.0.1/32 password
host  replication all     127.0.0.1/32 trust
host  all         all     127.0.0.1/32 trust
";

/// The server with passwords and TLS that this binary's tests share.
pub async fn server() -> &'static Postgres {
    static SERVER: OnceLock<&'static Postgres> = OnceLock::new();
    static PREPARED: tokio::sync::OnceCell<()> = tokio::sync::OnceCell::const_new();
    let server = *SERVER.get_or_init(|| Box::leak(Box::new(Postgres::start(Durability::None))));
    PREPARED.get_or_init(|| prepare(server)).await;
    server
}

async fn prepare(server: &Postgres) {
    let url = server.url("postgres", "postgres");
    let admin = Session::connect(&url).await;
    for (role, password) in ROLES {
        let encryption = if role == "hashed" {
            "md5"
        } else {
            "scram-sha-256"
        };
        admin
            .run(&format!("SET password_encryption = '{encryption}'"))
            .await;
        let password = password.replace('\'', "''");
        admin
            .run(&format!("CREATE ROLE {role} LOGIN PASSWORD '{password}'"))
            .await;
    }
    for sql in [
        "CREATE ROLE expired LOGIN PASSWORD 'right' VALID UNTIL '2001-01-01'",
        "CREATE ROLE locked NOLOGIN PASSWORD 'right'",
        "CREATE ROLE hashless LOGIN",
        "CREATE ROLE changing LOGIN",
        "CREATE ROLE certified LOGIN",
        "CREATE ROLE limited LOGIN",
    ] {
        admin.run(sql).await;
    }
    let data = server.data_directory();
    let files = Certificate::write(&data);
    give_to_server(&write_authority(&data));
    give_to_server(&files.key);
    give_to_server(&files.cert);
    fs::write(data.join("pg_hba.conf"), HBA).expect("a writable directory");
    fs::write(data.join("pg_ident.conf"), "proxy pggit certified\n").expect("a writable directory");
    admin
        .run("ALTER SYSTEM SET ssl_cert_file = 'cert.pem'")
        .await;
    admin.run("ALTER SYSTEM SET ssl_key_file = 'key.pem'").await;
    admin.run("ALTER SYSTEM SET ssl_ca_file = 'ca.pem'").await;
    admin.run("ALTER SYSTEM SET ssl = on").await;
    admin.run("SELECT pg_catalog.pg_reload_conf()").await;
    eventually("TLS in the server", || async {
        Session::connect(&url).await.value("SHOW ssl").await == "on"
    })
    .await;
}

/// The server's own certificate, readable for the proxy.
pub fn server_certificate(server: &Postgres) -> Certificate {
    Certificate {
        cert: server.data_directory().join("cert.pem"),
        key: server.data_directory().join("key.pem"),
    }
}

/// A configuration file with the given content, in a directory that goes with it.
pub struct ConfigFile {
    _directory: tempfile::TempDir,
    pub path: PathBuf,
}

impl ConfigFile {
    pub fn new(text: impl FnOnce(&Path) -> String) -> Self {
        let directory = tempfile::tempdir().expect("a temporary directory");
        let path = directory.path().join("pggit.toml");
        fs::write(&path, text(directory.path())).expect("a writable directory");
        Self {
            _directory: directory,
            path,
        }
    }

    /// With the certificate for clients, and the mode.
    pub fn with_tls(mode: &str, certificate: &Certificate) -> Self {
        Self::new(|_| {
            format!(
                "[tls]\nmode = '{mode}'\ncert = '{}'\nkey = '{}'\n",
                certificate.cert.display(),
                certificate.key.display()
            )
        })
    }

    pub fn arguments(&self) -> [&str; 2] {
        ["--config", self.path.to_str().expect("a path in UTF-8")]
    }
}

/// What psql says when it logs in with these words in its connection string, and the password of `scram`.
pub fn connect(proxy: &Proxy, words: &str, script: &str) -> Result<String, String> {
    let mut psql = client_program("psql");
    psql.env("PGPASSWORD", ROLES[0].1)
        .args(["-X", "-q", "-A", "-t", "-d"])
        .arg(format!(
            "host=127.0.0.1 port={} dbname=postgres {words}",
            proxy.port()
        ))
        .args(["-f", "-"]);
    let output = feed(psql, script);
    if output.status.success() {
        Ok(String::from_utf8_lossy(&output.stdout).trim().to_owned())
    } else {
        Err(String::from_utf8_lossy(&output.stderr).into_owned())
    }
}

/// In front of the shared server with these words in the upstream's URL.
pub async fn proxy_with_upstream(parameters: &str, arguments: &[&str]) -> Proxy {
    let server = server().await;
    let url = format!("{}?{parameters}", server.url("postgres", "postgres"));
    let mut all = vec!["--upstream", &url];
    all.extend(arguments);
    Proxy::start_with(server, &all)
}

/// How a client of TLS begins.
#[derive(Clone, Copy)]
pub enum Negotiation<'a> {
    /// Asks first.
    Asked,
    /// Begins at once, naming this protocol, or none.
    Direct(Option<&'a [u8]>),
}

/// A client in bytes over TLS that trusts `root`, before its startup packet.
pub async fn over_tls(
    port: u16,
    root: &Path,
    negotiation: Negotiation<'_>,
    own: Option<&Certificate>,
) -> std::io::Result<RawClient> {
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    let mut roots = rustls::RootCertStore::empty();
    for certificate in CertificateDer::pem_file_iter(root).expect("a file") {
        roots
            .add(certificate.expect("a certificate"))
            .expect("an authority");
    }
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let builder = rustls::ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .expect("versions")
        .with_root_certificates(roots);
    let mut config = match own {
        None => builder.with_no_client_auth(),
        Some(files) => {
            let chain = vec![CertificateDer::from_pem_file(&files.cert).expect("a certificate")];
            let key = PrivateKeyDer::from_pem_file(&files.key).expect("a key");
            builder.with_client_auth_cert(chain, key).expect("a pair")
        }
    };
    let mut socket = TcpStream::connect(("127.0.0.1", port)).await?;
    match negotiation {
        Negotiation::Asked => {
            socket.write_all(&raw::SSL_REQUEST).await?;
            assert_eq!(socket.read_u8().await?, b'S');
        }
        Negotiation::Direct(protocol) => {
            config.alpn_protocols = protocol.into_iter().map(<[u8]>::to_vec).collect();
        }
    }
    let name = ServerName::try_from("localhost").expect("a name");
    let connector = TlsConnector::from(Arc::new(config));
    let stream = in_time("the handshake", connector.connect(name, socket)).await?;
    Ok(RawClient::over(stream))
}
