//! `PGGIT MERGE …` and `PGGIT MERGES`.

use super::commit::count;
use super::status::fact;
use super::{conflicts, first_line, short};
use crate::command::ast::Merge;
use crate::command::{Answer, Invocation, Value};
use crate::error::ErrorReport;
use crate::repo::merging::{self, MergeReport, Outcome, Planned, Request, Source};
use crate::repo::transition::guard::Check;
use crate::repo::transition::{Finding, Transition, Within};
use crate::repo::{Ref, history};
use crate::schema::model::ObjectKey;
use crate::schema::{Change, ChangeKind};
use crate::store::{Decider, Operation};
use crate::telemetry::metrics::MergeResult;
use jiff::Timestamp;

pub async fn run(with: Invocation<'_>, merge: &Merge) -> Result<Answer, ErrorReport> {
    let database = with.versioned()?;
    with.outside_transaction("PGGIT MERGE")?;
    let request = request(&with, merge);
    let merged = merging::merge(&database, with.session, &request, with.identity).await;
    with.metrics.merge(result(merged.as_ref().ok()));
    Ok(answer(&merged?, &request.target))
}

/// Under what a merge is counted; one without a report was refused.
fn result(report: Option<&MergeReport>) -> MergeResult {
    match report.map(|report| report.outcome) {
        Some(Outcome::UpToDate) => MergeResult::UpToDate,
        Some(Outcome::FastForward) => MergeResult::FastForward,
        Some(Outcome::Merged) => MergeResult::Merged,
        Some(Outcome::Conflicts) => MergeResult::Conflicts,
        None => MergeResult::Refused,
    }
}

fn request(with: &Invocation<'_>, merge: &Merge) -> Request {
    Request {
        operation: Operation::Merge,
        base: None,
        sources: merge.sources.iter().cloned().map(Source::new).collect(),
        target: merge.into.clone().unwrap_or_else(|| with.branch.to_owned()),
        strategy: merge.strategy,
        history: merge.history,
        message: merge.message.clone(),
        allow_data_loss: merge.allow_data_loss,
    }
}

fn answer(report: &MergeReport, target: &str) -> Answer {
    let detail = match (report.outcome, report.merge) {
        (Outcome::UpToDate, _) => format!("branch \"{target}\" has all of it already"),
        (Outcome::FastForward | Outcome::Merged, _) => {
            format!(
                "{} statements applied to branch \"{target}\"",
                report.statements
            )
        }
        (Outcome::Conflicts, Some(merge)) => format!(
            "branch \"{target}\" is as it was; PGGIT CONFLICTS {merge} shows what to decide"
        ),
        (Outcome::Conflicts, None) => format!("branch \"{target}\" is as it was"),
    };
    let commit = match report.outcome {
        Outcome::Conflicts => Value::Null,
        _ => short(report.commit),
    };
    Answer::with_rows(
        "PGGIT MERGE",
        vec![vec![
            report.outcome.as_str().into(),
            report.merge.into(),
            commit,
            count(report.objects),
            count(report.conflicts),
            detail.into(),
        ]],
    )
}

