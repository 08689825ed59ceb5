//! `PGGIT COMMIT`.

use super::{first_line, short};
use crate::command::{Answer, Invocation, Value};
use crate::error::ErrorReport;
use crate::repo::drift;

pub async fn run(with: Invocation<'_>, message: Option<String>) -> Result<Answer, ErrorReport> {
    let database = with.versioned()?;
    with.outside_transaction("PGGIT COMMIT")?;
    let map = database.branch(with.branch).await?;
    let recorded = drift::commit(&database, with.session, &map, message, with.identity).await?;
    let rows = recorded
        .into_iter()
        .map(|recorded| {
            vec![
                short(recorded.commit),
                count(recorded.changes.len()),
                first_line(&recorded.message).into(),
            ]
        })
        .collect();
    Ok(Answer::with_rows("PGGIT COMMIT", rows))
}

/// A count as a column has it.
pub(super) fn count(number: usize) -> Value {
    Value::Int(i64::try_from(number).unwrap_or(i64::MAX))
}
