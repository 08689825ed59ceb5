//! Three-way merge of schemas: pure functions on snapshots.

pub mod outcome;
pub mod strategy;

pub use outcome::{Choice, Conflict, ConflictState, MergeKind, Merged, ObjectOutcome, Resolution};
pub use strategy::Strategy;

use crate::schema::snapshot::Snapshot;

/// Merges what `source` changed since `base` into `target`.
pub fn merge(
    _base: &Snapshot,
    _source: &Snapshot,
    target: &Snapshot,
    _strategy: Strategy,
    _resolutions: &[Resolution],
) -> Merged {
    Merged {
        result: target.clone(),
        objects: Vec::new(),
        conflicts: Vec::new(),
    }
}
