//! What differs between two snapshots.
//!
//! Objects are matched by lineage, columns and attributes by their ids, constraints by name. An object
//! of the same name but another lineage is another object: the old one is dropped, the new one created.
//! The order of columns, in tables and in what extended statistics are on, what an object depends on and a
//! view's column types are no differences.

mod carry;
mod inherit;
mod table;
mod types;

#[cfg(test)]
mod tests;

pub use carry::Renames;
pub use inherit::{follow, overrides};
pub use table::column_settings;

use super::acl;
use super::change::{Alteration, Change, ChangeKind, Part};
use super::declared::with_sorted_columns;
use super::model::{
    Acl, Body, Declared, Definition, Index, Kind, MaterializedView, Name, Routine, SecurityLabels,
    Sequence, Trigger, View,
};
use super::quote::{qualified, quote_identifier};
use super::rename::with_own_name;
use super::snapshot::Snapshot;
use inherit::Hierarchies;
use std::collections::{BTreeMap, BTreeSet};

/// The changes that turn `from` into `to`; none if and only if there is nothing to do. Sorted by kind
/// and name.
pub fn diff(from: &Snapshot, to: &Snapshot) -> Vec<Change> {
    let renames = Renames::between(from, to);
    let hierarchies = Hierarchies::new(from, to, &renames);
    let mut changes = Vec::new();
    let mut change = |lineage, key, kind| changes.push(Change { lineage, key, kind });
    for lineage in hierarchies.with_children(from.differing(to)) {
        match (from.get(&lineage), to.get(&lineage)) {
            (Some(old), Some(new)) if becomes(old, new) => {
                let alterations = alterations(old, new, &renames, &hierarchies);
                if !alterations.is_empty() {
                    change(lineage, new.key(), ChangeKind::Alter(alterations));
                }
            }
            (old, new) => {
                if let Some(old) = old {
                    change(lineage, old.key(), ChangeKind::Drop);
                }
                if let Some(new) = new {
                    change(lineage, new.key(), ChangeKind::Create);
                }
            }
        }
    }
    changes.sort_by(|one, other| one.key.cmp(&other.key));
    changes
}

/// Whether an object can be altered into what it is to be: a table is not partitioned afterwards, nor is a
/// foreign table moved to another server.
fn becomes(old: &Definition, new: &Definition) -> bool {
    match (&old.body, &new.body) {
        (Body::Table(old), Body::Table(new)) => {
            old.partition_by.is_some() == new.partition_by.is_some()
                && old.foreign.as_ref().map(|foreign| &foreign.server)
                    == new.foreign.as_ref().map(|foreign| &foreign.server)
        }
        _ => old.kind() == new.kind(),
    }
}

/// What turns one definition of an object into another of the same kind.
fn alterations(
    old: &Definition,
    new: &Definition,
    renames: &Renames,
    hierarchies: &Hierarchies<'_>,
) -> Vec<Alteration> {
    let mut carried = renames.carry(old);
    if let (Body::Table(old), Body::Table(new)) = (&mut carried.body, &new.body) {
        hierarchies.follow(old, new);
    }
    let mut found = Vec::new();
    match (&carried.body, &new.body) {
        (Body::Schema(old), Body::Schema(new)) => {
            rename(&old.name, &new.name, &mut found);
        }
        (Body::Enum(old), Body::Enum(new)) => {
            name(&old.name, &new.name, renames, &mut found);
            types::labels(&old.labels, &new.labels, &mut found);
        }
        (Body::Domain(old), Body::Domain(new)) => {
            name(&old.name, &new.name, renames, &mut found);
            types::domain(old, new, &mut found);
        }
        (Body::Composite(old), Body::Composite(new)) => {
            name(&old.name, &new.name, renames, &mut found);
            types::composite(old, new, &mut found);
        }
        (Body::Sequence(old), Body::Sequence(new)) => sequence(old, new, renames, &mut found),
        (Body::Table(old), Body::Table(new)) => {
            name(&old.name, &new.name, renames, &mut found);
            table::table(old, new, &mut found);
        }
        (Body::Index(old), Body::Index(new)) => index(old, new, &mut found),
        (Body::View(old), Body::View(new)) => view(old, new, renames, &mut found),
        (Body::MaterializedView(old), Body::MaterializedView(new)) => {
            materialized_view(old, new, renames, &mut found);
        }
        (Body::Routine(old), Body::Routine(new)) => routine(old, new, renames, &mut found),
        (Body::Trigger(old), Body::Trigger(new)) => trigger(old, new, &mut found),
        (Body::Declared(old), Body::Declared(new)) => declared(old, new, renames, &mut found),
        // Objects of two kinds are never compared.
        _ => {}
    }
    comment(
        Part::Object,
        carried.comment.as_ref(),
        new.comment.as_ref(),
        &mut found,
    );
    security_labels(
        &Part::Object,
        &carried.security_labels,
        &new.security_labels,
        &mut found,
    );
    if carried.owner != new.owner {
        found.push(Alteration::SetOwner {
            from: carried.owner.clone(),
            to: new.owner.clone(),
        });
    }
    let owned = acl::after_owner_change(&carried.acl, &carried.owner, &new.owner);
    found.extend(acl::difference(&owned, &new.acl, None));
    view_column_grants(&carried, new, &mut found);
    if let (Body::Table(old), Body::Table(new_table)) = (&carried.body, &new.body) {
        for (old, new_column) in table::kept_columns(old, new_table) {
            let owned = acl::after_owner_change(&old.acl, &carried.owner, &new.owner);
            found.extend(acl::difference(
                &owned,
                &new_column.acl,
                Some(&new_column.name),
            ));
        }
    }
    found
}

