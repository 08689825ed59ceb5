//! Taking turns at a branch.

use super::Store;
use super::error::StoreError;
use super::hydration::branch_key;
use crate::error::{Report, SqlState};
use crate::upstream::Executor;

/// The space of the advisory locks for it, beside those of hydration.
const TURNS: i32 = 0x7067_6703;

/// For how long one waits. Turns are a courtesy, and any role could hold the lock.
const PATIENCE: &str = "30s";

impl Store {
    /// Waits for the turn at a branch, which lasts until [`Store::end_turn`] or the end of the connection. `false` if it did
    /// not come for long. `exec` must be in no transaction.
    pub async fn take_turn(
        &self,
        exec: &mut dyn Executor,
        branch: i64,
    ) -> Result<bool, StoreError> {
        let key = branch_key(branch);
        exec.batch("BEGIN ISOLATION LEVEL READ COMMITTED").await?;
        let wait = format!(
            "SET LOCAL lock_timeout = '{PATIENCE}'; SELECT pg_advisory_lock({TURNS}, {key})"
        );
        let Err(error) = exec.batch(&wait).await else {
            exec.batch("COMMIT").await?;
            return Ok(true);
        };
        let rolled_back = exec.batch("ROLLBACK").await;
        if error.sqlstate() != SqlState::LOCK_NOT_AVAILABLE {
            return Err(error.into());
        }
        rolled_back?;
        Ok(false)
    }

    /// Lets the next one have it.
    pub async fn end_turn(&self, exec: &mut dyn Executor, branch: i64) -> Result<(), StoreError> {
        let key = branch_key(branch);
        let unlock = format!("SELECT pg_advisory_unlock({TURNS}, {key})");
        Ok(exec.batch(&unlock).await?)
    }
}
