//! Which columns each command's rows have: known from its text alone, for Describe.

use super::ast::{Command, DiffFormat, Rebase, Revert, Rollback, TagCommand, Undo};
use super::{Column, ColumnType};

const fn column(name: &'static str, column_type: ColumnType) -> Column {
    Column { name, column_type }
}

use ColumnType::{Bool, Int8, Jsonb, Text, Timestamptz};

/// `PGGIT STATUS` and `PGGIT SHOW`: facts, one a row.
pub const FACTS: &[Column] = &[column("item", Text), column("value", Text)];
pub const HELP: &[Column] = &[column("command", Text), column("description", Text)];
pub const VERSION: &[Column] = &[column("version", Text)];
/// The first row says how much was looked at; then a row for each kind of row of which any is wrong, with the first.
pub const VERIFY: &[Column] = &[
    column("part", Text),
    column("wrong", Int8),
    column("row", Text),
    column("says", Text),
    column("expected", Text),
];
pub const BRANCHES: &[Column] = &[
    column("branch", Text),
    column("current", Bool),
    column("head", Text),
    column("updated", Timestamptz),
    column("author", Text),
    column("message", Text),
    column("state", Text),
    column("tags", Text),
    column("expires", Timestamptz),
];
pub const TAGS: &[Column] = &[
    column("tag", Text),
    column("commit", Text),
    column("author", Text),
    column("date", Timestamptz),
    column("message", Text),
];
/// One row; none if there was nothing to commit.
pub const COMMIT: &[Column] = &[
    column("commit", Text),
    column("objects", Int8),
    column("message", Text),
];
pub const LOG: &[Column] = &[
    column("commit", Text),
    column("branches", Text),
    column("author", Text),
    column("date", Timestamptz),
    column("message", Text),
];
/// Lines that only lead from commit to commit have nothing but `graph`.
pub const LOG_GRAPH: &[Column] = &[
    column("graph", Text),
    column("commit", Text),
    column("branches", Text),
    column("author", Text),
    column("date", Timestamptz),
    column("message", Text),
];
/// One row for each version; `before` and `after` are DDL.
pub const HISTORY: &[Column] = &[
    column("version", Text),
    column("commit", Text),
    column("author", Text),
    column("date", Timestamptz),
    column("message", Text),
    column("change", Text),
    column("before", Text),
    column("after", Text),
];
/// One row for each part of the object.
pub const BLAME: &[Column] = &[
    column("part", Text),
    column("name", Text),
    column("commit", Text),
    column("author", Text),
    column("date", Timestamptz),
    column("message", Text),
];
/// The first row is the object itself, at depth 0.
pub const IMPACT: &[Column] = &[
    column("depth", Int8),
    column("tree", Text),
    column("object", Text),
    column("why", Text),
];
pub const DIFF: &[Column] = &[
    column("change", Text),
    column("kind", Text),
    column("object", Text),
    column("detail", Text),
    column("hazards", Text),
];
pub const DIFF_SQL: &[Column] = &[column("sql", Text)];
pub const DIFF_JSON: &[Column] = &[column("diff", Jsonb)];
/// One row. `merge` is NULL unless something was stored under that number.
pub const MERGE: &[Column] = &[
    column("outcome", Text),
    column("merge", Int8),
    column("commit", Text),
    column("objects", Int8),
    column("conflicts", Int8),
    column("detail", Text),
];
/// One row per object that differs anywhere, with the statements that the target would get.
pub const MERGE_DRY_RUN: &[Column] = &[
    column("kind", Text),
    column("object", Text),
    column("result", Text),
    column("detail", Text),
    column("sql", Text),
];
/// One row. `merge` is the number to decide conflicts under.
pub const REBASE: &[Column] = &[
    column("outcome", Text),
    column("merge", Int8),
    column("commit", Text),
    column("commits", Int8),
    column("conflicts", Int8),
    column("detail", Text),
];
/// A row for each commit, then one for each statement that would be run, without a commit.
pub const REPLAY_DRY_RUN: &[Column] = &[
    column("commit", Text),
    column("message", Text),
    column("result", Text),
    column("detail", Text),
    column("sql", Text),
];
/// One row per finding, then one per statement.
pub const UNDO_DRY_RUN: &[Column] = &[
    column("severity", Text),
    column("check", Text),
    column("object", Text),
    column("message", Text),
    column("sql", Text),
];
pub const MERGE_BASE: &[Column] = &[
    column("commit", Text),
    column("author", Text),
    column("date", Timestamptz),
    column("message", Text),
];
pub const MERGES: &[Column] = &[
    column("merge", Int8),
    column("state", Text),
    column("source", Text),
    column("target", Text),
    column("strategy", Text),
    column("conflicts", Int8),
    column("author", Text),
    column("started", Timestamptz),
];
pub const CONFLICTS: &[Column] = &[
    column("conflict", Int8),
    column("object", Text),
    column("attribute", Text),
    column("base", Text),
    column("source", Text),
    column("target", Text),
    column("state", Text),
    column("origin", Text),
];
/// A row for each decision; `unresolved` counts what the merge still waits for.
pub const RESOLVE: &[Column] = &[
    column("conflict", Int8),
    column("resolution", Text),
    column("unresolved", Int8),
];

