//! Three-way merge of schemas: pure functions on snapshots.
//!
//! [`merge`] works in four steps.
//! 1. What has one name and two lineages, since both sides added it, is taken for one thing ([`pair`]).
//!    What only history can tell about that, the caller has found out ([`Doubt`]).
//! 2. Names are merged, and the three snapshots made to speak of everything by the names of the result
//!    ([`names`], [`normalise`]): a rename on one side then disturbs no text on the other.
//! 3. Each object is merged attribute by attribute ([`tree`], [`attributes`]); a partition or a child of another
//!    table after it has followed that into the result ([`families`]).
//! 4. Where the result speaks of what one side dropped, the drop is contested ([`references`]): the steps
//!    are repeated with it as a conflict. So is a new query that names columns as they are not called any more.
//!
//! What has no single right outcome is decided by a [`Resolution`], else by the [`Strategy`] ([`mod@union`]), else it
//! stays open and the result has the target's side ([`decide`]).

pub mod attributes;
pub mod decide;
pub mod families;
pub mod names;
pub mod normalise;
mod not_null;
pub mod object;
pub mod outcome;
pub mod pair;
mod primary;
pub mod references;
pub mod review;
mod routine;
pub mod strategy;
pub mod three;
pub mod tree;
pub mod union;

pub use outcome::{
    Choice, Conflict, ConflictState, MergeKind, Merged, ObjectOutcome, Resolution, in_turn,
};
pub use pair::{Doubt, doubts};
pub use strategy::Strategy;

use crate::schema::model::{Body, Definition, Lineage};
use crate::schema::snapshot::Snapshot;
use decide::Decisions;
use object::{Contested, ObjectMerge};
use references::{Dropped, Lost};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use three::Three;

/// Merges what `source` changed since `base` into `target`. Of the [`doubts`] about them, `made_again` has those
/// columns that the source's line dropped.
///
/// A conflict keeps its id whatever has been resolved; one that only a resolution brings about gets an
/// id after those.
pub fn merge(
    base: &Snapshot,
    source: &Snapshot,
    target: &Snapshot,
    made_again: &BTreeSet<Doubt>,
    strategy: Strategy,
    resolutions: &[Resolution],
) -> Merged {
    let (base, source) = pair::adopt_lineages(base, source, target, strategy, made_again);
    let sides = Three {
        base: &base,
        source: &source,
        target,
    };
    let with = |resolutions| match strategy {
        Strategy::ManualReview => review::merge_reviewed(sides, resolutions),
        strategy => merge_paired(sides, strategy, resolutions),
    };
    let undecided = with(&[]);
    if resolutions.is_empty() {
        return undecided;
    }
    let mut decided = with(resolutions);
    number_like(&mut decided.conflicts, &undecided.conflicts);
    decided
}

/// What two best common ancestors of a criss-cross history come to as one: merged themselves, from `base`. Where they
/// conflict it has what was before both, so that whatever became of it since counts as changed.
pub fn ancestor(base: &Snapshot, one: &Snapshot, other: &Snapshot) -> Snapshot {
    let mut resolutions: Vec<Resolution> = Vec::new();
    loop {
        let again = BTreeSet::new();
        let merged = merge(base, other, one, &again, Strategy::Auto, &resolutions);
        let open: Vec<Resolution> = merged
            .open()
            .map(|conflict| Resolution {
                lineage: conflict.lineage,
                attribute: conflict.attribute.clone(),
                choice: Choice::Base,
            })
            .collect();
        if open.is_empty() {
            return merged.result;
        }
        resolutions.extend(open);
    }
}

/// Gives conflicts the ids they had before, and new ones those that follow.
fn number_like(conflicts: &mut [Conflict], before: &[Conflict]) {
    let ids: BTreeMap<(Lineage, &str), i64> = before
        .iter()
        .map(|conflict| ((conflict.lineage, conflict.attribute.as_str()), conflict.id))
        .collect();
    let mut next = before.iter().map(|conflict| conflict.id).max().unwrap_or(0);
    for conflict in &mut *conflicts {
        let known = ids.get(&(conflict.lineage, conflict.attribute.as_str()));
        conflict.id = known.copied().unwrap_or_else(|| {
            next += 1;
            next
        });
    }
    conflicts.sort_by_key(|conflict| conflict.id);
}

/// Merges by conflict, once lineages are paired.
fn merge_paired(sides: Three<&Snapshot>, strategy: Strategy, resolutions: &[Resolution]) -> Merged {
    let mut concerned = sides.base.differing(sides.source);
    concerned.extend(sides.base.differing(sides.target));
    merge_concerned(sides, &concerned, strategy, resolutions)
}

