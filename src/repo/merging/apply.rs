//! A planned merge happens, in one transaction of the client's connection, or not at all.

use super::audit::audit;
use super::history::squash_message;
use super::plan::{Planned, Resolutions, work_out};
use super::sources::distinct;
use super::{History, Request, conflicts};
use crate::branch::BranchMap;
use crate::catalog;
use crate::error::ErrorReport;
use crate::repo::advance::{Advanced, Authored, Merging, advance_from};
use crate::repo::database::Database;
use crate::repo::error::RepoError;
use crate::repo::identity::Identity;
use crate::repo::ledger;
use crate::repo::transition::{self, Terms, Transition, Turn};
use crate::schema::model::{Kind, ObjectKey};
use crate::store::{CommitHash, LedgerBase, Operation, TreeHash};
use crate::upstream::Executor;
use std::sync::Arc;

/// How a merge came out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    UpToDate,
    FastForward,
    Merged,
    Conflicts,
}

impl Outcome {
    pub fn as_str(self) -> &'static str {
        match self {
            Self::UpToDate => "up_to_date",
            Self::FastForward => "fast_forward",
            Self::Merged => "merged",
            Self::Conflicts => "conflicts",
        }
    }
}

/// What a merge did.
#[derive(Clone, Debug)]
pub struct MergeReport {
    pub outcome: Outcome,
    /// The number under which the merge is stored.
    pub merge: Option<i64>,
    /// The target's head afterwards.
    pub commit: CommitHash,
    /// Objects of the target that the merge changed.
    pub objects: usize,
    pub conflicts: usize,
    /// Statements that were applied.
    pub statements: usize,
}

/// Merges, or stores the conflicts that keep it from happening. `session` must be in no transaction.
pub async fn merge(
    database: &Database,
    session: &mut dyn Executor,
    request: &Request,
    identity: &Identity,
) -> Result<MergeReport, ErrorReport> {
    let merged = async {
        let request = distinct(database, request).await?;
        let none = Resolutions::new();
        attempt(database, session, &request, &none, None, identity).await
    };
    Ok(merged.await?)
}

/// The target, once there is what a merge needs of branches that are still being made: all of the target, the sources' ledgers.
async fn hydrated(database: &Database, request: &Request) -> Result<Arc<BranchMap>, RepoError> {
    let target = database.branch(&request.target).await?;
    database.complete(target.id()).await?;
    let registry = database.registry();
    for source in &request.sources {
        let source = source.at.as_branch();
        if let Some(source) = source.and_then(|source| registry.branch(source))
            && let Some(hydration) = database.hydration(source.id())
        {
            let ledgers = &database.versioning().migration_ledgers;
            hydration.prepare_for_tables(ledgers).await?;
        }
    }
    Ok(target)
}

/// Works the merge out and applies it, after those that the target is being brought to already.
pub(super) async fn attempt(
    database: &Database,
    session: &mut dyn Executor,
    request: &Request,
    resolutions: &Resolutions,
    stored: Option<i64>,
    identity: &Identity,
) -> Result<MergeReport, RepoError> {
    let target = hydrated(database, request).await?;
    let turn = Turn::take(database, session, &target).await?;
    let merged = attempts(database, session, request, resolutions, stored, identity).await;
    turn.end(database, session, merged).await
}

/// Works it out and applies it, again if the target has moved in between.
async fn attempts(
    database: &Database,
    session: &mut dyn Executor,
    request: &Request,
    resolutions: &Resolutions,
    stored: Option<i64>,
    identity: &Identity,
) -> Result<MergeReport, RepoError> {
    let creator = catalog::creator(session).await?;
    for _ in 0..transition::ATTEMPTS {
        let planned = work_out(database, request, resolutions, &creator).await?;
        request.history.check(&planned, &request.target)?;
        let squashed_before = request.history == History::Squash && planned.is_without_effect();
        if stored.is_none() && (planned.is_up_to_date() || squashed_before) {
            return Ok(MergeReport {
                outcome: Outcome::UpToDate,
                merge: None,
                commit: planned.transition.head.commit,
                objects: 0,
                conflicts: 0,
                statements: 0,
            });
        }
        let open = planned.open_conflicts();
        if open > 0 {
            let id = conflicts::store(database, request, &planned, stored, identity).await?;
            return Ok(MergeReport {
                outcome: Outcome::Conflicts,
                merge: Some(id),
                commit: planned.transition.head.commit,
                objects: 0,
                conflicts: open,
                statements: 0,
            });
        }
        transition::begin(session).await?;
        let applied = apply(database, session, request, &planned, stored, identity).await;
        let transition = &planned.transition;
        if let Some(report) = transition.end(database, session, applied).await? {
            return Ok(report);
        }
    }
    Err(transition::keeps_changing(&request.target))
}

