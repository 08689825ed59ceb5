//! Where commits stand to each other.

use crate::repo::error::RepoError;
use crate::store::{Commit, CommitHash, LogQuery, Store};
use crate::upstream::Executor;
use std::collections::HashMap;

/// The commits from `to` back along first parents, without `from`; `None` if that is not on the way.
pub async fn first_parents(
    store: &Store,
    reader: &mut dyn Executor,
    (from, to): (CommitHash, CommitHash),
) -> Result<Option<Vec<(CommitHash, Commit)>>, RepoError> {
    let query = LogQuery {
        from: vec![to],
        down_to: vec![from],
        ..LogQuery::default()
    };
    let mut log: HashMap<CommitHash, Commit> =
        store.log(reader, &query).await?.into_iter().collect();
    let mut line = Vec::new();
    let mut at = to;
    while at != from {
        let Some(commit) = log.remove(&at) else {
            return Ok(None);
        };
        let parent = commit.parents.first().copied();
        line.push((at, commit));
        match parent {
            Some(parent) => at = parent,
            None => return Ok(None),
        }
    }
    Ok(Some(line))
}
