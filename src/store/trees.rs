//! Reading trees and objects, with caches of what never changes.

use super::Store;
use super::error::StoreError;
use super::hash::{ObjectHash, TreeHash};
use super::rows::{FromRow, array};
use super::snapshots::Recent;
use super::tree::{self, Change, Entries, Missing, Node, Nodes, TreeChange, TreeUpdate};
use crate::schema::model::{Definition, Lineage};
use crate::upstream::Executor;
use quick_cache::Weighter;
use quick_cache::sync::Cache;
use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

const NODES: &str = include_str!("sql/tree_nodes.sql");
const OBJECTS: &str = include_str!("sql/objects.sql");

/// Bounds of the caches, by the length of what is stored; and how many items that is likely to be.
const NODE_CACHE_BYTES: u64 = 8 << 20;
const OBJECT_CACHE_BYTES: u64 = 16 << 20;
const LIKELY_ITEMS: usize = 10_000;

/// So many hashes go in one query: bounds what an answer holds.
const BATCH: usize = 1_000;

/// Something immutable, and the length of its stored form.
#[derive(Clone, Debug)]
pub(super) struct Sized<T> {
    pub value: Arc<T>,
    pub bytes: u64,
}

#[derive(Clone, Debug)]
struct ByBytes;

impl<K, T> Weighter<K, Sized<T>> for ByBytes {
    fn weight(&self, _: &K, value: &Sized<T>) -> u64 {
        value.bytes.max(1)
    }
}

#[derive(Debug)]
pub(super) struct Caches {
    nodes: Cache<TreeHash, Sized<Node>, ByBytes>,
    objects: Cache<ObjectHash, Sized<Definition>, ByBytes>,
    pub(super) recent: Recent,
}

impl Caches {
    pub fn new() -> Self {
        Self {
            nodes: Cache::with_weighter(LIKELY_ITEMS, NODE_CACHE_BYTES, ByBytes),
            objects: Cache::with_weighter(LIKELY_ITEMS, OBJECT_CACHE_BYTES, ByBytes),
            recent: Recent::default(),
        }
    }
}

impl Store {
    pub async fn tree_entries(
        &self,
        exec: &mut dyn Executor,
        tree: TreeHash,
    ) -> Result<BTreeMap<Lineage, ObjectHash>, StoreError> {
        self.with_nodes(exec, |nodes| tree::entries(nodes, tree))
            .await
    }

    /// What the tree holds for these lineages; those it lacks are absent.
    pub async fn tree_lookup(
        &self,
        exec: &mut dyn Executor,
        tree: TreeHash,
        lineages: &[Lineage],
    ) -> Result<Entries, StoreError> {
        let wanted: Vec<_> = lineages.iter().map(|lineage| (tree, *lineage)).collect();
        let found = self.tree_lookup_many(exec, &wanted).await?;
        let found = lineages.iter().zip(found);
        Ok(found
            .filter_map(|(lineage, object)| Some((*lineage, object?)))
            .collect())
    }

    /// What each tree holds for a lineage, in the order of what is wanted.
    pub async fn tree_lookup_many(
        &self,
        exec: &mut dyn Executor,
        wanted: &[(TreeHash, Lineage)],
    ) -> Result<Vec<Option<ObjectHash>>, StoreError> {
        self.with_nodes(exec, |nodes| tree::lookup(nodes, wanted))
            .await
    }

    /// The tree that `changes` make of `base`. Nothing is written: the nodes go into the record.
    pub async fn tree_update(
        &self,
        exec: &mut dyn Executor,
        base: Option<TreeHash>,
        changes: &[Change],
    ) -> Result<TreeUpdate, StoreError> {
        let update = self
            .with_nodes(exec, |nodes| tree::update(nodes, base, changes))
            .await?;
        for (hash, node) in &update.nodes {
            self.remember_node(*hash, Arc::clone(node), node.content().len());
        }
        Ok(update)
    }

    /// What differs between two trees; reads only the nodes that differ.
    pub async fn tree_diff(
        &self,
        exec: &mut dyn Executor,
        from: TreeHash,
        to: TreeHash,
    ) -> Result<Vec<TreeChange>, StoreError> {
        self.with_nodes(exec, |nodes| tree::diff(nodes, from, to))
            .await
    }

