//! The one place that reads configuration, and the typed result of it.
//!
//! `config/pggit.toml` shows every setting at its default, `docs/configuration.md` explains them.

pub mod load;
pub mod unit;
mod url;
mod validate;

pub use load::{Flags, Problem, load};

use ipnet::IpNet;
use secrecy::SecretString;
use serde::{Deserialize, Serialize, Serializer};
use std::path::PathBuf;
use std::time::Duration;
use unit::{FileMode, Size, Time};

/// The ledgers of the migration tools we know of.
const MIGRATION_LEDGERS: [&str; 22] = [
    "django_migrations",
    "alembic_version",
    "schema_migrations",
    "ar_internal_metadata",
    "flyway_schema_history",
    "databasechangelog",
    "knex_migrations",
    "knex_migrations_lock",
    "_prisma_migrations",
    "__drizzle_migrations",
    "goose_db_version",
    "pgmigrations",
    "SequelizeMeta",
    "migrations",
    "_sqlx_migrations",
    "__diesel_schema_migrations",
    "refinery_schema_history",
    "pgboss.version",
    "schema_version",
    "schema_compat_version",
    "applied_schema_deltas",
    "applied_module_schemas",
];

/// All settings of a proxy.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields, default)]
pub struct Config {
    /// Where clients connect: `host:port`, or the path of a Unix socket.
    pub listen: Vec<String>,
    /// Permissions of the Unix sockets' files.
    pub unix_socket_permissions: FileMode,
    pub proxy_protocol: ProxyProtocol,
    /// TCP on the clients' hop.
    pub tcp: Tcp,
    pub tls: Tls,
    pub upstream: Upstream,
    pub limits: Limits,
    pub versioning: Versioning,
    pub undrop: Undrop,
    pub metrics: MetricsPort,
    pub log: Log,
}

/// Proxies in front of this one that announce their clients with PROXY protocol 2.
#[derive(Clone, Debug, Default, Deserialize, Serialize)]
#[serde(deny_unknown_fields, default)]
pub struct ProxyProtocol {
    /// Where they are. Connections from there have to begin with the header; from elsewhere it is refused.
    pub networks: Vec<IpNet>,
}

/// How a peer that has vanished is noticed; what is 0 is left to the operating system.
#[derive(Clone, Copy, Debug, Deserialize, Serialize, PartialEq, Eq)]
#[serde(deny_unknown_fields, default)]
pub struct Tcp {
    /// How long a connection may be silent before the kernel asks whether the peer is still there.
    pub keepalives_idle: Time,
    /// How long it waits for an answer before it asks again.
    pub keepalives_interval: Time,
    /// After how many questions without an answer the connection is gone.
    pub keepalives_count: u32,
    /// How long sent data may stay unacknowledged before the connection is gone (`TCP_USER_TIMEOUT`).
    pub user_timeout: Time,
}

/// TLS on the clients' hop.
#[derive(Clone, Debug, Default, Deserialize, Serialize)]
#[serde(deny_unknown_fields, default)]
pub struct Tls {
    pub mode: TlsMode,
    /// PEM file with the certificate chain, the server's own first.
    pub cert: Option<PathBuf>,
    /// PEM file with the private key.
    pub key: Option<PathBuf>,
    /// PEM file with the authorities that sign clients' certificates; without it, clients are not asked for any.
    pub client_ca: Option<PathBuf>,
    /// File that says which roles a certificate's common name may log in as; without it, the role of that name.
    pub client_map: Option<PathBuf>,
    pub client_auth: ClientAuth,
}

/// Whether every session needs a client certificate for its role.
#[derive(Clone, Copy, Debug, Default, Deserialize, Serialize, PartialEq, Eq)]
#[serde(rename_all = "kebab-case")]
pub enum ClientAuth {
    #[default]
    Optional,
    Require,
}

/// Whether clients may, must or cannot use TLS.
#[derive(Clone, Copy, Debug, Default, Deserialize, Serialize, PartialEq, Eq)]
#[serde(rename_all = "kebab-case")]
pub enum TlsMode {
    #[default]
    Disable,
    Allow,
    Require,
}

/// The server behind the proxy, and the role that the proxy itself uses there.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields, default)]
pub struct Upstream {
    /// `postgres://user:password@host:port?sslmode=…`; what it names wins over the settings below.
    #[serde(serialize_with = "redacted")]
    pub url: Option<SecretString>,
    /// Host name, address, or the directory of the server's Unix socket.
    pub host: String,
    pub port: u16,
    /// The administrative role: it owns the `pggit` schema.
    pub user: String,
    #[serde(serialize_with = "redacted")]
    pub password: Option<SecretString>,
    /// File whose first line is the administrative role's password.
    pub password_file: Option<PathBuf>,
    pub sslmode: SslMode,
    pub sslnegotiation: SslNegotiation,
    /// PEM file with the authorities that sign the server's certificate; the public ones without it.
    pub root_cert: Option<PathBuf>,
    /// PEM file with the proxy's own certificate: shown for the administrative role, and for clients who have shown theirs.
    pub client_cert: Option<PathBuf>,
    /// PEM file with the private key of that.
    pub client_key: Option<PathBuf>,
    /// TCP on the server's hop.
    pub tcp: Tcp,
    /// Time for a connection to be made, TLS included.
    pub connect_timeout: Time,
    /// Administrative connections per database.
    pub pool_size: usize,
}

