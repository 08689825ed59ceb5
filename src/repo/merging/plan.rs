//! What a merge would do: no more than reading history.

use super::Request;
use super::doubts::{Line, made_again};
use super::sources::distinct;
use crate::catalog;
use crate::error::ErrorReport;
use crate::merge::{self, Conflict, ConflictState, Merged, ObjectOutcome, Resolution};
use crate::repo::database::{Database, Head};
use crate::repo::error::RepoError;
use crate::repo::transition::{Conversions, Finding, Transition, Within};
use crate::schema::model::Lineage;
use crate::schema::{Creator, Snapshot};
use crate::sql::using_expressions;
use crate::store::{CommitHash, LogQuery, MergeSource, Operation};
use crate::upstream::Executor;
use std::collections::BTreeMap;
use std::pin::Pin;

/// A merge worked out to the last statement.
#[derive(Clone, Debug)]
pub struct Planned {
    pub operation: Operation,
    /// In order, up to the first that conflicts. One that the target has all of is left out, unless there is no other.
    pub parts: Vec<Part>,
    /// Sources after the one that conflicts.
    pub waiting: Vec<String>,
    /// Every object that is not the same everywhere, by key.
    pub objects: Vec<ObjectOutcome>,
    /// What leads the target to the merge's result.
    pub transition: Transition,
}

/// What merging one source comes to.
#[derive(Clone, Debug)]
pub struct Part {
    /// Which of the request's sources it is, from 1.
    pub number: usize,
    pub name: String,
    pub head: Head,
    /// All best common ancestors, the latest first; several are merged with each other into the one that is used.
    pub bases: Vec<CommitHash>,
    pub merged: Merged,
}

impl Part {
    /// The target has all of the source.
    fn is_up_to_date(&self) -> bool {
        self.bases.contains(&self.head.commit)
    }

    fn source(&self) -> MergeSource {
        MergeSource {
            name: self.name.clone(),
            head: self.head.commit,
        }
    }
}

/// The conflicts decided so far, by the number of their source.
pub type Resolutions = BTreeMap<usize, Vec<Resolution>>;

impl Planned {
    /// The target already has all of it.
    pub fn is_up_to_date(&self) -> bool {
        match self.operation {
            Operation::Merge => self.parts.iter().all(Part::is_up_to_date),
            Operation::Revert | Operation::CherryPick | Operation::Rebase => {
                self.is_without_effect()
            }
        }
    }

    /// The target would stay as it is.
    pub fn is_without_effect(&self) -> bool {
        self.conflicts().next().is_none() && self.transition.changes.is_empty()
    }

    /// The source's commit, if the target has nothing that it has not.
    pub fn fast_forward(&self) -> Option<Head> {
        match self.parts.as_slice() {
            [part] => (self.operation == Operation::Merge
                && part.bases.contains(&self.transition.head.commit))
            .then_some(part.head),
            _ => None,
        }
    }

    /// Open and decided ones, with what conflicts.
    pub fn conflicts(&self) -> impl Iterator<Item = (&Part, &Conflict)> {
        let parts = self.parts.iter();
        parts.flat_map(|part| part.merged.conflicts.iter().map(move |found| (part, found)))
    }

    /// Those that await a decision: all of one source.
    pub fn open(&self) -> impl Iterator<Item = (&Part, &Conflict)> {
        self.conflicts()
            .filter(|(_, conflict)| conflict.state == ConflictState::Open)
    }

    pub fn open_conflicts(&self) -> usize {
        self.open().count()
    }

    /// What is merged, as far as it was looked at.
    pub fn sources(&self) -> Vec<MergeSource> {
        self.parts.iter().map(Part::source).collect()
    }

    /// The common ancestors with any of the sources.
    pub fn bases(&self) -> Vec<CommitHash> {
        let mut bases: Vec<CommitHash> = Vec::new();
        for base in self.parts.iter().flat_map(|part| &part.bases) {
            if !bases.contains(base) {
                bases.push(*base);
            }
        }
        bases
    }
}

