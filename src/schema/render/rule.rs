//! Rules. Their one setting is `enabled`: `never`, `on replicas`, `always`, or where it is missing, but on
//! replicas.

use super::script::relation;
use crate::schema::model::{Body, Definition};
use crate::schema::quote::quote_identifier;

pub(super) fn set(definition: &Definition, name: &str, value: Option<&str>) -> Option<String> {
    let Body::Declared(rule) = &definition.body else {
        return None;
    };
    let verb = match (name, value) {
        ("enabled", Some("never")) => "DISABLE",
        ("enabled", Some("on replicas")) => "ENABLE REPLICA",
        ("enabled", Some("always")) => "ENABLE ALWAYS",
        ("enabled", _) => "ENABLE",
        _ => return None,
    };
    let table = relation(definition);
    let name = quote_identifier(&rule.name.name);
    Some(format!("ALTER TABLE {table} {verb} RULE {name}"))
}