/// How the server's hop is encrypted and the server verified: libpq's words and meanings.
#[derive(Clone, Copy, Debug, Default, Deserialize, Serialize, PartialEq, Eq)]
#[serde(rename_all = "kebab-case")]
pub enum SslMode {
    Disable,
    #[default]
    Prefer,
    Require,
    VerifyCa,
    VerifyFull,
}

/// How TLS with the server begins: libpq's words and meanings.
#[derive(Clone, Copy, Debug, Default, Deserialize, Serialize, PartialEq, Eq)]
#[serde(rename_all = "kebab-case")]
pub enum SslNegotiation {
    /// The server is asked first.
    #[default]
    Postgres,
    /// At once, which a server from PostgreSQL 17 on understands.
    Direct,
}

#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields, default)]
pub struct Limits {
    /// Sessions at a time; further clients are told that there are too many.
    pub max_connections: usize,
    /// Time from accepting a connection to its first ReadyForQuery.
    pub login_timeout: Time,
    /// Time that sessions have at shutdown to finish their transactions.
    pub drain_timeout: Time,
    /// Threads that sessions run on; 0 is one for each processor.
    pub threads: usize,
    /// The longest statement the proxy looks into.
    pub max_statement_bytes: Size,
    /// What the plan cache may hold.
    pub plan_cache_bytes: Size,
    /// What schemas that are kept for comparing may take, for each database.
    pub schema_cache_bytes: Size,
}

/// What is versioned, and how.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields, default)]
pub struct Versioning {
    /// Schemas that are not versioned and that all branches share.
    pub excluded_schemas: Vec<String>,
    /// Tables, in any schema, in which migration tools keep what has been applied: their rows describe the
    /// structure, and so go with it when a branch is created or merged.
    pub migration_ledgers: Vec<String>,
}

/// Dropped tables that come back.
#[derive(Clone, Debug, Default, Deserialize, Serialize)]
#[serde(deny_unknown_fields, default)]
pub struct Undrop {
    /// How long the rows of a dropped table are kept; not at all without it.
    pub keep: Option<Time>,
}

/// The operator's HTTP port: `/metrics`, `/livez`, `/readyz`.
#[derive(Clone, Debug, Default, Deserialize, Serialize)]
#[serde(deny_unknown_fields, default)]
pub struct MetricsPort {
    /// `host:port`; without it there is no such port.
    pub listen: Option<String>,
}

#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields, default)]
pub struct Log {
    pub format: LogFormat,
    /// `error`, `warn`, `info`, `debug`, `trace`, or directives such as `info,pggit::session=debug`.
    pub filter: String,
}

#[derive(Clone, Copy, Debug, Default, Deserialize, Serialize, PartialEq, Eq)]
#[serde(rename_all = "kebab-case")]
pub enum LogFormat {
    #[default]
    Text,
    Json,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            listen: vec!["127.0.0.1:6432".to_owned()],
            unix_socket_permissions: FileMode(0o777),
            proxy_protocol: ProxyProtocol::default(),
            tcp: Tcp::default(),
            tls: Tls::default(),
            upstream: Upstream::default(),
            limits: Limits::default(),
            versioning: Versioning::default(),
            undrop: Undrop::default(),
            metrics: MetricsPort::default(),
            log: Log::default(),
        }
    }
}

impl Default for Tcp {
    fn default() -> Self {
        Self {
            keepalives_idle: Time(Duration::from_mins(1)),
            keepalives_interval: Time(Duration::from_secs(15)),
            keepalives_count: 0,
            user_timeout: Time(Duration::ZERO),
        }
    }
}

impl Default for Upstream {
    fn default() -> Self {
        Self {
            url: None,
            host: "127.0.0.1".to_owned(),
            port: 5432,
            user: "postgres".to_owned(),
            password: None,
            password_file: None,
            sslmode: SslMode::default(),
            sslnegotiation: SslNegotiation::default(),
            root_cert: None,
            client_cert: None,
            client_key: None,
            tcp: Tcp::default(),
            connect_timeout: Time(Duration::from_secs(10)),
            pool_size: 8,
        }
    }
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            max_connections: 1000,
            login_timeout: Time(Duration::from_secs(30)),
            drain_timeout: Time(Duration::from_secs(30)),
            threads: 0,
            max_statement_bytes: Size(16 << 20),
            plan_cache_bytes: Size(64 << 20),
            schema_cache_bytes: Size(256 << 20),
        }
    }
}

impl Default for Versioning {
    fn default() -> Self {
        Self {
            excluded_schemas: Vec::new(),
            migration_ledgers: MIGRATION_LEDGERS.map(str::to_owned).to_vec(),
        }
    }
}

impl Default for Log {
    fn default() -> Self {
        Self {
            format: LogFormat::default(),
            filter: "info".to_owned(),
        }
    }
}

/// A secret is never written out.
#[expect(clippy::ref_option, reason = "serde passes the field")]
fn redacted<S: Serializer>(
    _secret: &Option<SecretString>,
    serializer: S,
) -> Result<S::Ok, S::Error> {
    serializer.serialize_none()
}

impl Upstream {
    /// The administrative role's password: the setting, else the first line of the file.
    pub fn admin_password(&self) -> std::io::Result<Option<SecretString>> {
        if self.password.is_some() {
            return Ok(self.password.clone());
        }
        let Some(path) = &self.password_file else {
            return Ok(None);
        };
        let text = std::fs::read_to_string(path)?;
        Ok(text.lines().next().map(SecretString::from))
    }
}
