//! Tables follow their parents.
//!
//! PostgreSQL carries most of what `ALTER TABLE` does on to the table's partitions and inheritance
//! children. So a child's own changes are those that remain once it has followed its parents. A partition
//! or child that joins or leaves a parent does not follow it: it is changed by itself.

use super::carry::Renames;
use super::table;
use crate::schema::change::Alteration;
use crate::schema::model::{
    Body, Column, Constraint, ConstraintKind, Definition, Kind, Lineage, Name, NotNullTerms,
    ObjectKey, Table,
};
use crate::schema::snapshot::Snapshot;
use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;
use std::sync::Arc;

/// The hierarchies of tables in two snapshots.
pub(super) struct Hierarchies<'a> {
    from: &'a Snapshot,
    to: &'a Snapshot,
    renames: &'a Renames,
    /// What the server does to a table's children, by table.
    passed_on: RefCell<BTreeMap<Lineage, Rc<Vec<Alteration>>>>,
}

impl<'a> Hierarchies<'a> {
    pub fn new(from: &'a Snapshot, to: &'a Snapshot, renames: &'a Renames) -> Self {
        Self {
            from,
            to,
            renames,
            passed_on: RefCell::default(),
        }
    }

    /// Objects that differ, and the children of tables among them, which may have something to undo.
    pub fn with_children(&self, mut lineages: BTreeSet<Lineage>) -> BTreeSet<Lineage> {
        let mut pending: Vec<Lineage> = lineages.iter().copied().collect();
        while let Some(lineage) = pending.pop() {
            let Some(parent) = self.to.get(&lineage).filter(|one| one.as_table().is_some()) else {
                continue;
            };
            for child in self.to.dependents(&parent.key()) {
                let inherits = (self.to.get(&child))
                    .and_then(|child| child.as_table())
                    .is_some_and(|child| !child.inherits.is_empty());
                if inherits && lineages.insert(child) {
                    pending.push(child);
                }
            }
        }
        lineages
    }

    /// `old`, already carried through the renames, after it has followed its parents to where they are
    /// for `new`.
    pub fn follow(&self, old: &mut Table, new: &Table) {
        for (parent, after) in self.parents(old, new) {
            let alterations = self.passed_on(parent);
            follow_alterations(old, None, after, &alterations, &|name| {
                new.columns
                    .iter()
                    .find(|column| column.name == name)
                    .map(|column| column.id)
            });
            for alteration in alterations.iter() {
                // Said again with the new type, and so for the children, too.
                if let Alteration::SetColumnType { column, .. } = alteration
                    && let Some(parents) = after.columns.iter().find(|new| new.name == *column)
                    && parents.default.is_some()
                {
                    with_column(old, column, |own| own.default.clone_from(&parents.default));
                }
            }
        }
        self.leave_and_join(old, new);
    }

    /// Parents that the table has before and after, with what they are to be.
    fn parents(&self, old: &Table, new: &Table) -> Vec<(Lineage, &'a Table)> {
        if old.bound != new.bound {
            return Vec::new();
        }
        (old.inherits.iter())
            .filter(|parent| new.inherits.contains(parent))
            .filter_map(|parent| {
                let lineage = self.named(parent)?;
                self.from.get(&lineage)?;
                Some((lineage, self.to.get(&lineage)?.as_table()?))
            })
            .collect()
    }

    /// The table of that name in the result.
    fn named(&self, name: &Name) -> Option<Lineage> {
        self.to.by_key(&ObjectKey::of(Kind::Table, name))
    }

