//! Partitions and inheritance children follow their parents into the result.
//!
//! The server carries a change of a table on to its children, on whichever side it was made. So a child
//! is merged once each side's version of it has followed the parent from where it is on that side to where it is
//! in the result: what remains to be merged is what was done to the child itself.

use super::names::Names;
use super::references::Objects;
use super::three::Three;
use crate::schema::diff::follow;
use crate::schema::model::{Body, Definition, Kind, Lineage, ObjectKey, Table};
use crate::schema::order;
use crate::schema::snapshot::Snapshot;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// The objects, each table after those it inherits from.
pub fn parents_first(concerned: &BTreeSet<Lineage>, sides: Three<&Snapshot>) -> Vec<Lineage> {
    let parents = |side: &Snapshot, lineage: &Lineage| -> Vec<Lineage> {
        let table = side.get(lineage).and_then(|one| one.as_table());
        (table.into_iter().flat_map(|table| &table.inherits))
            .filter_map(|parent| side.by_key(&ObjectKey::of(Kind::Table, parent)))
            .collect()
    };
    let nodes: BTreeMap<Lineage, BTreeSet<Lineage>> = concerned
        .iter()
        .map(|lineage| {
            let needs = [sides.base, sides.source, sides.target]
                .into_iter()
                .flat_map(|side| parents(side, lineage));
            (*lineage, needs.collect())
        })
        .collect();
    order::sort(&nodes, |_, _| 0).sequence
}

/// Makes each side's version of a table follow its parents, which `result` has already, if it has
/// the same ones on every side.
pub fn follow_parents(
    lineage: Lineage,
    sides: &mut Three<Objects>,
    result: &Snapshot,
    names: &mut Names,
) {
    let versions = (sides.as_ref()).map(|side| side.get(&lineage).and_then(|one| one.as_table()));
    let tables: Vec<&Table> = [versions.base, versions.source, versions.target]
        .into_iter()
        .flatten()
        .collect();
    let Some(first) = tables.first().filter(|table| !table.inherits.is_empty()) else {
        return;
    };
    if !tables.iter().all(|table| table.inherits == first.inherits) {
        return;
    }
    let parents: Vec<Lineage> = (first.inherits.iter())
        .filter_map(|parent| result.by_key(&ObjectKey::of(Kind::Table, parent)))
        .collect();
    let mut ids: BTreeMap<String, Lineage> = BTreeMap::new();
    for column in tables.iter().flat_map(|table| &table.columns) {
        let name = names.columns.get(&(lineage, column.id));
        ids.insert(name.unwrap_or(&column.name).clone(), column.id);
    }
    for side in [&mut sides.base, &mut sides.source, &mut sides.target] {
        let Some(definition) = side.get(&lineage) else {
            continue;
        };
        let mut followed = Definition::clone(definition);
        let Body::Table(table) = &mut followed.body else {
            continue;
        };
        for parent in &parents {
            let before = side.get(parent).and_then(|one| one.as_table());
            let after = result.get(parent).and_then(|one| one.as_table());
            if let (Some(before), Some(after)) = (before, after)
                && before != after
            {
                let renamed = follow(table, before, after, &|name| ids.get(name).copied());
                for (id, name) in renamed {
                    names.columns.insert((lineage, id), name);
                }
            }
        }
        side.insert(lineage, Arc::new(followed));
    }
}
