//! A table's columns.

use super::script::{Script, option_list, set_option, target, words};
use super::sequence;
use super::step::{Hazard, RenderOptions};
use crate::schema::change::{Alteration, Part};
use crate::schema::model::{Body, Column, Definition, Name, NotNullTerms, default_not_null};
use crate::schema::quote::{qualified, quote_identifier, quote_literal};
use crate::schema::snapshot::Snapshot;
use std::collections::BTreeMap;

/// The column as `CREATE TABLE` and `ADD COLUMN` write it.
///
/// Where names of `NOT NULL` are kept, the default one is said, too: it may be taken in the schema, by a table
/// made `LIKE` this one, and another one chosen.
pub(super) fn specification(
    options: &RenderOptions,
    table: &Name,
    column: &Column,
    with_default: bool,
) -> String {
    let mut text = format!("{} {}", quote_identifier(&column.name), column.data_type);
    if !column.foreign_options.is_empty() {
        text.push_str(" OPTIONS ");
        text.push_str(&foreign_options(&column.foreign_options));
    }
    if let Some(method) = &column.compression {
        text.push_str(" COMPRESSION ");
        text.push_str(&quote_identifier(method));
    }
    if let Some(collation) = &column.collation {
        text.push_str(" COLLATE ");
        text.push_str(&qualified(collation));
    }
    if let Some(generated) = &column.generated {
        text.push_str(" GENERATED ALWAYS AS ");
        text.push_str(&parenthesised(&generated.expression));
        text.push_str(if generated.stored {
            " STORED"
        } else {
            " VIRTUAL"
        });
    }
    if let Some(identity) = &column.identity {
        text.push(' ');
        text.push_str(&sequence::identity(table, &column.name, identity));
    }
    if let Some(default) = column.default.as_ref().filter(|_| with_default) {
        text.push_str(" DEFAULT ");
        text.push_str(default);
    }
    if column.not_null && !column.not_null_terms.not_valid {
        let name = if options.names_not_null() {
            column.not_null_constraint(table)
        } else {
            column.not_null_name.clone()
        };
        text.push_str(&words(" CONSTRAINT ", name.as_deref()));
        text.push_str(" NOT NULL");
        if column.not_null_terms.no_inherit {
            text.push_str(" NO INHERIT");
        }
    }
    text
}

fn parenthesised(expression: &str) -> String {
    format!("({expression})")
}

/// `(name 'value', …)`.
pub(super) fn foreign_options(options: &BTreeMap<String, String>) -> String {
    let each: Vec<_> = options
        .iter()
        .map(|(name, value)| format!("{} {}", quote_identifier(name), quote_literal(value)))
        .collect();
    format!("({})", each.join(", "))
}

/// `(ADD name 'value', SET …, DROP …)`.
pub(super) fn changed_foreign_options(
    from: &BTreeMap<String, String>,
    to: &BTreeMap<String, String>,
) -> String {
    let gone = from.keys().filter(|name| !to.contains_key(*name));
    let mut each: Vec<_> = gone
        .map(|name| format!("DROP {}", quote_identifier(name)))
        .collect();
    for (name, value) in to {
        let verb = match from.get(name) {
            Some(before) if before == value => continue,
            Some(_) => "SET",
            None => "ADD",
        };
        each.push(format!(
            "{verb} {} {}",
            quote_identifier(name),
            quote_literal(value)
        ));
    }
    format!("({})", each.join(", "))
}

/// What `CREATE TABLE` and `ADD COLUMN` cannot say on every server version.
pub(super) fn properties(script: &mut Script<'_>, definition: &Definition, column: &Column) {
    if column.not_null
        && column.not_null_terms.not_valid
        && let Some(table) = definition.as_table()
        && let Some(name) = column.not_null_constraint(&table.name)
    {
        add_not_null(
            script,
            definition,
            &column.name,
            &name,
            column.not_null_terms,
        );
    }
    if let Some(storage) = &column.storage {
        action(
            script,
            definition,
            &column.name,
            &[],
            &format!("SET STORAGE {storage}"),
        );
    }
    if let Some(statistics) = column.statistics {
        action(
            script,
            definition,
            &column.name,
            &[],
            &format!("SET STATISTICS {statistics}"),
        );
    }
    if !column.options.is_empty() {
        let sql = format!("SET {}", option_list(&column.options));
        action(script, definition, &column.name, &[], &sql);
    }
    if let Some(identity) = &column.identity {
        sequence::identity_properties(script, definition, None, identity);
    }
    if let Some(comment) = &column.comment {
        script.comment(
            definition,
            &Part::Column(column.name.clone()),
            Some(comment),
        );
    }
    if let Some(comment) = &column.not_null_comment
        && let Some(table) = definition.as_table()
        && let Some(name) = column.not_null_constraint(&table.name)
    {
        script.comment(definition, &Part::Constraint(name), Some(comment));
    }
    let part = Part::Column(column.name.clone());
    script.security_labels(definition, &part, &column.security_labels);
}

