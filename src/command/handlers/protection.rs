//! `PGGIT PROTECT`, `PGGIT UNPROTECT`, `PGGIT MERGE REQUEST` and `PGGIT APPROVE`.

use crate::command::ast::{MergeRequest, Protect};
use crate::command::{Answer, Invocation, Value};
use crate::error::ErrorReport;
use crate::repo::protection;

pub async fn list(with: Invocation<'_>) -> Result<Answer, ErrorReport> {
    let database = with.versioned()?;
    let rows = protection::protections(&database)
        .await?
        .into_iter()
        .map(|protection| {
            vec![
                protection.branch.into(),
                protection.roles.join(", ").into(),
                i64::from(protection.approvals).into(),
                protection.protected_by.into(),
            ]
        })
        .collect();
    Ok(Answer::with_rows("PGGIT PROTECT", rows))
}

pub async fn protect(with: Invocation<'_>, protect: &Protect) -> Result<Answer, ErrorReport> {
    let database = with.versioned()?;
    with.outside_transaction("PGGIT PROTECT")?;
    let Protect {
        branch,
        roles,
        approvals,
    } = protect;
    protection::protect(&database, branch, roles, *approvals, with.identity).await?;
    Ok(Answer::tagged("PGGIT PROTECT"))
}

pub async fn unprotect(with: Invocation<'_>, branch: &str) -> Result<Answer, ErrorReport> {
    let database = with.versioned()?;
    with.outside_transaction("PGGIT UNPROTECT")?;
    protection::unprotect(&database, branch, with.identity).await?;
    Ok(Answer::tagged("PGGIT UNPROTECT"))
}

pub async fn request(with: Invocation<'_>, request: &MergeRequest) -> Result<Answer, ErrorReport> {
    let database = with.versioned()?;
    with.outside_transaction("PGGIT MERGE REQUEST")?;
    let target = request.into.as_deref().unwrap_or(with.branch);
    let message = request.message.as_deref();
    let id =
        protection::request(&database, &request.source, target, message, with.identity).await?;
    Ok(Answer::with_rows(
        "PGGIT MERGE REQUEST",
        vec![vec![id.into()]],
    ))
}

pub async fn requests(with: Invocation<'_>) -> Result<Answer, ErrorReport> {
    let database = with.versioned()?;
    let rows = protection::requests(&database)
        .await?
        .into_iter()
        .map(|request| {
            vec![
                request.id.into(),
                request.state.as_str().into(),
                request.source.into(),
                request.target.into(),
                request.approved_by.join(", ").into(),
                request.needed.into(),
                request.who.into(),
                Value::Timestamp(request.created_at_micros),
                request.message.into(),
            ]
        })
        .collect();
    Ok(Answer::with_rows("PGGIT MERGE REQUESTS", rows))
}

pub async fn close(with: Invocation<'_>, request: i64) -> Result<Answer, ErrorReport> {
    let database = with.versioned()?;
    with.outside_transaction("PGGIT MERGE REQUEST CLOSE")?;
    protection::close(&database, request, with.identity).await?;
    Ok(Answer::tagged("PGGIT MERGE REQUEST CLOSE"))
}

pub async fn approve(
    with: Invocation<'_>,
    request: i64,
    comment: Option<&str>,
) -> Result<Answer, ErrorReport> {
    let database = with.versioned()?;
    with.outside_transaction("PGGIT APPROVE")?;
    let approved = protection::approve(&database, request, comment, with.identity).await?;
    let given = i64::try_from(approved.approved_by.len()).unwrap_or(i64::MAX);
    Ok(Answer::with_rows(
        "PGGIT APPROVE",
        vec![vec![request.into(), given.into(), approved.needed.into()]],
    ))
}
