//! What was done is undone, always by a new commit, which can itself be undone.
//!
//! - [`revert`](revert()): one commit, the commits of a range, or a merge, with whatever came later kept.
//! - [`restore`](restore()): the branch, or some of its objects, become what they were at a ref.
//!
//! Each is worked out on recorded trees and says what it found ([`Finding`]) before anything is done. A preview asks the
//! rows, too, in a transaction that is rolled back. What is done is a [`super::transition`].

mod findings;
mod history;
mod restore;
mod revert;
mod rollback;
mod undo;

pub use findings::{Finding, Severity};
pub use restore::{Restore, preview_restore, restore};
pub use revert::{Revert, Span, preview_revert, revert};

use super::database::Database;
use super::error::RepoError;
use super::transition::{Transition, Within};
use crate::schema::Step;
use crate::store::CommitHash;
use crate::upstream::Executor;

/// How it came out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// There is nothing to undo.
    UpToDate,
    Reverted,
    RolledBack,
    Undone,
    /// Nothing was changed: a revert is stored, and waits for decisions.
    Conflicts,
}

impl Outcome {
    pub fn as_str(self) -> &'static str {
        match self {
            Self::UpToDate => "up_to_date",
            Self::Reverted => "reverted",
            Self::RolledBack => "rolled_back",
            Self::Undone => "undone",
            Self::Conflicts => "conflicts",
        }
    }
}

/// What was done.
#[derive(Clone, Debug)]
pub struct Undone {
    pub outcome: Outcome,
    /// The number under which a revert with conflicts is stored.
    pub merge: Option<i64>,
    /// The branch's head afterwards.
    pub commit: CommitHash,
    pub objects: usize,
    pub conflicts: usize,
    pub statements: usize,
    /// What is worth knowing although it did not stand in the way.
    pub findings: Vec<Finding>,
}

/// What would be done.
#[derive(Clone, Debug)]
pub struct Preview {
    pub findings: Vec<Finding>,
    /// None if it could not be done.
    pub steps: Vec<Step>,
}

/// Completes a preview with what the rows say, in a transaction that is rolled back.
async fn ask_rows(
    database: &Database,
    session: &mut dyn Executor,
    mut findings: Vec<Finding>,
    transition: &Transition,
    allow_data_loss: bool,
) -> Result<Preview, RepoError> {
    let of_rows = transition
        .preview(database, session, Within::Nothing)
        .await?;
    findings.extend(
        of_rows
            .into_iter()
            .map(|found| Finding::of_rows(found, allow_data_loss)),
    );
    Ok(Preview {
        findings,
        steps: transition.steps.clone(),
    })
}
