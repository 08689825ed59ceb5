//! Text search dictionaries, whose settings are their options, and configurations, whose settings are the
//! dictionaries by type of token.

use super::script::target;
use crate::schema::model::Definition;
use crate::schema::quote::quote_identifier;
use std::collections::BTreeMap;

/// A dictionary's options within the parentheses of its statement.
pub(super) fn options(settings: &BTreeMap<String, String>) -> Vec<String> {
    (settings.iter())
        .map(|(name, value)| format!("{name} = {value}"))
        .collect()
}

pub(super) fn set_option(definition: &Definition, name: &str, value: Option<&str>) -> String {
    let target = target(definition);
    match value {
        Some(value) => format!("ALTER {target} ({name} = {value})"),
        None => format!("ALTER {target} ({name})"),
    }
}

pub(super) fn set_mapping(
    definition: &Definition,
    token: &str,
    before: Option<&str>,
    dictionaries: Option<&str>,
) -> String {
    let target = target(definition);
    let token = quote_identifier(token);
    match (before, dictionaries) {
        (_, None) => format!("ALTER {target} DROP MAPPING FOR {token}"),
        (None, Some(new)) => format!("ALTER {target} ADD MAPPING FOR {token} WITH {new}"),
        (Some(_), Some(new)) => format!("ALTER {target} ALTER MAPPING FOR {token} WITH {new}"),
    }
}
