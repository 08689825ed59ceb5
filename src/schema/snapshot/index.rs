//! Lineages found by a key: persistent, like the snapshot that it is part of.

use crate::schema::model::{Kind, Lineage, Name, ObjectKey};
use imbl::OrdSet;
use std::cmp::Ordering;
use std::sync::Arc;

/// Pairs of a key and a lineage. A key that many have is in memory once.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Index(OrdSet<Entry>);

#[derive(Clone, Debug, PartialEq, Eq)]
struct Entry {
    key: Arc<ObjectKey>,
    lineage: Lineage,
}

/// The first and the last lineage there can be.
const FIRST: Lineage = Lineage([0; 16]);
const LAST: Lineage = Lineage([u8::MAX; 16]);

impl Index {
    pub fn insert(&mut self, key: ObjectKey, lineage: Lineage) {
        let known = self.range(key.clone()).next().map(|entry| &entry.key);
        let key = known.map_or_else(|| Arc::new(key), Arc::clone);
        self.0.insert(Entry { key, lineage });
    }

    pub fn remove(&mut self, key: ObjectKey, lineage: Lineage) {
        let key = Arc::new(key);
        self.0.remove(&Entry { key, lineage });
    }

    /// The lineages of a key, in order.
    pub fn of<'a>(&'a self, key: &ObjectKey) -> impl DoubleEndedIterator<Item = Lineage> + use<'a> {
        self.range(key.clone()).map(|entry| entry.lineage)
    }

    /// Keys with that schema and name.
    pub fn named<'a>(
        &'a self,
        name: &Name,
    ) -> impl Iterator<Item = (&'a ObjectKey, Lineage)> + use<'a> {
        let wanted = name.clone();
        self.from(name)
            .take_while(move |(key, _)| key.name == wanted.name && key.schema == wanted.schema)
    }

    /// Keys with that name in any schema.
    pub fn called<'a>(
        &'a self,
        name: &str,
    ) -> impl Iterator<Item = (&'a ObjectKey, Lineage)> + use<'a> {
        let wanted = name.to_owned();
        self.from(&Name::new("", name))
            .take_while(move |(key, _)| key.name == wanted)
    }

    /// All from the first that has that name on.
    fn from<'a>(&'a self, name: &Name) -> impl Iterator<Item = (&'a ObjectKey, Lineage)> + use<'a> {
        let first = Entry {
            key: Arc::new(ObjectKey::of(Kind::Schema, name)),
            lineage: FIRST,
        };
        self.0
            .range(first..)
            .map(|entry| (&*entry.key, entry.lineage))
    }

    fn range(&self, key: ObjectKey) -> impl DoubleEndedIterator<Item = &Entry> {
        let key = Arc::new(key);
        let first = Entry {
            key: Arc::clone(&key),
            lineage: FIRST,
        };
        let last = Entry { key, lineage: LAST };
        self.0.range(first..=last)
    }
}

/// By name, then schema, so that all kinds of one name stand together; `Schema` is the first kind.
impl Ord for Entry {
    fn cmp(&self, other: &Self) -> Ordering {
        let by_key = || {
            let (one, other) = (&self.key, &other.key);
            one.name
                .cmp(&other.name)
                .then_with(|| one.schema.cmp(&other.schema))
                .then_with(|| one.kind.cmp(&other.kind))
                .then_with(|| one.qualifier.cmp(&other.qualifier))
        };
        let same = Arc::ptr_eq(&self.key, &other.key);
        let by_key = if same { Ordering::Equal } else { by_key() };
        by_key.then_with(|| self.lineage.cmp(&other.lineage))
    }
}

impl PartialOrd for Entry {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}
