//! Why a command of the command line failed, in words for a person.

use crate::config::Problem;
use crate::error::ErrorReport;
use crate::server::{BindError, SetupError};
use crate::telemetry::logging::LogError;
use std::fmt;

#[derive(Debug)]
pub(super) enum CliError {
    Config(Vec<Problem>),
    Log(LogError),
    Setup(SetupError),
    Bind(BindError),
    Signals(std::io::Error),
    /// What the server or the proxy says of a database.
    Database(String, ErrorReport),
    /// Databases whose history is not what it says.
    Damaged(Vec<String>),
    Dev(super::dev::DevError),
}

impl fmt::Display for CliError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Config(problems) => {
                f.write_str("pggit: the configuration is not valid:")?;
                for problem in problems {
                    write!(f, "\n  {problem}")?;
                }
                Ok(())
            }
            Self::Log(error) => write!(f, "pggit: {error}"),
            Self::Setup(error) => write!(f, "pggit: {error}"),
            Self::Bind(error) => write!(f, "pggit: {error}"),
            Self::Signals(error) => write!(f, "pggit: could not listen for signals: {error}"),
            Self::Database(database, report) => {
                write!(f, "pggit: database \"{database}\": {report}")?;
                for (label, text) in [("DETAIL", &report.detail), ("HINT", &report.hint)] {
                    if let Some(text) = text {
                        write!(f, "\n{label}: {text}")?;
                    }
                }
                Ok(())
            }
            Self::Damaged(databases) => {
                write!(
                    f,
                    "pggit: the history of {} is damaged",
                    databases.join(", ")
                )
            }
            Self::Dev(error) => write!(f, "pggit dev: {error}"),
        }
    }
}

impl std::error::Error for CliError {}

impl From<LogError> for CliError {
    fn from(error: LogError) -> Self {
        Self::Log(error)
    }
}

impl From<SetupError> for CliError {
    fn from(error: SetupError) -> Self {
        Self::Setup(error)
    }
}

impl From<BindError> for CliError {
    fn from(error: BindError) -> Self {
        Self::Bind(error)
    }
}

impl From<super::dev::DevError> for CliError {
    fn from(error: super::dev::DevError) -> Self {
        Self::Dev(error)
    }
}
