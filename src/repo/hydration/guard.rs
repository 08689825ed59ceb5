//! Nobody's code runs with the rights of the administrative role.
//!
//! Making an object may evaluate what its definition says: a generated column, the expression of a partition key,
//! the checks of a table that becomes a partition, the first value of an aggregate. PostgreSQL does that as whoever
//! makes it. So the functions that may be called are `SECURITY DEFINER` while objects are made: they run as their
//! owners, and within them no role can be chosen. Both changes are in one transaction, so nobody else sees them.
//! (Indexes and materialized views PostgreSQL itself fills as their owners.)

use super::graph::{Graph, ObjectNo, UnitNo, is_relational};
use crate::schema::Step;
use crate::schema::model::{Body, Definition, Kind};
use crate::schema::quote::qualified;
use crate::schema::render::step::Creator;
use crate::schema::token::tokens;
use std::collections::BTreeSet;
use std::sync::Arc;

impl Graph {
    /// The functions that making these units may call, but for those of `creator`.
    pub fn called_by_making(&self, units: &[UnitNo], creator: &Creator) -> Vec<Arc<Definition>> {
        let mut pending: Vec<ObjectNo> = units
            .iter()
            .filter_map(|unit| self.unit(*unit))
            .flat_map(|unit| &unit.objects)
            .filter(|object| {
                self.object(**object)
                    .is_some_and(|object| is_evaluated(&object.definition))
            })
            .copied()
            .collect();
        let mut seen: BTreeSet<ObjectNo> = pending.iter().copied().collect();
        let mut called = Vec::new();
        while let Some(object) = pending.pop().and_then(|number| self.object(number)) {
            if let Body::Routine(_) = &object.definition.body {
                if object.definition.owner != creator.role && runs_as_caller(&object.definition) {
                    called.push(Arc::clone(&object.definition));
                }
                continue;
            }
            for need in &object.needs {
                let follows = self
                    .object(*need)
                    .is_some_and(|object| !is_relational(&object.definition));
                if follows && seen.insert(*need) {
                    pending.push(*need);
                }
            }
        }
        called
    }
}

/// The steps' statements, with `called` running as their owners from when they are there until the end.
pub fn statements(steps: &[Step], called: &[Arc<Definition>]) -> Vec<String> {
    let mut statements = Vec::with_capacity(steps.len() + 2 * called.len());
    let change = |routine: &Definition, to: &str| {
        let Body::Routine(body) = &routine.body else {
            return None;
        };
        let name = qualified(&body.name);
        let arguments = &body.identity_arguments;
        Some(format!("ALTER ROUTINE {name}({arguments}) SECURITY {to}"))
    };
    let is_new = |routine: &Definition| {
        let key = routine.key();
        steps.iter().any(|step| step.object == key)
    };
    for routine in called.iter().filter(|routine| !is_new(routine)) {
        statements.extend(change(routine, "DEFINER"));
    }
    for (at, step) in steps.iter().enumerate() {
        statements.push(step.sql.clone());
        // An owner is among the last things that an object is given.
        if step.object.kind == Kind::Routine
            && steps
                .get(at + 1)
                .is_none_or(|next| next.object != step.object)
            && let Some(routine) = called.iter().find(|routine| routine.key() == step.object)
        {
            statements.extend(change(routine, "DEFINER"));
        }
    }
    for routine in called {
        statements.extend(change(routine, "INVOKER"));
    }
    statements
}

/// Whether the server may evaluate something of a definition when it is made.
fn is_evaluated(definition: &Definition) -> bool {
    match definition.kind() {
        Kind::Table => true,
        Kind::Routine => false,
        _ => !is_relational(definition),
    }
}

fn runs_as_caller(routine: &Definition) -> bool {
    let Body::Routine(body) = &routine.body else {
        return false;
    };
    let words = tokens(&body.definition);
    let is_word = |at: usize, word: &str| {
        words.get(at).is_some_and(|token| {
            body.definition
                .get(token.start..token.end)
                .is_some_and(|written| written.eq_ignore_ascii_case(word))
        })
    };
    !(0..words.len()).any(|at| is_word(at, "SECURITY") && is_word(at + 1, "DEFINER"))
}
