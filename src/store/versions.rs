//! What became of one object: the commits that changed it, found by its lineage.

use super::error::StoreError;
use super::hash::{CommitHash, ObjectHash, TreeHash};
use super::history::read;
use super::rows::{FromRow, array};
use super::{Commit, Store};
use crate::schema::model::Lineage;
use crate::upstream::Executor;
use std::collections::HashMap;

const OBJECT_CHANGES: &str = include_str!("sql/object_changes.sql");
const FIRST_ON_LINE: &str = include_str!("sql/first_on_line.sql");
const CHANGES_OF_COMMITS: &str = include_str!("sql/changes_of_commits.sql");
const COMMITS: &str = include_str!("sql/commits.sql");

/// So many commits go in one query.
const BATCH: usize = 1_000;

/// A commit that changed an object with regard to its first parent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ObjectChange {
    pub commit: CommitHash,
    pub tree: TreeHash,
    /// `None` where it was dropped.
    pub object: Option<ObjectHash>,
    pub parents: Vec<(CommitHash, TreeHash)>,
}

/// What a commit changed, by lineage; an object that is `None` was removed.
pub type Changed = Vec<(Lineage, Option<ObjectHash>)>;

impl Store {
    /// Which commits of any branch changed an object, newest first: no commit comes after its parents.
    pub async fn object_changes(
        &self,
        exec: &mut dyn Executor,
        lineage: Lineage,
    ) -> Result<Vec<ObjectChange>, StoreError> {
        let rows = exec
            .query(OBJECT_CHANGES, &[Some(&lineage.to_string())])
            .await?;
        rows.into_iter()
            .map(|row| {
                let mut row = FromRow::new(row);
                Ok(ObjectChange {
                    commit: row.parse()?,
                    object: row.optional()?,
                    tree: row.parse()?,
                    parents: row.json()?,
                })
            })
            .collect()
    }

    /// The first of the `wanted` that is met on the way from a commit through first parents.
    pub async fn first_on_line(
        &self,
        exec: &mut dyn Executor,
        from: CommitHash,
        wanted: &[CommitHash],
    ) -> Result<Option<CommitHash>, StoreError> {
        let params = [from.to_string(), array(wanted)];
        let rows = exec
            .query(FIRST_ON_LINE, &[Some(&params[0]), Some(&params[1])])
            .await?;
        let row = rows.into_iter().next();
        row.map(|row| FromRow::new(row).parse()).transpose()
    }

    /// What commits changed with regard to their first parents: no more than `most` objects of each.
    pub async fn changes_of(
        &self,
        exec: &mut dyn Executor,
        commits: &[CommitHash],
        most: usize,
    ) -> Result<HashMap<CommitHash, Changed>, StoreError> {
        let most = most.to_string();
        let mut found: HashMap<CommitHash, Changed> = HashMap::new();
        for batch in commits.chunks(BATCH) {
            let params = [Some(array(batch)), Some(most.clone())];
            let params = params.each_ref().map(Option::as_deref);
            for row in exec.query(CHANGES_OF_COMMITS, &params).await? {
                let mut row = FromRow::new(row);
                let (commit, lineage) = (row.parse()?, row.lineage()?);
                let object = row.optional()?;
                found.entry(commit).or_default().push((lineage, object));
            }
        }
        Ok(found)
    }

    /// The commits of these hashes; those unknown are absent.
    pub async fn commits(
        &self,
        exec: &mut dyn Executor,
        hashes: &[CommitHash],
    ) -> Result<HashMap<CommitHash, Commit>, StoreError> {
        let mut found = HashMap::new();
        for batch in hashes.chunks(BATCH) {
            for row in exec.query(COMMITS, &[Some(&array(batch))]).await? {
                let (hash, commit) = read(row)?;
                found.insert(hash, commit);
            }
        }
        Ok(found)
    }
}