    /// What changes on a table: of itself, and by following its own parents.
    fn passed_on(&self, lineage: Lineage) -> Rc<Vec<Alteration>> {
        if let Some(known) = self.passed_on.borrow().get(&lineage) {
            return Rc::clone(known);
        }
        let mut passed_on = Vec::new();
        if let (Some(old), Some(new)) = (self.from.get(&lineage), self.to.get(&lineage))
            && let Some(after) = new.as_table()
            && (old != new || old.as_table().is_some_and(|old| !old.inherits.is_empty()))
        {
            let carried = self.renames.carry(old);
            if let Body::Table(mut before) = carried.body {
                for (parent, _) in self.parents(&before, after) {
                    passed_on.extend(self.passed_on(parent).iter().cloned());
                }
                self.follow(&mut before, after);
                table::table(&before, after, &mut passed_on);
                if before.name.schema != after.name.schema {
                    passed_on.push(Alteration::SetSchema {
                        from: before.name.schema.clone(),
                        to: after.name.schema.clone(),
                    });
                }
            }
        }
        let passed_on = Rc::new(passed_on);
        (self.passed_on.borrow_mut()).insert(lineage, Rc::clone(&passed_on));
        passed_on
    }

    /// A partition that leaves keeps, as its own, the foreign keys it had from its parent; one that
    /// joins gives up those that the parent brings.
    fn leave_and_join(&self, old: &mut Table, new: &Table) {
        let foreign_keys = |parent: &Name, of: &dyn Fn(Lineage) -> Option<Arc<Definition>>| {
            let lineage = self.named(parent);
            let definition = lineage.and_then(of);
            let table = definition.as_ref().and_then(|one| one.as_table());
            let constraints = table.map(|table| table.constraints.clone());
            constraints
                .unwrap_or_default()
                .into_iter()
                .filter(|(_, constraint)| constraint.kind == ConstraintKind::Foreign)
        };
        let stays = old.inherits == new.inherits && old.bound == new.bound;
        if stays {
            return;
        }
        if old.bound.is_some() {
            for parent in old.inherits.clone() {
                let before = |lineage| Some(Arc::new(self.renames.carry(self.from.get(&lineage)?)));
                for (name, constraint) in foreign_keys(&parent, &before) {
                    let alone = Constraint {
                        comment: None,
                        ..constraint
                    };
                    old.constraints.entry(name).or_insert(alone);
                }
            }
            for constraint in old.constraints.values_mut() {
                constraint.index.parent = None;
            }
        }
        if new.bound.is_some() {
            for parent in &new.inherits {
                let after = |lineage| self.to.get(&lineage).cloned();
                for (_, brought) in foreign_keys(parent, &after) {
                    old.constraints
                        .retain(|_, own| own.definition != brought.definition);
                }
            }
        }
    }
}

/// Does to `child` what the server does when its parent is altered from what it is `before` to what it is
/// `after`, but for what the child has otherwise than its parent. A column that comes to it gets the id that `id_of`
/// has for its name, else one that follows from the parent's. Returns the new names of columns that are renamed.
pub fn follow(
    child: &mut Table,
    before: &Table,
    after: &Table,
    id_of: &dyn Fn(&str) -> Option<Lineage>,
) -> Vec<(Lineage, String)> {
    let names: BTreeMap<Lineage, String> = (child.columns.iter())
        .map(|column| (column.id, column.name.clone()))
        .collect();
    let mut alterations = Vec::new();
    table::table(before, after, &mut alterations);
    follow_alterations(child, Some(before), after, &alterations, id_of);
    (child.columns.iter())
        .filter(|column| (names.get(&column.id)).is_some_and(|name| *name != column.name))
        .map(|column| (column.id, column.name.clone()))
        .collect()
}