/// Applies a merge without conflicts in `session`'s open transaction. `None` if the target has moved.
async fn apply(
    database: &Database,
    session: &mut dyn Executor,
    request: &Request,
    planned: &Planned,
    stored: Option<i64>,
    identity: &Identity,
) -> Result<Option<MergeReport>, RepoError> {
    let terms = Terms {
        action: request.operation.as_str(),
        allow_data_loss: request.allow_data_loss,
        thorough: request.operation == Operation::Revert,
    };
    let transition = &planned.transition;
    let (observed, stamp) = transition.apply(database, session, terms).await?;
    let ledgers = if request.operation == Operation::Merge {
        let registry = database.registry();
        let mut ledgers = Vec::new();
        for part in &planned.parts {
            if let Some(source) = registry.branch(&part.name) {
                let tree = part.head.tree;
                ledgers.extend(carry_ledgers(database, session, source, tree, transition).await?);
            }
        }
        ledgers
    } else {
        Vec::new()
    };

    let (sources, target) = (request.source_names(), &request.target);
    let message = match &request.message {
        Some(message) => message.clone(),
        None if request.history == History::Squash => {
            squash_message(database, planned, &sources, target).await?
        }
        None => format!("Merge {sources} into {target}"),
    };
    let fast_forward = request
        .history
        .fast_forward(planned, request.message.is_some());
    let advanced = advance_from(
        database,
        session,
        transition.head,
        &observed,
        &stamp,
        &Authored {
            identity,
            message,
            statements: transition.statements(),
            action: format!("{} {sources}", request.operation.as_str()),
        },
        Some(Merging {
            joins: if request.history.joins(request.operation) {
                planned.parts.iter().map(|part| part.head.commit).collect()
            } else {
                Vec::new()
            },
            fast_forward,
            merge: conflicts::record(request, planned, stored),
            chain: None,
            audit: audit(planned),
            ledgers,
        }),
    )
    .await?;
    let commit = match advanced {
        Advanced::To(advance) => advance.commit,
        Advanced::Unchanged => transition.head.commit,
        Advanced::Moved(_) => return Ok(None),
    };
    Ok(Some(MergeReport {
        outcome: if fast_forward.is_some_and(|source| source.commit == commit) {
            Outcome::FastForward
        } else {
            Outcome::Merged
        },
        merge: stored,
        commit,
        objects: transition.changes.len(),
        conflicts: 0,
        statements: transition.steps.len(),
    }))
}

/// Carries migration ledgers from the source branch, and says what is equal on both from now on.
pub(in crate::repo) async fn carry_ledgers(
    database: &Database,
    session: &mut dyn Executor,
    source: &BranchMap,
    tree: TreeHash,
    transition: &Transition,
) -> Result<Vec<LedgerBase>, RepoError> {
    let result = &transition.after;
    let ledgers = ledger::ledgers(result, &database.versioning().migration_ledgers);
    if ledgers.is_empty() {
        return Ok(Vec::new());
    }
    let theirs = database.snapshot(tree).await?;
    let stored = database
        .store()
        .ledger_bases(&mut database.reader(), source.id(), transition.map.id())
        .await?;
    let mut bases = Vec::new();
    for (lineage, table) in ledgers {
        // A ledger that each branch has made for itself has two lineages and one name.
        let key = ObjectKey::of(Kind::Table, &table.name);
        let there = theirs
            .get(&lineage)
            .or_else(|| theirs.get(&theirs.by_key(&key)?))
            .and_then(|found| found.as_table());
        let Some(there) = there else { continue };
        let source_rows = ledger::rows(session, there, source).await?;
        let target_rows = ledger::rows(session, table, &transition.map).await?;
        let base = stored.get(&lineage).map(ledger::from_json);
        let carry = ledger::carry(base.as_ref(), &source_rows, &target_rows);
        ledger::apply(session, table, &transition.map, &carry).await?;
        bases.push(LedgerBase {
            other: source.id(),
            lineage,
            rows: ledger::to_json(&source_rows),
        });
    }
    Ok(bases)
}
