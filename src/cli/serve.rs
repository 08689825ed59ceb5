//! `pggit serve`.

use super::Sources;
use super::error::CliError;
use super::shutdown;
use crate::config::Config;
use crate::server::{self, BindError, Listener, Server, Shutdown};
use crate::telemetry::logging;
use clap::Args;
use nix::sys::resource::{Resource, getrlimit, setrlimit};
use std::sync::Arc;
use tokio::net::TcpListener;
use tracing::{info, warn};

#[derive(Debug, Args)]
pub(super) struct Serve {
    #[command(flatten)]
    sources: Sources,
}

impl Serve {
    pub(super) async fn run(self) -> Result<(), CliError> {
        let config = self.sources.load()?;
        let problems = config.problems();
        if !problems.is_empty() {
            return Err(CliError::Config(problems));
        }
        logging::init(&config.log)?;
        info!(version = env!("CARGO_PKG_VERSION"), "pggit starts");
        let shutdown = shutdown::on_signals()?;
        let bound = Bound::new(&config, &shutdown).await?;
        bound.serve().await
    }
}

/// A server whose addresses are taken, ready to serve.
pub(super) struct Bound {
    pub(super) server: Arc<Server>,
    pub(super) listeners: Vec<Listener>,
    operator: Option<TcpListener>,
}

impl Bound {
    pub(super) async fn new(config: &Config, shutdown: &Shutdown) -> Result<Self, CliError> {
        raise_file_limit();
        let server = Arc::new(Server::new(config, shutdown.clone())?);
        let mut listeners = Vec::new();
        for address in &config.listen {
            listeners.push(Listener::bind(address, config.unix_socket_permissions).await?);
        }
        let operator = match &config.metrics.listen {
            Some(address) => {
                Some(
                    TcpListener::bind(address)
                        .await
                        .map_err(|source| BindError {
                            address: address.clone(),
                            source,
                        })?,
                )
            }
            None => None,
        };
        Ok(Self {
            server,
            listeners,
            operator,
        })
    }

    pub(super) async fn serve(self) -> Result<(), CliError> {
        shutdown::reload_on_hangup(Arc::clone(&self.server))?;
        server::run(self.server, self.listeners, self.operator).await;
        Ok(())
    }
}

/// Every session takes two file descriptors; the soft limit of many systems is 1024.
fn raise_file_limit() {
    let raised = getrlimit(Resource::RLIMIT_NOFILE)
        .and_then(|(_, hard)| setrlimit(Resource::RLIMIT_NOFILE, hard, hard));
    if let Err(error) = raised {
        warn!(%error, "the limit of open files stays as it is");
    }
}