/// Privileges on the columns of views and materialized views.
fn view_column_grants(old: &Definition, new: &Definition, found: &mut Vec<Alteration>) {
    let none = Acl::new();
    let (before, after) = match (&old.body, &new.body) {
        (Body::View(old), Body::View(new)) => (&old.column_acls, &new.column_acls),
        (Body::MaterializedView(old), Body::MaterializedView(new)) => {
            (&old.column_acls, &new.column_acls)
        }
        _ => return,
    };
    let columns: BTreeSet<&String> = before.keys().chain(after.keys()).collect();
    for column in columns {
        let owned =
            acl::after_owner_change(before.get(column).unwrap_or(&none), &old.owner, &new.owner);
        found.extend(acl::difference(
            &owned,
            after.get(column).unwrap_or(&none),
            Some(column),
        ));
    }
}

fn name(old: &Name, new: &Name, renames: &Renames, found: &mut Vec<Alteration>) {
    let schema = renames.schema(&old.schema);
    if schema != new.schema {
        found.push(Alteration::SetSchema {
            from: schema.to_owned(),
            to: new.schema.clone(),
        });
    }
    rename(&old.name, &new.name, found);
}

fn rename(old: &str, new: &str, found: &mut Vec<Alteration>) {
    if old != new {
        found.push(Alteration::Rename {
            from: old.to_owned(),
            to: new.to_owned(),
        });
    }
}

fn comment(on: Part, old: Option<&String>, new: Option<&String>, found: &mut Vec<Alteration>) {
    if old != new {
        found.push(Alteration::SetComment {
            on,
            text: new.cloned(),
        });
    }
}

fn security_labels(
    on: &Part,
    old: &SecurityLabels,
    new: &SecurityLabels,
    found: &mut Vec<Alteration>,
) {
    for (provider, label) in changed_labels(old, new) {
        found.push(Alteration::SetSecurityLabel {
            on: on.clone(),
            provider: provider.clone(),
            label: label.cloned(),
        });
    }
}

/// The providers whose labels differ, with the labels afterwards.
pub fn changed_labels<'a>(
    old: &'a SecurityLabels,
    new: &'a SecurityLabels,
) -> Vec<(&'a String, Option<&'a String>)> {
    let providers: BTreeSet<&String> = old.keys().chain(new.keys()).collect();
    (providers.into_iter())
        .map(|provider| (provider, new.get(provider)))
        .filter(|(provider, label)| old.get(*provider) != *label)
        .collect()
}

fn options(
    old: &BTreeMap<String, String>,
    new: &BTreeMap<String, String>,
    found: &mut Vec<Alteration>,
) {
    for name in old.keys().filter(|name| !new.contains_key(*name)) {
        found.push(Alteration::SetOption {
            name: name.clone(),
            value: None,
        });
    }
    for (name, value) in new {
        if old.get(name) != Some(value) {
            found.push(Alteration::SetOption {
                name: name.clone(),
                value: Some(value.clone()),
            });
        }
    }
}

fn column_comments(
    old: &BTreeMap<String, String>,
    new: &BTreeMap<String, String>,
    columns: &[String],
    found: &mut Vec<Alteration>,
) {
    for column in columns {
        comment(
            Part::Column(column.clone()),
            old.get(column),
            new.get(column),
            found,
        );
    }
}

fn column_security_labels(
    old: &BTreeMap<String, SecurityLabels>,
    new: &BTreeMap<String, SecurityLabels>,
    columns: &[String],
    found: &mut Vec<Alteration>,
) {
    let none = SecurityLabels::new();
    for column in columns {
        security_labels(
            &Part::Column(column.clone()),
            old.get(column).unwrap_or(&none),
            new.get(column).unwrap_or(&none),
            found,
        );
    }
}

fn sequence(old: &Sequence, new: &Sequence, renames: &Renames, found: &mut Vec<Alteration>) {
    // An owned sequence moves to another schema with its table and never by itself.
    if new.owned_by.is_none() || old.owned_by.is_none() {
        name(&old.name, &new.name, renames, found);
    } else {
        rename(&old.name.name, &new.name.name, found);
    }
    if old.persistence != new.persistence {
        found.push(Alteration::SetPersistence {
            to: new.persistence,
        });
    }
    if old.options != new.options {
        found.push(Alteration::SetSequenceOptions {
            from: old.options.clone(),
            to: new.options.clone(),
        });
    }
    if old.owned_by != new.owned_by {
        found.push(Alteration::SetOwnedBy {
            to: new.owned_by.clone(),
        });
    }
}