/// `NOT NULL` as a constraint of the table: with a name, or on other terms than the usual.
fn add_not_null(
    script: &mut Script<'_>,
    definition: &Definition,
    column: &str,
    name: &str,
    terms: NotNullTerms,
) {
    let hazards: &[Hazard] = if terms.not_valid {
        &[]
    } else {
        &[Hazard::AcquiresAccessExclusiveLock, Hazard::Correctness]
    };
    let mut sql = format!(
        "ALTER {} ADD CONSTRAINT {} NOT NULL {}",
        target(definition),
        quote_identifier(name),
        quote_identifier(column)
    );
    if terms.no_inherit {
        sql.push_str(" NO INHERIT");
    }
    if terms.not_valid {
        sql.push_str(" NOT VALID");
    }
    script.push(&definition.key(), hazards, sql);
}

/// `ALTER TABLE … ALTER COLUMN … <action>`.
pub(super) fn action(
    script: &mut Script<'_>,
    definition: &Definition,
    column: &str,
    hazards: &[Hazard],
    action: &str,
) {
    script.push(
        &definition.key(),
        hazards,
        format!(
            "ALTER {} ALTER COLUMN {} {action}",
            target(definition),
            quote_identifier(column)
        ),
    );
}

pub(super) fn add(
    script: &mut Script<'_>,
    definition: &Definition,
    table: &Name,
    column: &Column,
    with_default: bool,
) {
    // The server computes what is generated for every row, and a default that is not constant.
    let hazards: &[Hazard] = if column.identity.is_some()
        || column
            .generated
            .as_ref()
            .is_some_and(|generated| generated.stored)
    {
        &[Hazard::AcquiresAccessExclusiveLock]
    } else if column.not_null && column.default.is_none() && column.generated.is_none() {
        &[Hazard::Correctness]
    } else {
        &[]
    };
    script.push(
        &definition.key(),
        hazards,
        format!(
            "ALTER {} ADD COLUMN {}",
            target(definition),
            specification(script.options, table, column, with_default)
        ),
    );
    properties(script, definition, column);
    script.column_privileges(definition, &column.name, &column.acl);
}

/// A change of type, in one statement with the default's: a default is not converted, but taken away
/// and set again, so that it is what it would be on a column made so.
pub(super) fn retype(
    script: &mut Script<'_>,
    definition: &Definition,
    old: &Column,
    new: &Column,
    using: Option<&str>,
) {
    let column = quote_identifier(&new.name);
    let mut actions = Vec::new();
    if old.default.is_some() {
        actions.push(format!("ALTER COLUMN {column} DROP DEFAULT"));
    }
    let mut retype = format!("ALTER COLUMN {column} TYPE {}", new.data_type);
    if let Some(collation) = &new.collation {
        retype.push_str(" COLLATE ");
        retype.push_str(&qualified(collation));
    }
    if let Some(using) = using {
        retype.push_str(" USING ");
        retype.push_str(using);
    }
    actions.push(retype);
    if let Some(default) = &new.default {
        actions.push(format!("ALTER COLUMN {column} SET DEFAULT {default}"));
    }
    script.push(
        &definition.key(),
        &[Hazard::AcquiresAccessExclusiveLock, Hazard::Correctness],
        format!("ALTER {} {}", target(definition), actions.join(", ")),
    );
}

/// How values become those of another type, where PostgreSQL wants to be told: text is converted to nothing else by itself.
pub(super) fn conversion(old: &Column, new: &Column, to: &Snapshot) -> Option<String> {
    let is_text = |data_type: &str| {
        let name = data_type.split('(').next().unwrap_or(data_type);
        matches!(name, "text" | "character varying" | "character")
    };
    // A domain may be one over text, and shorter.
    let is_domain = || {
        new.data_type.contains('.')
            && !to.definitions().any(|definition| match &definition.body {
                Body::Enum(body) => qualified(&body.name) == new.data_type,
                _ => false,
            })
    };
    let needed = is_text(&old.data_type) && !is_text(&new.data_type) && !is_domain();
    needed.then(|| format!("{}::{}", quote_identifier(&new.name), new.data_type))
}

