//! Recognises one thing under two lineages, by its name.
//!
//! Two sides that add a table alike give it two lineages. A merge keeps the target's; from then on the
//! source's branch knows the thing by one lineage and the merge's by another, and the next merge, in
//! either direction, meets both. An object dropped and made again under its old name, with its old
//! columns, is taken for the same object as well: that keeps its rows. A column that was dropped from a
//! table which stayed is gone with its values, and one of its name is another. Three snapshots do not tell
//! that from a column which a merge brought under another lineage: who has the history is asked ([`Doubt`]).

use super::strategy::Strategy;
use super::three::Three;
use super::union;
use crate::schema::model::{Attribute, Body, Column, Definition, Lineage};
use crate::schema::snapshot::Snapshot;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// A column or attribute that the base and the target have, and the source has under another lineage: dropped
/// and made again on the source's line, or merged into that.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Doubt {
    /// What it is part of, as the source knows it.
    pub object: Lineage,
    /// The base's column.
    pub column: Lineage,
}

/// Old lineage → the target's.
#[derive(Debug, Default)]
struct Adopted {
    base: BTreeMap<Lineage, Lineage>,
    source: BTreeMap<Lineage, Lineage>,
}

/// The columns that [`adopt_lineages`] has to know more about than the three schemas tell.
pub fn doubts(base: &Snapshot, source: &Snapshot, target: &Snapshot) -> Vec<Doubt> {
    let mut doubts = Vec::new();
    adopt(base, source, target, Strategy::Auto, &mut |doubt| {
        doubts.push(doubt);
        false
    });
    doubts
}

/// `base` and `source` with the target's lineage for each object, column and composite attribute that
/// is the same thing under another lineage. Columns that were `made_again` are others; so is, with [`Strategy::Union`],
/// what can stand beside its namesake.
pub fn adopt_lineages(
    base: &Snapshot,
    source: &Snapshot,
    target: &Snapshot,
    strategy: Strategy,
    made_again: &BTreeSet<Doubt>,
) -> (Snapshot, Snapshot) {
    adopt(base, source, target, strategy, &mut |doubt| {
        made_again.contains(&doubt)
    })
}

fn adopt(
    base: &Snapshot,
    source: &Snapshot,
    target: &Snapshot,
    strategy: Strategy,
    made_again: &mut dyn FnMut(Doubt) -> bool,
) -> (Snapshot, Snapshot) {
    let apart = |lineage: &Lineage, ours: &Definition| {
        let theirs = target.by_key(&ours.key()).filter(|theirs| {
            strategy == Strategy::Union && !base.contains(lineage) && !base.contains(theirs)
        });
        theirs
            .and_then(|theirs| target.get(&theirs))
            .is_some_and(|theirs| union::stands_apart(ours, theirs))
    };
    let unknown = source
        .differing(target)
        .into_iter()
        .filter(|lineage| !target.contains(lineage))
        .filter_map(|lineage| Some((lineage, source.get(&lineage)?)))
        .filter(|(lineage, ours)| !apart(lineage, ours));
    let pairs = pairs(
        unknown,
        |definition| {
            let theirs = target.by_key(&definition.key())?;
            (!source.contains(&theirs)).then_some(theirs)
        },
        |lineage| base.get(lineage),
        |_, before, now| resembles(before, now),
    );
    let base = relabelled(base, &pairs.base);
    let source = relabelled(source, &pairs.source);
    let known_as: BTreeMap<Lineage, Lineage> = pairs
        .source
        .iter()
        .map(|(ours, theirs)| (*theirs, *ours))
        .collect();
    adopt_columns(base, source, target, &mut |object, column| {
        let object = known_as.get(&object).copied().unwrap_or(object);
        made_again(Doubt { object, column })
    })
}

