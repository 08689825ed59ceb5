//! Tags: names for commits that never move. Making and deleting one needs the administrative role.

use super::Store;
use super::error::StoreError;
use super::hash::CommitHash;
use super::rows::FromRow;
use crate::error::SqlState;
use crate::upstream::{DbError, Executor, Row};

const TAGS: &str = include_str!("sql/tags.sql");
const CREATE: &str = include_str!("sql/create_tag.sql");
const DELETE: &str = include_str!("sql/delete_tag.sql");

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tag {
    pub name: String,
    pub commit: CommitHash,
    pub message: Option<String>,
    /// The role that made it.
    pub tagged_by: String,
    pub tagged_at_micros: i64,
}

impl Store {
    /// All tags, newest first.
    pub async fn tags(&self, exec: &mut dyn Executor) -> Result<Vec<Tag>, StoreError> {
        let rows = exec.query(TAGS, &[None]).await?;
        rows.into_iter().map(tag).collect()
    }

    pub async fn tag(
        &self,
        exec: &mut dyn Executor,
        name: &str,
    ) -> Result<Option<Tag>, StoreError> {
        let rows = exec.query(TAGS, &[Some(name)]).await?;
        rows.into_iter().next().map(tag).transpose()
    }

    /// # Errors
    /// [`StoreError::TagExists`]; `42710` from the server if a branch has the name.
    pub async fn create_tag(
        &self,
        exec: &mut dyn Executor,
        name: &str,
        commit: CommitHash,
        message: Option<&str>,
        who: &str,
    ) -> Result<(), StoreError> {
        let params = [Some(name), Some(&commit.to_string()), message, Some(who)];
        match exec.query(CREATE, &params).await {
            Ok(_) => Ok(()),
            Err(DbError::Server { sqlstate, .. }) if sqlstate == SqlState::UNIQUE_VIOLATION => {
                Err(StoreError::TagExists(name.to_owned()))
            }
            Err(error) => Err(error.into()),
        }
    }

    pub async fn delete_tag(
        &self,
        exec: &mut dyn Executor,
        name: &str,
        who: &str,
    ) -> Result<(), StoreError> {
        if exec
            .query(DELETE, &[Some(name), Some(who)])
            .await?
            .is_empty()
        {
            return Err(StoreError::UnknownTag(name.to_owned()));
        }
        Ok(())
    }
}

fn tag(row: Row) -> Result<Tag, StoreError> {
    let mut row = FromRow::new(row);
    Ok(Tag {
        name: row.text()?,
        commit: row.parse()?,
        message: row.optional_text()?,
        tagged_by: row.text()?,
        tagged_at_micros: row.parse()?,
    })
}
