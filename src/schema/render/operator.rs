//! Operators and operator families.
//!
//! An operator's settings are `restrict` and `join`, which can be altered, and `commutator` and `negator`,
//! which the server keeps in step: an operator that names its partner is the partner's from then on, and
//! one that is dropped is nobody's. A family's settings are its members outside of classes:
//! `OPERATOR 1 (integer, text)` is `public.< (integer, text)`.

use super::scope::Scope;
use super::script::target;
use crate::schema::model::{Declared, Definition, Kind, Name, ObjectKey};
use crate::schema::token::{TokenKind, tokens};
use std::collections::BTreeMap;

/// What stands within the parentheses of `CREATE OPERATOR` beside its functions and types.
pub(super) fn clauses(settings: &BTreeMap<String, String>) -> Vec<String> {
    let mut clauses: Vec<_> = (settings.iter())
        .map(|(name, value)| format!("{} = {value}", name.to_ascii_uppercase()))
        .collect();
    clauses.sort();
    clauses
}

pub(super) fn set(definition: &Definition, name: &str, value: Option<&str>) -> Option<String> {
    let value = match name {
        "commutator" | "negator" => value?,
        _ => value.unwrap_or("NONE"),
    };
    let target = target(definition);
    let name = name.to_ascii_uppercase();
    Some(format!("ALTER {target} SET ({name} = {value})"))
}

/// Whether the operator that a setting names is made in the same migration, and says the same of itself.
pub(super) fn is_set_by_partner(scope: &Scope<'_>, operator: &Declared, setting: &str) -> bool {
    let types = || {
        let (left, right) = operator.qualifier.split_once(", ")?;
        Some(match setting {
            "commutator" => format!("{right}, {left}"),
            "negator" => operator.qualifier.clone(),
            _ => return None,
        })
    };
    let partner = || {
        let value = operator.settings.get(setting)?;
        let scanned = tokens(value);
        let [_, _, schema, dot, name, _] = scanned.as_slice() else {
            return None;
        };
        let TokenKind::Name(schema) = &schema.kind else {
            return None;
        };
        let key = ObjectKey {
            qualifier: types()?,
            ..ObjectKey::of(
                Kind::Operator,
                &Name::new(schema.as_ref(), value.get(dot.end..name.end)?),
            )
        };
        scope.to.by_key(&key)
    };
    partner()
        .is_some_and(|partner| scope.created.contains(&partner) || scope.rebuilt.contains(&partner))
}

/// Adds, replaces or drops a member of a family.
pub(super) fn set_member(
    definition: &Definition,
    member: &str,
    before: Option<&str>,
    value: Option<&str>,
) -> Vec<String> {
    let target = target(definition);
    let added = value.map(|value| {
        // An operator brings its types along.
        let called = match member.split_once(" (") {
            Some((operator, _)) if operator.starts_with("OPERATOR ") => operator,
            _ => member,
        };
        format!("ALTER {target} ADD {called} {value}")
    });
    (before
        .map(|_| format!("ALTER {target} DROP {member}"))
        .into_iter())
    .chain(added)
    .collect()
}