/// An index is always in its table's schema, so moving is no change of its own.
fn index(old: &Index, new: &Index, found: &mut Vec<Alteration>) {
    rename(&old.name.name, &new.name.name, found);
    if old.definition != new.definition || old.unique != new.unique || old.table != new.table {
        found.push(Alteration::SetDefinition {
            definition: new.definition.clone(),
        });
    }
    table::index_attributes(&old.attributes, &new.attributes, found);
}

fn view(old: &View, new: &View, renames: &Renames, found: &mut Vec<Alteration>) {
    name(&old.name, &new.name, renames, found);
    if old.query != new.query || old.columns != new.columns {
        found.push(Alteration::SetQuery {
            query: new.query.clone(),
        });
    }
    options(&old.options, &new.options, found);
    for column in &new.columns {
        let column_name = Some(column.clone());
        match (
            old.column_defaults.get(column),
            new.column_defaults.get(column),
        ) {
            (before, Some(after)) if before != Some(after) => {
                found.push(Alteration::SetDefault {
                    column: column_name,
                    expression: after.clone(),
                });
            }
            (Some(_), None) => found.push(Alteration::DropDefault {
                column: column_name,
            }),
            _ => {}
        }
    }
    column_comments(
        &old.column_comments,
        &new.column_comments,
        &new.columns,
        found,
    );
    column_security_labels(
        &old.column_security_labels,
        &new.column_security_labels,
        &new.columns,
        found,
    );
}

fn materialized_view(
    old: &MaterializedView,
    new: &MaterializedView,
    renames: &Renames,
    found: &mut Vec<Alteration>,
) {
    name(&old.name, &new.name, renames, found);
    if old.query != new.query || old.columns != new.columns {
        found.push(Alteration::SetQuery {
            query: new.query.clone(),
        });
    }
    options(&old.options, &new.options, found);
    table::place(old.tablespace.as_ref(), new.tablespace.as_ref(), found);
    if old.access_method != new.access_method {
        found.push(Alteration::SetAccessMethod {
            to: new.access_method.clone(),
        });
    }
    table::cluster(old.cluster_on.as_ref(), new.cluster_on.as_ref(), found);
    table::column_settings(&old.column_settings, &new.column_settings, found);
    column_comments(
        &old.column_comments,
        &new.column_comments,
        &new.columns,
        found,
    );
    column_security_labels(
        &old.column_security_labels,
        &new.column_security_labels,
        &new.columns,
        found,
    );
}

fn routine(old: &Routine, new: &Routine, renames: &Renames, found: &mut Vec<Alteration>) {
    let same_signature = old.signature == new.signature
        && old.identity_arguments == new.identity_arguments
        && old.procedure == new.procedure;
    if !same_signature {
        found.push(Alteration::SetSignature {
            from: old.signature.clone(),
            to: new.signature.clone(),
        });
        return;
    }
    name(&old.name, &new.name, renames, found);
    let carried = with_own_name(&old.definition, Kind::Routine, &qualified(&new.name));
    if carried != with_own_name(&new.definition, Kind::Routine, &qualified(&new.name)) {
        found.push(Alteration::SetDefinition {
            definition: new.definition.clone(),
        });
    }
}

fn trigger(old: &Trigger, new: &Trigger, found: &mut Vec<Alteration>) {
    rename(&old.name, &new.name, found);
    let own_name = quote_identifier(&new.name);
    let carried = with_own_name(&old.definition, Kind::Trigger, &own_name);
    if carried != with_own_name(&new.definition, Kind::Trigger, &own_name) {
        found.push(Alteration::SetDefinition {
            definition: new.definition.clone(),
        });
    }
    if old.enabled != new.enabled {
        found.push(Alteration::SetTriggerState { to: new.enabled });
    }
}

fn declared(old: &Declared, new: &Declared, renames: &Renames, found: &mut Vec<Alteration>) {
    if new.declares.is_on_relation() {
        rename(&old.name.name, &new.name.name, found);
    } else if new.declares.is_named() {
        name(&old.name, &new.name, renames, found);
    }
    let same_place = old.table == new.table && old.qualifier == new.qualifier;
    let statement = |declared: &Declared| {
        let named = with_own_name(&declared.statement, new.declares, &new.own_name());
        match new.declares {
            Kind::Statistics => with_sorted_columns(&named),
            _ => named,
        }
    };
    if !same_place || statement(old) != statement(new) {
        found.push(Alteration::SetDefinition {
            definition: new.statement.clone(),
        });
    }
    options(&old.settings, &new.settings, found);
}

/// Column privileges, sentences for a column that is new.
pub fn column_grants(column: &str, acl: &Acl) -> Vec<Alteration> {
    acl::difference(&Acl::new(), acl, Some(column))
}
