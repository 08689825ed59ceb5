//! The order in which things that need each other are made.

use std::collections::{BTreeMap, BTreeSet};

/// An order, and the needs that it could not honour because they went round in a circle.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Order<T> {
    pub sequence: Vec<T>,
    /// Node → what it needs, but gets only later.
    pub broken: BTreeMap<T, BTreeSet<T>>,
}

/// Sorts nodes so that each comes after what it needs; among those that could come next, the smallest
/// comes first, so equal input gives equal output. Needs outside of `nodes` are met already.
///
/// Of a circle, the edge (node, need) of least `cost` is broken; of several, the smallest.
pub fn sort<T: Ord + Clone>(
    nodes: &BTreeMap<T, BTreeSet<T>>,
    cost: impl Fn(&T, &T) -> u8,
) -> Order<T> {
    let mut unmet: BTreeMap<&T, BTreeSet<&T>> = nodes
        .iter()
        .map(|(node, needs)| {
            let needs = needs
                .iter()
                .filter(|need| *need != node && nodes.contains_key(*need))
                .collect();
            (node, needs)
        })
        .collect();
    let mut needed_by: BTreeMap<&T, Vec<&T>> = BTreeMap::new();
    for (node, needs) in &unmet {
        for need in needs {
            needed_by.entry(need).or_default().push(node);
        }
    }
    let mut ready: BTreeSet<&T> = unmet
        .iter()
        .filter(|(_, needs)| needs.is_empty())
        .map(|(node, _)| *node)
        .collect();
    let mut order = Order {
        sequence: Vec::with_capacity(nodes.len()),
        broken: BTreeMap::new(),
    };
    while !unmet.is_empty() {
        let Some(node) = ready.pop_first() else {
            let Some((node, need)) = cheapest_edge_of_a_circle(&unmet, &cost) else {
                break;
            };
            order
                .broken
                .entry(node.clone())
                .or_default()
                .insert(need.clone());
            meet(node, need, &mut unmet, &mut ready);
            continue;
        };
        unmet.remove(node);
        for dependent in needed_by.get(node).map_or(&[][..], Vec::as_slice) {
            meet(*dependent, node, &mut unmet, &mut ready);
        }
        order.sequence.push(node.clone());
    }
    order
}

fn meet<'a, T: Ord>(
    node: &'a T,
    need: &T,
    unmet: &mut BTreeMap<&'a T, BTreeSet<&'a T>>,
    ready: &mut BTreeSet<&'a T>,
) {
    if let Some(needs) = unmet.get_mut(node)
        && needs.remove(need)
        && needs.is_empty()
    {
        ready.insert(node);
    }
}

/// Follows needs until a node comes again: when nothing is ready, every walk ends in a circle.
fn cheapest_edge_of_a_circle<'a, T: Ord>(
    unmet: &BTreeMap<&'a T, BTreeSet<&'a T>>,
    cost: &impl Fn(&T, &T) -> u8,
) -> Option<(&'a T, &'a T)> {
    let mut path: Vec<&T> = Vec::new();
    let mut seen = BTreeMap::new();
    let mut node = *unmet.keys().next()?;
    while !seen.contains_key(node) {
        seen.insert(node, path.len());
        path.push(node);
        node = unmet.get(node)?.iter().next()?;
    }
    let circle = path.get(*seen.get(node)?..)?;
    let start = circle.first()?;
    circle
        .iter()
        .zip(circle.iter().skip(1).chain([start]))
        .map(|(node, need)| (*node, *need))
        .min_by(|(node, need), (other, other_need)| {
            (cost(node, need), node, need).cmp(&(cost(other, other_need), other, other_need))
        })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn graph(edges: &[(u8, &[u8])]) -> BTreeMap<u8, BTreeSet<u8>> {
        edges
            .iter()
            .map(|(node, needs)| (*node, needs.iter().copied().collect()))
            .collect()
    }

    #[test]
    fn needs_come_first_and_the_smallest_next() {
        let order = sort(
            &graph(&[(1, &[3]), (2, &[]), (3, &[2, 9]), (4, &[])]),
            |_, _| 0,
        );
        assert_eq!(order.sequence, [2, 3, 1, 4]);
        assert!(order.broken.is_empty());
    }

    #[test]
    fn a_circle_is_broken_where_it_is_cheapest() {
        let circle = graph(&[(1, &[2]), (2, &[3]), (3, &[1]), (4, &[1])]);
        let order = sort(&circle, |node, _| u8::from(*node != 2));
        assert_eq!(order.sequence, [2, 1, 3, 4]);
        assert_eq!(order.broken, graph(&[(2, &[3])]));
    }

    proptest! {
        #[test]
        fn every_need_comes_first_or_is_named_as_broken(
            edges in proptest::collection::btree_map(0u8..20, proptest::collection::btree_set(0u8..20, 0..5), 0..20)
        ) {
            let order = sort(&edges, |node, need| node ^ need);
            prop_assert_eq!(order.sequence.len(), edges.len());
            let at: BTreeMap<_, _> = order.sequence.iter().zip(0..).collect();
            for (node, needs) in &edges {
                for need in needs.iter().filter(|need| *need != node && at.contains_key(need)) {
                    let broken = order.broken.get(node).is_some_and(|broken| broken.contains(need));
                    prop_assert!(at[need] < at[node] || broken);
                }
            }
        }

        #[test]
        fn without_circles_nothing_is_broken(
            edges in proptest::collection::btree_map(0u8..20, proptest::collection::btree_set(0u8..20, 0..5), 0..20)
        ) {
            let acyclic = edges
                .into_iter()
                .map(|(node, needs)| (node, needs.into_iter().filter(|need| *need < node).collect()))
                .collect();
            prop_assert!(sort(&acyclic, |_, _| 0).broken.is_empty());
        }
    }
}
