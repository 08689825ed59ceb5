//! What goes: at the start what is in the way, at the end what nothing stands on any more.

use super::defaults;
use super::scope::{Scope, TableScope, is_called, speaks_of};
use super::script::{Script, target, target_named};
use super::step::Hazard;
use super::{domain, sequence, table, view};
use crate::schema::change::Alteration;
use crate::schema::model::{
    Body, Column, ConstraintKind, Definition, Domain, Kind, Lineage, Name, ObjectKey, Table,
};
use crate::schema::order;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// When each dropped object goes.
#[derive(Debug, Default)]
pub(super) struct Schedule {
    /// Dropped by a statement of its own at the start, for good or to come back.
    first: BTreeSet<Lineage>,
    /// Dropped by a statement of its own at the end.
    pub last: BTreeSet<Lineage>,
}

impl Schedule {
    pub fn new(scope: &Scope<'_>) -> Self {
        let mut late = BTreeSet::new();
        // What survives, or stands on what goes late, keeps its needs till then.
        loop {
            let found: Vec<_> = scope
                .dropped
                .iter()
                .copied()
                .filter(|lineage| !late.contains(lineage))
                .filter(|lineage| {
                    let by_itself = scope.dependents(*lineage).iter().any(|dependent| {
                        if scope.is_gone(*dependent) {
                            late.contains(&goes_with(scope, *dependent).unwrap_or(*dependent))
                        } else {
                            !lets_go(scope, *lineage, *dependent)
                        }
                    });
                    by_itself
                        || goes_with(scope, *lineage).is_some_and(|parent| late.contains(&parent))
                })
                .collect();
            if found.is_empty() {
                break;
            }
            late.extend(found);
        }
        let mut schedule = Self::default();
        for lineage in scope.dropped.iter().chain(&scope.rebuilt).copied() {
            if goes_with(scope, lineage).is_some() || defaults::is_default(scope, lineage) {
                continue;
            }
            if late.contains(&lineage) {
                schedule.last.insert(lineage);
            } else {
                schedule.first.insert(lineage);
            }
        }
        schedule
    }

    /// Foreign keys, then checks and defaults, then objects, then keys, then columns whose names are
    /// wanted, then what keys and columns stood on.
    pub fn render_first(&self, script: &mut Script<'_>, scope: &Scope<'_>) {
        constraints(script, scope, |kind| kind == ConstraintKind::Foreign);
        constraints(script, scope, |kind| kind == ConstraintKind::Check);
        for (lineage, table_scope) in &scope.tables {
            undefault(script, scope, *lineage, table_scope);
            stop_making_values(script, scope, *lineage, table_scope);
        }
        domain::detach(script, scope);
        release_sequences(script, scope);
        let (sequence, circles) = drop_order(scope, &self.first);
        for (table, needs) in &circles {
            cut(script, scope, *table, needs);
        }
        let mut entangled = Entangled::new(scope, &circles);
        let carrying = carrying(scope, &sequence);
        let (last, first): (Vec<_>, Vec<_>) =
            (sequence.into_iter()).partition(|lineage| carrying.contains(lineage));
        for lineage in first {
            if let Some(old) = scope.old(lineage) {
                entangled.drop_object(script, lineage, old, &target(old));
            }
        }
        constraints(script, scope, |kind| {
            !matches!(kind, ConstraintKind::Foreign | ConstraintKind::Check)
        });
        for (lineage, table_scope) in &scope.tables {
            let (Some(definition), Some(table)) = (scope.old(*lineage), scope.old_table(*lineage))
            else {
                continue;
            };
            for column in generated_first(table) {
                let stays = scope.stays_in_child(*lineage, &column.name);
                if table_scope.dropped_first.contains(&column.id) {
                    let hazards = [Hazard::DeletesData];
                    table::drop_column(script, definition, column, stays, &hazards);
                } else if table_scope.recreated.contains(&column.id) {
                    // A generated column loses nothing: its values follow from the others.
                    let hazards: &[Hazard] = match column.generated {
                        Some(_) => &[Hazard::AcquiresAccessExclusiveLock],
                        None => &[Hazard::AcquiresAccessExclusiveLock, Hazard::DeletesData],
                    };
                    table::drop_column(script, definition, column, false, hazards);
                }
            }
        }
        for lineage in last {
            if let Some(old) = scope.old(lineage) {
                entangled.drop_object(script, lineage, old, &target(old));
            }
        }
    }

