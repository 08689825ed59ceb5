//! What three schemas leave open about a column, and the history of the source tells.

use crate::merge::{Doubt, pair::columns};
use crate::repo::error::RepoError;
use crate::schema::model::{Definition, Lineage};
use crate::store::{Commit, CommitHash, LogQuery, Store, TreeHash};
use crate::upstream::Executor;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// The source's commits since it had all that the base has.
#[derive(Clone, Copy)]
pub struct Line {
    pub head: CommitHash,
    pub base: Option<CommitHash>,
}

/// The columns among `doubts` that a commit of the line dropped. The others came to it by a merge that gave
/// them another lineage.
pub async fn made_again(
    store: &Store,
    executor: &mut dyn Executor,
    doubts: Vec<Doubt>,
    line: Line,
) -> Result<BTreeSet<Doubt>, RepoError> {
    let mut by_object: BTreeMap<Lineage, BTreeSet<Lineage>> = BTreeMap::new();
    for doubt in doubts {
        by_object
            .entry(doubt.object)
            .or_default()
            .insert(doubt.column);
    }
    let mut made_again = BTreeSet::new();
    for (object, columns) in by_object {
        // All of it: what came before the base's time may still not be in the base.
        let changes = LogQuery {
            from: vec![line.head],
            object: Some(object),
            ..LogQuery::default()
        };
        for (hash, commit) in store.log(executor, &changes).await? {
            let dropped = dropped_columns(store, executor, object, &commit).await?;
            let asked: Vec<Lineage> = dropped.intersection(&columns).copied().collect();
            if asked.is_empty() || in_base(store, executor, hash, line).await? {
                continue;
            }
            made_again.extend(asked.into_iter().map(|column| Doubt { object, column }));
        }
    }
    Ok(made_again)
}

/// A column that the base has although a commit before it dropped it was brought back.
async fn in_base(
    store: &Store,
    executor: &mut dyn Executor,
    commit: CommitHash,
    line: Line,
) -> Result<bool, RepoError> {
    match line.base {
        Some(base) => Ok(store.is_ancestor(executor, commit, base).await?),
        None => Ok(false),
    }
}

/// The columns of an object that a commit left it without. One that dropped the object says nothing of its columns.
async fn dropped_columns(
    store: &Store,
    executor: &mut dyn Executor,
    object: Lineage,
    commit: &Commit,
) -> Result<BTreeSet<Lineage>, RepoError> {
    let Some(parent) = commit.parents.first() else {
        return Ok(BTreeSet::new());
    };
    let parent = store.commit(executor, *parent).await?;
    let before = definition(store, executor, parent.tree, object).await?;
    let after = definition(store, executor, commit.tree, object).await?;
    let (Some(before), Some(after)) = (before, after) else {
        return Ok(BTreeSet::new());
    };
    let after = columns(&after);
    Ok(columns(&before)
        .into_keys()
        .filter(|column| !after.contains_key(column))
        .collect())
}

async fn definition(
    store: &Store,
    executor: &mut dyn Executor,
    tree: TreeHash,
    object: Lineage,
) -> Result<Option<Arc<Definition>>, RepoError> {
    let found = store.tree_lookup(executor, tree, &[object]).await?;
    let hashes: Vec<_> = found.into_values().collect();
    Ok(store.objects(executor, &hashes).await?.into_values().next())
}
