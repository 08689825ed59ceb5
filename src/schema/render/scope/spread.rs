//! Following dependencies from what makes way to all that has to make way with it.

use super::Scope;
use super::text::is_of_type;
use crate::schema::change::Alteration;
use crate::schema::model::{Body, Column, ConstraintKind, Definition, Kind, Lineage, Name, Table};
use crate::schema::quote::qualified;
use crate::schema::token::{mentions, tokens};
use std::collections::{BTreeMap, BTreeSet};

impl<'a> Scope<'a> {
    /// A table or a domain that stays lets go of functions and sequences that do not: its defaults and checks may
    /// read the same afterwards and mean others.
    pub(super) fn detach_from_dropped(&mut self) {
        let mut touched = Vec::new();
        for lineage in self.dropped.clone() {
            let Some(old) = self.old(lineage) else {
                continue;
            };
            if !is_called(old.kind()) {
                continue;
            }
            for dependent in self.dependents(lineage) {
                if !self.is_gone(dependent) && self.detach_calls(dependent, old) {
                    touched.push(dependent);
                }
            }
        }
        self.spread(touched);
    }

    /// A sequence goes with the column that owns it, and comes back with another of that name.
    pub(super) fn rebuild_owned_sequences(&mut self) {
        let tables: Vec<Lineage> = self.tables.keys().chain(&self.dropped).copied().collect();
        let mut rebuilt = Vec::new();
        for table in tables {
            let needed = self.old(table).map(|old| old.depends_on.iter());
            for key in needed.into_iter().flatten() {
                if key.kind == Kind::Sequence
                    && let Some(sequence) = self.old_lineage(key)
                    && !self.is_gone(sequence)
                    && self.goes_with_column(table, sequence)
                {
                    self.rebuilt.insert(sequence);
                    rebuilt.push(sequence);
                }
            }
        }
        self.spread(rebuilt);
    }

