//! Views and materialized views.

use super::column;
use super::script::{Script, set_option, target, with_options, words};
use super::step::Hazard;
use crate::schema::change::{Alteration, Part};
use crate::schema::diff::column_settings;
use crate::schema::model::{Acl, Definition, MaterializedView, View};
use crate::schema::quote::{qualified, quote_identifier};
use std::collections::BTreeMap;

pub(super) fn create(script: &mut Script<'_>, definition: &Definition, view: &View) {
    define(script, definition, view, "CREATE VIEW");
    columns(script, definition, view);
}

/// A stub gets its query, and what its columns have.
pub(super) fn complete(script: &mut Script<'_>, definition: &Definition, view: &View) {
    replace(script, definition, view);
    columns(script, definition, view);
}

/// Defaults, comments and security labels of columns.
fn columns(script: &mut Script<'_>, definition: &Definition, view: &View) {
    for column in &view.columns {
        if let Some(default) = view.column_defaults.get(column) {
            set_default(script, definition, column, Some(default));
        }
        if let Some(comment) = view.column_comments.get(column) {
            script.comment(definition, &Part::Column(column.clone()), Some(comment));
        }
        if let Some(labels) = view.column_security_labels.get(column) {
            script.security_labels(definition, &Part::Column(column.clone()), labels);
        }
    }
}

/// A view with the right columns and no rows, for what needs the view before its own query can be
/// written; [`complete`] gives it its query. Possible only where the columns' types are known.
pub(super) fn create_stub(script: &mut Script<'_>, definition: &Definition, view: &View) -> bool {
    stub(script, definition, view, "CREATE VIEW")
}

/// Makes such a stub of a view, which lets go of what its query speaks of.
pub(super) fn replace_by_stub(script: &mut Script<'_>, definition: &Definition, view: &View) {
    stub(script, definition, view, "CREATE OR REPLACE VIEW");
}

fn stub(script: &mut Script<'_>, definition: &Definition, view: &View, verb: &str) -> bool {
    if view.columns.is_empty() || view.columns.len() != view.column_types.len() {
        return false;
    }
    let columns: Vec<_> = view
        .columns
        .iter()
        .zip(&view.column_types)
        .map(|(column, data_type)| format!("NULL::{data_type} AS {}", quote_identifier(column)))
        .collect();
    script.push(
        &definition.key(),
        &[],
        format!(
            "{verb} {} AS\n SELECT {}",
            qualified(&view.name),
            columns.join(",\n    ")
        ),
    );
    true
}

pub(super) fn replace(script: &mut Script<'_>, definition: &Definition, view: &View) {
    define(script, definition, view, "CREATE OR REPLACE VIEW");
}

/// `OR REPLACE` replaces the options, too, so they are always all there.
fn define(script: &mut Script<'_>, definition: &Definition, view: &View, verb: &str) {
    script.push(
        &definition.key(),
        &[],
        format!(
            "{verb} {}{} AS\n{}",
            qualified(&view.name),
            with_options(&view.options),
            view.query
        ),
    );
}

pub(super) fn alter(script: &mut Script<'_>, definition: &Definition, alterations: &[Alteration]) {
    let view = match &definition.body {
        crate::schema::model::Body::View(view) => Some(view),
        _ => None,
    };
    let replaced = alterations
        .iter()
        .any(|alteration| matches!(alteration, Alteration::SetQuery { .. }));
    if let Some(view) = view.filter(|_| replaced) {
        replace(script, definition, view);
    }
    for alteration in alterations {
        match alteration {
            Alteration::SetOption { name, value } if !replaced => {
                let hazards: &[Hazard] = match name.as_str() {
                    "security_invoker" | "security_barrier" => &[Hazard::AuthzUpdate],
                    _ => &[],
                };
                script.push(
                    &definition.key(),
                    hazards,
                    format!(
                        "ALTER {} {}",
                        target(definition),
                        set_option(name, value.as_ref())
                    ),
                );
            }
            Alteration::SetDefault {
                column: Some(column),
                expression,
            } => set_default(script, definition, column, Some(expression)),
            Alteration::DropDefault {
                column: Some(column),
            } => set_default(script, definition, column, None),
            _ if column::alter_settings(script, definition, alteration) => {}
            Alteration::SetTablespace { to } => {
                let name = quote_identifier(to.as_deref().unwrap_or("pg_default"));
                whole(script, definition, &format!("SET TABLESPACE {name}"));
            }
            Alteration::SetAccessMethod { to } => {
                let name = quote_identifier(to.as_deref().unwrap_or("heap"));
                whole(script, definition, &format!("SET ACCESS METHOD {name}"));
            }
            // When the index is there.
            Alteration::SetCluster { .. } => {}
            _ => {
                script.shared_alteration(definition, alteration);
            }
        }
    }
}

fn whole(script: &mut Script<'_>, definition: &Definition, action: &str) {
    let sql = format!("ALTER {} {action}", target(definition));
    script.push(&definition.key(), &[], sql);
}

/// The privileges on single columns of a view just made.
pub(super) fn column_privileges(
    script: &mut Script<'_>,
    definition: &Definition,
    acls: &BTreeMap<String, Acl>,
) {
    for (column, acl) in acls {
        script.column_privileges(definition, column, acl);
    }
}

fn set_default(
    script: &mut Script<'_>,
    definition: &Definition,
    column: &str,
    default: Option<&String>,
) {
    let action = default.map_or_else(
        || "DROP DEFAULT".to_owned(),
        |default| format!("SET DEFAULT {default}"),
    );
    script.push(
        &definition.key(),
        &[],
        format!(
            "ALTER {} ALTER COLUMN {} {action}",
            target(definition),
            quote_identifier(column)
        ),
    );
}

/// Without rows: [`refresh`] fills it, which runs its query as its owner whoever makes it.
pub(super) fn create_materialized(
    script: &mut Script<'_>,
    definition: &Definition,
    view: &MaterializedView,
) {
    script.push(
        &definition.key(),
        &[],
        format!(
            "CREATE MATERIALIZED VIEW {}{}{}{} AS\n{}\n WITH NO DATA",
            qualified(&view.name),
            words(" USING ", view.access_method.as_deref()),
            with_options(&view.options),
            words(" TABLESPACE ", view.tablespace.as_deref()),
            view.query,
        ),
    );
    let mut settings = Vec::new();
    column_settings(&BTreeMap::new(), &view.column_settings, &mut settings);
    for setting in &settings {
        column::alter_settings(script, definition, setting);
    }
    for column in &view.columns {
        if let Some(comment) = view.column_comments.get(column) {
            script.comment(definition, &Part::Column(column.clone()), Some(comment));
        }
        if let Some(labels) = view.column_security_labels.get(column) {
            script.security_labels(definition, &Part::Column(column.clone()), labels);
        }
    }
}

pub(super) fn refresh(script: &mut Script<'_>, definition: &Definition) {
    script.push(
        &definition.key(),
        &[],
        format!("REFRESH {}", target(definition)),
    );
}
