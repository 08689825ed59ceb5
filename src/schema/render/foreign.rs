//! Foreign keys that are made with their tables, where what they lead to is there already. The server then need not
//! look for rows that none could have.

use super::scope::Scope;
use crate::schema::model::{
    Body, Constraint, ConstraintKind, Kind, Lineage, Name, ObjectKey, Table,
};
use std::collections::{BTreeMap, BTreeSet, HashMap};

/// Which objects should come before which, if that can be.
pub(super) type Wishes = BTreeSet<(ObjectKey, ObjectKey)>;

/// New tables should come after those that they lead to.
pub(super) fn wishes(scope: &Scope<'_>) -> Wishes {
    let tables = scope.created.iter().filter_map(|lineage| {
        let table = scope.new_table(*lineage)?;
        stands_alone(table).then_some(table)
    });
    let mut wishes = Wishes::new();
    for table in tables {
        let own = ObjectKey::of(Kind::Table, &table.name);
        let targets = table.constraints.values().filter_map(target);
        wishes.extend(
            targets
                .map(|target| (own.clone(), ObjectKey::of(Kind::Table, target)))
                .filter(|(own, target)| own != target),
        );
    }
    wishes
}

/// The foreign keys, by table and name, that can be made with their tables when objects are made in this `sequence`,
/// which breaks some of what is needed.
pub(super) fn within(
    scope: &Scope<'_>,
    sequence: &[ObjectKey],
    broken: &BTreeMap<ObjectKey, BTreeSet<ObjectKey>>,
) -> BTreeSet<(Lineage, String)> {
    let places: HashMap<&ObjectKey, usize> = sequence.iter().zip(0..).collect();
    // A foreign key may lead to what only an index keeps unique.
    let indexed: BTreeSet<&Name> = scope
        .created
        .iter()
        .filter_map(|lineage| match &scope.new_definition(*lineage)?.body {
            Body::Index(index) if index.unique => Some(&index.table),
            _ => None,
        })
        .collect();
    let has_its_keys = |key: &ObjectKey| {
        let table = (scope.new_lineage(key))
            .filter(|lineage| scope.created.contains(lineage))
            .and_then(|lineage| scope.new_table(lineage));
        table.is_some_and(|table| stands_alone(table) && !indexed.contains(&table.name))
            && !broken.contains_key(key)
    };
    let mut within = BTreeSet::new();
    for lineage in &scope.created {
        let Some(table) = scope
            .new_table(*lineage)
            .filter(|table| stands_alone(table))
        else {
            continue;
        };
        let own = ObjectKey::of(Kind::Table, &table.name);
        let place = places.get(&own);
        for (name, constraint) in &table.constraints {
            let Some(target) = target(constraint) else {
                continue;
            };
            let key = ObjectKey::of(Kind::Table, target);
            let is_there = match places.get(&key) {
                None => true,
                // Of several keys, one may have to come after CREATE TABLE.
                at if key == own => at.is_some() && has_its_keys(&key) && keys(table) == 1,
                at => at < place && has_its_keys(&key),
            };
            if is_there && !constraint.definition.ends_with(" NOT VALID") {
                within.insert((*lineage, name.clone()));
            }
        }
    }
    within
}

fn target(constraint: &Constraint) -> Option<&Name> {
    (constraint.kind == ConstraintKind::Foreign && !constraint.inherited)
        .then_some(constraint.references.as_ref())
        .flatten()
}

fn stands_alone(table: &Table) -> bool {
    table.inherits.is_empty()
        && table.partition_by.is_none()
        && table.bound.is_none()
        && table.of_type.is_none()
        && table.foreign.is_none()
}

fn keys(table: &Table) -> usize {
    let constraints = table.constraints.values();
    constraints
        .filter(|constraint| {
            matches!(
                constraint.kind,
                ConstraintKind::Primary | ConstraintKind::Unique
            )
        })
        .count()
}
