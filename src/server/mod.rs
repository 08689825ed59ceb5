//! How a connection arrives: listeners, TLS, login, limits, the operator's port, and the way out.
//!
//! A connection is a task of its own from `accept` to its end. It ends with its client, or with the process: `drain`
//! asks sessions to leave once they are in no transaction, `abort` takes them as they are.

pub mod arrival;
pub mod auth;
mod certificate;
pub mod listener;
mod login;
pub mod operator;
pub mod proxy_protocol;
pub mod role_map;
pub mod target;
pub mod tls;
mod workers;

pub use listener::{BindError, Listener};
pub use tls::{CertificateError, Terminator};

use crate::config::{Config, Tcp};
use crate::repo::{Repo, Versioning};
use crate::session::{Context, Phase, Waits};
use crate::sql::Planner;
use crate::telemetry::Metrics;
use crate::upstream::admin::AdminError;
use crate::upstream::{AdminPools, Connector};
use auth::RoleCatalog;
use ipnet::IpNet;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;
use tokio::sync::{Semaphore, watch};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use tracing::{error, info, info_span};
use workers::Workers;

/// How often the certificate's files are looked at.
const CERTIFICATE_CHECK: Duration = Duration::from_secs(10);

/// A configuration that a server cannot be made from.
#[derive(Debug, thiserror::Error)]
pub enum SetupError {
    #[error(transparent)]
    Certificate(#[from] CertificateError),
    #[error(transparent)]
    Upstream(#[from] AdminError),
    #[error("metrics cannot be set up: {0}")]
    Metrics(#[from] prometheus::Error),
}

/// How to stop.
#[derive(Clone, Debug, Default)]
pub struct Shutdown {
    /// No new clients, and sessions end as soon as they are in no transaction.
    pub drain: CancellationToken,
    /// All sessions end at once.
    pub abort: CancellationToken,
}

/// What all connections share.
#[derive(Debug)]
pub struct Server {
    context: Arc<Context>,
    connector: Arc<Connector>,
    tls: Option<Arc<Terminator>>,
    /// What passwords are verified with, where SCRAM ends here.
    roles: Arc<RoleCatalog>,
    /// Where connections come from that announce their clients.
    announcing: Vec<IpNet>,
    /// TCP on the clients' hop.
    tcp: Tcp,
    /// One permit per session.
    slots: Arc<Semaphore>,
    login_timeout: Duration,
    drain_timeout: Duration,
    threads: usize,
    next_session: AtomicU64,
    shutdown: Shutdown,
    /// What sessions know of the shutdown.
    phase: watch::Sender<Phase>,
}

impl Server {
    pub fn new(config: &Config, shutdown: Shutdown) -> Result<Self, SetupError> {
        // Apart from each other: a command that holds a connection while it reads history must never
        // wait for one that another such command holds.
        let operations = AdminPools::new(&config.upstream)?;
        let readers = AdminPools::new(&config.upstream)?;
        let connector = Arc::clone(operations.connector());
        let roles = Arc::new(RoleCatalog::new(readers.clone()));
        let metrics = Arc::new(Metrics::new()?);
        let repo =
            Repo::new(operations, readers, Versioning::from(config)).counting(Arc::clone(&metrics));
        Ok(Self {
            context: Arc::new(Context {
                repo: Arc::new(repo),
                planner: Arc::new(Planner::new(config.limits.plan_cache_bytes.0)),
                metrics,
                waits: Waits::default(),
                max_statement_bytes: config.limits.max_statement_bytes.0,
            }),
            connector,
            tls: Terminator::new(&config.tls)?.map(Arc::new),
            roles,
            announcing: config.proxy_protocol.networks.clone(),
            tcp: config.tcp,
            slots: Arc::new(Semaphore::new(
                config.limits.max_connections.min(Semaphore::MAX_PERMITS),
            )),
            login_timeout: config.limits.login_timeout.0,
            drain_timeout: config.limits.drain_timeout.0,
            threads: config.limits.threads,
            next_session: AtomicU64::new(1),
            shutdown,
            phase: watch::Sender::default(),
        })
    }

    /// Reads the certificate and the key again; the old ones stay if the new are no good.
    pub fn reload_certificates(&self) {
        let Some(tls) = &self.tls else { return };
        match tls.reload() {
            Ok(()) => info!("certificate reloaded"),
            Err(error) => error!(%error, "certificate not reloaded"),
        }
    }
}

/// Serves until the shutdown's `drain` is cancelled and every session has ended, within the configured time
/// unless `abort` cuts it short.
pub async fn run(
    server: Arc<Server>,
    listeners: Vec<Listener>,
    operator: Option<tokio::net::TcpListener>,
) {
    let connections = TaskTracker::new();
    let done = CancellationToken::new();
    let helpers = TaskTracker::new();
    let workers = match Workers::start(server.threads) {
        Ok(workers) => Arc::new(workers),
        Err(error) => {
            error!(%error, "cannot start threads");
            return;
        }
    };
    for listener in listeners {
        info!(address = %listener, "listening");
        helpers.spawn(accept(
            Arc::clone(&server),
            listener,
            Arc::clone(&workers),
            connections.clone(),
        ));
    }
    if let Some(listener) = operator {
        helpers.spawn(operator::serve(listener, Arc::clone(&server), done.clone()));
    }
    if let Some(tls) = server.tls.clone() {
        helpers.spawn(watch_certificates(Arc::clone(&server), tls, done.clone()));
    }
    helpers.close();

    server.shutdown.drain.cancelled().await;
    server.phase.send_replace(Phase::Draining);
    connections.close();
    info!(sessions = connections.len(), "draining");
    tokio::select! {
        () = connections.wait() => {}
        () = server.shutdown.abort.cancelled() => {}
        () = tokio::time::sleep(server.drain_timeout) => {
            info!(sessions = connections.len(), "the time to drain is over");
        }
    }
    server.shutdown.abort.cancel();
    server.phase.send_replace(Phase::Aborting);
    connections.wait().await;
    done.cancel();
    helpers.wait().await;
    info!("stopped");
}

async fn accept(
    server: Arc<Server>,
    listener: Listener,
    workers: Arc<Workers>,
    connections: TaskTracker,
) {
    loop {
        let (socket, peer) = tokio::select! {
            client = listener.accept() => client,
            () = server.shutdown.drain.cancelled() => return,
        };
        let session = server.next_session.fetch_add(1, Ordering::Relaxed);
        let span = info_span!(
            "session",
            id = session,
            peer = tracing::field::Empty,
            role = tracing::field::Empty,
            database = tracing::field::Empty,
            branch = tracing::field::Empty,
        );
        // There is always one.
        let Some(worker) = workers.next() else { return };
        let buffers = Arc::clone(&worker.buffers);
        let serve = login::serve(Arc::clone(&server), socket, peer, session, buffers, span);
        connections.spawn_on(serve, &worker.runtime);
    }
}

async fn watch_certificates(server: Arc<Server>, tls: Arc<Terminator>, done: CancellationToken) {
    loop {
        tokio::select! {
            () = tokio::time::sleep(CERTIFICATE_CHECK) => {}
            () = done.cancelled() => return,
        }
        if tls.is_stale() {
            server.reload_certificates();
        }
    }
}