/// Does to `child` what the server does when `alterations` make its parent what `parent` is. With `before`, what the
/// parent was, the child keeps what it had otherwise.
fn follow_alterations(
    child: &mut Table,
    before: Option<&Table>,
    parent: &Table,
    alterations: &[Alteration],
    id_of: &dyn Fn(&str) -> Option<Lineage>,
) {
    let partition = child.bound.is_some();
    // The parent's columns as they are called afterwards.
    let old_names: BTreeMap<&str, &str> = (alterations.iter())
        .filter_map(|alteration| match alteration {
            Alteration::RenameColumn { from, to } => Some((to.as_str(), from.as_str())),
            _ => None,
        })
        .collect();
    let as_before = |own: &Column, same: &dyn Fn(&Column, &Column) -> bool| {
        let name = old_names.get(own.name.as_str());
        let name = name.copied().unwrap_or(own.name.as_str());
        let columns = before.into_iter().flat_map(|before| &before.columns);
        let mut parents = columns.filter(|column| column.name == name);
        parents.all(|parents| same(parents, own))
    };
    for alteration in alterations {
        match alteration {
            Alteration::AddColumn { column } => {
                if !child.columns.iter().any(|own| own.name == column.name) {
                    let id = id_of(&column.name).unwrap_or_else(|| derived(column.id, &child.name));
                    child.columns.push(Column {
                        id,
                        comment: None,
                        acl: BTreeMap::new(),
                        identity: None,
                        options: BTreeMap::new(),
                        inherited: !partition,
                        ..passed_on_column(column)
                    });
                }
            }
            Alteration::DropColumn { name } => {
                // It stays, as the child's own, if the child is to keep it.
                let goes = (child.columns.iter()).any(|column| {
                    column.name == *name
                        && (partition || column.inherited && id_of(name) != Some(column.id))
                });
                if goes {
                    child.columns.retain(|column| column.name != *name);
                    child
                        .constraints
                        .retain(|_, constraint| !constraint.columns.contains(name));
                }
            }
            Alteration::RenameColumn { from, to } => {
                with_column(child, from, |column| column.name.clone_from(to));
            }
            Alteration::SetColumnType { column: name, .. } => {
                let new = parent.columns.iter().find(|column| column.name == *name);
                with_column(child, name, |column| {
                    if let Some(new) = new {
                        column.data_type.clone_from(&new.data_type);
                        column.collation.clone_from(&new.collation);
                    }
                });
            }
            Alteration::SetNotNull {
                column: Some(column),
                terms,
                ..
            } if !terms.no_inherit => with_column(child, column, |column| {
                if partition && !column.not_null {
                    column.not_null_terms.not_valid = terms.not_valid;
                }
                column.not_null = true;
            }),
            Alteration::DropNotNull {
                column: Some(column),
                terms,
            } if !terms.no_inherit => with_column(child, column, |column| {
                column.not_null = false;
                column.not_null_terms = NotNullTerms::default();
            }),
            Alteration::SetNotNullInherited {
                column,
                inherited: true,
                ..
            } => with_column(child, column, |column| column.not_null = true),
            Alteration::SetDefault {
                column: Some(column),
                expression,
            } => with_column(child, column, |column| {
                if as_before(column, &|old, own| old.default == own.default) {
                    column.default = Some(expression.clone());
                }
            }),
            Alteration::DropDefault {
                column: Some(column),
            } => with_column(child, column, |column| {
                if as_before(column, &|old, own| old.default == own.default) {
                    column.default = None;
                }
            }),
            Alteration::SetGenerated { column, generated } => {
                with_column(child, column, |column| {
                    column.generated = Some(generated.clone());
                });
            }
            Alteration::DropGenerated { column, .. } => {
                with_column(child, column, |column| column.generated = None);
            }
            Alteration::SetStorage { column, storage } => {
                with_column(child, column, |column| {
                    if as_before(column, &|old, own| old.storage == own.storage) {
                        column.storage.clone_from(storage);
                    }
                });
            }
            Alteration::SetStatistics { column, target } => {
                with_column(child, column, |column| {
                    if as_before(column, &|old, own| old.statistics == own.statistics) {
                        column.statistics = *target;
                    }
                });
            }
            _ => follow_constraint(child, parent, alteration),
        }
    }
}

