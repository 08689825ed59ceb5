//! Rebasing: a branch's own commits are worked out anew upon another commit, and the branch goes to the last of them.
//!
//! Until that happens, in one transaction, neither the branch's head nor its objects move. A rebase that stops at a
//! conflict is nothing but a row that says which branch goes upon which commit, and the decisions of its conflicts: whoever
//! continues works all of it out again.

use super::advance::{Authored, Merging};
use super::database::{Database, Head};
use super::error::RepoError;
use super::identity::Identity;
use super::merging::{History, carry_ledgers, conversions, new_conflict, resolution};
use super::reference::Ref;
use super::replay::{self, Chain, Decisions, Pick, Replay, Said, Stop};
use super::transition::{self, Conversions, Terms, Transition};
use crate::branch::MAIN;
use crate::catalog;
use crate::error::{ErrorReport, SqlState};
use crate::merge::Strategy;
use crate::schema::quote::quote_identifier;
use crate::schema::{Creator, Snapshot};
use crate::store::{
    CommitHash, MergeAudit, MergeRecord, MergeSource, NewMerge, Operation, RebaseMerge, RebaseRow,
    StoreError,
};
use crate::upstream::Executor;

/// What is asked for.
#[derive(Clone, Debug)]
pub struct Request {
    pub branch: String,
    pub onto: Ref,
    /// Go on although a table or column that holds rows is dropped.
    pub allow_data_loss: bool,
}

/// How a rebase came out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    UpToDate,
    FastForward,
    Rebased,
    Conflicts,
}

impl Outcome {
    pub fn as_str(self) -> &'static str {
        match self {
            Self::UpToDate => "up_to_date",
            Self::FastForward => "fast_forward",
            Self::Rebased => "rebased",
            Self::Conflicts => "conflicts",
        }
    }
}

/// What a rebase did.
#[derive(Clone, Debug)]
pub struct Report {
    pub branch: String,
    pub outcome: Outcome,
    /// The number under which the conflicts are stored.
    pub merge: Option<i64>,
    /// The branch's head afterwards.
    pub commit: CommitHash,
    /// Commits that were worked out anew.
    pub commits: usize,
    /// The commit that conflicts, and how many conflicts it has.
    pub conflict: Option<(CommitHash, usize)>,
    /// Statements that were applied.
    pub statements: usize,
}

/// A rebase worked out to the last statement.
#[derive(Clone, Debug)]
pub struct Planned {
    pub replay: Replay,
    pub transition: Transition,
    onto: Head,
    /// The branch is upon it already.
    is_up_to_date: bool,
}

/// The rebase of a branch that waits for decisions.
#[derive(Clone, Debug)]
pub struct Open {
    pub rebase: RebaseRow,
    pub merges: Vec<RebaseMerge>,
}

/// Rebases a branch, or stores the conflicts that keep that from happening. `session` must be in no transaction.
pub async fn rebase(
    database: &Database,
    session: &mut dyn Executor,
    request: &Request,
    identity: &Identity,
) -> Result<Report, ErrorReport> {
    let begun = async {
        check(&request.branch)?;
        if open(database, &request.branch).await?.is_some() {
            return Err(StoreError::RebaseInProgress(request.branch.clone()).into());
        }
        let mut reader = database.reader();
        let onto = request.onto.resolve(database, &mut reader).await?;
        let attempt = Attempt {
            branch: &request.branch,
            onto,
            onto_name: request.onto.to_string(),
            stored: None,
            decisions: Decisions::default(),
            allow_data_loss: request.allow_data_loss,
        };
        attempt.run(database, session, identity).await
    };
    Ok(begun.await?)
}

/// Works out what a rebase would do: no more than reading history.
pub async fn plan(
    database: &Database,
    request: &Request,
    creator: &Creator,
) -> Result<Planned, ErrorReport> {
    let planned = async {
        check(&request.branch)?;
        let mut reader = database.reader();
        let onto = request.onto.resolve(database, &mut reader).await?;
        work_out(
            database,
            &request.branch,
            onto,
            &Decisions::default(),
            creator,
        )
        .await
    };
    Ok(planned.await?)
}

