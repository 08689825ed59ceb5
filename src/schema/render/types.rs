//! Enums, domains and composite types.

use super::column;
use super::scope::{Scope, is_of_type};
use super::script::{Script, relation, target};
use super::step::Hazard;
use crate::schema::change::{Alteration, Part};
use crate::schema::model::{Attribute, Body, Composite, Definition, Domain, Enum, Lineage};
use crate::schema::quote::{qualified, quote_identifier, quote_literal};

pub(super) fn create_enum(script: &mut Script<'_>, definition: &Definition, body: &Enum) {
    let labels: Vec<_> = body
        .labels
        .iter()
        .map(|label| quote_literal(label))
        .collect();
    script.push(
        &definition.key(),
        &[],
        format!(
            "CREATE TYPE {} AS ENUM ({})",
            qualified(&body.name),
            labels.join(", ")
        ),
    );
}

pub(super) fn create_domain(script: &mut Script<'_>, definition: &Definition, body: &Domain) {
    let mut sql = format!("CREATE DOMAIN {} AS {}", qualified(&body.name), body.base);
    if let Some(collation) = &body.collation {
        sql.push_str(" COLLATE ");
        sql.push_str(&qualified(collation));
    }
    if let Some(default) = &body.default {
        sql.push_str(" DEFAULT ");
        sql.push_str(default);
    }
    if body.not_null {
        sql.push_str(" NOT NULL");
    }
    // NOT VALID can only be said of a check that is added.
    for (name, check) in &body.checks {
        if !check.definition.ends_with(" NOT VALID") {
            sql.push_str(" CONSTRAINT ");
            sql.push_str(&quote_identifier(name));
            sql.push(' ');
            sql.push_str(&check.definition);
        }
    }
    script.push(&definition.key(), &[], sql);
    for (name, check) in &body.checks {
        if check.definition.ends_with(" NOT VALID") {
            add_check(script, definition, name, &check.definition, &[]);
        }
        if let Some(comment) = &check.comment {
            script.comment(definition, &Part::Constraint(name.clone()), Some(comment));
        }
    }
}

pub(super) fn create_composite(script: &mut Script<'_>, definition: &Definition, body: &Composite) {
    let attributes: Vec<_> = body.attributes.iter().map(specification).collect();
    script.push(
        &definition.key(),
        &[],
        format!(
            "CREATE TYPE {} AS ({})",
            qualified(&body.name),
            attributes.join(", ")
        ),
    );
    for attribute in &body.attributes {
        attribute_comment(script, definition, attribute);
    }
}

fn specification(attribute: &Attribute) -> String {
    let name = quote_identifier(&attribute.name);
    let mut text = format!("{name} {}", attribute.data_type);
    if let Some(collation) = &attribute.collation {
        text.push_str(" COLLATE ");
        text.push_str(&qualified(collation));
    }
    text
}

fn attribute_comment(script: &mut Script<'_>, definition: &Definition, attribute: &Attribute) {
    if let Some(comment) = &attribute.comment {
        script.comment(
            definition,
            &Part::Column(attribute.name.clone()),
            Some(comment),
        );
    }
}

fn add_check(
    script: &mut Script<'_>,
    definition: &Definition,
    name: &str,
    check: &str,
    hazards: &[Hazard],
) {
    let name = quote_identifier(name);
    script.push(
        &definition.key(),
        hazards,
        format!("ALTER {} ADD CONSTRAINT {name} {check}", target(definition)),
    );
}

