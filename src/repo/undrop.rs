//! Dropped tables come back: `DROP TABLE` sets tables that hold rows aside, and what makes them again brings the rows back.
//!
//! The table itself moves, so its rows are neither copied nor read: see `store/definitions/undrop.sql` for what is
//! taken from it. What it had comes back with its definition, which history keeps.

mod restore;

pub use restore::{Restored, restore};

use super::database::Database;
use super::error::RepoError;
use super::identity::Identity;
use super::ownership::owns;
use crate::error::{ErrorReport, SqlState};
use crate::store::{DroppedTable, Kept};
use crate::upstream::Executor;
use serde_json::Value;
use std::sync::Weak;
use std::time::Duration;

/// Who the log says has ended what nobody did.
const NOBODY: &str = "pggit";

/// How often it is looked for what is over: often enough for what is kept shortly, and rarely.
const LOOKS: (Duration, Duration) = (Duration::from_millis(500), Duration::from_mins(10));

/// What a statement has dropped.
#[derive(Debug)]
pub struct Dropped(Value);

/// What the transaction that `session` has open has dropped; `None` if no relation of a branch's is among it.
pub async fn dropped(
    database: &Database,
    session: &mut dyn Executor,
) -> Result<Option<Dropped>, ErrorReport> {
    let dropped = database.store().dropped_objects(session).await;
    Ok(dropped.map_err(RepoError::from)?.map(Dropped))
}

/// Drops it again after it was rolled back, and keeps tables that hold rows. If none do, nothing is done.
pub async fn set_aside(
    database: &Database,
    session: &mut dyn Executor,
    dropped: &Dropped,
    keep: Duration,
    identity: &Identity,
) -> Result<Kept, ErrorReport> {
    let store = database.store();
    let kept = store.set_aside(session, &dropped.0, keep, &identity.role);
    Ok(kept.await.map_err(RepoError::from)?)
}

/// The dropped tables of a branch that can come back, the last first.
pub async fn list(database: &Database, branch: &str) -> Result<Vec<DroppedTable>, ErrorReport> {
    let listed = database
        .store()
        .dropped_tables(&mut database.reader(), branch)
        .await;
    Ok(listed.map_err(RepoError::from)?)
}

const OWNER: &str =
    "SELECT owner FROM pggit.dropped_table WHERE id = $1::text::bigint AND outcome IS NULL";

/// Lets a dropped table go at once. It is its owner's to do so, and the database owner's.
pub async fn purge(
    database: &Database,
    entry: i64,
    identity: &Identity,
) -> Result<(), ErrorReport> {
    let mut operator = database.operator().await.map_err(RepoError::from)?;
    let found = operator.query(OWNER, &[Some(&entry.to_string())]).await;
    let found = found.map_err(RepoError::from)?;
    let Some(owner) = found.into_iter().flatten().flatten().next() else {
        return Err(no_such_table(entry));
    };
    if !owns(&mut operator, &identity.role, &owner).await? {
        return Err(ErrorReport::new(
            SqlState::INSUFFICIENT_PRIVILEGE,
            format!("must be owner of dropped table {entry}"),
        ));
    }
    let gone = end(
        database,
        &mut operator,
        Some(entry),
        "purged",
        &identity.role,
    )
    .await?;
    if gone {
        Ok(())
    } else {
        Err(no_such_table(entry))
    }
}

fn no_such_table(entry: i64) -> ErrorReport {
    ErrorReport::new(
        SqlState::UNDEFINED_OBJECT,
        format!("there is no dropped table {entry}"),
    )
    .with_hint("PGGIT DROPPED lists those that can come back.")
}

/// Lets go, for as long as the database is in use, what is over. Any number of proxies may do so.
pub(super) async fn expire(database: Weak<Database>, keep: Option<Duration>) {
    let (shortest, longest) = LOOKS;
    let pause = keep.map_or(longest, |keep| (keep / 60).clamp(shortest, longest));
    loop {
        tokio::time::sleep(pause).await;
        let Some(database) = database.upgrade() else {
            return;
        };
        if let Err(error) = expire_all(&database).await {
            tracing::warn!(%error, "could not look for dropped tables whose time is over");
        }
    }
}

async fn expire_all(database: &Database) -> Result<(), RepoError> {
    let mut operator = database.operator().await?;
    while end(database, &mut operator, None, "expired", NOBODY).await? {}
    Ok(())
}

/// Drops one table that is set aside, in a transaction of its own. `false` if there is none.
async fn end(
    database: &Database,
    operator: &mut dyn Executor,
    entry: Option<i64>,
    outcome: &str,
    who: &str,
) -> Result<bool, RepoError> {
    let store = database.store();
    operator.batch("BEGIN").await?;
    let ended = async {
        let Some((entry, relation)) = store.lock_dropped(operator, entry).await? else {
            return Ok(false);
        };
        let sql = format!("DROP TABLE IF EXISTS pggit_dropped.\"dropped {relation}\"");
        operator.batch(&sql).await?;
        store.end_dropped(operator, entry, outcome, who).await?;
        Ok::<_, RepoError>(true)
    }
    .await;
    let last = if ended.is_ok() { "COMMIT" } else { "ROLLBACK" };
    operator.batch(last).await?;
    ended
}
