//! `union`: what both sides have is kept side by side, where that makes sense.
//!
//! A thing that one side dropped and the other changed stays; labels of both sides are all there; of two grants the wider
//! one counts; and two constraints, indexes, triggers or policies of one name are both kept, the source's under the next
//! free name. Of anything that can only be one way (a type, a default, a query) the conflict remains.

use super::decide::{Decisions, Sides, Subject};
use super::three::Three;
use super::tree::Tree;
use crate::schema::model::{Body, ConstraintKind, Definition, Kind};
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};

/// The attribute that has what both sides want; `None` if there is none.
pub fn both(path: &[String], of: Three<Option<&Tree>>) -> Option<Tree> {
    match (of.source, of.target) {
        (Some(only), None) | (None, Some(only)) => is_member(path).then(|| only.clone()),
        (Some(Tree::Labels(source)), Some(Tree::Labels(target))) => {
            Some(Tree::Labels(labels(source, target)))
        }
        // With and without grant option.
        (Some(Tree::Atom(Value::Bool(source))), Some(Tree::Atom(Value::Bool(target)))) => {
            is_privilege(path).then_some(Tree::Atom(Value::Bool(*source || *target)))
        }
        _ => None,
    }
}

/// Whether it is a thing among others of its kind: there or not.
fn is_member(path: &[String]) -> bool {
    let path: Vec<&str> = path.iter().map(String::as_str).collect();
    matches!(
        path.as_slice(),
        [] | ["columns" | "attributes" | "constraints" | "checks", _]
    ) || is_privilege_of(&path)
}

fn is_privilege(path: &[String]) -> bool {
    let path: Vec<&str> = path.iter().map(String::as_str).collect();
    is_privilege_of(&path)
}

fn is_privilege_of(path: &[&str]) -> bool {
    matches!(
        path,
        [.., "acl", _] | [.., "acl", _, _] | ["column_acls", _, _] | ["column_acls", _, _, _]
    )
}

/// The target's labels in their order, each that only the source has behind the one it follows there.
fn labels(source: &[String], target: &[String]) -> Vec<String> {
    let mut all = target.to_vec();
    for (at, label) in source.iter().enumerate() {
        if !all.contains(label) {
            let before = at.checked_sub(1).and_then(|before| source.get(before));
            let place = before.and_then(|before| all.iter().position(|other| other == before));
            all.insert(place.map_or(0, |place| place + 1), label.clone());
        }
    }
    all
}

/// Whether two things of one name are two things: each side added its own.
pub fn stands_apart(source: &Definition, target: &Definition) -> bool {
    match (&source.body, &target.body) {
        (Body::Index(ours), Body::Index(theirs)) => {
            (&ours.definition, ours.unique) != (&theirs.definition, theirs.unique)
        }
        (Body::Trigger(ours), Body::Trigger(theirs)) => ours.definition != theirs.definition,
        (Body::Declared(ours), Body::Declared(theirs)) => {
            matches!(ours.declares, Kind::Policy | Kind::Statistics)
                && (&ours.statement, &ours.settings) != (&theirs.statement, &theirs.settings)
        }
        _ => false,
    }
}

/// Gives constraints that each side added under one name names of their own: the source's yields.
pub fn part_constraints(
    subject: Subject<'_>,
    trees: &mut Three<Option<Tree>>,
    decisions: &mut Decisions<'_>,
) {
    let constraints = trees
        .as_ref()
        .map(|tree| tree.as_ref().and_then(constraints_of));
    let (Some(ours), Some(theirs)) = (constraints.source, constraints.target) else {
        return;
    };
    let taken: BTreeSet<String> = ours.keys().chain(theirs.keys()).cloned().collect();
    let in_base = |name: &str| constraints.base.is_some_and(|base| base.contains_key(name));
    let mut parted = Vec::new();
    for (name, our) in ours {
        let Some(their) = theirs.get(name).filter(|_| !in_base(name)) else {
            continue;
        };
        let (Some(our), Some(their)) = (definition(our), definition(their)) else {
            continue;
        };
        let one_only = is_primary(our) && is_primary(their);
        if our != their && !one_only {
            let sides = Sides {
                base: None,
                source: Some(our.clone()),
                target: Some(their.clone()),
            };
            if decisions.join(subject, &format!("constraint {name}"), sides) {
                parted.push((name.clone(), free_name(name, |name| taken.contains(name))));
            }
        }
    }
    if let Some(Tree::Map(source)) = &mut trees.source
        && let Some(Tree::Map(constraints)) = source.get_mut("constraints")
    {
        for (name, new) in parted {
            if let Some(constraint) = constraints.remove(&name) {
                constraints.insert(new, constraint);
            }
        }
    }
}

pub fn constraints_of(tree: &Tree) -> Option<&BTreeMap<String, Tree>> {
    match tree {
        Tree::Map(attributes) => match attributes.get("constraints")? {
            Tree::Map(constraints) => Some(constraints),
            _ => None,
        },
        _ => None,
    }
}

pub fn definition(constraint: &Tree) -> Option<&Value> {
    match constraint {
        Tree::Map(attributes) => match attributes.get("definition")? {
            Tree::Atom(value) => Some(value),
            _ => None,
        },
        _ => None,
    }
}

pub fn is_primary(definition: &Value) -> bool {
    definition
        .get("kind")
        .and_then(|kind| serde_json::from_value::<ConstraintKind>(kind.clone()).ok())
        == Some(ConstraintKind::Primary)
}

/// The name as PostgreSQL makes one that is free: with the least number behind it, and no longer than names may be.
pub fn free_name(name: &str, is_taken: impl Fn(&str) -> bool) -> String {
    const LONGEST: usize = 63;
    let mut number = 0_u64;
    loop {
        number += 1;
        let suffix = number.to_string();
        let mut end = name.len().min(LONGEST - suffix.len());
        while !name.is_char_boundary(end) {
            end -= 1;
        }
        let candidate = format!("{}{suffix}", &name[..end]);
        if !is_taken(&candidate) {
            return candidate;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_free_name_is_no_longer_than_names_may_be() {
        assert_eq!(free_name("i", |name| name == "i1"), "i2");
        let long = "ä".repeat(31) + "x";
        let free = free_name(&long, |_| false);
        assert_eq!(free, "ä".repeat(31) + "1");
        assert!(free.len() <= 63);
    }
}
