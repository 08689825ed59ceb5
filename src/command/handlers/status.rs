//! `PGGIT STATUS`.

use super::first_line;
use crate::command::{Answer, Invocation, Value};
use crate::error::ErrorReport;
use crate::repo::{drift, merging, rebasing};
use crate::schema::ChangeKind;
use crate::store::MergeState;

pub async fn run(with: Invocation<'_>) -> Result<Answer, ErrorReport> {
    let Some(database) = with.database else {
        return Ok(Answer::with_rows(
            "PGGIT STATUS",
            vec![
                fact("database", with.database_name),
                fact("versioning", "off; PGGIT INIT turns it on"),
            ],
        ));
    };
    let map = database.branch(with.branch).await?;
    let status = drift::status(&database, with.session, &map).await?;
    let mut rows = vec![
        fact("database", with.database_name),
        fact("branch", with.branch),
        fact(
            "commit",
            &format!(
                "{} {}",
                status.commit.short(),
                first_line(&status.latest.message)
            ),
        ),
    ];
    if let Some(objects) = status.objects {
        rows.push(fact("objects", &objects.to_string()));
    }
    let state = match (status.drift.len(), with.in_transaction) {
        _ if let Some(hydration) = &status.hydration => hydration.to_string(),
        (0, _) => "clean: the live schema is what the commit says".to_owned(),
        (changed, true) => {
            format!("{changed} objects differ; this transaction is not committed yet")
        }
        (changed, false) => format!("{changed} objects differ; PGGIT COMMIT records them"),
    };
    rows.push(fact("state", &state));
    for (change, note) in status.drift.iter().zip(&status.noted) {
        let how = match &change.kind {
            ChangeKind::Create => "created".to_owned(),
            ChangeKind::Drop => "dropped".to_owned(),
            ChangeKind::Alter(alterations) => {
                let words: Vec<String> = alterations.iter().map(ToString::to_string).collect();
                words.join(", ")
            }
        };
        let by = note.as_ref().map(|note| {
            let from = [&note.application, &note.address];
            let from: Vec<&str> = from.iter().map(|it| it.as_str()).collect();
            let from = from.join(" ");
            format!(" (by {} at {}, {})", note.role, note.at, from.trim())
        });
        let by = by.unwrap_or_default();
        rows.push(fact("drift", &format!("{}: {how}{by}", change.key)));
    }
    for object in &status.unsupported {
        rows.push(fact(
            "not versioned",
            &format!("{} {}", object.kind, object.name),
        ));
    }
    let merges = merging::list(&database).await?;
    for merge in merges
        .iter()
        .filter(|merge| merge.state == MergeState::Open && merge.target == with.branch)
    {
        rows.push(fact(
            "open merge",
            &format!(
                "{} from {}: {} unresolved conflicts",
                merge.id,
                merge.source(),
                merge.unresolved
            ),
        ));
    }
    let rebase = rebasing::open(&database, with.branch).await?;
    if let Some(open) = rebase {
        let unresolved: i64 = open.merges.iter().map(|merge| merge.unresolved).sum();
        let onto = &open.rebase.onto_name;
        let what = format!("onto {onto}: {unresolved} unresolved conflicts");
        rows.push(fact("open rebase", &what));
    }
    Ok(Answer::with_rows("PGGIT STATUS", rows))
}

pub(super) fn fact(item: &str, value: &str) -> Vec<Value> {
    vec![item.into(), value.into()]
}
