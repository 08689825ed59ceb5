//! A rebase happens, in one transaction of the client's connection, or stops at a conflict.

use super::plan::{Planned, work_out};
use super::{Outcome, Report};
use crate::catalog;
use crate::repo::advance::{Authored, Merging};
use crate::repo::database::{Database, Head};
use crate::repo::error::RepoError;
use crate::repo::identity::Identity;
use crate::repo::merging::{History, audit_of_replay, carry_ledgers, new_conflict};
use crate::repo::replay::{self, Chain, Decisions, Said, Stop};
use crate::repo::transition::{self, Terms, Turn};
use crate::store::{CommitHash, LedgerBase, MergeRecord, MergeSource, NewMerge, Operation};
use crate::upstream::Executor;

/// One way to the end of a rebase, or to the next conflict.
pub struct Attempt<'a> {
    pub branch: &'a str,
    pub onto: CommitHash,
    pub onto_name: String,
    /// Of a rebase that waited for decisions.
    pub stored: Option<i64>,
    pub decisions: Decisions,
    pub allow_data_loss: bool,
}

impl Attempt<'_> {
    pub async fn run(
        &self,
        database: &Database,
        session: &mut dyn Executor,
        identity: &Identity,
    ) -> Result<Report, RepoError> {
        let map = database.branch(self.branch).await?;
        database.complete(map.id()).await?;
        let turn = Turn::take(database, session, &map).await?;
        let rebased = self.attempts(database, session, identity).await;
        turn.end(database, session, rebased).await
    }

    /// Works it out and applies it, again if the branch has moved in between.
    async fn attempts(
        &self,
        database: &Database,
        session: &mut dyn Executor,
        identity: &Identity,
    ) -> Result<Report, RepoError> {
        let creator = catalog::creator(session).await?;
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
            audit: audit_of_replay(planned.base, &planned.replay, &planned.transition),
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
    ) -> Result<Vec<LedgerBase>, RepoError> {
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
