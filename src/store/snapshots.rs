//! Whole schemas by tree. The last few are kept: they share what they have in common, and a tree that is
//! not among them is read as what tells it from one that is.

use super::Store;
use super::error::StoreError;
use super::hash::{ObjectHash, TreeHash};
use super::tree::TreeChange;
use crate::schema::snapshot::Snapshot;
use crate::upstream::Executor;
use std::collections::VecDeque;
use std::sync::{Arc, Mutex, PoisonError};

/// How many are kept. Each holds no more than what it has not in common with the others.
const RECENT: usize = 8;

/// Snapshots, the one used last in front.
#[derive(Debug, Default)]
pub(super) struct Recent(Mutex<VecDeque<(TreeHash, Snapshot)>>);

impl Recent {
    fn get(&self, tree: TreeHash) -> Option<Snapshot> {
        let mut recent = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let at = recent.iter().position(|(held, _)| *held == tree)?;
        let found = recent.remove(at)?;
        recent.push_front(found);
        recent.front().map(|(_, snapshot)| snapshot.clone())
    }

    fn latest(&self) -> Option<(TreeHash, Snapshot)> {
        let recent = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        recent.front().cloned()
    }

    fn put(&self, tree: TreeHash, snapshot: Snapshot) {
        let mut recent = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        recent.retain(|(held, _)| *held != tree);
        recent.push_front((tree, snapshot));
        recent.truncate(RECENT);
    }
}

impl Store {
    /// The whole schema that a tree names.
    pub async fn snapshot(
        &self,
        exec: &mut dyn Executor,
        tree: TreeHash,
    ) -> Result<Snapshot, StoreError> {
        if let Some(known) = self.caches.recent.get(tree) {
            return Ok(known);
        }
        let near = self.caches.recent.latest();
        let (snapshot, changes) = match near {
            Some((near, snapshot)) => match self.tree_diff(exec, near, tree).await {
                Ok(changes) => (snapshot, changes),
                // The near one may be of a transaction that was never committed.
                Err(StoreError::Corrupt { .. }) => self.from_nothing(exec, tree).await?,
                Err(error) => return Err(error),
            },
            None => self.from_nothing(exec, tree).await?,
        };
        let snapshot = self.changed(exec, snapshot, &changes).await?;
        self.caches.recent.put(tree, snapshot.clone());
        Ok(snapshot)
    }

    async fn from_nothing(
        &self,
        exec: &mut dyn Executor,
        tree: TreeHash,
    ) -> Result<(Snapshot, Vec<TreeChange>), StoreError> {
        let entries = self.tree_entries(exec, tree).await?;
        let changes = entries.into_iter().map(|(lineage, object)| TreeChange {
            lineage,
            from: None,
            to: Some(object),
        });
        Ok((Snapshot::default(), changes.collect()))
    }

    async fn changed(
        &self,
        exec: &mut dyn Executor,
        mut snapshot: Snapshot,
        changes: &[TreeChange],
    ) -> Result<Snapshot, StoreError> {
        let hashes: Vec<ObjectHash> = changes.iter().filter_map(|change| change.to).collect();
        let definitions = self.objects(exec, &hashes).await?;
        for change in changes {
            match change.to.and_then(|object| definitions.get(&object)) {
                Some(definition) => snapshot.insert(change.lineage, Arc::clone(definition)),
                None => snapshot.remove(&change.lineage),
            };
        }
        Ok(snapshot)
    }
}
