//! What ties tables to each other: partitions to their parents, children to theirs, typed tables to their
//! type, indexes of partitions to those of the parent.
//!
//! What leaves is untied before anything else happens, what joins is tied when everything else is as it
//! shall be. In between each is a table by itself; what is tied before and after follows its parents.

use super::scope::Scope;
use super::script::{Script, target};
use super::step::Hazard;
use crate::schema::change::Alteration;
use crate::schema::model::{Body, Definition, Kind, Lineage, Name, ObjectKey, Table, TriggerState};
use crate::schema::quote::{qualified, quote_identifier};
use std::collections::BTreeSet;

/// Takes apart what does not stay together, under the old names.
pub(super) fn untie(script: &mut Script<'_>, scope: &Scope<'_>) {
    for (lineage, alterations) in &scope.altered {
        let (Some(definition), Some(old)) = (scope.old(*lineage), scope.old_table(*lineage)) else {
            continue;
        };
        for alteration in *alterations {
            let Alteration::Detach { parent, partition } = alteration else {
                continue;
            };
            let Some(parent) =
                (old.inherits.iter()).find(|name| scope.renames.name(name) == *parent)
            else {
                continue;
            };
            let sql = if *partition {
                format!(
                    "ALTER TABLE {} DETACH PARTITION {}",
                    qualified(parent),
                    qualified(&old.name)
                )
            } else {
                format!(
                    "ALTER {} NO INHERIT {}",
                    target(definition),
                    qualified(parent)
                )
            };
            script.push(
                &definition.key(),
                &[Hazard::AcquiresAccessExclusiveLock],
                sql,
            );
        }
    }
    for lineage in loosened(scope) {
        if let (Some(definition), Some(old)) = (scope.old(lineage), scope.old_table(lineage))
            && old.of_type.is_some()
        {
            let sql = format!("ALTER {} NOT OF", target(definition));
            script.push(&definition.key(), &[], sql);
        }
    }
}

/// Typed tables that are there before, whose type is another or changes.
fn loosened(scope: &Scope<'_>) -> BTreeSet<Lineage> {
    let changes = |name: &Name| {
        scope
            .old_lineage(&ObjectKey::of(Kind::Composite, name))
            .is_none_or(|lineage| scope.is_gone(lineage) || scope.altered.contains_key(&lineage))
    };
    let mut loosened = BTreeSet::new();
    for lineage in scope.tables.keys() {
        let (Some(old), Some(new)) = (scope.old_table(*lineage), scope.new_table(*lineage)) else {
            continue;
        };
        let other = (scope
            .altered
            .get(lineage)
            .copied()
            .unwrap_or_default()
            .iter())
        .any(|one| matches!(one, Alteration::SetOfType { .. }));
        if other || new.of_type.is_some() && old.of_type.as_ref().is_some_and(changes) {
            loosened.insert(*lineage);
        }
    }
    loosened
}

/// Puts together what belongs together, under the new names.
pub(super) fn tie(script: &mut Script<'_>, scope: &Scope<'_>) {
    let loosened = loosened(scope);
    let mut joining: Vec<(Lineage, &Definition, &Table)> = Vec::new();
    for lineage in scope.created.iter().chain(scope.altered.keys()) {
        let (Some(definition), Some(new)) =
            (scope.new_definition(*lineage), scope.new_table(*lineage))
        else {
            continue;
        };
        let is_new = scope.created.contains(lineage);
        if new.of_type.is_some() && (is_new || loosened.contains(lineage)) {
            of_type(script, definition, new);
        }
        let attached = is_new && is_made_alone(new) && !is_attached_at_once(scope, new);
        if attached || !is_new && !joined(scope, *lineage).is_empty() {
            joining.push((*lineage, definition, new));
        }
    }
    for lineage in &loosened {
        if let (Some(definition), Some(new)) =
            (scope.new_definition(*lineage), scope.new_table(*lineage))
            && !scope.altered.contains_key(lineage)
        {
            of_type(script, definition, new);
        }
    }
    // What is left for the default partition is known when the others are there.
    joining.sort_by_key(|(_, _, table)| (table.bound.as_deref() == Some("DEFAULT"), &table.name));
    for (lineage, definition, table) in joining {
        attach(script, scope, lineage, definition, table);
    }
    for lineage in touched(scope) {
        if let Some(definition) = scope.new_definition(lineage) {
            cloned_triggers(script, scope, lineage, definition);
            index_parents(script, scope, lineage, definition);
        }
    }
}

