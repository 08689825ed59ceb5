//! Log entries on standard error, as text or JSON.

use crate::config::{Log, LogFormat};
use std::io::IsTerminal;
use tracing_subscriber::EnvFilter;
use tracing_subscriber::filter::ParseError;

/// Logging that cannot be set up.
#[derive(Debug, thiserror::Error)]
pub enum LogError {
    #[error("log.filter \"{filter}\" cannot be read: {source}")]
    Filter { filter: String, source: ParseError },
    #[error("logging is set up already: {0}")]
    Twice(Box<dyn std::error::Error + Send + Sync>),
}

/// The filter of `log`.
pub fn filter(log: &Log) -> Result<EnvFilter, LogError> {
    EnvFilter::builder()
        .parse(&log.filter)
        .map_err(|source| LogError::Filter {
            filter: log.filter.clone(),
            source,
        })
}

/// Sends the process's log entries to standard error from now on.
pub fn init(log: &Log) -> Result<(), LogError> {
    let builder = tracing_subscriber::fmt()
        .with_env_filter(filter(log)?)
        .with_writer(std::io::stderr)
        .with_ansi(std::io::stderr().is_terminal());
    match log.format {
        LogFormat::Text => builder.try_init(),
        LogFormat::Json => builder.json().flatten_event(true).try_init(),
    }
    .map_err(LogError::Twice)
}