pub async fn dry_run(with: Invocation<'_>, merge: &Merge) -> Result<Answer, ErrorReport> {
    let database = with.versioned()?;
    let request = request(&with, merge);
    let within = if with.in_transaction {
        Within::Transaction
    } else {
        Within::Nothing
    };
    let (planned, findings) = merging::preview(&database, with.session, &request, within).await?;
    let transition = &planned.transition;
    let mut rows: Vec<Vec<Value>> = planned
        .objects
        .iter()
        .filter_map(|object| {
            let change = transition
                .changes
                .iter()
                .find(|change| change.lineage == object.lineage);
            let conflicts: Vec<String> = planned
                .open()
                .filter(|(_, conflict)| conflict.lineage == object.lineage)
                .map(|(part, conflict)| match request.sources.as_slice() {
                    [_] => conflict.attribute.clone(),
                    _ => format!("{}: {}", part.name, conflict.attribute),
                })
                .collect();
            let equal = object.kind == crate::merge::MergeKind::NoConflict;
            if equal && change.is_none() && conflicts.is_empty() {
                return None;
            }
            let (result, detail) = outcome(change, &conflicts);
            Some(vec![
                object.kind.as_str().into(),
                object.key.to_string().into(),
                result.into(),
                detail.into(),
                statements(transition, change).into(),
            ])
        })
        .collect();
    // What has to make way for a change, and comes back as it was.
    let mut rebuilt: Vec<(&ObjectKey, Vec<&str>)> = Vec::new();
    for step in &transition.steps {
        let is_listed = transition.changes.iter().any(|change| {
            let mut objects = planned.objects.iter();
            change.key == step.object && objects.any(|object| object.lineage == change.lineage)
        });
        if is_listed {
            continue;
        }
        match rebuilt.iter_mut().find(|(key, _)| **key == step.object) {
            Some((_, statements)) => statements.push(&step.sql),
            None => rebuilt.push((&step.object, vec![&step.sql])),
        }
    }
    rows.extend(rebuilt.into_iter().map(|(key, statements)| {
        vec![
            Value::Null,
            key.to_string().into(),
            "rebuild".into(),
            String::new().into(),
            statements.join(";\n").into(),
        ]
    }));
    rows.extend(waiting(&planned));
    let refused = findings.iter();
    rows.extend(refused.map(|finding| refusal(finding, merge.allow_data_loss)));
    Ok(Answer::with_rows("PGGIT MERGE", rows))
}

/// The sources that are not looked at until the conflicts of one before them are decided.
fn waiting(planned: &Planned) -> impl Iterator<Item = Vec<Value>> {
    planned.waiting.iter().map(|source| {
        vec![
            Value::Null,
            format!("source {source}").into(),
            "wait".into(),
            String::from("until the conflicts before it are decided").into(),
            String::new().into(),
        ]
    })
}

/// What rows would say to a merge.
fn refusal(finding: &Finding, allow_data_loss: bool) -> Vec<Value> {
    let loss = finding.check == Check::DataLoss;
    let detail = if loss {
        format!("drops {}", finding.message)
    } else {
        finding.message.clone()
    };
    let result = if loss && allow_data_loss {
        "lose"
    } else {
        "refuse"
    };
    vec![
        Value::Null,
        finding.object.to_string().into(),
        result.into(),
        detail.into(),
        String::new().into(),
    ]
}

/// What a merge would do to an object, in a word and in detail.
fn outcome(change: Option<&Change>, conflicts: &[String]) -> (&'static str, String) {
    if !conflicts.is_empty() {
        return ("conflict", conflicts.join(", "));
    }
    let detail = match change.map(|change| &change.kind) {
        Some(ChangeKind::Alter(alterations)) => {
            let words: Vec<String> = alterations.iter().map(ToString::to_string).collect();
            words.join(", ")
        }
        _ => String::new(),
    };
    (merging::result(change), detail)
}

fn statements(transition: &Transition, change: Option<&Change>) -> String {
    let statements: Vec<&str> = transition
        .steps
        .iter()
        .filter(|step| change.is_some_and(|change| change.key == step.object))
        .map(|step| step.sql.as_str())
        .collect();
    statements.join(";\n")
}

pub async fn base(with: Invocation<'_>, left: &Ref, right: &Ref) -> Result<Answer, ErrorReport> {
    let database = with.versioned()?;
    let rows = history::merge_base(&database, left, right)
        .await?
        .into_iter()
        .map(|entry| {
            vec![
                short(entry.hash),
                entry.commit.author.into(),
                Value::Timestamp(entry.commit.time_micros),
                first_line(&entry.commit.message).into(),
            ]
        })
        .collect();
    Ok(Answer::with_rows("PGGIT MERGE BASE", rows))
}

pub async fn resume(
    with: Invocation<'_>,
    merge: i64,
    allow_data_loss: bool,
) -> Result<Answer, ErrorReport> {
    let database = with.versioned()?;
    with.outside_transaction("PGGIT MERGE CONTINUE")?;
    let continued = merging::continue_merge(
        &database,
        with.session,
        merge,
        allow_data_loss,
        with.identity,
    )
    .await;
    with.metrics
        .merge(result(continued.as_ref().ok().map(|(report, _)| report)));
    let (report, target) = continued?;
    Ok(answer(&report, &target))
}

