//! What can go wrong with history.

use super::hash::CommitHash;
use crate::error::{Origin, Report, SqlState};
use crate::upstream::DbError;

#[derive(Clone, Debug, thiserror::Error)]
pub enum StoreError {
    #[error(transparent)]
    Db(#[from] DbError),
    #[error("branch \"{0}\" does not exist")]
    UnknownBranch(String),
    #[error("branch \"{0}\" already exists")]
    BranchExists(String),
    #[error("physical schema \"{0}\" already belongs to a branch")]
    SchemaTaken(String),
    #[error("branch, tag or commit \"{0}\" does not exist")]
    UnknownRef(String),
    #[error("commit prefix \"{prefix}\" is ambiguous")]
    AmbiguousRef {
        prefix: String,
        candidates: Vec<CommitHash>,
    },
    /// `ref~n` with too large an `n`.
    #[error("\"{0}\" goes back beyond the first commit")]
    BeyondFirstCommit(String),
    #[error("branch \"{branch}\" has no history at {timestamp}")]
    BeforeBranch { branch: String, timestamp: String },
    #[error("a rebase of branch \"{0}\" is in progress")]
    RebaseInProgress(String),
    #[error("a branch cannot live for \"{0}\"")]
    TimeToLive(String),
    #[error("tag \"{0}\" does not exist")]
    UnknownTag(String),
    #[error("tag \"{0}\" already exists")]
    TagExists(String),
    #[error("commit {0} does not exist")]
    UnknownCommit(CommitHash),
    #[error("merge {0} does not exist")]
    UnknownMerge(i64),
    #[error("merge request {0} does not exist")]
    UnknownMergeRequest(i64),
    #[error("merge {merge} has no conflict {conflict}")]
    UnknownConflict { merge: i64, conflict: i64 },
    #[error("merge {id} is already {state}")]
    MergeNotOpen { id: i64, state: &'static str },
    /// Stored content does not have the hash that names it, or cannot be read.
    #[error("history is damaged: {what} {name} does not hold what its name promises")]
    Corrupt { what: &'static str, name: String },
    #[error("schema \"pggit\" belongs to role \"{0}\"")]
    ForeignSchema(String),
    #[error("schema \"pggit\" is at version {found}, this proxy knows versions up to {known}")]
    NewerSchema { found: i64, known: i64 },
    /// It could not be brought up to date.
    #[error("schema \"pggit\" is at version {found}, this proxy needs version {needed}")]
    OlderSchema { found: i64, needed: i64 },
    #[error("no key for records is stored in this database")]
    NoKey,
}

impl StoreError {
    pub(super) fn corrupt(what: &'static str, name: &impl ToString) -> Self {
        Self::Corrupt {
            what,
            name: name.to_string(),
        }
    }

    /// An answer of the server that is not of the form our own SQL gives it.
    pub(super) fn unexpected(what: &str) -> Self {
        Self::Db(DbError::Unexpected(what.to_owned()))
    }
}

impl Report for StoreError {
    fn sqlstate(&self) -> SqlState {
        match self {
            Self::Db(error) => error.sqlstate(),
            Self::UnknownBranch(_)
            | Self::UnknownRef(_)
            | Self::AmbiguousRef { .. }
            | Self::UnknownCommit(_) => SqlState::INVALID_CATALOG_NAME,
            Self::BranchExists(_) => SqlState::DUPLICATE_DATABASE,
            Self::TimeToLive(_) => SqlState::INVALID_PARAMETER_VALUE,
            Self::SchemaTaken(_) | Self::TagExists(_) => SqlState::DUPLICATE_OBJECT,
            Self::BeyondFirstCommit(_)
            | Self::BeforeBranch { .. }
            | Self::UnknownTag(_)
            | Self::UnknownMerge(_)
            | Self::UnknownMergeRequest(_)
            | Self::UnknownConflict { .. } => SqlState::UNDEFINED_OBJECT,
            Self::MergeNotOpen { .. }
            | Self::RebaseInProgress(_)
            | Self::NewerSchema { .. }
            | Self::OlderSchema { .. }
            | Self::NoKey => SqlState::OBJECT_NOT_IN_PREREQUISITE_STATE,
            Self::Corrupt { .. } => SqlState::DATA_CORRUPTED,
            Self::ForeignSchema(_) => SqlState::INSUFFICIENT_PRIVILEGE,
        }
    }

    fn detail(&self) -> Option<String> {
        match self {
            Self::Db(error) => error.detail(),
            Self::AmbiguousRef { candidates, .. } => {
                let candidates: Vec<_> = candidates.iter().map(CommitHash::short).collect();
                Some(format!("It may mean {}.", candidates.join(", ")))
            }
            _ => None,
        }
    }

    fn hint(&self) -> Option<String> {
        let hint = match self {
            Self::Db(error) => return error.hint(),
            Self::UnknownBranch(_) => "PGGIT BRANCH LIST shows the branches.",
            Self::UnknownRef(_) => {
                "A ref is a branch, a tag, at least 4 digits of a commit's hash, ref~n or branch@{timestamp}."
            }
            Self::AmbiguousRef { .. } => "Give more digits.",
            Self::RebaseInProgress(_) => {
                "Go on with PGGIT REBASE CONTINUE or SKIP, or give it up with PGGIT REBASE ABORT."
            }
            Self::TimeToLive(_) => "It can live for between 0 and 1000 years, or EXPIRES NEVER.",
            Self::UnknownTag(_) => "PGGIT TAG LIST shows the tags.",
            Self::TagExists(_) => {
                "A tag never moves: choose another name, or delete it with PGGIT TAG DELETE."
            }
            Self::UnknownMerge(_) => "PGGIT MERGES shows the merges.",
            Self::UnknownMergeRequest(_) => "PGGIT MERGE REQUESTS shows the merge requests.",
            Self::UnknownConflict { .. } => "PGGIT CONFLICTS shows a merge's conflicts.",
            Self::ForeignSchema(_) => {
                "It was not made by the proxy's administrative role. Drop it, or connect the proxy as the role that initialised the database."
            }
            Self::NewerSchema { .. } => "Use the version of pggit that migrated this database.",
            Self::OlderSchema { .. } => {
                "The proxy could not bring it up to date, and its log says why. `pggit init`, as the role that owns the schema, does it as well."
            }
            Self::NoKey => "Initialise the database with PGGIT INIT.",
            _ => return None,
        };
        Some(hint.to_owned())
    }

    fn origin(&self) -> Origin {
        match self {
            Self::Db(error) => error.origin(),
            Self::Corrupt { .. }
            | Self::NewerSchema { .. }
            | Self::OlderSchema { .. }
            | Self::NoKey => Origin::Internal,
            _ => Origin::Client,
        }
    }
}
