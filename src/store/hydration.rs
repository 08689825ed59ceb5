//! Branches whose objects are still being made: `pggit.hydration`.
//!
//! What is still to be made is not stored: it is what the branch's head has and `pggit.lineage` does not know. So
//! whoever goes on with it after a crash, or beside another proxy, needs nothing but this row and the tree.

use super::Store;
use super::error::StoreError;
use super::hash::CommitHash;
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
const LOCK: &str = include_str!("sql/lock_hydration.sql");
const ADVANCE: &str = include_str!("sql/advance_hydration.sql");
const FINISH: &str = include_str!("sql/finish_hydration.sql");
const PLACE_RELATIONS: &str = include_str!("sql/place_relations.sql");
const EXISTING: &str = include_str!("sql/existing_lineages.sql");
const SCHEMAS: &str = include_str!("sql/schema_lineages.sql");
const NAMED: &str = include_str!("sql/named_relations.sql");
const FORGET: &str = include_str!("sql/forget_lineages.sql");
const PLACE_OBJECTS: &str = include_str!("sql/place_objects.sql");

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

/// What a branch's hydration has on record, while it is locked.
#[derive(Clone, Debug)]
pub struct Hydrating {
    pub done: u64,
    /// The rows that migration ledgers start with.
    pub ledgers: BTreeMap<Lineage, Value>,
    /// The branch's head.
    pub head: CommitHash,
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
    /// A branch's head, and the lineages of the objects that it has. `None` if there is no such branch.
    pub async fn hydrated(
        &self,
        exec: &mut dyn Executor,
        branch: i64,
    ) -> Result<Option<(CommitHash, HashSet<Lineage>)>, StoreError> {
        let rows = exec.query(HYDRATED, &[Some(&branch.to_string())]).await?;
        let mut head = None;
        let mut hydrated = HashSet::with_capacity(rows.len());
        for row in rows {
            let mut row = FromRow::new(row);
            head = Some(row.parse()?);
            if let Some(text) = row.optional_text()? {
                hydrated.insert(lineage(&text)?);
            }
        }
        Ok(head.map(|head| (head, hydrated)))
    }

    /// Those of these objects that a branch has.
    pub async fn existing(
        &self,
        exec: &mut dyn Executor,
        branch: i64,
        wanted: &[Lineage],
    ) -> Result<HashSet<Lineage>, StoreError> {
        let (branch, wanted) = (branch.to_string(), array(wanted));
        lineages(
            exec.query(EXISTING, &[Some(&branch), Some(&wanted)])
                .await?,
        )
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

    /// Locks a branch's hydration until the transaction ends. `None` if the branch is ready, or gone.
    pub async fn lock_hydration(
        &self,
        exec: &mut dyn Executor,
        branch: i64,
    ) -> Result<Option<Hydrating>, StoreError> {
        let rows = exec.query(LOCK, &[Some(&branch.to_string())]).await?;
        rows.into_iter()
            .next()
            .map(|row| {
                let mut row = FromRow::new(row);
                Ok(Hydrating {
                    done: row.parse()?,
                    ledgers: row.json()?,
                    head: row.parse()?,
                })
            })
            .transpose()
    }

    pub async fn advance_hydration(
        &self,
        exec: &mut dyn Executor,
        branch: i64,
        progress: &Progress,
    ) -> Result<(), StoreError> {
        let (branch, done) = (branch.to_string(), progress.done.to_string());
        let total = progress.total.map(|total| total.to_string());
        let failure = progress.failure.as_deref();
        exec.query(
            ADVANCE,
            &[Some(&branch), Some(&done), total.as_deref(), failure],
        )
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

fn lineages(rows: Vec<crate::upstream::Row>) -> Result<HashSet<Lineage>, StoreError> {
    rows.into_iter()
        .map(|row| lineage(&FromRow::new(row).text()?))
        .collect()
}

fn lineage(text: &str) -> Result<Lineage, StoreError> {
    Lineage::parse(text).ok_or_else(|| StoreError::corrupt("lineage", &text))
}
