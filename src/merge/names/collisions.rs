//! Objects that come to have one name, each from its side.

use super::{Names, own_name, survives};
use crate::merge::decide::{Decisions, Pick, Sides, Subject};
use crate::merge::three::Three;
use crate::merge::union;
use crate::schema::model::{Lineage, Name, ObjectKey};
use crate::schema::snapshot::Snapshot;
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};

/// The places where an object's name must be its own: relations and types overlap.
fn namespaces(key: &ObjectKey, name: &Name) -> Vec<(&'static str, Name, String)> {
    let facts = key.kind.facts();
    if key.kind.is_on_relation() {
        // The relation's own: no two of its triggers have one name.
        let name = Name::new(key.schema.clone(), name.name.clone());
        return vec![(facts.keyword, name, key.qualifier.clone())];
    }
    let spaces = facts.spaces;
    spaces
        .iter()
        .map(|space| (*space, name.clone(), key.qualifier.clone()))
        .collect()
}

/// What has one of the places already, and keeps it: the same on all sides.
fn unconcerned_holder(
    target: &Snapshot,
    concerned: &BTreeSet<Lineage>,
    name: &Name,
    places: &[(&'static str, Name, String)],
) -> Option<Lineage> {
    target
        .named(name)
        .filter(|(_, lineage)| !concerned.contains(lineage))
        .find(|(key, _)| {
            let held = namespaces(key, name);
            held.iter().any(|place| places.contains(place))
        })
        .map(|(_, lineage)| lineage)
}

/// Two objects that come to have one name, each from its side.
pub(super) fn object_collisions(
    lineages: &BTreeSet<Lineage>,
    sides: Three<&Snapshot>,
    decisions: &mut Decisions<'_>,
    names: &mut Names,
) {
    let mut holders: BTreeMap<(&'static str, Name, String), Lineage> = BTreeMap::new();
    let is_target_s = |lineage: &Lineage, name: &Name| {
        sides
            .target
            .get(lineage)
            .is_some_and(|definition| own_name(definition) == *name)
    };
    let named = |names: &Names, lineage: &Lineage| {
        let of = sides.objects(*lineage);
        let name = names.objects.get(lineage)?.clone();
        survives(&of).then_some(())?;
        Some((of, of.key()?, name))
    };
    // Those whose name is the target's come first: they hold it.
    let (theirs, ours): (Vec<_>, Vec<_>) = lineages.iter().partition(|lineage| {
        names
            .objects
            .get(*lineage)
            .is_some_and(|name| is_target_s(lineage, name))
    });
    for lineage in theirs.into_iter().chain(ours) {
        let Some((of, key, name)) = named(names, lineage) else {
            continue;
        };
        let places = namespaces(&key, &name);
        let holder = places
            .iter()
            .find_map(|place| holders.get(place).copied())
            .or_else(|| unconcerned_holder(sides.target, lineages, &name, &places));
        if let Some(holder) = holder {
            let held = sides.objects(holder);
            let text = |name: Option<Name>| name.map(|name| Value::from(name.name));
            let subject = Subject {
                lineage: *lineage,
                key: &key,
            };
            let clash = Sides {
                base: text(of.base.map(own_name)),
                source: text(of.source.map(own_name)),
                target: held.key().map(|key| Value::from(format!("taken by {key}"))),
            };
            let pair = (of.source, held.target);
            if let (Some(ours), Some(theirs)) = pair
                && union::stands_apart(ours, theirs)
                && decisions.join(subject, "name", clash.clone())
            {
                let free = union::free_name(&name.name, |candidate| {
                    let places = namespaces(&key, &Name::new(&name.schema, candidate));
                    let held = |place| holders.contains_key(place);
                    let named = [sides.source, sides.target].into_iter().any(|side| {
                        let key = ObjectKey {
                            name: candidate.to_owned(),
                            ..key.clone()
                        };
                        side.by_key(&key).is_some()
                    });
                    named || places.iter().any(held)
                });
                let free = Name::new(name.schema, free);
                for place in namespaces(&key, &free) {
                    holders.insert(place, *lineage);
                }
                names.objects.insert(*lineage, free);
                continue;
            }
            let pick = decisions.decide(subject, "name", clash);
            let ours = (*lineage, of.target.or(of.base).map(own_name));
            let theirs = (holder, held.base.map(own_name));
            let yields = match pick {
                Pick::Source => vec![theirs],
                Pick::Target => vec![ours],
                Pick::Base => vec![theirs, (*lineage, of.base.map(own_name))],
            };
            for (lineage, name) in yields {
                match name {
                    Some(name) => {
                        names.objects.insert(lineage, name);
                    }
                    None => {
                        names.left_out.insert(lineage);
                    }
                }
            }
        }
        for place in places {
            holders.entry(place).or_insert(*lineage);
        }
    }
}
