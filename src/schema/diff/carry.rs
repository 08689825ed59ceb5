//! A definition as the server would print it after the renames alone: what remains different is a
//! change of its own.
//!
//! Printed texts follow renames of columns, relations, types and schemas, so a constraint on a renamed
//! column looks changed though nobody touched it. What is missed of this shows as a change that does
//! no harm.

use crate::schema::model::{
    Body, Column, Composite, Constraint, Declared, Definition, Kind, Lineage, Name,
};
use crate::schema::query::{rename_in_query, rename_in_rule};
use crate::schema::quote::qualified;
use crate::schema::rename::{
    rename_fields, rename_foreign_key, rename_identifiers, rename_in_members, rename_objects,
};
use crate::schema::snapshot::Snapshot;
use crate::schema::token::tokens;
use std::collections::BTreeMap;

/// Old name → new name, by everything that texts speak of.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Renames {
    pub schemas: BTreeMap<String, String>,
    pub objects: BTreeMap<Name, Name>,
    /// Operator families: most share their name with a class, and texts tell the two apart.
    pub families: BTreeMap<Name, Name>,
    /// By the table's old name.
    pub columns: BTreeMap<Name, BTreeMap<String, String>>,
    /// Of composite types, by the type's old name as it is printed.
    pub attributes: BTreeMap<String, BTreeMap<String, String>>,
}

impl Renames {
    /// What is renamed between two snapshots: same lineage, other name.
    pub fn between(from: &Snapshot, to: &Snapshot) -> Self {
        let mut renames = Self::default();
        // Overloads share a name, and so may objects of different kinds: texts do not say which of them they
        // mean, and that matters where they part.
        let is_parted = |name: &Name, renamed: &Name, called: Called| {
            let alike = |(_, lineage): (_, Lineage)| {
                let old = from.get(&lineage)?;
                called(old).map(|_| to.get(&lineage).and_then(|new| called(new)))
            };
            (from.named(name).filter_map(alike)).any(|new| new != Some(renamed))
        };
        let renamed = |old: &Definition, new: &Definition, called: Called| {
            let (old, new) = (called(old)?, called(new)?);
            (old != new && !is_parted(old, new, called)).then(|| (old.clone(), new.clone()))
        };
        for lineage in &from.differing(to) {
            let (Some(old), Some(new)) = (from.get(lineage), to.get(lineage)) else {
                continue;
            };
            if let (Body::Schema(old), Body::Schema(new)) = (&old.body, &new.body)
                && old.name != new.name
            {
                renames.schemas.insert(old.name.clone(), new.name.clone());
            }
            (renames.objects).extend(renamed(old, new, named_in_texts));
            (renames.families).extend(renamed(old, new, family));
            if let (Body::Declared(old), Body::Declared(new)) = (&old.body, &new.body)
                && let (Some(old), Some(new)) = (old.multirange(), new.multirange())
                && old != new
            {
                renames.objects.insert(old, new);
            }
            if let (Body::Table(old), Body::Table(new)) = (&old.body, &new.body) {
                let columns = renamed_columns(&old.columns, &new.columns);
                if !columns.is_empty() {
                    renames.columns.insert(old.name.clone(), columns);
                }
            }
            if let (Body::Composite(old), Body::Composite(new)) = (&old.body, &new.body) {
                let attributes = renamed_attributes(old, new);
                if !attributes.is_empty() {
                    renames.attributes.insert(qualified(&old.name), attributes);
                }
            }
        }
        renames
    }

    pub fn schema<'a>(&'a self, schema: &'a str) -> &'a str {
        self.schemas.get(schema).map_or(schema, String::as_str)
    }

    /// New names of renamed schemas → old ones.
    pub fn schemas_before(&self) -> BTreeMap<String, String> {
        let renamed = self.schemas.iter();
        renamed
            .map(|(old, new)| (new.clone(), old.clone()))
            .collect()
    }

    /// Where an object of the old name is found after the renames.
    pub fn name(&self, name: &Name) -> Name {
        self.name_among(&self.objects, name)
    }

    /// The same for an operator family.
    pub fn family(&self, name: &Name) -> Name {
        self.name_among(&self.families, name)
    }

    fn name_among(&self, renamed: &BTreeMap<Name, Name>, name: &Name) -> Name {
        let new = renamed.get(name).cloned();
        new.unwrap_or_else(|| Name::new(self.schema(&name.schema), name.name.as_str()))
    }

    /// A column's new name; `table` is its table's old one.
    pub fn column(&self, table: &Name, column: &str) -> String {
        self.columns
            .get(table)
            .and_then(|columns| columns.get(column))
            .map_or_else(|| column.to_owned(), Clone::clone)
    }

    fn text(&self, text: &mut String) {
        let new = rename_objects(text, &self.objects, &self.schemas).into_owned();
        *text = new;
    }

    /// What an operator class or family consists of.
    fn members(&self, text: &mut String) {
        let new = rename_in_members(text, &self.objects, &self.families, &self.schemas);
        *text = new.into_owned();
    }

