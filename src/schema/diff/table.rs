//! What differs between two definitions of a table.

use super::{comment, options, security_labels};
use crate::schema::change::{Alteration, Part};
use crate::schema::model::{
    Column, ColumnSettings, Constraint, Identity, IndexAttributes, Name, Table,
};
use crate::schema::quote::qualified;
use std::collections::{BTreeMap, BTreeSet};

/// Columns that both tables have, in the new one's order.
pub(super) fn kept_columns<'a>(old: &'a Table, new: &'a Table) -> Vec<(&'a Column, &'a Column)> {
    let before: BTreeMap<_, _> = old
        .columns
        .iter()
        .map(|column| (column.id, column))
        .collect();
    new.columns
        .iter()
        .filter_map(|column| Some((*before.get(&column.id)?, column)))
        .collect()
}

pub(super) fn table(old: &Table, new: &Table, found: &mut Vec<Alteration>) {
    let kept = kept_columns(old, new);
    for column in &old.columns {
        if !kept.iter().any(|(before, _)| before.id == column.id) {
            found.push(Alteration::DropColumn {
                name: column.name.clone(),
            });
        }
    }
    for (before, after) in &kept {
        if before.name != after.name {
            found.push(Alteration::RenameColumn {
                from: before.name.clone(),
                to: after.name.clone(),
            });
        }
    }
    for column in &new.columns {
        match kept.iter().find(|(_, after)| after.id == column.id) {
            Some((before, after)) => {
                column_attributes(before, after, found);
                not_null_constraint((old, before), (new, after), found);
            }
            None => found.push(Alteration::AddColumn {
                column: Box::new(column.clone()),
            }),
        }
    }
    constraints(&old.constraints, &new.constraints, found);
    if old.persistence != new.persistence {
        found.push(Alteration::SetPersistence {
            to: new.persistence,
        });
    }
    options(&old.options, &new.options, found);
    if old.row_security != new.row_security {
        found.push(Alteration::SetRowSecurity {
            enabled: new.row_security,
        });
    }
    if old.force_row_security != new.force_row_security {
        found.push(Alteration::ForceRowSecurity {
            forced: new.force_row_security,
        });
    }
    if old.replica_identity != new.replica_identity {
        found.push(Alteration::SetReplicaIdentity {
            to: new.replica_identity.clone(),
        });
    }
    ties(old, new, found);
    if old.access_method != new.access_method {
        found.push(Alteration::SetAccessMethod {
            to: new.access_method.clone(),
        });
    }
    place(old.tablespace.as_ref(), new.tablespace.as_ref(), found);
    cluster(old.cluster_on.as_ref(), new.cluster_on.as_ref(), found);
    if let (Some(old), Some(new)) = (&old.foreign, &new.foreign) {
        foreign_options(None, &old.options, &new.options, found);
    }
    let triggers: BTreeSet<&String> = (old.cloned_triggers.keys())
        .chain(new.cloned_triggers.keys())
        .collect();
    for trigger in triggers {
        let to = new.cloned_triggers.get(trigger).copied();
        if old.cloned_triggers.get(trigger).copied() != to {
            found.push(Alteration::SetClonedTrigger {
                trigger: trigger.clone(),
                to,
            });
        }
    }
}

/// What the table is a part, a child or a table of. A partition with another bound leaves and comes back.
fn ties(old: &Table, new: &Table, found: &mut Vec<Alteration>) {
    let stays = |parent: &Name| {
        old.inherits.contains(parent) && new.inherits.contains(parent) && old.bound == new.bound
    };
    for parent in old.inherits.iter().filter(|parent| !stays(parent)) {
        found.push(Alteration::Detach {
            parent: parent.clone(),
            partition: old.bound.is_some(),
        });
    }
    for parent in new.inherits.iter().filter(|parent| !stays(parent)) {
        found.push(Alteration::Attach {
            parent: parent.clone(),
            bound: new.bound.clone(),
        });
    }
    if old.of_type != new.of_type {
        found.push(Alteration::SetOfType {
            to: new.of_type.clone(),
        });
    }
}

pub(super) fn place(old: Option<&String>, new: Option<&String>, found: &mut Vec<Alteration>) {
    if old != new {
        found.push(Alteration::SetTablespace { to: new.cloned() });
    }
}

pub(super) fn cluster(old: Option<&String>, new: Option<&String>, found: &mut Vec<Alteration>) {
    if old != new {
        found.push(Alteration::SetCluster {
            index: new.cloned(),
        });
    }
}

fn foreign_options(
    column: Option<&String>,
    old: &BTreeMap<String, String>,
    new: &BTreeMap<String, String>,
    found: &mut Vec<Alteration>,
) {
    if old != new {
        found.push(Alteration::SetForeignOptions {
            column: column.cloned(),
            from: old.clone(),
            to: new.clone(),
        });
    }
}