    /// Columns, then the old ones of types made anew, then objects. `aside` has the names of those that
    /// were moved out of the way.
    pub fn render_last(
        &self,
        script: &mut Script<'_>,
        scope: &Scope<'_>,
        aside: &BTreeMap<Lineage, String>,
    ) {
        for (lineage, table_scope) in &scope.tables {
            let (Some(definition), Some(table)) =
                (scope.new_definition(*lineage), scope.old_table(*lineage))
            else {
                continue;
            };
            for column in generated_first(table) {
                if table_scope.dropped_last.contains(&column.id) {
                    let hazards = [Hazard::DeletesData];
                    let stays = scope.stays_in_child(*lineage, &column.name);
                    table::drop_column(script, definition, column, stays, &hazards);
                }
            }
        }
        let outgoing: BTreeSet<_> = self.last.union(&scope.remade).copied().collect();
        let (sequence, circles) = drop_order(scope, &outgoing);
        for (table, needs) in &circles {
            cut(script, scope, *table, needs);
        }
        let mut entangled = Entangled::new(scope, &circles);
        for lineage in sequence {
            let Some(old) = scope.old(lineage) else {
                continue;
            };
            let key = old.key();
            let name = aside.get(&lineage).unwrap_or(&key.name);
            let schema = if scope.remade.contains(&lineage) {
                scope
                    .new_definition(lineage)
                    .map_or(key.schema.clone(), |new| new.key().schema)
            } else {
                scope.renames.schema(&key.schema).to_owned()
            };
            let target = match old.kind() {
                kind if kind.is_on_relation() => target(old),
                _ => target_named(old, &Name::new(schema, name.as_str())),
            };
            entangled.drop_object(script, lineage, old, &target);
        }
    }
}

/// Of what goes at the start, what keys and generated columns stand on that make way, and what that needs.
fn carrying(scope: &Scope<'_>, sequence: &[Lineage]) -> BTreeSet<Lineage> {
    let goes: BTreeSet<_> = sequence.iter().copied().collect();
    let needs = |lineage: Lineage| {
        let keys = scope.old(lineage).map(|old| old.depends_on.as_slice());
        (keys.unwrap_or_default().iter()).filter_map(|key| Some((key, scope.old_lineage(key)?)))
    };
    let mut pending: Vec<Lineage> = (scope.tables.iter())
        .filter(|(_, table)| !table.dropped_constraints.is_empty() || !table.recreated.is_empty())
        .flat_map(|(lineage, _)| needs(*lineage))
        .filter(|(key, _)| is_called(key.kind))
        .map(|(_, need)| need)
        .collect();
    let mut carrying = BTreeSet::new();
    while let Some(lineage) = pending.pop() {
        if goes.contains(&lineage) && carrying.insert(lineage) {
            pending.extend(needs(lineage).map(|(_, need)| need));
        }
    }
    carrying
}

/// Types and the functions that they and that need them: neither goes without the other, so the type takes
/// its functions along when the turn of the last of them comes.
struct Entangled {
    /// Functions that are still to come, by type.
    functions: BTreeMap<Lineage, BTreeSet<Lineage>>,
    /// How types are called by then.
    types: BTreeMap<Lineage, (ObjectKey, String)>,
}

