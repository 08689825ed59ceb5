//! What makes way within a table.

use crate::schema::change::Alteration;
use crate::schema::model::{ConstraintKind, Generated, Lineage, Table};
use crate::schema::render::RenderOptions;
use crate::schema::token::mentions;
use std::collections::{BTreeMap, BTreeSet};

/// What makes way within a table.
#[derive(Debug, Default)]
pub(in crate::schema::render) struct TableScope {
    /// Columns that change their type.
    pub retyped: BTreeSet<Lineage>,
    /// Columns that a change to a parent's column retypes or makes anew.
    pub followed: BTreeSet<Lineage>,
    /// Generated columns that are dropped and added again: their values follow from the others.
    pub recreated: BTreeSet<Lineage>,
    /// Columns whose default makes way and comes back.
    pub undefaulted: BTreeSet<Lineage>,
    /// Columns that go before anything else happens, because another takes the name.
    pub dropped_first: BTreeSet<Lineage>,
    /// Columns that go at the end, when nothing speaks of them any more.
    pub dropped_last: BTreeSet<Lineage>,
    /// Old names.
    pub dropped_constraints: BTreeSet<String>,
    /// New names.
    pub added_constraints: BTreeSet<String>,
}

impl TableScope {
    pub(super) fn of(
        alterations: &[Alteration],
        old: &Table,
        new: &Table,
        options: &RenderOptions,
    ) -> Self {
        let mut scope = Self::default();
        let id_in =
            |table: &Table, name: &str| Some(table.columns.iter().find(|c| c.name == name)?.id);
        for alteration in alterations {
            match alteration {
                Alteration::SetColumnType { column, .. } => {
                    scope.retyped.extend(id_in(new, column));
                }
                Alteration::SetGenerated { column, generated }
                    if options.sets_expressions()
                        && (new.columns.iter().find(|new| new.name == *column))
                            .is_some_and(|new| can_be_set(old, new.id, generated)) => {}
                Alteration::SetGenerated { column, .. }
                | Alteration::DropGenerated {
                    column,
                    stored: false,
                } => scope.recreated.extend(id_in(new, column)),
                Alteration::DropColumn { name } => {
                    if new.columns.iter().any(|column| column.name == *name) {
                        scope.dropped_first.extend(id_in(old, name));
                    } else {
                        scope.dropped_last.extend(id_in(old, name));
                    }
                }
                Alteration::DropConstraint { name, .. } => {
                    scope.dropped_constraints.insert(name.clone());
                }
                Alteration::AddConstraint { name, .. } => {
                    scope.added_constraints.insert(name.clone());
                }
                _ => {}
            }
        }
        scope.regenerate(old, new);
        let renamed = alterations
            .iter()
            .filter_map(|alteration| match alteration {
                Alteration::RenameConstraint { from, to } => Some((from.as_str(), to.as_str())),
                _ => None,
            })
            .collect();
        scope.detach_with_columns(old, &renamed, new);
        scope
    }

    /// Constraints on columns that are dropped at the start.
    pub(super) fn detach_with_columns(
        &mut self,
        old: &Table,
        renamed: &BTreeMap<&str, &str>,
        new: &Table,
    ) {
        for (name, constraint) in &old.constraints {
            let goes_with_column = old.columns.iter().any(|column| {
                self.drops_now(column.id) && constraint.columns.contains(&column.name)
            });
            if goes_with_column {
                self.detach(name, renamed, new);
            }
        }
    }

    /// A generated column stands in the way of a change to the columns it is made from.
    pub(super) fn regenerate(&mut self, old: &Table, new: &Table) {
        for column in &old.columns {
            let Some(generated) = &column.generated else {
                continue;
            };
            let stands_on_touched = old.columns.iter().any(|other| {
                (self.retyped.contains(&other.id) || self.dropped_first.contains(&other.id))
                    && mentions(&generated.expression, &other.name)
            });
            let kept = new.columns.iter().find(|kept| kept.id == column.id);
            if kept.is_none() && stands_on_touched {
                self.dropped_last.remove(&column.id);
                self.dropped_first.insert(column.id);
            }
            let stays_generated = kept.is_some_and(|kept| kept.generated.is_some());
            if stays_generated && (stands_on_touched || self.retyped.contains(&column.id)) {
                self.recreated.insert(column.id);
            }
        }
        self.retyped.retain(|id| !self.recreated.contains(id));
    }

    /// Whether what speaks of a column has to make way.
    pub(super) fn touches(&self, column: Lineage) -> bool {
        self.retyped.contains(&column) || self.followed.contains(&column) || self.drops_now(column)
    }

    /// Whether a column is dropped at the start, for good or to come back.
    pub(super) fn drops_now(&self, column: Lineage) -> bool {
        self.recreated.contains(&column) || self.dropped_first.contains(&column)
    }

    /// A constraint goes, and comes back if the table is to have it.
    pub(super) fn detach(&mut self, name: &str, renamed: &BTreeMap<&str, &str>, new: &Table) {
        if self.dropped_constraints.insert(name.to_owned()) {
            let name = renamed.get(name).copied().unwrap_or(name);
            if new.constraints.contains_key(name) {
                self.added_constraints.insert(name.to_owned());
            }
        }
    }
}

/// Whether the server takes another expression for a column, which is generated already.
fn can_be_set(table: &Table, column: Lineage, to: &Generated) -> bool {
    let old = table.columns.iter().find(|old| old.id == column);
    let is_checked = || {
        let mut constraints = table.constraints.values();
        constraints.any(|constraint| constraint.kind == ConstraintKind::Check)
    };
    old.and_then(|old| old.generated.as_ref())
        .is_some_and(|from| from.stored == to.stored && (to.stored || !is_checked()))
}
