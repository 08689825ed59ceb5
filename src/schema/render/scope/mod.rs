//! What a migration touches beyond the changes themselves: what has to make way for them and come
//! back after.
//!
//! PostgreSQL refuses to change a column's type under a view, a key under a foreign key, or a function's
//! signature under whatever calls it. So those are dropped before and made again after, as they are to be.
//!
//! [`table`] says what that is within a table, [`mod@spread`] follows dependencies, [`names`] looks at names
//! that are wanted, [`keys`] at foreign keys; [`text`] is what definitions' texts tell.

mod keys;
mod names;
mod spread;
mod table;
mod text;

pub(super) use names::relation_names;
pub(super) use spread::{is_called, speaks_of};
pub(super) use table::TableScope;
pub(super) use text::is_of_type;

use super::RenderOptions;
use super::declared;
use super::domain::DomainScope;
use crate::schema::change::{Alteration, Change, ChangeKind};
use crate::schema::diff::Renames;
use crate::schema::model::{Body, Definition, Kind, Lineage, Name, ObjectKey, Table};
use crate::schema::snapshot::Snapshot;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use text::{makes_anew, replaces, retypes_attribute};

/// The objects of a migration, by what becomes of them.
pub(super) struct Scope<'a> {
    pub from: &'a Snapshot,
    pub to: &'a Snapshot,
    pub renames: Renames,
    pub created: BTreeSet<Lineage>,
    pub dropped: BTreeSet<Lineage>,
    /// Dropped and made again, though it is there before and after.
    pub rebuilt: BTreeSet<Lineage>,
    /// Types that are made anew beside the old one, columns moved over.
    pub remade: BTreeSet<Lineage>,
    /// Dropped types whose name another one takes: columns of that name move over, too.
    pub succeeded: BTreeSet<Lineage>,
    pub altered: BTreeMap<Lineage, &'a [Alteration]>,
    /// Tables there before and after, of which parts make way.
    pub tables: BTreeMap<Lineage, TableScope>,
    /// Domains there before and after, of which parts make way.
    pub domains: BTreeMap<Lineage, DomainScope>,
}

impl<'a> Scope<'a> {
    pub fn new(
        changes: &'a [Change],
        from: &'a Snapshot,
        to: &'a Snapshot,
        options: &RenderOptions,
    ) -> Self {
        let mut scope = Self {
            from,
            to,
            renames: Renames::between(from, to),
            created: BTreeSet::new(),
            dropped: BTreeSet::new(),
            rebuilt: BTreeSet::new(),
            remade: BTreeSet::new(),
            succeeded: BTreeSet::new(),
            altered: BTreeMap::new(),
            tables: BTreeMap::new(),
            domains: BTreeMap::new(),
        };
        for change in changes {
            match &change.kind {
                ChangeKind::Create => {
                    scope.created.insert(change.lineage);
                }
                ChangeKind::Drop => {
                    scope.dropped.insert(change.lineage);
                }
                ChangeKind::Alter(alterations) => {
                    scope.altered.insert(change.lineage, alterations);
                }
            }
        }
        scope.seed(options);
        scope.make_way_for_names();
        scope.foreign_keys();
        scope
    }

