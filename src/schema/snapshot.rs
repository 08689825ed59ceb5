//! A whole schema at one moment.

mod index;
#[cfg(test)]
mod tests;

use super::model::{Body, Definition, Kind, Lineage, Name, ObjectKey};
use imbl::OrdMap;
use imbl::ordmap::DiffItem;
use index::Index;
use std::collections::BTreeSet;
use std::sync::Arc;

/// Every versioned object of one branch at one moment, by lineage, with indexes by name and by what an
/// object needs.
///
/// Persistent: a copy shares all it has with the original, so it costs nothing, a change of one object costs
/// the logarithm of their number, and two snapshots of which one was made from the other are compared by
/// what was changed in between.
#[derive(Clone, Debug, Default)]
pub struct Snapshot {
    objects: OrdMap<Lineage, Arc<Definition>>,
    /// Objects by their own keys.
    keys: Index,
    /// Objects by what they depend on.
    dependents: Index,
    /// Tables by those that their foreign keys reference.
    referrers: Index,
}

impl Snapshot {
    pub fn len(&self) -> usize {
        self.objects.len()
    }

    pub fn is_empty(&self) -> bool {
        self.objects.is_empty()
    }

    pub fn get(&self, lineage: &Lineage) -> Option<&Arc<Definition>> {
        self.objects.get(lineage)
    }

    pub fn contains(&self, lineage: &Lineage) -> bool {
        self.objects.contains_key(lineage)
    }

    /// All objects, by lineage.
    pub fn iter(&self) -> impl Iterator<Item = (&Lineage, &Arc<Definition>)> {
        self.objects.iter()
    }

    pub fn lineages(&self) -> impl Iterator<Item = &Lineage> {
        self.objects.keys()
    }

    pub fn definitions(&self) -> impl Iterator<Item = &Arc<Definition>> {
        self.objects.values()
    }

    /// The object of that key.
    pub fn by_key(&self, key: &ObjectKey) -> Option<Lineage> {
        self.keys.of(key).last()
    }

    /// Objects called so in any schema.
    pub fn called<'a>(
        &'a self,
        name: &str,
    ) -> impl Iterator<Item = (&'a ObjectKey, Lineage)> + use<'a> {
        self.keys.called(name)
    }

    /// Objects of that name, whatever their kind and qualifier.
    pub fn named<'a>(
        &'a self,
        name: &Name,
    ) -> impl Iterator<Item = (&'a ObjectKey, Lineage)> + use<'a> {
        self.keys.named(name)
    }

    /// Objects that have that key among what they depend on.
    pub fn dependents<'a>(&'a self, key: &ObjectKey) -> impl Iterator<Item = Lineage> + use<'a> {
        self.dependents.of(key)
    }

    /// Tables with foreign keys to the table of that name.
    pub fn referrers<'a>(&'a self, table: &Name) -> impl Iterator<Item = Lineage> + use<'a> {
        self.referrers.of(&ObjectKey::of(Kind::Table, table))
    }

    /// Adds an object, or puts another definition in its place. Returns the one before.
    pub fn insert(
        &mut self,
        lineage: Lineage,
        definition: Arc<Definition>,
    ) -> Option<Arc<Definition>> {
        self.keys.insert(definition.key(), lineage);
        for need in &definition.depends_on {
            self.dependents.insert(need.clone(), lineage);
        }
        for table in referenced(&definition) {
            self.referrers
                .insert(ObjectKey::of(Kind::Table, table), lineage);
        }
        let before = self.objects.insert(lineage, definition);
        if let Some(before) = &before {
            self.forget(lineage, before);
        }
        before
    }

    pub fn remove(&mut self, lineage: &Lineage) -> Option<Arc<Definition>> {
        let removed = self.objects.remove(lineage)?;
        self.forget(*lineage, &removed);
        Some(removed)
    }

    /// The lineages of what the two do not have alike.
    pub fn differing(&self, other: &Self) -> BTreeSet<Lineage> {
        self.objects
            .diff(&other.objects)
            .map(|item| match item {
                DiffItem::Add(lineage, _)
                | DiffItem::Remove(lineage, _)
                | DiffItem::Update {
                    old: (lineage, _), ..
                } => *lineage,
            })
            .collect()
    }

    /// Takes out of the indexes what an earlier definition is in them for, and the present one is not.
    fn forget(&mut self, lineage: Lineage, before: &Definition) {
        let now = self.objects.get(&lineage);
        let key = before.key();
        if now.is_none_or(|now| now.key() != key) {
            self.keys.remove(key, lineage);
        }
        for need in &before.depends_on {
            if now.is_none_or(|now| !now.depends_on.contains(need)) {
                self.dependents.remove(need.clone(), lineage);
            }
        }
        for table in referenced(before) {
            if now.is_none_or(|now| !referenced(now).any(|other| other == table)) {
                self.referrers
                    .remove(ObjectKey::of(Kind::Table, table), lineage);
            }
        }
    }
}

/// The indexes follow from the objects.
impl PartialEq for Snapshot {
    fn eq(&self, other: &Self) -> bool {
        self.objects.ptr_eq(&other.objects) || self.objects == other.objects
    }
}

impl Eq for Snapshot {}

impl Extend<(Lineage, Arc<Definition>)> for Snapshot {
    fn extend<I: IntoIterator<Item = (Lineage, Arc<Definition>)>>(&mut self, objects: I) {
        for (lineage, definition) in objects {
            self.insert(lineage, definition);
        }
    }
}

impl FromIterator<(Lineage, Arc<Definition>)> for Snapshot {
    fn from_iter<I: IntoIterator<Item = (Lineage, Arc<Definition>)>>(objects: I) -> Self {
        let mut snapshot = Self::default();
        snapshot.extend(objects);
        snapshot
    }
}

impl FromIterator<(Lineage, Definition)> for Snapshot {
    fn from_iter<I: IntoIterator<Item = (Lineage, Definition)>>(objects: I) -> Self {
        objects
            .into_iter()
            .map(|(lineage, definition)| (lineage, Arc::new(definition)))
            .collect()
    }
}

/// The tables that a table's foreign keys lead to.
fn referenced(definition: &Definition) -> impl Iterator<Item = &Name> {
    let constraints = match &definition.body {
        Body::Table(table) => Some(table.constraints.values()),
        _ => None,
    };
    constraints
        .into_iter()
        .flatten()
        .filter_map(|constraint| constraint.references.as_ref())
}
