//! `manual_review`: every object that the source changed awaits a decision of its own.
//!
//! `SOURCE` accepts what the source did to it, together with what the target did, as `source_wins`
//! would merge it; `TARGET` leaves the object as the target has it; `BASE` puts it back to what it was.

use super::decide::{Decisions, Pick, Sides, Subject};
use super::outcome::{Choice, MergeKind, Merged, Resolution};
use super::strategy::Strategy;
use super::three::Three;
use super::{merge_paired, tree};
use crate::schema::model::Definition;
use crate::schema::snapshot::Snapshot;
use serde_json::Value;

/// Merges what has been accepted.
pub fn merge_reviewed(sides: Three<&Snapshot>, resolutions: &[Resolution]) -> Merged {
    let accepted = merge_paired(sides, Strategy::SourceWins, &[]);
    let mut decisions = Decisions::new(Strategy::ManualReview, resolutions);
    let mut adjusted = sides.map(Snapshot::clone);
    for outcome in &accepted.objects {
        let by_source = matches!(
            outcome.kind,
            MergeKind::SourceModified | MergeKind::DeletedSource | MergeKind::BothModified
        );
        if !by_source {
            continue;
        }
        let lineage = outcome.lineage;
        let of = sides.objects(lineage);
        let Some(key) = of.key() else { continue };
        let values = of.map(value);
        let pick = decisions.decide(
            Subject { lineage, key: &key },
            "definition",
            Sides {
                base: values.base,
                source: values.source,
                target: values.target,
            },
        );
        // What is not accepted is put as if it had not been done.
        let mut put = |snapshot: fn(&mut Three<Snapshot>) -> &mut Snapshot, from: &Snapshot| {
            let side = snapshot(&mut adjusted);
            match from.get(&lineage) {
                Some(definition) => side.insert(lineage, definition.clone()),
                None => side.remove(&lineage),
            };
        };
        match pick {
            Pick::Source => {}
            Pick::Target => put(|sides| &mut sides.source, sides.base),
            Pick::Base => {
                put(|sides| &mut sides.source, sides.base);
                put(|sides| &mut sides.target, sides.base);
            }
        }
    }
    let customs: Vec<Resolution> = resolutions
        .iter()
        .filter(|resolution| matches!(resolution.choice, Choice::Custom(_)))
        .cloned()
        .collect();
    let merged = merge_paired(adjusted.as_ref(), Strategy::SourceWins, &customs);
    Merged {
        result: merged.result,
        objects: accepted.objects,
        conflicts: decisions.into_conflicts(),
    }
}

fn value(definition: Option<&Definition>) -> Option<Value> {
    definition.map(|definition| tree::from_definition(definition).value())
}
