//! What a person writes to mean a commit.

use super::database::{Database, Head};
use super::error::RepoError;
use crate::store::CommitHash;
use crate::upstream::Executor;
use std::fmt;

/// A ref: a branch, a tag or the beginning of a commit's hash, at a time, and so many commits back.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Ref {
    /// A branch's or a tag's name; where there is neither, see [`Ref::hash_prefix`].
    pub name: String,
    /// `@{…}`: where the branch was then. Any text that PostgreSQL reads as `timestamptz`, in the
    /// session's time zone: the server is to be asked what it means.
    pub at: Option<String>,
    /// `~n`: that many first parents back.
    pub ancestor: u32,
}

impl Ref {
    /// The head of a branch.
    pub fn branch(name: impl Into<String>) -> Self {
        Self {
            name: name.into(),
            at: None,
            ancestor: 0,
        }
    }

    /// The very commit.
    pub fn commit(hash: CommitHash) -> Self {
        Self::branch(hash.to_string())
    }

    /// The name as the beginning of a commit's hash, if it can be one: 4 to 64 hexadecimal digits.
    pub fn hash_prefix(&self) -> Option<&str> {
        let hex = (4..=64).contains(&self.name.len())
            && self.name.bytes().all(|byte| byte.is_ascii_hexdigit());
        (hex && self.at.is_none()).then_some(&self.name)
    }

    /// The branch, if the ref is nothing but its name.
    pub fn as_branch(&self) -> Option<&str> {
        (self.at.is_none() && self.ancestor == 0).then_some(&self.name)
    }
}

/// As a person wrote it, but for quotes.
impl fmt::Display for Ref {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.name)?;
        if let Some(at) = &self.at {
            write!(f, "@{{{at}}}")?;
        }
        if self.ancestor > 0 {
            write!(f, "~{}", self.ancestor)?;
        }
        Ok(())
    }
}

impl Ref {
    /// The commit that the ref means now, with its tree.
    pub async fn head(
        &self,
        database: &Database,
        executor: &mut dyn Executor,
    ) -> Result<Head, RepoError> {
        if let Some(name) = self.as_branch()
            && let Some(head) = database.store().branch_head(executor, name).await?
        {
            return Ok(Head::from(&head));
        }
        let commit = self.resolve(database, executor).await?;
        database.head_at(executor, commit).await
    }

    /// The commit that the ref means now.
    pub async fn resolve(
        &self,
        database: &Database,
        executor: &mut dyn Executor,
    ) -> Result<CommitHash, RepoError> {
        Ok(database
            .store()
            .resolve(executor, &self.to_string())
            .await?)
    }
}
