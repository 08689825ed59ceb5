//! Objects of the kinds that are kept as the statement that makes them. What a kind's settings mean is
//! in a module of its own, found by [`clauses`], [`setting`] and [`replaces`].

use super::script::Script;
use super::step::Hazard;
use super::{policy, rule, statistics};
use crate::schema::change::Alteration;
use crate::schema::model::{Declared, Definition, Kind};

pub(super) fn create(script: &mut Script<'_>, definition: &Definition, declared: &Declared) {
    let statement = format!("{}{}", declared.statement, clauses(declared));
    script.push(&definition.key(), &[], statement);
    for (name, value) in &declared.settings {
        if !is_clause(declared.declares, name) {
            set(script, definition, declared, name, Some(value));
        }
    }
}

pub(super) fn alter(
    script: &mut Script<'_>,
    definition: &Definition,
    declared: &Declared,
    alterations: &[Alteration],
) {
    for alteration in alterations {
        match alteration {
            Alteration::SetDefinition { .. } => {
                let replaced = format!("{}{}", declared.statement, clauses(declared));
                let replaced = match replaced.strip_prefix("CREATE ") {
                    Some(rest) => format!("CREATE OR REPLACE {rest}"),
                    None => replaced,
                };
                script.push(&definition.key(), hazards(declared.declares), replaced);
            }
            Alteration::SetOption { name, value } => {
                set(script, definition, declared, name, value.as_ref());
            }
            Alteration::SetOwner { .. } if !definition.kind().facts().owned => {}
            _ => {
                script.shared_alteration(definition, alteration);
            }
        }
    }
}

fn set(
    script: &mut Script<'_>,
    definition: &Definition,
    declared: &Declared,
    name: &str,
    value: Option<&String>,
) {
    if let Some(sql) = setting(definition, name, value.map(String::as_str)) {
        script.push(&definition.key(), hazards(declared.declares), sql);
    }
}

fn hazards(kind: Kind) -> &'static [Hazard] {
    match kind {
        Kind::Policy => &[Hazard::AuthzUpdate],
        _ => &[],
    }
}

/// Whether an alteration takes dropping the object and making it again.
pub(super) fn replaces(alteration: &Alteration, declared: &Declared) -> bool {
    match (declared.declares, alteration) {
        (kind, Alteration::SetDefinition { .. }) => !kind.facts().replaceable,
        (Kind::Policy, Alteration::SetOption { value: None, .. }) => true,
        _ => false,
    }
}

/// Whether a setting is given where the object is made; else it is set right after.
fn is_clause(kind: Kind, _setting: &str) -> bool {
    kind == Kind::Policy
}

/// The settings that end the statement.
fn clauses(declared: &Declared) -> String {
    match declared.declares {
        Kind::Policy => policy::clauses(&declared.settings),
        _ => String::new(),
    }
}

/// The `ALTER` that gives a setting another value, `None` where it has none to reset it.
fn setting(definition: &Definition, name: &str, value: Option<&str>) -> Option<String> {
    match definition.kind() {
        Kind::Policy => policy::set(definition, name, value?),
        Kind::Rule => rule::set(definition, name, value),
        Kind::Statistics => statistics::set(definition, name, value),
        _ => None,
    }
}
