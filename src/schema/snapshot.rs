//! A whole schema at one moment.

use super::model::{Definition, Lineage, ObjectKey};
use std::collections::BTreeMap;
use std::sync::Arc;

/// Every versioned object of one branch at one moment, by lineage.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Snapshot {
    pub objects: BTreeMap<Lineage, Arc<Definition>>,
}

impl Snapshot {
    /// Finds objects by what names them.
    pub fn by_key(&self) -> BTreeMap<ObjectKey, Lineage> {
        self.objects
            .iter()
            .map(|(lineage, definition)| (definition.key(), *lineage))
            .collect()
    }
}

impl FromIterator<(Lineage, Definition)> for Snapshot {
    fn from_iter<I: IntoIterator<Item = (Lineage, Definition)>>(objects: I) -> Self {
        Self {
            objects: objects
                .into_iter()
                .map(|(lineage, definition)| (lineage, Arc::new(definition)))
                .collect(),
        }
    }
}
