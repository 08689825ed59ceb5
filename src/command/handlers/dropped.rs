//! `PGGIT DROPPED`.

use crate::command::{Answer, Invocation, Value};
use crate::error::ErrorReport;
use crate::repo::undrop;
use crate::schema::quote::quote_identifier;

pub async fn list(with: Invocation<'_>) -> Result<Answer, ErrorReport> {
    let database = with.versioned()?;
    let rows = undrop::list(&database, with.branch)
        .await?
        .into_iter()
        .map(|table| {
            let name = format!(
                "{}.{}",
                quote_identifier(&table.schema),
                quote_identifier(&table.name)
            );
            vec![
                table.id.into(),
                name.into(),
                table.who.into(),
                Value::Timestamp(table.dropped_at),
                table.commit.map_or(Value::Null, Value::Text),
                table.until.map_or(Value::Null, Value::Timestamp),
            ]
        })
        .collect();
    Ok(Answer::with_rows("PGGIT DROPPED", rows))
}

pub async fn purge(with: Invocation<'_>, entry: i64) -> Result<Answer, ErrorReport> {
    let database = with.versioned()?;
    with.outside_transaction("PGGIT DROPPED PURGE")?;
    undrop::purge(&database, entry, with.identity).await?;
    Ok(Answer::tagged("PGGIT DROPPED"))
}
