//! What rows say to a transition: asked in its transaction, under the locks that it takes anyway.

use super::rows::Rows;
use super::{Terms, Transition, constraints};
use crate::error::{ErrorReport, SqlState};
use crate::repo::error::RepoError;
use crate::schema::model::{Column, ObjectKey, Table};
use crate::schema::quote::quote_identifier;
use crate::schema::{Alteration, Change, ChangeKind};
use crate::upstream::Executor;

/// What rows are asked about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Check {
    /// Rows or values that would be gone.
    DataLoss,
    NotNull,
    Unique,
    CheckConstraint,
    ForeignKey,
    /// Values that the column's type will not have.
    Type,
}

impl Check {
    pub fn as_str(self) -> &'static str {
        match self {
            Self::DataLoss => "data_loss",
            Self::NotNull => "not_null",
            Self::Unique => "unique",
            Self::CheckConstraint => "check",
            Self::ForeignKey => "foreign_key",
            Self::Type => "type",
        }
    }

    fn sqlstate(self) -> SqlState {
        match self {
            Self::DataLoss => SqlState::OBJECT_NOT_IN_PREREQUISITE_STATE,
            Self::NotNull => SqlState::NOT_NULL_VIOLATION,
            Self::Unique => SqlState::UNIQUE_VIOLATION,
            Self::CheckConstraint => SqlState::CHECK_VIOLATION,
            Self::ForeignKey => SqlState::FOREIGN_KEY_VIOLATION,
            Self::Type => SqlState::INVALID_PARAMETER_VALUE,
        }
    }
}

/// Rows that stand in the way.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    pub check: Check,
    pub object: ObjectKey,
    /// Of a loss, what is dropped: `table public.users, which holds rows`; else a sentence.
    pub message: String,
    pub hint: Option<String>,
}

/// How rows are looked at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Look {
    /// At what a merge's DDL would lose, and at values that are missing.
    Merge,
    /// At that, and at everything else that rows may forbid.
    Thorough,
    /// The same, but the transition will not follow: nothing is locked.
    Dry,
}

/// Refuses what would lose rows or values (unless that is allowed), or what rows make impossible.
pub async fn check(
    session: &mut dyn Executor,
    transition: &Transition,
    terms: Terms,
) -> Result<(), RepoError> {
    let look = if terms.thorough {
        Look::Thorough
    } else {
        Look::Merge
    };
    let found = findings(session, transition, look).await?;
    let (lost, forbidden): (Vec<Finding>, Vec<Finding>) = found
        .into_iter()
        .partition(|finding| finding.check == Check::DataLoss);
    if let Some(first) = forbidden.first() {
        return Err(refusal(terms, first, &forbidden).into());
    }
    if lost.is_empty() || terms.allow_data_loss {
        return Ok(());
    }
    let lost: Vec<String> = lost.into_iter().map(|finding| finding.message).collect();
    Err(ErrorReport::new(
        Check::DataLoss.sqlstate(),
        format!("the {} would lose data", terms.action),
    )
    .with_detail(format!("It drops {}.", lost.join(", ")))
    .with_hint("Say ALLOW DATA LOSS at the end of the command if that is intended.")
    .into())
}

/// A merge's only finding is the error; else they are its details.
fn refusal(terms: Terms, first: &Finding, all: &[Finding]) -> ErrorReport {
    let report = if all.len() == 1 && !terms.thorough {
        ErrorReport::new(first.check.sqlstate(), first.message.as_str())
    } else {
        let each: Vec<&str> = all.iter().map(|finding| finding.message.as_str()).collect();
        let message = format!("rows stand in the way of the {}", terms.action);
        ErrorReport::new(first.check.sqlstate(), message).with_detail(each.join("\n"))
    };
    match &first.hint {
        Some(hint) => report.with_hint(hint.as_str()),
        None => report,
    }
}

/// All that rows say, in `session`'s open transaction.
pub async fn findings(
    session: &mut dyn Executor,
    transition: &Transition,
    look: Look,
) -> Result<Vec<Finding>, RepoError> {
    // A policy must not hide the rows that are asked about: then the question fails instead.
    session.batch("SET LOCAL row_security = off").await?;
    let mut found = Vec::new();
    for change in &transition.changes {
        let table = transition
            .before
            .get(&change.lineage)
            .and_then(|definition| definition.as_table());
        if let Some(table) = table {
            let guard = Guard {
                rows: Rows {
                    transition,
                    lock: look != Look::Dry,
                },
                look,
                change,
                table,
            };
            guard.new_requirements(session, &mut found).await?;
            guard.losses(session, &mut found).await?;
        }
    }
    if look != Look::Merge {
        constraints::look(session, transition, &mut found).await?;
    }
    Ok(found)
}