pub const DROPPED: &[Column] = &[
    column("table", Int8),
    column("name", Text),
    column("author", Text),
    column("dropped", Timestamptz),
    column("commit", Text),
    column("until", Timestamptz),
];
pub const PROTECTIONS: &[Column] = &[
    column("branch", Text),
    column("roles", Text),
    column("approvals", Int8),
    column("author", Text),
];
/// One row.
pub const MERGE_REQUEST: &[Column] = &[column("request", Int8)];
pub const MERGE_REQUESTS: &[Column] = &[
    column("request", Int8),
    column("state", Text),
    column("source", Text),
    column("target", Text),
    column("approved_by", Text),
    column("needed", Int8),
    column("author", Text),
    column("made", Timestamptz),
    column("message", Text),
];
/// One row: how many approvals there are of what the source is now, and how many the target asks for.
pub const APPROVE: &[Column] = &[
    column("request", Int8),
    column("approvals", Int8),
    column("needed", Int8),
];

/// The columns of a command's rows; `None` if it returns none.
pub fn columns(command: &Command) -> Option<&'static [Column]> {
    Some(match command {
        Command::Status | Command::Show { .. } | Command::MergeShow { .. } => FACTS,
        Command::Help { .. } => HELP,
        Command::Version => VERSION,
        Command::Verify => VERIFY,
        Command::BranchList => BRANCHES,
        Command::Commit { .. } => COMMIT,
        Command::Log(log) if log.graph => LOG_GRAPH,
        Command::Tag(TagCommand::List) => TAGS,
        Command::Log(_) => LOG,
        Command::ShowSchema { .. } => DIFF_SQL,
        Command::History { .. } => HISTORY,
        Command::Blame { .. } => BLAME,
        Command::Impact { .. } => IMPACT,
        Command::Diff(diff) => match diff.format {
            DiffFormat::Rows => DIFF,
            DiffFormat::Sql => DIFF_SQL,
            DiffFormat::Json => DIFF_JSON,
        },
        Command::Merge(merge) if merge.dry_run => MERGE_DRY_RUN,
        Command::CherryPick(pick) if pick.dry_run => REPLAY_DRY_RUN,
        Command::Rebase(Rebase::Start { dry_run: true, .. }) => REPLAY_DRY_RUN,
        Command::Init
        | Command::Tag(_)
        | Command::BranchCreate { .. }
        | Command::BranchExpire { .. }
        | Command::BranchRename { .. }
        | Command::BranchDelete { .. }
        | Command::Checkout { .. }
        | Command::CheckoutNew { .. }
        | Command::MergeAbort { .. }
        | Command::DroppedPurge { .. }
        | Command::Protect(_)
        | Command::Unprotect { .. }
        | Command::MergeRequestClose { .. }
        | Command::Rebase(Rebase::Abort { .. }) => return None,
        Command::Rebase(_) => REBASE,
        Command::Revert(Revert { dry_run: true, .. })
        | Command::Rollback(Rollback { dry_run: true, .. })
        | Command::Undo(Undo { dry_run: true, .. }) => UNDO_DRY_RUN,
        Command::Merge(_)
        | Command::MergeContinue { .. }
        | Command::CherryPick(_)
        | Command::Revert(_)
        | Command::Rollback(_)
        | Command::Undo(_) => MERGE,
        Command::MergeBase { .. } => MERGE_BASE,
        Command::Merges => MERGES,
        Command::Protections => PROTECTIONS,
        Command::MergeRequest(_) => MERGE_REQUEST,
        Command::MergeRequests => MERGE_REQUESTS,
        Command::Approve { .. } => APPROVE,
        Command::Conflicts { .. } => CONFLICTS,
        Command::Resolve { .. } | Command::ResolveRemembered { .. } => RESOLVE,
        Command::Dropped => DROPPED,
    })
}
