//! `PGGIT LOG`.

use super::{first_line, short};
use crate::command::ast::Log;
use crate::command::{Answer, Invocation, Value};
use crate::error::ErrorReport;
use crate::repo::history::{self, Entry, Filter, ObjectPath};

pub async fn run(with: Invocation<'_>, log: &Log) -> Result<Answer, ErrorReport> {
    let database = with.versioned()?;
    let filter = Filter {
        object: log.object.as_ref().map(|object| ObjectPath {
            names: (object.schema.iter().chain([&object.name]).cloned()).collect(),
            arguments: None,
        }),
        author: log.author.clone(),
        since: log.since.clone(),
        until: log.until.clone(),
        limit: log.limit,
    };
    let from = with.or_current(log.from.as_ref());
    let rows = if log.graph {
        let lines = history::log_graph(&database, &from, filter).await?;
        let rows = lines.into_iter().map(|line| {
            let entry = match line.entry {
                Some(entry) => row(entry),
                None => vec![Value::Null; 5],
            };
            std::iter::once(line.graph.into()).chain(entry).collect()
        });
        rows.collect()
    } else {
        let entries = history::log(&database, &from, filter).await?;
        entries.into_iter().map(row).collect()
    };
    Ok(Answer::with_rows("PGGIT LOG", rows))
}

fn row(entry: Entry) -> Vec<Value> {
    vec![
        short(entry.hash),
        entry.heads.join(", ").into(),
        entry.commit.author.into(),
        to_the_second(entry.commit.time_micros),
        first_line(&entry.commit.message).into(),
    ]
}

/// A log is for reading; SHOW has the whole time.
pub fn to_the_second(micros: i64) -> Value {
    const SECOND: i64 = 1_000_000;
    Value::Timestamp(micros.div_euclid(SECOND) * SECOND)
}
