//! Whole schemas by tree. The last few are kept: they share what they have in common, and a tree that is
//! not among them is read as what tells it from one that is.

use super::Store;
use super::error::StoreError;
use super::hash::{ObjectHash, TreeHash};
use super::tree::TreeChange;
use crate::schema::snapshot::Snapshot;
use crate::upstream::Executor;
use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// How many are kept. Each holds no more than what it has not in common with the others.
const RECENT: usize = 8;

/// A definition in memory takes about so many times the length of its stored form.
const IN_MEMORY: u64 = 4;

/// Snapshots, within bounds.
#[derive(Debug, Default)]
pub(super) struct Recent {
    most_bytes: u64,
    kept: Mutex<Kept>,
}

#[derive(Debug, Default)]
struct Kept {
    /// The one used last in front.
    snapshots: VecDeque<(TreeHash, Snapshot)>,
    /// About what they have taken so far. What one holds, those made from it may go on to hold without it.
    bytes: u64,
}

impl Recent {
    pub fn of(most_bytes: u64) -> Self {
        Self {
            most_bytes,
            kept: Mutex::default(),
        }
    }

    fn kept(&self) -> MutexGuard<'_, Kept> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn get(&self, tree: TreeHash) -> Option<Snapshot> {
        let snapshots = &mut self.kept().snapshots;
        let at = snapshots.iter().position(|(held, _)| *held == tree)?;
        let found = snapshots.remove(at)?;
        snapshots.push_front(found);
        snapshots.front().map(|(_, snapshot)| snapshot.clone())
    }

    fn latest(&self) -> Option<(TreeHash, Snapshot)> {
        self.kept().snapshots.front().cloned()
    }

    /// Keeps a snapshot that took `bytes` more than those kept already. Too much is a fresh start.
    fn put(&self, tree: TreeHash, snapshot: Snapshot, bytes: u64) {
        let mut kept = self.kept();
        kept.bytes += bytes;
        if kept.bytes > self.most_bytes {
            *kept = Kept::default();
            return;
        }
        kept.snapshots.retain(|(held, _)| *held != tree);
        kept.snapshots.push_front((tree, snapshot));
        kept.snapshots.truncate(RECENT);
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
                Err(StoreError::Corrupt { .. }) => self.read_whole(exec, tree).await?,
                Err(error) => return Err(error),
            },
            None => self.read_whole(exec, tree).await?,
        };
        let (snapshot, bytes) = self.changed(exec, snapshot, &changes).await?;
        self.caches.recent.put(tree, snapshot.clone(), bytes);
        Ok(snapshot)
    }

    async fn read_whole(
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

    /// The snapshot with these changes, and about what they take.
    async fn changed(
        &self,
        exec: &mut dyn Executor,
        mut snapshot: Snapshot,
        changes: &[TreeChange],
    ) -> Result<(Snapshot, u64), StoreError> {
        let hashes: Vec<ObjectHash> = changes.iter().filter_map(|change| change.to).collect();
        let objects = self.sized_objects(exec, &hashes).await?;
        for change in changes {
            match change.to.and_then(|object| objects.get(&object)) {
                Some(object) => snapshot.insert(change.lineage, Arc::clone(&object.value)),
                None => snapshot.remove(&change.lineage),
            };
        }
        let stored: u64 = objects.values().map(|object| object.bytes).sum();
        Ok((snapshot, stored * IN_MEMORY))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tree(number: u8) -> TreeHash {
        TreeHash::of(&[number])
    }

    #[test]
    fn the_last_few_are_kept() {
        let recent = Recent::of(100);
        for number in 0..=u8::try_from(RECENT).unwrap() {
            recent.put(tree(number), Snapshot::default(), 1);
            assert!(recent.get(tree(1)).is_some() || number == 0);
        }
        assert!(recent.get(tree(0)).is_none());
        assert!(recent.get(tree(2)).is_some());
        assert_eq!(recent.latest().map(|(held, _)| held), Some(tree(2)));
    }

    #[test]
    fn what_does_not_fit_is_not_kept() {
        let recent = Recent::of(100);
        recent.put(tree(1), Snapshot::default(), 101);
        assert!(recent.get(tree(1)).is_none());
        recent.put(tree(1), Snapshot::default(), 60);
        recent.put(tree(2), Snapshot::default(), 60);
        assert!(recent.latest().is_none(), "a fresh start");
        recent.put(tree(3), Snapshot::default(), 60);
        assert!(recent.get(tree(3)).is_some());
    }
}
