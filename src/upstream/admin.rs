//! Pooled connections of the administrative role, one small pool per database.
//!
//! A connection comes pinned ([`PINNED_SETTINGS`]) and without a transaction, whatever its last user
//! did with it: one that may hold any state is cleaned, or closed, before anybody else gets it.

use super::connect::{Connector, ConnectorError};
use super::executor::{DbError, Executor, PINNED_SETTINGS, Row};
use crate::config::Upstream;
use crate::error::SqlState;
use deadpool::managed::{self, Metrics, PoolError, RecycleError, RecycleResult};
use deadpool::{Runtime, Status};
use futures::future::BoxFuture;
use secrecy::{ExposeSecret, SecretString};
use std::collections::HashMap;
use std::fmt;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError, Weak};
use std::time::Duration;
use tokio_postgres::NoTls;
use tokio_postgres::types::{ToSql, Type};

/// A connection that nobody asked for this long is closed, and how often that is looked for. Together they are
/// less than the five seconds that `DROP DATABASE` waits for others to leave (`CountOtherDBBackends`,
/// `src/backend/storage/ipc/procarray.c`).
const IDLE: Duration = Duration::from_secs(2);
const IDLE_CHECK: Duration = Duration::from_secs(1);

/// How long to wait for one of a database's connections to come free.
const WAIT: Duration = Duration::from_secs(30);

/// Why there can be no pools.
#[derive(Debug, thiserror::Error)]
pub enum AdminError {
    #[error(transparent)]
    Connector(#[from] ConnectorError),
    #[error("could not read the password file {}: {source}", path.display())]
    PasswordFile {
        path: PathBuf,
        source: std::io::Error,
    },
}

/// The administrative connections of all databases.
#[derive(Clone)]
pub struct AdminPools(Arc<Inner>);

struct Inner {
    connector: Arc<Connector>,
    user: String,
    password: Option<SecretString>,
    pool_size: usize,
    pools: Mutex<HashMap<String, Pool>>,
}

type Pool = managed::Pool<Manager>;

impl fmt::Debug for AdminPools {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AdminPools")
            .field("connector", &self.0.connector)
            .field("user", &self.0.user)
            .finish_non_exhaustive()
    }
}

impl AdminPools {
    /// Reads the password; connects to nothing yet.
    pub fn new(config: &Upstream) -> Result<Self, AdminError> {
        let connector = Arc::new(Connector::new(config)?);
        Ok(Self(Arc::new(Inner {
            connector,
            user: config.user.clone(),
            password: config.admin_password().map_err(|source| {
                let path = config.password_file.clone().unwrap_or_default();
                AdminError::PasswordFile { path, source }
            })?,
            pool_size: config.pool_size.max(1),
            pools: Mutex::default(),
        })))
    }

    /// The connector that the pools use, for connections of other roles.
    pub fn connector(&self) -> &Arc<Connector> {
        &self.0.connector
    }

    /// How many connections each database has at most.
    pub fn size(&self) -> usize {
        self.0.pool_size
    }

    /// A connection to `database`.
    pub async fn get(&self, database: &str) -> Result<AdminConnection, DbError> {
        let pool = self.pool(database)?;
        match pool.get().await {
            Ok(object) => Ok(AdminConnection {
                object: Some(object),
                used: false,
            }),
            Err(PoolError::Backend(error)) => Err(error),
            Err(PoolError::Timeout(_)) => Err(DbError::Connection(format!(
                "all {} administrative connections to database \"{database}\" are busy",
                self.0.pool_size
            ))),
            Err(error) => Err(DbError::Connection(error.to_string())),
        }
    }

    fn pool(&self, database: &str) -> Result<Pool, DbError> {
        let mut pools = self.0.pools.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(pool) = pools.get(database) {
            return Ok(pool.clone());
        }
        let pool = Pool::builder(Manager {
            connector: Arc::clone(&self.0.connector),
            config: self.0.login(database),
        })
        .max_size(self.0.pool_size)
        .wait_timeout(Some(WAIT))
        .runtime(Runtime::Tokio1)
        .build()
        .map_err(|error| DbError::Connection(error.to_string()))?;
        if pools.is_empty() {
            tokio::spawn(close_idle(Arc::downgrade(&self.0)));
        }
        pools.insert(database.to_owned(), pool.clone());
        Ok(pool)
    }
}

impl Inner {
    fn login(&self, database: &str) -> tokio_postgres::Config {
        let mut config = tokio_postgres::Config::new();
        config
            .user(&self.user)
            .dbname(database)
            .application_name("pggit")
            .options(pinned_options());
        if let Some(password) = &self.password {
            config.password(password.expose_secret());
        }
        config
    }
}

/// What the server tells about the proxy's own statements ("already exists, skipping") would only fill the log.
const QUIET: (&str, &str) = ("client_min_messages", "warning");

/// [`PINNED_SETTINGS`] as the `options` of a startup packet, so that not even `RESET ALL` loses them.
fn pinned_options() -> String {
    PINNED_SETTINGS
        .iter()
        .chain([&QUIET])
        .map(|(name, value)| format!("-c {name}={}", value.replace(' ', "\\ ")))
        .collect::<Vec<_>>()
        .join(" ")
}

