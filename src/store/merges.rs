//! Merges and their conflicts, as they are stored between a merge's start and its end.
//!
//! A merge completes through [`Store::record`], in the transaction that applies it; all else here is
//! written with the administrative role.

use super::Store;
use super::error::StoreError;
use super::hash::CommitHash;
use super::refs::json;
use super::rows::{FromRow, array};
use crate::schema::model::{Definition, Lineage, ObjectKey};
use crate::upstream::{Executor, Row};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::fmt;
use std::str::FromStr;

const CREATE: &str = include_str!("sql/create_merge.sql");
const MERGES: &str = include_str!("sql/merges.sql");
const CONFLICTS: &str = include_str!("sql/conflicts.sql");
const RESOLVE: &str = include_str!("sql/resolve_conflict.sql");
const ADD_CONFLICTS: &str = include_str!("sql/add_conflicts.sql");
const ABORT: &str = include_str!("sql/abort_merge.sql");

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MergeState {
    /// It waits for its conflicts to be resolved.
    Open,
    Completed,
    Aborted,
}

impl MergeState {
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::Completed => "completed",
            Self::Aborted => "aborted",
        }
    }
}

impl FromStr for MergeState {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        [Self::Open, Self::Completed, Self::Aborted]
            .into_iter()
            .find(|state| state.as_str() == text)
            .ok_or(())
    }
}

/// What is done with what leads from a base to a source.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Operation {
    /// The target gets what the source has changed since their best common ancestor.
    #[default]
    Merge,
    /// The target loses what the base has and the source has not.
    Revert,
    /// The target gets what the source has and its parent, the base, has not.
    CherryPick,
    /// One commit of a branch that goes upon another one; see [`super::rebases`].
    Rebase,
}

impl Operation {
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Merge => "merge",
            Self::Revert => "revert",
            Self::CherryPick => "cherry-pick",
            Self::Rebase => "rebase",
        }
    }
}

impl FromStr for Operation {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        [Self::Merge, Self::Revert, Self::CherryPick, Self::Rebase]
            .into_iter()
            .find(|operation| operation.as_str() == text)
            .ok_or(())
    }
}

/// Which side a resolution takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Side {
    Base,
    Source,
    Target,
}

impl fmt::Display for Side {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Base => "BASE",
            Self::Source => "SOURCE",
            Self::Target => "TARGET",
        })
    }
}

/// Who decides a conflict.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Decider {
    Person,
    /// A person, by accepting what was decided of the same conflict before.
    Memory,
    Strategy,
}

impl Decider {
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Person => "person",
            Self::Memory => "memory",
            Self::Strategy => "strategy",
        }
    }
}

impl FromStr for Decider {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        [Self::Person, Self::Memory, Self::Strategy]
            .into_iter()
            .find(|decider| decider.as_str() == text)
            .ok_or(())
    }
}

/// How the same conflict was decided in an earlier merge.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Remembered {
    pub merge: i64,
    pub decision: RememberedDecision,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RememberedDecision {
    Take(Side),
    Custom(String),
}

/// How a conflict is decided.
#[derive(Clone, Debug, PartialEq)]
pub enum Resolution {
    Take(Side),
    /// Both sides stand side by side: only a strategy decides so.
    Union,
    /// DDL of the client's, and the object it was seen to make; `None` if it made none.
    Custom {
        sql: String,
        definition: Option<Box<Definition>>,
    },
}

/// What is merged.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct MergeSource {
    /// As the client named it.
    pub name: String,
    pub head: CommitHash,
}

#[derive(Clone, Debug)]
pub struct NewMerge<'a> {
    pub operation: Operation,
    /// One at least, in the order in which they are merged.
    pub sources: &'a [MergeSource],
    /// A branch's name.
    pub target: &'a str,
    /// All best common ancestors, in the order in which [`Store::merge_base`] gave them.
    pub bases: &'a [CommitHash],
    pub target_head: CommitHash,
    pub strategy: &'a str,
    pub history: &'a str,
    pub message: Option<&'a str>,
    /// The role that merges.
    pub who: &'a str,
    pub conflicts: &'a [NewConflict],
}

