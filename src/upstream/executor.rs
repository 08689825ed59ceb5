//! The one interface through which the layers above run SQL of the proxy's own.

use crate::error::{Origin, Report, SqlState};
use futures::future::BoxFuture;

/// One row, every column in text format; `None` is NULL.
pub type Row = Vec<Option<String>>;

/// The settings under which the proxy's own SQL runs, whatever the client has set: names resolve in
/// `pg_catalog` alone, what the server prints of constants does not depend on the session, and plans
/// are made once, for point look-ups.
///
/// An implementation of [`Executor`] establishes them before the first statement and, on a client's
/// connection, restores the client's values after the last.
pub const PINNED_SETTINGS: &[(&str, &str)] = &[
    ("search_path", "pg_catalog, pg_temp"),
    ("TimeZone", "UTC"),
    ("DateStyle", "ISO, YMD"),
    ("IntervalStyle", "postgres"),
    ("extra_float_digits", "1"),
    ("bytea_output", "hex"),
    ("quote_all_identifiers", "off"),
    ("standard_conforming_strings", "on"),
    ("check_function_bodies", "off"),
    ("xmloption", "content"),
    // Catalog queries look up a few objects by index, however large the catalogs are or will grow
    // while a plan is kept; planning costs more than running, and compiling more than both.
    ("enable_seqscan", "off"),
    ("plan_cache_mode", "force_generic_plan"),
    ("jit", "off"),
];

/// Runs SQL of the proxy's own under [`PINNED_SETTINGS`].
pub trait Executor: Send + Sync {
    /// Runs one statement and returns its rows.
    ///
    /// Parameters go as `text`; a statement casts them where it needs another type
    /// (`$1::text::oid[]`, `decode($1, 'hex')`). Every result column must be of type `text`.
    fn query<'a>(
        &'a mut self,
        sql: &'a str,
        params: &'a [Option<&'a str>],
    ) -> BoxFuture<'a, Result<Vec<Row>, DbError>>;

    /// Runs any number of statements without parameters and discards their results.
    /// `BEGIN` and `COMMIT` may be among them.
    fn batch<'a>(&'a mut self, sql: &'a str) -> BoxFuture<'a, Result<(), DbError>>;
}

/// Why a statement of the proxy's own failed.
#[derive(Clone, Debug, thiserror::Error)]
pub enum DbError {
    /// The server's ErrorResponse, in its own words.
    #[error("{message}")]
    Server {
        sqlstate: SqlState,
        message: String,
        detail: Option<String>,
        hint: Option<String>,
    },
    /// The connection broke, or none could be made.
    #[error("the connection to the server failed: {0}")]
    Connection(String),
    /// The server answered with something the proxy does not understand.
    #[error("unexpected answer from the server: {0}")]
    Unexpected(String),
}

impl Report for DbError {
    fn sqlstate(&self) -> SqlState {
        match self {
            Self::Server { sqlstate, .. } => *sqlstate,
            Self::Connection(_) => SqlState::CONNECTION_FAILURE,
            Self::Unexpected(_) => SqlState::INTERNAL_ERROR,
        }
    }
    fn detail(&self) -> Option<String> {
        match self {
            Self::Server { detail, .. } => detail.clone(),
            _ => None,
        }
    }
    fn hint(&self) -> Option<String> {
        match self {
            Self::Server { hint, .. } => hint.clone(),
            _ => None,
        }
    }
    fn origin(&self) -> Origin {
        match self {
            Self::Server { .. } | Self::Connection(_) => Origin::Upstream,
            Self::Unexpected(_) => Origin::Internal,
        }
    }
}
