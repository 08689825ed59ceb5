//! Whether a stored tree has the one shape that its content allows.
//!
//! Nodes are named by their bytes, so a node that reads back is what somebody wrote. Whether it was right to write it
//! shows here: where lineages stand, what is a leaf, and how many entries a subtree is said to have.

use super::{Child, FAN_OUT, LEAF_ENTRIES, Missing, Node, Nodes, digit};
use crate::store::hash::TreeHash;
use std::collections::BTreeSet;

/// Digits of a lineage id: no node lies deeper.
const DIGITS: usize = 32;

/// Something that is not as the tree's content demands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Flaw {
    pub node: TreeHash,
    pub says: String,
    pub expected: String,
}

/// What is wrong with a tree, as far as it is not what stands at the same place of `base`. `lost` are nodes that
/// cannot be had.
pub fn inspect(
    nodes: &Nodes,
    lost: &BTreeSet<TreeHash>,
    base: Option<TreeHash>,
    root: TreeHash,
) -> Result<Vec<Flaw>, Missing> {
    if base == Some(root) {
        return Ok(Vec::new());
    }
    let mut inspection = Inspection {
        nodes,
        lost,
        path: Vec::new(),
        flaws: Vec::new(),
        missing: BTreeSet::new(),
    };
    inspection.subtree(base, root);
    if inspection.missing.is_empty() {
        Ok(inspection.flaws)
    } else {
        Err(Missing(inspection.missing))
    }
}

struct Inspection<'a> {
    nodes: &'a Nodes,
    lost: &'a BTreeSet<TreeHash>,
    /// The digits that lead to where it is.
    path: Vec<usize>,
    flaws: Vec<Flaw>,
    missing: BTreeSet<TreeHash>,
}

impl<'a> Inspection<'a> {
    /// How many entries the subtree has, if that can be said.
    fn subtree(&mut self, base: Option<TreeHash>, hash: TreeHash) -> Option<usize> {
        match self.node(hash) {
            Some(Node::Leaf(entries)) => {
                if entries.len() > LEAF_ENTRIES {
                    let says = format!("a leaf of {} entries", entries.len());
                    self.flaw(hash, says, format!("at most {LEAF_ENTRIES} in a leaf"));
                }
                if entries.is_empty() && !self.path.is_empty() {
                    self.flaw(hash, "an empty subtree".to_owned(), "none".to_owned());
                }
                let astray = entries.keys().find(|lineage| {
                    let mut path = self.path.iter().enumerate();
                    !path.all(|(depth, step)| digit(lineage, depth) == *step)
                });
                if let Some(astray) = astray {
                    let digits = self
                        .path
                        .iter()
                        .map(|step| char::from_digit(u32::try_from(*step).unwrap_or(0), 16));
                    let path: String = digits.flatten().collect();
                    self.flaw(
                        hash,
                        format!("lineage {astray}"),
                        format!("lineages that start with {path}"),
                    );
                }
                Some(entries.len())
            }
            Some(Node::Inner(children)) => self.inner(base, hash, children),
            None => {
                if self.lost.contains(&hash) {
                    self.flaw(hash, "no such node".to_owned(), "a node".to_owned());
                }
                None
            }
        }
    }

    fn inner(
        &mut self,
        base: Option<TreeHash>,
        hash: TreeHash,
        children: &[Option<Child>; FAN_OUT],
    ) -> Option<usize> {
        if self.path.len() >= DIGITS {
            let says = format!("an inner node {DIGITS} levels deep");
            self.flaw(hash, says, "a leaf".to_owned());
            return None;
        }
        let before = match base.and_then(|base| self.node(base)) {
            Some(Node::Inner(before)) => **before,
            _ => [None; FAN_OUT],
        };
        let mut total = 0_usize;
        for (step, (child, before)) in children.iter().zip(before).enumerate() {
            let Some(child) = child else { continue };
            total = total.saturating_add(child.count);
            // What stands at the same place of the base is as right as it is there.
            if before == Some(*child) {
                continue;
            }
            self.path.push(step);
            let count = self.subtree(before.map(|before| before.hash), child.hash);
            self.path.pop();
            if let Some(count) = count.filter(|count| *count != child.count) {
                let says = format!("{} entries in child {step:x}", child.count);
                self.flaw(hash, says, count.to_string());
            }
        }
        if total <= LEAF_ENTRIES {
            let says = format!("an inner node of {total} entries");
            self.flaw(hash, says, "a leaf".to_owned());
        }
        Some(total)
    }

    fn node(&mut self, hash: TreeHash) -> Option<&'a Node> {
        let node = self.nodes.get(&hash);
        if node.is_none() && !self.lost.contains(&hash) {
            self.missing.insert(hash);
        }
        node.map(AsRef::as_ref)
    }

    fn flaw(&mut self, node: TreeHash, says: String, expected: String) {
        self.flaws.push(Flaw {
            node,
            says,
            expected,
        });
    }
}
