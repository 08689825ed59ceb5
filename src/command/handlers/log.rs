//! `PGGIT LOG` and `PGGIT SHOW`.

use super::status::fact;
use super::{first_line, short};
use crate::command::ast::Log;
use crate::command::{Answer, Invocation, Value};
use crate::error::ErrorReport;
use crate::repo::Ref;
use crate::repo::history::{self, Filter};
use crate::schema::ChangeKind;
use jiff::Timestamp;

pub async fn run(with: Invocation<'_>, log: &Log) -> Result<Answer, ErrorReport> {
    let database = with.versioned()?;
    let filter = Filter {
        object: log
            .object
            .as_ref()
            .map(|object| (object.schema.clone(), object.name.clone())),
        author: log.author.clone(),
        since: log.since.clone(),
        until: log.until.clone(),
        limit: log.limit,
    };
    let from = with.or_current(log.from.as_ref());
    let rows = history::log(&database, &from, filter)
        .await?
        .into_iter()
        .map(|entry| {
            vec![
                short(entry.hash),
                entry.heads.join(", ").into(),
                entry.commit.author.into(),
                to_the_second(entry.commit.time_micros),
                first_line(&entry.commit.message).into(),
            ]
        })
        .collect();
    Ok(Answer::with_rows("PGGIT LOG", rows))
}

/// A log is for reading; SHOW has the whole time.
fn to_the_second(micros: i64) -> Value {
    const SECOND: i64 = 1_000_000;
    Value::Timestamp(micros.div_euclid(SECOND) * SECOND)
}

pub async fn show(with: Invocation<'_>, reference: &Ref) -> Result<Answer, ErrorReport> {
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
