//! Decides conflicts, by resolution or strategy, and keeps the record of them.

use super::outcome::{Choice, Conflict, ConflictState, Resolution};
use super::strategy::Strategy;
use crate::schema::model::{Lineage, ObjectKey};
use serde_json::Value;
use std::collections::BTreeMap;

/// Whose side is taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Pick {
    Base,
    Source,
    Target,
}

impl Pick {
    /// The side's value of three.
    pub fn of<T>(self, base: T, source: T, target: T) -> T {
        match self {
            Self::Base => base,
            Self::Source => source,
            Self::Target => target,
        }
    }
}

/// The object that a conflict is in.
#[derive(Clone, Copy, Debug)]
pub struct Subject<'a> {
    pub lineage: Lineage,
    pub key: &'a ObjectKey,
}

/// An attribute as each side has it.
#[derive(Clone, Debug, Default)]
pub struct Sides {
    pub base: Option<Value>,
    pub source: Option<Value>,
    pub target: Option<Value>,
}

/// Strategy and resolutions, and the conflicts met so far.
#[derive(Debug)]
pub struct Decisions<'a> {
    strategy: Strategy,
    resolutions: BTreeMap<(Lineage, &'a str), &'a Choice>,
    conflicts: BTreeMap<(ObjectKey, Lineage, String), Conflict>,
}

impl<'a> Decisions<'a> {
    pub fn new(strategy: Strategy, resolutions: &'a [Resolution]) -> Self {
        Self {
            strategy,
            resolutions: resolutions
                .iter()
                .map(|resolution| {
                    (
                        (resolution.lineage, resolution.attribute.as_str()),
                        &resolution.choice,
                    )
                })
                .collect(),
            conflicts: BTreeMap::new(),
        }
    }

    /// Records a conflict and says which side to take: the target's while it is open.
    pub fn decide(&mut self, subject: Subject<'_>, attribute: &str, sides: Sides) -> Pick {
        let state = self.state(subject.lineage, attribute);
        self.note(subject, attribute, sides, state);
        match state {
            ConflictState::Source => Pick::Source,
            ConflictState::Base => Pick::Base,
            ConflictState::Open
            | ConflictState::Target
            | ConflictState::Custom
            | ConflictState::Union => Pick::Target,
        }
    }

    /// Whether both sides are to be kept of what can stand side by side; then that is noted.
    pub fn join(&mut self, subject: Subject<'_>, attribute: &str, sides: Sides) -> bool {
        let joins = self.joins(subject.lineage, attribute);
        if joins {
            self.note(subject, attribute, sides, ConflictState::Union);
        }
        joins
    }

    fn joins(&self, lineage: Lineage, attribute: &str) -> bool {
        self.strategy == Strategy::Union && !self.resolutions.contains_key(&(lineage, attribute))
    }

    fn note(&mut self, subject: Subject<'_>, attribute: &str, sides: Sides, state: ConflictState) {
        let key = subject.key.clone();
        self.conflicts.insert(
            (key.clone(), subject.lineage, attribute.to_owned()),
            Conflict {
                id: 0,
                lineage: subject.lineage,
                key,
                attribute: attribute.to_owned(),
                base: sides.base,
                source: sides.source,
                target: sides.target,
                state,
            },
        );
    }

    fn state(&self, lineage: Lineage, attribute: &str) -> ConflictState {
        match self.resolutions.get(&(lineage, attribute)) {
            Some(Choice::Source) => ConflictState::Source,
            Some(Choice::Target) => ConflictState::Target,
            Some(Choice::Base) => ConflictState::Base,
            Some(Choice::Custom(_)) => ConflictState::Custom,
            None => match self.strategy {
                Strategy::SourceWins => ConflictState::Source,
                Strategy::TargetWins => ConflictState::Target,
                Strategy::Auto | Strategy::ManualReview | Strategy::Union => ConflictState::Open,
            },
        }
    }

    /// The conflicts in the order of object and attribute, numbered from 1.
    pub fn into_conflicts(self) -> Vec<Conflict> {
        (1..)
            .zip(self.conflicts.into_values())
            .map(|(id, conflict)| Conflict { id, ..conflict })
            .collect()
    }
}
