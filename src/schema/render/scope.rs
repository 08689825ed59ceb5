//! What a migration touches beyond the changes themselves: what has to make way for them and come
//! back after.
//!
//! PostgreSQL refuses to change a column's type under a view, a key under a foreign key, or a function's
//! signature under whatever calls it. So those are dropped before and made again after, as they are to be.

use crate::schema::change::{Alteration, Change, ChangeKind};
use crate::schema::diff::Renames;
use crate::schema::model::{
    Body, Column, ConstraintKind, Definition, Kind, Lineage, Name, ObjectKey, Table,
};
use crate::schema::quote::qualified;
use crate::schema::snapshot::Snapshot;
use crate::schema::token::{TokenKind, mentions, tokens};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// The objects of a migration, by what becomes of them.
pub(super) struct Scope<'a> {
    pub from: &'a Snapshot,
    pub to: &'a Snapshot,
    pub renames: Renames,
    pub created: BTreeSet<Lineage>,
    pub dropped: BTreeSet<Lineage>,
    /// Dropped and made again, though it is there before and after.
    pub rebuilt: BTreeSet<Lineage>,
    /// Types that are made anew beside the old one, columns moved over.
    pub remade: BTreeSet<Lineage>,
    /// Dropped types whose name another one takes: columns of that name move over, too.
    pub succeeded: BTreeSet<Lineage>,
    pub altered: BTreeMap<Lineage, &'a [Alteration]>,
    /// Tables there before and after, of which parts make way.
    pub tables: BTreeMap<Lineage, TableScope>,
    /// New names of tables that were there before, and may hold rows.
    pub kept_tables: BTreeSet<&'a Name>,
    keys: BTreeMap<ObjectKey, Lineage>,
    /// Who depends on an object, before.
    dependents: BTreeMap<Lineage, Vec<Lineage>>,
}

/// What makes way within a table.
#[derive(Debug, Default)]
pub(super) struct TableScope {
    /// Columns that change their type.
    pub retyped: BTreeSet<Lineage>,
    /// Generated columns that are dropped and added again: their values follow from the others.
    pub recreated: BTreeSet<Lineage>,
    /// Columns whose default makes way and comes back.
    pub undefaulted: BTreeSet<Lineage>,
    /// Columns that go before anything else happens, because another takes the name.
    pub dropped_first: BTreeSet<Lineage>,
    /// Columns that go at the end, when nothing speaks of them any more.
    pub dropped_last: BTreeSet<Lineage>,
    /// Old names.
    pub dropped_constraints: BTreeSet<String>,
    /// New names.
    pub added_constraints: BTreeSet<String>,
}

impl<'a> Scope<'a> {
    pub fn new(changes: &'a [Change], from: &'a Snapshot, to: &'a Snapshot) -> Self {
        let keys: BTreeMap<_, _> = from.by_key();
        let mut dependents: BTreeMap<Lineage, Vec<Lineage>> = BTreeMap::new();
        for (lineage, definition) in &from.objects {
            for need in &definition.depends_on {
                if let Some(need) = keys.get(need) {
                    dependents.entry(*need).or_default().push(*lineage);
                }
            }
        }
        let mut scope = Self {
            from,
            to,
            renames: Renames::between(from, to),
            created: BTreeSet::new(),
            dropped: BTreeSet::new(),
            rebuilt: BTreeSet::new(),
            remade: BTreeSet::new(),
            succeeded: BTreeSet::new(),
            altered: BTreeMap::new(),
            tables: BTreeMap::new(),
            kept_tables: to
                .objects
                .iter()
                .filter(|(lineage, _)| from.objects.contains_key(lineage))
                .filter_map(|(_, definition)| match &definition.body {
                    Body::Table(table) => Some(&table.name),
                    _ => None,
                })
                .collect(),
            keys,
            dependents,
        };
        for change in changes {
            match &change.kind {
                ChangeKind::Create => {
                    scope.created.insert(change.lineage);
                }
                ChangeKind::Drop => {
                    scope.dropped.insert(change.lineage);
                }
                ChangeKind::Alter(alterations) => {
                    scope.altered.insert(change.lineage, alterations);
                }
            }
        }
        scope.seed();
        scope.make_way_for_names();
        scope.foreign_keys();
        scope
    }