    /// The definitions of these objects.
    ///
    /// # Errors
    /// [`StoreError::Corrupt`] if one is not there.
    pub async fn objects(
        &self,
        exec: &mut dyn Executor,
        hashes: &[ObjectHash],
    ) -> Result<HashMap<ObjectHash, Arc<Definition>>, StoreError> {
        let found = self.sized_objects(exec, hashes).await?;
        Ok(found
            .into_iter()
            .map(|(hash, object)| (hash, object.value))
            .collect())
    }

    pub(super) async fn sized_objects(
        &self,
        exec: &mut dyn Executor,
        hashes: &[ObjectHash],
    ) -> Result<HashMap<ObjectHash, Sized<Definition>>, StoreError> {
        let mut found = HashMap::new();
        let mut wanted = Vec::new();
        for hash in hashes {
            if let Some(cached) = self.caches.objects.get(hash) {
                found.insert(*hash, cached);
            } else {
                wanted.push(*hash);
            }
        }
        wanted.sort_unstable();
        wanted.dedup();
        for batch in wanted.chunks(BATCH) {
            for row in exec.query(OBJECTS, &[Some(&array(batch))]).await? {
                let mut row = FromRow::new(row);
                let (hash, definition) = (row.parse::<ObjectHash>()?, row.text()?);
                let value: Arc<Definition> = (ObjectHash::of(definition.as_bytes()) == hash)
                    .then(|| serde_json::from_str(&definition).ok())
                    .flatten()
                    .ok_or_else(|| StoreError::corrupt("object", &hash))?;
                let bytes = definition.len() as u64;
                let sized = Sized { value, bytes };
                self.caches.objects.insert(hash, sized.clone());
                found.insert(hash, sized);
            }
        }
        match hashes.iter().find(|hash| !found.contains_key(hash)) {
            Some(missing) => Err(StoreError::corrupt("object", missing)),
            None => Ok(found),
        }
    }

    /// Asks until every node the answer needs is at hand. Nodes gathered are kept for the length of the
    /// question, whatever the cache evicts meanwhile.
    async fn with_nodes<T>(
        &self,
        exec: &mut dyn Executor,
        ask: impl Fn(&Nodes) -> Result<T, Missing>,
    ) -> Result<T, StoreError> {
        self.with_nodes_at_hand(exec, &mut Nodes::new(), ask).await
    }

    pub(super) async fn with_nodes_at_hand<T>(
        &self,
        exec: &mut dyn Executor,
        nodes: &mut Nodes,
        ask: impl Fn(&Nodes) -> Result<T, Missing>,
    ) -> Result<T, StoreError> {
        loop {
            let Missing(missing) = match ask(nodes) {
                Ok(answer) => return Ok(answer),
                Err(missing) => missing,
            };
            let missing: Vec<_> = missing.into_iter().collect();
            self.load_nodes(exec, &missing, nodes).await?;
        }
    }

    pub(super) async fn load_nodes(
        &self,
        exec: &mut dyn Executor,
        hashes: &[TreeHash],
        nodes: &mut Nodes,
    ) -> Result<(), StoreError> {
        let mut wanted = Vec::new();
        for hash in hashes {
            if let Some(cached) = self.caches.nodes.get(hash) {
                nodes.insert(*hash, cached.value);
            } else {
                wanted.push(*hash);
            }
        }
        for batch in wanted.chunks(BATCH) {
            for row in exec.query(NODES, &[Some(&array(batch))]).await? {
                let mut row = FromRow::new(row);
                let (hash, content) = (row.parse::<TreeHash>()?, row.text()?);
                let node: Arc<Node> = (TreeHash::of(content.as_bytes()) == hash)
                    .then(|| serde_json::from_str(&content).ok())
                    .flatten()
                    .ok_or_else(|| StoreError::corrupt("tree", &hash))?;
                self.remember_node(hash, Arc::clone(&node), content.len());
                nodes.insert(hash, node);
            }
        }
        match hashes.iter().find(|hash| !nodes.contains_key(hash)) {
            Some(missing) => Err(StoreError::corrupt("tree", missing)),
            None => Ok(()),
        }
    }

    /// A node may be remembered before, or without, ever being stored: its name says what it is.
    fn remember_node(&self, hash: TreeHash, value: Arc<Node>, bytes: usize) {
        let bytes = bytes as u64;
        self.caches.nodes.insert(hash, Sized { value, bytes });
    }
}