/// Goes on with a rebase whose conflicts are decided. `session` must be in no transaction.
pub async fn resume(
    database: &Database,
    session: &mut dyn Executor,
    branch: &str,
    allow_data_loss: bool,
    identity: &Identity,
) -> Result<Report, ErrorReport> {
    let resumed = async {
        let open = in_progress(database, branch).await?;
        if let Some(undecided) = open.merges.iter().find(|merge| merge.unresolved > 0) {
            return Err(ErrorReport::new(
                SqlState::OBJECT_NOT_IN_PREREQUISITE_STATE,
                format!(
                    "commit {} has {} unresolved conflicts",
                    undecided.commit.short(),
                    undecided.unresolved
                ),
            )
            .with_hint(format!(
                "PGGIT CONFLICTS {merge} lists them, PGGIT RESOLVE {merge} <conflict> WITH … decides one, PGGIT REBASE SKIP leaves the commit out.",
                merge = undecided.merge
            ))
            .into());
        }
        go_on(database, session, open, allow_data_loss, identity).await
    };
    Ok(resumed.await?)
}

/// Leaves out the commit that conflicts, and goes on. `session` must be in no transaction.
pub async fn skip(
    database: &Database,
    session: &mut dyn Executor,
    branch: &str,
    allow_data_loss: bool,
    identity: &Identity,
) -> Result<Report, ErrorReport> {
    let skipped = async {
        let found = in_progress(database, branch).await?;
        if let Some(last) = found.merges.last() {
            let mut operator = database.operator().await?;
            let store = database.store();
            store
                .skip_in_rebase(&mut operator, found.rebase.id, last.commit, &identity.role)
                .await?;
        }
        let open = in_progress(database, branch).await?;
        go_on(database, session, open, allow_data_loss, identity).await
    };
    Ok(skipped.await?)
}

/// Gives a rebase up. The branch was never touched.
pub async fn abort(
    database: &Database,
    branch: &str,
    identity: &Identity,
) -> Result<(), ErrorReport> {
    let aborted = async {
        let open = in_progress(database, branch).await?;
        let mut operator = database.operator().await?;
        let store = database.store();
        store
            .abort_rebase(&mut operator, open.rebase.id, &identity.role)
            .await?;
        Ok::<_, RepoError>(())
    };
    Ok(aborted.await?)
}

/// The rebase of a branch that is not complete.
pub async fn open(database: &Database, branch: &str) -> Result<Option<Open>, RepoError> {
    let mut reader = database.reader();
    let store = database.store();
    let Some(rebase) = store.open_rebase(&mut reader, branch).await? else {
        return Ok(None);
    };
    let merges = store.rebase_merges(&mut reader, rebase.id).await?;
    Ok(Some(Open { rebase, merges }))
}

async fn in_progress(database: &Database, branch: &str) -> Result<Open, RepoError> {
    open(database, branch).await?.ok_or_else(|| {
        ErrorReport::new(
            SqlState::OBJECT_NOT_IN_PREREQUISITE_STATE,
            format!("no rebase of branch \"{branch}\" is in progress"),
        )
        .into()
    })
}

fn check(branch: &str) -> Result<(), ErrorReport> {
    if branch != MAIN {
        return Ok(());
    }
    Err(ErrorReport::new(
        SqlState::OBJECT_NOT_IN_PREREQUISITE_STATE,
        format!("branch \"{MAIN}\" cannot be rebased"),
    )
    .with_hint("Its commits are what other branches are made from: merge into it."))
}

async fn go_on(
    database: &Database,
    session: &mut dyn Executor,
    open: Open,
    allow_data_loss: bool,
    identity: &Identity,
) -> Result<Report, RepoError> {
    let mut decisions = Decisions {
        strategy: Strategy::default(),
        skipped: open.rebase.skipped.iter().copied().collect(),
        ..Decisions::default()
    };
    let mut reader = database.reader();
    for merge in &open.merges {
        let conflicts = database.store().conflicts(&mut reader, merge.merge).await?;
        let decided = conflicts.into_iter().filter_map(resolution);
        let known = decisions.resolutions.entry(merge.commit).or_default();
        known.extend(decided);
    }
    let attempt = Attempt {
        branch: &open.rebase.branch,
        onto: open.rebase.onto,
        onto_name: open.rebase.onto_name,
        stored: Some(open.rebase.id),
        decisions,
        allow_data_loss,
    };
    attempt.run(database, session, identity).await
}

