//! Cherry-picking: what single commits have changed is brought to another branch.

use super::advance::{Authored, Merging};
use super::database::{Database, Head};
use super::error::RepoError;
use super::identity::Identity;
use super::merging::{self, History, MergeReport, Outcome, audit_of_replay, conversions};
use super::reference::Ref;
use super::replay::{self, Chain, Decisions, Pick, Replay, Said, Stop};
use super::transition::{self, Conversions, Terms, Transition, Turn};
use crate::catalog;
use crate::error::{ErrorReport, SqlState};
use crate::merge::Strategy;
use crate::schema::Creator;
use crate::schema::quote::quote_identifier;
use crate::store::{Commit, CommitHash, MergeRecord, MergeSource, Operation};
use crate::upstream::Executor;

/// What is asked for.
#[derive(Clone, Debug)]
pub struct Request {
    /// Leaves out this one and what is in its history; the commit alone is picked if there is none.
    pub after: Option<Ref>,
    pub commit: Ref,
    /// Which parent, from 1, a merge is compared with.
    pub parent: Option<u32>,
    /// A branch's name.
    pub target: String,
    pub strategy: Strategy,
    /// The commit's; by default the original's, and where it is from.
    pub message: Option<String>,
    /// Go on although a table or column that holds rows is dropped.
    pub allow_data_loss: bool,
}

/// Picks worked out to the last statement.
#[derive(Clone, Debug)]
pub struct Planned {
    pub replay: Replay,
    pub transition: Transition,
    using: Conversions,
    /// What the first commit is compared with, and the last commit.
    base: CommitHash,
    tip: Head,
}

impl Planned {
    /// What the commit that a pick becomes consists of.
    pub fn statements(
        &self,
        database: &Database,
        creator: &Creator,
        step: (&crate::schema::Snapshot, &crate::schema::Snapshot),
    ) -> Vec<String> {
        replay::statements(database, step, &self.using, creator)
    }
}

/// Picks commits, or stores the conflicts that keep a single one from being picked. `session` must be in no transaction.
pub async fn cherry_pick(
    database: &Database,
    session: &mut dyn Executor,
    request: &Request,
    identity: &Identity,
) -> Result<MergeReport, ErrorReport> {
    if request.after.is_some() {
        return Ok(pick_range(database, session, request, identity).await?);
    }
    let pick = single(database, request).await?;
    let message = request.message.clone();
    let request = merging::Request {
        operation: Operation::CherryPick,
        base: Some(pick.base),
        sources: vec![merging::Source {
            at: Ref::commit(pick.hash),
            name: request.commit.to_string(),
        }],
        target: request.target.clone(),
        strategy: request.strategy,
        history: History::default(),
        message: Some(message.unwrap_or_else(|| message_of(&pick))),
        allow_data_loss: request.allow_data_loss,
    };
    merging::merge(database, session, &request, identity).await
}

/// Works out what picking would do: no more than reading history.
pub async fn plan(
    database: &Database,
    request: &Request,
    creator: &Creator,
) -> Result<Planned, ErrorReport> {
    Ok(work_out(database, request, creator).await?)
}

async fn work_out(
    database: &Database,
    request: &Request,
    creator: &Creator,
) -> Result<Planned, RepoError> {
    let map = database.branch(&request.target).await?;
    let head = database.current_head(&request.target).await?;
    let mut reader = database.reader();
    let (picks, base) = match &request.after {
        None => {
            let pick = single(database, request).await?;
            let base = pick.base;
            (vec![pick], base)
        }
        Some(after) => {
            let base = after.resolve(database, &mut reader).await?;
            (range(database, request, base).await?, base)
        }
    };
    let tip = match picks.last() {
        Some(last) => Head {
            commit: last.hash,
            tree: last.commit.tree,
        },
        None => head,
    };
    let source = database.snapshot(tip.tree).await?;
    let using = conversions(database, &mut reader, &source, tip.commit, &[base]).await?;
    let before = database.snapshot(head.tree).await?;
    let decisions = Decisions {
        strategy: request.strategy,
        ..Decisions::default()
    };
    let replay = replay::replay(database, before.clone(), picks, &decisions).await?;
    let states = (before, replay.result.clone());
    let transition = Transition::new(database, map, head, states, using.clone(), creator);
    Ok(Planned {
        replay,
        transition,
        using,
        base,
        tip,
    })
}

/// The one commit that is asked for.
async fn single(database: &Database, request: &Request) -> Result<Pick, RepoError> {
    let mut reader = database.reader();
    let hash = request.commit.resolve(database, &mut reader).await?;
    let commit = database.store().commit(&mut reader, hash).await?;
    let base = parent_of(hash, &commit, request.parent)?;
    Ok(Pick { hash, commit, base })
}

/// The commits of a range, oldest first: those that its end reaches and its start does not. With a parent named, along the
/// first parents.
async fn range(
    database: &Database,
    request: &Request,
    after: CommitHash,
) -> Result<Vec<Pick>, RepoError> {
    let mut reader = database.reader();
    let tip = request.commit.resolve(database, &mut reader).await?;
    let store = database.store();
    let mut commits = store.own_commits(&mut reader, tip, after).await?;
    if request.parent.is_some() {
        let mut line = tip;
        commits.reverse();
        commits.retain(|(hash, commit)| {
            let is_next = *hash == line;
            if is_next && let Some(first) = commit.parents.first() {
                line = *first;
            }
            is_next
        });
        commits.reverse();
    }
    commits
        .into_iter()
        .map(|(hash, commit)| {
            let parent = request.parent.filter(|_| commit.parents.len() > 1);
            let base = parent_of(hash, &commit, parent)?;
            Ok(Pick { hash, commit, base })
        })
        .collect()
}

