//! `PGGIT DIFF`.

use crate::branch::MAIN;
use crate::command::ast::{Diff, DiffFormat};
use crate::command::{Answer, Invocation, Value};
use crate::error::{ErrorReport, SqlState};
use crate::repo::Ref;
use crate::repo::difference::{Difference, difference};
use crate::schema::{Change, ChangeKind, Hazard, migration};
use std::collections::BTreeSet;

pub async fn run(with: Invocation<'_>, diff: &Diff) -> Result<Answer, ErrorReport> {
    let database = with.versioned()?;
    let from = diff.from.clone().unwrap_or_else(|| Ref::branch(MAIN));
    let to = with.or_current(diff.to.as_ref());
    let found = difference(&database, &from, &to, &with.identity.role).await?;
    let rows = match diff.format {
        DiffFormat::Rows => found
            .changes
            .iter()
            .flat_map(|change| change_rows(change, &found))
            .collect(),
        DiffFormat::Sql => migration(&title(&from, &to, &found), &found.steps)
            .into_iter()
            .map(|part| vec![part.into()])
            .collect(),
        DiffFormat::Json => {
            let document = serde_json::to_string(&found.changes)
                .map_err(|error| ErrorReport::new(SqlState::INTERNAL_ERROR, error.to_string()))?;
            vec![vec![document.into()]]
        }
    };
    Ok(Answer::with_rows("PGGIT DIFF", rows))
}

/// What a migration says of itself: `main (3a34d15557fc) to feature (a68d6ccaff4e): 1 object changed`.
fn title(from: &Ref, to: &Ref, found: &Difference) -> String {
    let count = found.changes.len();
    let s = if count == 1 { "" } else { "s" };
    format!(
        "{from} ({}) to {to} ({}): {count} object{s} changed",
        found.from.short(),
        found.to.short()
    )
}

/// One row for an object that comes or goes, one for each alteration of one that stays.
fn change_rows(change: &Change, found: &Difference) -> Vec<Vec<Value>> {
    let hazards: BTreeSet<Hazard> = found
        .steps
        .iter()
        .filter(|step| step.object == change.key)
        .flat_map(|step| step.hazards.iter().copied())
        .collect();
    let hazards: Vec<&str> = hazards.into_iter().map(Hazard::as_str).collect();
    let hazards = hazards.join(", ");
    let object = change.key.to_string();
    let kind = change.key.kind.keyword().to_ascii_lowercase();
    let name = object
        .strip_prefix(&kind)
        .map_or(object.as_str(), str::trim_start)
        .to_owned();
    let row = |what: &str, detail: String| {
        vec![
            what.into(),
            Value::from(kind.as_str()),
            Value::from(name.as_str()),
            detail.into(),
            Value::from(hazards.as_str()),
        ]
    };
    match &change.kind {
        ChangeKind::Create => vec![row("create", String::new())],
        ChangeKind::Drop => vec![row("drop", String::new())],
        ChangeKind::Alter(alterations) => alterations
            .iter()
            .map(|alteration| row("alter", alteration.to_string()))
            .collect(),
    }
}