    pub fn old(&self, lineage: Lineage) -> Option<&'a Arc<Definition>> {
        self.from.objects.get(&lineage)
    }

    pub fn new_definition(&self, lineage: Lineage) -> Option<&'a Arc<Definition>> {
        self.to.objects.get(&lineage)
    }

    pub fn old_table(&self, lineage: Lineage) -> Option<&'a Table> {
        match &self.old(lineage)?.body {
            Body::Table(table) => Some(table),
            _ => None,
        }
    }

    pub fn new_table(&self, lineage: Lineage) -> Option<&'a Table> {
        match &self.new_definition(lineage)?.body {
            Body::Table(table) => Some(table),
            _ => None,
        }
    }

    /// Who depends on an object before the migration.
    pub fn dependents(&self, lineage: Lineage) -> &[Lineage] {
        self.dependents.get(&lineage).map_or(&[], Vec::as_slice)
    }

    pub fn old_lineage(&self, key: &ObjectKey) -> Option<Lineage> {
        self.keys.get(key).copied()
    }

    /// The relation of that name before the migration.
    pub fn old_relation(&self, name: &Name) -> Option<Lineage> {
        [Kind::Table, Kind::View, Kind::MaterializedView]
            .into_iter()
            .find_map(|kind| {
                self.old_lineage(&ObjectKey {
                    kind,
                    schema: name.schema.clone(),
                    name: name.name.clone(),
                    qualifier: String::new(),
                })
            })
    }

    /// Dropped at the start, for good or to come back.
    pub fn is_gone(&self, lineage: Lineage) -> bool {
        self.dropped.contains(&lineage) || self.rebuilt.contains(&lineage)
    }

    /// What each alteration by itself asks for, and what follows from that.
    fn seed(&mut self) {
        let altered = self.altered.clone();
        for (lineage, alterations) in &altered {
            let (Some(old), Some(new)) = (self.old(*lineage), self.new_definition(*lineage)) else {
                continue;
            };
            match (&old.body, &new.body) {
                (Body::Table(old), Body::Table(new)) => {
                    let table = TableScope::of(alterations, old, new);
                    self.tables.insert(*lineage, table);
                }
                _ if alterations.iter().any(makes_anew)
                    || self.uses_new_label(new, alterations) =>
                {
                    self.remade.insert(*lineage);
                }
                (old, new) if alterations.iter().any(|one| replaces(one, old, new)) => {
                    self.rebuilt.insert(*lineage);
                }
                _ => {}
            }
        }
        self.seed_successions();
        let mut roots: Vec<_> = altered.keys().copied().collect();
        roots.extend(&self.succeeded);
        self.spread(roots);
        self.detach_from_dropped();
    }

    /// Dropped types whose names created ones take.
    fn seed_successions(&mut self) {
        let type_name = |definition: &Definition| {
            let is_type = matches!(
                definition.body,
                Body::Enum(_) | Body::Domain(_) | Body::Composite(_)
            );
            let key = definition.key();
            is_type.then(|| Name::new(key.schema, key.name))
        };
        let created: BTreeSet<_> = self
            .created
            .iter()
            .filter_map(|lineage| type_name(self.to.objects.get(lineage)?))
            .collect();
        self.succeeded = self
            .dropped
            .iter()
            .copied()
            .filter(|lineage| {
                self.old(*lineage)
                    .and_then(|old| type_name(old))
                    .is_some_and(|name| created.contains(&name))
            })
            .collect();
    }

    /// A table that stays lets go of functions and sequences that do not: its defaults and checks may
    /// read the same afterwards and mean others.
    fn detach_from_dropped(&mut self) {
        for lineage in self.dropped.clone() {
            let Some(old) = self.old(lineage) else {
                continue;
            };
            if !matches!(old.kind(), Kind::Routine | Kind::Sequence) {
                continue;
            }
            for dependent in self.dependents(lineage).to_vec() {
                if !self.is_gone(dependent) {
                    self.detach_calls(dependent, old);
                }
            }
        }
    }

    /// A label that `ADD VALUE` adds cannot be used in the same transaction, as the constant of a default,
    /// a check or a view; on a type that is made anew it can.
    fn uses_new_label(&self, data_type: &Definition, alterations: &[Alteration]) -> bool {
        let key = data_type.key();
        let written = qualified(&Name::new(key.schema, key.name));
        alterations.iter().any(|alteration| {
            let Alteration::AddLabel { label, .. } = alteration else {
                return false;
            };
            self.created
                .iter()
                .chain(self.altered.keys())
                .filter_map(|lineage| self.to.objects.get(lineage))
                .any(|definition| {
                    texts(definition)
                        .iter()
                        .any(|text| holds_constant(text, label, &written))
                })
        })
    }

    /// Follows dependencies from what makes way to all that has to make way with it.
    fn spread(&mut self, mut pending: Vec<Lineage>) {
        while let Some(lineage) = pending.pop() {
            let Some(old) = self.old(lineage) else {
                continue;
            };
            for dependent in self.dependents(lineage).to_vec() {
                if self.is_gone(dependent) {
                    continue;
                }
                let Some(definition) = self.old(dependent) else {
                    continue;
                };
                if self.gives_way(lineage, old, dependent, definition) {
                    pending.push(dependent);
                }
            }
        }
    }

    /// Marks what `dependent` has to give up because `lineage` makes way; false if nothing.
    fn gives_way(
        &mut self,
        lineage: Lineage,
        needed: &Definition,
        dependent: Lineage,
        definition: &Definition,
    ) -> bool {
        let gone = self.is_gone(lineage);
        let remade = self.remade.contains(&lineage) || self.succeeded.contains(&lineage);
        match (&needed.body, &definition.body) {
            (Body::Table(table), body) if !gone => {
                if self.speaks_of_touched_columns(lineage, table, body) {
                    return self.rebuilt.insert(dependent);
                }
                false
            }
            (Body::Routine(_) | Body::Sequence(_), Body::Table(_)) if gone => {
                self.detach_calls(dependent, needed);
                false
            }
            (_, Body::Table(_)) if remade => {
                let key = needed.key();
                self.retype(dependent, &Name::new(key.schema, key.name))
            }
            (_, Body::Domain(_)) if remade => self.remade.insert(dependent),
            (
                _,
                Body::View(_)
                | Body::MaterializedView(_)
                | Body::Routine(_)
                | Body::Trigger(_)
                | Body::Index(_),
            ) if gone || remade => self.rebuilt.insert(dependent),
            _ => false,
        }
    }

    fn speaks_of_touched_columns(&self, lineage: Lineage, table: &Table, body: &Body) -> bool {
        let Some(scope) = self.tables.get(&lineage) else {
            return false;
        };
        let touched: Vec<&Column> = table
            .columns
            .iter()
            .filter(|column| scope.touches(column.id))
            .collect();
        let mut keys_dropped = scope
            .dropped_constraints
            .iter()
            .filter_map(|name| table.constraints.get(name))
            .filter(|constraint| constraint.kind == ConstraintKind::Primary);
        let in_text = |text: &str| {
            touched.iter().any(|column| mentions(text, &column.name))
                || !touched.is_empty() && text.contains(".*")
        };
        match body {
            Body::View(view) => {
                in_text(&view.query)
                    || view.query.contains("GROUP BY") && keys_dropped.next().is_some()
            }
            Body::MaterializedView(view) => {
                in_text(&view.query)
                    || view.query.contains("GROUP BY") && keys_dropped.next().is_some()
            }
            Body::Routine(routine) => {
                routine.definition.contains("BEGIN ATOMIC") && in_text(&routine.definition)
            }
            Body::Trigger(trigger) => {
                in_text(&trigger.definition)
                    || touched
                        .iter()
                        .any(|column| trigger.columns.contains(&column.name))
            }
            // The server rebuilds indexes of retyped columns itself.
            Body::Index(index) => table
                .columns
                .iter()
                .any(|column| scope.drops_now(column.id) && index.columns.contains(&column.name)),
            _ => false,
        }
    }

    /// Defaults and checks that call a function, or draw on a sequence, which makes way.
    fn detach_calls(&mut self, lineage: Lineage, needed: &Definition) {
        let (Some(old), Some(new)) = (self.old_table(lineage), self.new_table(lineage)) else {
            return;
        };
        let name = needed.key().name;
        // A sequence's name stands in a string.
        let is_sequence = needed.kind() == Kind::Sequence;
        let speaks_of_it =
            |text: &str| is_sequence && text.contains(&name) || mentions(text, &name);
        let renamed = self.renamed_constraints(lineage);
        let scope = self.tables.entry(lineage).or_default();
        for column in &old.columns {
            if column.default.as_deref().is_some_and(speaks_of_it) {
                scope.undefaulted.insert(column.id);
            }
        }
        for (name, constraint) in &old.constraints {
            if constraint.kind != ConstraintKind::Foreign && speaks_of_it(&constraint.definition) {
                scope.detach(name, &renamed, new);
            }
        }
    }

    /// Columns of a type that is made anew.
    fn retype(&mut self, lineage: Lineage, data_type: &Name) -> bool {
        let (Some(old), Some(new)) = (self.old_table(lineage), self.new_table(lineage)) else {
            return false;
        };
        let written = qualified(data_type);
        let renamed = self.renamed_constraints(lineage);
        let scope = self.tables.entry(lineage).or_default();
        let before = scope.retyped.len();
        for (name, constraint) in &old.constraints {
            if mentions(&constraint.definition, &data_type.name) {
                scope.detach(name, &renamed, new);
            }
        }
        for column in &old.columns {
            if is_of_type(&column.data_type, &written)
                && new.columns.iter().any(|kept| kept.id == column.id)
            {
                scope.retyped.insert(column.id);
            }
        }
        scope.retyped.len() > before
    }

    /// Old constraint name → new one, where a constraint is renamed.
    fn renamed_constraints(&self, lineage: Lineage) -> BTreeMap<&'a str, &'a str> {
        self.altered
            .get(&lineage)
            .copied()
            .unwrap_or_default()
            .iter()
            .filter_map(|alteration| match alteration {
                Alteration::RenameConstraint { from, to } => Some((from.as_str(), to.as_str())),
                _ => None,
            })
            .collect()
    }

    /// An object that is dropped while its name is wanted goes first, and what stands on it with it.
    fn make_way_for_names(&mut self) {
        let wanted = self.wanted_names();
        let created: BTreeSet<_> = self
            .created
            .iter()
            .filter_map(|lineage| Some(self.to.objects.get(lineage)?.key()))
            .collect();
        let in_the_way: Vec<_> = self
            .dropped
            .iter()
            .copied()
            .filter(|lineage| {
                self.old(*lineage).is_some_and(|old| {
                    created.contains(&old.key())
                        || relation_names(old).iter().any(|name| wanted.contains(name))
                })
            })
            .map(|lineage| {
                // An index goes with its table.
                match self.old(lineage).map(|old| &old.body) {
                    Some(Body::Index(index)) => self.old_relation(&index.table).unwrap_or(lineage),
                    _ => lineage,
                }
            })
            .filter(|lineage| self.dropped.contains(lineage))
            .collect();
        self.spread(in_the_way);
    }

    /// Names of relations and types that the migration brings into being.
    pub fn wanted_names(&self) -> BTreeSet<Name> {
        let mut wanted = BTreeSet::new();
        for (lineage, new) in &self.to.objects {
            if self.created.contains(lineage) {
                wanted.extend(relation_names(new));
            } else if let Some(old) = self.old(*lineage)
                && self.altered.contains_key(lineage)
            {
                let before = relation_names(old);
                let names = relation_names(new).into_iter();
                wanted.extend(names.filter(|name| !before.contains(name)));
            }
        }
        wanted
    }

    /// Foreign keys stand on keys and on the types of both sides.
    fn foreign_keys(&mut self) {
        let keys_gone = self.vanishing_keys();
        let touched = |scope: Option<&TableScope>, table: &Table, columns: &[String]| {
            scope.is_some_and(|scope| {
                table
                    .columns
                    .iter()
                    .any(|column| scope.touches(column.id) && columns.contains(&column.name))
            })
        };
        let mut detached = Vec::new();
        if !self.tables.is_empty() || !keys_gone.is_empty() {
            for (lineage, old) in &self.from.objects {
                let Body::Table(table) = &old.body else {
                    continue;
                };
                for (name, constraint) in &table.constraints {
                    let Some(references) = &constraint.references else {
                        continue;
                    };
                    let referenced = self.old_relation(references);
                    let columns = columns_after(&constraint.definition, "REFERENCES");
                    let key_goes = keys_gone.iter().any(|(table, key)| {
                        *table == references && columns.iter().all(|column| key.contains(column))
                    });
                    let makes_way = touched(self.tables.get(lineage), table, &constraint.columns)
                        || key_goes
                        || referenced.is_some_and(|other| {
                            self.old_table(other).is_some_and(|other_table| {
                                touched(self.tables.get(&other), other_table, &columns)
                            })
                        });
                    if makes_way {
                        detached.push((*lineage, name));
                    }
                }
            }
        }
        for (lineage, name) in detached {
            if let Some(new) = self.new_table(lineage)
                && !self.dropped.contains(&lineage)
            {
                let renamed = self.renamed_constraints(lineage);
                let scope = self.tables.entry(lineage).or_default();
                scope.detach(name, &renamed, new);
            }
        }
    }

    /// Table and columns of every unique key that goes, for good or for a while.
    fn vanishing_keys(&self) -> Vec<(&'a Name, Vec<String>)> {
        let mut gone = Vec::new();
        for (lineage, scope) in &self.tables {
            let Some(table) = self.old_table(*lineage) else {
                continue;
            };
            for name in &scope.dropped_constraints {
                if let Some(constraint) = table.constraints.get(name)
                    && matches!(
                        constraint.kind,
                        ConstraintKind::Primary | ConstraintKind::Unique
                    )
                {
                    gone.push((&table.name, columns_after(&constraint.definition, "")));
                }
            }
        }
        for lineage in self.dropped.iter().chain(&self.rebuilt) {
            if let Some(Body::Index(index)) = self.old(*lineage).map(|old| &old.body)
                && index.unique
            {
                gone.push((&index.table, columns_after(&index.definition, "")));
            }
        }
        gone
    }
}

