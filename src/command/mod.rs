//! The `PGGIT …` commands: a grammar, and one handler per command that only translates between the
//! client and `repo`.

pub mod answer;

pub use answer::{Answer, Column, ColumnType, Notice, Value};

use crate::error::{ErrorReport, SqlState};
use crate::repo::{Database, Identity, Repo};
use crate::upstream::Executor;
use std::sync::Arc;

/// A parsed command.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Command {
    Version,
}

/// What a command runs with.
pub struct Invocation<'a> {
    pub repo: &'a Repo,
    /// `None` on a database that is not initialised, where only INIT, HELP, STATUS and VERSION work.
    pub database: Option<Arc<Database>>,
    pub database_name: &'a str,
    /// The client's own connection.
    pub session: &'a mut dyn Executor,
    pub identity: &'a Identity,
    /// The branch the session is on.
    pub branch: &'a str,
    /// The session is in a transaction block: commands that need their own refuse with 25001.
    pub in_transaction: bool,
}

/// Reads a command's text, `PGGIT` included, without the semicolon.
///
/// # Errors
/// `42601` with the position of the word that was not expected, `42622`, `42602`.
pub fn parse(_text: &str) -> Result<Command, ErrorReport> {
    Ok(Command::Version)
}

/// The columns of a command's rows; `None` if it returns none. For Describe, before it runs.
pub fn columns(_command: &Command) -> Option<&'static [Column]> {
    None
}

/// Runs a command.
pub async fn run(_command: &Command, _with: Invocation<'_>) -> Result<Answer, ErrorReport> {
    Err(ErrorReport::new(SqlState::FEATURE_NOT_SUPPORTED, "not yet"))
}
