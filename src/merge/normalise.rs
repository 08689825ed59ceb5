//! Rewrites a side's definitions so that they speak of everything by the names of the result.

use super::names::Renames;
use super::references::Objects;
use crate::schema::model::{
    Body, Column, Constraint, ConstraintKind, Definition, Kind, Lineage, Name, ObjectKey,
};
use crate::schema::quote::quote_identifier;
use crate::schema::rename::{
    rename_foreign_key, rename_identifiers, rename_in_query, rename_objects,
};
use crate::schema::snapshot::Snapshot;
use crate::schema::token::{self, Token, TokenKind};
use std::collections::BTreeMap;
use std::sync::Arc;

/// A side's objects as the result would name what they speak of.
pub fn apply(renames: &Renames, side: &Snapshot) -> Objects {
    side.objects
        .iter()
        .map(|(lineage, definition)| (*lineage, renames.apply(definition)))
        .collect()
}

impl Renames {
    fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    /// The definition with every mention of something else renamed. What the object and its columns
    /// are called themselves stays, but for their schema.
    pub fn apply(&self, definition: &Arc<Definition>) -> Arc<Definition> {
        if self.is_empty() {
            return Arc::clone(definition);
        }
        let mut definition = Definition::clone(definition);
        let own = Name::new(definition.key().schema, definition.key().name);
        for key in &mut definition.depends_on {
            self.key(key);
        }
        definition.depends_on.sort();
        match &mut definition.body {
            Body::Schema(_) => {}
            Body::Enum(body) => self.schema(&mut body.name.schema),
            Body::Domain(body) => {
                self.schema(&mut body.name.schema);
                self.text(&mut body.base);
                self.optional(&mut body.default);
                for check in body.checks.values_mut() {
                    self.text(&mut check.definition);
                }
            }
            Body::Composite(body) => {
                self.schema(&mut body.name.schema);
                for attribute in &mut body.attributes {
                    self.text(&mut attribute.data_type);
                }
            }
            Body::Sequence(body) => {
                self.schema(&mut body.name.schema);
                if let Some(owned_by) = &mut body.owned_by {
                    let renamed = self.columns_of(&owned_by.table).get(&owned_by.column);
                    if let Some(new) = renamed {
                        owned_by.column.clone_from(new);
                    }
                    self.name(&mut owned_by.table);
                }
            }
            Body::Table(body) => {
                self.schema(&mut body.name.schema);
                for column in &mut body.columns {
                    self.column(column, &own);
                }
                for constraint in body.constraints.values_mut() {
                    self.constraint(constraint, &own);
                }
            }
            Body::Index(body) => {
                self.schema(&mut body.name.schema);
                self.own_text(&mut body.definition, &body.table);
                self.own_columns(&mut body.columns, &body.table);
                self.name(&mut body.table);
            }
            Body::View(body) => {
                self.schema(&mut body.name.schema);
                self.query(&mut body.query);
                body.column_types
                    .iter_mut()
                    .for_each(|text| self.text(text));
                body.column_defaults
                    .values_mut()
                    .for_each(|text| self.text(text));
            }
            Body::MaterializedView(body) => {
                self.schema(&mut body.name.schema);
                self.query(&mut body.query);
            }
            Body::Routine(body) => {
                self.schema(&mut body.name.schema);
                self.text(&mut body.identity_arguments);
                self.text(&mut body.signature);
                self.text(&mut body.definition);
            }
            Body::Trigger(body) => {
                self.own_text(&mut body.definition, &body.table);
                self.own_columns(&mut body.columns, &body.table);
                self.name(&mut body.table);
            }
        }
        Arc::new(definition)
    }

    /// The key an object is known by in the result.
    fn key(&self, key: &mut ObjectKey) {
        match key.kind {
            Kind::Schema => self.schema(&mut key.name),
            Kind::Trigger => {
                let mut table = Name::new(key.schema.as_str(), key.qualifier.as_str());
                self.name(&mut table);
                key.schema = table.schema;
                key.qualifier = table.name;
            }
            _ => {
                let mut name = Name::new(key.schema.as_str(), key.name.as_str());
                self.name(&mut name);
                key.schema = name.schema;
                key.name = name.name;
                self.text(&mut key.qualifier);
            }
        }
    }

