//! Dropped tables that are kept: `pggit.dropped_table`, and the signed calls that fill and empty it.

use super::Store;
use super::error::StoreError;
use super::payload::ascii_json;
use super::record::Stamp;
use super::rows::{FromRow, array};
use crate::catalog::CatalogId;
use crate::schema::model::Lineage;
use crate::upstream::Executor;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::time::Duration;

const DROPPED: &str = include_str!("sql/dropped_objects.sql");
const SET_ASIDE: &str = "SELECT pggit.set_aside($1::text, $2::text)";
const PUT_BACK: &str = "SELECT pggit.put_back($1::text, $2::text)";
const KEPT: &str = include_str!("sql/kept_tables.sql");
const LIST: &str = include_str!("sql/dropped_tables.sql");
const LOCK_OVER: &str = include_str!("sql/lock_over.sql");
const END: &str = include_str!("sql/end_dropped.sql");

/// What the proxy signs.
#[derive(Serialize)]
struct Signed<'a, T> {
    purpose: &'static str,
    transaction_id: &'a str,
    backend_pid: i32,
    who: &'a str,
    #[serde(flatten)]
    rest: T,
}

#[derive(Serialize)]
struct SetAside<'a> {
    keep_millis: u64,
    dropped: &'a Value,
}

#[derive(Serialize)]
struct PutBack<'a> {
    entry: i64,
    schema: &'a str,
    name: &'a str,
}

/// What became of tables that a statement has dropped.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Kept {
    /// So many of them hold rows and are kept; the rest is dropped.
    Tables(u64),
    /// Nothing was done, for this reason.
    Failed(String),
}

/// A dropped table that can come back.
#[derive(Clone, Debug)]
pub struct KeptTable {
    pub id: i64,
    pub lineage: Lineage,
    pub columns: Vec<KeptColumn>,
    pub sequences: Vec<KeptSequence>,
}

/// A column as it was when its table was dropped.
#[derive(Clone, Debug, Deserialize)]
pub struct KeptColumn {
    pub number: i32,
    pub lineage: Option<Lineage>,
}

/// Where the sequence of a column was.
#[derive(Clone, Debug, Deserialize)]
pub struct KeptSequence {
    /// Of the identity column, else of the sequence.
    pub lineage: Option<Lineage>,
    pub identity: bool,
    pub last_value: i64,
    pub is_called: bool,
}

/// A dropped table as lists show it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DroppedTable {
    pub id: i64,
    pub branch: String,
    pub schema: String,
    pub name: String,
    pub who: String,
    /// Microseconds since 1970, as `until`.
    pub dropped_at: i64,
    /// The first digits of the commit that dropped it.
    pub commit: Option<String>,
    pub until: Option<i64>,
}

impl Store {
    /// What the transaction that `exec` has open has dropped, in JSON; `None` if no relation of a branch's is among it.
    pub async fn dropped_objects(
        &self,
        exec: &mut dyn Executor,
    ) -> Result<Option<Value>, StoreError> {
        match exec.query(DROPPED, &[]).await?.into_iter().next() {
            Some(row) => FromRow::new(row).optional_json(),
            None => Ok(None),
        }
    }

    /// Drops what [`Store::dropped_objects`] said was dropped before that was rolled back, but keeps tables that hold rows.
    pub async fn set_aside(
        &self,
        exec: &mut dyn Executor,
        dropped: &Value,
        keep: Duration,
        who: &str,
    ) -> Result<Kept, StoreError> {
        let stamp = self.stamp(exec).await?;
        let rest = SetAside {
            keep_millis: u64::try_from(keep.as_millis()).unwrap_or(u64::MAX),
            dropped,
        };
        let answer = self
            .call(exec, SET_ASIDE, &stamp, "set aside", who, rest)
            .await?;
        match answer.split_once(' ') {
            Some(("kept", tables)) => tables
                .parse()
                .map(Kept::Tables)
                .map_err(|_| StoreError::unexpected(&answer)),
            Some(("failed", reason)) => Ok(Kept::Failed(reason.to_owned())),
            _ => Err(StoreError::unexpected(&answer)),
        }
    }

