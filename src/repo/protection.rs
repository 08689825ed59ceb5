//! Protected branches change by merges alone; and merges that others are to approve. The rules hold in `pggit.record`, whichever
//! way a commit comes about.

use super::database::Database;
use super::error::RepoError;
use super::identity::Identity;
use super::ownership::owns_database;
use crate::error::{ErrorReport, SqlState};
use crate::store::{Branch, MergeRequest, Protection, RequestState};
use crate::upstream::Executor;

/// Protects a branch: only merges change it from now on, of members of `roles` (of everybody, where there is none) and after
/// so many approvals. Done again, it changes the rules.
pub async fn protect(
    database: &Database,
    branch: &str,
    roles: &[String],
    approvals: u16,
    identity: &Identity,
) -> Result<(), ErrorReport> {
    let set = async {
        let mut operator = database.operator().await?;
        let branch = existing(database, &mut operator, branch).await?;
        may_protect(&mut operator, identity).await?;
        must_exist(&mut operator, roles).await?;
        let store = database.store();
        store
            .protect(&mut operator, &branch, roles, approvals, &identity.role)
            .await?;
        Ok::<_, RepoError>(())
    };
    Ok(set.await?)
}

/// Lifts a branch's protection.
pub async fn unprotect(
    database: &Database,
    branch: &str,
    identity: &Identity,
) -> Result<(), ErrorReport> {
    let lifted = async {
        let mut operator = database.operator().await?;
        let branch = existing(database, &mut operator, branch).await?;
        may_protect(&mut operator, identity).await?;
        if database.store().unprotect(&mut operator, &branch).await? {
            return Ok(());
        }
        let message = format!("branch \"{}\" is not protected", branch.name);
        Err(RepoError::from(ErrorReport::new(
            SqlState::OBJECT_NOT_IN_PREREQUISITE_STATE,
            message,
        )))
    };
    Ok(lifted.await?)
}

/// All protected branches, `main` first.
pub async fn protections(database: &Database) -> Result<Vec<Protection>, ErrorReport> {
    let protections = database.store().protections(&mut database.reader()).await;
    Ok(protections.map_err(RepoError::from)?)
}

/// Asks others to approve a merge. Returns the request's number.
pub async fn request(
    database: &Database,
    source: &str,
    target: &str,
    message: Option<&str>,
    identity: &Identity,
) -> Result<i64, ErrorReport> {
    let asked = async {
        let mut operator = database.operator().await?;
        let source = existing(database, &mut operator, source).await?;
        let target = existing(database, &mut operator, target).await?;
        if source.id == target.id {
            return Err(ErrorReport::new(
                SqlState::INVALID_PARAMETER_VALUE,
                "a branch cannot be merged into itself",
            )
            .into());
        }
        let store = database.store();
        let both = (&source, &target);
        Ok::<_, RepoError>(
            store
                .create_merge_request(&mut operator, both, message, &identity.role)
                .await?,
        )
    };
    Ok(asked.await?)
}

/// All merge requests, newest first.
pub async fn requests(database: &Database) -> Result<Vec<MergeRequest>, ErrorReport> {
    let requests = database
        .store()
        .merge_requests(&mut database.reader())
        .await;
    Ok(requests.map_err(RepoError::from)?)
}

/// Approves of a request's source as it is now.
pub async fn approve(
    database: &Database,
    id: i64,
    comment: Option<&str>,
    identity: &Identity,
) -> Result<MergeRequest, ErrorReport> {
    let approved = async {
        let mut operator = database.operator().await?;
        let store = database.store();
        let request = open(database, &mut operator, id).await?;
        if request.who == identity.role {
            return Err(ErrorReport::new(
                SqlState::INSUFFICIENT_PRIVILEGE,
                format!("merge request {id} must be approved by another role"),
            )
            .with_detail(format!("Role \"{}\" made it.", request.who))
            .into());
        }
        store
            .approve(&mut operator, id, comment, &identity.role)
            .await?;
        Ok::<_, RepoError>(store.merge_request(&mut operator, id).await?)
    };
    Ok(approved.await?)
}

/// Gives a request up: for whoever made it, and who may protect branches.
pub async fn close(database: &Database, id: i64, identity: &Identity) -> Result<(), ErrorReport> {
    let closed = async {
        let mut operator = database.operator().await?;
        let request = open(database, &mut operator, id).await?;
        if request.who != identity.role {
            may_protect(&mut operator, identity).await?;
        }
        let store = database.store();
        store
            .close_merge_request(&mut operator, id, &identity.role)
            .await?;
        Ok::<_, RepoError>(())
    };
    Ok(closed.await?)
}

async fn open(
    database: &Database,
    executor: &mut dyn Executor,
    id: i64,
) -> Result<MergeRequest, RepoError> {
    let request = database.store().merge_request(executor, id).await?;
    let trouble = match request.state {
        RequestState::Open if request.source_head.is_some() => return Ok(request),
        RequestState::Open => format!("branch \"{}\" no longer exists", request.source),
        state => format!("merge request {id} is already {}", state.as_str()),
    };
    Err(ErrorReport::new(SqlState::OBJECT_NOT_IN_PREREQUISITE_STATE, trouble).into())
}

async fn existing(
    database: &Database,
    executor: &mut dyn Executor,
    name: &str,
) -> Result<Branch, RepoError> {
    let branch = database.store().branch(executor, name).await?;
    branch.ok_or_else(|| RepoError::no_such_branch(name))
}

/// Rules for everybody are the database owner's to make.
async fn may_protect(executor: &mut dyn Executor, identity: &Identity) -> Result<(), RepoError> {
    if owns_database(executor, &identity.role).await? {
        return Ok(());
    }
    let message = "must be owner of the database to protect its branches";
    Err(ErrorReport::new(SqlState::INSUFFICIENT_PRIVILEGE, message).into())
}

const MISSING_ROLES: &str = "
    SELECT wanted FROM jsonb_array_elements_text($1::text::jsonb) AS wanted
     WHERE NOT EXISTS (SELECT FROM pg_roles WHERE rolname = wanted)";

async fn must_exist(executor: &mut dyn Executor, roles: &[String]) -> Result<(), RepoError> {
    let wanted = serde_json::Value::from(roles).to_string();
    let missing = executor.query(MISSING_ROLES, &[Some(&wanted)]).await?;
    match missing.into_iter().flatten().flatten().next() {
        None => Ok(()),
        Some(role) => {
            let message = format!("role \"{role}\" does not exist");
            Err(ErrorReport::new(SqlState::UNDEFINED_OBJECT, message).into())
        }
    }
}