pub async fn abort(with: Invocation<'_>, merge: i64) -> Result<Answer, ErrorReport> {
    let database = with.versioned()?;
    with.outside_transaction("PGGIT MERGE ABORT")?;
    merging::abort(&database, merge, with.identity).await?;
    Ok(Answer::tagged("PGGIT MERGE ABORT"))
}

pub async fn show(with: Invocation<'_>, merge: i64) -> Result<Answer, ErrorReport> {
    let database = with.versioned()?;
    let shown = merging::show(&database, merge).await?;
    let merge = &shown.merge;
    let mut rows = vec![
        fact("merge", &merge.id.to_string()),
        fact("operation", merge.operation.as_str()),
        fact("state", merge.state.as_str()),
        fact("source", &merge.source()),
        fact("target", &merge.target),
        fact("strategy", &merge.strategy),
        fact("history", &merge.history),
    ];
    rows.extend(merge.message.as_deref().map(|text| fact("message", text)));
    rows.push(fact("author", &merge.who));
    rows.push(fact("started", &time(merge.created_at_micros)));
    if let Some(finished) = merge.finished_at_micros {
        rows.push(fact("finished", &time(finished)));
    }
    for base in &merge.bases {
        rows.push(fact("base", &base.to_string()));
    }
    for source in &merge.sources {
        rows.push(fact("source head", &source.head.to_string()));
    }
    rows.push(fact("target head", &merge.target_head.to_string()));
    if let Some(commit) = merge.commit {
        rows.push(fact("commit", &commit.to_string()));
    }
    for object in &shown.objects {
        let what = format!("{} {}: {}", object.kind, object.key, object.result);
        rows.push(fact("object", &what));
    }
    for conflict in &shown.conflicts {
        let decided = match (&conflict.resolution, conflict.decided_by) {
            (Some(_), Some(Decider::Strategy)) => format!(" ({})", merge.strategy),
            _ => String::new(),
        };
        let state = conflicts::state_of(conflict);
        let (id, key, attribute) = (conflict.id, &conflict.key, &conflict.attribute);
        let origin = match merge.sources.as_slice() {
            [_] => String::new(),
            _ => format!(" from {}", merge.origin(conflict.source_number)),
        };
        let what = format!("{id} {key} {attribute}{origin}: {state}{decided}");
        rows.push(fact("conflict", &what));
    }
    for decision in &shown.decisions {
        let how = match (&decision.custom_sql, decision.decided_by) {
            (Some(sql), _) => format!("custom: {sql}"),
            (None, Decider::Memory) => {
                format!("{} (remembered)", decision.resolution.to_ascii_lowercase())
            }
            (None, _) => decision.resolution.to_ascii_lowercase(),
        };
        let (conflict, who, at) = (decision.conflict, &decision.who, time(decision.at_micros));
        rows.push(fact(
            "decision",
            &format!("{conflict} {how}, by {who} at {at}"),
        ));
    }
    for statement in &shown.statements {
        rows.push(fact("statement", statement));
    }
    Ok(Answer::with_rows("PGGIT MERGE SHOW", rows))
}

fn time(micros: i64) -> String {
    Timestamp::from_microsecond(micros).map_or_else(|_| String::new(), |time| time.to_string())
}

pub async fn list(with: Invocation<'_>) -> Result<Answer, ErrorReport> {
    let database = with.versioned()?;
    let rows = merging::list(&database)
        .await?
        .into_iter()
        .map(|merge| {
            vec![
                merge.id.into(),
                merge.state.as_str().into(),
                merge.source().into(),
                merge.target.into(),
                merge.strategy.into(),
                merge.conflicts.into(),
                merge.who.into(),
                Value::Timestamp(merge.created_at_micros),
            ]
        })
        .collect();
    Ok(Answer::with_rows("PGGIT MERGES", rows))
}
