//! Tags: names for commits that never move.

use super::branches::may_dispose;
use super::database::Database;
use super::error::RepoError;
use super::identity::Identity;
use super::reference::Ref;
use crate::branch::name;
use crate::error::{ErrorReport, Report};
use crate::store::{StoreError, Tag};

/// All tags, newest first.
pub async fn list(database: &Database) -> Result<Vec<Tag>, ErrorReport> {
    let tags = database.store().tags(&mut database.reader()).await;
    Ok(tags.map_err(RepoError::from)?)
}

/// Gives a commit a name for good.
pub async fn create(
    database: &Database,
    name: &str,
    of: &Ref,
    message: Option<&str>,
    identity: &Identity,
) -> Result<(), ErrorReport> {
    name::check_new(name).map_err(|error| error.report())?;
    let made = async {
        let mut operator = database.operator().await?;
        let commit = of.resolve(database, &mut operator).await?;
        let store = database.store();
        store
            .create_tag(&mut operator, name, commit, message, &identity.role)
            .await?;
        Ok::<_, RepoError>(())
    };
    Ok(made.await?)
}

/// Takes a name away; the commit stays. For who made the tag, and for the database's owner.
pub async fn delete(
    database: &Database,
    name: &str,
    identity: &Identity,
) -> Result<(), ErrorReport> {
    let deleted = async {
        let mut operator = database.operator().await?;
        let store = database.store();
        let tag = store
            .tag(&mut operator, name)
            .await?
            .ok_or_else(|| StoreError::UnknownTag(name.to_owned()))?;
        let what = format!("tag \"{name}\"");
        may_dispose(&mut operator, &what, &tag.tagged_by, identity, "delete").await?;
        store
            .delete_tag(&mut operator, name, &identity.role)
            .await?;
        Ok::<_, RepoError>(())
    };
    Ok(deleted.await?)
}
