//! A branch moves on: what was seen of it becomes objects, a tree, a commit.

use super::database::{Database, Head};
use super::error::RepoError;
use super::identity::Identity;
use super::observe::Observed;
use super::replay::Chain;
use crate::catalog::CatalogId;
use crate::schema::canonical::canonical_bytes;
use crate::schema::model::{Body, Lineage};
use crate::store::{
    Commit, CommitHash, LedgerBase, MergeAudit, MergeRecord, NewHead, ObjectHash, Record, Recorded,
    Stamp, StoreError, TreeHash,
};
use crate::upstream::Executor;
use std::collections::BTreeMap;

/// What a commit says beside its tree.
#[derive(Clone, Debug)]
pub struct Authored<'a> {
    pub identity: &'a Identity,
    pub message: String,
    /// As the client wrote them.
    pub statements: Vec<String>,
    /// What the reflog calls it: `commit`, `merge feature`.
    pub action: String,
}

/// A merge, or what is like one, that is being recorded.
#[derive(Clone, Debug)]
pub struct Merging {
    /// What become further parents.
    pub joins: Vec<CommitHash>,
    /// The commit that the branch may simply become, if that has the tree that was made.
    pub fast_forward: Option<Head>,
    /// How it is stored.
    pub merge: MergeRecord,
    /// Commits that were worked out anew: the last one is what is recorded.
    pub chain: Option<Chain>,
    /// What is kept of it beside.
    pub audit: MergeAudit,
    /// What the ledgers of both branches have in common afterwards.
    pub ledgers: Vec<LedgerBase>,
}

/// How a branch moved on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Advance {
    pub commit: CommitHash,
    /// Where the branch was before.
    pub from: Head,
    /// What is other than it was there.
    pub changes: Vec<ChangedObject>,
}

/// An object's hash before and after; `None` where it is not there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ChangedObject {
    pub lineage: Lineage,
    pub before: Option<ObjectHash>,
    pub after: Option<ObjectHash>,
}

/// What recording came to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Advanced {
    /// The tree stays as it was, and nothing had to be recorded.
    Unchanged,
    To(Advance),
    /// Somebody else was first; the branch is here now, and locked.
    Moved(Head),
}

/// An object's canonical form.
struct Canonical {
    hash: ObjectHash,
    definition: String,
}

/// Records in `session`'s open transaction what was seen of one branch, from whatever head it has.
/// `None` if its tree stays the same.
pub async fn advance(
    database: &Database,
    session: &mut dyn Executor,
    observed: &Observed,
    stamp: &Stamp,
    authored: &Authored<'_>,
) -> Result<Option<Advance>, RepoError> {
    let who = &authored.identity.role;
    advance_as(database, session, observed, stamp, authored, who).await
}

/// The same where the role of the session, `who`, is not the commit's author.
pub async fn advance_as(
    database: &Database,
    session: &mut dyn Executor,
    observed: &Observed,
    stamp: &Stamp,
    authored: &Authored<'_>,
    who: &str,
) -> Result<Option<Advance>, RepoError> {
    let mut head = database.head(&observed.map).await?;
    let mut guessed = true;
    loop {
        let advanced = step(
            database, session, head, observed, stamp, authored, who, None,
        );
        match advanced.await {
            // What is remembered may be older than the objects' last change, and then they are as they were; or it was never
            // committed, and its tree is nowhere.
            Ok(Advanced::Unchanged) | Err(RepoError::Store(StoreError::Corrupt { .. }))
                if guessed =>
            {
                head = database.current_head(observed.map.branch()).await?;
            }
            Ok(Advanced::Unchanged) => return Ok(None),
            Ok(Advanced::To(advance)) => return Ok(Some(advance)),
            Ok(Advanced::Moved(moved)) => head = moved,
            Err(error) => return Err(error),
        }
        guessed = false;
    }
}

