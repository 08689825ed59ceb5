//! What is found before something is undone.

use crate::error::{ErrorReport, SqlState};
use crate::merge::Conflict;
use crate::repo::database::Database;
use crate::repo::error::RepoError;
use crate::repo::ledger;
use crate::repo::transition::{self, guard};
use crate::schema::model::{Kind, Lineage, ObjectKey};
use crate::schema::{Change, ChangeKind, Snapshot};
use crate::store::{Commit, CommitHash, LogQuery};
use std::collections::BTreeSet;

/// So many objects are looked up in the log for who changed them later.
const LATER_CHANGES: usize = 50;

/// What a finding means for the command.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Severity {
    /// It stops.
    Error,
    Warning,
    Info,
}

impl Severity {
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Error => "ERROR",
            Self::Warning => "WARNING",
            Self::Info => "INFO",
        }
    }
}

/// One thing worth knowing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    pub severity: Severity,
    /// What was looked at: `merge`, `later_change`, `data_loss` …
    pub check: &'static str,
    /// The object or commit that it is about.
    pub object: String,
    pub message: String,
    pub hint: Option<String>,
}

impl Finding {
    #[allow(
        clippy::needless_pass_by_value,
        reason = "keys, references to them, and texts"
    )]
    pub fn new(
        severity: Severity,
        check: &'static str,
        object: impl ToString,
        message: impl Into<String>,
    ) -> Self {
        Self {
            severity,
            check,
            object: object.to_string(),
            message: message.into(),
            hint: None,
        }
    }

    pub fn error(check: &'static str, object: impl ToString, message: impl Into<String>) -> Self {
        Self::new(Severity::Error, check, object, message)
    }

    pub fn warning(check: &'static str, object: impl ToString, message: impl Into<String>) -> Self {
        Self::new(Severity::Warning, check, object, message)
    }

    pub fn info(check: &'static str, object: impl ToString, message: impl Into<String>) -> Self {
        Self::new(Severity::Info, check, object, message)
    }

    #[must_use]
    pub fn with_hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }

    /// What rows say. A loss that is allowed is only worth a warning.
    pub fn of_rows(found: transition::Finding, allow_data_loss: bool) -> Self {
        let loss = found.check == guard::Check::DataLoss;
        let (severity, message, hint) = if loss {
            let severity = if allow_data_loss {
                Severity::Warning
            } else {
                Severity::Error
            };
            let hint = "Say ALLOW DATA LOSS at the end of the command if that is intended.";
            let message = format!("drops {}", found.message);
            (severity, message, Some(hint.to_owned()))
        } else {
            (Severity::Error, found.message, found.hint)
        };
        Self {
            hint,
            ..Self::new(severity, found.check.as_str(), found.object, message)
        }
    }

    /// A commit that is undone, or gone back to.
    pub fn commit(hash: CommitHash, commit: &Commit, what: &str) -> Self {
        let title = title(commit);
        Self::info(
            "commit",
            format!("commit {}", hash.short()),
            format!("{what}: {title}, by {}", commit.author),
        )
    }

    /// What has no single right outcome, as a preview says it.
    pub fn conflict(conflict: &Conflict) -> Self {
        let say = |value| Conflict::render(value).unwrap_or_else(|| "nothing".to_owned());
        Self::warning(
            "conflict",
            &conflict.key,
            format!(
                "{}: {} was made of {}, and it is {} now",
                conflict.attribute,
                say(conflict.base.as_ref()),
                say(conflict.source.as_ref()),
                say(conflict.target.as_ref()),
            ),
        )
        .with_hint("Decide it with PGGIT RESOLVE, or beforehand with STRATEGY source_wins (what was before) or target_wins (what is now).")
    }
}

/// A message's first line.
pub fn title(commit: &Commit) -> &str {
    commit.message.lines().next().unwrap_or_default()
}

/// The error that errors among the findings make of a command; `action` is `revert main~1`.
pub fn stop(action: &str, findings: &[Finding]) -> Result<(), RepoError> {
    let errors: Vec<&Finding> = findings
        .iter()
        .filter(|finding| finding.severity == Severity::Error)
        .collect();
    if errors.is_empty() {
        return Ok(());
    }
    let detail: Vec<String> = errors
        .iter()
        .map(|finding| format!("{}: {}", finding.object, finding.message))
        .collect();
    let report = ErrorReport::new(
        SqlState::OBJECT_NOT_IN_PREREQUISITE_STATE,
        format!("cannot {action}"),
    )
    .with_detail(detail.join("\n"));
    let hint = errors.iter().find_map(|finding| finding.hint.as_deref());
    Err(match hint {
        Some(hint) => report.with_hint(hint),
        None => report,
    }
    .into())
}

/// What is not said to be undone and changes nevertheless.
pub fn unmeant(changes: &[Change], meant: &BTreeSet<Lineage>) -> Vec<Finding> {
    changes
        .iter()
        .filter(|change| !meant.contains(&change.lineage))
        .map(|change| {
            let message = match &change.kind {
                ChangeKind::Create => "returns with it".to_owned(),
                ChangeKind::Drop => "goes with it".to_owned(),
                ChangeKind::Alter(alterations) => {
                    let words: Vec<String> = alterations.iter().map(ToString::to_string).collect();
                    format!("changes with it: {}", words.join(", "))
                }
            };
            Finding::warning("dependents", &change.key, message)
        })
        .collect()
}

/// Objects that are not any more as they were left at `then`, and who changed them last.
pub async fn later_changes(
    database: &Database,
    meant: &BTreeSet<Lineage>,
    (then, now): (&Snapshot, &Snapshot),
    head: CommitHash,
) -> Result<Vec<Finding>, RepoError> {
    let mut reader = database.reader();
    let mut found = Vec::new();
    let changed = then
        .differing(now)
        .into_iter()
        .filter(|lineage| meant.contains(lineage));
    for lineage in changed.take(LATER_CHANGES) {
        let Some(definition) = now.get(&lineage).or_else(|| then.get(&lineage)) else {
            continue;
        };
        let query = LogQuery {
            from: vec![head],
            object: Some(lineage),
            limit: Some(1),
            ..LogQuery::default()
        };
        let log = database.store().log(&mut reader, &query).await?;
        let done = if now.contains(&lineage) {
            "was changed again"
        } else {
            "was dropped"
        };
        let message = match log.first() {
            Some((hash, commit)) => {
                format!("{done} since, by {} ({})", hash.short(), title(commit))
            }
            None => format!("{done} since"),
        };
        found.push(Finding::warning("later_change", definition.key(), message));
    }
    Ok(found)
}

/// Migration ledgers keep their rows, whatever becomes of the schema that these describe.
pub fn ledgers(database: &Database, result: &Snapshot) -> Vec<Finding> {
    ledger::ledgers(result, &database.versioning().migration_ledgers)
        .into_iter()
        .map(|(_, table)| {
            let key = ObjectKey::of(Kind::Table, &table.name);
            Finding::info(
                "ledger",
                key,
                "keeps its rows: a migration tool goes on taking for applied what they name",
            )
        })
        .collect()
}