/// Works out a merge. `creator` is the role that will run the DDL.
pub async fn plan(
    database: &Database,
    request: &Request,
    creator: &Creator,
) -> Result<Planned, ErrorReport> {
    let planned = async {
        let request = distinct(database, request).await?;
        work_out(database, &request, &Resolutions::new(), creator).await
    };
    Ok(planned.await?)
}

/// Works out a merge, and asks rows what they would say to it: nothing where it would stop at conflicts.
pub async fn preview(
    database: &Database,
    session: &mut dyn Executor,
    request: &Request,
    within: Within,
) -> Result<(Planned, Vec<Finding>), ErrorReport> {
    let creator = catalog::creator(session).await.map_err(RepoError::from)?;
    let planned = plan(database, request, &creator).await?;
    if planned.open_conflicts() > 0 {
        return Ok((planned, Vec::new()));
    }
    let findings = planned
        .transition
        .preview(database, session, within)
        .await?;
    Ok((planned, findings))
}

/// Merges the sources in turn, with the conflicts decided so far, on recorded trees alone.
pub(super) async fn work_out(
    database: &Database,
    request: &Request,
    resolutions: &Resolutions,
    creator: &Creator,
) -> Result<Planned, RepoError> {
    let mut reader = database.reader();
    let target = database.branch(&request.target).await?;
    let target_head = database.current_head(&request.target).await?;
    let before = database.snapshot(target_head.tree).await?;
    let mut after = before.clone();
    let (mut parts, mut waiting): (Vec<Part>, Vec<String>) = (Vec::new(), Vec::new());
    let mut using = Conversions::new();
    for (number, source) in (1..).zip(&request.sources) {
        let commit = source.at.resolve(database, &mut reader).await?;
        let head = database.head_at(&mut reader, commit).await?;
        let merged_so_far: Vec<CommitHash> = std::iter::once(target_head.commit)
            .chain(parts.iter().map(|part| part.head.commit))
            .collect();
        let bases = if let Some(base) = request.base {
            vec![base]
        } else {
            let store = database.store();
            store
                .merge_base(&mut reader, head.commit, &merged_so_far)
                .await?
        };
        let given = resolutions.get(&number).map_or(&[][..], Vec::as_slice);
        let sides = (head, bases.as_slice());
        let merged = merge_one(database, request, sides, &after, given).await?;
        // What was converted back has left no trace of how.
        if request.operation != Operation::Revert {
            let theirs = database.snapshot(head.tree).await?;
            using.extend(conversions(database, &mut reader, &theirs, head.commit, &bases).await?);
        }
        let part = Part {
            number,
            name: source.name.clone(),
            head,
            bases,
            merged,
        };
        after = part.merged.result.clone();
        let conflicts = part.merged.open().next().is_some();
        parts.push(part);
        if conflicts {
            let rest = request.sources.iter().skip(number);
            waiting.extend(rest.map(|source| source.name.clone()));
            break;
        }
    }
    if !parts.iter().all(Part::is_up_to_date) {
        parts.retain(|part| !part.is_up_to_date());
    }
    let objects = merge::in_turn(parts.iter().flat_map(|part| &part.merged.objects));
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
        parts,
        waiting,
        objects,
        transition,
    })
}

/// Merges one source into a schema.
async fn merge_one(
    database: &Database,
    request: &Request,
    (head, bases): (Head, &[CommitHash]),
    target: &Snapshot,
    resolutions: &[Resolution],
) -> Result<Merged, RepoError> {
    let mut reader = database.reader();
    let base = common_ancestor(database, bases).await?;
    let source = database.snapshot(head.tree).await?;
    let doubts = merge::doubts(&base, &source, target);
    let line = Line {
        head: head.commit,
        base: bases.first().copied(),
    };
    let made_again = made_again(database.store(), &mut reader, doubts, line).await?;
    let strategy = request.strategy;
    Ok(merge::merge(
        &base,
        &source,
        target,
        &made_again,
        strategy,
        resolutions,
    ))
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