/// Merges those objects; the others are the same on all sides, and stay what they are. Whatever speaks of
/// something that is renamed or dropped has changed with it, on the side that did so.
fn merge_concerned(
    sides: Three<&Snapshot>,
    concerned: &BTreeSet<Lineage>,
    strategy: Strategy,
    resolutions: &[Resolution],
) -> Merged {
    let mut contested = Contested::default();
    loop {
        let mut decisions = Decisions::new(strategy, resolutions);
        let mut names = names::merge_names(sides, concerned, &mut decisions);
        let mut normalised = Three {
            base: normalise::apply(&names.base, sides.base, concerned),
            source: normalise::apply(&names.source, sides.source, concerned),
            target: normalise::apply(&names.target, sides.target, concerned),
        };
        not_null::spell_out(&mut normalised);
        let mut result = sides.target.clone();
        let mut outcomes = Vec::new();
        for lineage in families::parents_first(concerned, sides) {
            families::follow_parents(lineage, &mut normalised, &result, &mut names);
            let mut objects = ObjectMerge {
                sides: normalised.as_ref(),
                names: &names,
                contested: &contested,
                decisions: &mut decisions,
            };
            let (merged, outcome) = objects.merge(lineage);
            match merged {
                Some(definition) => result.insert(lineage, definition),
                None => result.remove(&lineage),
            };
            outcomes.extend(outcome);
        }
        place_owned_sequences(&mut result, concerned);
        for resolution in resolutions {
            if let Choice::Custom(custom) = &resolution.choice {
                let custom = custom
                    .as_deref()
                    .map(|custom| normalise::carried(&names.target, &Arc::new(custom.clone())));
                let target = normalised.target.get(&resolution.lineage);
                customise(&mut result, resolution.lineage, target, custom);
            }
        }
        let dropped = Dropped::new(normalised.as_ref(), &names);
        let dangling = references::dangling(&result, concerned, &dropped);
        let stale = references::stale_queries(&result, normalised.as_ref(), &names);
        let lost = dangling.iter().map(|(_, lost)| *lost);
        if contested.extend(lost.chain(stale.into_iter().map(Lost::Object))) {
            continue;
        }
        references::settle(&mut result, dangling, concerned, &dropped);
        outcomes.sort_by(|a: &ObjectOutcome, b| (&a.key, a.lineage).cmp(&(&b.key, b.lineage)));
        return Merged {
            result,
            objects: outcomes,
            conflicts: decisions.into_conflicts(),
        };
    }
}

/// A sequence is in the schema of the table that owns it, though one side moved the table and the other gave it the sequence.
fn place_owned_sequences(result: &mut Snapshot, concerned: &BTreeSet<Lineage>) {
    for lineage in concerned {
        let Some(definition) = result.get(lineage) else {
            continue;
        };
        let Body::Sequence(sequence) = &definition.body else {
            continue;
        };
        let Some(owner) = &sequence.owned_by else {
            continue;
        };
        if owner.table.schema != sequence.name.schema {
            let mut moved = sequence.clone();
            moved.name.schema.clone_from(&owner.table.schema);
            let moved = Definition {
                body: Body::Sequence(moved),
                ..Definition::clone(definition)
            };
            result.insert(*lineage, Arc::new(moved));
        }
    }
}

/// Makes of an object of the result what a custom resolution made of the target's: only what that changed, so
/// that the other changes of the merge stay.
fn customise(
    result: &mut Snapshot,
    lineage: Lineage,
    target: Option<&Arc<Definition>>,
    custom: Option<Arc<Definition>>,
) {
    let Some(custom) = custom else {
        result.remove(&lineage);
        return;
    };
    let alone = |definition: Option<&Arc<Definition>>| -> Snapshot {
        definition
            .map(|definition| (lineage, Arc::clone(definition)))
            .into_iter()
            .collect()
    };
    let merged = match result.get(&lineage) {
        Some(merged) if target.is_some() => {
            let sides = Three {
                base: &alone(target),
                source: &alone(Some(&custom)),
                target: &alone(Some(merged)),
            };
            let layered = merge_paired(sides, Strategy::SourceWins, &[]).result;
            layered.get(&lineage).map(Arc::clone)
        }
        _ => None,
    };
    result.insert(lineage, merged.unwrap_or(custom));
}

impl Contested {
    /// Adds what was lost. Returns whether any of it is new.
    fn extend(&mut self, lost: impl Iterator<Item = Lost>) -> bool {
        let mut new = false;
        for lost in lost {
            new |= match lost {
                Lost::Object(lineage) => self.objects.insert(lineage),
                Lost::Column(table, id) => self
                    .attributes
                    .entry(table)
                    .or_default()
                    .insert(vec!["columns".to_owned(), id.to_string()]),
            };
        }
        new
    }
}

#[cfg(test)]
mod tests;