impl Entangled {
    fn new(scope: &Scope<'_>, circles: &BTreeMap<Lineage, Vec<ObjectKey>>) -> Self {
        let mut functions: BTreeMap<Lineage, BTreeSet<Lineage>> = BTreeMap::new();
        for (lineage, needs) in circles {
            let is_function = |old: &Arc<Definition>| old.kind() == Kind::Routine;
            if !scope.old(*lineage).is_some_and(is_function) {
                continue;
            }
            for need in needs {
                if matches!(need.kind, Kind::Range | Kind::BaseType)
                    && let Some(data_type) = scope.old_lineage(need)
                {
                    functions.entry(data_type).or_default().insert(*lineage);
                }
            }
        }
        Self {
            functions,
            types: BTreeMap::new(),
        }
    }

    fn drop_object(
        &mut self,
        script: &mut Script<'_>,
        lineage: Lineage,
        old: &Definition,
        target: &str,
    ) {
        if self.functions.contains_key(&lineage) {
            self.types.insert(lineage, (old.key(), target.to_owned()));
            return;
        }
        let mut is_entangled = false;
        for (data_type, functions) in &mut self.functions {
            if functions.remove(&lineage) {
                is_entangled = true;
                if functions.is_empty()
                    && let Some((key, target)) = self.types.get(data_type)
                {
                    script.push(key, &[], format!("DROP {target} CASCADE"));
                }
            }
        }
        if !is_entangled {
            drop_object(script, old, target);
        }
    }
}

/// Whether a table or a domain that stays has defaults and checks that speak of the object taken away first.
fn lets_go(scope: &Scope<'_>, lineage: Lineage, dependent: Lineage) -> bool {
    let Some(needed) = scope.old(lineage).map(|old| old.key()) else {
        return false;
    };
    // Generated columns go when nothing stands on them any more, and so after objects.
    let generated = scope.old_table(dependent).is_some_and(|table| {
        (table
            .columns
            .iter()
            .filter_map(|column| column.generated.as_ref()))
        .any(|generated| speaks_of(&generated.expression, needed.kind, &needed.name))
    });
    is_called(needed.kind)
        && !generated
        && (scope.tables.contains_key(&dependent) || scope.domains.contains_key(&dependent))
}

/// What takes an object with it when it is dropped: a table its indexes, triggers and policies, a
/// partitioned table's index those of the partitions, a column the sequence it owns.
fn goes_with(scope: &Scope<'_>, lineage: Lineage) -> Option<Lineage> {
    let parent = match &scope.old(lineage)?.body {
        Body::Index(index) => {
            let table = scope.old_relation(&index.table)?;
            if scope.is_gone(table) {
                return Some(table);
            }
            let parent = index.attributes.parent.as_ref()?;
            scope.old_lineage(&ObjectKey::of(Kind::Index, parent))?
        }
        Body::Trigger(trigger) => scope.old_relation(&trigger.table)?,
        Body::Declared(declared) => scope.old_relation(declared.table.as_ref()?)?,
        Body::Sequence(sequence) => {
            let owner = sequence.owned_by.as_ref()?;
            let parent = scope.old_relation(&owner.table)?;
            let column_goes = scope.tables.get(&parent).is_some_and(|table_scope| {
                scope.old_table(parent).is_some_and(|table| {
                    table.columns.iter().any(|column| {
                        column.name == owner.column
                            && (table_scope.dropped_first.contains(&column.id)
                                || table_scope.dropped_last.contains(&column.id))
                    })
                })
            });
            return (column_goes || scope.is_gone(parent)).then_some(parent);
        }
        _ => return None,
    };
    scope.is_gone(parent).then_some(parent)
}

fn constraints(
    script: &mut Script<'_>,
    scope: &Scope<'_>,
    of_kind: impl Fn(ConstraintKind) -> bool,
) {
    for (lineage, table_scope) in &scope.tables {
        let (Some(definition), Some(table)) = (scope.old(*lineage), scope.old_table(*lineage))
        else {
            continue;
        };
        for name in &table_scope.dropped_constraints {
            if let Some(constraint) = table.constraints.get(name)
                && of_kind(constraint.kind)
            {
                table::drop_constraint(script, definition, name, constraint);
            }
        }
    }
}

