//! A server that asks for passwords and speaks TLS, and the files for both hops.

use crate::harness::postgres::{Durability, give_to_server};
use crate::harness::{Postgres, Session, eventually};
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;

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
        fs::write(&files.key, made.signing_key.serialize_pem()).expect("a writable directory");
        files
    }
}

/// The role and the password for each kind of authentication.
pub const ROLES: [(&str, &str); 3] = [("scram", "s c'r@m"), ("hashed", "five"), ("plain", "text")];

const HBA: &str = "\
local all         all                  trust
host  all         scram   127.0.0.1/32 scram-sha-256
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
    let data = server.data_directory();
    let files = Certificate::write(&data);
    fs::set_permissions(&files.key, fs::Permissions::from_mode(0o600)).expect("our file");
    give_to_server(&files.key);
    give_to_server(&files.cert);
    fs::write(data.join("pg_hba.conf"), HBA).expect("a writable directory");
    admin
        .run("ALTER SYSTEM SET ssl_cert_file = 'cert.pem'")
        .await;
    admin.run("ALTER SYSTEM SET ssl_key_file = 'key.pem'").await;
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