    /// The dropped tables of a branch that can come back and have one of these lineages. `exec` must be administrative.
    pub async fn kept_tables(
        &self,
        exec: &mut dyn Executor,
        branch: i64,
        lineages: &[Lineage],
    ) -> Result<Vec<KeptTable>, StoreError> {
        if lineages.is_empty() {
            return Ok(Vec::new());
        }
        let (branch, lineages) = (branch.to_string(), array(lineages));
        let rows = exec.query(KEPT, &[Some(&branch), Some(&lineages)]).await?;
        rows.into_iter()
            .map(|row| {
                let mut row = FromRow::new(row);
                Ok(KeptTable {
                    id: row.parse()?,
                    lineage: row.lineage()?,
                    columns: row.json()?,
                    sequences: row.json()?,
                })
            })
            .collect()
    }

    /// Puts a dropped table back, bare, as `name` into the physical `schema`. Returns where it is.
    pub async fn put_back(
        &self,
        exec: &mut dyn Executor,
        entry: i64,
        schema: &str,
        name: &str,
        who: &str,
    ) -> Result<CatalogId, StoreError> {
        let stamp = self.stamp(exec).await?;
        let rest = PutBack {
            entry,
            schema,
            name,
        };
        let answer = self
            .call(exec, PUT_BACK, &stamp, "put back", who, rest)
            .await?;
        let oid = answer
            .parse()
            .map_err(|_| StoreError::unexpected(&answer))?;
        Ok(CatalogId::object(CatalogId::RELATION, oid))
    }

    async fn call<T: Serialize>(
        &self,
        exec: &mut dyn Executor,
        sql: &str,
        stamp: &Stamp,
        purpose: &'static str,
        who: &str,
        rest: T,
    ) -> Result<String, StoreError> {
        let payload = ascii_json(&Signed {
            purpose,
            transaction_id: &stamp.transaction_id,
            backend_pid: stamp.backend_pid,
            who,
            rest,
        })?;
        let signature = self.key.sign(&payload);
        let rows = exec.query(sql, &[Some(&payload), Some(&signature)]).await?;
        FromRow::new(rows.into_iter().next().unwrap_or_default()).text()
    }

    /// The dropped tables of a branch that can come back, the last first.
    pub async fn dropped_tables(
        &self,
        exec: &mut dyn Executor,
        branch: &str,
    ) -> Result<Vec<DroppedTable>, StoreError> {
        let rows = exec.query(LIST, &[Some(branch)]).await?;
        rows.into_iter()
            .map(|row| {
                let mut row = FromRow::new(row);
                Ok(DroppedTable {
                    id: row.parse()?,
                    branch: row.text()?,
                    schema: row.text()?,
                    name: row.text()?,
                    who: row.text()?,
                    dropped_at: row.parse()?,
                    commit: row.optional_text()?,
                    until: row.optional()?,
                })
            })
            .collect()
    }

    /// Locks a dropped table that is to go: the one of that number, or any whose time is over. Its number and its OID.
    pub async fn lock_dropped(
        &self,
        exec: &mut dyn Executor,
        entry: Option<i64>,
    ) -> Result<Option<(i64, u32)>, StoreError> {
        let entry = entry.map(|entry| entry.to_string());
        let rows = exec.query(LOCK_OVER, &[entry.as_deref()]).await?;
        let Some(row) = rows.into_iter().next() else {
            return Ok(None);
        };
        let mut row = FromRow::new(row);
        Ok(Some((row.parse()?, row.parse()?)))
    }

    /// Notes what became of a dropped table.
    pub async fn end_dropped(
        &self,
        exec: &mut dyn Executor,
        entry: i64,
        outcome: &str,
        who: &str,
    ) -> Result<(), StoreError> {
        exec.query(END, &[Some(&entry.to_string()), Some(outcome), Some(who)])
            .await?;
        Ok(())
    }
}
