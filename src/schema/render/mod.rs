//! Differences become DDL: ordered statements in logical names.
//!
//! A migration goes in four phases. First everything that is in the way is dropped, under its old name
//! ([`mod@drop`]). Then names change, and new schemas are made for what moves there ([`mod@rename`]). Then
//! objects are made and altered, each after what it needs ([`build`]), under their new names. At the end
//! goes what nothing stands on any more. Before and after all of it, tables are taken apart and put together
//! ([`ties`]). What is in the way, [`scope`] finds out; each kind of object has a
//! module that knows its statements.

mod aggregate;
mod base_type;
mod build;
mod column;
mod declared;
mod defaults;
mod domain;
mod drop;
mod foreign;
mod index;
mod operator;
mod policy;
mod range;
mod rename;
mod routine;
mod rule;
mod scope;
mod script;
mod sequence;
mod statistics;
pub mod step;
mod table;
mod text_search;
mod ties;
mod types;
mod view;

#[cfg(test)]
mod tests;

pub use step::{Creator, Hazard, RenderOptions, Step, migration, script};

use super::change::Change;
use super::diff::diff;
use super::snapshot::Snapshot;
use drop::Schedule;
use scope::Scope;
use script::Script;

/// The statements that turn `from` into `to`, in an order in which they run. `changes` is what
/// [`diff`] says of the two, or some of it.
///
/// They are meant to run in one transaction, with `check_function_bodies` off, by a role that owns what
/// it alters.
pub fn render(
    changes: &[Change],
    from: &Snapshot,
    to: &Snapshot,
    options: &RenderOptions,
) -> Vec<Step> {
    let scope = Scope::new(changes, from, to, options);
    let schedule = Schedule::new(&scope);
    let mut script = Script {
        steps: Vec::new(),
        options,
        before: from,
        old_schemas: scope.renames.schemas_before(),
    };
    ties::untie(&mut script, &scope);
    schedule.render_first(&mut script, &scope);
    let aside = rename::render(&mut script, &scope, &schedule.last);
    build::render(&mut script, &scope);
    defaults::render(&mut script, &scope);
    schedule.render_last(&mut script, &scope, &aside);
    ties::tie(&mut script, &scope);
    script.steps
}

/// The statements that make `snapshot` where nothing is.
pub fn create_all(snapshot: &Snapshot, options: &RenderOptions) -> Vec<Step> {
    let empty = Snapshot::default();
    render(&diff(&empty, snapshot), &empty, snapshot, options)
}
