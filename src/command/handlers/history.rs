//! `PGGIT HISTORY`, `PGGIT BLAME` and `PGGIT IMPACT`.

use super::log::to_the_second;
use super::{first_line, short};
use crate::command::{Answer, Invocation, Value};
use crate::error::ErrorReport;
use crate::repo::Ref;
use crate::repo::history::{self, ObjectPath};
use crate::store::{Commit, CommitHash};

pub async fn run(
    with: Invocation<'_>,
    object: &ObjectPath,
    from: Option<&Ref>,
) -> Result<Answer, ErrorReport> {
    let database = with.versioned()?;
    let from = with.or_current(from);
    let versions = history::versions(&database, &from, object).await?;
    let rows = versions.into_iter().map(|version| {
        let mut row = vec![Value::Text(version.version.to_string())];
        row.extend(commit(version.hash, &version.commit));
        row.extend([
            version.change.into(),
            version.before.into(),
            version.after.into(),
        ]);
        row
    });
    Ok(Answer::with_rows("PGGIT HISTORY", rows.collect()))
}

pub async fn blame(
    with: Invocation<'_>,
    object: &ObjectPath,
    at: Option<&Ref>,
) -> Result<Answer, ErrorReport> {
    let database = with.versioned()?;
    let at = with.or_current(at);
    let blamed = history::blame(&database, &at, object).await?;
    let rows = blamed.into_iter().map(|blamed| {
        let mut row = vec![blamed.part.into(), blamed.name.into()];
        row.extend(commit(blamed.hash, &blamed.commit));
        row
    });
    Ok(Answer::with_rows("PGGIT BLAME", rows.collect()))
}

pub async fn impact(
    with: Invocation<'_>,
    object: &ObjectPath,
    at: Option<&Ref>,
) -> Result<Answer, ErrorReport> {
    let database = with.versioned()?;
    let at = with.or_current(at);
    let branches = history::impact(&database, &at, object).await?;
    let rows = branches.into_iter().map(|branch| {
        vec![
            Value::Int(i64::try_from(branch.depth).unwrap_or(i64::MAX)),
            branch.tree.into(),
            branch.object.into(),
            branch.why.into(),
        ]
    });
    Ok(Answer::with_rows("PGGIT IMPACT", rows.collect()))
}

/// Which, by whom, when, why.
fn commit(hash: CommitHash, commit: &Commit) -> [Value; 4] {
    [
        short(hash),
        commit.author.as_str().into(),
        to_the_second(commit.time_micros),
        first_line(&commit.message).into(),
    ]
}