/// One way to the end of a rebase, or to the next conflict.
struct Attempt<'a> {
    branch: &'a str,
    onto: CommitHash,
    onto_name: String,
    stored: Option<i64>,
    decisions: Decisions,
    allow_data_loss: bool,
}

impl Attempt<'_> {
    async fn run(
        &self,
        database: &Database,
        session: &mut dyn Executor,
        identity: &Identity,
    ) -> Result<Report, RepoError> {
        let creator = catalog::creator(session).await?;
        let map = database.branch(self.branch).await?;
        database.complete(map.id()).await?;
        for _ in 0..transition::ATTEMPTS {
            let planned =
                work_out(database, self.branch, self.onto, &self.decisions, &creator).await?;
            let head = planned.transition.head;
            let mut report = Report {
                branch: self.branch.to_owned(),
                outcome: Outcome::UpToDate,
                merge: None,
                commit: head.commit,
                commits: planned.replay.picked().count(),
                conflict: None,
                statements: 0,
            };
            if planned.is_up_to_date {
                // It was merged meanwhile: there is nothing left to go on with.
                if let Some(rebase) = self.stored {
                    let mut operator = database.operator().await?;
                    let store = database.store();
                    store
                        .abort_rebase(&mut operator, rebase, &identity.role)
                        .await?;
                }
                return Ok(report);
            }
            if let Some(stop) = &planned.replay.stopped {
                report.merge = Some(self.store(database, stop, head, identity).await?);
                report.outcome = Outcome::Conflicts;
                report.conflict = Some((stop.pick.hash, stop.merged.open().count()));
                return Ok(report);
            }
            let chain = Chain::new(database, planned.onto, &planned.replay, |pick, _, _| Said {
                author: Identity {
                    role: pick.commit.author.clone(),
                    application: pick.commit.application.clone(),
                    address: pick.commit.address.clone(),
                },
                message: pick.commit.message.clone(),
                statements: pick.commit.statements.clone(),
            })
            .await?;
            transition::begin(session).await?;
            let applied = self
                .apply(database, session, &planned, chain, identity)
                .await;
            let ended = planned.transition.end(database, session, applied).await?;
            if let Some(commit) = ended {
                report.outcome = match report.commits {
                    0 => Outcome::FastForward,
                    _ => Outcome::Rebased,
                };
                report.commit = commit;
                report.statements = planned.transition.steps.len();
                return Ok(report);
            }
        }
        Err(transition::keeps_changing(self.branch))
    }

    async fn apply(
        &self,
        database: &Database,
        session: &mut dyn Executor,
        planned: &Planned,
        chain: Option<Chain>,
        identity: &Identity,
    ) -> Result<Option<CommitHash>, RepoError> {
        let action = format!("rebase onto {}", self.onto_name);
        let authored = Authored {
            identity,
            message: format!("Rebase {} onto {}", self.branch, self.onto_name),
            statements: planned.transition.statements(),
            action,
        };
        let terms = Terms {
            action: Operation::Rebase.as_str(),
            allow_data_loss: self.allow_data_loss,
            thorough: false,
        };
        let (observed, stamp) = planned.transition.apply(database, session, terms).await?;
        let merging = Merging {
            joins: Vec::new(),
            audit: MergeAudit::default(),
            fast_forward: chain.is_none().then_some(planned.onto),
            merge: MergeRecord::Rebase {
                stored: self.stored,
                onto: self.onto,
                onto_name: self.onto_name.clone(),
            },
            chain,
            ledgers: self.ledgers(database, session, planned).await?,
        };
        replay::record(
            database,
            session,
            planned.transition.head,
            (&observed, &stamp),
            &authored,
            merging,
        )
        .await
    }

    /// Carries the rows of migration ledgers from the branch that this one goes upon, if it still is where it was.
    async fn ledgers(
        &self,
        database: &Database,
        session: &mut dyn Executor,
        planned: &Planned,
    ) -> Result<Vec<crate::store::LedgerBase>, RepoError> {
        let registry = database.registry();
        let Some(source) = registry.branch(&self.onto_name) else {
            return Ok(Vec::new());
        };
        if database.current_head(&self.onto_name).await? != planned.onto {
            return Ok(Vec::new());
        }
        carry_ledgers(
            database,
            session,
            source,
            planned.onto.tree,
            &planned.transition,
        )
        .await
    }

    /// Stores the conflicts that are in the way. Returns the number to decide them under.
    async fn store(
        &self,
        database: &Database,
        stop: &Stop,
        head: Head,
        identity: &Identity,
    ) -> Result<i64, RepoError> {
        let conflicts: Vec<_> = stop
            .merged
            .open()
            .map(|found| new_conflict(1, found))
            .collect();
        let mut operator = database.operator().await?;
        operator.batch("BEGIN").await?;
        let stored = async {
            let store = database.store();
            let rebase = if let Some(rebase) = self.stored {
                rebase
            } else {
                let onto = (self.onto, self.onto_name.as_str());
                store
                    .create_rebase(
                        &mut operator,
                        self.branch,
                        onto,
                        head.commit,
                        &identity.role,
                    )
                    .await?
            };
            let new = NewMerge {
                operation: Operation::Rebase,
                sources: &[MergeSource {
                    name: stop.pick.hash.short(),
                    head: stop.pick.hash,
                }],
                target: self.branch,
                bases: &[stop.pick.base],
                target_head: head.commit,
                strategy: self.decisions.strategy.as_str(),
                history: History::default().as_str(),
                message: Some(&stop.pick.commit.message),
                who: &identity.role,
                conflicts: &conflicts,
            };
            let merge = store.create_merge(&mut operator, &new).await?;
            store
                .set_rebase_of_merge(&mut operator, merge, rebase)
                .await?;
            operator.batch("COMMIT").await?;
            Ok(merge)
        }
        .await;
        if stored.is_err() {
            operator.batch("ROLLBACK").await?;
        }
        stored
    }
}

