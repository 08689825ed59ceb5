//! Signals: the first SIGTERM or SIGINT drains, the second ends everything at once, SIGHUP reads the certificates again.

use super::error::CliError;
use crate::server::{Server, Shutdown};
use std::sync::Arc;
use tokio::signal::unix::{Signal, SignalKind, signal};
use tracing::info;

/// From now on, signals shut down in order.
pub(super) fn on_signals() -> Result<Shutdown, CliError> {
    let mut terminate = listen(SignalKind::terminate())?;
    let mut interrupt = listen(SignalKind::interrupt())?;
    let shutdown = Shutdown::default();
    let tokens = shutdown.clone();
    tokio::spawn(async move {
        for token in [&tokens.drain, &tokens.abort] {
            tokio::select! {
                _ = terminate.recv() => {}
                _ = interrupt.recv() => {}
            }
            info!("told to stop");
            token.cancel();
        }
    });
    Ok(shutdown)
}

/// From now on, SIGHUP makes `server` read its certificates again.
pub(super) fn reload_on_hangup(server: Arc<Server>) -> Result<(), CliError> {
    let mut hangup = listen(SignalKind::hangup())?;
    tokio::spawn(async move {
        while hangup.recv().await.is_some() {
            server.reload_certificates();
        }
    });
    Ok(())
}

fn listen(kind: SignalKind) -> Result<Signal, CliError> {
    signal(kind).map_err(CliError::Signals)
}
