//! What returns with another schema and may not suit the rows that are there: constraints, fewer labels, narrower types.
//!
//! Rows are asked in the shape that their table will have, so that a constraint's own words can be used. What cannot be
//! asked so (an expression over what is yet to be made) is left to the server, which will ask it anyway.

use super::Transition;
use super::guard::{Check, Finding};
use super::rows::{ENOUGH, Rows};
use crate::error::Report;
use crate::repo::error::RepoError;
use crate::schema::model::{Body, Constraint, ConstraintKind, Index, Kind, Name, ObjectKey, Table};
use crate::schema::quote::{qualified, quote_identifier, quote_literal};
use crate::schema::rename::referenced_columns;
use crate::schema::token::{TokenKind, tokens};
use crate::schema::{Alteration, Change, ChangeKind};
use crate::upstream::Executor;

/// Adds what there is to say about the rows of all tables that stay.
pub async fn look(
    session: &mut dyn Executor,
    transition: &Transition,
    found: &mut Vec<Finding>,
) -> Result<(), RepoError> {
    let look = Looking {
        rows: Rows {
            transition,
            lock: false,
        },
        transition,
    };
    for change in &transition.changes {
        let after = transition.after.get(&change.lineage);
        let before = transition.before.get(&change.lineage);
        match (
            before.map(|definition| &definition.body),
            after.map(|definition| &definition.body),
        ) {
            (Some(Body::Table(before)), Some(Body::Table(after))) if after.foreign.is_none() => {
                look.table(session, change, before, after, found).await?;
            }
            (Some(Body::Enum(before)), Some(Body::Enum(_))) => {
                look.labels(session, change, &before.name, found).await?;
            }
            (_, Some(Body::Index(index))) if index.unique => {
                look.unique_index(session, change, index, found).await?;
            }
            _ => {}
        }
    }
    Ok(())
}

struct Looking<'a> {
    rows: Rows<'a>,
    transition: &'a Transition,
}