async fn work_out(
    database: &Database,
    branch: &str,
    onto: CommitHash,
    decisions: &Decisions,
    creator: &Creator,
) -> Result<Planned, RepoError> {
    let store = database.store();
    let mut reader = database.reader();
    let map = database.branch(branch).await?;
    let head = database.current_head(branch).await?;
    let onto = database.head_at(&mut reader, onto).await?;
    let bases = store
        .merge_base(&mut reader, head.commit, &[onto.commit])
        .await?;
    if bases.is_empty() {
        return Err(ErrorReport::new(
            SqlState::OBJECT_NOT_IN_PREREQUISITE_STATE,
            format!(
                "branch {} and commit {} have no history in common",
                quote_identifier(branch),
                onto.commit.short()
            ),
        )
        .into());
    }
    let is_up_to_date = bases.contains(&onto.commit);
    let before = database.snapshot(head.tree).await?;
    let (start, picks) = if is_up_to_date {
        (before.clone(), Vec::new())
    } else {
        let own = store
            .own_commits(&mut reader, head.commit, onto.commit)
            .await?;
        let picks = own.into_iter().filter_map(|(hash, commit)| {
            // What a merge has brought comes with the commits that it merged.
            let base = match commit.parents.as_slice() {
                [parent] => *parent,
                _ => return None,
            };
            Some(Pick { hash, commit, base })
        });
        (database.snapshot(onto.tree).await?, picks.collect())
    };
    let using = using(
        database,
        &mut reader,
        (head, &before),
        (onto, &start),
        &bases,
    )
    .await?;
    let replay = replay::replay(database, start, picks, decisions).await?;
    let states = (before, replay.result.clone());
    let transition = Transition::new(database, map, head, states, using, creator);
    Ok(Planned {
        replay,
        transition,
        onto,
        is_up_to_date,
    })
}

/// How types were converted, on either side: the branch's own way wins.
async fn using(
    database: &Database,
    reader: &mut dyn Executor,
    own: (Head, &Snapshot),
    onto: (Head, &Snapshot),
    bases: &[CommitHash],
) -> Result<Conversions, RepoError> {
    let (head, snapshot) = onto;
    let mut using = conversions(database, reader, snapshot, head.commit, bases).await?;
    let (head, snapshot) = own;
    using.extend(conversions(database, reader, snapshot, head.commit, bases).await?);
    Ok(using)
}
