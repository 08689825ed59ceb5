//! What each step of an object's way changed of it, in the words of `ALTER`.

use super::walk::Step;
use crate::repo::database::Database;
use crate::repo::error::RepoError;
use crate::schema::model::{Definition, Lineage};
use crate::schema::{self, ChangeKind, Snapshot};
use crate::store::{CommitHash, ObjectHash, TreeHash};
use crate::upstream::Executor;
use std::sync::Arc;

/// A definition speaks of other objects, and a rename of one of them is no change of it. So they are compared together with
/// what else the commit changed; with no more than so many objects, to bound what one huge commit costs.
const COMPANY: usize = 500;

/// What a step made of one of its commit's parents.
#[derive(Clone, Debug, Default)]
pub struct Changed {
    pub before: Option<Arc<Definition>>,
    pub after: Option<Arc<Definition>>,
    /// Nothing if the object only follows what happened to others.
    pub kinds: Vec<ChangeKind>,
}

/// For each step, what it changed with regard to each parent; a first commit's step has one, which creates.
pub async fn changes(
    database: &Database,
    reader: &mut dyn Executor,
    lineage: Lineage,
    steps: &[Step],
) -> Result<Vec<Vec<Changed>>, RepoError> {
    let pairs = pairs(database, reader, lineage, steps).await?;
    let mut hashes: Vec<ObjectHash> = (pairs.iter().flatten().flatten())
        .flat_map(|pair| [pair.before, pair.after])
        .chain(steps.iter().map(|step| step.object))
        .flatten()
        .collect();
    hashes.sort_unstable();
    hashes.dedup();
    let objects = database.store().objects(reader, &hashes).await?;
    let find = |hash: Option<ObjectHash>| hash.and_then(|hash| objects.get(&hash)).cloned();
    let found = steps.iter().zip(pairs).map(|(step, edges)| {
        if edges.is_empty() {
            return vec![Changed {
                before: None,
                after: find(step.object),
                kinds: vec![ChangeKind::Create],
            }];
        }
        let compared = edges.into_iter().map(|pairs| {
            let side = |of: fn(&Pair) -> Option<ObjectHash>| -> Snapshot {
                let objects = pairs.iter();
                objects
                    .filter_map(|pair| Some((pair.lineage, find(of(pair))?)))
                    .collect()
            };
            let (before, after) = (side(|pair| pair.before), side(|pair| pair.after));
            let kinds = schema::diff(&before, &after)
                .into_iter()
                .filter(|change| change.lineage == lineage)
                .map(|change| change.kind)
                .collect();
            Changed {
                before: before.get(&lineage).cloned(),
                after: after.get(&lineage).cloned(),
                kinds,
            }
        });
        compared.collect()
    });
    Ok(found.collect())
}

/// An object on both sides of an edge.
#[derive(Clone, Copy, Debug)]
struct Pair {
    lineage: Lineage,
    before: Option<ObjectHash>,
    after: Option<ObjectHash>,
}

/// For each edge of each step, the object and its company.
async fn pairs(
    database: &Database,
    reader: &mut dyn Executor,
    lineage: Lineage,
    steps: &[Step],
) -> Result<Vec<Vec<Vec<Pair>>>, RepoError> {
    let store = database.store();
    let commits: Vec<CommitHash> = steps
        .iter()
        .filter(|step| !step.edges.is_empty())
        .map(|step| step.commit)
        .collect();
    let mut listed = store.changes_of(reader, &commits, COMPANY).await?;
    let mut wanted: Vec<(TreeHash, Lineage)> = Vec::new();
    let mut found = Vec::new();
    for step in steps {
        let mut edges = Vec::new();
        for (number, edge) in step.edges.iter().enumerate() {
            let own = Pair {
                lineage,
                before: edge.object,
                after: step.object,
            };
            let mut pairs = vec![own];
            if number == 0 {
                let company = listed.remove(&step.commit).unwrap_or_default();
                for (other, after) in company.into_iter().filter(|(other, _)| *other != lineage) {
                    wanted.push((edge.tree, other));
                    pairs.push(Pair {
                        lineage: other,
                        before: None,
                        after,
                    });
                }
            } else {
                let company = store.tree_diff(reader, edge.tree, step.tree).await?;
                let company = company.into_iter().filter(|pair| pair.lineage != lineage);
                pairs.extend(company.take(COMPANY).map(|pair| Pair {
                    lineage: pair.lineage,
                    before: pair.from,
                    after: pair.to,
                }));
            }
            edges.push(pairs);
        }
        found.push(edges);
    }
    let mut before = store.tree_lookup_many(reader, &wanted).await?.into_iter();
    for edges in &mut found {
        for pair in edges
            .iter_mut()
            .take(1)
            .flat_map(|pairs| pairs.iter_mut().skip(1))
        {
            pair.before = before.next().flatten();
        }
    }
    Ok(found)
}
