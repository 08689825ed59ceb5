//! What a `PGGIT …` text asks for.

use crate::merge::Strategy;
use crate::repo::Ref;
use crate::repo::history::ObjectPath;
use crate::repo::merging::History;
use crate::repo::undoing::Span;
use std::fmt;

/// A parsed command. Names are as PostgreSQL would fold and unquote them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Command {
    Status,
    /// The command to explain; all of them if there is none.
    Help {
        topic: Option<String>,
    },
    Version,
    Verify,
    Init,
    BranchList,
    BranchCreate {
        name: String,
        /// The session's branch if there is none.
        from: Option<Ref>,
        /// For how long it may be unused, as PostgreSQL reads an `interval`; none is for ever.
        time_to_live: Option<String>,
    },
    BranchExpire {
        name: String,
        time_to_live: Option<String>,
    },
    BranchRename {
        from: String,
        to: String,
    },
    BranchDelete {
        name: String,
        /// Although it has commits that no other branch has.
        force: bool,
    },
    Checkout {
        branch: String,
    },
    CheckoutNew {
        branch: String,
        /// The session's branch if there is none.
        from: Option<Ref>,
    },
    Commit {
        message: Option<String>,
    },
    Tag(TagCommand),
    CherryPick(CherryPick),
    Rebase(Rebase),
    Log(Log),
    Show {
        reference: Ref,
    },
    ShowSchema {
        /// The session's branch if there is none.
        at: Option<Ref>,
        object: Option<ObjectPath>,
    },
    History {
        object: ObjectPath,
        /// The session's branch if there is none.
        from: Option<Ref>,
    },
    Blame {
        object: ObjectPath,
        /// The session's branch if there is none.
        at: Option<Ref>,
    },
    Impact {
        /// Or a column.
        object: ObjectPath,
        /// The session's branch if there is none.
        at: Option<Ref>,
    },
    Diff(Diff),
    Merge(Merge),
    MergeBase {
        left: Ref,
        right: Ref,
    },
    MergeContinue {
        merge: i64,
        allow_data_loss: bool,
    },
    MergeAbort {
        merge: i64,
    },
    MergeShow {
        merge: i64,
    },
    Merges,
    Protections,
    Protect(Protect),
    Unprotect {
        branch: String,
    },
    MergeRequest(MergeRequest),
    MergeRequests,
    MergeRequestClose {
        request: i64,
    },
    Approve {
        request: i64,
        comment: Option<String>,
    },
    Conflicts {
        merge: i64,
    },
    Resolve {
        merge: i64,
        conflict: i64,
        with: ResolveWith,
    },
    /// As was decided of the same conflicts before.
    ResolveRemembered {
        merge: i64,
    },
    Dropped,
    DroppedPurge {
        entry: i64,
    },
    Revert(Revert),
    Rollback(Rollback),
    Undo(Undo),
}

/// `PGGIT LOG`: which commits, newest first.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Log {
    /// The session's branch if there is none.
    pub from: Option<Ref>,
    pub object: Option<ObjectName>,
    pub author: Option<String>,
    /// `SINCE` and `UNTIL` hold any text that PostgreSQL reads as `timestamptz`.
    pub since: Option<String>,
    pub until: Option<String>,
    pub limit: Option<u64>,
    /// With lines that show what descends from what.
    pub graph: bool,
}

/// An object as a person names it: a column's or overload's kind is not asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ObjectName {
    /// None where the name stood alone: any schema.
    pub schema: Option<String>,
    pub name: String,
}

impl fmt::Display for ObjectName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(schema) = &self.schema {
            write!(f, "{schema}.")?;
        }
        f.write_str(&self.name)
    }
}

/// `PGGIT DIFF`: what leads from one ref to another.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Diff {
    /// `main` if there is none.
    pub from: Option<Ref>,
    /// The session's branch if there is none.
    pub to: Option<Ref>,
    pub format: DiffFormat,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum DiffFormat {
    /// One row per change.
    #[default]
    Rows,
    /// One row per statement.
    Sql,
    /// One row with one document.
    Json,
}

/// `PGGIT MERGE`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Merge {
    /// One at least.
    pub sources: Vec<Ref>,
    /// The session's branch if there is none.
    pub into: Option<String>,
    pub strategy: Strategy,
    pub history: History,
    pub message: Option<String>,
    pub dry_run: bool,
    /// Also if a table or column that holds rows goes.
    pub allow_data_loss: bool,
}

/// `PGGIT PROTECT`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Protect {
    pub branch: String,
    /// Who may merge into it; everybody where there is none.
    pub roles: Vec<String>,
    pub approvals: u16,
}

/// `PGGIT MERGE REQUEST`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MergeRequest {
    pub source: String,
    /// The session's branch if there is none.
    pub into: Option<String>,
    pub message: Option<String>,
}

/// How `PGGIT RESOLVE` decides a conflict.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ResolveWith {
    Source,
    Target,
    Base,
    /// DDL that, run on the target's side of the object, gives what is wanted.
    Custom(String),
}

/// `PGGIT TAG`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TagCommand {
    List,
    Create {
        name: String,
        /// The session's branch if there is none.
        of: Option<Ref>,
        message: Option<String>,
    },
    Delete {
        name: String,
    },
}

/// `PGGIT CHERRY PICK`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CherryPick {
    /// Of a range, what it comes after.
    pub after: Option<Ref>,
    pub commit: Ref,
    /// The parent, from 1, that a merge is compared with.
    pub parent: Option<u32>,
    /// The session's branch if there is none.
    pub into: Option<String>,
    pub strategy: Strategy,
    pub message: Option<String>,
    pub dry_run: bool,
    /// Also if a table or column that holds rows goes.
    pub allow_data_loss: bool,
}

/// `PGGIT REBASE`. A branch that is not named is the session's.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Rebase {
    Start {
        branch: Option<String>,
        onto: Ref,
        dry_run: bool,
        allow_data_loss: bool,
    },
    Continue {
        branch: Option<String>,
        allow_data_loss: bool,
    },
    Skip {
        branch: Option<String>,
        allow_data_loss: bool,
    },
    Abort {
        branch: Option<String>,
    },
}

/// `PGGIT REVERT`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Revert {
    pub span: Span,
    /// Of a merge: which parent's side stays, from 1.
    pub parent: Option<u32>,
    /// The session's branch if there is none.
    pub into: Option<String>,
    pub strategy: Strategy,
    pub message: Option<String>,
    pub dry_run: bool,
    pub allow_data_loss: bool,
}

/// `PGGIT ROLLBACK`, of the session's branch.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rollback {
    pub to: RollbackTo,
    pub dry_run: bool,
    pub allow_data_loss: bool,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RollbackTo {
    Ref(Ref),
    /// Any text that PostgreSQL reads as `timestamptz`: where the session's branch was then.
    Timestamp(String),
}

/// `PGGIT UNDO`, on the session's branch.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Undo {
    pub objects: Vec<ObjectName>,
    pub from: Ref,
    pub dry_run: bool,
    pub allow_data_loss: bool,
}
