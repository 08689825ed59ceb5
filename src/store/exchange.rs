//! History that leaves a database, and history that comes from another.

use super::error::StoreError;
use super::hash::{CommitHash, ObjectHash, TreeHash};
use super::history::read;
use super::refs::json;
use super::rows::{FromRow, array};
use super::tree::{self, Change, Missing, Node, Nodes, TreeChange, TreeUpdate};
use super::{Commit, Store};
use crate::schema::model::Lineage;
use crate::upstream::{Executor, Row};
use serde::Serialize;
use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

const EXPORT_COMMITS: &str = include_str!("sql/export_commits.sql");
const EXPORT_OBJECTS: &str = include_str!("sql/export_objects.sql");
const KNOWN_COMMITS: &str = include_str!("sql/known_commits.sql");
const IMPORT_OBJECTS: &str = include_str!("sql/import_objects.sql");
const IMPORT_NODES: &str = include_str!("sql/import_nodes.sql");
const IMPORT_COMMITS: &str = include_str!("sql/import_commits.sql");

/// Rows read at once.
const PAGE: usize = 500;

/// So many hashes go in one query.
const BATCH: usize = 1_000;

/// What a commit changed with regard to its first parent; an object that is `None` was removed.
pub type Changes = BTreeMap<Lineage, Option<ObjectHash>>;

/// What is kept of a commit beside its hash, and follows from its parents: see `pggit.commit`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Place {
    pub generation: i64,
    pub ordered_micros: i64,
}

impl Place {
    /// Where a commit is that was made at `time_micros` on these parents.
    pub fn after(time_micros: i64, parents: impl IntoIterator<Item = Self>) -> Self {
        parents.into_iter().fold(
            Self {
                generation: 1,
                ordered_micros: time_micros,
            },
            |place, parent| Self {
                generation: place.generation.max(parent.generation + 1),
                ordered_micros: place.ordered_micros.max(parent.ordered_micros),
            },
        )
    }
}

/// A commit with all that is stored of it.
#[derive(Debug, Serialize)]
pub struct Imported {
    pub hash: CommitHash,
    pub commit: Commit,
    pub changes: Changes,
    pub generation: i64,
    pub ordered_micros: i64,
}

impl Store {
    /// Begins to read the commits that `head` reaches, in the transaction that `exec` has open; [`Store::next_commits`]
    /// gives them page by page.
    pub async fn export_commits(
        &self,
        exec: &mut dyn Executor,
        head: CommitHash,
    ) -> Result<(), StoreError> {
        declare(exec, head, EXPORT_COMMITS).await
    }

    /// In no order; none at the end.
    pub async fn next_commits(
        &self,
        exec: &mut dyn Executor,
    ) -> Result<Vec<(CommitHash, Commit, Changes)>, StoreError> {
        let rows = page(exec).await?;
        let commits = rows.into_iter().map(|mut row| {
            let changes = row.pop().flatten().unwrap_or_default();
            if let [Some(hash), None, ..] = &row[..] {
                return Err(StoreError::corrupt("commit", hash));
            }
            let (hash, commit) = read(row)?;
            let changes = serde_json::from_str(&changes)
                .map_err(|error| StoreError::unexpected(&error.to_string()))?;
            Ok((hash, commit, changes))
        });
        commits.collect()
    }

    /// Begins to read the objects of those commits; [`Store::next_objects`] gives them page by page.
    pub async fn export_objects(
        &self,
        exec: &mut dyn Executor,
        head: CommitHash,
    ) -> Result<(), StoreError> {
        declare(exec, head, EXPORT_OBJECTS).await
    }

    /// Their canonical bytes, in no order; none at the end.
    pub async fn next_objects(
        &self,
        exec: &mut dyn Executor,
    ) -> Result<Vec<(ObjectHash, String)>, StoreError> {
        let rows = page(exec).await?;
        let objects = rows.into_iter().map(|row| {
            let mut row = FromRow::new(row);
            let (hash, definition) = (row.parse()?, row.optional_text()?.unwrap_or_default());
            if ObjectHash::of(definition.as_bytes()) != hash {
                return Err(StoreError::corrupt("object", &hash));
            }
            Ok((hash, definition))
        });
        objects.collect()
    }