fn undefault(
    script: &mut Script<'_>,
    scope: &Scope<'_>,
    lineage: Lineage,
    table_scope: &TableScope,
) {
    let (Some(definition), Some(table)) = (scope.old(lineage), scope.old_table(lineage)) else {
        return;
    };
    for column in &table.columns {
        if table_scope.undefaulted.contains(&column.id) {
            super::column::action(script, definition, &column.name, &[], "DROP DEFAULT");
        }
    }
}

/// An identity column's sequence gives its name free for the one that takes its place; a generated column that keeps
/// its values lets go of the functions that made them.
fn stop_making_values(
    script: &mut Script<'_>,
    scope: &Scope<'_>,
    lineage: Lineage,
    table_scope: &TableScope,
) {
    let (Some(definition), Some(old), Some(new)) = (
        scope.old(lineage),
        scope.old_table(lineage),
        scope.new_table(lineage),
    ) else {
        return;
    };
    let alterations = scope.altered.get(&lineage).copied().unwrap_or_default();
    for alteration in alterations {
        let (column, action) = match alteration {
            Alteration::DropIdentity { column } => (column, "DROP IDENTITY"),
            Alteration::DropGenerated { column, .. } => (column, "DROP EXPRESSION"),
            _ => continue,
        };
        if let Some(column) = new.columns.iter().find(|new| new.name == *column)
            && let Some(column) = old.columns.iter().find(|old| old.id == column.id)
            && !table_scope.recreated.contains(&column.id)
        {
            super::column::action(script, definition, &column.name, &[], action);
        }
    }
}

/// Dependents before what they need. Foreign keys count; where tables need each other in a circle, the
/// second value says which table has to let go of which objects first.
fn drop_order(
    scope: &Scope<'_>,
    lineages: &BTreeSet<Lineage>,
) -> (Vec<Lineage>, BTreeMap<Lineage, Vec<ObjectKey>>) {
    let mut nodes: BTreeMap<ObjectKey, BTreeSet<ObjectKey>> = BTreeMap::new();
    let mut by_key = BTreeMap::new();
    for lineage in scope.dropped.iter().chain(&scope.rebuilt) {
        // What goes with its table needs what it needs until then.
        if let Some(old) = scope.old(*lineage)
            && let Some(parent) = goes_with(scope, *lineage)
            && let Some(parent) = scope.old(parent).filter(|_| lineages.contains(&parent))
        {
            let key = parent.key();
            let needs = old.depends_on.iter().filter(|need| **need != key).cloned();
            nodes.entry(key.clone()).or_default().extend(needs);
        }
    }
    for lineage in lineages {
        let Some(old) = scope.old(*lineage) else {
            continue;
        };
        let mut needs: BTreeSet<_> = old.depends_on.iter().cloned().collect();
        if let Body::Table(table) = &old.body {
            needs.extend(referenced_tables(table));
        }
        nodes.entry(old.key()).or_default().append(&mut needs);
        by_key.insert(old.key(), *lineage);
    }
    let order = order::sort(&nodes, |node, need| match (node.kind, need.kind) {
        (Kind::Table, Kind::Table) => 0,
        (Kind::Table | Kind::Domain | Kind::View, Kind::Routine)
        | (Kind::Routine, Kind::Range | Kind::BaseType) => 1,
        (Kind::Table, _) => 2,
        _ => 3,
    });
    let sequence = order
        .sequence
        .iter()
        .rev()
        .filter_map(|key| by_key.get(key).copied())
        .collect();
    let circles = order
        .broken
        .into_iter()
        .filter_map(|(key, needs)| Some((by_key.get(&key).copied()?, needs.into_iter().collect())))
        .collect();
    (sequence, circles)
}

fn referenced_tables(table: &Table) -> impl Iterator<Item = ObjectKey> + '_ {
    table
        .constraints
        .values()
        .filter_map(|constraint| constraint.references.as_ref())
        .map(|name| ObjectKey {
            kind: Kind::Table,
            schema: name.schema.clone(),
            name: name.name.clone(),
            qualifier: String::new(),
        })
}