    fn optional_text(&self, text: &mut Option<String>) {
        if let Some(text) = text {
            self.text(text);
        }
    }

    /// A text of `table`'s own, in which its columns stand unqualified.
    fn text_of(&self, table: &Name, text: &mut String) {
        if let Some(columns) = self.columns.get(table) {
            let new = rename_identifiers(text, columns).into_owned();
            *text = new;
        }
        self.text(text);
    }

    fn columns_of(&self, table: &Name, columns: &mut [String]) {
        for column in columns.iter_mut() {
            *column = self.column(table, column);
        }
        columns.sort();
    }

    fn collation(&self, collation: &mut Option<Name>) {
        if let Some(name) = collation {
            *name = self.name(name);
        }
    }

    /// `definition`, with its texts as they are after the renames. Its own name and its columns' names stay.
    pub fn carry(&self, definition: &Definition) -> Definition {
        let mut carried = definition.clone();
        if *self == Self::default() {
            return carried;
        }
        if !self.attributes.is_empty() {
            self.fields(&mut carried.body);
        }
        match &mut carried.body {
            Body::Schema(_) | Body::Enum(_) => {}
            Body::Domain(domain) => {
                self.text(&mut domain.base);
                self.collation(&mut domain.collation);
                self.optional_text(&mut domain.default);
                for check in domain.checks.values_mut() {
                    self.text(&mut check.definition);
                }
            }
            Body::Composite(composite) => {
                for attribute in &mut composite.attributes {
                    self.text(&mut attribute.data_type);
                    self.collation(&mut attribute.collation);
                }
            }
            Body::Sequence(sequence) => {
                if let Some(owner) = &mut sequence.owned_by {
                    owner.column = self.column(&owner.table, &owner.column);
                    owner.table = self.name(&owner.table);
                }
            }
            Body::Table(table) => {
                for column in &mut table.columns {
                    self.text(&mut column.data_type);
                    self.collation(&mut column.collation);
                    self.optional_text(&mut column.default);
                    if let Some(generated) = &mut column.generated {
                        self.text_of(&table.name, &mut generated.expression);
                    }
                }
                for constraint in table.constraints.values_mut() {
                    self.constraint(&table.name, constraint);
                }
                for parent in &mut table.inherits {
                    *parent = self.name(parent);
                }
                if let Some(of_type) = &mut table.of_type {
                    *of_type = self.name(of_type);
                }
                self.optional_text(&mut table.bound);
                if let Some(key) = &mut table.partition_by {
                    self.text_of(&table.name, key);
                }
            }
            Body::Index(index) => {
                self.text_of(&index.table, &mut index.definition);
                self.columns_of(&index.table, &mut index.columns);
                index.table = self.name(&index.table);
                if let Some(parent) = &mut index.attributes.parent {
                    *parent = self.name(parent);
                }
            }
            Body::View(view) => {
                self.query(&mut view.query);
                for default in view.column_defaults.values_mut() {
                    self.text(default);
                }
            }
            Body::MaterializedView(view) => self.query(&mut view.query),
            Body::Routine(routine) => {
                self.text(&mut routine.identity_arguments);
                self.text(&mut routine.signature);
                self.text(&mut routine.definition);
            }
            Body::Trigger(trigger) => {
                self.text_of(&trigger.table, &mut trigger.definition);
                self.columns_of(&trigger.table, &mut trigger.columns);
                trigger.table = self.name(&trigger.table);
            }
            Body::Declared(declared) => self.declared(declared),
        }
        carried
    }

    fn query(&self, text: &mut String) {
        let new = rename_in_query(text, &self.objects, &self.schemas, &self.columns).into_owned();
        *text = new;
    }

    fn declared(&self, declared: &mut Declared) {
        self.text(&mut declared.qualifier);
        if let Some(table) = declared.table.take() {
            if declared.declares == Kind::Rule {
                self.rule(&table, &mut declared.statement);
            } else {
                self.expression(&table, &mut declared.statement);
            }
            for expression in declared.expressions_mut() {
                self.expression(&table, expression);
            }
            self.columns_of(&table, &mut declared.columns);
            declared.table = Some(self.name(&table));
        } else if matches!(
            declared.declares,
            Kind::OperatorClass | Kind::OperatorFamily
        ) {
            self.members(&mut declared.statement);
            for expression in declared.expressions_mut() {
                self.members(expression);
            }
        } else {
            self.text(&mut declared.statement);
            for expression in declared.expressions_mut() {
                self.text(expression);
            }
        }
        // Its own to rename, like the range's name.
        if let Some(multirange) = declared.multirange() {
            let name = Name::new(self.schema(&multirange.schema), multirange.name);
            (declared.settings).insert("multirange".to_owned(), qualified(&name));
        }
        // Members of an operator family are called by their types.
        if declared.declares == Kind::OperatorFamily {
            let settings = std::mem::take(&mut declared.settings).into_iter();
            declared.settings = settings
                .map(|(mut name, value)| {
                    self.text(&mut name);
                    (name, value)
                })
                .collect();
        }
        // A column may have had the same name.
        declared.name_statement();
    }