impl Looking<'_> {
    async fn table(
        &self,
        session: &mut dyn Executor,
        change: &Change,
        before: &Table,
        after: &Table,
        found: &mut Vec<Finding>,
    ) -> Result<(), RepoError> {
        let ChangeKind::Alter(alterations) = &change.kind else {
            return Ok(());
        };
        for alteration in alterations {
            match alteration {
                Alteration::AddConstraint { name, constraint } => {
                    self.constraint(session, change, (before, after), name, constraint, found)
                        .await?;
                }
                Alteration::ValidateConstraint { name } => {
                    if let Some(constraint) = after.constraints.get(name) {
                        self.constraint(session, change, (before, after), name, constraint, found)
                            .await?;
                    }
                }
                Alteration::SetColumnType { column, .. } => {
                    self.conversion(session, change, (before, after), column, found)
                        .await?;
                }
                _ => {}
            }
        }
        Ok(())
    }

    async fn constraint(
        &self,
        session: &mut dyn Executor,
        change: &Change,
        (before, after): (&Table, &Table),
        name: &str,
        constraint: &Constraint,
        found: &mut Vec<Finding>,
    ) -> Result<(), RepoError> {
        if constraint.definition.ends_with("NOT VALID") {
            return Ok(());
        }
        let columns = first_list(&constraint.definition);
        let (check, query) = match constraint.kind {
            ConstraintKind::Primary | ConstraintKind::Unique => {
                let nulls_are_equal = constraint.definition.contains("NULLS NOT DISTINCT");
                (
                    Check::Unique,
                    duplicates(before, after, &columns, nulls_are_equal),
                )
            }
            ConstraintKind::Check => (
                Check::CheckConstraint,
                violations(before, after, constraint),
            ),
            ConstraintKind::Foreign => (
                Check::ForeignKey,
                self.orphans(before, after, &columns, constraint),
            ),
            ConstraintKind::Exclusion => return Ok(()),
        };
        let Some(query) = query else { return Ok(()) };
        let Ok(count @ 1..) = self.rows.count(session, &query).await? else {
            return Ok(());
        };
        let key = &change.key;
        let (rows, listed) = (rows(count), columns.join(", "));
        let (message, hint) = match check {
            Check::Unique => (
                format!("constraint {name} of {key} returns, and {rows} have the same ({listed})"),
                "Change or delete the duplicates first.",
            ),
            Check::CheckConstraint => (
                format!("constraint {name} of {key} returns, and {rows} violate it"),
                "Change or delete those rows first.",
            ),
            _ => {
                let referenced = constraint.references.as_ref().map(qualified);
                (
                    format!(
                        "constraint {name} of {key} returns, and {rows} have a ({listed}) that table {} has not",
                        referenced.unwrap_or_default()
                    ),
                    "Change or delete those rows, or bring back those that they lead to, first.",
                )
            }
        };
        found.push(Finding {
            check,
            object: key.clone(),
            message,
            hint: Some(hint.to_owned()),
        });
        Ok(())
    }

    /// Rows whose foreign key leads nowhere.
    fn orphans(
        &self,
        before: &Table,
        after: &Table,
        columns: &[String],
        constraint: &Constraint,
    ) -> Option<String> {
        let child = shaped(before, after, "child");
        let present = all(columns, |column| {
            format!("child.{} IS NOT NULL", quote_identifier(column))
        })?;
        let key = ObjectKey::of(Kind::Table, constraint.references.as_ref()?);
        let parent = self.transition.after.by_key(&key)?;
        let parent_after = self.transition.after.get(&parent)?.as_table()?;
        let Some(parent_before) = self.transition.before.get(&parent) else {
            // It is made anew. Whether it stays empty, only the server can say.
            return None;
        };
        let referenced = referenced_columns(&constraint.definition);
        let mut pairs = columns.iter().zip(&referenced);
        let equal = pairs
            .by_ref()
            .map(|(column, to)| {
                format!(
                    "parent.{} = child.{}",
                    quote_identifier(to),
                    quote_identifier(column)
                )
            })
            .collect::<Vec<_>>()
            .join(" AND ");
        let parent = shaped(parent_before.as_table()?, parent_after, "parent");
        Some(format!(
            "SELECT FROM {child} WHERE {present} AND NOT EXISTS (SELECT FROM {parent} WHERE {equal})"
        ))
    }

    /// A unique index on plain columns of a table that stays.
    async fn unique_index(
        &self,
        session: &mut dyn Executor,
        change: &Change,
        index: &Index,
        found: &mut Vec<Finding>,
    ) -> Result<(), RepoError> {
        let key = ObjectKey::of(Kind::Table, &index.table);
        let table = self.transition.after.by_key(&key);
        let tables = table.and_then(|table| {
            let before = self.transition.before.get(&table)?.as_table()?;
            Some((before, self.transition.after.get(&table)?.as_table()?))
        });
        let columns = first_list(&index.definition);
        let rebuilt = match &change.kind {
            ChangeKind::Create => true,
            ChangeKind::Alter(alterations) => alterations
                .iter()
                .any(|one| matches!(one, Alteration::SetDefinition { .. })),
            ChangeKind::Drop => false,
        };
        let Some((before, after)) = tables.filter(|_| rebuilt && is_plain_list(&index.definition))
        else {
            return Ok(());
        };
        let nulls_are_equal = index.definition.contains("NULLS NOT DISTINCT");
        let Some(query) = duplicates(before, after, &columns, nulls_are_equal) else {
            return Ok(());
        };
        if let Ok(count @ 1..) = self.rows.count(session, &query).await? {
            found.push(Finding {
                check: Check::Unique,
                object: change.key.clone(),
                message: format!(
                    "{} returns, and {} of {key} have the same ({})",
                    change.key,
                    rows(count),
                    columns.join(", ")
                ),
                hint: Some("Change or delete the duplicates first.".to_owned()),
            });
        }
        Ok(())
    }

    /// Values that the new type cannot have, or not as they are.
    async fn conversion(
        &self,
        session: &mut dyn Executor,
        change: &Change,
        (before, after): (&Table, &Table),
        column: &str,
        found: &mut Vec<Finding>,
    ) -> Result<(), RepoError> {
        let new = after.columns.iter().find(|found| found.name == column);
        let pair = new.and_then(|new| {
            let old = before.columns.iter().find(|old| old.id == new.id)?;
            Some((old, new))
        });
        let Some((old, new)) = pair.filter(|(old, new)| {
            // Types of users may be remade themselves: those are looked at with their labels.
            old.generated.is_none() && !old.data_type.contains('.') && !new.data_type.contains('.')
        }) else {
            return Ok(());
        };
        let value = quote_identifier(&old.name);
        let query = format!(
            "SELECT FROM {} WHERE {value}::{}::{} IS DISTINCT FROM {value}",
            qualified(&before.name),
            new.data_type,
            old.data_type
        );
        let change_of = format!(
            "column {column} of {} goes from {} to {}",
            change.key, old.data_type, new.data_type
        );
        let cut_short = ["character varying(", "character("]
            .iter()
            .any(|narrow| new.data_type.starts_with(narrow));
        let (check, message) = match self.rows.count(session, &query).await? {
            Ok(0) => return Ok(()),
            Ok(count) if cut_short => (
                Check::Type,
                format!(
                    "{change_of}, and {} have a value too long for that",
                    rows(count)
                ),
            ),
            Ok(count) => (
                Check::DataLoss,
                format!(
                    "what {} have in column {column} of {} beyond {}",
                    rows(count),
                    change.key,
                    new.data_type
                ),
            ),
            // Data exceptions; no such cast.
            Err(error)
                if error.sqlstate().as_str().starts_with("22")
                    || error.sqlstate().as_str() == "42846" =>
            {
                (Check::Type, format!("{change_of}: {error}"))
            }
            Err(_) => return Ok(()),
        };
        let hint = (check == Check::Type).then(|| "Change those values first.".to_owned());
        found.push(Finding {
            check,
            object: change.key.clone(),
            message,
            hint,
        });
        Ok(())
    }

    /// Rows with a label that their type will not have.
    async fn labels(
        &self,
        session: &mut dyn Executor,
        change: &Change,
        name: &Name,
        found: &mut Vec<Finding>,
    ) -> Result<(), RepoError> {
        let ChangeKind::Alter(alterations) = &change.kind else {
            return Ok(());
        };
        let removed: Vec<String> = alterations
            .iter()
            .filter_map(|alteration| match alteration {
                Alteration::SetLabels { from, to } => Some((from, to)),
                _ => None,
            })
            .flat_map(|(from, to)| from.iter().filter(|label| !to.contains(label)))
            .map(|label| quote_literal(label))
            .collect();
        if removed.is_empty() {
            return Ok(());
        }
        let listed = removed.join(", ");
        let before = &self.transition.before;
        let written = qualified(name);
        for lineage in before.dependents(&ObjectKey::of(Kind::Enum, name)) {
            let stays = self
                .transition
                .after
                .get(&lineage)
                .and_then(|table| table.as_table());
            let table = before.get(&lineage).and_then(|table| table.as_table());
            let (Some(table), Some(stays)) = (table, stays) else {
                continue;
            };
            for column in &table.columns {
                let value = quote_identifier(&column.name);
                let condition = match column.data_type.strip_prefix(&written) {
                    Some("") => format!("{value}::text IN ({listed})"),
                    Some("[]") => format!("{value}::text[] && ARRAY[{listed}]"),
                    _ => continue,
                };
                if !stays.columns.iter().any(|stays| stays.id == column.id) {
                    continue;
                }
                let query = format!("SELECT FROM {} WHERE {condition}", qualified(&table.name));
                if let Ok(count @ 1..) = self.rows.count(session, &query).await? {
                    found.push(Finding {
                        check: Check::Type,
                        object: change.key.clone(),
                        message: format!(
                            "{} loses {listed}, and {} of table {} have it in column {}",
                            change.key,
                            rows(count),
                            qualified(&table.name),
                            column.name
                        ),
                        hint: Some("Give those rows another label first.".to_owned()),
                    });
                }
            }
        }
        Ok(())
    }
}