/// What a commit is compared with: its only parent, or the one that is named.
pub fn parent_of(
    hash: CommitHash,
    commit: &Commit,
    named: Option<u32>,
) -> Result<CommitHash, ErrorReport> {
    let refused = |message: String| ErrorReport::new(SqlState::INVALID_PARAMETER_VALUE, message);
    let hash = hash.short();
    let count = commit.parents.len();
    let ordinal = match named {
        None if count > 1 => {
            return Err(refused(format!("commit {hash} is a merge"))
                .with_hint(format!(
                    "Say which of its {count} parents it is to be compared with: PARENT 1 is the branch that was merged into."
                )));
        }
        None => 1,
        Some(ordinal) => ordinal,
    };
    let parent = ordinal
        .checked_sub(1)
        .and_then(|index| commit.parents.get(index as usize));
    parent.copied().ok_or_else(|| match count {
        0 => refused(format!(
            "commit {hash} is the first one: there is nothing to compare it with"
        )),
        _ => refused(format!("commit {hash} has no parent {ordinal}")),
    })
}

/// Picks several commits in one transaction, again if the target has moved in between.
async fn pick_range(
    database: &Database,
    session: &mut dyn Executor,
    request: &Request,
    identity: &Identity,
) -> Result<MergeReport, RepoError> {
    if request.message.is_some() {
        return Err(ErrorReport::new(
            SqlState::INVALID_PARAMETER_VALUE,
            "a message can be given to one commit only, not to a range",
        )
        .into());
    }
    let target = database.branch(&request.target).await?;
    database.complete(target.id()).await?;
    let turn = Turn::take(database, session, &target).await?;
    let picked = attempts(database, session, request, identity).await;
    turn.end(database, session, picked).await
}

/// Works it out and applies it, again if the target has moved in between.
async fn attempts(
    database: &Database,
    session: &mut dyn Executor,
    request: &Request,
    identity: &Identity,
) -> Result<MergeReport, RepoError> {
    let creator = catalog::creator(session).await?;
    for _ in 0..transition::ATTEMPTS {
        let planned = work_out(database, request, &creator).await?;
        if let Some(stop) = &planned.replay.stopped {
            return Err(conflicts(stop, &request.target).into());
        }
        let transition = &planned.transition;
        let start = transition.head;
        let chain = Chain::new(database, start, &planned.replay, |pick, before, after| {
            Said {
                author: identity.clone(),
                message: message_of(pick),
                statements: planned.statements(database, &creator, (before, after)),
            }
        })
        .await?;
        let Some(chain) = chain else {
            return Ok(MergeReport {
                outcome: Outcome::UpToDate,
                merge: None,
                commit: start.commit,
                objects: 0,
                conflicts: 0,
                statements: 0,
            });
        };
        transition::begin(session).await?;
        let applied = apply(database, session, request, &planned, chain, identity).await;
        if let Some(commit) = transition.end(database, session, applied).await? {
            return Ok(MergeReport {
                outcome: Outcome::Merged,
                merge: None,
                commit,
                objects: transition.changes.len(),
                conflicts: 0,
                statements: transition.steps.len(),
            });
        }
    }
    Err(transition::keeps_changing(&request.target))
}

async fn apply(
    database: &Database,
    session: &mut dyn Executor,
    request: &Request,
    planned: &Planned,
    chain: Chain,
    identity: &Identity,
) -> Result<Option<CommitHash>, RepoError> {
    let source = match &request.after {
        Some(after) => format!("{after}..{}", request.commit),
        None => request.commit.to_string(),
    };
    let terms = Terms {
        action: Operation::CherryPick.as_str(),
        allow_data_loss: request.allow_data_loss,
        thorough: false,
    };
    let authored = Authored {
        identity,
        // The commits of the chain have their own.
        message: String::new(),
        statements: planned.transition.statements(),
        action: format!("cherry-pick {source}"),
    };
    let merging = Merging {
        joins: Vec::new(),
        fast_forward: None,
        merge: MergeRecord::Clean {
            operation: Operation::CherryPick,
            sources: vec![MergeSource {
                name: source,
                head: planned.tip.commit,
            }],
            bases: vec![planned.base],
            strategy: request.strategy.as_str().to_owned(),
            history: History::default().as_str().to_owned(),
            message: None,
        },
        audit: audit_of_replay(planned.base, &planned.replay, &planned.transition),
        chain: Some(chain),
        ledgers: Vec::new(),
    };
    let transition = &planned.transition;
    let (observed, stamp) = transition.apply(database, session, terms).await?;
    let seen = (&observed, &stamp);
    replay::record(database, session, transition.head, seen, &authored, merging).await
}

fn message_of(pick: &Pick) -> String {
    let message = pick.commit.message.trim_end();
    format!("{message}\n\n(cherry picked from commit {})", pick.hash)
}

/// A range is picked as a whole or not at all.
fn conflicts(stop: &Stop, target: &str) -> ErrorReport {
    let attributes: Vec<String> = stop
        .merged
        .open()
        .map(|conflict| format!("{}: {}", conflict.key, conflict.attribute))
        .collect();
    let hash = stop.pick.hash.short();
    ErrorReport::new(
        SqlState::OBJECT_NOT_IN_PREREQUISITE_STATE,
        format!("commit {hash} conflicts with branch \"{target}\"; nothing was picked"),
    )
    .with_detail(format!("{}.", attributes.join("; ")))
    .with_hint(format!(
        "Pick what comes before it, then PGGIT CHERRY PICK {hash} INTO {}, which keeps its conflicts for a decision; or say STRATEGY source_wins or target_wins.",
        quote_identifier(target)
    ))
}
