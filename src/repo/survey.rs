//! A whole branch beside its head: what status and drift compare.
//!
//! The first time, everything is read. What was equal then is equal still where the catalogs' fingerprint has not
//! moved, so from then on only that is read of which it has, and what was different before.

use super::adopt::adopt;
use super::database::{Database, Head};
use super::error::RepoError;
use super::observe::{Gone, Observed, new_schemas, other_schemas, user_schemas};
use crate::branch::BranchMap;
use crate::catalog::{self, CatalogId, Fingerprint, Moved, Selection, TouchedRequest, Unsupported};
use crate::schema::model::Lineage;
use crate::schema::{self, Change, Snapshot};
use crate::store::{LineageEntry, TreeChange, TreeHash};
use crate::upstream::Executor;
use std::collections::{BTreeSet, HashMap, HashSet};
use std::sync::Arc;

/// A branch as it is and as its head says.
#[derive(Debug)]
pub struct Survey {
    pub recorded: Snapshot,
    /// What may differ: all objects, or those that had to be looked at.
    pub observed: Observed,
    /// What leads from the head commit to the live catalogs.
    pub drift: Vec<Change>,
    /// Objects of kinds that are not versioned.
    pub unsupported: Vec<Unsupported>,
}

/// What was found of a branch, and when: all but `different` and `gone` was as `tree` says.
#[derive(Debug)]
pub(super) struct Verified {
    fingerprint: Fingerprint,
    /// Of the branch's names: which schemas are its own.
    names: u64,
    tree: TreeHash,
    /// OIDs of what its objects are printed with the names of, wherever that is.
    references: BTreeSet<u32>,
    different: Vec<CatalogId>,
    gone: BTreeSet<Lineage>,
    unsupported: Vec<Unsupported>,
}

/// Compares a branch with its head.
pub async fn survey(
    database: &Database,
    session: &mut dyn Executor,
    map: &Arc<BranchMap>,
    head: Head,
) -> Result<Survey, RepoError> {
    let recorded = database.snapshot(head.tree).await?;
    let verified = database
        .verified(map.id())
        .filter(|verified| verified.names == map.version());
    let mut references = verified
        .as_ref()
        .map_or_else(BTreeSet::new, |verified| verified.references.clone());
    // Before anything is read: what changes meanwhile has moved the next time.
    let elsewhere = other_schemas(session, &database.registry(), map.id()).await?;
    let fingerprint = catalog::fingerprint(session, &elsewhere, &references).await?;
    let moved = verified.as_ref().map_or(Moved::Everything, |verified| {
        fingerprint.moved_since(&verified.fingerprint)
    });
    let partly = match (&moved, &verified) {
        (Moved::Groups(groups), Some(verified)) => {
            look_again(database, session, map, &recorded, verified, groups, head).await?
        }
        _ => None,
    };
    let unmoved = matches!(&moved, Moved::Groups(groups) if groups.is_empty());
    let Looked {
        observed,
        references: new_references,
    } = match partly {
        Some(looked) => looked,
        None => look_at_all(database, session, map, &recorded).await?,
    };
    references.extend(new_references);
    let unsupported = match &verified {
        Some(verified) if unmoved => verified.unsupported.clone(),
        _ => {
            let schemas = user_schemas(session, &database.registry(), map.id()).await?;
            catalog::unsupported(session, &schemas).await?
        }
    };
    let mut live = recorded.clone();
    for gone in &observed.gone {
        live.remove(&gone.lineage);
    }
    let mut different = Vec::new();
    for found in &observed.found {
        let before = recorded.get(&found.lineage);
        if before.is_none_or(|before| **before != found.definition) {
            live.insert(found.lineage, Arc::new(found.definition.clone()));
            different.push(found.id);
        }
    }
    database.remember_verified(
        map.id(),
        Verified {
            fingerprint,
            names: map.version(),
            tree: head.tree,
            references,
            different,
            gone: observed.gone.iter().map(|gone| gone.lineage).collect(),
            unsupported: unsupported.clone(),
        },
    );
    Ok(Survey {
        drift: schema::diff(&recorded, &live),
        recorded,
        observed,
        unsupported,
    })
}

/// What was found.
struct Looked {
    observed: Observed,
    references: Vec<u32>,
}