/// What can be altered of an index.
pub(super) fn index_attributes(
    old: &IndexAttributes,
    new: &IndexAttributes,
    found: &mut Vec<Alteration>,
) {
    options(&old.options, &new.options, found);
    place(old.tablespace.as_ref(), new.tablespace.as_ref(), found);
    statistics(&old.statistics, &new.statistics, found);
    if old.parent != new.parent {
        found.push(Alteration::SetIndexParent {
            to: new.parent.clone(),
        });
    }
    comment(
        Part::Object,
        old.comment.as_ref(),
        new.comment.as_ref(),
        found,
    );
}

fn column_options(
    column: &str,
    old: &BTreeMap<String, String>,
    new: &BTreeMap<String, String>,
    found: &mut Vec<Alteration>,
) {
    if old != new {
        found.push(Alteration::SetColumnOptions {
            column: column.to_owned(),
            from: old.clone(),
            to: new.clone(),
        });
    }
}

/// What is set of a materialized view's columns.
pub fn column_settings(
    old: &BTreeMap<String, ColumnSettings>,
    new: &BTreeMap<String, ColumnSettings>,
    found: &mut Vec<Alteration>,
) {
    let none = ColumnSettings::default();
    let columns: BTreeSet<&String> = old.keys().chain(new.keys()).collect();
    for column in columns {
        let old = old.get(column).unwrap_or(&none);
        let new = new.get(column).unwrap_or(&none);
        let column = column.clone();
        if old.storage != new.storage {
            found.push(Alteration::SetStorage {
                column: column.clone(),
                storage: new.storage.clone(),
            });
        }
        if old.compression != new.compression {
            found.push(Alteration::SetCompression {
                column: column.clone(),
                method: new.compression.clone(),
            });
        }
        column_options(&column, &old.options, &new.options, found);
        if old.statistics != new.statistics {
            found.push(Alteration::SetStatistics {
                column,
                target: new.statistics,
            });
        }
    }
}

/// Statistics targets of columns that have no definition of their own.
fn statistics(
    old: &BTreeMap<String, i32>,
    new: &BTreeMap<String, i32>,
    found: &mut Vec<Alteration>,
) {
    let columns: BTreeSet<&String> = old.keys().chain(new.keys()).collect();
    for column in columns {
        let target = new.get(column).copied();
        if old.get(column).copied() != target {
            found.push(Alteration::SetStatistics {
                column: column.clone(),
                target,
            });
        }
    }
}

/// The constraint behind `NOT NULL`, which stays what it is called when its table or column is renamed. Only a
/// name that is said is compared: before PostgreSQL 18 there are none. A child's is its parents' matter.
fn not_null_constraint(
    (old_table, old): (&Table, &Column),
    (new_table, new): (&Table, &Column),
    found: &mut Vec<Alteration>,
) {
    let Some(name) = new.not_null_constraint(&new_table.name) else {
        return;
    };
    let (was, is) = (old.not_null_terms, new.not_null_terms);
    let anew = !old.not_null || is.not_valid && !was.not_valid;
    if !anew && was.no_inherit != is.no_inherit {
        found.push(Alteration::SetNotNullInherited {
            column: new.name.clone(),
            name: name.clone(),
            inherited: !is.no_inherit,
        });
    }
    if !anew && was.not_valid && !is.not_valid {
        found.push(Alteration::ValidateConstraint { name: name.clone() });
    }
    if !anew
        && let Some(before) = old.not_null_constraint(&old_table.name)
        && before != name
        && (old.not_null_name.is_some() || new.not_null_name.is_some())
        && old_table.inherits.is_empty()
        && new_table.inherits.is_empty()
    {
        found.push(Alteration::RenameConstraint {
            from: before,
            to: name.clone(),
        });
    }
    comment(
        Part::Constraint(name),
        (old.not_null_comment.as_ref()).filter(|_| !anew),
        new.not_null_comment.as_ref(),
        found,
    );
}

