//! Protected branches, and merges that somebody is to approve. What is protected is enforced in `pggit.record`.

use super::Store;
use super::error::StoreError;
use super::hash::CommitHash;
use super::refs::{Branch, json};
use super::rows::FromRow;
use crate::upstream::{Executor, Row};
use std::str::FromStr;

const PROTECT: &str = include_str!("sql/protect.sql");
const UNPROTECT: &str = include_str!("sql/unprotect.sql");
const PROTECTIONS: &str = include_str!("sql/protections.sql");
const CREATE_REQUEST: &str = include_str!("sql/create_merge_request.sql");
const REQUESTS: &str = include_str!("sql/merge_requests.sql");
const APPROVE: &str = include_str!("sql/approve.sql");
const CLOSE: &str = include_str!("sql/close_merge_request.sql");

/// What it takes to change a branch.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Protection {
    pub branch_id: i64,
    pub branch: String,
    /// Members of any of these may merge into it; everybody where there is none.
    pub roles: Vec<String>,
    pub approvals: i32,
    pub protected_by: String,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RequestState {
    Open,
    Merged,
    /// Given up.
    Closed,
}

impl RequestState {
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::Merged => "merged",
            Self::Closed => "closed",
        }
    }
}

impl FromStr for RequestState {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        [Self::Open, Self::Merged, Self::Closed]
            .into_iter()
            .find(|state| state.as_str() == text)
            .ok_or(())
    }
}

/// A merge that somebody wishes others to approve.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MergeRequest {
    pub id: i64,
    pub source: String,
    /// `None` once the source branch is gone.
    pub source_head: Option<CommitHash>,
    pub target: String,
    pub message: Option<String>,
    pub who: String,
    pub created_at_micros: i64,
    pub state: RequestState,
    /// The target's head after the merge.
    pub commit: Option<CommitHash>,
    /// Roles that approve of the source as it is, other than `who`.
    pub approved_by: Vec<String>,
    /// How many the target asks for.
    pub needed: i64,
}

impl Store {
    /// Protects a branch, or changes how.
    pub async fn protect(
        &self,
        exec: &mut dyn Executor,
        branch: &Branch,
        roles: &[String],
        approvals: u16,
        who: &str,
    ) -> Result<(), StoreError> {
        let (id, roles, approvals) = (branch.id.to_string(), json(&roles)?, approvals.to_string());
        exec.query(
            PROTECT,
            &[Some(&id), Some(&roles), Some(&approvals), Some(who)],
        )
        .await?;
        Ok(())
    }

    /// Returns whether it was protected.
    pub async fn unprotect(
        &self,
        exec: &mut dyn Executor,
        branch: &Branch,
    ) -> Result<bool, StoreError> {
        let rows = exec
            .query(UNPROTECT, &[Some(&branch.id.to_string())])
            .await?;
        Ok(!rows.is_empty())
    }

    /// All protected branches, `main` first.
    pub async fn protections(
        &self,
        exec: &mut dyn Executor,
    ) -> Result<Vec<Protection>, StoreError> {
        let rows = exec.query(PROTECTIONS, &[]).await?;
        rows.into_iter()
            .map(|row| {
                let mut row = FromRow::new(row);
                Ok(Protection {
                    branch_id: row.parse()?,
                    branch: row.text()?,
                    roles: row.json()?,
                    approvals: row.parse()?,
                    protected_by: row.text()?,
                })
            })
            .collect()
    }

    /// Returns its number.
    pub async fn create_merge_request(
        &self,
        exec: &mut dyn Executor,
        (source, target): (&Branch, &Branch),
        message: Option<&str>,
        who: &str,
    ) -> Result<i64, StoreError> {
        let ids = [source.id, target.id].map(|id| id.to_string());
        let params = [
            Some(ids[0].as_str()),
            Some(&source.name),
            Some(&ids[1]),
            Some(&target.name),
            message,
            Some(who),
        ];
        let rows = exec.query(CREATE_REQUEST, &params).await?;
        FromRow::new(rows.into_iter().next().unwrap_or_default()).parse()
    }

    /// All that were ever made, newest first.
    pub async fn merge_requests(
        &self,
        exec: &mut dyn Executor,
    ) -> Result<Vec<MergeRequest>, StoreError> {
        let rows = exec.query(REQUESTS, &[None]).await?;
        rows.into_iter().map(request).collect()
    }

    /// # Errors
    /// [`StoreError::UnknownMergeRequest`].
    pub async fn merge_request(
        &self,
        exec: &mut dyn Executor,
        id: i64,
    ) -> Result<MergeRequest, StoreError> {
        let rows = exec.query(REQUESTS, &[Some(&id.to_string())]).await?;
        let row = rows.into_iter().next();
        request(row.ok_or(StoreError::UnknownMergeRequest(id))?)
    }

    /// Approves of the source as it is now. Doing so again changes nothing.
    pub async fn approve(
        &self,
        exec: &mut dyn Executor,
        id: i64,
        comment: Option<&str>,
        who: &str,
    ) -> Result<(), StoreError> {
        exec.query(APPROVE, &[Some(&id.to_string()), Some(who), comment])
            .await?;
        Ok(())
    }

    /// Gives a request up. Returns whether it was open.
    pub async fn close_merge_request(
        &self,
        exec: &mut dyn Executor,
        id: i64,
        who: &str,
    ) -> Result<bool, StoreError> {
        let rows = exec
            .query(CLOSE, &[Some(&id.to_string()), Some(who)])
            .await?;
        Ok(!rows.is_empty())
    }
}

fn request(row: Row) -> Result<MergeRequest, StoreError> {
    let mut row = FromRow::new(row);
    Ok(MergeRequest {
        id: row.parse()?,
        source: row.text()?,
        source_head: row.optional()?,
        target: row.text()?,
        message: row.optional_text()?,
        who: row.text()?,
        created_at_micros: row.parse()?,
        state: row.parse()?,
        commit: row.optional()?,
        approved_by: row.json()?,
        needed: row.parse()?,
    })
}
