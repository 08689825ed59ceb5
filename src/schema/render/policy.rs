//! Row-level security policies. Their settings are `roles`, `using` and `check`.

use super::script::target;
use crate::schema::model::Definition;
use std::collections::BTreeMap;

/// ` TO … USING (…) WITH CHECK (…)`
pub(super) fn clauses(settings: &BTreeMap<String, String>) -> String {
    let mut clauses = String::new();
    for name in ["roles", "using", "check"] {
        if let Some(clause) = settings.get(name).and_then(|value| clause(name, value)) {
            clauses.push(' ');
            clauses.push_str(&clause);
        }
    }
    clauses
}

pub(super) fn set(definition: &Definition, name: &str, value: &str) -> Option<String> {
    Some(format!(
        "ALTER {} {}",
        target(definition),
        clause(name, value)?
    ))
}

fn clause(name: &str, value: &str) -> Option<String> {
    match name {
        "roles" => Some(format!("TO {value}")),
        "using" => Some(format!("USING ({value})")),
        "check" => Some(format!("WITH CHECK ({value})")),
        _ => None,
    }
}