#[derive(Clone, Debug, Serialize)]
pub struct NewConflict {
    /// Its number within the merge, from 1.
    pub id: i64,
    /// Which of the merge's sources conflicts, from 1.
    pub source_number: usize,
    pub lineage: Lineage,
    pub key: ObjectKey,
    /// The path of the attribute in question: `column email type`.
    pub attribute: String,
    /// The attribute's values; `None` where it, or the object, is absent.
    pub base: Option<Value>,
    pub source: Option<Value>,
    pub target: Option<Value>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MergeRow {
    pub id: i64,
    pub operation: Operation,
    /// One at least.
    pub sources: Vec<MergeSource>,
    pub target: String,
    pub bases: Vec<CommitHash>,
    pub target_head: CommitHash,
    pub strategy: String,
    pub history: String,
    pub state: MergeState,
    pub message: Option<String>,
    pub who: String,
    pub created_at_micros: i64,
    /// The commit that completed it.
    pub commit: Option<CommitHash>,
    pub finished_at_micros: Option<i64>,
    pub conflicts: i64,
    /// How many of them await a decision.
    pub unresolved: i64,
}

impl MergeRow {
    /// The sources' names, as a list shows them.
    pub fn source(&self) -> String {
        let names: Vec<&str> = self.sources.iter().map(|source| &*source.name).collect();
        names.join(", ")
    }

    /// The name of the source of that number, from 1.
    pub fn origin(&self, number: usize) -> &str {
        let source = number.checked_sub(1).and_then(|at| self.sources.get(at));
        source.map_or("", |source| &source.name)
    }
}

#[derive(Clone, Debug, PartialEq)]
pub struct ConflictRow {
    pub merge: i64,
    pub id: i64,
    pub lineage: Lineage,
    pub key: ObjectKey,
    pub attribute: String,
    pub base: Option<Value>,
    pub source: Option<Value>,
    pub target: Option<Value>,
    pub resolution: Option<Resolution>,
    pub resolved_by: Option<String>,
    pub resolved_at_micros: Option<i64>,
    pub decided_by: Option<Decider>,
    /// Which of the merge's sources conflicts, from 1.
    pub source_number: usize,
    /// While it is open.
    pub remembered: Option<Remembered>,
}

impl Store {
    /// Stores a merge that cannot complete yet. Returns its id.
    pub async fn create_merge(
        &self,
        exec: &mut dyn Executor,
        new: &NewMerge<'_>,
    ) -> Result<i64, StoreError> {
        let bases = array(new.bases);
        let Some((first, more)) = new.sources.split_first() else {
            return Err(StoreError::unexpected("a merge without a source"));
        };
        let heads = [first.head, new.target_head].map(|head| head.to_string());
        let more = json(&more)?;
        let conflicts = json(&new.conflicts)?;
        let params = [
            Some(first.name.as_str()),
            Some(new.target),
            Some(&bases),
            Some(&heads[0]),
            Some(&heads[1]),
            Some(new.strategy),
            new.message,
            Some(new.who),
            Some(&conflicts),
            Some(new.operation.as_str()),
            Some(new.history),
            Some(&more),
        ];
        let rows = exec.query(CREATE, &params).await?;
        FromRow::new(rows.into_iter().next().unwrap_or_default()).parse()
    }

    /// Adds conflicts to an open merge: of a source that those before kept from being looked at.
    pub async fn add_conflicts(
        &self,
        exec: &mut dyn Executor,
        merge: i64,
        conflicts: &[NewConflict],
    ) -> Result<(), StoreError> {
        let conflicts = json(&conflicts)?;
        let params = [Some(merge.to_string()), Some(conflicts)];
        let params = params.each_ref().map(Option::as_deref);
        exec.query(ADD_CONFLICTS, &params).await?;
        self.must_be_open(exec, merge).await
    }

    /// # Errors
    /// [`StoreError::UnknownMerge`].
    pub async fn merge(&self, exec: &mut dyn Executor, id: i64) -> Result<MergeRow, StoreError> {
        let rows = exec.query(MERGES, &[Some(&id.to_string())]).await?;
        let row = rows.into_iter().next();
        merge_row(row.ok_or(StoreError::UnknownMerge(id))?)
    }

    /// All merges that were ever stored, newest first.
    pub async fn merges(&self, exec: &mut dyn Executor) -> Result<Vec<MergeRow>, StoreError> {
        let rows = exec.query(MERGES, &[None]).await?;
        rows.into_iter().map(merge_row).collect()
    }

    /// A merge's conflicts, by number.
    pub async fn conflicts(
        &self,
        exec: &mut dyn Executor,
        merge: i64,
    ) -> Result<Vec<ConflictRow>, StoreError> {
        let rows = exec.query(CONFLICTS, &[Some(&merge.to_string())]).await?;
        rows.into_iter().map(conflict_row).collect()
    }