/// When an alteration of a column has its turn: what makes room first, and what the next stands on
/// before it. Columns are added and retyped in between.
pub(super) fn is_preparation(alteration: &Alteration) -> bool {
    matches!(
        alteration,
        Alteration::DropNotNull { .. } | Alteration::DropDefault { .. }
    )
}

/// The alterations of a column that are one action of `ALTER COLUMN`; false for others.
pub(super) fn alter(
    script: &mut Script<'_>,
    definition: &Definition,
    table: &Name,
    alteration: &Alteration,
) -> bool {
    let (column, hazards, sql): (&str, &[Hazard], String) = match alteration {
        Alteration::SetNotNull {
            column: Some(column),
            name,
            terms,
        } if name.is_some() || !terms.is_default() => {
            let name = name.clone();
            let name = name.unwrap_or_else(|| default_not_null(&table.name, column));
            add_not_null(script, definition, column, &name, *terms);
            return true;
        }
        Alteration::SetNotNull {
            column: Some(column),
            ..
        } => (
            column,
            &[Hazard::AcquiresAccessExclusiveLock, Hazard::Correctness],
            "SET NOT NULL".to_owned(),
        ),
        Alteration::SetNotNullInherited {
            name, inherited, ..
        } => {
            let hazards: &[Hazard] = if *inherited {
                &[Hazard::AcquiresAccessExclusiveLock, Hazard::Correctness]
            } else {
                &[]
            };
            let sql = format!(
                "ALTER {} ALTER CONSTRAINT {} {}",
                target(definition),
                quote_identifier(name),
                if *inherited { "INHERIT" } else { "NO INHERIT" }
            );
            script.push(&definition.key(), hazards, sql);
            return true;
        }
        Alteration::DropNotNull {
            column: Some(column),
            ..
        } => (column, &[], "DROP NOT NULL".to_owned()),
        Alteration::SetDefault {
            column: Some(column),
            expression,
        } => (column, &[], format!("SET DEFAULT {expression}")),
        Alteration::DropDefault {
            column: Some(column),
        } => (column, &[], "DROP DEFAULT".to_owned()),
        Alteration::SetGenerated { column, generated } => {
            let hazards: &[Hazard] = if generated.stored {
                &[Hazard::AcquiresAccessExclusiveLock]
            } else {
                &[]
            };
            let sql = format!("SET EXPRESSION AS {}", parenthesised(&generated.expression));
            action(script, definition, column, hazards, &sql);
            return true;
        }
        Alteration::AddIdentity { column, identity } => {
            let sql = format!("ADD {}", sequence::identity(table, column, identity));
            // It begins at its start, whatever the rows hold.
            action(script, definition, column, &[Hazard::Correctness], &sql);
            sequence::identity_properties(script, definition, None, identity);
            return true;
        }
        Alteration::SetIdentity { column, from, to } => {
            let actions = sequence::identity_actions(from, to);
            if !actions.is_empty() {
                action(script, definition, column, &[], &actions.join(" "));
            }
            sequence::identity_properties(script, definition, Some(from), to);
            return true;
        }
        Alteration::SetForeignOptions {
            column: Some(column),
            from,
            to,
        } => (
            column,
            &[],
            format!("OPTIONS {}", changed_foreign_options(from, to)),
        ),
        _ => return alter_settings(script, definition, alteration),
    };
    action(script, definition, column, hazards, &sql);
    true
}

/// What can be set of the columns of tables and materialized views; false for other alterations.
pub(super) fn alter_settings(
    script: &mut Script<'_>,
    definition: &Definition,
    alteration: &Alteration,
) -> bool {
    let (column, sql) = match alteration {
        Alteration::SetStorage { column, storage } => (
            column,
            format!("SET STORAGE {}", storage.as_deref().unwrap_or("EXTENDED")),
        ),
        Alteration::SetCompression { column, method } => (
            column,
            format!("SET COMPRESSION {}", method.as_deref().unwrap_or("default")),
        ),
        Alteration::SetStatistics { column, target } => {
            (column, format!("SET STATISTICS {}", target.unwrap_or(-1)))
        }
        Alteration::SetColumnOptions { column, from, to } => {
            let gone: Vec<_> = from.keys().filter(|name| !to.contains_key(*name)).collect();
            for name in gone {
                let sql = set_option(name, None);
                action(script, definition, column, &[], &sql);
            }
            if !to.is_empty() {
                let sql = format!("SET {}", option_list(to));
                action(script, definition, column, &[], &sql);
            }
            return true;
        }
        _ => return false,
    };
    action(script, definition, column, &[], &sql);
    true
}
