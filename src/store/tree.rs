//! Merkle trees of (lineage → object hash): a radix-16 trie over the digits of lineage ids.
//!
//! A subtree of at most [`LEAF_ENTRIES`] entries is a leaf, a larger one has 16 children. So the shape
//! depends on the content alone: equal content has equal roots, however it came about; a change of one
//! object writes one short path; two trees are compared by descending where hashes differ.
//!
//! Pure: the functions work on the [`Nodes`] at hand and answer [`Missing`] with every node they could
//! not go on without. The caller loads those and asks again.

pub mod inspect;

use super::hash::{ObjectHash, TreeHash};
use crate::schema::model::Lineage;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;

/// The largest subtree that is one leaf.
pub const LEAF_ENTRIES: usize = 32;

const FAN_OUT: usize = 16;

pub type Entries = BTreeMap<Lineage, ObjectHash>;

/// One change to a tree: the new object, or `None` to remove the entry.
pub type Change = (Lineage, Option<ObjectHash>);

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Node {
    Leaf(Entries),
    Inner(Box<[Option<Child>; FAN_OUT]>),
}

/// A subtree, and how many entries it has: what decides whether its parent may become a leaf.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Child {
    pub hash: TreeHash,
    pub count: usize,
}

/// The nodes at hand.
pub type Nodes = HashMap<TreeHash, Arc<Node>>;

/// Nodes that must be loaded before the question can be answered.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Missing(pub BTreeSet<TreeHash>);

/// A new tree, and the nodes in it that its base did not have.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TreeUpdate {
    pub root: TreeHash,
    pub nodes: Vec<(TreeHash, Arc<Node>)>,
}

/// One entry in which two trees differ: before and after.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TreeChange {
    pub lineage: Lineage,
    pub from: Option<ObjectHash>,
    pub to: Option<ObjectHash>,
}

impl Node {
    /// The canonical JSON that is stored and hashed.
    pub fn content(&self) -> String {
        serde_json::to_string(self).expect("maps with text keys and lists are always JSON")
    }

    fn count(&self) -> usize {
        match self {
            Self::Leaf(entries) => entries.len(),
            Self::Inner(children) => children.iter().flatten().map(|child| child.count).sum(),
        }
    }
}

impl Missing {
    /// Collects what is missing on all sides, so that one load brings it all.
    fn join<A, B>(a: Result<A, Self>, b: Result<B, Self>) -> Result<(A, B), Self> {
        match (a, b) {
            (Ok(a), Ok(b)) => Ok((a, b)),
            (Err(mut a), Err(b)) => {
                a.0.extend(b.0);
                Err(a)
            }
            (Err(missing), _) | (_, Err(missing)) => Err(missing),
        }
    }

    fn join_all<T>(results: impl IntoIterator<Item = Result<T, Self>>) -> Result<Vec<T>, Self> {
        let mut all = Vec::new();
        let mut missing = BTreeSet::new();
        for result in results {
            match result {
                Ok(item) => all.push(item),
                Err(Self(more)) => missing.extend(more),
            }
        }
        if missing.is_empty() {
            Ok(all)
        } else {
            Err(Self(missing))
        }
    }
}

/// All entries of a tree.
pub fn entries(nodes: &Nodes, root: TreeHash) -> Result<Entries, Missing> {
    match node(nodes, root)? {
        Node::Leaf(entries) => Ok(entries.clone()),
        Node::Inner(children) => {
            let children = children.iter().flatten();
            let parts = Missing::join_all(children.map(|child| entries(nodes, child.hash)))?;
            Ok(parts.into_iter().flatten().collect())
        }
    }
}

/// The entry of each pair's tree for its lineage, in order.
pub fn lookup(
    nodes: &Nodes,
    wanted: &[(TreeHash, Lineage)],
) -> Result<Vec<Option<ObjectHash>>, Missing> {
    Missing::join_all(wanted.iter().map(|(root, lineage)| {
        let mut hash = *root;
        for depth in 0.. {
            match node(nodes, hash)? {
                Node::Leaf(entries) => return Ok(entries.get(lineage).copied()),
                Node::Inner(children) => match children[digit(lineage, depth)] {
                    Some(child) => hash = child.hash,
                    None => return Ok(None),
                },
            }
        }
        Ok(None)
    }))
}

/// The tree that `changes` make of `base` (`None`: of the empty tree). Of several changes to one
/// lineage the last counts.
pub fn update(
    nodes: &Nodes,
    base: Option<TreeHash>,
    changes: &[Change],
) -> Result<TreeUpdate, Missing> {
    let changes: BTreeMap<_, _> = changes.iter().copied().collect();
    let changes: Vec<Change> = changes.into_iter().collect();
    let subtree = match base {
        Some(root) => rebuild(nodes, root, 0, &changes)?,
        None => build(&apply(&Entries::new(), &changes), 0),
    };
    let mut written = subtree.written;
    let root = if let Some(child) = subtree.child {
        child.hash
    } else {
        let empty = Node::Leaf(Entries::new());
        let hash = TreeHash::of(empty.content().as_bytes());
        written.push((hash, Arc::new(empty)));
        hash
    };
    if base == Some(root) {
        written.clear();
    }
    Ok(TreeUpdate {
        root,
        nodes: written,
    })
}

