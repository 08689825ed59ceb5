//! `PGGIT REVERT …`, `PGGIT ROLLBACK TO …` and `PGGIT UNDO …`.

use super::commit::count;
use super::short;
use crate::command::ast::{Revert, Rollback, RollbackTo, Undo};
use crate::command::{Answer, Invocation, Notice, Value};
use crate::error::{ErrorReport, SqlState};
use crate::repo::Ref;
use crate::repo::undoing::{self, Finding, Outcome, Preview, Restore, Severity, Undone};

pub async fn revert(with: Invocation<'_>, revert: &Revert) -> Result<Answer, ErrorReport> {
    let database = with.versioned()?;
    with.outside_transaction("PGGIT REVERT")?;
    let branch = revert.into.clone();
    let asked = undoing::Revert {
        span: revert.span.clone(),
        parent: revert.parent,
        branch: branch.unwrap_or_else(|| with.branch.to_owned()),
        strategy: revert.strategy,
        message: revert.message.clone(),
        allow_data_loss: revert.allow_data_loss,
    };
    if revert.dry_run {
        let preview = undoing::preview_revert(&database, with.session, &asked).await?;
        return Ok(previewed("PGGIT REVERT", preview));
    }
    let undone = undoing::revert(&database, with.session, &asked, with.identity).await?;
    Ok(done("PGGIT REVERT", undone, &asked.branch))
}

pub async fn rollback(with: Invocation<'_>, rollback: &Rollback) -> Result<Answer, ErrorReport> {
    let from = match &rollback.to {
        RollbackTo::Ref(reference) => reference.clone(),
        RollbackTo::Timestamp(at) => Ref {
            at: Some(at.clone()),
            ..Ref::branch(with.branch)
        },
    };
    let asked = Restore {
        from,
        objects: Vec::new(),
        branch: with.branch.to_owned(),
        allow_data_loss: rollback.allow_data_loss,
    };
    restore(with, "PGGIT ROLLBACK", &asked, rollback.dry_run).await
}

pub async fn undo(with: Invocation<'_>, undo: &Undo) -> Result<Answer, ErrorReport> {
    let asked = Restore {
        from: undo.from.clone(),
        objects: undo
            .objects
            .iter()
            .map(|object| (object.schema.clone(), object.name.clone()))
            .collect(),
        branch: with.branch.to_owned(),
        allow_data_loss: undo.allow_data_loss,
    };
    restore(with, "PGGIT UNDO", &asked, undo.dry_run).await
}

async fn restore(
    with: Invocation<'_>,
    command: &str,
    asked: &Restore,
    dry_run: bool,
) -> Result<Answer, ErrorReport> {
    let database = with.versioned()?;
    with.outside_transaction(command)?;
    if dry_run {
        let preview = undoing::preview_restore(&database, with.session, asked).await?;
        return Ok(previewed(command, preview));
    }
    let undone = undoing::restore(&database, with.session, asked, with.identity).await?;
    Ok(done(command, undone, &asked.branch))
}

fn done(command: &str, undone: Undone, branch: &str) -> Answer {
    let detail = match (undone.outcome, undone.merge) {
        (Outcome::UpToDate, _) => format!("branch \"{branch}\" has nothing of it to undo"),
        (Outcome::Conflicts, Some(merge)) => format!(
            "branch \"{branch}\" is as it was; PGGIT CONFLICTS {merge} shows what to decide"
        ),
        (Outcome::Conflicts, None) => format!("branch \"{branch}\" is as it was"),
        (Outcome::Reverted | Outcome::RolledBack | Outcome::Undone, _) => {
            format!(
                "{} statements applied to branch \"{branch}\"",
                undone.statements
            )
        }
    };
    let commit = match undone.outcome {
        Outcome::Conflicts => Value::Null,
        _ => short(undone.commit),
    };
    let row = vec![
        undone.outcome.as_str().into(),
        undone.merge.into(),
        commit,
        count(undone.objects),
        count(undone.conflicts),
        detail.into(),
    ];
    Answer {
        notices: undone.findings.into_iter().filter_map(notice).collect(),
        ..Answer::with_rows(command, vec![row])
    }
}

/// What is worth a warning.
fn notice(finding: Finding) -> Option<Notice> {
    (finding.severity == Severity::Warning).then(|| Notice {
        severity: "WARNING",
        sqlstate: SqlState::WARNING,
        message: format!("{}: {}", finding.object, finding.message),
        detail: None,
        hint: finding.hint,
    })
}

/// Findings, the worst first, and then the statements.
fn previewed(command: &str, preview: Preview) -> Answer {
    let mut findings = preview.findings;
    findings.sort_by_key(|finding| finding.severity);
    let findings = findings.into_iter().map(|finding| {
        vec![
            finding.severity.as_str().into(),
            finding.check.into(),
            finding.object.into(),
            finding.message.into(),
            Value::Null,
        ]
    });
    let steps = preview.steps.into_iter().map(|step| {
        let hazards: Vec<&str> = step.hazards.iter().map(|hazard| hazard.as_str()).collect();
        vec![
            Severity::Info.as_str().into(),
            "ddl".into(),
            step.object.to_string().into(),
            hazards.join(", ").into(),
            step.sql.into(),
        ]
    });
    Answer::with_rows(command, findings.chain(steps).collect())
}
