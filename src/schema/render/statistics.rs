//! Extended statistics. Their one setting is the `target`, where it is not the columns' own.

use super::script::target;
use crate::schema::model::Definition;

pub(super) fn set(definition: &Definition, name: &str, value: Option<&str>) -> Option<String> {
    let value = value.unwrap_or("-1");
    (name == "target").then(|| format!("ALTER {} SET STATISTICS {value}", target(definition)))
}
