//! Event triggers that note who does DDL past the proxy. Optional: without them drift is found, but not by whom.

use super::error::RepoError;
use crate::error::{ErrorReport, SqlState};
use crate::upstream::Executor;

const DROP: &str = "DROP EVENT TRIGGER IF EXISTS pggit_drift;
DROP EVENT TRIGGER IF EXISTS pggit_drift_drop";
const CREATE: &str =
    "CREATE EVENT TRIGGER pggit_drift ON ddl_command_end EXECUTE FUNCTION pggit.note_drift();
CREATE EVENT TRIGGER pggit_drift_drop ON sql_drop EXECUTE FUNCTION pggit.note_drift()";

/// Installs the event triggers, or takes them away. `executor` is an administrative connection in no transaction.
///
/// # Errors
/// `42501` where the server lets only superusers have event triggers and the role is none.
pub async fn install(executor: &mut dyn Executor, wanted: bool) -> Result<(), ErrorReport> {
    let create = if wanted { CREATE } else { "" };
    let done = executor
        .batch(&format!("BEGIN; {DROP}; {create}; COMMIT"))
        .await;
    let Err(error) = done else { return Ok(()) };
    executor.batch("ROLLBACK").await.map_err(RepoError::from)?;
    let mut report: ErrorReport = RepoError::from(error).into();
    if report.sqlstate == SqlState::INSUFFICIENT_PRIVILEGE {
        report = report
            .with_detail("The database is under version control all the same: drift is found by comparison, but not who made it.")
            .with_hint("Event triggers are a superuser's to install: run it with --upstream of one, or do without.");
    }
    Err(report)
}