    /// Those of the commits that are stored here.
    pub async fn known_commits(
        &self,
        exec: &mut dyn Executor,
        commits: &[CommitHash],
    ) -> Result<HashMap<CommitHash, Place>, StoreError> {
        let mut known = HashMap::new();
        for batch in commits.chunks(BATCH) {
            for row in exec.query(KNOWN_COMMITS, &[Some(&array(batch))]).await? {
                let mut row = FromRow::new(row);
                let hash = row.parse()?;
                let place = Place {
                    generation: row.parse()?,
                    ordered_micros: row.parse()?,
                };
                known.insert(hash, place);
            }
        }
        Ok(known)
    }

    /// The tree that `changes` make of `base`, and in what the two differ. `nodes` are those at hand: they grow by those
    /// that had to be read and those that are new, which the caller stores.
    pub async fn import_tree(
        &self,
        exec: &mut dyn Executor,
        nodes: &mut Nodes,
        base: Option<TreeHash>,
        changes: &Changes,
    ) -> Result<(TreeUpdate, Vec<TreeChange>), StoreError> {
        let changes: Vec<Change> = changes.iter().map(|(id, object)| (*id, *object)).collect();
        loop {
            let Missing(missing) = match changed(nodes, base, &changes) {
                Ok(answer) => return Ok(answer),
                Err(missing) => missing,
            };
            let missing: Vec<_> = missing.into_iter().collect();
            self.load_nodes(exec, &missing, nodes).await?;
        }
    }

    /// Stores what a commit needs before it can be. What is there already stays.
    pub async fn import_contents(
        &self,
        exec: &mut dyn Executor,
        objects: &BTreeMap<ObjectHash, String>,
        nodes: &BTreeMap<TreeHash, Arc<Node>>,
    ) -> Result<(), StoreError> {
        if !objects.is_empty() {
            let rows: Vec<_> = objects.iter().collect();
            exec.query(IMPORT_OBJECTS, &[Some(&json(&rows)?)]).await?;
        }
        if !nodes.is_empty() {
            let rows: Vec<_> = nodes
                .iter()
                .map(|(hash, node)| (hash, node.content()))
                .collect();
            exec.query(IMPORT_NODES, &[Some(&json(&rows)?)]).await?;
        }
        Ok(())
    }

    /// Stores commits with their parents and changes. Needs the administrative role.
    pub async fn import_commits(
        &self,
        exec: &mut dyn Executor,
        commits: &[Imported],
    ) -> Result<(), StoreError> {
        exec.query(IMPORT_COMMITS, &[Some(&json(&commits)?)])
            .await?;
        Ok(())
    }
}

/// The entries in which two trees differ, as a commit's changes.
pub fn changes_of(differences: impl IntoIterator<Item = TreeChange>) -> Changes {
    differences
        .into_iter()
        .map(|change| (change.lineage, change.to))
        .collect()
}

fn changed(
    nodes: &mut Nodes,
    base: Option<TreeHash>,
    changes: &[Change],
) -> Result<(TreeUpdate, Vec<TreeChange>), Missing> {
    let update = tree::update(nodes, base, changes)?;
    nodes.extend(update.nodes.iter().cloned());
    let differences = match base {
        Some(base) => tree::diff(nodes, base, update.root)?,
        None => tree::entries(nodes, update.root)?
            .into_iter()
            .map(|(lineage, object)| TreeChange {
                lineage,
                from: None,
                to: Some(object),
            })
            .collect(),
    };
    Ok((update, differences))
}

async fn declare(exec: &mut dyn Executor, head: CommitHash, sql: &str) -> Result<(), StoreError> {
    // The hash is hexadecimal; a cursor's query takes no parameters.
    let sql = format!(
        "DECLARE pggit_export CURSOR FOR
         WITH RECURSIVE reachable (hash) AS (
             SELECT decode('{head}', 'hex')
             UNION
             SELECT p.parent FROM reachable AS r JOIN pggit.commit_parent AS p ON p.commit = r.hash
         ) {sql}"
    );
    Ok(exec.batch(&sql).await?)
}

async fn page(exec: &mut dyn Executor) -> Result<Vec<Row>, StoreError> {
    let rows = exec
        .query(&format!("FETCH {PAGE} FROM pggit_export"), &[])
        .await?;
    if rows.is_empty() {
        exec.batch("CLOSE pggit_export").await?;
    }
    Ok(rows)
}