/// What is made or changed, and what follows the triggers among that.
fn touched(scope: &Scope<'_>) -> BTreeSet<Lineage> {
    let mut touched: BTreeSet<Lineage> = (scope.created.iter())
        .chain(&scope.rebuilt)
        .chain(scope.altered.keys())
        .chain(scope.tables.keys())
        .copied()
        .collect();
    let mut parents: Vec<ObjectKey> = (touched.iter())
        .filter_map(|lineage| match &scope.new_definition(*lineage)?.body {
            Body::Trigger(trigger) => Some(ObjectKey::of(Kind::Table, &trigger.table)),
            _ => None,
        })
        .collect();
    while let Some(parent) = parents.pop() {
        for lineage in scope.to.dependents(&parent) {
            if let Some(table) = scope.new_table(lineage)
                && table.bound.is_some()
                && touched.insert(lineage)
            {
                parents.push(ObjectKey::of(Kind::Table, &table.name));
            }
        }
    }
    touched
}

/// The parents that a table joins, of those it has.
fn joined<'a>(scope: &'a Scope<'_>, lineage: Lineage) -> Vec<&'a Name> {
    (scope
        .altered
        .get(&lineage)
        .copied()
        .unwrap_or_default()
        .iter())
    .filter_map(|alteration| match alteration {
        Alteration::Attach { parent, .. } => Some(parent),
        _ => None,
    })
    .collect()
}

/// Whether a table with parents is made as one by itself: a partition, and a child with nothing that it has
/// from its parents alone.
pub(super) fn is_made_alone(table: &Table) -> bool {
    table.bound.is_some()
        || !table.inherits.is_empty()
            && !table.columns.iter().any(|column| column.inherited)
            && !table.constraints.values().any(|check| check.inherited)
}

/// Whether a new partition is attached before either has an index, as to a parent that is new, too: then
/// each index is attached by name, and none is guessed at or made by the server.
pub(super) fn is_attached_at_once(scope: &Scope<'_>, table: &Table) -> bool {
    table.bound.is_some()
        && table.inherits.iter().all(|parent| {
            (scope.new_lineage(&ObjectKey::of(Kind::Table, parent)))
                .is_some_and(|parent| scope.created.contains(&parent))
        })
}

pub(super) fn attach(
    script: &mut Script<'_>,
    scope: &Scope<'_>,
    lineage: Lineage,
    definition: &Definition,
    table: &Table,
) {
    // The rows are looked at, unless there are none.
    let hazards = [Hazard::AcquiresAccessExclusiveLock, Hazard::Correctness];
    let hazards = if scope.is_kept_table(&table.name) {
        &hazards[..]
    } else {
        &[]
    };
    if let (Some(bound), Some(parent)) = (&table.bound, table.inherits.first()) {
        let sql = format!(
            "ALTER TABLE {} ATTACH PARTITION {} {bound}",
            qualified(parent),
            qualified(&table.name)
        );
        return script.push(&definition.key(), hazards, sql);
    }
    let parents = if scope.created.contains(&lineage) {
        table.inherits.iter().collect()
    } else {
        joined(scope, lineage)
    };
    for parent in parents {
        let sql = format!("ALTER {} INHERIT {}", target(definition), qualified(parent));
        script.push(&definition.key(), hazards, sql);
    }
}

fn of_type(script: &mut Script<'_>, definition: &Definition, table: &Table) {
    if let Some(of_type) = &table.of_type {
        let sql = format!("ALTER {} OF {}", target(definition), qualified(of_type));
        script.push(&definition.key(), &[], sql);
    }
}

