//! Whoever brings a branch to another schema waits for those who are at it.
//!
//! Two merges that bring in the same would wait for each other's locks only to find that it is there, and be worked out
//! anew: of many, most would never come to an end. Commits take no turns, so a branch may still move meanwhile.

use crate::branch::BranchMap;
use crate::repo::database::Database;
use crate::repo::error::RepoError;
use crate::upstream::Executor;

/// The turn at one branch.
#[derive(Debug)]
#[must_use]
pub struct Turn {
    branch: i64,
    /// `false` if it did not come, and one goes on beside others.
    taken: bool,
}

impl Turn {
    /// Waits for it. `session` must be in no transaction.
    pub async fn take(
        database: &Database,
        session: &mut dyn Executor,
        map: &BranchMap,
    ) -> Result<Self, RepoError> {
        let branch = map.id();
        let taken = database.store().take_turn(session, branch).await?;
        Ok(Self { branch, taken })
    }

    /// Ends it, whatever came of it.
    pub async fn end<T>(
        self,
        database: &Database,
        session: &mut dyn Executor,
        done: Result<T, RepoError>,
    ) -> Result<T, RepoError> {
        let ended = if self.taken {
            database.store().end_turn(session, self.branch).await
        } else {
            Ok(())
        };
        // The connection may be what failed; the first error is the one that says why.
        let done = done?;
        ended?;
        Ok(done)
    }
}
