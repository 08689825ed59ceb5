//! What a session starts with: everything that login has found out.

use super::buffers::Buffers;
use super::ending::Phase;
use super::waiting::Waits;
use crate::branch::{BranchMap, SearchPath};
use crate::repo::{Database, Identity, Repo};
use crate::sql::planner::Planner;
use crate::telemetry::metrics::Metrics;
use crate::wire::Stream;
use bytes::{Bytes, BytesMut};
use futures::future::BoxFuture;
use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;
use tokio::sync::watch;
use tracing::Span;

/// What all sessions share.
#[derive(Debug)]
pub struct Context {
    pub repo: Arc<Repo>,
    pub planner: Arc<Planner>,
    pub metrics: Arc<Metrics>,
    /// Statements that wait for objects of their branches.
    pub waits: Waits,
    /// The longest `Query` or `Parse` message that is read whole; longer ones cannot be planned.
    pub max_statement_bytes: usize,
}

/// Cancels whatever the server runs for one session, as a CancelRequest with its key does.
pub trait Cancel: fmt::Debug + Send + Sync {
    /// Sends the request and waits until the server has taken it. Failures are not worth reporting:
    /// the query then ends when it ends.
    fn cancel(&self) -> BoxFuture<'_, ()>;

    /// The packet of a CancelRequest with that key; empty if there is none.
    fn packet(&self) -> Bytes;
}

/// A logged-in client and its connection to the server; the client has had its first ReadyForQuery.
#[derive(Debug)]
pub struct Start {
    pub client: Stream,
    pub server: Stream,
    /// Bytes read from the client and not yet used.
    pub client_buffer: BytesMut,
    /// Bytes read from the server and not yet sent on.
    pub server_buffer: BytesMut,
    pub context: Arc<Context>,
    pub session_id: u64,
    pub identity: Identity,
    /// The database's real name, without a branch.
    pub database_name: String,
    /// `None` where the database is not initialised.
    pub database: Option<Arc<Database>>,
    /// The startup branch; `None` exactly where `database` is.
    pub map: Option<Arc<BranchMap>>,
    /// The session's `search_path` at startup as the client knows it.
    pub logical_search_path: SearchPath,
    /// The server's ParameterStatus messages so far.
    pub parameters: BTreeMap<String, String>,
    pub cancel: Arc<dyn Cancel>,
    /// Whether the proxy shuts down.
    pub phase: watch::Receiver<Phase>,
    /// Of the thread that the session runs on.
    pub buffers: Arc<Buffers>,
    /// What the session's log entries belong to. Only what may log enters it: the relay does not.
    pub span: Span,
}