impl TableScope {
    fn of(alterations: &[Alteration], old: &Table, new: &Table) -> Self {
        let mut scope = Self::default();
        let id_in =
            |table: &Table, name: &str| Some(table.columns.iter().find(|c| c.name == name)?.id);
        for alteration in alterations {
            match alteration {
                Alteration::SetColumnType { column, .. } => {
                    scope.retyped.extend(id_in(new, column));
                }
                Alteration::SetGenerated { column, .. }
                | Alteration::DropGenerated {
                    column,
                    stored: false,
                } => scope.recreated.extend(id_in(new, column)),
                Alteration::DropColumn { name } => {
                    if new.columns.iter().any(|column| column.name == *name) {
                        scope.dropped_first.extend(id_in(old, name));
                    } else {
                        scope.dropped_last.extend(id_in(old, name));
                    }
                }
                Alteration::DropConstraint { name, .. } => {
                    scope.dropped_constraints.insert(name.clone());
                }
                Alteration::AddConstraint { name, .. } => {
                    scope.added_constraints.insert(name.clone());
                }
                _ => {}
            }
        }
        scope.regenerate(old, new);
        let renamed = alterations
            .iter()
            .filter_map(|alteration| match alteration {
                Alteration::RenameConstraint { from, to } => Some((from.as_str(), to.as_str())),
                _ => None,
            })
            .collect();
        for (name, constraint) in &old.constraints {
            let goes_with_column = old.columns.iter().any(|column| {
                scope.drops_now(column.id) && constraint.columns.contains(&column.name)
            });
            if goes_with_column {
                scope.detach(name, &renamed, new);
            }
        }
        scope
    }

