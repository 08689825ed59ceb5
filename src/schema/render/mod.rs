//! Differences become DDL: ordered statements in logical names.

pub mod step;

pub use step::{Hazard, RenderOptions, Step, script};

use super::change::Change;
use super::diff::diff;
use super::snapshot::Snapshot;

/// The statements that turn `from` into `to`, in an order in which they run. `changes` is what
/// [`diff`] says of the two, or some of it.
pub fn render(
    _changes: &[Change],
    _from: &Snapshot,
    _to: &Snapshot,
    _options: &RenderOptions,
) -> Vec<Step> {
    Vec::new()
}

/// The statements that make `snapshot` where nothing is.
pub fn create_all(snapshot: &Snapshot, options: &RenderOptions) -> Vec<Step> {
    let empty = Snapshot::default();
    render(&diff(&empty, snapshot), &empty, snapshot, options)
}
