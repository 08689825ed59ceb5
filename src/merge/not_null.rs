//! Constraints behind `NOT NULL` keep their names when their table, column or domain is renamed.
//!
//! A definition leaves a name out that follows from others', so that a rename alone would seem to change it. Where a side
//! names a constraint, all of them do while they are merged. Servers without such names (before PostgreSQL 17) are left alone.

use super::references::Objects;
use super::three::Three;
use crate::schema::model::{Body, Definition, Lineage, default_domain_not_null, default_not_null};
use std::collections::BTreeSet;
use std::sync::Arc;

/// Writes out the names that follow from others', of constraints that some side names.
pub fn spell_out(sides: &mut Three<Objects>) {
    let all = [&sides.base, &sides.source, &sides.target];
    let named: BTreeSet<(Lineage, Option<Lineage>)> = all
        .into_iter()
        .flatten()
        .flat_map(|(lineage, definition)| {
            named_in(definition)
                .into_iter()
                .map(|column| (*lineage, column))
        })
        .collect();
    if named.is_empty() {
        return;
    }
    for side in [&mut sides.base, &mut sides.source, &mut sides.target] {
        for (lineage, definition) in side {
            if named
                .range((*lineage, None)..)
                .next()
                .is_some_and(|next| next.0 == *lineage)
            {
                write_out(Arc::make_mut(definition), |column| {
                    named.contains(&(*lineage, column))
                });
            }
        }
    }
}

/// The columns with constraints that have a name of their own; `None` stands for the constraint of a domain.
fn named_in(definition: &Definition) -> Vec<Option<Lineage>> {
    match &definition.body {
        Body::Domain(domain) if domain.not_null_name.is_some() => vec![None],
        Body::Table(table) => (table.columns.iter())
            .filter(|column| column.not_null_name.is_some())
            .map(|column| Some(column.id))
            .collect(),
        _ => Vec::new(),
    }
}

fn write_out(definition: &mut Definition, is_named: impl Fn(Option<Lineage>) -> bool) {
    match &mut definition.body {
        Body::Domain(domain) if is_named(None) => {
            domain.not_null_name = domain.not_null_constraint();
        }
        Body::Table(table) => {
            for column in &mut table.columns {
                if is_named(Some(column.id)) {
                    column.not_null_name = column.not_null_constraint(&table.name);
                }
            }
        }
        _ => {}
    }
}

/// Leaves out what follows from other names again.
pub fn leave_out(definition: Arc<Definition>) -> Arc<Definition> {
    let follows = match &definition.body {
        Body::Domain(domain) => {
            domain.not_null_name == Some(default_domain_not_null(&domain.name.name))
        }
        Body::Table(table) => table.columns.iter().any(|column| {
            column.not_null_name == Some(default_not_null(&table.name.name, &column.name))
        }),
        _ => false,
    };
    if !follows {
        return definition;
    }
    let mut definition = Arc::unwrap_or_clone(definition);
    match &mut definition.body {
        Body::Domain(domain) => domain.not_null_name = None,
        Body::Table(table) => {
            for column in &mut table.columns {
                let by_default = default_not_null(&table.name.name, &column.name);
                column.not_null_name.take_if(|name| *name == by_default);
            }
        }
        _ => {}
    }
    Arc::new(definition)
}