    pub fn old(&self, lineage: Lineage) -> Option<&'a Arc<Definition>> {
        self.from.get(&lineage)
    }

    pub fn new_definition(&self, lineage: Lineage) -> Option<&'a Arc<Definition>> {
        self.to.get(&lineage)
    }

    pub fn old_table(&self, lineage: Lineage) -> Option<&'a Table> {
        match &self.old(lineage)?.body {
            Body::Table(table) => Some(table),
            _ => None,
        }
    }

    pub fn new_table(&self, lineage: Lineage) -> Option<&'a Table> {
        match &self.new_definition(lineage)?.body {
            Body::Table(table) => Some(table),
            _ => None,
        }
    }

    /// Who depends on an object before the migration.
    pub fn dependents(&self, lineage: Lineage) -> Vec<Lineage> {
        match self.old(lineage) {
            Some(old) => self.from.dependents(&old.key()).collect(),
            None => Vec::new(),
        }
    }

    /// The object of that name after the migration.
    pub fn new_lineage(&self, key: &ObjectKey) -> Option<Lineage> {
        self.to.by_key(key)
    }

    /// Tables that are there before and after and have this one as a parent both times.
    pub fn children(&self, parent: Lineage) -> impl Iterator<Item = Lineage> + '_ {
        let names = self.old_table(parent).zip(self.new_table(parent));
        self.dependents(parent).into_iter().filter(move |child| {
            match (names, self.old_table(*child), self.new_table(*child)) {
                (Some((before, after)), Some(old), Some(new)) => {
                    old.inherits.contains(&before.name)
                        && new.inherits.contains(&after.name)
                        && old.bound.is_some() == new.bound.is_some()
                }
                _ => false,
            }
        })
    }

    /// Whether a child keeps, as its own, a column that its parent loses.
    pub fn stays_in_child(&self, parent: Lineage, column: &str) -> bool {
        self.children(parent).any(|child| {
            let id = self.old_table(child).and_then(|old| {
                let column = old.columns.iter().find(|own| own.name == column)?;
                column.inherited.then_some(column.id)
            });
            let new = self.new_table(child);
            new.is_some_and(|new| new.columns.iter().any(|own| Some(own.id) == id))
        })
    }

    pub fn old_lineage(&self, key: &ObjectKey) -> Option<Lineage> {
        self.from.by_key(key)
    }

    /// Whether the table of that new name was there before, and may hold rows.
    pub fn is_kept_table(&self, name: &Name) -> bool {
        self.to
            .by_key(&ObjectKey::of(Kind::Table, name))
            .is_some_and(|lineage| self.from.contains(&lineage))
    }

    /// The relation of that name before the migration.
    pub fn old_relation(&self, name: &Name) -> Option<Lineage> {
        [Kind::Table, Kind::View, Kind::MaterializedView]
            .into_iter()
            .find_map(|kind| self.old_lineage(&ObjectKey::of(kind, name)))
    }

    /// Dropped at the start, for good or to come back.
    pub fn is_gone(&self, lineage: Lineage) -> bool {
        self.dropped.contains(&lineage) || self.rebuilt.contains(&lineage)
    }

    /// What each alteration by itself asks for, and what follows from that.
    fn seed(&mut self, options: &RenderOptions) {
        let altered = self.altered.clone();
        for (lineage, alterations) in &altered {
            let (Some(old), Some(new)) = (self.old(*lineage), self.new_definition(*lineage)) else {
                continue;
            };
            match (&old.body, &new.body) {
                (Body::Table(old), Body::Table(new)) => {
                    let table = TableScope::of(alterations, old, new, options);
                    self.tables.insert(*lineage, table);
                }
                (Body::Composite(_), Body::Composite(_))
                    if alterations.iter().any(retypes_attribute) && self.is_stored(*lineage) =>
                {
                    self.remade.insert(*lineage);
                }
                (Body::Declared(old), Body::Declared(new))
                    if new.declares == Kind::Range
                        && (alterations.iter()).any(|one| declared::replaces(one, old, new))
                        && self.is_stored(*lineage) =>
                {
                    self.remade.insert(*lineage);
                }
                _ if alterations.iter().any(makes_anew)
                    || self.uses_new_label(new, alterations) =>
                {
                    self.remade.insert(*lineage);
                }
                (old, new) if alterations.iter().any(|one| replaces(one, old, new)) => {
                    self.rebuilt.insert(*lineage);
                }
                _ => {}
            }
        }
        self.seed_successions();
        let mut roots: Vec<_> = altered.keys().copied().collect();
        roots.extend(self.seed_children());
        roots.extend(&self.succeeded);
        self.spread(roots);
        self.rebuild_owned_sequences();
        self.detach_from_dropped();
    }

    /// Columns that change or go because a parent's do. Returns the tables that have such.
    fn seed_children(&mut self) -> Vec<Lineage> {
        let mut found = Vec::new();
        let mut pending: Vec<Lineage> = self.tables.keys().copied().collect();
        while let Some(parent) = pending.pop() {
            let (Some(table), Some(scope)) = (self.old_table(parent), self.tables.get(&parent))
            else {
                continue;
            };
            let touched: BTreeSet<&str> = (table.columns.iter())
                .filter(|column| scope.touches(column.id))
                .map(|column| column.name.as_str())
                .collect();
            if touched.is_empty() {
                continue;
            }
            for child in self.children(parent).collect::<Vec<_>>() {
                let Some(old) = self.old_table(child) else {
                    continue;
                };
                let scope = self.tables.entry(child).or_default();
                let before = scope.followed.len();
                scope.followed.extend(
                    (old.columns.iter())
                        .filter(|column| touched.contains(column.name.as_str()))
                        .map(|column| column.id),
                );
                if scope.followed.len() > before {
                    found.push(child);
                    pending.push(child);
                }
            }
        }
        found
    }

    /// Dropped types whose names created ones take.
    fn seed_successions(&mut self) {
        let type_name = |definition: &Definition| {
            let is_type = matches!(
                definition.kind(),
                Kind::Enum | Kind::Domain | Kind::Composite | Kind::Range
            );
            let key = definition.key();
            is_type.then(|| Name::new(key.schema, key.name))
        };
        let created: BTreeSet<_> = self
            .created
            .iter()
            .filter_map(|lineage| type_name(self.to.get(lineage)?))
            .collect();
        self.succeeded = self
            .dropped
            .iter()
            .copied()
            .filter(|lineage| {
                self.old(*lineage)
                    .and_then(|old| type_name(old))
                    .is_some_and(|name| created.contains(&name))
            })
            .collect();
    }
}