pub(super) fn column_attributes(old: &Column, new: &Column, found: &mut Vec<Alteration>) {
    let column = new.name.clone();
    if old.data_type != new.data_type || old.collation != new.collation {
        found.push(Alteration::SetColumnType {
            column: column.clone(),
            from: old.data_type.clone(),
            to: new.data_type.clone(),
            collation: new.collation.as_ref().map(qualified),
        });
    }
    match (&old.generated, &new.generated) {
        (before, Some(generated)) if before.as_ref() != Some(generated) => {
            found.push(Alteration::SetGenerated {
                column: column.clone(),
                generated: generated.clone(),
            });
        }
        (Some(before), None) => found.push(Alteration::DropGenerated {
            column: column.clone(),
            stored: before.stored,
        }),
        _ => {}
    }
    if old.not_null != new.not_null {
        let column = Some(column.clone());
        found.push(if new.not_null {
            Alteration::SetNotNull {
                column,
                name: new.not_null_name.clone(),
                terms: new.not_null_terms,
            }
        } else {
            Alteration::DropNotNull {
                column,
                terms: old.not_null_terms,
            }
        });
    } else if new.not_null_terms.not_valid && !old.not_null_terms.not_valid {
        // There is no way back but to make it anew.
        found.push(Alteration::DropNotNull {
            column: Some(column.clone()),
            terms: old.not_null_terms,
        });
        found.push(Alteration::SetNotNull {
            column: Some(column.clone()),
            name: new.not_null_name.clone(),
            terms: new.not_null_terms,
        });
    }
    match (&old.default, &new.default) {
        (before, Some(expression)) if before.as_ref() != Some(expression) => {
            found.push(Alteration::SetDefault {
                column: Some(column.clone()),
                expression: expression.clone(),
            });
        }
        (Some(_), None) => found.push(Alteration::DropDefault {
            column: Some(column.clone()),
        }),
        _ => {}
    }
    identity(&column, old.identity.as_ref(), new.identity.as_ref(), found);
    if old.storage != new.storage {
        found.push(Alteration::SetStorage {
            column: column.clone(),
            storage: new.storage.clone(),
        });
    }
    if old.compression != new.compression {
        found.push(Alteration::SetCompression {
            column: column.clone(),
            method: new.compression.clone(),
        });
    }
    if old.statistics != new.statistics {
        found.push(Alteration::SetStatistics {
            column: column.clone(),
            target: new.statistics,
        });
    }
    column_options(&column, &old.options, &new.options, found);
    foreign_options(
        Some(&column),
        &old.foreign_options,
        &new.foreign_options,
        found,
    );
    let part = Part::Column(column);
    security_labels(&part, &old.security_labels, &new.security_labels, found);
    comment(part, old.comment.as_ref(), new.comment.as_ref(), found);
}

fn identity(
    column: &str,
    old: Option<&Identity>,
    new: Option<&Identity>,
    found: &mut Vec<Alteration>,
) {
    let column = column.to_owned();
    match (old, new) {
        (Some(old), Some(new)) if old != new => found.push(Alteration::SetIdentity {
            column,
            from: old.clone(),
            to: new.clone(),
        }),
        (None, Some(new)) => found.push(Alteration::AddIdentity {
            column,
            identity: new.clone(),
        }),
        (Some(_), None) => found.push(Alteration::DropIdentity { column }),
        _ => {}
    }
}

fn constraints(
    old: &BTreeMap<String, Constraint>,
    new: &BTreeMap<String, Constraint>,
    found: &mut Vec<Alteration>,
) {
    let mut added: Vec<&String> = new.keys().filter(|name| !old.contains_key(*name)).collect();
    for (name, before) in old {
        if let Some(after) = new.get(name) {
            constraint(name, before, after, found);
            continue;
        }
        let renamed = added.iter().position(|added| {
            new.get(*added)
                .is_some_and(|after| after.definition == before.definition)
        });
        if let Some(at) = renamed {
            let to = added.remove(at);
            found.push(Alteration::RenameConstraint {
                from: name.clone(),
                to: to.clone(),
            });
            if let Some(after) = new.get(to) {
                constraint(to, before, after, found);
            }
        } else {
            found.push(Alteration::DropConstraint {
                name: name.clone(),
                constraint: before.clone(),
            });
        }
    }
    for name in added {
        if let Some(constraint) = new.get(name) {
            add_constraint(name, constraint, found);
        }
    }
}

fn add_constraint(name: &str, constraint: &Constraint, found: &mut Vec<Alteration>) {
    found.push(Alteration::AddConstraint {
        name: name.to_owned(),
        constraint: constraint.clone(),
    });
}

fn constraint(name: &str, old: &Constraint, new: &Constraint, found: &mut Vec<Alteration>) {
    if old.definition != new.definition {
        if old.definition.strip_suffix(" NOT VALID") == Some(new.definition.as_str()) {
            found.push(Alteration::ValidateConstraint {
                name: name.to_owned(),
            });
        } else {
            found.push(Alteration::DropConstraint {
                name: name.to_owned(),
                constraint: old.clone(),
            });
            add_constraint(name, new, found);
            return;
        }
    }
    comment(
        Part::Constraint(name.to_owned()),
        old.comment.as_ref(),
        new.comment.as_ref(),
        found,
    );
    let mut of_index = Vec::new();
    index_attributes(&old.index, &new.index, &mut of_index);
    found.extend(of_index.into_iter().map(|alteration| Alteration::IndexOf {
        constraint: name.to_owned(),
        alteration: Box::new(alteration),
    }));
}