    fn column(&self, column: &mut Column, table: &Name) {
        self.text(&mut column.data_type);
        self.optional(&mut column.default);
        if let Some(generated) = &mut column.generated {
            self.own_text(&mut generated.expression, table);
        }
    }

    fn constraint(&self, constraint: &mut Constraint, table: &Name) {
        if constraint.kind == ConstraintKind::Foreign {
            let referenced = self.columns_of(constraint.references.as_ref().unwrap_or(table));
            constraint.definition =
                rename_foreign_key(&constraint.definition, self.columns_of(table), referenced);
            self.text(&mut constraint.definition);
        } else {
            self.own_text(&mut constraint.definition, table);
        }
        self.own_columns(&mut constraint.columns, table);
        if let Some(references) = &mut constraint.references {
            self.name(references);
        }
    }

    fn columns_of(&self, table: &Name) -> &BTreeMap<String, String> {
        const NONE: &BTreeMap<String, String> = &BTreeMap::new();
        self.columns.get(table).unwrap_or(NONE)
    }

    /// A text about one table's columns and other objects.
    fn own_text(&self, text: &mut String, table: &Name) {
        *text = rename_identifiers(text, self.columns_of(table)).into_owned();
        self.text(text);
    }

    fn own_columns(&self, columns: &mut [String], table: &Name) {
        for column in &mut *columns {
            if let Some(new) = self.columns_of(table).get(column) {
                column.clone_from(new);
            }
        }
        columns.sort();
    }

    fn text(&self, text: &mut String) {
        *text = rename_objects(text, &self.objects, &self.schemas).into_owned();
    }

    fn optional(&self, text: &mut Option<String>) {
        if let Some(text) = text {
            self.text(text);
        }
    }

    fn query(&self, text: &mut String) {
        *text = rename_in_query(text, &self.objects, &self.schemas).into_owned();
    }

    fn schema(&self, schema: &mut String) {
        if let Some(new) = self.schemas.get(schema) {
            schema.clone_from(new);
        }
    }

    /// The name of another object.
    fn name(&self, name: &mut Name) {
        match self.objects.get(name) {
            Some(new) => name.clone_from(new),
            None => self.schema(&mut name.schema),
        }
    }
}

/// Calls an object `name`, and its columns as `columns` says.
pub fn set_names<'a>(
    definition: &mut Definition,
    name: &Name,
    columns: impl Fn(Lineage) -> Option<&'a String>,
) {
    match &mut definition.body {
        Body::Schema(body) => body.name.clone_from(&name.name),
        Body::Enum(body) => body.name.clone_from(name),
        Body::Domain(body) => body.name.clone_from(name),
        Body::Composite(body) => {
            body.name.clone_from(name);
            for attribute in &mut body.attributes {
                if let Some(new) = columns(attribute.id) {
                    attribute.name.clone_from(new);
                }
            }
        }
        Body::Sequence(body) => body.name.clone_from(name),
        Body::Table(body) => {
            body.name.clone_from(name);
            for column in &mut body.columns {
                if let Some(new) = columns(column.id) {
                    column.name.clone_from(new);
                }
            }
        }
        Body::Index(body) => body.name.clone_from(name),
        Body::View(body) => body.name.clone_from(name),
        Body::MaterializedView(body) => body.name.clone_from(name),
        Body::Routine(body) => {
            if body.name != *name {
                let own = [(body.name.clone(), name.clone())].into();
                body.definition =
                    rename_objects(&body.definition, &own, &BTreeMap::new()).into_owned();
                body.name.clone_from(name);
            }
        }
        Body::Trigger(body) => {
            if body.name != name.name {
                body.definition = rename_trigger(&body.definition, &name.name);
                body.name.clone_from(&name.name);
            }
        }
    }
}

/// A trigger's definition with another name for the trigger: `CREATE TRIGGER name …`.
fn rename_trigger(definition: &str, name: &str) -> String {
    token::rewrite(definition, |tokens, at| {
        let token = tokens.get(at)?;
        let named = matches!(token.kind, TokenKind::Name(_))
            && at
                .checked_sub(1)
                .and_then(|before| tokens.get(before))
                .is_some_and(is_trigger);
        named.then(|| (1, quote_identifier(name).into_owned()))
    })
    .into_owned()
}

fn is_trigger(token: &Token<'_>) -> bool {
    token.is("TRIGGER")
}
