//! What a merge leaves in the target's history.

use super::plan::Planned;
use crate::error::{ErrorReport, SqlState};
use crate::repo::database::{Database, Head};
use crate::repo::error::RepoError;
use crate::store::Operation;
use std::collections::BTreeSet;
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

    /// The source's commit, if the target may become it.
    pub fn fast_forward(self, planned: &Planned, has_message: bool) -> Option<Head> {
        match self {
            Self::Auto => planned.fast_forward().filter(|_| !has_message),
            Self::FastForwardOnly => planned.fast_forward(),
            Self::NoFastForward | Self::Squash => None,
        }
    }

    /// Whether the sources become parents, after the target.
    pub fn joins(self, operation: Operation) -> bool {
        operation == Operation::Merge && self != Self::Squash
    }

    /// Refuses what cannot be had.
    pub fn check(self, planned: &Planned, target: &str) -> Result<(), RepoError> {
        let possible = planned.fast_forward().is_some() || planned.is_up_to_date();
        if self != Self::FastForwardOnly || possible {
            return Ok(());
        }
        let why = match planned.parts.as_slice() {
            [_] => "It has commits that the source has not.",
            _ => "None of the sources has all that the others have.",
        };
        Err(ErrorReport::new(
            SqlState::OBJECT_NOT_IN_PREREQUISITE_STATE,
            format!("not possible to fast-forward branch \"{target}\""),
        )
        .with_detail(why)
        .with_hint("Merge without FF ONLY.")
        .into())
    }
}

/// The message of a squash: what the commits say that it stands for, oldest first.
pub async fn squash_message(
    database: &Database,
    planned: &Planned,
    sources: &str,
    target: &str,
) -> Result<String, RepoError> {
    let mut message = format!("Squash {sources} into {target}\n");
    let mut said = BTreeSet::new();
    for part in &planned.parts {
        let own = database
            .store()
            .own_commits(
                &mut database.reader(),
                part.head.commit,
                planned.transition.head.commit,
            )
            .await?;
        for (hash, commit) in own {
            if said.insert(hash) {
                let first_line = commit.message.lines().next().unwrap_or_default();
                let _ = write!(message, "\n{} {first_line}", hash.short());
            }
        }
    }
    Ok(message)
}
