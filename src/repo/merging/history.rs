//! What a merge leaves in the target's history.

use super::plan::Planned;
use crate::error::{ErrorReport, SqlState};
use crate::repo::database::Database;
use crate::repo::error::RepoError;
use crate::store::{LogQuery, Operation};
use std::fmt::Write;

/// What becomes of the source's commits.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum History {
    /// They are the target's where it has not moved, else a merge commit joins both.
    #[default]
    Auto,
    /// A merge commit joins them, always.
    NoFastForward,
    /// They are the target's, or the merge is refused.
    FastForwardOnly,
    /// One commit has all that they did, and does not descend from them.
    Squash,
}

impl History {
    const ALL: [Self; 4] = [
        Self::Auto,
        Self::NoFastForward,
        Self::FastForwardOnly,
        Self::Squash,
    ];

    /// As it is stored.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Auto => "auto",
            Self::NoFastForward => "no_ff",
            Self::FastForwardOnly => "ff_only",
            Self::Squash => "squash",
        }
    }

    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL
            .into_iter()
            .find(|history| history.as_str() == name)
    }

    /// Whether the target may become the source's commit.
    pub fn fast_forwards(self, planned: &Planned, has_message: bool) -> bool {
        match self {
            Self::Auto => planned.is_fast_forward() && !has_message,
            Self::FastForwardOnly => planned.is_fast_forward(),
            Self::NoFastForward | Self::Squash => false,
        }
    }

    /// Whether the source becomes the second parent.
    pub fn joins(self, operation: Operation) -> bool {
        operation == Operation::Merge && self != Self::Squash
    }

    /// Refuses what cannot be had.
    pub fn check(self, planned: &Planned, target: &str) -> Result<(), RepoError> {
        if self != Self::FastForwardOnly || planned.is_fast_forward() || planned.is_up_to_date() {
            return Ok(());
        }
        Err(ErrorReport::new(
            SqlState::OBJECT_NOT_IN_PREREQUISITE_STATE,
            format!("not possible to fast-forward branch \"{target}\""),
        )
        .with_detail("It has commits that the source has not.")
        .with_hint("Merge without FF ONLY.")
        .into())
    }
}

/// The message of a squash: what the commits say that it stands for, oldest first.
pub async fn squash_message(
    database: &Database,
    planned: &Planned,
    source: &str,
    target: &str,
) -> Result<String, RepoError> {
    let log = database
        .store()
        .log(
            &mut database.reader(),
            &LogQuery {
                from: vec![planned.source_head.commit],
                down_to: planned.bases.clone(),
                ..LogQuery::default()
            },
        )
        .await?;
    let mut message = format!("Squash {source} into {target}\n");
    let own = log
        .iter()
        .take_while(|(hash, _)| !planned.bases.contains(hash));
    for (hash, commit) in own.collect::<Vec<_>>().into_iter().rev() {
        let first_line = commit.message.lines().next().unwrap_or_default();
        let _ = write!(message, "\n{} {first_line}", hash.short());
    }
    Ok(message)
}