/// Makes a dropped table, domain or view let go of objects that are dropped before it.
fn cut(script: &mut Script<'_>, scope: &Scope<'_>, lineage: Lineage, needs: &[ObjectKey]) {
    let Some(definition) = scope.old(lineage) else {
        return;
    };
    if let Body::Domain(domain) = &definition.body {
        return cut_domain(script, definition, domain, needs);
    }
    if let Body::View(view) = &definition.body {
        return view::replace_by_stub(script, definition, view);
    }
    let Body::Table(table) = &definition.body else {
        return;
    };
    for need in needs {
        for (name, constraint) in &table.constraints {
            let speaks_of_it = match &constraint.references {
                Some(name) => {
                    need.kind == Kind::Table && name.schema == need.schema && name.name == need.name
                }
                None => {
                    is_called(need.kind) && speaks_of(&constraint.definition, need.kind, &need.name)
                }
            };
            if speaks_of_it {
                table::drop_constraint(script, definition, name, constraint);
            }
        }
        for column in &table.columns {
            if is_called(need.kind)
                && let Some(default) = &column.default
                && speaks_of(default, need.kind, &need.name)
            {
                super::column::action(script, definition, &column.name, &[], "DROP DEFAULT");
            }
        }
    }
}

fn cut_domain(
    script: &mut Script<'_>,
    definition: &Definition,
    domain: &Domain,
    needs: &[ObjectKey],
) {
    let needed = |text: &str| (needs.iter()).any(|need| speaks_of(text, need.kind, &need.name));
    if domain.default.as_deref().is_some_and(needed) {
        domain::drop_default(script, definition);
    }
    for (name, check) in &domain.checks {
        if needed(&check.definition) {
            domain::drop_check(script, definition, name);
        }
    }
}

fn drop_object(script: &mut Script<'_>, old: &Definition, target: &str) {
    let hazards: &[Hazard] = match old.kind() {
        Kind::Table if old.as_table().is_some_and(|table| table.foreign.is_some()) => &[],
        Kind::Table => &[Hazard::DeletesData],
        Kind::Index => &[Hazard::IndexDropped],
        Kind::Policy => &[Hazard::AuthzUpdate],
        Kind::Routine => &[Hazard::HasUntrackableDependencies],
        _ => &[],
    };
    script.push(&old.key(), hazards, format!("DROP {target}"));
}

/// Whether a change of owner comes by itself: an owned sequence's with its table's.
pub(super) fn owner_follows_table(scope: &Scope<'_>, definition: &Definition) -> bool {
    let Body::Sequence(sequence) = &definition.body else {
        return false;
    };
    let Some(owner) = &sequence.owned_by else {
        return false;
    };
    scope.altered.iter().any(|(lineage, alterations)| {
        scope
            .new_table(*lineage)
            .is_some_and(|table| table.name == owner.table)
            && alterations
                .iter()
                .any(|one| matches!(one, Alteration::SetOwner { .. }))
    })
}

/// A column goes after those that are generated from it.
fn generated_first(table: &Table) -> impl Iterator<Item = &Column> {
    let of = |generated| {
        let columns = table.columns.iter();
        columns.filter(move |column| column.generated.is_some() == generated)
    };
    of(true).chain(of(false))
}

/// A sequence that stays lets go of a column while that is there, which would take it along.
fn release_sequences(script: &mut Script<'_>, scope: &Scope<'_>) {
    for (lineage, alterations) in &scope.altered {
        let Some(definition) = scope.old(*lineage) else {
            continue;
        };
        let is_owned =
            matches!(&definition.body, Body::Sequence(sequence) if sequence.owned_by.is_some());
        let lets_go = alterations.iter().any(|one| match one {
            Alteration::SetOwnedBy { to } => to.is_none() || goes_with(scope, *lineage).is_some(),
            _ => false,
        });
        if is_owned && lets_go {
            sequence::set_owner(script, definition, None);
        }
    }
}
