//! A commit that collides with what another branch has changed is told of at once, and not at the merge.
//!
//! What other branches have is looked up in their trees, object by object that the commit changed: the cost does not
//! grow with what else they hold.

use super::database::{Database, Head};
use super::error::RepoError;
use super::observe::Observed;
use crate::merge::{self, Strategy};
use crate::schema::Snapshot;
use crate::schema::canonical::canonical_bytes;
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

/// An object that a commit changes: its hash before and after.
struct Changed {
    before: Option<ObjectHash>,
    after: Option<(ObjectHash, Arc<Definition>)>,
}

/// What of `observed` collides with other branches; `head` is where the branch was before.
pub(super) async fn collisions(
    database: &Database,
    head: Head,
    observed: &Observed,
) -> Result<Vec<Collision>, RepoError> {
    if database.registry().branches().nth(1).is_none() {
        return Ok(Vec::new());
    }
    let changed = changed(database, head, observed).await?;
    let mut reader = database.reader();
    let store = database.store();
    let others: Vec<BranchHead> = store
        .branch_heads(&mut reader)
        .await?
        .into_iter()
        .filter(|other| other.branch != observed.map.id() && other.commit != head.commit)
        .collect();
    let asked: Vec<_> = others
        .iter()
        .flat_map(|other| changed.keys().map(|lineage| (other.tree, *lineage)))
        .collect();
    let mut theirs = store
        .tree_lookup_many(&mut reader, &asked)
        .await?
        .into_iter();
    let mut found = Vec::new();
    for other in &others {
        let different: Vec<(Lineage, Option<ObjectHash>)> = changed
            .iter()
            .zip(theirs.by_ref())
            .filter(|((_, changed), theirs)| {
                let ours = changed.after.as_ref().map(|(hash, _)| *hash);
                *theirs != changed.before && *theirs != ours
            })
            .map(|((lineage, _), theirs)| (*lineage, theirs))
            .collect();
        if !different.is_empty() {
            compare(database, head, other, &changed, &different, &mut found).await?;
        }
    }
    Ok(found)
}

async fn changed(
    database: &Database,
    head: Head,
    observed: &Observed,
) -> Result<BTreeMap<Lineage, Changed>, RepoError> {
    let gone = observed
        .gone
        .iter()
        .filter(|gone| gone.id.is_none_or(|id| id.sub == 0))
        .map(|gone| (gone.lineage, None));
    let found = observed.found.iter().map(|found| {
        let hash = ObjectHash::of(&canonical_bytes(&found.definition));
        let definition = Arc::new(found.definition.clone());
        (found.lineage, Some((hash, definition)))
    });
    // What is gone under one address may be there under another.
    let after: BTreeMap<_, _> = gone.chain(found).collect();
    let lineages: Vec<Lineage> = after.keys().copied().collect();
    let before = database
        .store()
        .tree_lookup(&mut database.reader(), head.tree, &lineages)
        .await?;
    Ok(after
        .into_iter()
        .map(|(lineage, after)| {
            let before = before.get(&lineage).copied();
            (lineage, Changed { before, after })
        })
        .filter(|(_, changed)| changed.before != changed.after.as_ref().map(|(hash, _)| *hash))
        .collect())
}

/// Merges objects that are different on another branch, each by itself: what conflicts, collides.
async fn compare(
    database: &Database,
    head: Head,
    other: &BranchHead,
    changed: &BTreeMap<Lineage, Changed>,
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
        let ours = changed[lineage].after.as_ref();
        let merged = merge::merge(
            &alone(*lineage, defined(in_base)),
            &alone(*lineage, defined(theirs.as_ref())),
            &alone(*lineage, ours.map(|(_, definition)| Arc::clone(definition))),
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
