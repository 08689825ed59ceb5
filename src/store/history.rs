//! Reading commits: one, many, in the order of a log, and how they descend from each other.

use super::error::StoreError;
use super::hash::{CommitHash, ObjectHash};
use super::rows::{FromRow, array};
use super::{Commit, Store};
use crate::schema::model::Lineage;
use crate::upstream::{Executor, Row};

const COMMITS: &str = include_str!("sql/commits.sql");
const LOG: &str = include_str!("sql/log.sql");
const CHANGES: &str = include_str!("sql/commit_changes.sql");
const MERGE_BASE: &str = include_str!("sql/merge_base.sql");
const IS_ANCESTOR: &str = include_str!("sql/is_ancestor.sql");

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
        let limit = query.limit.map(|limit| limit.to_string());
        let params = [
            from.as_deref(),
            query.author.as_deref(),
            query.since.as_deref(),
            query.until.as_deref(),
            object.as_deref(),
            limit.as_deref(),
        ];
        let rows = exec.query(LOG, &params).await?;
        rows.into_iter().map(read).collect()
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
                let text = row.text()?;
                let lineage =
                    Lineage::parse(&text).ok_or_else(|| StoreError::corrupt("lineage", &text))?;
                Ok((lineage, row.optional()?))
            })
            .collect()
    }

    /// The best common ancestors: those that are no ancestor of another one. Newest first, then by hash;
    /// empty if the two have nothing in common.
    pub async fn merge_base(
        &self,
        exec: &mut dyn Executor,
        a: CommitHash,
        b: CommitHash,
    ) -> Result<Vec<CommitHash>, StoreError> {
        let params = [a.to_string(), b.to_string()];
        let rows = exec
            .query(MERGE_BASE, &[Some(&params[0]), Some(&params[1])])
            .await?;
        rows.into_iter()
            .map(|row| FromRow::new(row).parse())
            .collect()
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
fn read(row: Row) -> Result<(CommitHash, Commit), StoreError> {
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
