//! Which lineage the objects and columns of the live catalogs have.

use super::CatalogId;
use crate::schema::model::Lineage;
use std::collections::HashMap;

/// Lineages by catalog address: what the store knows, and what was given to newcomers since.
#[derive(Clone, Debug, Default)]
pub struct LineageBook {
    known: HashMap<CatalogId, Lineage>,
    fresh: Vec<(CatalogId, Lineage)>,
}

impl LineageBook {
    pub fn new(known: HashMap<CatalogId, Lineage>) -> Self {
        Self {
            known,
            fresh: Vec::new(),
        }
    }

    /// The lineage of `id`: the known one, else a new random one, which is known from then on.
    pub fn of(&mut self, id: CatalogId) -> Lineage {
        *self.known.entry(id).or_insert_with(|| {
            let lineage = Lineage::random();
            self.fresh.push((id, lineage));
            lineage
        })
    }

    pub fn get(&self, id: CatalogId) -> Option<Lineage> {
        self.known.get(&id).copied()
    }

    /// Gives a newcomer the lineage of what it stands for, whatever it was given before.
    pub fn assign(&mut self, id: CatalogId, lineage: Lineage) {
        self.known.insert(id, lineage);
        self.fresh.retain(|(fresh, _)| *fresh != id);
        self.fresh.push((id, lineage));
    }

    /// What was given to newcomers, in the order they were met: the store has yet to learn it.
    pub fn fresh(&self) -> &[(CatalogId, Lineage)] {
        &self.fresh
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_newcomer_gets_one_lineage_and_keeps_it() {
        let old = CatalogId::object(CatalogId::RELATION, 16_400);
        let new = CatalogId::object(CatalogId::RELATION, 16_401);
        let known = Lineage::random();
        let mut book = LineageBook::new([(old, known)].into());
        assert_eq!(book.of(old), known);
        let given = book.of(new);
        assert_eq!(book.of(new), given);
        assert_eq!(book.fresh(), [(new, given)]);
        let meant = Lineage::random();
        book.assign(new, meant);
        assert_eq!((book.of(new), book.fresh()), (meant, &[(new, meant)][..]));
    }
}