    /// Decides a conflict, or decides it anew: possible while the merge is open.
    pub async fn resolve_conflict(
        &self,
        exec: &mut dyn Executor,
        merge: i64,
        conflict: i64,
        resolution: &Resolution,
        (who, decider): (&str, Decider),
    ) -> Result<(), StoreError> {
        let (choice, sql, definition) = match resolution {
            Resolution::Take(side) => (side.to_string(), None, None),
            Resolution::Union => (UNION.to_owned(), None, None),
            Resolution::Custom { sql, definition } => (
                CUSTOM.to_owned(),
                Some(sql.as_str()),
                definition.as_ref().map(json).transpose()?,
            ),
        };
        let (merge_id, conflict_id) = (merge.to_string(), conflict.to_string());
        let params = [
            Some(merge_id.as_str()),
            Some(&conflict_id),
            Some(&choice),
            sql,
            definition.as_deref(),
            Some(who),
            Some(decider.as_str()),
        ];
        if exec.query(RESOLVE, &params).await?.is_empty() {
            self.must_be_open(exec, merge).await?;
            return Err(StoreError::UnknownConflict { merge, conflict });
        }
        Ok(())
    }

    /// Gives a merge up. The target has never been touched, so there is nothing else to undo.
    pub async fn abort_merge(
        &self,
        exec: &mut dyn Executor,
        merge: i64,
        who: &str,
    ) -> Result<(), StoreError> {
        let aborted = exec
            .query(ABORT, &[Some(&merge.to_string()), Some(who)])
            .await?;
        if aborted.is_empty() {
            self.must_be_open(exec, merge).await?;
        }
        Ok(())
    }

    async fn must_be_open(&self, exec: &mut dyn Executor, id: i64) -> Result<(), StoreError> {
        match self.merge(exec, id).await?.state {
            MergeState::Open => Ok(()),
            state => Err(StoreError::MergeNotOpen {
                id,
                state: state.as_str(),
            }),
        }
    }
}

/// The resolutions that take no side.
const CUSTOM: &str = "CUSTOM";
const UNION: &str = "UNION";

fn merge_row(row: Row) -> Result<MergeRow, StoreError> {
    let mut row = FromRow::new(row);
    Ok(MergeRow {
        id: row.parse()?,
        operation: row.parse()?,
        sources: row.json()?,
        target: row.text()?,
        bases: row.json()?,
        target_head: row.parse()?,
        strategy: row.text()?,
        history: row.text()?,
        state: row.parse()?,
        message: row.optional_text()?,
        who: row.text()?,
        created_at_micros: row.parse()?,
        commit: row.optional()?,
        finished_at_micros: row.optional()?,
        conflicts: row.parse()?,
        unresolved: row.parse()?,
    })
}

fn conflict_row(row: Row) -> Result<ConflictRow, StoreError> {
    let mut row = FromRow::new(row);
    let (merge, id) = (row.parse()?, row.parse()?);
    Ok(ConflictRow {
        merge,
        id,
        lineage: row.lineage()?,
        key: row.json()?,
        attribute: row.text()?,
        base: row.optional_json()?,
        source: row.optional_json()?,
        target: row.optional_json()?,
        resolution: {
            let (choice, sql) = (row.optional_text()?, row.optional_text()?);
            let definition = row.optional_json()?;
            choice
                .map(|choice| resolution(&choice, sql, definition))
                .transpose()?
        },
        resolved_by: row.optional_text()?,
        resolved_at_micros: row.optional()?,
        decided_by: row.optional()?,
        source_number: row.parse()?,
        remembered: {
            let merge = row.optional()?;
            let (choice, sql) = (row.optional_text()?, row.optional_text()?);
            let decision = choice.map(|choice| remembered(&choice, sql)).transpose()?;
            merge
                .zip(decision)
                .map(|(merge, decision)| Remembered { merge, decision })
        },
    })
}

fn remembered(choice: &str, sql: Option<String>) -> Result<RememberedDecision, StoreError> {
    if choice == CUSTOM {
        return Ok(RememberedDecision::Custom(sql.unwrap_or_default()));
    }
    side(choice).map(RememberedDecision::Take)
}

fn side(choice: &str) -> Result<Side, StoreError> {
    [Side::Base, Side::Source, Side::Target]
        .into_iter()
        .find(|side| side.to_string() == choice)
        .ok_or_else(|| StoreError::unexpected(choice))
}

fn resolution(
    choice: &str,
    sql: Option<String>,
    definition: Option<Box<Definition>>,
) -> Result<Resolution, StoreError> {
    if choice == CUSTOM {
        return Ok(Resolution::Custom {
            sql: sql.unwrap_or_default(),
            definition,
        });
    }
    if choice == UNION {
        return Ok(Resolution::Union);
    }
    side(choice).map(Resolution::Take)
}
