//! What a merge would do: no more than reading history.

use super::Request;
use super::doubts::{Line, made_again};
use crate::error::ErrorReport;
use crate::merge::{self, Merged, Resolution};
use crate::repo::database::{Database, Head};
use crate::repo::error::RepoError;
use crate::repo::transition::{Conversions, Transition};
use crate::schema::model::Lineage;
use crate::schema::{Creator, Snapshot};
use crate::sql::using_expressions;
use crate::store::{CommitHash, LogQuery, Operation};
use crate::upstream::Executor;
use std::pin::Pin;

/// A merge worked out to the last statement.
#[derive(Clone, Debug)]
pub struct Planned {
    pub operation: Operation,
    pub source_head: Head,
    /// All best common ancestors, the latest first; several are merged with each other into the one that is used.
    pub bases: Vec<CommitHash>,
    pub merged: Merged,
    /// What leads the target to the merge's result.
    pub transition: Transition,
}

impl Planned {
    /// The target already has all of it.
    pub fn is_up_to_date(&self) -> bool {
        match self.operation {
            Operation::Merge => self.bases.contains(&self.source_head.commit),
            Operation::Revert | Operation::CherryPick | Operation::Rebase => {
                self.is_without_effect()
            }
        }
    }

    /// The target would stay as it is.
    pub fn is_without_effect(&self) -> bool {
        self.merged.conflicts.is_empty() && self.transition.changes.is_empty()
    }

    /// The target has nothing that the source has not.
    pub fn is_fast_forward(&self) -> bool {
        self.operation == Operation::Merge && self.bases.contains(&self.transition.head.commit)
    }

    pub fn open_conflicts(&self) -> usize {
        self.merged.open().count()
    }
}

/// Works out a merge with the conflicts decided so far. `creator` is the role that will run the DDL.
pub async fn plan(
    database: &Database,
    request: &Request,
    resolutions: &[Resolution],
    creator: &Creator,
) -> Result<Planned, ErrorReport> {
    Ok(work_out(database, request, resolutions, creator).await?)
}

async fn work_out(
    database: &Database,
    request: &Request,
    resolutions: &[Resolution],
    creator: &Creator,
) -> Result<Planned, RepoError> {
    let store = database.store();
    let mut reader = database.reader();
    let target = database.branch(&request.target).await?;
    let target_head = database.current_head(&request.target).await?;
    let source = request.source.resolve(database, &mut reader).await?;
    let source_head = database.head_at(&mut reader, source).await?;
    let bases = match request.base {
        Some(base) => vec![base],
        None => {
            store
                .merge_base(&mut reader, source_head.commit, &[target_head.commit])
                .await?
        }
    };
    let base = common_ancestor(database, &bases).await?;
    let theirs = database.snapshot(source_head.tree).await?;
    let before = database.snapshot(target_head.tree).await?;
    let doubts = merge::doubts(&base, &theirs, &before);
    let line = Line {
        head: source_head.commit,
        base: bases.first().copied(),
    };
    let merged = merge::merge(
        &base,
        &theirs,
        &before,
        &made_again(store, &mut reader, doubts, line).await?,
        request.strategy,
        resolutions,
    );
    let using = match request.operation {
        // What was converted back has left no trace of how.
        Operation::Revert => Conversions::new(),
        Operation::Merge | Operation::CherryPick | Operation::Rebase => {
            conversions(database, &mut reader, &theirs, source_head.commit, &bases).await?
        }
    };
    let after = merged.result.clone();
    let transition = Transition::new(
        database,
        target,
        target_head,
        (before, after),
        using,
        creator,
    );
    Ok(Planned {
        operation: request.operation,
        source_head,
        bases,
        merged,
        transition,
    })
}

/// What several commits have in common, as one schema. Where a criss-cross history gives two branches more than one best
/// common ancestor, those are merged with each other first, in their order, and what they have in common before that.
fn common_ancestor<'a>(
    database: &'a Database,
    bases: &'a [CommitHash],
) -> Pin<Box<dyn Future<Output = Result<Snapshot, RepoError>> + Send + 'a>> {
    Box::pin(async move {
        let mut reader = database.reader();
        let mut merged: Option<Snapshot> = None;
        for (at, base) in bases.iter().enumerate() {
            let head = database.head_at(&mut reader, *base).await?;
            let next = database.snapshot(head.tree).await?;
            merged = Some(match merged {
                None => next,
                Some(so_far) => {
                    let before = database
                        .store()
                        .merge_base(&mut reader, *base, &bases[..at])
                        .await?;
                    let before = common_ancestor(database, &before).await?;
                    merge::ancestor(&before, &so_far, &next)
                }
            });
        }
        Ok(merged.unwrap_or_default())
    })
}

/// The `USING` expressions of the type changes on the source since the base: they are in no catalog,
/// only in the statements. Later ones win.
pub(in crate::repo) async fn conversions(
    database: &Database,
    executor: &mut dyn Executor,
    source: &Snapshot,
    head: CommitHash,
    bases: &[CommitHash],
) -> Result<Conversions, RepoError> {
    let log = database
        .store()
        .log(
            executor,
            &LogQuery {
                from: vec![head],
                down_to: bases.to_vec(),
                ..LogQuery::default()
            },
        )
        .await?;
    let mut found = Conversions::new();
    let since = log
        .into_iter()
        .take_while(|(hash, _)| !bases.contains(hash));
    for (_, commit) in since {
        for using in commit
            .statements
            .iter()
            .rev()
            .flat_map(|statement| using_expressions(statement).into_iter().rev())
        {
            if let Some(column) =
                column_named(source, using.schema.as_deref(), &using.table, &using.column)
            {
                found.entry(column).or_insert(using.expression);
            }
        }
    }
    Ok(found)
}

fn column_named(
    snapshot: &Snapshot,
    schema: Option<&str>,
    table: &str,
    column: &str,
) -> Option<(Lineage, Lineage)> {
    snapshot
        .called(table)
        .filter(|(key, _)| schema.is_none_or(|schema| key.schema == schema))
        .find_map(|(_, lineage)| {
            let table = snapshot.get(&lineage)?.as_table()?;
            let column = table.columns.iter().find(|found| found.name == column)?;
            Some((lineage, column.id))
        })
}