    /// Follows dependencies from what makes way to all that has to make way with it.
    pub(super) fn spread(&mut self, mut pending: Vec<Lineage>) {
        while let Some(lineage) = pending.pop() {
            let Some(old) = self.old(lineage) else {
                continue;
            };
            for dependent in self.dependents(lineage) {
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
    pub(super) fn gives_way(
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
            (_, Body::Table(_) | Body::Domain(_)) if gone && is_called(needed.kind()) => {
                self.detach_calls(dependent, needed)
            }
            (_, Body::Table(_)) if remade => {
                let key = needed.key();
                let own = self.retype(dependent, &Name::new(key.schema, key.name));
                let multirange = match &needed.body {
                    Body::Declared(range) => range.multirange(),
                    _ => None,
                };
                multirange.is_some_and(|name| self.retype(dependent, &name)) || own
            }
            (_, Body::Domain(_) | Body::Composite(_)) if remade => self.remade.insert(dependent),
            (_, Body::Declared(body)) if remade && body.declares == Kind::Range => {
                self.remade.insert(dependent)
            }
            (
                _,
                Body::View(_)
                | Body::MaterializedView(_)
                | Body::Routine(_)
                | Body::Trigger(_)
                | Body::Declared(_)
                | Body::Index(_),
            ) if gone || remade => self.rebuilt.insert(dependent),
            _ => false,
        }
    }

    /// Whether a sequence that is to be there goes with the column that owns it, for another of its name.
    fn goes_with_column(&self, table: Lineage, sequence: Lineage) -> bool {
        let (Some(old), Some(Body::Sequence(body))) = (
            self.old_table(table),
            self.old(sequence).map(|sequence| &sequence.body),
        ) else {
            return false;
        };
        let Some(owner) = body
            .owned_by
            .as_ref()
            .filter(|owner| owner.table == old.name)
        else {
            return false;
        };
        let column_goes = self.tables.get(&table).is_some_and(|scope| {
            let mut columns = old.columns.iter();
            columns.any(|column| column.name == owner.column && scope.drops_now(column.id))
        });
        let alterations = self.altered.get(&sequence).copied().unwrap_or_default();
        let mut owners = alterations
            .iter()
            .filter(|one| matches!(one, Alteration::SetOwnedBy { .. }));
        (column_goes || self.is_gone(table))
            && self.to.contains(&sequence)
            && owners.next().is_none()
    }

    pub(super) fn speaks_of_touched_columns(
        &self,
        lineage: Lineage,
        table: &Table,
        body: &Body,
    ) -> bool {
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
            Body::Declared(declared) => {
                declared.texts().any(in_text)
                    || touched
                        .iter()
                        .any(|column| declared.columns.contains(&column.name))
            }
            // The server rebuilds indexes of retyped columns itself.
            Body::Index(index) => table
                .columns
                .iter()
                .any(|column| scope.drops_now(column.id) && index.columns.contains(&column.name)),
            _ => false,
        }
    }

    /// Defaults, checks and generated columns that call a function, or draw on a sequence, which makes way.
    /// Returns whether other objects may stand on what is detached.
    pub(super) fn detach_calls(&mut self, lineage: Lineage, needed: &Definition) -> bool {
        let name = needed.key().name;
        let speaks_of_it = |text: &str| speaks_of(text, needed.kind(), &name);
        if let Some(Body::Domain(old)) = self.old(lineage).map(|old| &old.body) {
            let scope = self.domains.entry(lineage).or_default();
            scope.detach(old, speaks_of_it);
            return false;
        }
        let (Some(old), Some(new)) = (self.old_table(lineage), self.new_table(lineage)) else {
            return false;
        };
        let renamed = self.renamed_constraints(lineage);
        let scope = self.tables.entry(lineage).or_default();
        for column in &old.columns {
            if column.default.as_deref().is_some_and(speaks_of_it) {
                scope.undefaulted.insert(column.id);
            }
        }
        for (name, constraint) in &old.constraints {
            let stands_on_it = match constraint.kind {
                ConstraintKind::Foreign => false,
                ConstraintKind::Check => speaks_of_it(&constraint.definition),
                // A key may stand on the class that is its type's default, and not say so.
                _ if needed.kind() == Kind::OperatorClass => (old.columns.iter()).any(|column| {
                    column.data_type.contains('.') && constraint.columns.contains(&column.name)
                }),
                _ => speaks_of_it(&constraint.definition),
            };
            if stands_on_it {
                scope.detach(name, &renamed, new);
            }
        }
        let calls: Vec<Lineage> = (old.columns.iter())
            .filter(|column| {
                (column.generated.as_ref()).is_some_and(|one| speaks_of_it(&one.expression))
            })
            .map(|column| column.id)
            .filter(|id| {
                let kept = new.columns.iter().find(|kept| kept.id == *id);
                kept.is_some_and(|kept| kept.generated.is_some())
            })
            .collect();
        scope.recreated.extend(&calls);
        scope.detach_with_columns(old, &renamed, new);
        !calls.is_empty()
    }

    /// Whether a table that stays has columns of a type, or of one made from it.
    pub(super) fn is_stored(&self, data_type: Lineage) -> bool {
        let mut seen = BTreeSet::from([data_type]);
        let mut pending = vec![data_type];
        while let Some(lineage) = pending.pop() {
            for dependent in self.dependents(lineage).iter().copied() {
                match self.old(dependent).map(|old| &old.body) {
                    Some(Body::Table(_)) if !self.dropped.contains(&dependent) => return true,
                    Some(Body::Domain(_) | Body::Composite(_) | Body::Declared(_))
                        if seen.insert(dependent) =>
                    {
                        pending.push(dependent);
                    }
                    _ => {}
                }
            }
        }
        false
    }

    /// Columns of a type that is made anew.
    pub(super) fn retype(&mut self, lineage: Lineage, data_type: &Name) -> bool {
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
    pub(super) fn renamed_constraints(&self, lineage: Lineage) -> BTreeMap<&'a str, &'a str> {
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
}

/// Whether expressions call objects of a kind, or name them in strings.
pub(in crate::schema::render) fn is_called(kind: Kind) -> bool {
    matches!(
        kind,
        Kind::Routine
            | Kind::Sequence
            | Kind::Operator
            | Kind::OperatorFamily
            | Kind::OperatorClass
            | Kind::TextSearchDictionary
            | Kind::TextSearchConfiguration
    )
}

/// Whether an expression speaks of an object of that kind and name.
pub(in crate::schema::render) fn speaks_of(text: &str, kind: Kind, name: &str) -> bool {
    match kind {
        // In a string.
        Kind::Sequence | Kind::TextSearchDictionary | Kind::TextSearchConfiguration => {
            text.contains(name)
        }
        Kind::Operator => text.contains(name) && tokens(text).iter().any(|token| token.is(name)),
        _ => mentions(text, name),
    }
}
