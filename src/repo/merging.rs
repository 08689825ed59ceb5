//! Merging one branch into another: planned on the recorded trees, applied in one transaction of the
//! client's, and checked against the live catalogs before it counts.

mod apply;
mod conflicts;
mod plan;
mod trial;

pub use apply::{MergeReport, Outcome, merge};
pub use conflicts::{Decision, abort, conflicts, continue_merge, list, resolve};
pub use plan::{Planned, plan};

use super::reference::Ref;
use crate::merge::Strategy;

/// What is asked for.
#[derive(Clone, Debug)]
pub struct Request {
    pub source: Ref,
    /// What the client calls the source.
    pub source_name: String,
    /// A branch's name.
    pub target: String,
    pub strategy: Strategy,
    pub message: Option<String>,
    /// Go on although a table or column that holds rows is dropped.
    pub allow_data_loss: bool,
}
