//! `PGGIT INIT`.

use crate::command::{Answer, Invocation, Notice};
use crate::error::{ErrorReport, Report, SqlState};
use crate::repo::{self, ownership};

pub async fn run(with: Invocation<'_>) -> Result<Answer, ErrorReport> {
    with.outside_transaction("PGGIT INIT")?;
    // Versioning a database is its owner's to decide.
    if !ownership::owns_database(with.session, &with.identity.role).await? {
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
