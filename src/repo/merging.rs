//! What leads from a base to a source is brought to a branch: a merge, a revert, a cherry-pick. Planned on the recorded
//! trees, applied as a [`super::transition`]; what conflicts is stored, and waits for a decision.

mod apply;
mod audit;
mod conflicts;
mod doubts;
mod history;
mod plan;
mod trial;

pub(super) use apply::carry_ledgers;
pub use apply::{MergeReport, Outcome, merge};
pub use audit::{ShownMerge, result, show};
pub(super) use conflicts::resolution;
pub use conflicts::{
    Decision, abort, conflicts, continue_merge, list, resolve, resolve_remembered,
};
pub(super) use doubts::{Line, made_again};
pub use history::History;
pub(super) use plan::conversions;
pub use plan::{Planned, plan};

use super::reference::Ref;
use crate::merge::Strategy;
use crate::store::{CommitHash, Operation};

/// What is asked for.
#[derive(Clone, Debug)]
pub struct Request {
    pub operation: Operation,
    /// What the source is compared with; by default the best common ancestor of source and target.
    pub base: Option<CommitHash>,
    pub source: Ref,
    /// What the client calls the source.
    pub source_name: String,
    /// A branch's name.
    pub target: String,
    pub strategy: Strategy,
    pub history: History,
    /// The commit's; by default it says what was merged.
    pub message: Option<String>,
    /// Go on although a table or column that holds rows is dropped.
    pub allow_data_loss: bool,
}
