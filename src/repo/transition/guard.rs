//! What a transition must not do to rows: checked in its transaction, under the locks that it takes anyway.

use super::{Terms, Transition};
use crate::branch::NameUse;
use crate::error::{ErrorReport, SqlState};
use crate::repo::error::RepoError;
use crate::schema::model::{Column, Kind, ObjectKey, Table};
use crate::schema::quote::quote_identifier;
use crate::schema::{Alteration, Change, ChangeKind};
use crate::upstream::Executor;

/// Refuses what would lose rows or values (unless that is allowed), or what rows make impossible.
pub async fn check(
    session: &mut dyn Executor,
    transition: &Transition,
    terms: Terms,
) -> Result<(), RepoError> {
    // A policy must not hide the rows that are asked about: then the question fails instead.
    session.batch("SET LOCAL row_security = off").await?;
    let mut lost = Vec::new();
    for change in &transition.changes {
        let Some(table) = transition
            .before
            .get(&change.lineage)
            .and_then(|definition| definition.as_table())
        else {
            continue;
        };
        let guard = Guard {
            transition,
            change,
            table,
        };
        guard.check_new_requirements(session).await?;
        if !terms.allow_data_loss {
            lost.extend(guard.losses(session).await?);
        }
    }
    if lost.is_empty() {
        return Ok(());
    }
    Err(ErrorReport::new(
        SqlState::OBJECT_NOT_IN_PREREQUISITE_STATE,
        format!("the {} would lose data", terms.action),
    )
    .with_detail(format!("It drops {}.", lost.join(", ")))
    .with_hint("Say ALLOW DATA LOSS at the end of the command if that is intended.")
    .into())
}

struct Guard<'a> {
    transition: &'a Transition,
    change: &'a Change,
    /// As it is before.
    table: &'a Table,
}

impl Guard<'_> {
    /// What the change drops that is not empty, in words.
    async fn losses(&self, session: &mut dyn Executor) -> Result<Vec<String>, RepoError> {
        let mut lost = Vec::new();
        match &self.change.kind {
            ChangeKind::Create => {}
            ChangeKind::Drop => {
                if self.any_row(session, "true").await? {
                    lost.push(format!("{}, which holds rows", self.change.key));
                }
            }
            ChangeKind::Alter(alterations) => {
                for alteration in alterations {
                    if let Alteration::DropColumn { name } = alteration
                        && self
                            .any_row(session, &format!("{} IS NOT NULL", quote_identifier(name)))
                            .await?
                    {
                        lost.push(format!(
                            "column {name} of {}, which holds values",
                            self.change.key
                        ));
                    }
                }
            }
        }
        Ok(lost)
    }

    /// Refuses what the server would refuse because of rows, with what to do about it.
    async fn check_new_requirements(&self, session: &mut dyn Executor) -> Result<(), RepoError> {
        let ChangeKind::Alter(alterations) = &self.change.kind else {
            return Ok(());
        };
        for alteration in alterations {
            match alteration {
                Alteration::AddColumn { column }
                    if needs_a_value(column) && self.any_row(session, "true").await? =>
                {
                    return Err(Self::refusal(
                        &format!(
                            "cannot add NOT NULL column \"{}\" without a default to {}, which holds rows",
                            column.name, self.change.key
                        ),
                        "Give the column a default on the source branch, or add it without NOT NULL, fill it after the merge, and set NOT NULL then.",
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
                        return Err(Self::refusal(
                            &format!(
                                "cannot set column \"{column}\" of {} NOT NULL: it contains null values",
                                self.change.key
                            ),
                            "Fill the column on the target branch first.",
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
        // Rows elsewhere are not lost with the table that shows them.
        if self.table.foreign.is_some() {
            return Ok(false);
        }
        let descendants = self.descendants();
        let foreign = |table: &&Table| table.foreign.is_some();
        if !descendants.iter().any(foreign) {
            return self.any_row_in(session, "", self.table, condition).await;
        }
        // A foreign table cannot be locked, so the others are, one by one.
        for table in [self.table].into_iter().chain(descendants) {
            let local = table.foreign.is_none();
            if local && self.any_row_in(session, "ONLY ", table, condition).await? {
                return Ok(true);
            }
        }
        Ok(false)
    }

    async fn any_row_in(
        &self,
        session: &mut dyn Executor,
        only: &str,
        table: &Table,
        condition: &str,
    ) -> Result<bool, RepoError> {
        let name = &table.name;
        let schema =
            self.transition
                .map
                .physical_schema(&name.schema, Some(&name.name), NameUse::Define);
        let table = format!(
            "{only}{}.{}",
            quote_identifier(&schema),
            quote_identifier(&name.name)
        );
        session
            .batch(&format!("LOCK TABLE {table} IN ACCESS EXCLUSIVE MODE"))
            .await?;
        let sql = format!("SELECT EXISTS (SELECT FROM {table} WHERE {condition})::text");
        let rows = session.query(&sql, &[]).await?;
        Ok(rows
            .into_iter()
            .flatten()
            .flatten()
            .any(|any| any == "true"))
    }

    /// The table's partitions and children, on all levels.
    fn descendants(&self) -> Vec<&Table> {
        let before = &self.transition.before;
        let mut found: Vec<&Table> = Vec::new();
        let mut parents = vec![&self.table.name];
        while let Some(parent) = parents.pop() {
            for lineage in before.dependents(&ObjectKey::of(Kind::Table, parent)) {
                let child = before.get(&lineage).and_then(|child| child.as_table());
                if let Some(child) = child
                    && child.inherits.contains(parent)
                    && !found.iter().any(|known| known.name == child.name)
                {
                    found.push(child);
                    parents.push(&child.name);
                }
            }
        }
        found
    }

    fn refusal(message: &str, hint: &str) -> RepoError {
        ErrorReport::new(SqlState::NOT_NULL_VIOLATION, message)
            .with_hint(hint)
            .into()
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
