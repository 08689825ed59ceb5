//! A branch, or some of its objects, become what they were: a new commit on top.

use super::findings::{self, Finding};
use super::{Outcome, Preview, Undone, ask_rows, rollback, undo};
use crate::catalog;
use crate::error::ErrorReport;
use crate::repo::advance::{Advanced, Authored, advance_from};
use crate::repo::database::{Database, Head};
use crate::repo::error::RepoError;
use crate::repo::identity::Identity;
use crate::repo::reference::Ref;
use crate::repo::transition::{self, Conversions, Terms, Transition, Turn};
use crate::schema::{Creator, Snapshot};
use crate::store::CommitHash;
use crate::upstream::Executor;

/// What is asked for.
#[derive(Clone, Debug)]
pub struct Restore {
    /// Where it is as it shall be.
    pub from: Ref,
    /// Schema, if given, and name of each object; all of the branch if there are none.
    pub objects: Vec<(Option<String>, String)>,
    /// A branch's name.
    pub branch: String,
    pub allow_data_loss: bool,
}

impl Restore {
    fn is_whole(&self) -> bool {
        self.objects.is_empty()
    }

    /// In a word.
    fn action(&self) -> &'static str {
        if self.is_whole() { "rollback" } else { "undo" }
    }

    fn names(&self) -> String {
        let names: Vec<String> = self
            .objects
            .iter()
            .map(|(schema, name)| match schema {
                Some(schema) => format!("{schema}.{name}"),
                None => name.clone(),
            })
            .collect();
        names.join(", ")
    }

    /// As a person would say it.
    fn sentence(&self) -> String {
        if self.is_whole() {
            format!("roll back to {}", self.from)
        } else {
            format!("undo {} from {}", self.names(), self.from)
        }
    }

    fn message(&self, commit: CommitHash) -> String {
        let (from, hash) = (&self.from, commit.short());
        if self.is_whole() {
            format!("Roll back to {from} ({hash})")
        } else {
            format!("Undo {} from {from} ({hash})", self.names())
        }
    }
}

/// What a restoration was worked out to be.
pub(super) struct Worked {
    /// The ref's commit.
    pub commit: CommitHash,
    pub findings: Vec<Finding>,
    /// None where an error keeps it from being worked out.
    pub after: Option<Snapshot>,
}

/// A branch's head and its schema, to work from.
pub(super) struct Present {
    pub head: Head,
    pub schema: Snapshot,
}

struct Examined {
    commit: CommitHash,
    findings: Vec<Finding>,
    transition: Option<Transition>,
}

async fn examine(
    database: &Database,
    asked: &Restore,
    creator: &Creator,
) -> Result<Examined, RepoError> {
    let map = database.branch(&asked.branch).await?;
    let head = database.current_head(&asked.branch).await?;
    let schema = database.snapshot(head.tree).await?;
    let present = Present { head, schema };
    let worked = if asked.is_whole() {
        rollback::work_out(database, asked, &present).await?
    } else {
        undo::work_out(database, asked, &present).await?
    };
    let transition = worked.after.map(|after| {
        let schemas = (present.schema, after);
        // What was converted has left no trace of how it would be converted back.
        Transition::new(database, map, head, schemas, Conversions::new(), creator)
    });
    Ok(Examined {
        commit: worked.commit,
        findings: worked.findings,
        transition,
    })
}

/// Does it. `session` must be in no transaction.
pub async fn restore(
    database: &Database,
    session: &mut dyn Executor,
    asked: &Restore,
    identity: &Identity,
) -> Result<Undone, ErrorReport> {
    Ok(run(database, session, asked, identity).await?)
}

async fn run(
    database: &Database,
    session: &mut dyn Executor,
    asked: &Restore,
    identity: &Identity,
) -> Result<Undone, RepoError> {
    let branch = database.branch(&asked.branch).await?;
    database.complete(branch.id()).await?;
    let turn = Turn::take(database, session, &branch).await?;
    let undone = attempts(database, session, asked, identity).await;
    turn.end(database, session, undone).await
}

/// Works it out and applies it, again if the branch has moved in between.
async fn attempts(
    database: &Database,
    session: &mut dyn Executor,
    asked: &Restore,
    identity: &Identity,
) -> Result<Undone, RepoError> {
    let creator = catalog::creator(session).await?;
    for _ in 0..transition::ATTEMPTS {
        let examined = examine(database, asked, &creator).await?;
        findings::stop(&asked.sentence(), &examined.findings)?;
        let Some(transition) = &examined.transition else {
            return Err(RepoError::no_such_branch(&asked.branch));
        };
        if transition.changes.is_empty() {
            return Ok(Undone {
                outcome: Outcome::UpToDate,
                merge: None,
                commit: transition.head.commit,
                objects: 0,
                conflicts: 0,
                statements: 0,
                findings: examined.findings,
            });
        }
        transition::begin(session).await?;
        let message = asked.message(examined.commit);
        let applied = apply(database, session, asked, transition, message, identity).await;
        if let Some(commit) = transition.end(database, session, applied).await? {
            return Ok(Undone {
                outcome: if asked.is_whole() {
                    Outcome::RolledBack
                } else {
                    Outcome::Undone
                },
                merge: None,
                commit,
                objects: transition.changes.len(),
                conflicts: 0,
                statements: transition.steps.len(),
                findings: examined.findings,
            });
        }
    }
    Err(transition::keeps_changing(&asked.branch))
}

/// Applies it in `session`'s open transaction. `None` if the branch has moved.
async fn apply(
    database: &Database,
    session: &mut dyn Executor,
    asked: &Restore,
    transition: &Transition,
    message: String,
    identity: &Identity,
) -> Result<Option<CommitHash>, RepoError> {
    let terms = Terms {
        action: asked.action(),
        allow_data_loss: asked.allow_data_loss,
        thorough: true,
    };
    let (observed, stamp) = transition.apply(database, session, terms).await?;
    let authored = Authored {
        identity,
        message,
        statements: transition.statements(),
        action: asked.sentence(),
    };
    let advanced = advance_from(
        database,
        session,
        transition.head,
        &observed,
        &stamp,
        &authored,
        None,
    )
    .await?;
    Ok(match advanced {
        Advanced::To(advance) => Some(advance.commit),
        Advanced::Unchanged => Some(transition.head.commit),
        Advanced::Moved(_) => None,
    })
}

/// What it would do. `session` must be in no transaction.
pub async fn preview_restore(
    database: &Database,
    session: &mut dyn Executor,
    asked: &Restore,
) -> Result<Preview, ErrorReport> {
    let creator = catalog::creator(session).await.map_err(RepoError::from)?;
    let examined = examine(database, asked, &creator).await?;
    let Some(transition) = &examined.transition else {
        return Ok(Preview {
            findings: examined.findings,
            steps: Vec::new(),
        });
    };
    let preview = ask_rows(
        database,
        session,
        examined.findings,
        transition,
        asked.allow_data_loss,
    );
    Ok(preview.await?)
}
