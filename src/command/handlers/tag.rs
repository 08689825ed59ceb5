//! `PGGIT TAG …`.

use super::{first_line, short};
use crate::command::ast::TagCommand;
use crate::command::{Answer, Invocation, Value};
use crate::error::ErrorReport;
use crate::repo::tags;

pub async fn run(with: Invocation<'_>, command: &TagCommand) -> Result<Answer, ErrorReport> {
    let database = with.versioned()?;
    match command {
        TagCommand::List => {
            let rows = tags::list(&database)
                .await?
                .into_iter()
                .map(|tag| {
                    vec![
                        tag.name.into(),
                        short(tag.commit),
                        tag.tagged_by.into(),
                        Value::Timestamp(tag.tagged_at_micros),
                        tag.message.as_deref().map(first_line).into(),
                    ]
                })
                .collect();
            return Ok(Answer::with_rows("PGGIT TAG", rows));
        }
        TagCommand::Create { name, of, message } => {
            with.outside_transaction("PGGIT TAG")?;
            let of = with.or_current(of.as_ref());
            tags::create(&database, name, &of, message.as_deref(), with.identity).await?;
        }
        TagCommand::Delete { name } => {
            with.outside_transaction("PGGIT TAG DELETE")?;
            tags::delete(&database, name, with.identity).await?;
        }
    }
    Ok(Answer::tagged("PGGIT TAG"))
}