/// Pairs things of the source that the target does not know with things of the target that only lineage tells
/// apart. `namesake` finds one that the source does not have; `stayed` says whether a thing of the base, of that
/// lineage, is still what the source has under another.
fn pairs<'a, T: 'a>(
    unknown: impl IntoIterator<Item = (Lineage, &'a T)>,
    namesake: impl Fn(&T) -> Option<Lineage>,
    in_base: impl Fn(&Lineage) -> Option<&'a T>,
    mut stayed: impl FnMut(Lineage, &T, &T) -> bool,
) -> Adopted {
    let mut adopted = Adopted::default();
    for (ours, thing) in unknown {
        let Some(theirs) = namesake(thing) else {
            continue;
        };
        match (in_base(&ours), in_base(&theirs)) {
            // Both sides added it.
            (None, None) => {}
            // The target's line took another lineage for it.
            (Some(_), None) => {
                adopted.base.insert(ours, theirs);
            }
            // The source's line did.
            (None, Some(before)) if stayed(theirs, before, thing) => {}
            _ => continue,
        }
        adopted.source.insert(ours, theirs);
    }
    adopted
}

/// Whether a table still has the columns it had; anything else of the same key can be altered into
/// what it is now without loss.
fn resembles(before: &Definition, now: &Definition) -> bool {
    match (&before.body, &now.body) {
        (Body::Table(before), Body::Table(now)) => before.columns.iter().all(|column| {
            now.columns
                .iter()
                .any(|other| (&other.name, &other.data_type) == (&column.name, &column.data_type))
        }),
        _ => true,
    }
}

fn relabelled(side: &Snapshot, adopted: &BTreeMap<Lineage, Lineage>) -> Snapshot {
    let mut relabelled = side.clone();
    for (ours, theirs) in adopted {
        if let Some(definition) = relabelled.remove(ours) {
            relabelled.insert(*theirs, definition);
        }
    }
    relabelled
}

/// The same for the columns of each table.
fn adopt_columns(
    mut base: Snapshot,
    mut source: Snapshot,
    target: &Snapshot,
    made_again: &mut dyn FnMut(Lineage, Lineage) -> bool,
) -> (Snapshot, Snapshot) {
    for lineage in source.differing(target) {
        let (Some(ours), Some(theirs)) = (source.get(&lineage), target.get(&lineage)) else {
            continue;
        };
        let before = base.get(&lineage);
        let by_id = Three {
            base: before
                .map(|definition| typed_columns(definition))
                .unwrap_or_default(),
            source: typed_columns(ours),
            target: typed_columns(theirs),
        };
        let by_name: BTreeMap<&str, Lineage> = by_id
            .target
            .iter()
            .map(|(id, (name, _))| (*name, *id))
            .collect();
        let unknown = by_id
            .source
            .iter()
            .filter(|(id, _)| !by_id.target.contains_key(id))
            .map(|(id, column)| (*id, column));
        let pairs = pairs(
            unknown,
            |(name, _)| {
                let theirs = by_name.get(name)?;
                (!by_id.source.contains_key(theirs)).then_some(*theirs)
            },
            |id| by_id.base.get(id),
            |column, before, now| before == now && !made_again(lineage, column),
        );
        let relabelled = relabel_columns(ours, &pairs.source);
        let before_relabelled = before.and_then(|before| relabel_columns(before, &pairs.base));
        if let Some(relabelled) = relabelled {
            source.insert(lineage, relabelled);
        }
        if let Some(relabelled) = before_relabelled {
            base.insert(lineage, relabelled);
        }
    }
    (base, source)
}

/// The definition with other ids for its columns; `None` if they all stay.
fn relabel_columns(
    definition: &Arc<Definition>,
    adopted: &BTreeMap<Lineage, Lineage>,
) -> Option<Arc<Definition>> {
    if adopted.is_empty() {
        return None;
    }
    let mut definition = Definition::clone(definition);
    let adopt = |id: &mut Lineage| *id = adopted.get(id).copied().unwrap_or(*id);
    match &mut definition.body {
        Body::Table(table) => table
            .columns
            .iter_mut()
            .for_each(|column| adopt(&mut column.id)),
        Body::Composite(composite) => composite
            .attributes
            .iter_mut()
            .for_each(|attribute| adopt(&mut attribute.id)),
        _ => {}
    }
    Some(Arc::new(definition))
}

/// A table's columns or a composite type's attributes: their ids, names and types.
fn typed_columns(definition: &Definition) -> BTreeMap<Lineage, (&str, &str)> {
    match &definition.body {
        Body::Table(table) => table
            .columns
            .iter()
            .map(|column| (column.id, (column.name.as_str(), column.data_type.as_str())))
            .collect(),
        Body::Composite(composite) => composite
            .attributes
            .iter()
            .map(|attribute| {
                let typed = (attribute.name.as_str(), attribute.data_type.as_str());
                (attribute.id, typed)
            })
            .collect(),
        _ => BTreeMap::new(),
    }
}

/// A table's columns or a composite type's attributes: their ids and names.
pub fn columns(definition: &Definition) -> BTreeMap<Lineage, &str> {
    typed_columns(definition)
        .into_iter()
        .map(|(id, (name, _))| (id, name))
        .collect()
}

/// A column of a table, or an attribute of a composite type.
#[derive(Debug, PartialEq)]
pub enum Part<'a> {
    Column(&'a Column),
    Attribute(&'a Attribute),
}

pub fn part(definition: &Definition, id: Lineage) -> Option<Part<'_>> {
    match &definition.body {
        Body::Table(table) => {
            let mut columns = table.columns.iter();
            columns.find(|column| column.id == id).map(Part::Column)
        }
        Body::Composite(composite) => {
            let mut attributes = composite.attributes.iter();
            attributes
                .find(|attribute| attribute.id == id)
                .map(Part::Attribute)
        }
        _ => None,
    }
}
