//! Ranges. Their settings are `multirange`, the name of the type of several of them, and on servers where that
//! has an owner of its own, `multirange_owner`.

use crate::schema::model::{Declared, Name};
use crate::schema::quote::{qualified, quote_identifier};

/// What stands within the parentheses of `CREATE TYPE … AS RANGE` beside its functions.
pub(super) fn clauses(declared: &Declared) -> Vec<String> {
    let name = declared.multirange();
    name.map(|name| format!("MULTIRANGE_TYPE_NAME = {}", qualified(&name)))
        .into_iter()
        .collect()
}

/// What brings the multirange from the name that it has to its own.
pub(super) fn set(
    declared: &Declared,
    setting: &str,
    before: Option<Name>,
    value: Option<&str>,
) -> Vec<String> {
    let Some(name) = declared.multirange() else {
        return Vec::new();
    };
    if setting == "multirange_owner" {
        let owner = value.map(quote_identifier);
        let set = owner.map(|owner| format!("ALTER TYPE {} OWNER TO {owner}", qualified(&name)));
        return set.into_iter().collect();
    }
    let Some(mut before) = before else {
        return Vec::new();
    };
    let mut steps = Vec::new();
    if before.name != name.name {
        let new = quote_identifier(&name.name);
        steps.push(format!("ALTER TYPE {} RENAME TO {new}", qualified(&before)));
        before.name.clone_from(&name.name);
    }
    if before.schema != name.schema {
        let new = quote_identifier(&name.schema);
        steps.push(format!(
            "ALTER TYPE {} SET SCHEMA {new}",
            qualified(&before)
        ));
    }
    steps
}