/// A partition's triggers have the state of its parent's where nothing else is said; whenever the parent's
/// are made or changed, they have it again.
fn cloned_triggers(
    script: &mut Script<'_>,
    scope: &Scope<'_>,
    lineage: Lineage,
    definition: &Definition,
) {
    let Body::Table(table) = &definition.body else {
        return;
    };
    let alterations = scope.altered.get(&lineage).copied().unwrap_or_default();
    let made = scope.created.contains(&lineage) || !joined(scope, lineage).is_empty();
    let mut states: Vec<(&String, TriggerState)> = alterations
        .iter()
        .filter_map(|alteration| match alteration {
            Alteration::SetClonedTrigger { trigger, to: None } => {
                Some((trigger, parents_state(scope, table, trigger)?))
            }
            _ => None,
        })
        .collect();
    for (trigger, state) in &table.cloned_triggers {
        let altered = alterations.iter().any(
            |one| matches!(one, Alteration::SetClonedTrigger { trigger: name, .. } if name == trigger),
        );
        if made || altered || parents_changes(scope, table, trigger) {
            states.push((trigger, *state));
        }
    }
    for (trigger, state) in states {
        let sql = format!(
            "ALTER {} {} TRIGGER {}",
            target(definition),
            super::routine::trigger_state(state),
            quote_identifier(trigger)
        );
        script.push(&definition.key(), &[], sql);
    }
}

/// The trigger of that name that a table has from one of its ancestors.
fn ancestors_trigger(scope: &Scope<'_>, table: &Table, trigger: &str) -> Option<Lineage> {
    let mut parent = table.inherits.first().cloned();
    while let Some(name) = parent {
        let own = ObjectKey {
            qualifier: name.name.clone(),
            ..ObjectKey::of(Kind::Trigger, &Name::new(name.schema.as_str(), trigger))
        };
        if let Some(found) = scope.new_lineage(&own) {
            return Some(found);
        }
        let lineage = scope.new_lineage(&ObjectKey::of(Kind::Table, &name))?;
        parent = scope.new_table(lineage)?.inherits.first().cloned();
    }
    None
}

fn parents_state(scope: &Scope<'_>, table: &Table, trigger: &str) -> Option<TriggerState> {
    let lineage = ancestors_trigger(scope, table, trigger)?;
    match &scope.new_definition(lineage)?.body {
        Body::Trigger(trigger) => Some(trigger.enabled),
        _ => None,
    }
}

fn parents_changes(scope: &Scope<'_>, table: &Table, trigger: &str) -> bool {
    ancestors_trigger(scope, table, trigger).is_some_and(|lineage| {
        scope.created.contains(&lineage)
            || scope.rebuilt.contains(&lineage)
            || scope.altered.contains_key(&lineage)
    })
}

/// The indexes of a partition that is attached find their parents themselves; one that is made on a
/// partition that was there before is attached by name.
fn index_parents(
    script: &mut Script<'_>,
    scope: &Scope<'_>,
    lineage: Lineage,
    definition: &Definition,
) {
    let mut attach = |schema: &str, name: &str, parent: &Name| {
        let sql = format!(
            "ALTER INDEX {} ATTACH PARTITION {}",
            qualified(parent),
            qualified(&Name::new(schema, name))
        );
        script.push(&definition.key(), &[], sql);
    };
    let alterations = scope.altered.get(&lineage).copied().unwrap_or_default();
    let at_once = |table: &Name| {
        let lineage = scope.new_lineage(&ObjectKey::of(Kind::Table, table));
        (lineage.and_then(|lineage| scope.new_table(lineage)))
            .is_some_and(|table| is_attached_at_once(scope, table))
    };
    match &definition.body {
        Body::Index(index) => {
            let made = scope.created.contains(&lineage) || scope.rebuilt.contains(&lineage);
            let altered = (alterations.iter())
                .any(|one| matches!(one, Alteration::SetIndexParent { to: Some(_) }));
            if let Some(parent) = &index.attributes.parent
                && (scope.is_kept_table(&index.table) || at_once(&index.table))
                && (made || altered)
            {
                attach(&index.name.schema, &index.name.name, parent);
            }
        }
        Body::Table(table) if !scope.created.contains(&lineage) => {
            for (name, constraint) in &table.constraints {
                let Some(parent) = &constraint.index.parent else {
                    continue;
                };
                let altered = alterations.iter().any(|one| match one {
                    Alteration::AddConstraint { name: added, .. } => added == name,
                    Alteration::IndexOf {
                        constraint,
                        alteration,
                    } => {
                        constraint == name
                            && matches!(**alteration, Alteration::SetIndexParent { .. })
                    }
                    _ => false,
                });
                let anew = scope
                    .tables
                    .get(&lineage)
                    .is_some_and(|table| table.added_constraints.contains(name));
                if altered || anew {
                    attach(&table.name.schema, name, parent);
                }
            }
        }
        _ => {}
    }
}