/// What differs between two trees, by lineage. Subtrees with equal hashes are not looked at.
pub fn diff(nodes: &Nodes, from: TreeHash, to: TreeHash) -> Result<Vec<TreeChange>, Missing> {
    if from == to {
        return Ok(Vec::new());
    }
    let (a, b) = Missing::join(node(nodes, from), node(nodes, to))?;
    if let (Node::Inner(a), Node::Inner(b)) = (a, b) {
        let parts = Missing::join_all(a.iter().zip(b.iter()).map(|(a, b)| match (a, b) {
            (Some(a), Some(b)) => diff(nodes, a.hash, b.hash),
            (Some(a), None) => Ok(compare(&entries(nodes, a.hash)?, &Entries::new())),
            (None, Some(b)) => Ok(compare(&Entries::new(), &entries(nodes, b.hash)?)),
            (None, None) => Ok(Vec::new()),
        }))?;
        return Ok(parts.into_iter().flatten().collect());
    }
    let (a, b) = Missing::join(entries(nodes, from), entries(nodes, to))?;
    Ok(compare(&a, &b))
}

fn compare(from: &Entries, to: &Entries) -> Vec<TreeChange> {
    let lineages: BTreeSet<_> = from.keys().chain(to.keys()).copied().collect();
    lineages
        .into_iter()
        .map(|lineage| TreeChange {
            lineage,
            from: from.get(&lineage).copied(),
            to: to.get(&lineage).copied(),
        })
        .filter(|change| change.from != change.to)
        .collect()
}

/// A subtree in the making; `child` is `None` if it is empty.
struct Subtree {
    child: Option<Child>,
    written: Vec<(TreeHash, Arc<Node>)>,
}

impl Subtree {
    fn of(node: Node, mut written: Vec<(TreeHash, Arc<Node>)>) -> Self {
        let count = node.count();
        if count == 0 {
            return Self {
                child: None,
                written,
            };
        }
        let hash = TreeHash::of(node.content().as_bytes());
        written.push((hash, Arc::new(node)));
        Self {
            child: Some(Child { hash, count }),
            written,
        }
    }
}

/// The subtree of these entries, which all share their first `depth` digits.
fn build(content: &Entries, depth: usize) -> Subtree {
    if content.len() <= LEAF_ENTRIES {
        return Subtree::of(Node::Leaf(content.clone()), Vec::new());
    }
    let mut parts: [Entries; FAN_OUT] = Default::default();
    for (lineage, object) in content {
        parts[digit(lineage, depth)].insert(*lineage, *object);
    }
    let mut written = Vec::new();
    let children = parts.map(|part| {
        let subtree = build(&part, depth + 1);
        written.extend(subtree.written);
        subtree.child
    });
    Subtree::of(Node::Inner(Box::new(children)), written)
}

/// `changes` are sorted and share their first `depth` digits with the node.
fn rebuild(
    nodes: &Nodes,
    hash: TreeHash,
    depth: usize,
    changes: &[Change],
) -> Result<Subtree, Missing> {
    let children = match node(nodes, hash)? {
        Node::Leaf(entries) => return Ok(build(&apply(entries, changes), depth)),
        Node::Inner(children) => children,
    };
    let parts = Missing::join_all(children.iter().enumerate().map(|(index, child)| {
        let start = changes.partition_point(|(lineage, _)| digit(lineage, depth) < index);
        let end = changes.partition_point(|(lineage, _)| digit(lineage, depth) <= index);
        match (child, &changes[start..end]) {
            (child, []) => Ok(Subtree {
                child: *child,
                written: Vec::new(),
            }),
            (Some(child), changes) => rebuild(nodes, child.hash, depth + 1, changes),
            (None, changes) => Ok(build(&apply(&Entries::new(), changes), depth + 1)),
        }
    }))?;
    let count: usize = parts
        .iter()
        .filter_map(|part| part.child)
        .map(|child| child.count)
        .sum();
    if count <= LEAF_ENTRIES {
        // It has shrunk to a leaf: what the children have become is of no use.
        return Ok(build(&apply(&entries(nodes, hash)?, changes), depth));
    }
    let mut written = Vec::new();
    let mut next = [None; FAN_OUT];
    for (slot, part) in next.iter_mut().zip(parts) {
        *slot = part.child;
        written.extend(part.written);
    }
    Ok(Subtree::of(Node::Inner(Box::new(next)), written))
}

fn apply(entries: &Entries, changes: &[Change]) -> Entries {
    let mut entries = entries.clone();
    for (lineage, object) in changes {
        match object {
            Some(object) => entries.insert(*lineage, *object),
            None => entries.remove(lineage),
        };
    }
    entries
}

fn node(nodes: &Nodes, hash: TreeHash) -> Result<&Node, Missing> {
    nodes
        .get(&hash)
        .map(Arc::as_ref)
        .ok_or_else(|| Missing([hash].into()))
}

/// A lineage id's `depth`-th hexadecimal digit. Ids differ within their 32 digits, so no node lies deeper.
fn digit(lineage: &Lineage, depth: usize) -> usize {
    let byte = lineage.0.get(depth / 2).copied().unwrap_or(0);
    usize::from(if depth.is_multiple_of(2) {
        byte >> 4
    } else {
        byte & 15
    })
}

#[cfg(test)]
mod tests;
