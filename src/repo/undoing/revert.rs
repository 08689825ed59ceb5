//! Reverting: what commits did is taken back, and what came later stays. A three-way merge whose base is what they made, whose
//! source is what was before them, and whose target is the branch as it is now.

use super::findings::{self, Finding, title};
use super::history::first_parents;
use super::{Outcome, Preview, Undone, ask_rows};
use crate::catalog;
use crate::error::ErrorReport;
use crate::merge::Strategy;
use crate::repo::database::Database;
use crate::repo::error::RepoError;
use crate::repo::identity::Identity;
use crate::repo::merging::{self, Planned, Request};
use crate::repo::reference::Ref;
use crate::store::{CommitHash, Operation};
use crate::upstream::Executor;
use std::collections::BTreeSet;
use std::fmt;

/// Which commits.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Span {
    Commit(Ref),
    /// Those after the first up to the second.
    Range(Ref, Ref),
}

impl fmt::Display for Span {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Commit(commit) => commit.fmt(f),
            Self::Range(from, to) => write!(f, "{from}..{to}"),
        }
    }
}

/// What is asked for.
#[derive(Clone, Debug)]
pub struct Revert {
    pub span: Span,
    /// Of a merge: which of its parents stays, from 1.
    pub parent: Option<u32>,
    /// A branch's name.
    pub branch: String,
    pub strategy: Strategy,
    pub message: Option<String>,
    pub allow_data_loss: bool,
}

/// Reverts, or stores the conflicts that keep it from happening. `session` must be in no transaction.
pub async fn revert(
    database: &Database,
    session: &mut dyn Executor,
    asked: &Revert,
    identity: &Identity,
) -> Result<Undone, ErrorReport> {
    Ok(run(database, session, asked, identity).await?)
}

async fn run(
    database: &Database,
    session: &mut dyn Executor,
    asked: &Revert,
    identity: &Identity,
) -> Result<Undone, RepoError> {
    let examined = examine(database, session, asked).await?;
    findings::stop(&format!("revert {}", asked.span), &examined.findings)?;
    let Some((request, _)) = examined.plan else {
        return Err(RepoError::no_such_branch(&asked.branch));
    };
    let report = merging::merge(database, session, &request, identity).await?;
    Ok(Undone {
        outcome: match report.outcome {
            merging::Outcome::UpToDate => Outcome::UpToDate,
            merging::Outcome::Conflicts => Outcome::Conflicts,
            merging::Outcome::FastForward | merging::Outcome::Merged => Outcome::Reverted,
        },
        merge: report.merge,
        commit: report.commit,
        objects: report.objects,
        conflicts: report.conflicts,
        statements: report.statements,
        findings: examined.findings,
    })
}

/// What a revert would do. `session` must be in no transaction.
pub async fn preview_revert(
    database: &Database,
    session: &mut dyn Executor,
    asked: &Revert,
) -> Result<Preview, ErrorReport> {
    let examined = examine(database, session, asked).await?;
    let Some((_, planned)) = examined.plan else {
        return Ok(Preview {
            findings: examined.findings,
            steps: Vec::new(),
        });
    };
    let transition = &planned.transition;
    let preview = ask_rows(
        database,
        session,
        examined.findings,
        transition,
        asked.allow_data_loss,
    );
    Ok(preview.await?)
}

struct Examined {
    findings: Vec<Finding>,
    /// None where an error keeps it from being worked out.
    plan: Option<(Request, Planned)>,
}

/// What a revert's commits turned out to be.
struct Reverting {
    /// What was before them, and what they made.
    before: CommitHash,
    after: CommitHash,
    name: String,
    message: String,
}

async fn examine(
    database: &Database,
    session: &mut dyn Executor,
    asked: &Revert,
) -> Result<Examined, RepoError> {
    let creator = catalog::creator(session).await?;
    let mut findings = Vec::new();
    let reverting = match &asked.span {
        Span::Commit(commit) => one(database, asked, commit, &mut findings).await?,
        Span::Range(from, to) => range(database, asked, (from, to), &mut findings).await?,
    };
    let Some(reverting) = reverting else {
        return Ok(Examined {
            findings,
            plan: None,
        });
    };
    let request = Request {
        operation: Operation::Revert,
        base: Some(reverting.after),
        sources: vec![merging::Source {
            at: Ref::commit(reverting.before),
            name: reverting.name,
        }],
        target: asked.branch.clone(),
        strategy: asked.strategy,
        history: merging::History::default(),
        message: asked.message.clone().or(Some(reverting.message)),
        allow_data_loss: asked.allow_data_loss,
    };
    let planned = merging::plan(database, &request, &creator).await?;
    let transition = &planned.transition;
    let mut reader = database.reader();
    let made = database.head_at(&mut reader, reverting.after).await?;
    let made = database.snapshot(made.tree).await?;
    let was = database.head_at(&mut reader, reverting.before).await?;
    let was = database.snapshot(was.tree).await?;
    let meant: BTreeSet<_> = made.differing(&was);
    findings.extend(
        findings::later_changes(
            database,
            &meant,
            (&made, &transition.before),
            transition.head.commit,
        )
        .await?,
    );
    findings.extend(
        planned
            .open()
            .map(|(_, conflict)| Finding::conflict(conflict)),
    );
    findings.extend(findings::unmeant(&transition.changes, &meant));
    findings.extend(findings::ledgers(database, &transition.after));
    Ok(Examined {
        findings,
        plan: Some((request, planned)),
    })
}

