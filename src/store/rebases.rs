//! Rebases that stopped at a conflict: what is stored of them between their start and their end.
//!
//! A rebase completes through [`Store::record`]; all else here is written with the administrative role.

use super::Store;
use super::error::StoreError;
use super::hash::CommitHash;
use super::rows::FromRow;
use crate::error::SqlState;
use crate::upstream::{DbError, Executor};

const OPEN: &str = include_str!("sql/open_rebase.sql");
const CREATE: &str = include_str!("sql/create_rebase.sql");
const CONFLICT: &str = include_str!("sql/rebase_conflict.sql");
const MERGES: &str = include_str!("sql/rebase_merges.sql");
const SKIP: &str = include_str!("sql/skip_in_rebase.sql");
const ABORT: &str = include_str!("sql/abort_rebase.sql");

/// A rebase that is not complete.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RebaseRow {
    pub id: i64,
    /// The branch, as it is called now.
    pub branch: String,
    pub onto: CommitHash,
    pub onto_name: String,
    /// Where the branch was when it began.
    pub head: CommitHash,
    /// The role that began it.
    pub who: String,
    pub skipped: Vec<CommitHash>,
}

/// A commit that conflicts in a rebase: its conflicts are those of this merge.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RebaseMerge {
    pub merge: i64,
    pub commit: CommitHash,
    /// How many conflicts await a decision.
    pub unresolved: i64,
}

impl Store {
    /// The rebase of a branch that is not complete.
    pub async fn open_rebase(
        &self,
        exec: &mut dyn Executor,
        branch: &str,
    ) -> Result<Option<RebaseRow>, StoreError> {
        let rows = exec.query(OPEN, &[Some(branch)]).await?;
        rows.into_iter()
            .next()
            .map(|row| {
                let mut row = FromRow::new(row);
                Ok(RebaseRow {
                    id: row.parse()?,
                    branch: row.text()?,
                    onto: row.parse()?,
                    onto_name: row.text()?,
                    head: row.parse()?,
                    who: row.text()?,
                    skipped: row.json()?,
                })
            })
            .transpose()
    }

    /// Stores a rebase that cannot complete yet. Returns its id.
    pub async fn create_rebase(
        &self,
        exec: &mut dyn Executor,
        branch: &str,
        (onto, onto_name): (CommitHash, &str),
        head: CommitHash,
        who: &str,
    ) -> Result<i64, StoreError> {
        let hashes = [onto, head].map(|hash| hash.to_string());
        let params = [branch, &hashes[0], onto_name, &hashes[1], who].map(Some);
        let rows = match exec.query(CREATE, &params).await {
            Err(DbError::Server { sqlstate, .. }) if sqlstate == SqlState::UNIQUE_VIOLATION => {
                return Err(StoreError::RebaseInProgress(branch.to_owned()));
            }
            rows => rows?,
        };
        let row = rows.into_iter().next();
        FromRow::new(row.ok_or_else(|| StoreError::UnknownBranch(branch.to_owned()))?).parse()
    }

    /// Says of a merge that was just stored that it has the conflicts of a rebase.
    pub async fn set_rebase_of_merge(
        &self,
        exec: &mut dyn Executor,
        merge: i64,
        rebase: i64,
    ) -> Result<(), StoreError> {
        let params = [merge.to_string(), rebase.to_string()];
        exec.query(CONFLICT, &[Some(&params[0]), Some(&params[1])])
            .await?;
        Ok(())
    }

    /// What conflicted so far and was not skipped, oldest first.
    pub async fn rebase_merges(
        &self,
        exec: &mut dyn Executor,
        rebase: i64,
    ) -> Result<Vec<RebaseMerge>, StoreError> {
        let rows = exec.query(MERGES, &[Some(&rebase.to_string())]).await?;
        rows.into_iter()
            .map(|row| {
                let mut row = FromRow::new(row);
                Ok(RebaseMerge {
                    merge: row.parse()?,
                    commit: row.parse()?,
                    unresolved: row.parse()?,
                })
            })
            .collect()
    }

    /// Leaves a commit out of a rebase.
    pub async fn skip_in_rebase(
        &self,
        exec: &mut dyn Executor,
        rebase: i64,
        commit: CommitHash,
        who: &str,
    ) -> Result<(), StoreError> {
        let params = [rebase.to_string(), commit.to_string()];
        exec.query(SKIP, &[Some(&params[0]), Some(&params[1]), Some(who)])
            .await?;
        Ok(())
    }

    /// Gives a rebase up. The branch has never been touched, so there is nothing else to undo.
    pub async fn abort_rebase(
        &self,
        exec: &mut dyn Executor,
        rebase: i64,
        who: &str,
    ) -> Result<(), StoreError> {
        exec.query(ABORT, &[Some(&rebase.to_string()), Some(who)])
            .await?;
        Ok(())
    }
}
