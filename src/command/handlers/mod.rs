//! One handler per command: from the parsed command to a use case, and from its outcome to an answer.

mod branch;
mod commit;
mod conflicts;
mod diff;
mod dropped;
mod history;
mod info;
mod init;
mod log;
mod merge;
mod pick;
mod protection;
mod rebase;
mod show;
mod status;
mod tag;
mod undo;
mod verify;

use super::ast::Command;
use super::{Answer, Invocation, Notice, Value, columns};
use crate::catalog::Unsupported;
use crate::error::{ErrorReport, SqlState};
use crate::repo::{Database, Ref};
use crate::store::CommitHash;
use std::sync::Arc;

/// Runs a command.
pub async fn run(command: &Command, with: Invocation<'_>) -> Result<Answer, ErrorReport> {
    let columns = columns(command).unwrap_or_default();
    let answer = match command {
        Command::Help { topic } => info::help(topic.as_deref()),
        Command::Version => info::version(),
        Command::Verify => verify::run(with).await?,
        Command::Init => init::run(with).await?,
        Command::Status => status::run(with).await?,
        Command::BranchList => branch::list(with).await?,
        Command::BranchCreate {
            name,
            from,
            time_to_live,
        } => branch::create(with, name, from.as_ref(), time_to_live.as_deref()).await?,
        Command::BranchExpire { name, time_to_live } => {
            branch::expire(with, name, time_to_live.as_deref()).await?
        }
        Command::BranchRename { from, to } => branch::rename(with, from, to).await?,
        Command::BranchDelete { name, force } => branch::delete(with, name, *force).await?,
        Command::Checkout { branch } => branch::checkout(with, branch).await?,
        Command::CheckoutNew { branch, from } => {
            branch::checkout_new(with, branch, from.as_ref()).await?
        }
        Command::Commit { message } => commit::run(with, message.clone()).await?,
        Command::CherryPick(pick) if pick.dry_run => pick::dry_run(with, pick).await?,
        Command::CherryPick(pick) => pick::run(with, pick).await?,
        Command::Rebase(command) => rebase::run(with, command).await?,
        Command::Tag(command) => tag::run(with, command).await?,
        Command::Log(log) => log::run(with, log).await?,
        Command::Show { reference } => show::commit(with, reference).await?,
        Command::ShowSchema { at, object } => {
            show::schema(with, at.as_ref(), object.as_ref()).await?
        }
        Command::History { object, from } => history::run(with, object, from.as_ref()).await?,
        Command::Blame { object, at } => history::blame(with, object, at.as_ref()).await?,
        Command::Impact { object, at } => history::impact(with, object, at.as_ref()).await?,
        Command::Diff(diff) => diff::run(with, diff).await?,
        Command::Merge(merge) if merge.dry_run => merge::dry_run(with, merge).await?,
        Command::Merge(merge) => merge::run(with, merge).await?,
        Command::MergeBase { left, right } => merge::base(with, left, right).await?,
        Command::MergeContinue {
            merge,
            allow_data_loss,
        } => merge::resume(with, *merge, *allow_data_loss).await?,
        Command::MergeAbort { merge } => merge::abort(with, *merge).await?,
        Command::MergeShow { merge } => merge::show(with, *merge).await?,
        Command::Merges => merge::list(with).await?,
        Command::Protections => protection::list(with).await?,
        Command::Protect(protect) => protection::protect(with, protect).await?,
        Command::Unprotect { branch } => protection::unprotect(with, branch).await?,
        Command::MergeRequest(request) => protection::request(with, request).await?,
        Command::MergeRequests => protection::requests(with).await?,
        Command::MergeRequestClose { request } => protection::close(with, *request).await?,
        Command::Approve { request, comment } => {
            protection::approve(with, *request, comment.as_deref()).await?
        }
        Command::Revert(revert) => undo::revert(with, revert).await?,
        Command::Rollback(rollback) => undo::rollback(with, rollback).await?,
        Command::Undo(undo) => undo::undo(with, undo).await?,
        Command::Conflicts { merge } => conflicts::list(with, *merge).await?,
        Command::Resolve {
            merge,
            conflict,
            with: decision,
        } => conflicts::resolve(with, *merge, *conflict, decision).await?,
        Command::ResolveRemembered { merge } => conflicts::resolve_remembered(with, *merge).await?,
        Command::Dropped => dropped::list(with).await?,
        Command::DroppedPurge { entry } => dropped::purge(with, *entry).await?,
    };
    Ok(Answer { columns, ..answer })
}

impl Answer {
    fn tagged(tag: &str) -> Self {
        Self {
            tag: tag.to_owned(),
            ..Self::default()
        }
    }

    fn with_rows(tag: &str, rows: Vec<Vec<Value>>) -> Self {
        Self {
            rows,
            ..Self::tagged(tag)
        }
    }

    fn warn(&mut self, message: String, detail: String, hint: Option<String>) {
        self.notices.push(Notice {
            severity: "WARNING",
            sqlstate: SqlState::WARNING,
            message,
            detail: Some(detail),
            hint,
        });
    }

    /// Says what of a branch is not versioned.
    fn report_unsupported(&mut self, unsupported: &[Unsupported], message: String) {
        if unsupported.is_empty() {
            return;
        }
        let objects: Vec<String> = unsupported
            .iter()
            .map(|object| format!("{} {}", object.kind, object.name))
            .collect();
        self.warn(
            message,
            objects.join(", "),
            Some("PGGIT STATUS lists them.".to_owned()),
        );
    }
}

impl Invocation<'_> {
    /// The database, which must be under version control.
    fn versioned(&self) -> Result<Arc<Database>, ErrorReport> {
        self.database.clone().ok_or_else(|| {
            ErrorReport::new(
                SqlState::OBJECT_NOT_IN_PREREQUISITE_STATE,
                format!(
                    "database \"{}\" is not under version control",
                    self.database_name
                ),
            )
            .with_hint("PGGIT INIT puts it under version control.")
        })
    }

    /// Refuses a command that commits on its own, as `CREATE DATABASE` does.
    fn outside_transaction(&self, command: &str) -> Result<(), ErrorReport> {
        if !self.in_transaction {
            return Ok(());
        }
        Err(ErrorReport::new(
            SqlState::ACTIVE_SQL_TRANSACTION,
            format!("{command} cannot run inside a transaction block"),
        ))
    }

    /// The ref, or the session's branch.
    fn or_current(&self, reference: Option<&Ref>) -> Ref {
        reference
            .cloned()
            .unwrap_or_else(|| Ref::branch(self.branch))
    }
}

/// A commit as people read it.
fn short(commit: CommitHash) -> Value {
    Value::Text(commit.short())
}

/// The first line of a message: what a list has room for.
fn first_line(text: &str) -> &str {
    text.lines().next().unwrap_or_default()
}
