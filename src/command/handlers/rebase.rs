//! `PGGIT REBASE …`.

use super::commit::count;
use super::pick::preview;
use super::short;
use crate::catalog;
use crate::command::ast::Rebase;
use crate::command::{Answer, Invocation, Value};
use crate::error::{ErrorReport, Report as _};
use crate::repo::rebasing::{self, Outcome, Report, Request};

pub async fn run(with: Invocation<'_>, command: &Rebase) -> Result<Answer, ErrorReport> {
    let database = with.versioned()?;
    let current = with.branch;
    let named = |branch: &Option<String>| branch.clone().unwrap_or_else(|| current.to_owned());
    if let Rebase::Start {
        branch,
        onto,
        dry_run,
        allow_data_loss,
    } = command
    {
        let request = Request {
            branch: named(branch),
            onto: onto.clone(),
            allow_data_loss: *allow_data_loss,
        };
        if *dry_run {
            return dry(with, &request).await;
        }
        with.outside_transaction("PGGIT REBASE")?;
        let report = rebasing::rebase(&database, with.session, &request, with.identity).await?;
        return Ok(answer(&report));
    }
    with.outside_transaction("PGGIT REBASE")?;
    let (session, identity) = (with.session, with.identity);
    let report = match command {
        Rebase::Continue {
            branch,
            allow_data_loss,
        } => {
            let branch = named(branch);
            rebasing::resume(&database, session, &branch, *allow_data_loss, identity).await?
        }
        Rebase::Skip {
            branch,
            allow_data_loss,
        } => {
            let branch = named(branch);
            rebasing::skip(&database, session, &branch, *allow_data_loss, identity).await?
        }
        Rebase::Start { branch, .. } | Rebase::Abort { branch } => {
            rebasing::abort(&database, &named(&branch.clone()), identity).await?;
            return Ok(Answer::tagged("PGGIT REBASE"));
        }
    };
    Ok(answer(&report))
}

async fn dry(with: Invocation<'_>, request: &Request) -> Result<Answer, ErrorReport> {
    let database = with.versioned()?;
    let creator = catalog::creator(with.session)
        .await
        .map_err(|error| error.report())?;
    let planned = rebasing::plan(&database, request, &creator).await?;
    let rows = preview(&planned.replay, &planned.transition, |pick, _, _| {
        pick.commit.statements.clone()
    });
    Ok(Answer::with_rows("PGGIT REBASE", rows))
}

fn answer(report: &Report) -> Answer {
    let branch = &report.branch;
    let detail = match (report.outcome, report.conflict, report.merge) {
        (Outcome::UpToDate, _, _) => format!("branch \"{branch}\" is upon it already"),
        (Outcome::Conflicts, Some((commit, _)), Some(merge)) => format!(
            "commit {} conflicts, and branch \"{branch}\" is as it was; PGGIT CONFLICTS {merge} shows what to decide",
            commit.short()
        ),
        _ => format!(
            "{} statements applied to branch \"{branch}\"",
            report.statements
        ),
    };
    let commit = match report.outcome {
        Outcome::Conflicts => Value::Null,
        _ => short(report.commit),
    };
    Answer::with_rows(
        "PGGIT REBASE",
        vec![vec![
            report.outcome.as_str().into(),
            report.merge.into(),
            commit,
            count(report.commits),
            count(report.conflict.map_or(0, |(_, conflicts)| conflicts)),
            detail.into(),
        ]],
    )
}
