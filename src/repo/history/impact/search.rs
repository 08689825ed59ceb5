//! What an object or a column is needed by, at once.

use super::{Broken, Node, part};
use crate::repo::history::object::whole_of;
use crate::schema::Snapshot;
use crate::schema::model::{
    Body, Column, Constraint, ConstraintKind, Definition, Kind, Lineage, Name, ObjectKey, Table,
};
use crate::schema::query::rename_in_query;
use crate::schema::quote::qualified;
use crate::schema::rename::referenced_columns;
use crate::schema::token::{Token, TokenKind, mentions, tokens};
use std::borrow::Cow;
use std::collections::BTreeMap;
use std::sync::Arc;

/// What breaks at once.
pub(super) fn broken_by(snapshot: &Snapshot, node: Node) -> Vec<Broken> {
    let (Node::Object(lineage) | Node::Column(lineage, _)) = node;
    let Some(definition) = snapshot.get(&lineage) else {
        return Vec::new();
    };
    let key = definition.key();
    let name = Name::new(key.schema.as_str(), key.name.as_str());
    let mut search = Search {
        snapshot,
        key: &key,
        name: &name,
        found: Vec::new(),
    };
    match node {
        Node::Object(_) => search.object(lineage),
        Node::Column(_, column) => {
            let table = definition.as_table();
            let column = table.and_then(|table| table.columns.iter().find(|one| one.id == column));
            if let (Some(table), Some(column)) = (table, column) {
                search.column(lineage, table, column);
            }
        }
    }
    search.found
}

/// Looks for what needs the object of that key, or a column of it.
struct Search<'a> {
    snapshot: &'a Snapshot,
    key: &'a ObjectKey,
    name: &'a Name,
    found: Vec<Broken>,
}

