//! `PGGIT CHERRY PICK`.

use super::commit::count;
use super::{first_line, short};
use crate::catalog;
use crate::command::ast::CherryPick;
use crate::command::{Answer, Invocation, Value};
use crate::error::{ErrorReport, Report};
use crate::repo::merging::Outcome;
use crate::repo::picking::{self, Request};
use crate::repo::replay::{Fate, Pick, Replay, Step, Stop};
use crate::repo::transition::Transition;
use crate::schema::Snapshot;

pub async fn run(with: Invocation<'_>, pick: &CherryPick) -> Result<Answer, ErrorReport> {
    let database = with.versioned()?;
    with.outside_transaction("PGGIT CHERRY PICK")?;
    let request = request(&with, pick);
    let report = picking::cherry_pick(&database, with.session, &request, with.identity).await?;
    let target = &request.target;
    let (outcome, detail) = match (report.outcome, report.merge) {
        (Outcome::UpToDate, _) => (
            "up_to_date",
            format!("branch \"{target}\" has all of it already"),
        ),
        (Outcome::FastForward | Outcome::Merged, _) => (
            "picked",
            format!(
                "{} statements applied to branch \"{target}\"",
                report.statements
            ),
        ),
        (Outcome::Conflicts, merge) => (
            "conflicts",
            format!(
                "branch \"{target}\" is as it was; PGGIT CONFLICTS {} shows what to decide",
                merge.unwrap_or_default()
            ),
        ),
    };
    let commit = match report.outcome {
        Outcome::Conflicts => Value::Null,
        _ => short(report.commit),
    };
    Ok(Answer::with_rows(
        "PGGIT CHERRY PICK",
        vec![vec![
            outcome.into(),
            report.merge.into(),
            commit,
            count(report.objects),
            count(report.conflicts),
            detail.into(),
        ]],
    ))
}

fn request(with: &Invocation<'_>, pick: &CherryPick) -> Request {
    Request {
        after: pick.after.clone(),
        commit: pick.commit.clone(),
        parent: pick.parent,
        target: pick.into.clone().unwrap_or_else(|| with.branch.to_owned()),
        strategy: pick.strategy,
        message: pick.message.clone(),
        allow_data_loss: pick.allow_data_loss,
    }
}

pub async fn dry_run(with: Invocation<'_>, pick: &CherryPick) -> Result<Answer, ErrorReport> {
    let database = with.versioned()?;
    let request = request(&with, pick);
    let creator = catalog::creator(with.session)
        .await
        .map_err(|error| error.report())?;
    let planned = picking::plan(&database, &request, &creator).await?;
    let rows = preview(&planned.replay, &planned.transition, |_, before, after| {
        planned.statements(&database, &creator, (before, after))
    });
    Ok(Answer::with_rows("PGGIT CHERRY PICK", rows))
}

/// A row for each commit, then one for each statement that would be run.
pub(super) fn preview(
    replay: &Replay,
    transition: &Transition,
    statements: impl Fn(&Pick, &Snapshot, &Snapshot) -> Vec<String>,
) -> Vec<Vec<Value>> {
    let mut rows: Vec<Vec<Value>> = replay
        .steps
        .iter()
        .map(|step| step_row(step, &statements))
        .collect();
    if let Some(stop) = &replay.stopped {
        rows.push(stop_row(stop));
        return rows;
    }
    rows.extend(transition.steps.iter().map(|step| {
        vec![
            Value::Null,
            Value::Null,
            "apply".into(),
            step.object.to_string().into(),
            step.sql.as_str().into(),
        ]
    }));
    rows
}

fn step_row(
    step: &Step,
    statements: impl Fn(&Pick, &Snapshot, &Snapshot) -> Vec<String>,
) -> Vec<Value> {
    let (result, detail, sql) = match &step.fate {
        Fate::Picked { before, after } => (
            "pick",
            "",
            statements(&step.pick, before, after).join(";\n"),
        ),
        Fate::Empty => ("empty", "all of it is there already", String::new()),
        Fate::Skipped => ("skip", "", String::new()),
    };
    vec![
        short(step.pick.hash),
        first_line(&step.pick.commit.message).into(),
        result.into(),
        detail.into(),
        sql.into(),
    ]
}

fn stop_row(stop: &Stop) -> Vec<Value> {
    let conflicts: Vec<String> = stop
        .merged
        .open()
        .map(|conflict| format!("{}: {}", conflict.key, conflict.attribute))
        .collect();
    vec![
        short(stop.pick.hash),
        first_line(&stop.pick.commit.message).into(),
        "conflict".into(),
        conflicts.join("; ").into(),
        "".into(),
    ]
}
