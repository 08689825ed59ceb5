//! Rebasing: a branch's own commits are worked out anew upon another commit, and the branch goes to the last of them.
//!
//! Until that happens, in one transaction, neither the branch's head nor its objects move. A rebase that stops at a
//! conflict is nothing but a row that says which branch goes upon which commit, and the decisions of its conflicts: whoever
//! continues works all of it out again.

mod attempt;
mod plan;

pub use plan::Planned;

use super::database::Database;
use super::error::RepoError;
use super::identity::Identity;
use super::merging::resolution;
use super::reference::Ref;
use super::replay::Decisions;
use crate::branch::MAIN;
use crate::error::{ErrorReport, SqlState};
use crate::merge::Strategy;
use crate::schema::Creator;
use crate::store::{CommitHash, RebaseMerge, RebaseRow, StoreError};
use crate::upstream::Executor;
use attempt::Attempt;
use plan::work_out;

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
