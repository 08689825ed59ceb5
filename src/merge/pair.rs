//! Recognises what both sides added alike: same key, different lineage.

use crate::schema::model::{Body, Definition, Lineage, ObjectKey};
use crate::schema::snapshot::Snapshot;
use std::collections::BTreeMap;
use std::sync::Arc;

/// `source` with the target's lineage for each object, column and composite attribute that both
/// sides added under one name.
pub fn adopt_lineages(base: &Snapshot, source: &Snapshot, target: &Snapshot) -> Snapshot {
    let added_by_target: BTreeMap<ObjectKey, Lineage> = target
        .objects
        .iter()
        .filter(|(lineage, _)| {
            !base.objects.contains_key(lineage) && !source.objects.contains_key(lineage)
        })
        .map(|(lineage, definition)| (definition.key(), *lineage))
        .collect();
    let adopted = |lineage: &Lineage, definition: &Arc<Definition>| {
        if base.objects.contains_key(lineage) || target.objects.contains_key(lineage) {
            return *lineage;
        }
        added_by_target
            .get(&definition.key())
            .copied()
            .unwrap_or(*lineage)
    };
    let objects = source
        .objects
        .iter()
        .map(|(lineage, definition)| {
            let lineage = adopted(lineage, definition);
            let before = base.objects.get(&lineage);
            let definition = match target.objects.get(&lineage) {
                Some(other) if other != definition => {
                    adopt_columns(before.map(Arc::as_ref), definition, other)
                }
                _ => Arc::clone(definition),
            };
            (lineage, definition)
        })
        .collect();
    Snapshot { objects }
}

/// `source` with the target's ids for columns that both sides added under one name.
fn adopt_columns(
    base: Option<&Definition>,
    source: &Arc<Definition>,
    target: &Definition,
) -> Arc<Definition> {
    let known = base.map(columns).unwrap_or_default();
    let (ours, theirs) = (columns(source), columns(target));
    let added_by_target: BTreeMap<&str, Lineage> = theirs
        .iter()
        .filter(|(id, _)| !known.contains_key(id) && !ours.contains_key(id))
        .map(|(id, name)| (*name, *id))
        .collect();
    let ids: BTreeMap<Lineage, Lineage> = ours
        .iter()
        .filter(|(id, _)| !known.contains_key(id) && !theirs.contains_key(id))
        .filter_map(|(id, name)| Some((*id, *added_by_target.get(name)?)))
        .collect();
    if ids.is_empty() {
        return Arc::clone(source);
    }
    let mut adopted = Definition::clone(source);
    let adopt = |id: &mut Lineage| *id = ids.get(id).copied().unwrap_or(*id);
    match &mut adopted.body {
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
    Arc::new(adopted)
}

/// A table's columns or a composite type's attributes: their ids and names.
pub fn columns(definition: &Definition) -> BTreeMap<Lineage, &str> {
    match &definition.body {
        Body::Table(table) => table
            .columns
            .iter()
            .map(|column| (column.id, column.name.as_str()))
            .collect(),
        Body::Composite(composite) => composite
            .attributes
            .iter()
            .map(|attribute| (attribute.id, attribute.name.as_str()))
            .collect(),
        _ => BTreeMap::new(),
    }
}
