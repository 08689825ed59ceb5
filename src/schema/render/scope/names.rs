//! Names that are wanted, and what is in their way.

use super::Scope;
use crate::schema::model::{Body, ConstraintKind, Definition, Name};
use std::collections::BTreeSet;

impl Scope<'_> {
    /// An object that is dropped while its name is wanted goes first, and what stands on it with it.
    pub(super) fn make_way_for_names(&mut self) {
        let wanted = self.wanted_names();
        let created: BTreeSet<_> = self
            .created
            .iter()
            .filter_map(|lineage| Some(self.to.get(lineage)?.key()))
            .collect();
        let in_the_way: Vec<_> = self
            .dropped
            .iter()
            .copied()
            .filter(|lineage| {
                self.old(*lineage).is_some_and(|old| {
                    created.contains(&old.key())
                        || relation_names(old).iter().any(|name| wanted.contains(name))
                })
            })
            .map(|lineage| {
                // An index goes with its table.
                match self.old(lineage).map(|old| &old.body) {
                    Some(Body::Index(index)) => self.old_relation(&index.table).unwrap_or(lineage),
                    _ => lineage,
                }
            })
            .filter(|lineage| self.dropped.contains(lineage))
            .collect();
        self.spread(in_the_way);
    }

    /// Names of relations and types that the migration brings into being.
    pub fn wanted_names(&self) -> BTreeSet<Name> {
        let mut wanted = BTreeSet::new();
        for lineage in self.created.iter().chain(self.altered.keys()) {
            let Some(new) = self.new_definition(*lineage) else {
                continue;
            };
            let names = relation_names(new);
            match self.old(*lineage) {
                Some(old) if !self.created.contains(lineage) => {
                    let before = relation_names(old);
                    wanted.extend(names.into_iter().filter(|name| !before.contains(name)));
                }
                _ => wanted.extend(names),
            }
        }
        wanted
    }
}

/// Every name that an object occupies among relations and types: its own, its keys' indexes', its
/// identity columns' sequences'.
pub(in crate::schema::render) fn relation_names(definition: &Definition) -> BTreeSet<Name> {
    let mut names = BTreeSet::new();
    if !definition.kind().facts().is_relation_or_type() {
        return names;
    }
    if let Body::Table(table) = &definition.body {
        for (name, constraint) in &table.constraints {
            if !matches!(
                constraint.kind,
                ConstraintKind::Check | ConstraintKind::Foreign
            ) {
                names.insert(Name::new(table.name.schema.as_str(), name.as_str()));
            }
        }
        for identity in table.columns.iter().filter_map(|c| c.identity.as_ref()) {
            names.insert(Name::new(
                table.name.schema.as_str(),
                identity.sequence.as_str(),
            ));
        }
    }
    if let Body::Declared(range) = &definition.body {
        names.extend(range.multirange());
    }
    let key = definition.key();
    names.insert(Name::new(key.schema, key.name));
    names
}
