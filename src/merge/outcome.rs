//! What a merge says: the result, what happened to each object, and the conflicts.

use crate::schema::model::{Definition, Lineage, ObjectKey};
use crate::schema::snapshot::Snapshot;
use serde_json::Value;
use std::collections::BTreeMap;
use std::fmt;

/// What a merge gives.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Merged {
    /// What the target shall be. Where a conflict is open, it has the target's side.
    pub result: Snapshot,
    /// Every object that is not the same on all three, by key.
    pub objects: Vec<ObjectOutcome>,
    /// Open and decided ones, by id.
    pub conflicts: Vec<Conflict>,
}

impl Merged {
    /// The conflicts that await a decision.
    pub fn open(&self) -> impl Iterator<Item = &Conflict> {
        self.conflicts
            .iter()
            .filter(|conflict| conflict.state == ConflictState::Open)
    }
}

/// What happened to one object.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ObjectOutcome {
    pub lineage: Lineage,
    /// Its key in the result; where it is gone, its last one.
    pub key: ObjectKey,
    pub kind: MergeKind,
}

/// What happened to each object in all, in merges of one source after the other: what an earlier one did to it counts as the
/// target's doing for a later one. By key.
pub fn in_turn<'a>(merges: impl IntoIterator<Item = &'a ObjectOutcome>) -> Vec<ObjectOutcome> {
    let mut outcomes: BTreeMap<Lineage, ObjectOutcome> = BTreeMap::new();
    for outcome in merges {
        let mut outcome = outcome.clone();
        if let Some(earlier) = outcomes.get(&outcome.lineage) {
            outcome.kind = earlier.kind.and_then(outcome.kind);
        }
        outcomes.insert(outcome.lineage, outcome);
    }
    let mut outcomes: Vec<ObjectOutcome> = outcomes.into_values().collect();
    outcomes.sort_by(|a, b| (&a.key, a.lineage).cmp(&(&b.key, b.lineage)));
    outcomes
}

/// Which sides changed an object, and how.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum MergeKind {
    /// Both sides are equal.
    NoConflict,
    SourceModified,
    TargetModified,
    DeletedSource,
    DeletedTarget,
    /// Changed on both sides, or changed on one and dropped on the other.
    BothModified,
}

impl MergeKind {
    /// What has happened in all to an object that this happened to, and then that, in a merge of another source into the
    /// result of this one. There the target has what this one brought.
    #[must_use]
    pub fn and_then(self, next: Self) -> Self {
        match (self, next) {
            (Self::TargetModified | Self::DeletedTarget, Self::NoConflict) => Self::NoConflict,
            (_, Self::NoConflict | Self::TargetModified | Self::DeletedTarget) => self,
            _ => next,
        }
    }

    pub fn as_str(self) -> &'static str {
        match self {
            Self::NoConflict => "NO_CONFLICT",
            Self::SourceModified => "SOURCE_MODIFIED",
            Self::TargetModified => "TARGET_MODIFIED",
            Self::DeletedSource => "DELETED_SOURCE",
            Self::DeletedTarget => "DELETED_TARGET",
            Self::BothModified => "BOTH_MODIFIED",
        }
    }
}

impl fmt::Display for MergeKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// Something both sides changed that has no single right outcome.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Conflict {
    /// 1, 2, … in the order of object and attribute. The same inputs give the same numbers whatever
    /// has been resolved so far, unless a resolution brings new conflicts, which come last.
    pub id: i64,
    pub lineage: Lineage,
    /// The object's key on the target, or where the target lacks it, on the source, then the base.
    pub key: ObjectKey,
    /// Which part of the object, as a person names it: `column email type`, `constraint users_pkey`;
    /// `definition` is the whole. With the lineage it identifies the conflict.
    pub attribute: String,
    /// The attribute on each side; `None` where the side lacks it.
    pub base: Option<Value>,
    pub source: Option<Value>,
    pub target: Option<Value>,
    pub state: ConflictState,
}

impl Conflict {
    /// A side's value as a person reads it.
    pub fn render(value: Option<&Value>) -> Option<String> {
        value.map(|value| match value {
            Value::String(text) => text.clone(),
            other => other.to_string(),
        })
    }
}

/// Whether a conflict is decided, and how.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ConflictState {
    Open,
    /// By the strategy or by a [`Resolution`].
    Source,
    Target,
    Base,
    Custom,
    /// Both sides stand side by side.
    Union,
}

impl ConflictState {
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::Source => "source",
            Self::Target => "target",
            Self::Base => "base",
            Self::Custom => "custom",
            Self::Union => "union",
        }
    }
}

impl fmt::Display for ConflictState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// A person's decision of one conflict.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Resolution {
    pub lineage: Lineage,
    /// [`Conflict::attribute`].
    pub attribute: String,
    pub choice: Choice,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Choice {
    Source,
    Target,
    Base,
    /// The target's object as it shall be, `None` to drop it. What differs from the target's is applied on
    /// top of the merge, so that the other changes to the object stay.
    Custom(Option<Box<Definition>>),
}
