//! Foreign keys stand on keys and on the types of both sides.

use super::{Scope, TableScope};
use crate::schema::model::{Body, ConstraintKind, Lineage, Name, Table};
use crate::schema::token::{TokenKind, tokens};
use std::collections::BTreeSet;

impl<'a> Scope<'a> {
    /// Foreign keys stand on keys and on the types of both sides.
    pub(super) fn foreign_keys(&mut self) {
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
        for lineage in self.near_keys(&keys_gone) {
            let Some(table) = self.old_table(lineage) else {
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
                let makes_way = touched(self.tables.get(&lineage), table, &constraint.columns)
                    || key_goes
                    || referenced.is_some_and(|other| {
                        self.old_table(other).is_some_and(|other_table| {
                            touched(self.tables.get(&other), other_table, &columns)
                        })
                    });
                if makes_way {
                    detached.push((lineage, name));
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

    /// Tables of which parts make way, and those with foreign keys to them or to keys that go.
    fn near_keys(&self, keys_gone: &[(&Name, Vec<String>)]) -> BTreeSet<Lineage> {
        let in_part = self.tables.keys().filter_map(|one| self.old_table(*one));
        let referenced: BTreeSet<&Name> = in_part
            .map(|table| &table.name)
            .chain(keys_gone.iter().map(|(table, _)| *table))
            .collect();
        let referrers = referenced
            .iter()
            .flat_map(|table| self.from.referrers(table));
        self.tables.keys().copied().chain(referrers).collect()
    }

    /// Table and columns of every unique key that goes, for good or for a while.
    pub(super) fn vanishing_keys(&self) -> Vec<(&'a Name, Vec<String>)> {
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
