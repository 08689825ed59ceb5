//! Reading commits: one, many, in the order of a log, and how they descend from each other.

use super::error::StoreError;
use super::hash::{CommitHash, ObjectHash};
use super::rows::{FromRow, array};
use super::{Commit, Store};
use crate::schema::model::Lineage;
use crate::upstream::{Executor, Row};

pub(super) const COMMITS: &str = include_str!("sql/commits.sql");
const LOG: &str = include_str!("sql/log.sql");
const CHANGES: &str = include_str!("sql/commit_changes.sql");
const MERGE_BASE: &str = include_str!("sql/merge_base.sql");
const IS_ANCESTOR: &str = include_str!("sql/is_ancestor.sql");

/// A log looks at so many times its limit of the database's newest commits, and at all only if they do not suffice.
const LOG_WINDOWS: &[i64] = &[4, 64];

/// A merge base is looked for among so many generations below the lower commit, and in all of history only if
/// the paths from both do not meet there.
pub(super) const MERGE_BASE_WINDOWS: &[i64] = &[64, 4096];
pub(super) const WHOLE_HISTORY: i64 = 1 << 62;

/// Which commits a log shows. All conditions must hold.
#[derive(Clone, Debug, Default)]
pub struct LogQuery {
    /// Commits reachable from these; none means from every branch.
    pub from: Vec<CommitHash>,
    pub author: Option<String>,
    /// Bounds of the commit time, both included, as PostgreSQL reads a `timestamptz`.
    pub since: Option<String>,
    pub until: Option<String>,
    /// Commits that changed this object with regard to their first parent.
    pub object: Option<Lineage>,
    pub limit: Option<u64>,
    /// None that is older than all of these; they themselves are shown where they are reachable.
    pub down_to: Vec<CommitHash>,
}

impl Store {
    pub async fn commit(
        &self,
        exec: &mut dyn Executor,
        hash: CommitHash,
    ) -> Result<Commit, StoreError> {
        let rows = exec.query(COMMITS, &[Some(&array([hash]))]).await?;
        let row = rows.into_iter().next();
        let (_, commit) = read(row.ok_or(StoreError::UnknownCommit(hash))?)?;
        Ok(commit)
    }

    /// Newest first.
    pub async fn log(
        &self,
        exec: &mut dyn Executor,
        query: &LogQuery,
    ) -> Result<Vec<(CommitHash, Commit)>, StoreError> {
        let from = (!query.from.is_empty()).then(|| array(&query.from));
        let object = query.object.map(|lineage| lineage.to_string());
        let limit = query
            .limit
            .map(|limit| i64::try_from(limit).unwrap_or(i64::MAX));
        let down_to = array(&query.down_to);
        let mut windows = LOG_WINDOWS
            .iter()
            .filter_map(|factor| Some(limit?.saturating_mul(*factor).to_string()));
        let limit_text = limit.map(|limit| limit.to_string());
        loop {
            let window = windows.next();
            let params = [
                from.as_deref(),
                query.author.as_deref(),
                query.since.as_deref(),
                query.until.as_deref(),
                object.as_deref(),
                limit_text.as_deref(),
                window.as_deref(),
                Some(&down_to),
            ];
            let rows = exec.query(LOG, &params).await?;
            let enough = query.limit.is_some_and(|limit| rows.len() as u64 >= limit);
            if enough || window.is_none() {
                return rows.into_iter().map(read).collect();
            }
        }
    }

    /// What a commit changed with regard to its first parent, by lineage: the new object, or `None`
    /// where it was removed.
    pub async fn commit_changes(
        &self,
        exec: &mut dyn Executor,
        hash: CommitHash,
    ) -> Result<Vec<(Lineage, Option<ObjectHash>)>, StoreError> {
        let rows = exec.query(CHANGES, &[Some(&hash.to_string())]).await?;
        rows.into_iter()
            .map(|row| {
                let mut row = FromRow::new(row);
                Ok((row.lineage()?, row.optional()?))
            })
            .collect()
    }

    /// The best common ancestors of a commit and of what all the others together have: those that are no ancestor of
    /// another one. Newest first, then by hash; empty if there is nothing in common.
    pub async fn merge_base(
        &self,
        exec: &mut dyn Executor,
        a: CommitHash,
        others: &[CommitHash],
    ) -> Result<Vec<CommitHash>, StoreError> {
        let (a, b) = (a.to_string(), array(others));
        let mut windows = MERGE_BASE_WINDOWS.iter();
        loop {
            let window = windows.next();
            let depth = window.unwrap_or(&WHOLE_HISTORY).to_string();
            let rows = exec
                .query(MERGE_BASE, &[Some(&a), Some(&b), Some(&depth)])
                .await?;
            let mut row = FromRow::new(rows.into_iter().next().unwrap_or_default());
            let (best, more) = (row.json()?, row.parse::<bool>()?);
            if !more || window.is_none() {
                return Ok(best);
            }
        }
    }

    /// Whether `ancestor` is `descendant` or in its history.
    pub async fn is_ancestor(
        &self,
        exec: &mut dyn Executor,
        ancestor: CommitHash,
        descendant: CommitHash,
    ) -> Result<bool, StoreError> {
        let params = [ancestor.to_string(), descendant.to_string()];
        let rows = exec
            .query(IS_ANCESTOR, &[Some(&params[0]), Some(&params[1])])
            .await?;
        let mut row = FromRow::new(rows.into_iter().next().unwrap_or_default());
        row.parse()
    }
}

/// A commit is stored in columns, so that people can query it; its hash says whether they are as they were.
pub(super) fn read(row: Row) -> Result<(CommitHash, Commit), StoreError> {
    let mut row = FromRow::new(row);
    let hash: CommitHash = row.parse()?;
    let commit = Commit {
        tree: row.parse()?,
        parents: row.json()?,
        author: row.text()?,
        application: row.text()?,
        address: row.text()?,
        time_micros: row.parse()?,
        message: row.text()?,
        statements: row.json()?,
    };
    if commit.hash() != hash {
        return Err(StoreError::corrupt("commit", &hash));
    }
    Ok((hash, commit))
}
