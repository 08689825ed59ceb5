//! `PGGIT SHOW` and `PGGIT SHOW SCHEMA`.

use super::status::fact;
use crate::command::{Answer, Invocation};
use crate::error::ErrorReport;
use crate::repo::Ref;
use crate::repo::history::{self, ObjectPath};
use crate::schema::{ChangeKind, migration};
use jiff::Timestamp;

pub async fn commit(with: Invocation<'_>, reference: &Ref) -> Result<Answer, ErrorReport> {
    let database = with.versioned()?;
    let shown = history::show(&database, reference).await?;
    let commit = &shown.commit;
    let mut rows = vec![
        fact("commit", &shown.hash.to_string()),
        fact("tree", &commit.tree.to_string()),
    ];
    for parent in &commit.parents {
        rows.push(fact("parent", &parent.to_string()));
    }
    rows.push(fact("author", &commit.author));
    if !commit.application.is_empty() {
        rows.push(fact("application", &commit.application));
    }
    if !commit.address.is_empty() {
        rows.push(fact("address", &commit.address));
    }
    if let Ok(time) = Timestamp::from_microsecond(commit.time_micros) {
        rows.push(fact("date", &time.to_string()));
    }
    rows.push(fact("message", &commit.message));
    for statement in &commit.statements {
        rows.push(fact("statement", statement));
    }
    for change in &shown.changes {
        match &change.kind {
            ChangeKind::Create => rows.push(fact("created", &change.key.to_string())),
            ChangeKind::Drop => rows.push(fact("dropped", &change.key.to_string())),
            ChangeKind::Alter(alterations) => {
                for alteration in alterations {
                    rows.push(fact("altered", &format!("{}: {alteration}", change.key)));
                }
            }
        }
    }
    Ok(Answer::with_rows("PGGIT SHOW", rows))
}

pub async fn schema(
    with: Invocation<'_>,
    at: Option<&Ref>,
    object: Option<&ObjectPath>,
) -> Result<Answer, ErrorReport> {
    let database = with.versioned()?;
    let at = with.or_current(at);
    let shown = history::show_schema(&database, &at, object, &with.identity.role).await?;
    let s = if shown.objects == 1 { "" } else { "s" };
    let title = format!(
        "{at} ({}): {} object{s}",
        shown.commit.short(),
        shown.objects
    );
    let rows = migration(&title, &shown.steps)
        .into_iter()
        .map(|part| vec![part.into()])
        .collect();
    Ok(Answer::with_rows("PGGIT SHOW", rows))
}
