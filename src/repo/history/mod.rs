//! Reading what has been: the log, one commit, a schema as it was, versions of an object and who made them, what
//! depends on it, common ancestors.

mod blame;
mod changes;
mod graph;
mod impact;
mod log;
mod object;
mod part;
mod show;
mod versions;
mod walk;

pub use blame::{Blamed, blame};
pub use impact::{Branch, impact};
pub use log::{Drawn, Filter, log, log_graph};
pub use object::ObjectPath;
pub use show::{Shown, ShownSchema, show, show_schema};
pub use versions::{ObjectVersion, versions};

use super::database::Database;
use super::error::RepoError;
use super::reference::Ref;
use crate::error::ErrorReport;
use crate::store::{Commit, CommitHash};

/// A commit with the names of the branches whose head it is, and its tags as `tag: v1`.
#[derive(Clone, Debug)]
pub struct Entry {
    pub hash: CommitHash,
    pub commit: Commit,
    pub heads: Vec<String>,
}

/// The best common ancestors of two refs: none if their histories share nothing.
pub async fn merge_base(
    database: &Database,
    left: &Ref,
    right: &Ref,
) -> Result<Vec<Entry>, ErrorReport> {
    Ok(bases(database, left, right).await?)
}

async fn bases(database: &Database, left: &Ref, right: &Ref) -> Result<Vec<Entry>, RepoError> {
    let mut reader = database.reader();
    let store = database.store();
    let left = left.resolve(database, &mut reader).await?;
    let right = right.resolve(database, &mut reader).await?;
    let mut found = Vec::new();
    for hash in store.merge_base(&mut reader, left, &[right]).await? {
        found.push(Entry {
            hash,
            commit: store.commit(&mut reader, hash).await?,
            heads: Vec::new(),
        });
    }
    Ok(found)
}
