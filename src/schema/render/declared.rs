//! Objects of the kinds that are kept as the statement that makes them. What a kind's settings mean is
//! in a module of its own, found by [`whole`], [`setting`] and [`replaces`].

use super::scope::Scope;
use super::script::Script;
use super::step::Hazard;
use super::{base_type, operator, policy, range, rule, statistics, text_search};
use crate::schema::change::Alteration;
use crate::schema::model::{Body, Declared, Definition, Kind, Lineage, Name};

pub(super) fn create(script: &mut Script<'_>, definition: &Definition, declared: &Declared) {
    script.push(&definition.key(), &[], whole(declared));
    for (name, value) in &declared.settings {
        if declared.declares == Kind::Range {
            for sql in range::set(declared, name, None, Some(value)) {
                script.push(&definition.key(), &[], sql);
            }
        } else if !is_clause(declared.declares, name) {
            set(script, definition, name, None, Some(value));
        }
    }
}

pub(super) fn alter(
    script: &mut Script<'_>,
    scope: &Scope<'_>,
    lineage: Lineage,
    declared: &Declared,
    alterations: &[Alteration],
) {
    let Some(definition) = scope.new_definition(lineage) else {
        return;
    };
    let before = match scope.old(lineage).map(|old| &old.body) {
        Some(Body::Declared(before)) => Some(before),
        _ => None,
    };
    for alteration in alterations {
        match alteration {
            Alteration::SetDefinition { .. } => {
                let replaced = whole(declared);
                let replaced = match replaced.strip_prefix("CREATE ") {
                    Some(rest) if declared.declares.facts().replaceable => {
                        format!("CREATE OR REPLACE {rest}")
                    }
                    _ => replaced,
                };
                script.push(&definition.key(), hazards(declared.declares), replaced);
            }
            Alteration::SetOption { name, .. }
                if declared.declares == Kind::Operator
                    && operator::is_set_by_partner(scope, declared, name) => {}
            Alteration::SetOption { name, value } if declared.declares == Kind::Range => {
                let before = before
                    .and_then(Declared::multirange)
                    .map(|before| Name::new(scope.renames.schema(&before.schema), before.name));
                for sql in range::set(declared, name, before, value.as_deref()) {
                    script.push(&definition.key(), &[], sql);
                }
            }
            Alteration::SetOption { name, value } => {
                let before = before.and_then(|before| before.settings.get(name));
                set(script, definition, name, before, value.as_ref());
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
    name: &str,
    before: Option<&String>,
    value: Option<&String>,
) {
    let [before, value] = [before, value].map(|value| value.map(String::as_str));
    for sql in setting(definition, name, before, value) {
        script.push(&definition.key(), hazards(definition.kind()), sql);
    }
}

fn hazards(kind: Kind) -> &'static [Hazard] {
    match kind {
        Kind::Policy => &[Hazard::AuthzUpdate],
        _ => &[],
    }
}

/// Whether an alteration takes dropping the object and making it again.
pub(super) fn replaces(alteration: &Alteration, old: &Declared, new: &Declared) -> bool {
    match (new.declares, alteration) {
        (Kind::BaseType, Alteration::SetDefinition { .. }) => !base_type::is_shell(old),
        (kind, Alteration::SetDefinition { .. }) => !kind.facts().replaceable,
        (Kind::Policy, Alteration::SetOption { value: None, .. })
        | (Kind::Aggregate, Alteration::SetOption { .. }) => true,
        _ => false,
    }
}

/// Whether a setting is given where the object is made; else it is set right after.
fn is_clause(kind: Kind, _setting: &str) -> bool {
    matches!(
        kind,
        Kind::Policy | Kind::Operator | Kind::BaseType | Kind::TextSearchDictionary
    )
}

/// The statement with the settings that it can hold.
fn whole(declared: &Declared) -> String {
    let statement = declared.statement.as_str();
    let clauses = match declared.declares {
        Kind::Policy => return format!("{statement}{}", policy::clauses(&declared.settings)),
        Kind::Operator => operator::clauses(&declared.settings),
        Kind::Range => range::clauses(declared),
        Kind::BaseType => base_type::clauses(&declared.settings),
        Kind::TextSearchDictionary => text_search::options(&declared.settings),
        _ => Vec::new(),
    };
    match statement.strip_suffix(')') {
        Some(open) if !clauses.is_empty() => {
            let clauses = clauses.join(",\n    ");
            format!("{},\n    {clauses}\n)", open.trim_end())
        }
        _ => statement.to_owned(),
    }
}

/// What gives a setting another value; nothing where there is no statement for that.
fn setting(
    definition: &Definition,
    name: &str,
    before: Option<&str>,
    value: Option<&str>,
) -> Vec<String> {
    let one = |sql: Option<String>| sql.into_iter().collect();
    match definition.kind() {
        Kind::Policy => one(value.and_then(|value| policy::set(definition, name, value))),
        Kind::Operator => one(operator::set(definition, name, value)),
        Kind::OperatorFamily => operator::set_member(definition, name, before, value),
        Kind::BaseType => one(Some(base_type::set(definition, name, value))),
        Kind::TextSearchDictionary => one(Some(text_search::set_option(definition, name, value))),
        Kind::TextSearchConfiguration => one(Some(text_search::set_mapping(
            definition, name, before, value,
        ))),
        Kind::Rule => one(rule::set(definition, name, value)),
        Kind::Statistics => one(statistics::set(definition, name, value)),
        _ => Vec::new(),
    }
}