    /// A generated column stands in the way of a change to the columns it is made from.
    fn regenerate(&mut self, old: &Table, new: &Table) {
        for column in &old.columns {
            let Some(generated) = &column.generated else {
                continue;
            };
            let stands_on_touched = old.columns.iter().any(|other| {
                (self.retyped.contains(&other.id) || self.dropped_first.contains(&other.id))
                    && mentions(&generated.expression, &other.name)
            });
            let stays_generated = new
                .columns
                .iter()
                .any(|kept| kept.id == column.id && kept.generated.is_some());
            if stays_generated && (stands_on_touched || self.retyped.contains(&column.id)) {
                self.recreated.insert(column.id);
            }
        }
        self.retyped.retain(|id| !self.recreated.contains(id));
    }

    /// Whether what speaks of a column has to make way.
    fn touches(&self, column: Lineage) -> bool {
        self.retyped.contains(&column) || self.drops_now(column)
    }

    /// Whether a column is dropped at the start, for good or to come back.
    fn drops_now(&self, column: Lineage) -> bool {
        self.recreated.contains(&column) || self.dropped_first.contains(&column)
    }

    /// A constraint goes, and comes back if the table is to have it.
    fn detach(&mut self, name: &str, renamed: &BTreeMap<&str, &str>, new: &Table) {
        if self.dropped_constraints.insert(name.to_owned()) {
            let name = renamed.get(name).copied().unwrap_or(name);
            if new.constraints.contains_key(name) {
                self.added_constraints.insert(name.to_owned());
            }
        }
    }
}

