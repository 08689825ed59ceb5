//! Three-way merge of attribute trees.

use super::three::Three;
use super::tree::Tree;
use std::collections::{BTreeMap, BTreeSet};

/// Merges attribute trees; what has no single right outcome is left to `on_conflict`.
pub struct AttributeMerge<'a, F> {
    /// Paths that one side has dropped although the other needs them: conflicts even where the other
    /// left them unchanged.
    pub contested: &'a BTreeSet<Vec<String>>,
    pub on_conflict: F,
}

type Sides<'t> = Three<Option<&'t Tree>>;

impl<F> AttributeMerge<'_, F>
where
    F: for<'t> FnMut(&[String], Sides<'t>) -> Option<Tree>,
{
    /// The merged tree; `None` where the attribute is gone.
    pub fn merge(&mut self, path: &mut Vec<String>, of: Sides<'_>) -> Option<Tree> {
        let Three {
            base,
            source,
            target,
        } = of;
        let contested = self.contested.contains(path.as_slice()) && source != target
            || self
                .contested
                .iter()
                .any(|below| below.len() > path.len() && below.starts_with(path));
        if !contested {
            if source == target || base == source {
                return target.cloned();
            }
            if base == target {
                return source.cloned();
            }
        }
        if let Some(merged) = self.grants(path, of) {
            return (!merged.is_empty()).then_some(Tree::Map(merged));
        }
        match (source, target) {
            (Some(Tree::Map(ours)), Some(Tree::Map(theirs))) => {
                let empty = BTreeMap::new();
                let before = match base {
                    Some(Tree::Map(before)) => before,
                    _ => &empty,
                };
                Some(Tree::Map(self.entries(
                    path,
                    Three {
                        base: before,
                        source: ours,
                        target: theirs,
                    },
                )))
            }
            (Some(Tree::Labels(ours)), Some(Tree::Labels(theirs))) => {
                let before = match base {
                    Some(Tree::Labels(before)) => before.as_slice(),
                    _ => &[],
                };
                match merge_labels(before, ours, theirs) {
                    Some(labels) => Some(Tree::Labels(labels)),
                    None => (self.on_conflict)(path, of),
                }
            }
            _ => (self.on_conflict)(path, of),
        }
    }

    /// A grantee's privileges, each by itself: to have none is to have an empty set of them.
    fn grants(&mut self, path: &mut Vec<String>, of: Sides<'_>) -> Option<BTreeMap<String, Tree>> {
        let of_grantee = match path.as_slice() {
            [.., acl, _] if acl == "acl" => true,
            [acls, _, _] => acls == "column_acls",
            _ => false,
        };
        let empty = BTreeMap::new();
        let privileges = of.map(|side| match side {
            Some(Tree::Map(privileges)) => Some(privileges),
            None => Some(&empty),
            Some(_) => None,
        });
        let privileges = Three {
            base: privileges.base?,
            source: privileges.source?,
            target: privileges.target?,
        };
        of_grantee.then(|| self.entries(path, privileges))
    }

    fn entries(
        &mut self,
        path: &mut Vec<String>,
        of: Three<&BTreeMap<String, Tree>>,
    ) -> BTreeMap<String, Tree> {
        let keys: BTreeSet<&String> = [of.base, of.source, of.target]
            .into_iter()
            .flat_map(BTreeMap::keys)
            .collect();
        let mut merged = BTreeMap::new();
        for key in keys {
            path.push(key.clone());
            if let Some(tree) = self.merge(path, of.map(|side| side.get(key))) {
                merged.insert(key.clone(), tree);
            }
            path.pop();
        }
        merged
    }
}

/// Merges two ordered sets of labels: what either side added is in, what either side removed is out,
/// and both sides' orders hold. `None` if they cannot both hold, or if each side has called one label otherwise.
///
/// Where the sides leave an order open, the target's labels come first.
pub fn merge_labels(base: &[String], source: &[String], target: &[String]) -> Option<Vec<String>> {
    if renamed_apart(base, source, target) {
        return None;
    }
    let kept = |label: &&String| {
        !base.contains(label) || (source.contains(label) && target.contains(label))
    };
    let theirs: Vec<&String> = target.iter().filter(kept).collect();
    let ours: Vec<&String> = source.iter().filter(kept).collect();
    let mut merged: Vec<&String> = Vec::new();
    loop {
        let open = |label: &&String| !merged.contains(label);
        // Behind another label that is still to come.
        let behind = |label: &&String, side: &[&String]| {
            side.contains(label) && side.iter().find(|label| open(label)) != Some(label)
        };
        let next = theirs
            .iter()
            .chain(&ours)
            .filter(|label| open(label))
            .find(|label| !behind(label, &theirs) && !behind(label, &ours));
        match next {
            Some(label) => merged.push(label),
            None if theirs.iter().chain(&ours).any(open) => return None,
            None => return Some(merged.into_iter().cloned().collect()),
        }
    }
}

/// Whether a label that neither side has any more stands for something else on each. A label has no identity: the new one in
/// its place counts as the same.
fn renamed_apart(base: &[String], source: &[String], target: &[String]) -> bool {
    let new_name = |side: &[String], at: usize| {
        place(base, side, at)
            .and_then(|at| side.get(at).cloned())
            .filter(|label| !base.contains(label))
    };
    let gone = |label: &String| !source.contains(label) && !target.contains(label);
    base.iter().enumerate().any(|(at, label)| {
        gone(label)
            && match (new_name(source, at), new_name(target, at)) {
                (Some(ours), Some(theirs)) => {
                    ours != theirs && !target.contains(&ours) && !source.contains(&theirs)
                }
                _ => false,
            }
    })
}

/// Where a side has a label of the base, or, if it is gone, what stands in its place: behind the one before it.
fn place(base: &[String], side: &[String], at: usize) -> Option<usize> {
    let mut behind = 0;
    for earlier in (0..=at).rev() {
        let label = base.get(earlier)?;
        if let Some(found) = side.iter().position(|other| other == label) {
            return Some(found + behind);
        }
        behind += 1;
    }
    behind.checked_sub(1)
}

/// The order of what the result has: the source's where the target has kept to the base's, else the
/// target's, followed by what only the source has.
pub fn merge_order<T: Clone + PartialEq>(base: &[T], source: &[T], target: &[T]) -> Vec<T> {
    let (first, second) = if base == target {
        (source, target)
    } else {
        (target, source)
    };
    first
        .iter()
        .chain(second.iter().filter(|item| !first.contains(item)))
        .cloned()
        .collect()
}
