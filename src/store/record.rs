//! A commit becomes part of history, in the transaction of the DDL that made it.

use super::audit::MergeAudit;
use super::chain::Earlier;
use super::error::StoreError;
use super::hash::{CommitHash, ObjectHash};
use super::merges::{MergeSource, Operation};
use super::payload::Payload;
use super::rows::FromRow;
use super::tree::{Change, TreeUpdate};
use super::{Commit, Store};
use crate::catalog::CatalogId;
use crate::schema::model::Lineage;
use crate::upstream::Executor;
use serde::Serialize;

/// Both are `text`, so that the call means this function and no other.
const RECORD: &str = "SELECT pggit.record($1::text, $2::text)";
const STAMP: &str = include_str!("sql/stamp.sql");

/// What ties a record to one transaction of one backend: nobody can use it in another.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stamp {
    /// `pg_current_xact_id()`, which assigns one if there is none yet.
    pub transaction_id: String,
    /// `pg_backend_pid()`.
    pub backend_pid: i32,
    /// The server's clock, in microseconds since the Unix epoch.
    pub now_micros: i64,
}

/// Where the branch's head goes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum NewHead {
    /// To a commit made by this record.
    Commit(Commit),
    /// To one that exists: a fast-forward.
    Existing(CommitHash),
}

impl NewHead {
    pub fn hash(&self) -> CommitHash {
        match self {
            Self::Commit(commit) => commit.hash(),
            Self::Existing(hash) => *hash,
        }
    }
}

/// Everything that one commit writes.
#[derive(Clone, Debug)]
pub struct Record {
    pub stamp: Stamp,
    /// `pggit.branch.id`.
    pub branch: i64,
    /// The head that the new commit was computed from; `None` for a branch without any.
    pub expected_head: Option<CommitHash>,
    pub head: NewHead,
    /// Commits that lead to it and are new, too, parents first: the branch never stands at them.
    pub earlier: Vec<Earlier>,
    /// Session role on whose behalf, for the reflog.
    pub who: String,
    /// What the reflog says was done: `commit`, `merge feature`.
    pub action: String,
    /// Canonical definitions that may be new.
    pub objects: Vec<(ObjectHash, String)>,
    /// The new tree, as [`Store::tree_update`] gave it.
    pub tree: Option<TreeUpdate>,
    /// What differs from the first parent, for `LOG … FOR`: the changes the tree was updated with.
    pub changes: Vec<Change>,
    /// Lineages of new objects and columns, and of those that changed theirs.
    pub lineages: Vec<(CatalogId, Lineage)>,
    /// What no longer exists. An object takes its columns with it.
    pub gone: Vec<CatalogId>,
    /// Pairs of logical and physical schemas that the branch gained.
    pub schemas_added: Vec<(String, String)>,
    /// Logical schemas that it lost.
    pub schemas_removed: Vec<String>,
    pub merge: MergeRecord,
    /// What is kept of the merge, if it is one.
    pub audit: MergeAudit,
    /// What was applied to the branch; a fast-forward makes no commit that would say so.
    pub statements: Vec<String>,
    /// What the ledgers of this branch and others have in common from now on.
    pub ledgers: Vec<LedgerBase>,
}

/// What a record says of merges.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum MergeRecord {
    /// It is none.
    #[default]
    None,
    /// It completes the merge stored under this number.
    Completes(i64),
    /// It is a rebase, stored under that number if it had to wait for decisions.
    Rebase {
        stored: Option<i64>,
        onto: CommitHash,
        /// As the client named it.
        onto_name: String,
    },
    /// It is a merge that needed no decision, and is stored as completed.
    Clean {
        operation: Operation,
        /// One at least.
        sources: Vec<MergeSource>,
        bases: Vec<CommitHash>,
        strategy: String,
        /// Whether it may fast-forward, and what it joins.
        history: String,
        message: Option<String>,
    },
}

/// The rows of one migration ledger that two branches have in common.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct LedgerBase {
    /// The other branch's id.
    pub other: i64,
    pub lineage: Lineage,
    /// A JSON array.
    pub rows: serde_json::Value,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Recorded {
    Done(CommitHash),
    /// Nothing was written: the head is now this one. The branch's row is locked, so a record
    /// computed from it will be accepted.
    HeadMoved(Option<CommitHash>),
}

impl Store {
    /// The stamp of the transaction that `exec` has open.
    pub async fn stamp(&self, exec: &mut dyn Executor) -> Result<Stamp, StoreError> {
        let rows = exec.query(STAMP, &[]).await?;
        let mut row = FromRow::new(rows.into_iter().next().unwrap_or_default());
        Ok(Stamp {
            transaction_id: row.text()?,
            backend_pid: row.parse()?,
            now_micros: row.parse()?,
        })
    }

    /// Writes a record in the transaction that `exec` has open, which must be the one of its stamp.
    ///
    /// # Errors
    /// What the server says; `3D000` from it if the branch is gone.
    pub async fn record(
        &self,
        exec: &mut dyn Executor,
        record: &Record,
    ) -> Result<Recorded, StoreError> {
        let payload = Payload::new(record).to_json()?;
        let signature = self.key.sign(&payload);
        let rows = exec
            .query(RECORD, &[Some(&payload), Some(&signature)])
            .await?;
        let mut row = FromRow::new(rows.into_iter().next().unwrap_or_default());
        let answer = row.text()?;
        if answer == "recorded" {
            return Ok(Recorded::Done(record.head.hash()));
        }
        match answer.strip_prefix("moved ").map(str::parse) {
            Some(Ok(head)) => Ok(Recorded::HeadMoved(Some(head))),
            None if answer == "moved" => Ok(Recorded::HeadMoved(None)),
            _ => Err(StoreError::unexpected(&answer)),
        }
    }
}