/// Alterations of types that PostgreSQL has no `ALTER TYPE` for.
fn makes_anew(alteration: &Alteration) -> bool {
    matches!(
        alteration,
        Alteration::SetLabels { .. } | Alteration::SetBaseType { .. }
    )
}

/// Whether an alteration is beyond `ALTER` and `CREATE OR REPLACE`.
fn replaces(alteration: &Alteration, old: &Body, new: &Body) -> bool {
    match alteration {
        Alteration::SetSignature { .. } => true,
        Alteration::SetQuery { .. } => match (old, new) {
            // New columns may come at the end; the others keep name and type.
            (Body::View(old), Body::View(new)) => {
                let same_types =
                    !old.column_types.is_empty() && new.column_types.starts_with(&old.column_types);
                !(same_types && new.columns.starts_with(&old.columns))
            }
            _ => true,
        },
        Alteration::SetDefinition { .. } => match (old, new) {
            // A parameter's default can be added and changed, not removed.
            (Body::Routine(old), Body::Routine(new)) => {
                parameter_defaults(&new.definition) < parameter_defaults(&old.definition)
            }
            _ => true,
        },
        _ => false,
    }
}

/// The texts that the server evaluates when it makes an object.
fn texts(definition: &Definition) -> Vec<&str> {
    let mut texts: Vec<&str> = Vec::new();
    match &definition.body {
        Body::Domain(domain) => {
            texts.extend(domain.default.as_deref());
            texts.extend(
                domain
                    .checks
                    .values()
                    .map(|check| check.definition.as_str()),
            );
        }
        Body::Table(table) => {
            for column in &table.columns {
                texts.extend(column.default.as_deref());
                texts.extend(column.generated.as_ref().map(|one| one.expression.as_str()));
            }
            let constraints = table.constraints.values();
            texts.extend(constraints.map(|constraint| constraint.definition.as_str()));
        }
        Body::Index(index) => texts.push(&index.definition),
        Body::View(view) => {
            texts.push(&view.query);
            texts.extend(view.column_defaults.values().map(String::as_str));
        }
        Body::MaterializedView(view) => texts.push(&view.query),
        Body::Routine(routine) => texts.push(&routine.definition),
        Body::Trigger(trigger) => texts.push(&trigger.definition),
        Body::Schema(_) | Body::Enum(_) | Body::Composite(_) | Body::Sequence(_) => {}
    }
    texts
}