/// Records what was seen of one branch as what follows `head`.
pub async fn advance_from(
    database: &Database,
    session: &mut dyn Executor,
    head: Head,
    observed: &Observed,
    stamp: &Stamp,
    authored: &Authored<'_>,
    merging: Option<Merging>,
) -> Result<Advanced, RepoError> {
    let who = &authored.identity.role;
    step(
        database, session, head, observed, stamp, authored, who, merging,
    )
    .await
}

#[allow(clippy::too_many_arguments, reason = "all that a commit is made of")]
async fn step(
    database: &Database,
    session: &mut dyn Executor,
    head: Head,
    observed: &Observed,
    stamp: &Stamp,
    authored: &Authored<'_>,
    who: &str,
    mut merging: Option<Merging>,
) -> Result<Advanced, RepoError> {
    let objects: BTreeMap<Lineage, Canonical> = observed
        .found
        .iter()
        .map(|found| {
            let bytes = canonical_bytes(&found.definition);
            let canonical = Canonical {
                hash: ObjectHash::of(&bytes),
                definition: String::from_utf8_lossy(&bytes).into_owned(),
            };
            (found.lineage, canonical)
        })
        .collect();
    let mut reader = database.reader();
    let store = database.store();
    let previous = previous_objects(database, head.tree, &objects, observed).await?;
    let changes = tree_changes(&previous, &objects, observed);
    let changed = (changes.iter())
        .map(|(lineage, after)| ChangedObject {
            lineage: *lineage,
            before: previous.get(lineage).copied(),
            after: *after,
        })
        .collect();
    // What the server has rebuilt may be all that it was, at another address.
    let only_moved = changes.is_empty() && merging.is_none();
    if only_moved && observed.newcomers.is_empty() {
        return Ok(Advanced::Unchanged);
    }
    let mut tree = store
        .tree_update(&mut reader, Some(head.tree), &changes)
        .await?;
    let new_tree = tree.root;
    let mut new_objects = new_objects(&changes, &objects);
    let mut earlier = Vec::new();
    let chain = merging.as_mut().and_then(|merging| merging.chain.take());
    let chained = match chain {
        Some(chain) => {
            let forged = chain.forge(database, &mut tree, stamp.now_micros).await?;
            new_objects.extend(forged.objects);
            earlier = forged.earlier;
            Some((forged.last, forged.changes))
        }
        None => None,
    };
    let (last, last_changes) = chained.unzip();
    let new_head = match (last, &merging) {
        (Some(last), _) => NewHead::Commit(last),
        (None, None) if only_moved => NewHead::Existing(head.commit),
        (
            None,
            Some(Merging {
                fast_forward: Some(to),
                ..
            }),
        ) if to.tree == new_tree => NewHead::Existing(to.commit),
        _ => NewHead::Commit(Commit {
            tree: new_tree,
            parents: std::iter::once(head.commit)
                .chain(
                    merging
                        .iter()
                        .flat_map(|merging| merging.joins.iter().copied()),
                )
                .collect(),
            author: authored.identity.role.clone(),
            application: authored.identity.application.clone(),
            address: authored.identity.address.clone(),
            time_micros: stamp.now_micros,
            message: authored.message.clone(),
            statements: authored.statements.clone(),
        }),
    };
    let (merge, audit, ledgers) = merging.map_or_else(Default::default, |merging| {
        (merging.merge, merging.audit, merging.ledgers)
    });
    let record = Record {
        stamp: stamp.clone(),
        branch: observed.map.id(),
        expected_head: Some(head.commit),
        head: new_head,
        earlier,
        who: who.to_owned(),
        action: authored.action.clone(),
        objects: new_objects,
        tree: Some(tree),
        lineages: observed.newcomers.clone(),
        gone: observed.gone.iter().filter_map(|gone| gone.id).collect(),
        schemas_added: observed.new_schemas.clone(),
        schemas_removed: removed_schemas(database, &changes, &previous, observed).await?,
        changes: last_changes.unwrap_or(changes),
        merge,
        audit,
        statements: authored.statements.clone(),
        ledgers,
    };
    match store.record(session, &record).await? {
        Recorded::Done(_) if only_moved => Ok(Advanced::Unchanged),
        Recorded::Done(commit) => {
            let new = Head {
                commit,
                tree: new_tree,
            };
            database.remember_head(observed.map.id(), new);
            Ok(Advanced::To(Advance {
                commit,
                from: head,
                changes: changed,
            }))
        }
        Recorded::HeadMoved(moved) => {
            let moved = moved.ok_or_else(|| RepoError::no_such_branch(observed.map.branch()))?;
            Ok(Advanced::Moved(database.head_at(&mut reader, moved).await?))
        }
    }
}