/// Alters everything but names.
pub(super) fn alter(script: &mut Script<'_>, definition: &Definition, alteration: &Alteration) {
    let (hazards, action): (&[Hazard], String) = match alteration {
        Alteration::AddLabel { label, before } => (
            &[],
            match before {
                Some(before) => format!(
                    "ADD VALUE {} BEFORE {}",
                    quote_literal(label),
                    quote_literal(before)
                ),
                None => format!("ADD VALUE {}", quote_literal(label)),
            },
        ),
        Alteration::RenameLabel { from, to } => (
            &[],
            format!(
                "RENAME VALUE {} TO {}",
                quote_literal(from),
                quote_literal(to)
            ),
        ),
        Alteration::SetNotNull { column: None } => {
            (&[Hazard::Correctness], "SET NOT NULL".to_owned())
        }
        Alteration::DropNotNull { column: None } => (&[], "DROP NOT NULL".to_owned()),
        Alteration::SetDefault {
            column: None,
            expression,
        } => (&[], format!("SET DEFAULT {expression}")),
        Alteration::DropDefault { column: None } => (&[], "DROP DEFAULT".to_owned()),
        Alteration::AddCheck {
            name,
            definition: check,
        } => {
            return add_check(script, definition, name, check, &[Hazard::Correctness]);
        }
        Alteration::DropCheck { name } => {
            (&[], format!("DROP CONSTRAINT {}", quote_identifier(name)))
        }
        Alteration::ValidateConstraint { name } => (
            &[Hazard::Correctness],
            format!("VALIDATE CONSTRAINT {}", quote_identifier(name)),
        ),
        Alteration::AddAttribute { attribute } => {
            let sql = format!(
                "ALTER {} ADD ATTRIBUTE {}",
                target(definition),
                specification(attribute)
            );
            script.push(&definition.key(), &[], sql);
            attribute_comment(script, definition, attribute);
            return;
        }
        Alteration::DropAttribute { name } => (
            &[Hazard::DeletesData],
            format!("DROP ATTRIBUTE {}", quote_identifier(name)),
        ),
        Alteration::SetAttributeType {
            attribute,
            to,
            collation,
            ..
        } => {
            let collation = collation
                .as_ref()
                .map_or_else(String::new, |collation| format!(" COLLATE {collation}"));
            (
                &[],
                format!(
                    "ALTER ATTRIBUTE {} TYPE {to}{collation}",
                    quote_identifier(attribute)
                ),
            )
        }
        _ => {
            script.shared_alteration(definition, alteration);
            return;
        }
    };
    script.push(
        &definition.key(),
        hazards,
        format!("ALTER {} {action}", target(definition)),
    );
}

/// Moves what is of the old type over to the new one, which has just been made; the old one's own
/// name is out of the way.
pub(super) fn take_over(script: &mut Script<'_>, scope: &Scope<'_>, definition: &Definition) {
    let written = relation(definition);
    let is_enum = matches!(definition.body, Body::Enum(_));
    for (lineage, table_scope) in &scope.tables {
        let (Some(old), Some(new)) = (scope.old_table(*lineage), scope.new_table(*lineage)) else {
            continue;
        };
        let Some(table) = scope.new_definition(*lineage) else {
            continue;
        };
        for column in &new.columns {
            let moves = table_scope.retyped.contains(&column.id)
                && is_of_type(&column.data_type, &written)
                && !changes_type(scope, *lineage, &column.name);
            let before = old.columns.iter().find(|old| old.id == column.id);
            if let Some(before) = before.filter(|_| moves) {
                let name = quote_identifier(&column.name);
                let array = column.data_type.strip_prefix(&written).unwrap_or_default();
                let cast = if is_enum {
                    format!("{name}::text{array}::{}", column.data_type)
                } else {
                    format!("{name}::{}", column.data_type)
                };
                let key = (*lineage, column.id);
                let using = script.options.using.get(&key).cloned().unwrap_or(cast);
                column::retype(script, table, before, column, Some(&using));
            }
        }
    }
    for (lineage, composite) in &scope.to.objects {
        let Body::Composite(body) = &composite.body else {
            continue;
        };
        if scope.created.contains(lineage) {
            continue;
        }
        for attribute in &body.attributes {
            if is_of_type(&attribute.data_type, &written) {
                let name = quote_identifier(&attribute.name);
                script.push(
                    &composite.key(),
                    &[],
                    format!(
                        "ALTER {} ALTER ATTRIBUTE {name} TYPE {}",
                        target(composite),
                        attribute.data_type
                    ),
                );
            }
        }
    }
}

/// Whether a column comes to the type from another, which is its table's own affair.
fn changes_type(scope: &Scope<'_>, table: Lineage, column: &str) -> bool {
    scope.altered.get(&table).is_some_and(|alterations| {
        alterations.iter().any(
            |one| matches!(one, Alteration::SetColumnType { column: retyped, .. } if retyped == column),
        )
    })
}