impl Search<'_> {
    fn add(&mut self, object: String, why: impl Into<String>, node: Option<Node>) {
        let why = why.into();
        self.found.push(Broken { object, why, node });
    }

    fn add_object(&mut self, lineage: Lineage, definition: &Definition, why: impl Into<String>) {
        let object = definition.key().to_string();
        self.add(object, why, Some(Node::Object(lineage)));
    }

    fn add_column(&mut self, table: (Lineage, &Table), column: &Column, why: &str) {
        let object = part("column", &table.1.name, &column.name);
        self.add(object, why, Some(Node::Column(table.0, column.id)));
    }

    fn dependents(&self) -> Vec<(Lineage, Arc<Definition>)> {
        let dependents = self.snapshot.dependents(self.key);
        dependents
            .filter_map(|lineage| Some((lineage, Arc::clone(self.snapshot.get(&lineage)?))))
            .collect()
    }

    fn object(&mut self, own: Lineage) {
        let dependents = self.dependents();
        for (lineage, definition) in &dependents {
            if *lineage != own {
                self.dependent(*lineage, definition);
            }
        }
        for (lineage, definition, column) in self.sequences(own, &dependents) {
            let why = format!("owned by its column {column}");
            self.add_object(lineage, &definition, why);
        }
        self.foreign_keys(own, |_| true);
        for (lineage, definition) in self.routines() {
            let known = dependents.iter().any(|(one, _)| *one == lineage);
            if lineage != own && !known && self.body_speaks_of(&definition, None) {
                self.add_object(lineage, &definition, "its body speaks of it");
            }
        }
    }

    fn dependent(&mut self, lineage: Lineage, definition: &Definition) {
        if self.key.kind == Kind::Schema {
            return self.add_object(lineage, definition, "in it");
        }
        let kind = definition.kind().keyword().to_ascii_lowercase();
        if whole_of(definition) == Some(self.name) && self.key.kind != Kind::Routine {
            let why = match &definition.body {
                Body::Sequence(sequence) => {
                    let column = sequence
                        .owned_by
                        .as_ref()
                        .map(|owner| owner.column.as_str());
                    format!("owned by its column {}", column.unwrap_or_default())
                }
                _ => format!("{kind} on it"),
            };
            return self.add_object(lineage, definition, why);
        }
        let why = match (&definition.body, self.key.kind) {
            (Body::Table(table), _) => return self.table(lineage, definition, table),
            (Body::Trigger(_), Kind::Routine) => "executes it",
            (_, Kind::Routine | Kind::Aggregate) => "calls it",
            (_, Kind::Table | Kind::View | Kind::MaterializedView) => "reads it",
            (Body::Domain(_), _) => "is based on it",
            (Body::Index(_), Kind::Index) => "part of it",
            _ => "uses it",
        };
        self.add_object(lineage, definition, why);
    }

    /// What a table needs the object for: mostly, it loses no more than a part of itself.
    fn table(&mut self, lineage: Lineage, definition: &Definition, table: &Table) {
        if table.inherits.contains(self.name) {
            let why = if table.bound.is_some() {
                "partition of it"
            } else {
                "inherits from it"
            };
            return self.add_object(lineage, definition, why);
        }
        let before = self.found.len();
        let written = qualified(self.name);
        for column in &table.columns {
            let generated = column.generated.as_ref();
            if is_of_type(&column.data_type, &written) {
                self.add_column((lineage, table), column, "is of that type");
            } else if generated.is_some_and(|one| self.is_in(&one.expression)) {
                self.add_column((lineage, table), column, "is generated with it");
            } else if column.default.as_ref().is_some_and(|text| self.is_in(text)) {
                let object = part("default of column", &table.name, &column.name);
                self.add(object, "uses it", None);
            }
        }
        for (name, constraint) in &table.constraints {
            if constraint.references.is_none() && self.is_in(&constraint.definition) {
                self.add(part("constraint", &table.name, name), "uses it", None);
            }
        }
        let is_typed = table.of_type.as_ref() == Some(self.name);
        let is_key = table
            .partition_by
            .as_ref()
            .is_some_and(|text| self.is_in(text));
        if is_typed || is_key || self.found.len() == before {
            let why = if is_typed {
                "is a table of that type"
            } else {
                "uses it"
            };
            self.add_object(lineage, definition, why);
        }
    }

    /// Sequences that the table's columns own and that are no dependents of it: it needs them for its defaults.
    fn sequences(
        &self,
        own: Lineage,
        known: &[(Lineage, Arc<Definition>)],
    ) -> Vec<(Lineage, Arc<Definition>, String)> {
        let own = self.snapshot.get(&own);
        let needs = own.map(|own| own.depends_on.as_slice());
        let needs = needs.unwrap_or_default().iter();
        needs
            .filter_map(|need| self.snapshot.by_key(need))
            .filter(|lineage| !known.iter().any(|(one, _)| one == lineage))
            .filter_map(|lineage| {
                let definition = self.snapshot.get(&lineage)?;
                let Body::Sequence(sequence) = &definition.body else {
                    return None;
                };
                let owner = sequence.owned_by.as_ref()?;
                (owner.table == *self.name)
                    .then(|| (lineage, Arc::clone(definition), owner.column.clone()))
            })
            .collect()
    }

    /// Foreign keys of other tables, those that reference what `to` accepts.
    fn foreign_keys(&mut self, own: Lineage, to: impl Fn(&Constraint) -> bool) {
        if self.key.kind != Kind::Table {
            return;
        }
        let referrers: Vec<Lineage> = self.snapshot.referrers(self.name).collect();
        for lineage in referrers.into_iter().filter(|lineage| *lineage != own) {
            let Some(table) = self.snapshot.get(&lineage).and_then(|one| one.as_table()) else {
                continue;
            };
            for (name, constraint) in &table.constraints {
                if constraint.references.as_ref() == Some(self.name) && to(constraint) {
                    let object = part("constraint", &table.name, name);
                    self.add(object, "foreign key to it", None);
                }
            }
        }
    }

    fn column(&mut self, own: Lineage, table: &Table, column: &Column) {
        let name = &column.name;
        let speaks = |columns: &[String]| columns.contains(name);
        for (called, constraint) in &table.constraints {
            if speaks(&constraint.columns) {
                let why = match constraint.kind {
                    ConstraintKind::Primary => "primary key of it",
                    ConstraintKind::Unique => "unique constraint on it",
                    ConstraintKind::Foreign => "foreign key from it",
                    ConstraintKind::Check | ConstraintKind::Exclusion => "speaks of it",
                };
                self.add(part("constraint", &table.name, called), why, None);
            }
        }
        self.foreign_keys(own, |constraint| {
            referenced_columns(&constraint.definition).contains(name)
        });
        for other in &table.columns {
            let generated = other.generated.as_ref();
            if generated.is_some_and(|generated| mentions(&generated.expression, name)) {
                self.add_column((own, table), other, "is generated from it");
            }
        }
        if table
            .partition_by
            .as_ref()
            .is_some_and(|key| mentions(key, name))
        {
            let object = self.key.to_string();
            self.add(object, "is partitioned by it", Some(Node::Object(own)));
        }
        let dependents = self.dependents();
        for (lineage, definition) in &dependents {
            let on_it = whole_of(definition) == Some(self.name);
            let kind = definition.kind().keyword().to_ascii_lowercase();
            match &definition.body {
                Body::Index(index) if on_it && speaks(&index.columns) => {
                    self.add_object(*lineage, definition, "index on it");
                }
                Body::Trigger(trigger)
                    if on_it
                        && (speaks(&trigger.columns) || mentions(&trigger.definition, name)) =>
                {
                    self.add_object(*lineage, definition, "trigger on it");
                }
                Body::Declared(declared)
                    if on_it
                        && (speaks(&declared.columns)
                            || declared.texts().any(|text| mentions(text, name))) =>
                {
                    self.add_object(*lineage, definition, format!("{kind} speaks of it"));
                }
                Body::Sequence(sequence)
                    if on_it
                        && sequence
                            .owned_by
                            .as_ref()
                            .is_some_and(|by| by.column == *name) =>
                {
                    self.add_object(*lineage, definition, "owned by it");
                }
                Body::View(view) if self.query_reads(&view.query, name) => {
                    self.add_object(*lineage, definition, "reads it");
                }
                Body::MaterializedView(view) if self.query_reads(&view.query, name) => {
                    self.add_object(*lineage, definition, "reads it");
                }
                Body::Routine(routine) if mentions(&routine.definition, name) => {
                    self.add_object(*lineage, definition, "reads it");
                }
                Body::Table(child) if child.inherits.contains(self.name) => {
                    if let Some(column) = child.columns.iter().find(|one| one.name == *name) {
                        self.add_column((*lineage, child), column, "inherits it");
                    }
                }
                _ => {}
            }
        }
        for (lineage, definition, column) in self.sequences(own, &dependents) {
            if column == *name {
                self.add_object(lineage, &definition, "owned by it");
            }
        }
        for (lineage, definition) in self.routines() {
            let known = self
                .found
                .iter()
                .any(|one| one.node == Some(Node::Object(lineage)));
            if !known && self.body_speaks_of(&definition, Some(name)) {
                self.add_object(lineage, &definition, "its body speaks of it");
            }
        }
    }

    /// Whether an expression uses the object.
    fn is_in(&self, text: &str) -> bool {
        mentions(text, &self.name.name) || text.contains(&qualified(self.name))
    }

    /// Whether a query reads a column of the table: whether another name of the column would show in it.
    fn query_reads(&self, query: &str, column: &str) -> bool {
        if !mentions(query, column) {
            return false;
        }
        let other = BTreeMap::from([(column.to_owned(), format!("{column}\u{1}"))]);
        let columns = BTreeMap::from([(self.name.clone(), other)]);
        let renamed = rename_in_query(query, &BTreeMap::new(), &BTreeMap::new(), &columns);
        let merges_columns = || tokens(query).iter().any(|token| token.is("USING"));
        matches!(renamed, Cow::Owned(renamed) if renamed != query) || merges_columns()
    }

    fn routines(&self) -> Vec<(Lineage, Arc<Definition>)> {
        (self.snapshot.iter())
            .filter(|(_, definition)| definition.kind() == Kind::Routine)
            .map(|(lineage, definition)| (*lineage, Arc::clone(definition)))
            .collect()
    }

    /// Whether the code of a routine, which no catalog looks into, speaks of the object, and of that column.
    fn body_speaks_of(&self, routine: &Definition, column: Option<&str>) -> bool {
        let Body::Routine(routine) = &routine.body else {
            return false;
        };
        let Some(code) = code(&routine.definition) else {
            return false;
        };
        if !contains_folded(code, &self.name.name) {
            return false;
        }
        let scanned = tokens(code);
        let is_called = |at: usize| scanned.get(at + 1).is_some_and(|next| next.is("("));
        let has_place = |at: usize| match self.key.kind {
            Kind::Routine | Kind::Aggregate => is_called(at),
            Kind::Schema => scanned.get(at + 1).is_some_and(|next| next.is(".")),
            _ => !is_called(at),
        };
        let speaks = (0..scanned.len()).any(|at| {
            is_named(&scanned, at, &self.name.name) && has_place(at) && self.is_own(&scanned, at)
        });
        speaks
            && column
                .is_none_or(|column| (0..scanned.len()).any(|at| is_named(&scanned, at, column)))
    }

    /// Whether a name is without a schema, or has the right one.
    fn is_own(&self, scanned: &[Token<'_>], at: usize) -> bool {
        let before = |back: usize| at.checked_sub(back).and_then(|at| scanned.get(at));
        !before(1).is_some_and(|dot| dot.is("."))
            || before(2).is_some_and(|_| is_named(scanned, at - 2, &self.name.schema))
    }
}

/// Whether a token is that name, as code writes it: in any case where it needs no quotes.
fn is_named(scanned: &[Token<'_>], at: usize, name: &str) -> bool {
    match scanned.get(at).map(|token| &token.kind) {
        Some(TokenKind::Name(text)) => text == name || text.to_lowercase() == name,
        _ => false,
    }
}

fn contains_folded(text: &str, name: &str) -> bool {
    text.contains(name) || text.to_lowercase().contains(name)
}

/// The code of a routine that is given as a string.
fn code(definition: &str) -> Option<&str> {
    let string = tokens(definition)
        .into_iter()
        .rev()
        .find_map(|token| match token.kind {
            TokenKind::Other(text) if text.starts_with('$') && text.ends_with('$') => Some(text),
            _ => None,
        })?;
    let tag = string.get(1..)?.find('$')? + 2;
    string.get(tag..string.len().checked_sub(tag)?)
}

/// Whether a printed type is that type, or an array of it.
fn is_of_type(data_type: &str, written: &str) -> bool {
    data_type
        .strip_prefix(written)
        .is_some_and(|rest| rest.is_empty() || rest.starts_with(['[', '(']))
}
