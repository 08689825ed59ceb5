//! Branches whose objects are still being made: `pggit.hydration`.
//!
//! What is still to be made is not stored: it is what the branch's head has and `pggit.lineage` does not know. So
//! whoever goes on with it after a crash, or beside another proxy, needs nothing but this row and the tree.

use super::Store;
use super::error::StoreError;
use super::hash::TreeHash;
use super::refs::json;
use super::rows::{FromRow, array};
use crate::catalog::CatalogId;
use crate::schema::model::Lineage;
use crate::upstream::Executor;
use serde::Serialize;
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::fmt;

const HYDRATED: &str = include_str!("sql/hydrated.sql");
const HYDRATING: &str = include_str!("sql/hydrating.sql");
const NOTE_FAILURE: &str = include_str!("sql/note_hydration_failure.sql");
const FINISH: &str = include_str!("sql/finish_hydration.sql");
const PLACE_RELATIONS: &str = include_str!("sql/place_relations.sql");
const SCHEMAS: &str = include_str!("sql/schema_lineages.sql");
const NAMED: &str = include_str!("sql/named_relations.sql");
const FORGET: &str = include_str!("sql/forget_lineages.sql");
const PLACE_OBJECTS: &str = include_str!("sql/place_objects.sql");

/// The spaces of our advisory locks: branches whose objects are made or dropped, and islands of those.
const BRANCHES: i32 = 0x7067_6701;
const ISLANDS: i32 = 0x7067_6702;

/// How far a branch's hydration has come.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Progress {
    pub done: u64,
    /// `None` until it has been counted.
    pub total: Option<u64>,
    /// Why it cannot go on.
    pub failure: Option<String>,
}

/// As `pggit.branches` shows it.
impl fmt::Display for Progress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (&self.failure, self.total) {
            (Some(failure), _) => write!(f, "failed: {failure}"),
            (None, None) => f.write_str("hydrating"),
            (None, Some(total)) => write!(f, "hydrating {} of {total}", self.done),
        }
    }
}

/// What a branch's hydration has on record of some objects.
#[derive(Clone, Debug)]
pub struct Hydrating {
    /// Of the branch's head.
    pub tree: TreeHash,
    /// The rows that migration ledgers start with.
    pub ledgers: BTreeMap<Lineage, Value>,
    /// Those that the branch has.
    pub existing: HashSet<Lineage>,
}

/// What one transaction has done for a branch.
#[derive(Clone, Copy, Debug)]
pub struct Made {
    /// Objects that were there before any were made.
    pub before: u64,
    /// Objects that this has made.
    pub objects: u64,
    /// Objects of the branch.
    pub total: u64,
}

/// A relation, or something that belongs to one, that has just been made.
#[derive(Clone, Debug, Serialize)]
pub struct Placed {
    /// The OID of its catalog: `pg_class`, `pg_trigger`, `pg_policy`, `pg_rewrite` or `pg_statistic_ext`.
    pub class: u32,
    /// Physical.
    pub schema: String,
    pub name: String,
    /// The relation that a trigger, a policy or a rule is on.
    pub relation: String,
    pub lineage: Lineage,
    pub columns: Vec<PlacedColumn>,
}

#[derive(Clone, Debug, Serialize)]
pub struct PlacedColumn {
    pub name: String,
    pub lineage: Lineage,
}

impl Store {
    /// The tree of a branch's head, and the lineages of the objects that it has. `None` if there is no such branch.
    pub async fn hydrated(
        &self,
        exec: &mut dyn Executor,
        branch: i64,
    ) -> Result<Option<(TreeHash, HashSet<Lineage>)>, StoreError> {
        let rows = exec.query(HYDRATED, &[Some(&branch.to_string())]).await?;
        let mut tree = None;
        let mut hydrated = HashSet::with_capacity(rows.len());
        for row in rows {
            let mut row = FromRow::new(row);
            tree = Some(row.parse()?);
            if let Some(text) = row.optional_text()? {
                hydrated.insert(lineage(&text)?);
            }
        }
        Ok(tree.map(|tree| (tree, hydrated)))
    }

    /// A branch's schemas, as far as its objects exist.
    pub async fn schema_lineages(
        &self,
        exec: &mut dyn Executor,
        branch: i64,
    ) -> Result<HashSet<Lineage>, StoreError> {
        lineages(exec.query(SCHEMAS, &[Some(&branch.to_string())]).await?)
    }

    /// A branch's relations of any of these names, in whatever schema.
    pub async fn relations_named(
        &self,
        exec: &mut dyn Executor,
        branch: i64,
        names: &BTreeSet<String>,
    ) -> Result<HashSet<Lineage>, StoreError> {
        let (branch, names) = (branch.to_string(), json(names)?);
        lineages(exec.query(NAMED, &[Some(&branch), Some(&names)]).await?)
    }

    /// Forgets where a branch's objects and columns of these lineages are.
    pub async fn forget_lineages(
        &self,
        exec: &mut dyn Executor,
        branch: i64,
        gone: &[Lineage],
    ) -> Result<(), StoreError> {
        let (branch, gone) = (branch.to_string(), array(gone));
        exec.query(FORGET, &[Some(&branch), Some(&gone)]).await?;
        Ok(())
    }