struct Guard<'a> {
    rows: Rows<'a>,
    look: Look,
    change: &'a Change,
    /// As it is before.
    table: &'a Table,
}

impl Guard<'_> {
    fn missing_values(&self, message: String, hint: &str) -> Finding {
        Finding {
            check: Check::NotNull,
            object: self.change.key.clone(),
            message,
            hint: Some(hint.to_owned()),
        }
    }

    /// What the change drops that is not empty.
    async fn losses(
        &self,
        session: &mut dyn Executor,
        found: &mut Vec<Finding>,
    ) -> Result<(), RepoError> {
        let loss = |message: String| Finding {
            check: Check::DataLoss,
            object: self.change.key.clone(),
            message,
            hint: None,
        };
        match &self.change.kind {
            ChangeKind::Create => {}
            ChangeKind::Drop => {
                if self.any_row(session, "true").await? {
                    found.push(loss(format!("{}, which holds rows", self.change.key)));
                }
            }
            ChangeKind::Alter(alterations) => {
                for alteration in alterations {
                    if let Alteration::DropColumn { name } = alteration
                        && self
                            .any_row(session, &format!("{} IS NOT NULL", quote_identifier(name)))
                            .await?
                    {
                        found.push(loss(format!(
                            "column {name} of {}, which holds values",
                            self.change.key
                        )));
                    }
                }
            }
        }
        Ok(())
    }

    /// What the server would refuse because of missing values, with what to do about it.
    async fn new_requirements(
        &self,
        session: &mut dyn Executor,
        found: &mut Vec<Finding>,
    ) -> Result<(), RepoError> {
        let ChangeKind::Alter(alterations) = &self.change.kind else {
            return Ok(());
        };
        for alteration in alterations {
            match alteration {
                Alteration::AddColumn { column }
                    if needs_a_value(column) && self.any_row(session, "true").await? =>
                {
                    found.push(self.missing_values(
                        format!(
                            "cannot add NOT NULL column \"{}\" without a default to {}, which holds rows",
                            column.name, self.change.key
                        ),
                        match self.look {
                            Look::Merge => "Give the column a default on the source branch, or add it without NOT NULL, fill it after the merge, and set NOT NULL then.",
                            _ => "Add the column with values for those rows yourself, and try again.",
                        },
                    ));
                }
                Alteration::SetNotNull {
                    column: Some(column),
                    terms,
                    ..
                } if !terms.not_valid => {
                    let Some(before) = self.name_before(column, alterations) else {
                        continue;
                    };
                    if self
                        .any_row(session, &format!("{} IS NULL", quote_identifier(&before)))
                        .await?
                    {
                        found.push(self.missing_values(
                            format!(
                                "cannot set column \"{column}\" of {} NOT NULL: it contains null values",
                                self.change.key
                            ),
                            match self.look {
                                Look::Merge => "Fill the column on the target branch first.",
                                _ => "Fill the column first.",
                            },
                        ));
                    }
                }
                _ => {}
            }
        }
        Ok(())
    }

    /// What a column is called before; `None` if it is added.
    fn name_before(&self, after: &str, alterations: &[Alteration]) -> Option<String> {
        let renamed = alterations.iter().find_map(|alteration| match alteration {
            Alteration::RenameColumn { from, to } if to == after => Some(from.as_str()),
            _ => None,
        });
        let before = renamed.unwrap_or(after);
        self.table
            .columns
            .iter()
            .any(|column| column.name == before)
            .then(|| before.to_owned())
    }

    async fn any_row(
        &self,
        session: &mut dyn Executor,
        condition: &str,
    ) -> Result<bool, RepoError> {
        self.rows.any(session, self.table, condition).await
    }
}

/// Whether a new column leaves existing rows without a value that it insists on.
fn needs_a_value(column: &Column) -> bool {
    column.not_null
        && !column.not_null_terms.not_valid
        && column.default.is_none()
        && column.identity.is_none()
        && column.generated.is_none()
}
