//! One thing as the base and the two sides have it.

use crate::schema::model::{Definition, Lineage, ObjectKey};
use crate::schema::snapshot::Snapshot;

/// The same thing three times.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Three<T> {
    pub base: T,
    pub source: T,
    pub target: T,
}

impl<T> Three<T> {
    pub fn map<U>(self, mut f: impl FnMut(T) -> U) -> Three<U> {
        Three {
            base: f(self.base),
            source: f(self.source),
            target: f(self.target),
        }
    }

    pub fn as_ref(&self) -> Three<&T> {
        Three {
            base: &self.base,
            source: &self.source,
            target: &self.target,
        }
    }

    pub fn zip<U>(self, other: Three<U>) -> Three<(T, U)> {
        Three {
            base: (self.base, other.base),
            source: (self.source, other.source),
            target: (self.target, other.target),
        }
    }
}

impl<'a> Three<&'a Snapshot> {
    /// An object on the three sides.
    pub fn objects(&self, lineage: Lineage) -> Three<Option<&'a Definition>> {
        self.map(|side| side.get(&lineage).map(AsRef::as_ref))
    }
}

impl Three<Option<&Definition>> {
    /// The object's key on the target, or where that lacks it, on the source, then the base.
    pub fn key(&self) -> Option<ObjectKey> {
        self.target
            .or(self.source)
            .or(self.base)
            .map(Definition::key)
    }
}