    fn rule(&self, table: &Name, text: &mut String) {
        let renamed = rename_in_rule(text, table, &self.objects, &self.schemas, &self.columns);
        *text = renamed.into_owned();
    }

    /// A text of `table`'s own that may hold queries. Within those, all columns are qualified.
    fn expression(&self, table: &Name, text: &mut String) {
        let holds_query = tokens(text).iter().any(|token| token.is("SELECT"));
        if !holds_query {
            return self.text_of(table, text);
        }
        if let Some(columns) = self.columns.get(table) {
            *text = rename_identifiers(text, columns).into_owned();
        }
        let (before, after) = ("SELECT (", format!(") FROM {}", qualified(table)));
        let mut query = format!("{before}{text}{after}");
        self.query(&mut query);
        let end = query.rfind(") FROM ").unwrap_or(query.len());
        if let Some(renamed) = query.get(before.len()..end) {
            renamed.clone_into(text);
        }
    }

    /// Fields of composite values, where the types are known: in a domain's checks and in what a table says of its columns.
    fn fields(&self, body: &mut Body) {
        let rename = |text: &mut String, holders: &BTreeMap<String, &BTreeMap<String, String>>| {
            let new = rename_fields(text, holders).into_owned();
            *text = new;
        };
        match body {
            Body::Domain(domain) => {
                let Some(attributes) = self.attributes.get(&domain.base) else {
                    return;
                };
                let holders = [("VALUE".to_owned(), attributes)].into();
                for check in domain.checks.values_mut() {
                    rename(&mut check.definition, &holders);
                }
            }
            Body::Table(table) => {
                let holders: BTreeMap<_, _> = (table.columns.iter())
                    .filter_map(|column| {
                        let held = column.data_type.trim_end_matches("[]");
                        Some((column.name.clone(), self.attributes.get(held)?))
                    })
                    .collect();
                if holders.is_empty() {
                    return;
                }
                for column in &mut table.columns {
                    if let Some(generated) = &mut column.generated {
                        rename(&mut generated.expression, &holders);
                    }
                }
                for constraint in table.constraints.values_mut() {
                    rename(&mut constraint.definition, &holders);
                }
                if let Some(key) = &mut table.partition_by {
                    rename(key, &holders);
                }
            }
            _ => {}
        }
    }

    fn constraint(&self, table: &Name, constraint: &mut Constraint) {
        if let Some(referenced) = &mut constraint.references {
            let none = BTreeMap::new();
            let columns = |table: &Name| self.columns.get(table).unwrap_or(&none);
            constraint.definition =
                rename_foreign_key(&constraint.definition, columns(table), columns(referenced));
            self.text(&mut constraint.definition);
            *referenced = self.name(referenced);
        } else {
            self.text_of(table, &mut constraint.definition);
        }
        self.columns_of(table, &mut constraint.columns);
        if let Some(parent) = &mut constraint.index.parent {
            *parent = self.name(parent);
        }
    }
}

/// What something calls an object, where it does.
type Called = fn(&Definition) -> Option<&Name>;

/// The name of an operator family.
fn family(definition: &Definition) -> Option<&Name> {
    match &definition.body {
        Body::Declared(body) => (body.declares == Kind::OperatorFamily).then_some(&body.name),
        _ => None,
    }
}

/// The name under which texts speak of an object.
fn named_in_texts(definition: &Definition) -> Option<&Name> {
    match &definition.body {
        Body::Schema(_) | Body::Trigger(_) => None,
        Body::Enum(body) => Some(&body.name),
        Body::Domain(body) => Some(&body.name),
        Body::Composite(body) => Some(&body.name),
        Body::Sequence(body) => Some(&body.name),
        Body::Table(body) => Some(&body.name),
        // No text names it, but the indexes of partitions do.
        Body::Index(body) => Some(&body.name),
        Body::View(body) => Some(&body.name),
        Body::MaterializedView(body) => Some(&body.name),
        Body::Routine(body) => Some(&body.name),
        Body::Declared(body) => body.declares.facts().in_texts.then_some(&body.name),
    }
}

fn renamed_columns(old: &[Column], new: &[Column]) -> BTreeMap<String, String> {
    let new: BTreeMap<_, _> = new.iter().map(|column| (column.id, &column.name)).collect();
    old.iter()
        .filter_map(|column| {
            let name = new.get(&column.id)?;
            (**name != column.name).then(|| (column.name.clone(), (*name).clone()))
        })
        .collect()
}

fn renamed_attributes(old: &Composite, new: &Composite) -> BTreeMap<String, String> {
    let new: BTreeMap<_, _> = new
        .attributes
        .iter()
        .map(|attribute| (attribute.id, &attribute.name))
        .collect();
    old.attributes
        .iter()
        .filter_map(|attribute| {
            let name = new.get(&attribute.id)?;
            (**name != attribute.name).then(|| (attribute.name.clone(), (*name).clone()))
        })
        .collect()
}
