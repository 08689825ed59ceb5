//! `PGGIT CONFLICTS` and `PGGIT RESOLVE`.

use crate::command::ast::ResolveWith;
use crate::command::{Answer, Invocation};
use crate::error::ErrorReport;
use crate::merge::Conflict;
use crate::repo::merging::{self, Decision};
use crate::store::{ConflictRow, RememberedDecision, Resolution, Side};

pub async fn list(with: Invocation<'_>, merge: i64) -> Result<Answer, ErrorReport> {
    let database = with.versioned()?;
    let (merge, conflicts) = merging::conflicts(&database, merge).await?;
    let rows = conflicts
        .into_iter()
        .map(|conflict| {
            let state = state_of(&conflict);
            vec![
                conflict.id.into(),
                conflict.key.to_string().into(),
                conflict.attribute.into(),
                Conflict::render(conflict.base.as_ref()).into(),
                Conflict::render(conflict.source.as_ref()).into(),
                Conflict::render(conflict.target.as_ref()).into(),
                state.into(),
                merge.origin(conflict.source_number).into(),
            ]
        })
        .collect();
    Ok(Answer::with_rows("PGGIT CONFLICTS", rows))
}

/// Whether a conflict is decided, and how; or how it was decided before.
pub fn state_of(conflict: &ConflictRow) -> String {
    match &conflict.resolution {
        None => match &conflict.remembered {
            None => "open".to_owned(),
            Some(remembered) => format!("offered: {}", decision(&remembered.decision)),
        },
        Some(Resolution::Union) => "union".to_owned(),
        Some(Resolution::Take(side)) => side.to_string().to_ascii_lowercase(),
        Some(Resolution::Custom { sql, .. }) => format!("custom: {sql}"),
    }
}

fn decision(remembered: &RememberedDecision) -> String {
    match remembered {
        RememberedDecision::Take(side) => side.to_string().to_ascii_lowercase(),
        RememberedDecision::Custom(sql) => format!("custom: {sql}"),
    }
}

pub async fn resolve_remembered(with: Invocation<'_>, merge: i64) -> Result<Answer, ErrorReport> {
    let database = with.versioned()?;
    with.outside_transaction("PGGIT RESOLVE")?;
    let rows = merging::resolve_remembered(&database, with.session, merge, with.identity)
        .await?
        .into_iter()
        .map(|(conflict, remembered, unresolved)| {
            vec![
                conflict.into(),
                decision(&remembered.decision).into(),
                unresolved.into(),
            ]
        })
        .collect();
    Ok(Answer::with_rows("PGGIT RESOLVE", rows))
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
