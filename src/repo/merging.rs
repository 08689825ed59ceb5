//! What leads from a base to a source is brought to a branch: a merge, a revert, a cherry-pick. Planned on the recorded
//! trees, applied as a [`super::transition`]; what conflicts is stored, and waits for a decision.

mod apply;
mod audit;
mod conflicts;
mod doubts;
mod history;
mod plan;
mod sources;
mod trial;

pub(super) use apply::carry_ledgers;
pub use apply::{MergeReport, Outcome, merge};
pub(super) use audit::audit_of_replay;
pub use audit::{ShownMerge, result, show};
pub use conflicts::{
    Decision, abort, conflicts, continue_merge, list, resolve, resolve_remembered,
};
pub(super) use conflicts::{new_conflict, resolution};
pub(super) use doubts::{Line, made_again};
pub use history::History;
pub(super) use plan::conversions;
pub use plan::{Part, Planned, plan, preview};
pub use sources::Source;

use crate::merge::Strategy;
use crate::store::{CommitHash, Operation};

/// What is asked for.
#[derive(Clone, Debug)]
pub struct Request {
    pub operation: Operation,
    /// What the source is compared with; by default the best common ancestor of source and target.
    pub base: Option<CommitHash>,
    /// One at least. Several are merged in turn, each into what those before it have come to, and applied as one.
    pub sources: Vec<Source>,
    /// A branch's name.
    pub target: String,
    pub strategy: Strategy,
    pub history: History,
    /// The commit's; by default it says what was merged.
    pub message: Option<String>,
    /// Go on although a table or column that holds rows is dropped.
    pub allow_data_loss: bool,
}

impl Request {
    /// The sources' names, as a message lists them.
    pub fn source_names(&self) -> String {
        let names: Vec<&str> = self.sources.iter().map(|source| &*source.name).collect();
        names.join(", ")
    }
}