    /// Waits until nobody makes objects of a branch; nobody does until the transaction ends.
    pub async fn stop_hydrating(
        &self,
        exec: &mut dyn Executor,
        branch: i64,
    ) -> Result<(), StoreError> {
        let key = branch_key(branch);
        let lock = format!("SELECT pg_advisory_xact_lock({BRANCHES}, {key})");
        Ok(exec.batch(&lock).await?)
    }

    /// Begins a transaction that makes objects of a branch, beside others that do, but for those with any of the same
    /// locks. It sees what they have made.
    ///
    /// A client's transaction may hold a lock that making something needs: nobody is to wait long behind it.
    pub async fn begin_hydrating(
        &self,
        exec: &mut dyn Executor,
        branch: i64,
        locks: &BTreeSet<i32>,
    ) -> Result<(), StoreError> {
        let key = branch_key(branch);
        // In one order everywhere.
        let islands: BTreeSet<i32> = locks.iter().map(|lock| lock ^ key).collect();
        let islands: Vec<String> = islands.iter().map(ToString::to_string).collect();
        let islands = islands.join(",");
        let begin = format!(
            "BEGIN ISOLATION LEVEL READ COMMITTED;
             SELECT pg_advisory_xact_lock_shared({BRANCHES}, {key});
             SELECT pg_advisory_xact_lock({ISLANDS}, island) FROM unnest('{{{islands}}}'::integer[]) AS island;
             SET LOCAL lock_timeout = '2s'"
        );
        Ok(exec.batch(&begin).await?)
    }

    /// What is on record of these objects of a branch. `None` if the branch is ready, or gone.
    pub async fn hydrating(
        &self,
        exec: &mut dyn Executor,
        branch: i64,
        wanted: &[Lineage],
    ) -> Result<Option<Hydrating>, StoreError> {
        let (branch, wanted) = (branch.to_string(), array(wanted));
        let params = [Some(branch.as_str()), Some(wanted.as_str())];
        let rows = exec.query(HYDRATING, &params).await?;
        rows.into_iter()
            .next()
            .map(|row| {
                let mut row = FromRow::new(row);
                Ok(Hydrating {
                    tree: row.parse()?,
                    ledgers: row.json()?,
                    existing: row.json()?,
                })
            })
            .transpose()
    }

    /// Notes what was made, and ends the transaction.
    pub async fn commit_hydrating(
        &self,
        exec: &mut dyn Executor,
        branch: i64,
        made: &Made,
    ) -> Result<(), StoreError> {
        let Made {
            before,
            objects,
            total,
        } = made;
        let commit = format!(
            "UPDATE pggit.hydration
             SET done = greatest(done, {before}) + {objects}, total = {total}, failure = NULL
             WHERE branch_id = {branch};
             COMMIT"
        );
        Ok(exec.batch(&commit).await?)
    }

    /// Notes why something of a branch cannot be made.
    pub async fn note_hydration_failure(
        &self,
        exec: &mut dyn Executor,
        branch: i64,
        failure: &str,
    ) -> Result<(), StoreError> {
        let branch = branch.to_string();
        exec.query(NOTE_FAILURE, &[Some(&branch), Some(failure)])
            .await?;
        Ok(())
    }

    /// The branch is ready.
    pub async fn finish_hydration(
        &self,
        exec: &mut dyn Executor,
        branch: i64,
    ) -> Result<(), StoreError> {
        exec.query(FINISH, &[Some(&branch.to_string())]).await?;
        Ok(())
    }

    /// Notes the lineages of relations, and of what belongs to them, by their names. Returns those of the ones that exist.
    pub async fn place_relations(
        &self,
        exec: &mut dyn Executor,
        branch: i64,
        placed: &[Placed],
    ) -> Result<HashSet<Lineage>, StoreError> {
        let (branch, placed) = (branch.to_string(), json(&placed)?);
        lineages(
            exec.query(PLACE_RELATIONS, &[Some(&branch), Some(&placed)])
                .await?,
        )
    }

    /// Notes the lineages of objects and columns by their addresses.
    pub async fn place_objects(
        &self,
        exec: &mut dyn Executor,
        branch: i64,
        placed: &[(CatalogId, Lineage)],
    ) -> Result<(), StoreError> {
        let placed: Vec<_> = placed
            .iter()
            .map(|(id, lineage)| (id.class, id.oid, id.sub, lineage))
            .collect();
        let (branch, placed) = (branch.to_string(), json(&placed)?);
        exec.query(PLACE_OBJECTS, &[Some(&branch), Some(&placed)])
            .await?;
        Ok(())
    }
}

/// A branch's key among advisory locks. Two branches that share one only take turns.
pub(super) fn branch_key(branch: i64) -> i32 {
    // Its bits are spread, so that those of islands stay apart.
    let spread = branch.wrapping_mul(0x9e37_79b9_7f4a_7c15_u64.cast_signed());
    i32::try_from(spread >> 32).unwrap_or_default()
}

fn lineages(rows: Vec<crate::upstream::Row>) -> Result<HashSet<Lineage>, StoreError> {
    rows.into_iter()
        .map(|row| lineage(&FromRow::new(row).text()?))
        .collect()
}

fn lineage(text: &str) -> Result<Lineage, StoreError> {
    Lineage::parse(text).ok_or_else(|| StoreError::corrupt("lineage", &text))
}
