use super::*;
use crate::schema::samples::{any_snapshot, lineage};
use proptest::prelude::*;
use std::collections::BTreeMap;

/// What the indexes hold if they are made anew.
fn rebuilt(snapshot: &Snapshot) -> Snapshot {
    snapshot
        .iter()
        .map(|(lineage, definition)| (*lineage, Arc::clone(definition)))
        .collect()
}

fn by_need(snapshot: &Snapshot) -> BTreeMap<ObjectKey, Vec<Lineage>> {
    let mut by_need: BTreeMap<ObjectKey, Vec<Lineage>> = BTreeMap::new();
    for (lineage, definition) in snapshot.iter() {
        for need in &definition.depends_on {
            by_need.entry(need.clone()).or_default().push(*lineage);
        }
    }
    by_need
}

proptest! {
    #[test]
    fn indexes_follow_every_change(
        from in any_snapshot(),
        to in any_snapshot(),
        removed in proptest::collection::vec(0u8..80, 0..8),
    ) {
        let mut changed = from.clone();
        changed.extend(to.iter().map(|(lineage, definition)| (*lineage, Arc::clone(definition))));
        for number in removed {
            changed.remove(&lineage(number));
        }
        for (lineage, definition) in changed.iter() {
            prop_assert_eq!(changed.by_key(&definition.key()), Some(*lineage));
            let key = definition.key();
            let named: Vec<_> = changed.named(&Name::new(key.schema.clone(), key.name.clone())).collect();
            prop_assert_eq!(named, vec![(&key, *lineage)]);
        }
        for (need, lineages) in by_need(&changed) {
            prop_assert_eq!(changed.dependents(&need).collect::<Vec<_>>(), lineages);
        }
        let anew = rebuilt(&changed);
        prop_assert_eq!(&anew, &changed);
        prop_assert_eq!(anew.keys, changed.keys);
        prop_assert_eq!(anew.dependents, changed.dependents);
        prop_assert_eq!(anew.referrers, changed.referrers);
    }

    #[test]
    fn what_differs_is_found_whether_or_not_anything_is_shared(
        from in any_snapshot(),
        to in any_snapshot(),
    ) {
        let slow: BTreeSet<Lineage> = from
            .lineages()
            .chain(to.lineages())
            .filter(|lineage| from.get(lineage) != to.get(lineage))
            .copied()
            .collect();
        prop_assert_eq!(&from.differing(&to), &slow);
        let mut made = from.clone();
        for lineage in &slow {
            match to.get(lineage) {
                Some(definition) => made.insert(*lineage, Arc::clone(definition)),
                None => made.remove(lineage),
            };
        }
        prop_assert_eq!(&made, &to);
        prop_assert_eq!(from.differing(&made), slow);
    }
}