/// Closes connections that have long been idle and forgets pools that have none, until there are no pools.
async fn close_idle(pools: Weak<Inner>) {
    loop {
        tokio::time::sleep(IDLE_CHECK).await;
        let Some(inner) = pools.upgrade() else { return };
        let mut pools = inner.pools.lock().unwrap_or_else(PoisonError::into_inner);
        pools.retain(|_, pool| {
            pool.retain(|_, metrics| metrics.last_used() < IDLE);
            let Status { size, waiting, .. } = pool.status();
            size > 0 || waiting > 0
        });
        if pools.is_empty() {
            return;
        }
    }
}

/// Makes and checks the connections of one pool.
struct Manager {
    connector: Arc<Connector>,
    config: tokio_postgres::Config,
}

impl managed::Manager for Manager {
    type Type = tokio_postgres::Client;
    type Error = DbError;

    async fn create(&self) -> Result<tokio_postgres::Client, DbError> {
        let stream = self
            .connector
            .connect_certified()
            .await
            .map_err(|error| DbError::Connection(error.to_string()))?;
        // The stream brings its own TLS, and plain SCRAM is right on it: channel binding is not claimed.
        let (client, connection) = self
            .config
            .connect_raw(stream, NoTls)
            .await
            .map_err(|error| db_error(&error))?;
        tokio::spawn(async move {
            if let Err(error) = connection.await {
                tracing::debug!(%error, "an administrative connection ended");
            }
        });
        Ok(client)
    }

    async fn recycle(
        &self,
        client: &mut tokio_postgres::Client,
        _metrics: &Metrics,
    ) -> RecycleResult<DbError> {
        if client.is_closed() {
            return Err(RecycleError::message("closed"));
        }
        Ok(())
    }
}

/// A connection of the administrative role to one database.
pub struct AdminConnection {
    /// `None` only while it is being dropped.
    object: Option<managed::Object<Manager>>,
    /// [`Executor::batch`] ran: there may be an open transaction, locks, settings.
    used: bool,
}

impl fmt::Debug for AdminConnection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AdminConnection")
            .field("used", &self.used)
            .finish_non_exhaustive()
    }
}

impl AdminConnection {
    fn client(&self) -> Result<&tokio_postgres::Client, DbError> {
        self.object
            .as_deref()
            .ok_or_else(|| DbError::Connection("the connection was given back".to_owned()))
    }
}

impl Executor for AdminConnection {
    fn query<'a>(
        &'a mut self,
        sql: &'a str,
        params: &'a [Option<&'a str>],
    ) -> BoxFuture<'a, Result<Vec<Row>, DbError>> {
        Box::pin(async move {
            let typed: Vec<(&(dyn ToSql + Sync), Type)> = params
                .iter()
                .map(|param| (param as &(dyn ToSql + Sync), Type::TEXT))
                .collect();
            let rows = self
                .client()?
                .query_typed(sql, &typed)
                .await
                .map_err(|error| db_error(&error))?;
            rows.iter().map(text_row).collect()
        })
    }

    fn batch<'a>(&'a mut self, sql: &'a str) -> BoxFuture<'a, Result<(), DbError>> {
        self.used = true;
        Box::pin(async move {
            self.client()?
                .batch_execute(sql)
                .await
                .map_err(|error| db_error(&error))
        })
    }
}

impl Drop for AdminConnection {
    /// A used connection goes back to the pool only once the server has forgotten all that was done
    /// with it. `DISCARD ALL` refuses to run in a transaction: then the connection is closed, and the
    /// server rolls back.
    fn drop(&mut self) {
        let Some(object) = self.object.take() else {
            return;
        };
        if !self.used {
            return;
        }
        let Ok(runtime) = tokio::runtime::Handle::try_current() else {
            drop(managed::Object::take(object));
            return;
        };
        runtime.spawn(async move {
            if object.batch_execute("DISCARD ALL").await.is_err() {
                drop(managed::Object::take(object));
            }
        });
    }
}

fn text_row(row: &tokio_postgres::Row) -> Result<Row, DbError> {
    (0..row.len())
        .map(|column| {
            row.try_get::<_, Option<String>>(column)
                .map_err(|error| DbError::Unexpected(error.to_string()))
        })
        .collect()
}

fn db_error(error: &tokio_postgres::Error) -> DbError {
    use std::error::Error;
    if let Some(server) = error.as_db_error() {
        return DbError::Server {
            sqlstate: SqlState::parse(server.code().code().as_bytes()),
            message: server.message().to_owned(),
            detail: server.detail().map(str::to_owned),
            hint: server.hint().map(str::to_owned),
        };
    }
    let cause = error.source().map(|cause| format!(": {cause}"));
    DbError::Connection(format!("{error}{}", cause.unwrap_or_default()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pinned_settings_survive_the_splitting_of_options() {
        let options = pinned_options();
        assert!(options.starts_with("-c search_path=pg_catalog,\\ pg_temp -c TimeZone=UTC"));
    }
}
