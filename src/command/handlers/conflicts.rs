//! `PGGIT CONFLICTS` and `PGGIT RESOLVE`.

use crate::command::ast::ResolveWith;
use crate::command::{Answer, Invocation, Value};
use crate::error::ErrorReport;
use crate::merge::Conflict;
use crate::repo::merging::{self, Decision};
use crate::store::{Resolution, Side};

pub async fn list(with: Invocation<'_>, merge: i64) -> Result<Answer, ErrorReport> {
    let database = with.versioned()?;
    let rows = merging::conflicts(&database, merge)
        .await?
        .into_iter()
        .map(|conflict| {
            vec![
                conflict.id.into(),
                conflict.key.to_string().into(),
                conflict.attribute.into(),
                Conflict::render(conflict.base.as_ref()).into(),
                Conflict::render(conflict.source.as_ref()).into(),
                Conflict::render(conflict.target.as_ref()).into(),
                Value::Text(state(conflict.resolution.as_ref())),
            ]
        })
        .collect();
    Ok(Answer::with_rows("PGGIT CONFLICTS", rows))
}

fn state(resolution: Option<&Resolution>) -> String {
    match resolution {
        None => "open".to_owned(),
        Some(Resolution::Take(side)) => side.to_string().to_ascii_lowercase(),
        Some(Resolution::Custom { sql, .. }) => format!("custom: {sql}"),
    }
}

pub async fn resolve(
    with: Invocation<'_>,
    merge: i64,
    conflict: i64,
    decision: &ResolveWith,
) -> Result<Answer, ErrorReport> {
    let database = with.versioned()?;
    with.outside_transaction("PGGIT RESOLVE")?;
    let (decision, word) = match decision {
        ResolveWith::Source => (Decision::Take(Side::Source), "source"),
        ResolveWith::Target => (Decision::Take(Side::Target), "target"),
        ResolveWith::Base => (Decision::Take(Side::Base), "base"),
        ResolveWith::Custom(sql) => (Decision::Custom(sql.clone()), "custom"),
    };
    let unresolved = merging::resolve(
        &database,
        with.session,
        merge,
        conflict,
        decision,
        with.identity,
    )
    .await?;
    Ok(Answer::with_rows(
        "PGGIT RESOLVE",
        vec![vec![conflict.into(), word.into(), unresolved.into()]],
    ))
}
