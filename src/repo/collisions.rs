//! A commit that collides with what another branch has changed is told of at once, and not at the merge.
//!
//! What other branches have is looked up in their trees, object by object that the commit changed: the cost does not
//! grow with what else they hold.

use super::advance::Advance;
use super::database::{Database, Head};
use super::error::RepoError;
use super::observe::Observed;
use crate::merge::{self, Strategy};
use crate::schema::Snapshot;
use crate::schema::model::{Definition, Lineage, ObjectKey};
use crate::store::{BranchHead, CommitHash, LogQuery, ObjectHash};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// Something that this branch and another one have both changed, so that merging them will need a decision.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Collision {
    pub object: ObjectKey,
    /// The part of it, as a conflict names it.
    pub attribute: String,
    pub branch: String,
    /// The other branch's last change of the object.
    pub commit: CommitHash,
    pub author: String,
    pub message: String,
}

/// What of what was `observed`, and recorded by `advance`, collides with other branches.
pub(super) async fn collisions(
    database: &Database,
    observed: &Observed,
    advance: &Advance,
) -> Result<Vec<Collision>, RepoError> {
    if database.registry().branches().nth(1).is_none() {
        return Ok(Vec::new());
    }
    let mut reader = database.reader();
    let store = database.store();
    let others: Vec<BranchHead> = store
        .branch_heads(&mut reader)
        .await?
        .into_iter()
        .filter(|other| other.branch != observed.map.id() && other.commit != advance.from.commit)
        .collect();
    let asked: Vec<_> = others
        .iter()
        .flat_map(|other| {
            let changes = advance.changes.iter();
            changes.map(|changed| (other.tree, changed.lineage))
        })
        .collect();
    let mut theirs = store
        .tree_lookup_many(&mut reader, &asked)
        .await?
        .into_iter();
    let ours: BTreeMap<Lineage, &Definition> = (observed.found.iter())
        .map(|found| (found.lineage, &found.definition))
        .collect();
    let mut found = Vec::new();
    for other in &others {
        let different: Vec<(Lineage, Option<ObjectHash>)> = (advance.changes.iter())
            .zip(theirs.by_ref())
            .filter(|(changed, theirs)| *theirs != changed.before && *theirs != changed.after)
            .map(|(changed, theirs)| (changed.lineage, theirs))
            .collect();
        if !different.is_empty() {
            compare(database, advance.from, other, &ours, &different, &mut found).await?;
        }
    }
    Ok(found)
}

/// Merges objects that are different on another branch, each by itself: what conflicts, collides.
async fn compare(
    database: &Database,
    head: Head,
    other: &BranchHead,
    ours: &BTreeMap<Lineage, &Definition>,
    different: &[(Lineage, Option<ObjectHash>)],
    found: &mut Vec<Collision>,
) -> Result<(), RepoError> {
    let mut reader = database.reader();
    let store = database.store();
    let bases = store
        .merge_base(&mut reader, head.commit, &[other.commit])
        .await?;
    let Some(base) = bases.first() else {
        return Ok(());
    };
    let base = database.head_at(&mut reader, *base).await?;
    let lineages: Vec<Lineage> = different.iter().map(|(lineage, _)| *lineage).collect();
    let in_base = store.tree_lookup(&mut reader, base.tree, &lineages).await?;
    let hashes: Vec<ObjectHash> = different
        .iter()
        .filter_map(|(_, theirs)| *theirs)
        .chain(in_base.values().copied())
        .collect();
    let definitions = store.objects(&mut reader, &hashes).await?;
    let defined = |hash: Option<&ObjectHash>| definitions.get(hash?).map(Arc::clone);
    for (lineage, theirs) in different {
        let in_base = in_base.get(lineage);
        if in_base == theirs.as_ref() {
            continue;
        }
        let ours = ours
            .get(lineage)
            .map(|ours| Arc::new(Definition::clone(ours)));
        let merged = merge::merge(
            &alone(*lineage, defined(in_base)),
            &alone(*lineage, defined(theirs.as_ref())),
            &alone(*lineage, ours),
            &BTreeSet::new(),
            Strategy::Auto,
            &[],
        );
        if merged.conflicts.is_empty() {
            continue;
        }
        let query = LogQuery {
            from: vec![other.commit],
            object: Some(*lineage),
            limit: Some(1),
            ..LogQuery::default()
        };
        let Some((commit, theirs)) = store.log(&mut reader, &query).await?.into_iter().next()
        else {
            continue;
        };
        found.extend(merged.conflicts.into_iter().map(|conflict| Collision {
            object: conflict.key,
            attribute: conflict.attribute,
            branch: other.name.clone(),
            commit,
            author: theirs.author.clone(),
            message: theirs.message.clone(),
        }));
    }
    Ok(())
}

fn alone(lineage: Lineage, definition: Option<Arc<Definition>>) -> Snapshot {
    definition
        .map(|definition| (lineage, definition))
        .into_iter()
        .collect()
}
