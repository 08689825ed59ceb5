//! `PGGIT VERIFY`.

use super::commit::count;
use crate::command::{Answer, Invocation, Value};
use crate::error::ErrorReport;
use crate::repo;

pub async fn run(with: Invocation<'_>) -> Result<Answer, ErrorReport> {
    with.versioned()?;
    with.outside_transaction("PGGIT VERIFY")?;
    let verdict = repo::verify(with.session, &mut |_| {}).await?;
    let extent = verdict.extent;
    let mut rows = vec![vec![
        "history".into(),
        count(verdict.findings.len()),
        format!(
            "{} commits, {} tree nodes, {} objects",
            extent.commits, extent.nodes, extent.objects
        )
        .into(),
        if verdict.is_sound() {
            "sound"
        } else {
            "damaged"
        }
        .into(),
        Value::Null,
    ]];
    rows.extend(
        verdict
            .findings
            .into_iter()
            .map(|(part, (finding, found))| {
                vec![
                    part.to_string().into(),
                    count(usize::try_from(found).unwrap_or(usize::MAX)),
                    finding.row.into(),
                    finding.says.into(),
                    finding.expected.into(),
                ]
            }),
    );
    Ok(Answer::with_rows("PGGIT VERIFY", rows))
}
