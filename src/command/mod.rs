//! The `PGGIT …` commands: a grammar, and one handler per command that only translates between the
//! client and `repo`.

pub mod answer;
pub mod ast;
pub mod columns;
pub mod grammar;
mod handlers;
pub mod help;
pub mod lexer;
pub mod parser;

pub use answer::{Answer, Column, ColumnType, Notice, Value};
pub use ast::Command;
pub use columns::columns;
pub use grammar::parse;
pub use handlers::run;

use crate::repo::{Database, Identity, Repo};
use crate::telemetry::Metrics;
use crate::upstream::Executor;
use std::sync::Arc;

/// What a command runs with.
pub struct Invocation<'a> {
    pub repo: &'a Repo,
    pub metrics: &'a Metrics,
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
