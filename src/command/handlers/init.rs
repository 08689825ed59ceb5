//! `PGGIT INIT`.

use crate::command::{Answer, Invocation, Notice};
use crate::error::{ErrorReport, Report, SqlState};
use crate::repo;

/// Versioning a database is its owner's to decide.
const MAY_INIT: &str = "
    SELECT (pg_has_role(session_user, d.datdba, 'MEMBER'))::text
      FROM pg_database AS d WHERE d.datname = current_database()";

pub async fn run(with: Invocation<'_>) -> Result<Answer, ErrorReport> {
    with.outside_transaction("PGGIT INIT")?;
    let allowed = with
        .session
        .query(MAY_INIT, &[])
        .await
        .map_err(|error| error.report())?;
    if !allowed
        .into_iter()
        .flatten()
        .flatten()
        .any(|may| may == "true")
    {
        return Err(ErrorReport::new(
            SqlState::INSUFFICIENT_PRIVILEGE,
            format!("must be owner of database {}", with.database_name),
        ));
    }
    let mut administrator = with
        .repo
        .administrator(with.database_name)
        .await
        .map_err(|error| error.report())?;
    let excluded = &with.repo.versioning().excluded_schemas;
    let report = repo::init(&mut administrator, excluded).await?;
    with.repo
        .rediscover(with.database_name)
        .await
        .map_err(|error| error.report())?;
    let mut answer = Answer::tagged("PGGIT INIT");
    if report.already {
        answer.notices.push(Notice {
            severity: "NOTICE",
            sqlstate: SqlState::SUCCESSFUL_COMPLETION,
            message: format!(
                "database \"{}\" is already under version control",
                with.database_name
            ),
            detail: None,
            hint: None,
        });
    } else {
        answer.notices.push(Notice {
            severity: "NOTICE",
            sqlstate: SqlState::SUCCESSFUL_COMPLETION,
            message: format!("{} objects are now under version control", report.objects),
            detail: None,
            hint: Some("Sessions that are open already take part once they reconnect.".to_owned()),
        });
    }
    answer.report_unsupported(
        &report.unsupported,
        "some objects are of kinds that are not versioned".to_owned(),
    );
    Ok(answer)
}
