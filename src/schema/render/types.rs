//! Enums and composite types, and how tables move from an old type to a new one.

use super::column;
use super::scope::{Scope, is_of_type};
use super::script::{Script, relation, target};
use super::step::Hazard;
use crate::schema::change::{Alteration, Part};
use crate::schema::model::{Attribute, Body, Composite, Definition, Enum, Lineage};
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
pub(super) fn take_over(
    script: &mut Script<'_>,
    scope: &Scope<'_>,
    before: &Definition,
    definition: &Definition,
) {
    let multirange = match &definition.body {
        Body::Declared(range) => range.multirange(),
        _ => None,
    };
    let types = [
        Some(relation(definition)),
        multirange.as_ref().map(qualified),
    ];
    for written in types.into_iter().flatten() {
        take_over_type(script, scope, before, definition, &written);
    }
}

fn take_over_type(
    script: &mut Script<'_>,
    scope: &Scope<'_>,
    before: &Definition,
    definition: &Definition,
    written: &str,
) {
    for (lineage, table_scope) in &scope.tables {
        let (Some(old), Some(new)) = (scope.old_table(*lineage), scope.new_table(*lineage)) else {
            continue;
        };
        let Some(table) = scope.new_definition(*lineage) else {
            continue;
        };
        for column in &new.columns {
            let moves = table_scope.retyped.contains(&column.id)
                && is_of_type(&column.data_type, written)
                && !changes_type(scope, *lineage, &column.name);
            let held = old.columns.iter().find(|old| old.id == column.id);
            if let Some(held) = held.filter(|_| moves) {
                let cast = || {
                    let array = column.data_type.strip_prefix(written).unwrap_or_default();
                    let name = quote_identifier(&column.name);
                    conversion(before, definition, &name, &column.data_type, array)
                };
                let key = (*lineage, column.id);
                let using = script.options.using.get(&key).cloned();
                let using = using.unwrap_or_else(cast);
                column::retype(script, table, held, column, Some(&using));
            }
        }
    }
}

/// Old values as new ones: where the types have no cast to each other, through what they have in common.
fn conversion(
    before: &Definition,
    after: &Definition,
    value: &str,
    data_type: &str,
    array: &str,
) -> String {
    match (&before.body, &after.body) {
        (Body::Composite(old), Body::Composite(new))
            if array.is_empty() && !same_attributes(old, new) =>
        {
            let fields: Vec<_> = (new.attributes.iter())
                .map(|attribute| {
                    // Renamed ones have their old name there.
                    let old = old.attributes.iter().find(|old| old.id == attribute.id);
                    old.map_or_else(
                        || "NULL".to_owned(),
                        |old| format!("({value}).{}", quote_identifier(&old.name)),
                    )
                })
                .collect();
            let row = format!("ROW({})::{data_type}", fields.join(", "));
            format!("CASE WHEN {value} IS DISTINCT FROM NULL THEN {row} END")
        }
        (_, Body::Domain(domain)) if !domain.base.contains('.') => format!("{value}::{data_type}"),
        _ => format!("{value}::text{array}::{data_type}"),
    }
}

/// Whether two versions of a composite have the same attributes in the same places.
fn same_attributes(old: &Composite, new: &Composite) -> bool {
    let ids = |body: &Composite| body.attributes.iter().map(|a| a.id).collect::<Vec<_>>();
    ids(old) == ids(new)
}

/// Whether a column comes to the type from another, which is its table's own affair.
fn changes_type(scope: &Scope<'_>, table: Lineage, column: &str) -> bool {
    scope.altered.get(&table).is_some_and(|alterations| {
        alterations.iter().any(
            |one| matches!(one, Alteration::SetColumnType { column: retyped, .. } if retyped == column),
        )
    })
}