/// Checks are passed on; keys are taken away with the parent's, but each table is given its own.
fn follow_constraint(child: &mut Table, parent: &Table, alteration: &Alteration) {
    let partition = child.bound.is_some();
    match alteration {
        Alteration::AddConstraint { name, constraint } if is_passed_on(constraint) => {
            child
                .constraints
                .entry(name.clone())
                .or_insert_with(|| Constraint {
                    comment: None,
                    inherited: !partition,
                    ..constraint.clone()
                });
        }
        Alteration::DropConstraint { name, constraint } => match constraint.kind {
            ConstraintKind::Check => {
                let goes = child
                    .constraints
                    .get(name)
                    .is_some_and(|own| is_passed_on(constraint) && (partition || own.inherited));
                if goes {
                    child.constraints.remove(name);
                }
            }
            ConstraintKind::Foreign => {}
            _ => child.constraints.retain(|_, own| {
                own.index
                    .parent
                    .as_ref()
                    .is_none_or(|index| index.name != *name)
            }),
        },
        Alteration::RenameConstraint { from, to } => {
            if parent.constraints.get(to).is_some_and(is_passed_on) {
                if let Some(own) = child.constraints.remove(from) {
                    child.constraints.insert(to.clone(), own);
                }
            } else {
                for index in child
                    .constraints
                    .values_mut()
                    .filter_map(|own| own.index.parent.as_mut())
                    .filter(|index| index.name == *from)
                {
                    index.name.clone_from(to);
                }
            }
        }
        Alteration::ValidateConstraint { name } if !parent.constraints.contains_key(name) => {
            // It is one behind NOT NULL.
            let is_meant =
                |column: &&Column| column.not_null_constraint(&parent.name).as_ref() == Some(name);
            if let Some(column) = parent.columns.iter().find(is_meant)
                && !column.not_null_terms.no_inherit
            {
                with_column(child, &column.name, |own| {
                    own.not_null_terms.not_valid = false;
                });
            }
        }
        Alteration::ValidateConstraint { name }
            if parent.constraints.get(name).is_some_and(is_passed_on) =>
        {
            if let Some(own) = child.constraints.get_mut(name)
                && let Some(valid) = own.definition.strip_suffix(" NOT VALID")
            {
                own.definition = valid.to_owned();
            }
        }
        Alteration::SetSchema { to, .. } => {
            for index in child
                .constraints
                .values_mut()
                .filter_map(|own| own.index.parent.as_mut())
                .filter(|index| parent.constraints.contains_key(&index.name))
            {
                index.schema.clone_from(to);
            }
        }
        _ => {}
    }
}

/// What is left to say of the columns that a new child has from its parents.
pub fn overrides(parents: &[&Table], child: &Table) -> Vec<Alteration> {
    let mut found = Vec::new();
    for own in &child.columns {
        let inherited = (parents.iter())
            .flat_map(|parent| &parent.columns)
            .find(|column| column.name == own.name);
        if let Some(inherited) = inherited.filter(|_| !own.inherited) {
            // The parent's default is the child's where it says nothing of its own.
            if inherited.default.is_some() && own.default.is_none() && own.generated.is_none() {
                found.push(Alteration::DropDefault {
                    column: Some(own.name.clone()),
                });
            }
        } else if let Some(inherited) = inherited {
            let inherited = Column {
                id: own.id,
                comment: None,
                acl: BTreeMap::new(),
                identity: None,
                options: BTreeMap::new(),
                statistics: None,
                inherited: true,
                ..passed_on_column(inherited)
            };
            table::column_attributes(&inherited, own, &mut found);
        }
    }
    found
}

/// A column as the server gives it to a child.
fn passed_on_column(column: &Column) -> Column {
    let terms = column.not_null_terms;
    Column {
        not_null: column.not_null && !terms.no_inherit,
        not_null_terms: NotNullTerms::default(),
        ..column.clone()
    }
}

fn is_passed_on(constraint: &Constraint) -> bool {
    constraint.kind == ConstraintKind::Check && !constraint.definition.contains(" NO INHERIT")
}

fn with_column(table: &mut Table, name: &str, change: impl FnOnce(&mut Column)) {
    if let Some(column) = table.columns.iter_mut().find(|column| column.name == name) {
        change(column);
    }
}

/// The same for the same column and child, so that a merge planned twice gives the same result.
fn derived(column: Lineage, child: &Name) -> Lineage {
    use sha2::{Digest, Sha256};
    let mut hash = Sha256::new();
    hash.update(column.0);
    hash.update(child.schema.as_bytes());
    hash.update([0]);
    hash.update(child.name.as_bytes());
    let digest: [u8; 32] = hash.finalize().into();
    let mut id = [0; 16];
    id.copy_from_slice(&digest[..16]);
    Lineage(id)
}