/// What `tree` has of the objects in question.
async fn previous_objects(
    database: &Database,
    tree: TreeHash,
    objects: &BTreeMap<Lineage, Canonical>,
    observed: &Observed,
) -> Result<BTreeMap<Lineage, ObjectHash>, RepoError> {
    let asked: Vec<Lineage> = objects
        .keys()
        .copied()
        .chain(observed.gone.iter().map(|gone| gone.lineage))
        .collect();
    Ok(database
        .store()
        .tree_lookup(&mut database.reader(), tree, &asked)
        .await?)
}

fn tree_changes(
    previous: &BTreeMap<Lineage, ObjectHash>,
    objects: &BTreeMap<Lineage, Canonical>,
    observed: &Observed,
) -> Vec<(Lineage, Option<ObjectHash>)> {
    let changed = objects
        .iter()
        .filter(|(lineage, object)| previous.get(lineage) != Some(&object.hash))
        .map(|(lineage, object)| (*lineage, Some(object.hash)));
    let dropped = observed
        .gone
        .iter()
        .filter(|gone| gone.id.is_none_or(|id| id.sub == 0))
        .filter(|gone| previous.contains_key(&gone.lineage) && !objects.contains_key(&gone.lineage))
        .map(|gone| (gone.lineage, None));
    changed.chain(dropped).collect()
}

fn new_objects(
    changes: &[(Lineage, Option<ObjectHash>)],
    objects: &BTreeMap<Lineage, Canonical>,
) -> Vec<(ObjectHash, String)> {
    changes
        .iter()
        .filter_map(|(lineage, _)| objects.get(lineage))
        .map(|object| (object.hash, object.definition.clone()))
        .collect()
}

/// Logical schemas that the branch no longer has under that name: dropped or renamed.
async fn removed_schemas(
    database: &Database,
    changes: &[(Lineage, Option<ObjectHash>)],
    previous: &BTreeMap<Lineage, ObjectHash>,
    observed: &Observed,
) -> Result<Vec<String>, RepoError> {
    if observed.map.is_main() {
        return Ok(Vec::new());
    }
    let is_schema = |lineage: &Lineage| {
        let gone = observed.gone.iter().any(|gone| {
            gone.lineage == *lineage && gone.id.is_none_or(|id| id.class == CatalogId::SCHEMA)
        });
        gone || observed
            .found
            .iter()
            .any(|found| found.id.class == CatalogId::SCHEMA && found.lineage == *lineage)
    };
    let before: Vec<ObjectHash> = changes
        .iter()
        .filter(|(lineage, _)| is_schema(lineage))
        .filter_map(|(lineage, _)| previous.get(lineage).copied())
        .collect();
    let definitions = database
        .store()
        .objects(&mut database.reader(), &before)
        .await?;
    let kept: Vec<&str> = observed
        .found
        .iter()
        .filter_map(|found| match &found.definition.body {
            Body::Schema(schema) => Some(schema.name.as_str()),
            _ => None,
        })
        .collect();
    Ok(definitions
        .values()
        .filter_map(|definition| match &definition.body {
            Body::Schema(schema) if !kept.contains(&schema.name.as_str()) => {
                Some(schema.name.clone())
            }
            _ => None,
        })
        .collect())
}