/// Whether the branch has a commit in its history; an error is added if not.
async fn on_branch(
    database: &Database,
    asked: &Revert,
    commit: CommitHash,
    findings: &mut Vec<Finding>,
) -> Result<bool, RepoError> {
    let head = database.current_head(&asked.branch).await?;
    let found = database
        .store()
        .is_ancestor(&mut database.reader(), commit, head.commit)
        .await?;
    if !found {
        findings.push(
            Finding::error(
                "branch",
                format!("commit {}", commit.short()),
                format!("it is not in the history of branch \"{}\"", asked.branch),
            )
            .with_hint("PGGIT LOG shows what is. INTO names another branch."),
        );
    }
    Ok(found)
}

/// A single commit, against its parent or, if it is a merge, the one that was named.
async fn one(
    database: &Database,
    asked: &Revert,
    commit: &Ref,
    findings: &mut Vec<Finding>,
) -> Result<Option<Reverting>, RepoError> {
    let mut reader = database.reader();
    let store = database.store();
    let after = commit.resolve(database, &mut reader).await?;
    let commit = store.commit(&mut reader, after).await?;
    let object = format!("commit {}", after.short());
    findings.push(Finding::commit(after, &commit, "is reverted"));
    let known = on_branch(database, asked, after, findings).await?;
    let parent = match (commit.parents.as_slice(), asked.parent) {
        ([], _) => {
            findings.push(Finding::error(
                "commit",
                object,
                "it is the first: nothing was before it",
            ));
            None
        }
        ([_, _, ..], None) => {
            let mut parents = Vec::new();
            for (number, parent) in (1..).zip(&commit.parents) {
                let of = store.commit(&mut reader, *parent).await?;
                parents.push(format!(
                    "PARENT {number} ({}, {})",
                    parent.short(),
                    title(&of)
                ));
            }
            findings.push(
                Finding::error("merge", object, "it is a merge, and no parent was named")
                    .with_hint(format!("Say which side stays: {}.", parents.join(" or "))),
            );
            None
        }
        (parents, number) => {
            let number = number.unwrap_or(1);
            let parent = number
                .checked_sub(1)
                .and_then(|index| parents.get(index as usize));
            if parent.is_none() {
                findings.push(Finding::error(
                    "merge",
                    object,
                    format!("it has no parent {number}"),
                ));
            }
            parent.copied()
        }
    };
    let Some(before) = parent.filter(|_| known) else {
        return Ok(None);
    };
    let reversing = if commit.parents.len() > 1 {
        format!(", reversing changes made to {before}")
    } else {
        String::new()
    };
    Ok(Some(Reverting {
        before,
        after,
        name: after.short(),
        message: format!(
            "Revert \"{}\"\n\nThis reverts commit {after}{reversing}.",
            title(&commit)
        ),
    }))
}

/// The commits after one up to another.
async fn range(
    database: &Database,
    asked: &Revert,
    (from, to): (&Ref, &Ref),
    findings: &mut Vec<Finding>,
) -> Result<Option<Reverting>, RepoError> {
    let mut reader = database.reader();
    let store = database.store();
    let before = from.resolve(database, &mut reader).await?;
    let after = to.resolve(database, &mut reader).await?;
    let object = format!("commit {}", after.short());
    let start = before.short();
    if asked.parent.is_some() {
        findings.push(Finding::error(
            "merge",
            &object,
            "PARENT names a side of one merge, not of a range",
        ));
        return Ok(None);
    }
    let known = on_branch(database, asked, after, findings).await?;
    if before == after || !store.is_ancestor(&mut reader, before, after).await? {
        let reversed = before != after && store.is_ancestor(&mut reader, after, before).await?;
        let finding = Finding::error(
            "order",
            &object,
            if before == after {
                "the range is empty: it ends where it begins".to_owned()
            } else {
                format!("{start}, where the range begins, is not before it")
            },
        );
        findings.push(if reversed {
            finding.with_hint("The older commit comes first.")
        } else {
            finding
        });
        return Ok(None);
    }
    let Some(line) = first_parents(store, &mut reader, (before, after)).await? else {
        findings.push(
            Finding::error(
                "merge",
                &object,
                format!("{start}, where the range begins, came to it by a merge"),
            )
            .with_hint("Revert the merge itself, with PARENT."),
        );
        return Ok(None);
    };
    for (hash, commit) in &line {
        findings.push(Finding::commit(*hash, commit, "is reverted"));
        if commit.parents.len() > 1 {
            findings.push(Finding::info(
                "merge",
                format!("commit {}", hash.short()),
                "all that the merge brought is reverted",
            ));
        }
    }
    let message = match line.as_slice() {
        [(hash, commit)] => format!(
            "Revert \"{}\"\n\nThis reverts commit {hash}.",
            title(commit)
        ),
        line => {
            let lines: Vec<String> = line
                .iter()
                .map(|(hash, _)| format!("This reverts commit {hash}."))
                .collect();
            format!("Revert {} commits\n\n{}", line.len(), lines.join("\n"))
        }
    };
    Ok(known.then(|| Reverting {
        before,
        after,
        name: format!("{start}..{}", after.short()),
        message,
    }))
}
