//! Branches: movable names for commits, and the schemas they live in.
//!
//! Creating, renaming and deleting one needs the administrative role. Each is a single statement, so that it
//! is whole also outside a transaction; each tells the other proxies with `NOTIFY pggit`.

use super::Store;
use super::error::StoreError;
use super::hash::{CommitHash, TreeHash};
use super::hydration::Progress;
use super::rows::FromRow;
use crate::error::SqlState;
use crate::schema::model::Lineage;
use crate::upstream::{DbError, Executor, Row};
use serde_json::Value;
use std::collections::BTreeMap;

/// `main`'s id in every database.
pub const MAIN_BRANCH_ID: i64 = 1;

const BRANCHES: &str = include_str!("sql/branches.sql");
const BRANCH_HEADS: &str = include_str!("sql/branch_heads.sql");
const REGISTRY: &str = include_str!("sql/registry.sql");
const CREATE_BRANCH: &str = include_str!("sql/create_branch.sql");
const RENAME_BRANCH: &str = include_str!("sql/rename_branch.sql");
const DELETE_BRANCH: &str = include_str!("sql/delete_branch.sql");

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Branch {
    /// Kept through renames.
    pub id: i64,
    pub name: String,
    pub head: CommitHash,
    /// Of its head.
    pub tree: TreeHash,
    pub created_at_micros: i64,
    pub created_by: String,
    /// When its head last moved.
    pub updated_at_micros: i64,
    /// When it is dropped unless somebody uses it.
    pub expires_at_micros: Option<i64>,
    /// How far its objects are made; `None` once it is ready.
    pub hydration: Option<Progress>,
}

/// Where names lead: a branch and its schemas.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RegisteredBranch {
    pub id: i64,
    /// `None` once it is dropped: its schemas may still be there.
    pub name: Option<String>,
    /// Its objects are being made.
    pub is_hydrating: bool,
    /// Pairs of logical and physical schemas, by the first; none for `main`.
    pub schemas: Vec<(String, String)>,
}

/// Where one branch is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BranchHead {
    pub branch: i64,
    pub name: String,
    pub commit: CommitHash,
    pub tree: TreeHash,
}

#[derive(Clone, Debug)]
pub struct NewBranch<'a> {
    pub name: &'a str,
    pub head: CommitHash,
    /// Pairs of logical and physical schemas.
    pub schemas: &'a [(String, String)],
    /// The rows that its migration ledgers start with.
    pub ledgers: &'a BTreeMap<Lineage, Value>,
    /// The role on whose behalf.
    pub who: &'a str,
}

impl Store {
    /// All branches, by name, `main` first.
    pub async fn branches(&self, exec: &mut dyn Executor) -> Result<Vec<Branch>, StoreError> {
        let rows = exec.query(BRANCHES, &[None]).await?;
        rows.into_iter().map(branch).collect()
    }

    pub async fn branch(
        &self,
        exec: &mut dyn Executor,
        name: &str,
    ) -> Result<Option<Branch>, StoreError> {
        let rows = exec.query(BRANCHES, &[Some(name)]).await?;
        rows.into_iter().next().map(branch).transpose()
    }

    /// Where all branches are.
    pub async fn branch_heads(
        &self,
        exec: &mut dyn Executor,
    ) -> Result<Vec<BranchHead>, StoreError> {
        let rows = exec.query(BRANCH_HEADS, &[None]).await?;
        rows.into_iter().map(branch_head).collect()
    }

    /// Where one branch is.
    pub async fn branch_head(
        &self,
        exec: &mut dyn Executor,
        name: &str,
    ) -> Result<Option<BranchHead>, StoreError> {
        let rows = exec.query(BRANCH_HEADS, &[Some(name)]).await?;
        rows.into_iter().next().map(branch_head).transpose()
    }

