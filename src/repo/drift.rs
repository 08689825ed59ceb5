//! Drift: what the live catalogs have and the head commit has not.

use super::advance::{Authored, advance};
use super::database::{Database, Head};
use super::error::RepoError;
use super::identity::Identity;
use super::survey::{Survey, survey};
use crate::branch::BranchMap;
use crate::catalog::Unsupported;
use crate::error::ErrorReport;
use crate::schema::Change;
use crate::store::{Commit, CommitHash, Progress};
use crate::upstream::Executor;
use std::sync::Arc;

/// How a branch stands.
#[derive(Clone, Debug)]
pub struct Status {
    pub commit: CommitHash,
    pub latest: Commit,
    /// How many objects the head commit holds; `None` while they are being made.
    pub objects: Option<usize>,
    /// How far a branch has come whose objects are being made. What is live is not compared then.
    pub hydration: Option<Progress>,
    /// What leads from the head commit to the live catalogs.
    pub drift: Vec<Change>,
    /// Objects of kinds that are not versioned.
    pub unsupported: Vec<Unsupported>,
}

/// Compares a branch's head with what is live, as `session` sees it: in a transaction, with what that
/// has done so far.
pub async fn status(
    database: &Database,
    session: &mut dyn Executor,
    map: &Arc<BranchMap>,
) -> Result<Status, ErrorReport> {
    Ok(inspect(database, session, map).await?)
}

async fn inspect(
    database: &Database,
    session: &mut dyn Executor,
    map: &Arc<BranchMap>,
) -> Result<Status, RepoError> {
    let mut reader = database.reader();
    // Schemas of a branch that another process has made are not main's.
    database.refresh_branches(&mut reader).await?;
    let head = database.current_head(map.branch()).await?;
    let latest = database.store().commit(&mut reader, head.commit).await?;
    let hydration = database.hydration(map.id());
    if let Some(hydration) = hydration.filter(|hydration| !hydration.is_finished()) {
        return Ok(Status {
            commit: head.commit,
            latest,
            objects: None,
            hydration: Some(hydration.progress()),
            drift: Vec::new(),
            unsupported: Vec::new(),
        });
    }
    let survey = survey(database, session, map, head).await?;
    Ok(Status {
        commit: head.commit,
        latest,
        objects: Some(survey.recorded.len()),
        hydration: None,
        drift: survey.drift,
        unsupported: survey.unsupported,
    })
}

/// Drift that became a commit.
#[derive(Clone, Debug)]
pub struct Recorded {
    pub commit: CommitHash,
    pub changes: Vec<Change>,
    pub message: String,
}

/// Records a branch's drift as a commit of `identity`'s. `None` if there is none. `session` must be in
/// no transaction.
pub async fn commit(
    database: &Database,
    session: &mut dyn Executor,
    map: &Arc<BranchMap>,
    message: Option<String>,
    identity: &Identity,
) -> Result<Option<Recorded>, ErrorReport> {
    database.complete(map.id()).await?;
    session.batch("BEGIN").await.map_err(RepoError::from)?;
    match record(database, session, map, message, identity).await {
        Ok(recorded) => {
            session.batch("COMMIT").await.map_err(RepoError::from)?;
            database.refresh().await?;
            Ok(recorded)
        }
        Err(error) => {
            session.batch("ROLLBACK").await.map_err(RepoError::from)?;
            Err(error.into())
        }
    }
}

async fn record(
    database: &Database,
    session: &mut dyn Executor,
    map: &Arc<BranchMap>,
    message: Option<String>,
    identity: &Identity,
) -> Result<Option<Recorded>, RepoError> {
    database.refresh_branches(&mut database.reader()).await?;
    let head: Head = database.current_head(map.branch()).await?;
    let Survey {
        observed,
        drift: changes,
        ..
    } = survey(database, session, map, head).await?;
    let stamp = database.store().stamp(session).await?;
    let message = message.unwrap_or_else(|| summary(&changes));
    let commit = advance(
        database,
        session,
        &observed,
        &stamp,
        &Authored {
            identity,
            message: message.clone(),
            statements: Vec::new(),
            action: "commit".to_owned(),
        },
    )
    .await?;
    Ok(commit.map(|commit| Recorded {
        commit,
        changes,
        message,
    }))
}

/// A commit message for changes that nobody described.
fn summary(changes: &[Change]) -> String {
    match changes {
        [] => "Record the live schema".to_owned(),
        [only] => format!("Record drift of {}", only.key),
        [first, ..] => format!(
            "Record drift of {} and {} more",
            first.key,
            changes.len() - 1
        ),
    }
}
