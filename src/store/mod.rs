//! History: commits, trees, refs, lineage and merges, kept in the `pggit` schema of the database itself.
//!
//! Objects, tree nodes and commits are named by the SHA-256 of their content and never change; a branch
//! is a movable name for a commit. Reading needs nothing but `SELECT`, which everybody has, so it works on
//! an administrative connection and on a client's. Writing is of two kinds: [`Store::record`] runs in
//! a client's transaction and is accepted by the server because only the proxy can sign it; everything else
//! needs the administrative role.
//!
//! What is read by hash is checked against that hash.

pub mod audit;
pub mod chain;
pub mod commit;
pub mod drift;
pub mod dropped;
pub mod error;
pub mod exchange;
pub mod expiry;
pub mod hash;
pub mod history;
pub mod hydration;
pub mod ledger;
pub mod lineage;
pub mod merges;
pub mod migrate;
mod payload;
pub mod protection;
pub mod rebases;
pub mod record;
pub mod refs;
pub mod resolve;
mod rows;
pub mod signature;
mod snapshots;
pub mod tags;
pub mod tree;
pub mod trees;
mod turns;
pub mod verify;
pub mod versions;

pub use audit::{AuditConflict, AuditObject, DecisionRow, MergeAudit};
pub use chain::Earlier;
pub use commit::Commit;
pub use drift::DriftNote;
pub use dropped::{DroppedTable, Kept, KeptTable};
pub use error::StoreError;
pub use expiry::Expiring;
pub use hash::{CommitHash, ObjectHash, TreeHash};
pub use history::LogQuery;
pub use hydration::{Hydrating, Made, Placed, PlacedColumn, Progress};
pub use lineage::LineageEntry;
pub use merges::{
    ConflictRow, Decider, MergeRow, MergeSource, MergeState, NewConflict, NewMerge, Operation,
    Remembered, RememberedDecision, Resolution, Side,
};
pub use protection::{MergeRequest, Protection, RequestState};
pub use rebases::{RebaseMerge, RebaseRow};
pub use record::{LedgerBase, MergeRecord, NewHead, Record, Recorded, Stamp};
pub use refs::{Branch, BranchHead, MAIN_BRANCH_ID, NewBranch, RegisteredBranch};
pub use tags::Tag;
pub use tree::{Change as TreeEntryChange, Nodes, TreeChange, TreeUpdate};
pub use versions::{Changed, ObjectChange};

use crate::upstream::Executor;
use rows::FromRow;
use signature::RecordKey;
use snapshots::Recent;
use trees::Caches;

/// The history of one database. Cheap calls, no state but a key and caches of what never changes.
#[derive(Debug)]
pub struct Store {
    key: RecordKey,
    caches: Caches,
}

impl Store {
    /// Opens the history of an initialised database. `exec` must be an administrative connection: it
    /// reads the key that signs records.
    pub async fn open(exec: &mut dyn Executor) -> Result<Self, StoreError> {
        let rows = exec
            .query("SELECT encode(inner_pad, 'hex') FROM pggit.secret", &[])
            .await?;
        let mut rows = rows.into_iter();
        let mut row = FromRow::new(rows.next().ok_or(StoreError::NoKey)?);
        let inner_pad = hex::decode(row.text()?).map_err(|_| StoreError::NoKey)?;
        Ok(Self {
            key: RecordKey::from_inner_pad(&inner_pad).ok_or(StoreError::NoKey)?,
            caches: Caches::new(),
        })
    }

    /// The same, which keeps as many bytes of schemas; a store that is just opened keeps none.
    #[must_use]
    pub fn keeping(mut self, schema_bytes: u64) -> Self {
        self.caches.recent = Recent::of(schema_bytes);
        self
    }
}
