//! Several commits at a time: those that one ref has and another has not, and new ones, each upon the one before.

use super::error::StoreError;
use super::hash::{CommitHash, TreeHash};
use super::history::{COMMITS, MERGE_BASE_WINDOWS, WHOLE_HISTORY, read};
use super::rows::{FromRow, array};
use super::tree::{self, Change, Nodes, TreeUpdate};
use super::{Commit, Store};
use crate::upstream::Executor;
use std::collections::HashMap;
use std::sync::Arc;

const OWN_COMMITS: &str = include_str!("sql/own_commits.sql");

/// A commit that a record makes on the way to its last one, and what it changes of its first parent.
#[derive(Clone, Debug)]
pub struct Earlier {
    pub commit: Commit,
    pub changes: Vec<Change>,
}

impl Store {
    /// The commits that `tip` reaches and `other` does not, parents before their children.
    pub async fn own_commits(
        &self,
        exec: &mut dyn Executor,
        tip: CommitHash,
        other: CommitHash,
    ) -> Result<Vec<(CommitHash, Commit)>, StoreError> {
        let (tip, other) = (tip.to_string(), other.to_string());
        let mut windows = MERGE_BASE_WINDOWS.iter();
        let hashes: Vec<CommitHash> = loop {
            let window = windows.next();
            let depth = window.unwrap_or(&WHOLE_HISTORY).to_string();
            let rows = exec
                .query(OWN_COMMITS, &[Some(&tip), Some(&other), Some(&depth)])
                .await?;
            let mut row = FromRow::new(rows.into_iter().next().unwrap_or_default());
            let (own, more) = (row.json()?, row.parse::<bool>()?);
            if !more || window.is_none() {
                break own;
            }
        };
        let rows = exec.query(COMMITS, &[Some(&array(&hashes))]).await?;
        let mut commits: HashMap<CommitHash, Commit> =
            rows.into_iter().map(read).collect::<Result<_, _>>()?;
        hashes
            .into_iter()
            .map(|hash| {
                let commit = commits.remove(&hash);
                Ok((hash, commit.ok_or(StoreError::UnknownCommit(hash))?))
            })
            .collect()
    }

    /// As [`Store::tree_update`], upon a tree that may not be stored yet: its nodes are among `nodes`, and the new
    /// one's are added to them.
    pub async fn tree_update_upon(
        &self,
        exec: &mut dyn Executor,
        nodes: &mut Nodes,
        base: TreeHash,
        changes: &[Change],
    ) -> Result<TreeUpdate, StoreError> {
        let update = self
            .with_nodes_at_hand(exec, nodes, |nodes| {
                tree::update(nodes, Some(base), changes)
            })
            .await?;
        let written = update.nodes.iter();
        nodes.extend(written.map(|(hash, node)| (*hash, Arc::clone(node))));
        Ok(update)
    }

    /// What leads from one tree to another, of which either may not be stored yet.
    pub async fn tree_changes_between(
        &self,
        exec: &mut dyn Executor,
        nodes: &mut Nodes,
        from: TreeHash,
        to: TreeHash,
    ) -> Result<Vec<Change>, StoreError> {
        let differences = self
            .with_nodes_at_hand(exec, nodes, |nodes| tree::diff(nodes, from, to))
            .await?;
        Ok(differences
            .into_iter()
            .map(|difference| (difference.lineage, difference.to))
            .collect())
    }
}