/// Whether a text holds a constant of a type, or of an array of it, with that label in it.
fn holds_constant(text: &str, label: &str, data_type: &str) -> bool {
    text.contains(data_type)
        && tokens(text).windows(2).any(|pair| match pair {
            [literal, cast] => {
                matches!(&literal.kind, TokenKind::Literal(inner) if inner.contains(label))
                    && cast.is("::")
                    && text
                        .get(cast.end..)
                        .is_some_and(|rest| rest.starts_with(data_type))
            }
            _ => false,
        })
}

fn parameter_defaults(definition: &str) -> usize {
    tokens(definition)
        .iter()
        .take_while(|token| !token.is("LANGUAGE") && !token.is("RETURNS"))
        .filter(|token| token.is("DEFAULT"))
        .count()
}

/// Whether a printed type is that type or an array of it.
pub(super) fn is_of_type(data_type: &str, written: &str) -> bool {
    data_type
        .strip_prefix(written)
        .is_some_and(|rest| rest.is_empty() || rest.starts_with('['))
}

/// The names in the first parentheses after a word: the columns of a key.
fn columns_after(definition: &str, word: &str) -> Vec<String> {
    tokens(definition)
        .iter()
        .skip_while(|token| !word.is_empty() && !token.is(word))
        .skip_while(|token| !token.is("("))
        .skip(1)
        .take_while(|token| !token.is(")"))
        .filter_map(|token| match &token.kind {
            TokenKind::Name(name) => Some(name.clone().into_owned()),
            _ => None,
        })
        .collect()
}

/// Every name that an object occupies among relations and types: its own, its keys' indexes', its
/// identity columns' sequences'.
pub(super) fn relation_names(definition: &Definition) -> BTreeSet<Name> {
    let mut names = BTreeSet::new();
    match &definition.body {
        Body::Schema(_) | Body::Routine(_) | Body::Trigger(_) => return names,
        Body::Table(table) => {
            for (name, constraint) in &table.constraints {
                if !matches!(
                    constraint.kind,
                    ConstraintKind::Check | ConstraintKind::Foreign
                ) {
                    names.insert(Name::new(table.name.schema.as_str(), name.as_str()));
                }
            }
            for identity in table.columns.iter().filter_map(|c| c.identity.as_ref()) {
                names.insert(Name::new(
                    table.name.schema.as_str(),
                    identity.sequence.as_str(),
                ));
            }
        }
        _ => {}
    }
    let key = definition.key();
    names.insert(Name::new(key.schema, key.name));
    names
}