    /// What names lead to, `main` first.
    pub async fn registry(
        &self,
        exec: &mut dyn Executor,
    ) -> Result<Vec<RegisteredBranch>, StoreError> {
        let rows = exec.query(REGISTRY, &[]).await?;
        rows.into_iter()
            .map(|row| {
                let mut row = FromRow::new(row);
                Ok(RegisteredBranch {
                    id: row.parse()?,
                    name: row.optional_text()?,
                    is_hydrating: row.parse()?,
                    schemas: row.json()?,
                })
            })
            .collect()
    }

    /// Registers a branch whose physical objects are still to be made. Returns its id.
    pub async fn create_branch(
        &self,
        exec: &mut dyn Executor,
        new: &NewBranch<'_>,
    ) -> Result<i64, StoreError> {
        let schemas = json(&new.schemas)?;
        let ledgers = json(&new.ledgers)?;
        let head = new.head.to_string();
        let params = [new.name, &head, new.who, &schemas, &ledgers].map(Some);
        let rows = exec
            .query(CREATE_BRANCH, &params)
            .await
            .map_err(|error| taken(error, new.name))?;
        let mut row = FromRow::new(rows.into_iter().next().unwrap_or_default());
        row.parse()
    }

    /// Gives a branch another name. Its schemas keep theirs: the mapping is stored.
    pub async fn rename_branch(
        &self,
        exec: &mut dyn Executor,
        from: &str,
        to: &str,
        who: &str,
    ) -> Result<(), StoreError> {
        let rows = exec
            .query(RENAME_BRANCH, &[Some(from), Some(to), Some(who)])
            .await
            .map_err(|error| taken(error, to))?;
        exists(&rows, from)
    }

    /// Removes a branch's name, its mapping and the lineages of its objects. Its commits stay. Call it in the
    /// transaction that drops its physical schemas.
    pub async fn delete_branch(
        &self,
        exec: &mut dyn Executor,
        name: &str,
        who: &str,
    ) -> Result<(), StoreError> {
        let rows = exec.query(DELETE_BRANCH, &[Some(name), Some(who)]).await?;
        exists(&rows, name)?;
        Ok(())
    }
}

fn branch_head(row: Row) -> Result<BranchHead, StoreError> {
    let mut row = FromRow::new(row);
    Ok(BranchHead {
        branch: row.parse()?,
        name: row.text()?,
        commit: row.parse()?,
        tree: row.parse()?,
    })
}

fn branch(row: Row) -> Result<Branch, StoreError> {
    let mut row = FromRow::new(row);
    let mut branch = Branch {
        id: row.parse()?,
        name: row.text()?,
        head: row.parse()?,
        tree: row.parse()?,
        created_at_micros: row.parse()?,
        created_by: row.text()?,
        updated_at_micros: row.parse()?,
        expires_at_micros: row.optional()?,
        hydration: None,
    };
    if row.parse()? {
        branch.hydration = Some(Progress {
            done: row.optional()?.unwrap_or_default(),
            total: row.optional()?,
            failure: row.optional_text()?,
        });
    }
    Ok(branch)
}

fn exists(rows: &[Row], name: &str) -> Result<(), StoreError> {
    if rows.is_empty() {
        return Err(StoreError::UnknownBranch(name.to_owned()));
    }
    Ok(())
}

fn taken(error: DbError, name: &str) -> StoreError {
    match &error {
        DbError::Server {
            sqlstate, message, ..
        } if *sqlstate == SqlState::UNIQUE_VIOLATION => {
            // The constraint's name is ours and does not depend on the server's language.
            if message.contains("branch_schema") {
                StoreError::SchemaTaken(name.to_owned())
            } else {
                StoreError::BranchExists(name.to_owned())
            }
        }
        _ => error.into(),
    }
}

pub(super) fn json(value: &impl serde::Serialize) -> Result<String, StoreError> {
    serde_json::to_string(value).map_err(|error| StoreError::unexpected(&error.to_string()))
}