/// Looks at everything that a branch has.
///
/// Objects whose address the store does not know, as after a restore from a dump, are recognised by name.
async fn look_at_all(
    database: &Database,
    session: &mut dyn Executor,
    map: &Arc<BranchMap>,
    recorded: &Snapshot,
) -> Result<Looked, RepoError> {
    let schemas = user_schemas(session, &database.registry(), map.id()).await?;
    let raw = database.read(session, Selection::Schemas(&schemas)).await?;
    let entries = database.store().lineages(session, &raw.ids()).await?;
    let alive: HashSet<Lineage> = entries.values().map(|entry| entry.lineage).collect();
    let missing = recorded
        .lineages()
        .filter(|lineage| !alive.contains(lineage))
        .copied();
    let mut observed = recognise(database, map, &raw, &entries, recorded, missing)?;
    let seen = seen(&observed);
    observed.gone = recorded
        .lineages()
        .filter(|lineage| !seen.contains(lineage))
        .map(|lineage| Gone {
            id: None,
            lineage: *lineage,
        })
        .collect();
    Ok(Looked {
        observed,
        references: raw.references().collect(),
    })
}

/// Looks at what may be different from what was found last. `None` where that does not explain what the head
/// has changed meanwhile.
async fn look_again(
    database: &Database,
    session: &mut dyn Executor,
    map: &Arc<BranchMap>,
    recorded: &Snapshot,
    verified: &Verified,
    groups: &[u32],
    head: Head,
) -> Result<Option<Looked>, RepoError> {
    let mut suspects = catalog::moved(session, groups).await?;
    suspects.extend(&verified.different);
    let touched = catalog::touched(
        session,
        TouchedRequest {
            objects: &suspects,
            ..TouchedRequest::default()
        },
    )
    .await?;
    let raw = database
        .read(session, Selection::Objects(&touched.ids))
        .await?;
    let mut asked = raw.ids();
    asked.extend(touched.ids.iter().chain(&touched.gone));
    let entries = database.store().lineages(session, &asked).await?;
    let here: HashMap<Lineage, CatalogId> = entries
        .iter()
        .filter(|(id, entry)| id.sub == 0 && entry.branch == map.id())
        .map(|(id, entry)| (entry.lineage, *id))
        .collect();
    let read: HashSet<CatalogId> = raw.ids().into_iter().collect();
    let missing = here
        .iter()
        .filter(|(_, id)| !read.contains(id))
        .map(|(lineage, _)| *lineage)
        .chain(verified.gone.iter().copied());
    let mut observed = recognise(database, map, &raw, &entries, recorded, missing)?;
    let seen = seen(&observed);
    let gone: BTreeSet<Lineage> = here.keys().chain(&verified.gone).copied().collect();
    observed.gone = gone
        .into_iter()
        .filter(|lineage| recorded.contains(lineage) && !seen.contains(lineage))
        .map(|lineage| Gone {
            id: here.get(&lineage).copied(),
            lineage,
        })
        .collect();
    let changed = database
        .store()
        .tree_diff(&mut database.reader(), verified.tree, head.tree)
        .await?;
    let gone: HashSet<Lineage> = observed.gone.iter().map(|gone| gone.lineage).collect();
    let not_seen = changed.iter().filter(|change| {
        let stays_gone = change.to.is_none() && verified.gone.contains(&change.lineage);
        !(stays_gone || seen.contains(&change.lineage) || gone.contains(&change.lineage))
    });
    let (kept, dropped): (Vec<&TreeChange>, Vec<_>) =
        not_seen.partition(|change| change.to.is_some());
    let dropped: Vec<Lineage> = dropped.iter().map(|change| change.lineage).collect();
    let explained = kept.is_empty()
        && !database
            .store()
            .has_any(session, map.id(), &dropped)
            .await?;
    Ok(explained.then(|| Looked {
        observed,
        references: raw.references().collect(),
    }))
}

/// The branch's objects among those read. What has an unknown address is one of the `missing` if it is called so.
fn recognise(
    database: &Database,
    map: &Arc<BranchMap>,
    raw: &catalog::Raw,
    entries: &HashMap<CatalogId, LineageEntry>,
    recorded: &Snapshot,
    missing: impl Iterator<Item = Lineage>,
) -> Result<Observed, RepoError> {
    let registry = database.registry();
    let names = |physical: &str| registry.logical_on(map.id(), physical);
    // Branches share lineages: another's object of the same one is none of this.
    let known: HashMap<CatalogId, Lineage> = entries
        .iter()
        .filter(|(_, entry)| entry.branch == map.id())
        .map(|(id, entry)| (*id, entry.lineage))
        .collect();
    let missing: Snapshot = missing
        .filter_map(|lineage| Some((lineage, Arc::clone(recorded.get(&lineage)?))))
        .collect();
    let adopted = adopt(raw, &names, &missing, &known)?;
    Ok(Observed {
        map: Arc::clone(map),
        new_schemas: new_schemas(map, &adopted.found),
        newcomers: adopted.newcomers,
        found: adopted.found,
        gone: Vec::new(),
    })
}

fn seen(observed: &Observed) -> HashSet<Lineage> {
    observed.found.iter().map(|found| found.lineage).collect()
}
