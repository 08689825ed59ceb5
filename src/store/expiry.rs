//! Branches with a time to live: who uses them, and what is left of those that have expired.
//!
//! All of it is written with the administrative role.

use super::Store;
use super::error::StoreError;
use super::rows::FromRow;
use crate::error::SqlState;
use crate::upstream::{DbError, Executor};
use std::time::Duration;

const SET: &str = include_str!("sql/set_expiry.sql");
const EXPIRING: &str = include_str!("sql/expiring_branches.sql");
const NOTE_USE: &str = include_str!("sql/note_use.sql");
const NOTE_LEAVE: &str = include_str!("sql/note_leave.sql");
const EXPIRE: &str = include_str!("sql/expire_branch.sql");
const DROPPED: &str = include_str!("sql/dropped_branches.sql");
const LOCK: &str = include_str!("sql/lock_dropped_branch.sql");
const DROPPABLE: &str = include_str!("sql/droppable_objects.sql");
const SCHEMAS: &str = include_str!("sql/schemas_of_branch.sql");
const FORGET: &str = include_str!("sql/forget_branch.sql");

/// A branch that is dropped when nobody has used it for some time.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Expiring {
    pub id: i64,
    pub name: String,
    pub time_to_live: Duration,
    /// How long nobody has used it, as far as that was noted.
    pub unused: Duration,
    /// Some proxy has sessions on it.
    pub is_in_use: bool,
}

impl Store {
    /// Sets how long a branch may be unused, as PostgreSQL reads an `interval`, from now on; `None` is for ever.
    pub async fn set_expiry(
        &self,
        exec: &mut dyn Executor,
        branch: i64,
        time_to_live: Option<&str>,
    ) -> Result<(), StoreError> {
        const CHECK_VIOLATION: SqlState = SqlState(*b"23514");
        match exec
            .query(SET, &[Some(&branch.to_string()), time_to_live])
            .await
        {
            Ok(_) => Ok(()),
            Err(DbError::Server { sqlstate, .. }) if sqlstate == CHECK_VIOLATION => Err(
                StoreError::TimeToLive(time_to_live.unwrap_or_default().to_owned()),
            ),
            Err(error) => Err(error.into()),
        }
    }

    /// The branches that expire.
    pub async fn expiring(&self, exec: &mut dyn Executor) -> Result<Vec<Expiring>, StoreError> {
        let rows = exec.query(EXPIRING, &[]).await?;
        rows.into_iter()
            .map(|row| {
                let mut row = FromRow::new(row);
                Ok(Expiring {
                    id: row.parse()?,
                    name: row.text()?,
                    time_to_live: Duration::from_micros(row.parse()?),
                    // Clocks may go back.
                    unused: Duration::from_micros(row.parse::<i64>()?.try_into().unwrap_or(0)),
                    is_in_use: row.parse()?,
                })
            })
            .collect()
    }

    /// Notes that a proxy has sessions on a branch, or that the last of them has left.
    pub async fn note_use(
        &self,
        exec: &mut dyn Executor,
        branch: i64,
        proxy: &str,
        is_there: bool,
    ) -> Result<(), StoreError> {
        let sql = if is_there { NOTE_USE } else { NOTE_LEAVE };
        exec.query(sql, &[Some(&branch.to_string()), Some(proxy)])
            .await?;
        Ok(())
    }

    /// Takes the name of a branch that nobody has used for as long as it may be unused. Returns whether it did.
    pub async fn expire_branch(
        &self,
        exec: &mut dyn Executor,
        branch: i64,
        who: &str,
    ) -> Result<bool, StoreError> {
        let params = [branch.to_string()];
        let rows = exec.query(EXPIRE, &[Some(&params[0]), Some(who)]).await?;
        Ok(!rows.is_empty())
    }

    /// Branches of which something is left to be dropped.
    pub async fn dropped_branches(&self, exec: &mut dyn Executor) -> Result<Vec<i64>, StoreError> {
        let rows = exec.query(DROPPED, &[]).await?;
        rows.into_iter()
            .map(|row| FromRow::new(row).parse())
            .collect()
    }

    /// Locks what is left of a branch. `false` if somebody else has, or nothing is left.
    pub async fn lock_dropped_branch(
        &self,
        exec: &mut dyn Executor,
        branch: i64,
    ) -> Result<bool, StoreError> {
        let rows = exec.query(LOCK, &[Some(&branch.to_string())]).await?;
        Ok(!rows.is_empty())
    }

    /// Statements that drop so many objects of a branch at the most.
    pub async fn droppable_objects(
        &self,
        exec: &mut dyn Executor,
        branch: i64,
        most: usize,
    ) -> Result<Vec<String>, StoreError> {
        let params = [branch.to_string(), most.to_string()];
        let rows = exec
            .query(DROPPABLE, &[Some(&params[0]), Some(&params[1])])
            .await?;
        rows.into_iter()
            .map(|row| FromRow::new(row).text())
            .collect()
    }

    /// Statements that drop a branch's schemas with all that is in them.
    pub async fn droppable_schemas(
        &self,
        exec: &mut dyn Executor,
        branch: i64,
    ) -> Result<Vec<String>, StoreError> {
        let rows = exec.query(SCHEMAS, &[Some(&branch.to_string())]).await?;
        rows.into_iter()
            .map(|row| FromRow::new(row).text())
            .collect()
    }

    /// Removes the row of a branch of which nothing is left.
    pub async fn forget_branch(
        &self,
        exec: &mut dyn Executor,
        branch: i64,
    ) -> Result<(), StoreError> {
        exec.query(FORGET, &[Some(&branch.to_string())]).await?;
        Ok(())
    }
}