/// `3 rows`.
fn rows(count: u64) -> String {
    match count {
        1 => "1 row".to_owned(),
        ENOUGH.. => format!("{ENOUGH} rows or more"),
        count => format!("{count} rows"),
    }
}

/// A table's rows in the shape that it will have: by the columns' new names, in new types where those are built in.
fn shaped(before: &Table, after: &Table, alias: &str) -> String {
    let columns: Vec<String> = after
        .columns
        .iter()
        .map(|new| {
            let old = before.columns.iter().find(|old| old.id == new.id);
            let cast = if new.data_type.contains('.') {
                String::new()
            } else {
                format!("::{}", new.data_type)
            };
            let value = match old {
                Some(old) if old.data_type == new.data_type => {
                    quote_identifier(&old.name).into_owned()
                }
                Some(old) => format!("{}{cast}", quote_identifier(&old.name)),
                None => format!("NULL{cast}"),
            };
            format!("{value} AS {}", quote_identifier(&new.name))
        })
        .collect();
    let alias = quote_identifier(alias);
    format!(
        "(SELECT {} FROM {}) AS {alias}",
        columns.join(", "),
        qualified(&before.name)
    )
}

/// Groups of rows that a unique constraint would not let be.
fn duplicates(
    before: &Table,
    after: &Table,
    columns: &[String],
    nulls_are_equal: bool,
) -> Option<String> {
    let listed = columns
        .iter()
        .map(|column| quote_identifier(column).into_owned())
        .collect::<Vec<_>>()
        .join(", ");
    let present = all(columns, |column| {
        format!("{} IS NOT NULL", quote_identifier(column))
    })?;
    let condition = if nulls_are_equal { "true" } else { &present };
    Some(format!(
        "SELECT FROM {} WHERE {condition} GROUP BY {listed} HAVING count(*) > 1",
        shaped(before, after, &after.name.name)
    ))
}

