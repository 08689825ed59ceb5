//! Base types and the shells that they and ranges start as. Settings are what `ALTER TYPE … SET` knows.

use super::script::target;
use crate::schema::model::Name;
use crate::schema::model::{Declared, Definition, ObjectKey};
use crate::schema::quote::qualified;
use std::collections::BTreeMap;

/// `CREATE TYPE …`, for functions that come before the type itself.
pub(super) fn shell(key: &ObjectKey) -> String {
    let name = Name::new(key.schema.as_str(), key.name.as_str());
    format!("CREATE TYPE {}", qualified(&name))
}

/// Whether it is no more than a name.
pub(super) fn is_shell(declared: &Declared) -> bool {
    !declared.statement.ends_with(')')
}

/// What stands within the parentheses of `CREATE TYPE` and can be altered.
pub(super) fn clauses(settings: &BTreeMap<String, String>) -> Vec<String> {
    (settings.iter())
        .map(|(name, value)| format!("{} = {value}", name.to_ascii_uppercase()))
        .collect()
}

pub(super) fn set(definition: &Definition, name: &str, value: Option<&str>) -> String {
    let default = if name == "storage" { "plain" } else { "NONE" };
    let target = target(definition);
    let name = name.to_ascii_uppercase();
    format!("ALTER {target} SET ({name} = {})", value.unwrap_or(default))
}
