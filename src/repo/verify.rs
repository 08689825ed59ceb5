//! Is history what it says? Everything that is hashed is hashed again, and what is derived is derived again.

use super::error::RepoError;
use crate::error::{ErrorReport, SqlState};
use crate::store::Store;
use crate::store::verify::{self, Verdict, Watcher};
use crate::upstream::Executor;

/// Looks at the whole history of the database that `executor` is connected to. It must be in no transaction, and
/// needs no more than everybody may: to read.
pub async fn verify(
    executor: &mut dyn Executor,
    watcher: Watcher<'_>,
) -> Result<Verdict, ErrorReport> {
    Ok(look(executor, watcher).await?)
}

async fn look(executor: &mut dyn Executor, watcher: Watcher<'_>) -> Result<Verdict, RepoError> {
    if !Store::is_present(executor).await? {
        return Err(not_versioned().into());
    }
    Ok(verify::verify(executor, watcher).await?)
}

/// The error of those who need a database under version control.
pub fn not_versioned() -> ErrorReport {
    ErrorReport::new(
        SqlState::OBJECT_NOT_IN_PREREQUISITE_STATE,
        "the database is not under version control",
    )
    .with_hint("pggit init puts it there.")
}