/// Rows of which a check does not hold.
fn violations(before: &Table, after: &Table, constraint: &Constraint) -> Option<String> {
    let expression = constraint.definition.strip_prefix("CHECK ")?;
    let expression = expression.strip_suffix(" NO INHERIT").unwrap_or(expression);
    Some(format!(
        "SELECT FROM {} WHERE NOT {expression}",
        shaped(before, after, &after.name.name)
    ))
}

/// Conditions on all columns; `None` for no columns.
fn all(columns: &[String], condition: impl Fn(&str) -> String) -> Option<String> {
    let each: Vec<String> = columns.iter().map(|column| condition(column)).collect();
    (!each.is_empty()).then(|| each.join(" AND "))
}

/// The names in the first pair of parentheses: a key's columns.
fn first_list(definition: &str) -> Vec<String> {
    let mut names = Vec::new();
    for token in tokens(definition)
        .into_iter()
        .skip_while(|token| !token.is("("))
        .take_while(|token| !token.is(")"))
    {
        if let TokenKind::Name(name) = token.kind {
            names.push(name.into_owned());
        }
    }
    names
}

/// Whether an index is on columns as they are, and on all rows: `USING btree (a, b)`.
fn is_plain_list(definition: &str) -> bool {
    let tokens = tokens(definition);
    let mut list = tokens
        .iter()
        .skip_while(|token| !token.is("("))
        .skip(1)
        .take_while(|token| !token.is(")"));
    let alternate = list.by_ref().enumerate().all(|(place, token)| {
        if place % 2 == 0 {
            matches!(token.kind, TokenKind::Name(_))
        } else {
            token.is(",")
        }
    });
    alternate && !tokens.iter().any(|token| token.is("WHERE"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_keys_columns_are_in_its_first_list() {
        for (definition, columns) in [
            ("PRIMARY KEY (id)", &["id"][..]),
            ("UNIQUE (b, \"A b\") INCLUDE (c)", &["b", "A b"]),
            (
                "FOREIGN KEY (person, at) REFERENCES public.people(id, born) ON DELETE CASCADE",
                &["person", "at"],
            ),
        ] {
            assert_eq!(first_list(definition), columns, "{definition}");
        }
    }

    #[test]
    fn plain_indexes_are_told_from_others() {
        for (definition, plain) in [
            ("USING btree (a, b)", true),
            ("USING btree (a) INCLUDE (b)", true),
            ("USING btree (lower(a))", false),
            ("USING btree (a) WHERE b > 0", false),
            ("USING btree (a DESC)", false),
        ] {
            assert_eq!(is_plain_list(definition), plain, "{definition}");
        }
    }
}
