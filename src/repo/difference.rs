//! What leads from one ref to another.

use super::database::Database;
use super::error::RepoError;
use super::reference::Ref;
use crate::error::ErrorReport;
use crate::schema::{self, Change, Creator, RenderOptions, Snapshot, Step};
use crate::store::CommitHash;

/// The changes between two refs, and the DDL that makes them.
#[derive(Clone, Debug)]
pub struct Difference {
    pub from: CommitHash,
    pub to: CommitHash,
    pub changes: Vec<Change>,
    pub steps: Vec<Step>,
}

/// Compares two refs. `creator` is the role that would run the DDL.
pub async fn difference(
    database: &Database,
    from: &Ref,
    to: &Ref,
    creator: &str,
) -> Result<Difference, ErrorReport> {
    let (from_commit, from) = snapshot(database, from).await?;
    let (to_commit, to) = snapshot(database, to).await?;
    let changes = schema::diff(&from, &to);
    let options = RenderOptions {
        creator: Some(Creator {
            role: creator.to_owned(),
            ..Creator::default()
        }),
        server_version: database.server_version(),
        ..RenderOptions::default()
    };
    let steps = schema::render(&changes, &from, &to, &options);
    Ok(Difference {
        from: from_commit,
        to: to_commit,
        changes,
        steps,
    })
}

async fn snapshot(
    database: &Database,
    reference: &Ref,
) -> Result<(CommitHash, Snapshot), RepoError> {
    let mut reader = database.reader();
    let commit = reference.resolve(database, &mut reader).await?;
    let head = database.head_at(&mut reader, commit).await?;
    let snapshot = database.snapshot(head.tree).await?;
    Ok((commit, snapshot))
}
