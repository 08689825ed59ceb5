//! `search_path` values: lists of identifiers, logical for clients and physical for the server.

use super::map::{BranchMap, NameUse, is_system_schema};
use crate::schema::quote::quote_identifier;
use std::fmt;

/// A value of the setting, as it was written: the server shows it so.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SearchPath(String);

impl SearchPath {
    /// `None` if the list is malformed.
    pub fn parse(text: impl Into<String>) -> Option<Self> {
        let text = text.into();
        parse(&text).map(|_| Self(text))
    }

    /// The physical list of a session of `role`, see [`physical`].
    pub fn physical(&self, map: &BranchMap, role: &str) -> Vec<String> {
        physical(map, &parse(&self.0).unwrap_or_default(), role)
    }
}

/// As the server writes the value of `SET search_path TO …` (`flatten_set_variable_args`, `src/backend/utils/misc/guc_funcs.c`).
impl From<Vec<String>> for SearchPath {
    fn from(names: Vec<String>) -> Self {
        Self(format(&names))
    }
}

impl fmt::Display for SearchPath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Splits a value of the setting as `SplitIdentifierString` does (`src/backend/utils/adt/varlena.c`):
/// quoted parts keep their case, others are folded. `None` if the list is malformed.
pub fn parse(value: &str) -> Option<Vec<String>> {
    let mut names = Vec::new();
    let mut rest = value.trim_matches(is_space);
    if rest.is_empty() {
        return Some(names);
    }
    loop {
        let (name, after) = if let Some(quoted) = rest.strip_prefix('"') {
            quoted_identifier(quoted)?
        } else {
            let end = rest
                .find(|c: char| c == ',' || is_space(c))
                .unwrap_or(rest.len());
            let (name, after) = rest.split_at(end);
            if name.is_empty() || name.contains('"') {
                return None;
            }
            (name.to_ascii_lowercase(), after)
        };
        names.push(name);
        let after = after.trim_start_matches(is_space);
        if after.is_empty() {
            return Some(names);
        }
        rest = after.strip_prefix(',')?.trim_start_matches(is_space);
    }
}

/// Reads up to the closing quote; `""` stands for one.
fn quoted_identifier(text: &str) -> Option<(String, &str)> {
    let mut name = String::new();
    let mut rest = text;
    loop {
        let (part, after) = rest.split_once('"')?;
        name.push_str(part);
        match after.strip_prefix('"') {
            Some(after) => {
                name.push('"');
                rest = after;
            }
            None => return Some((name, after)),
        }
    }
}

fn is_space(c: char) -> bool {
    matches!(c, ' ' | '\t' | '\n' | '\r' | '\x0b' | '\x0c')
}

/// The list as a value of the setting, names quoted where they must be.
pub fn format<S: AsRef<str>>(names: &[S]) -> String {
    if names.is_empty() {
        // An empty value would be no identifier at all; PostgreSQL itself shows it so.
        return "\"\"".to_owned();
    }
    let quoted: Vec<_> = names
        .iter()
        .map(|name| quote_identifier(name.as_ref()))
        .collect();
    quoted.join(", ")
}

/// The physical list for a session of `role` that asked for the logical one.
///
/// `$user` becomes the branch's schema of that name if it has one and goes otherwise, since the
/// server would look for it among `main`'s schemas.
pub fn physical(map: &BranchMap, logical: &[String], role: &str) -> Vec<String> {
    if map.is_main() {
        return logical.to_vec();
    }
    logical
        .iter()
        .filter_map(|name| match name.as_str() {
            "$user" => map
                .schemas()
                .find(|(logical, _)| *logical == role)
                .map(|(_, physical)| physical.to_owned()),
            name if name.is_empty() || is_system_schema(name) => Some(name.to_owned()),
            name => Some(map.physical_schema(name, None, NameUse::Read).into_owned()),
        })
        .collect()
}

/// The logical list behind a physical one.
pub fn logical(map: &BranchMap, physical: &[String]) -> Vec<String> {
    physical
        .iter()
        .map(|name| map.logical_schema(name).unwrap_or(name).to_owned())
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::branch::SharedObjects;
    use std::sync::Arc;

    #[test]
    fn values_are_read_as_postgresql_reads_them() {
        let read = |value| parse(value).map(|names| names.join("|"));
        assert_eq!(read("\"$user\", public").as_deref(), Some("$user|public"));
        assert_eq!(read(" App , \"App\" ").as_deref(), Some("app|App"));
        assert_eq!(read("\"a\"\"b\",c").as_deref(), Some("a\"b|c"));
        assert_eq!(read("").as_deref(), Some(""));
        assert_eq!(read("\"\"").as_deref(), Some(""));
        assert_eq!(read("a,"), None);
        assert_eq!(read("\"a"), None);
        assert_eq!(read("a b"), None);
    }

    #[test]
    fn formatted_values_read_back() {
        let names = ["a\"b", "C d", ""].map(String::from);
        assert_eq!(parse(&format(&names)).as_deref(), Some(names.as_slice()));
    }

    #[test]
    fn a_path_is_shown_as_it_was_written() {
        let shown = |text| SearchPath::parse(text).map(|path| path.to_string());
        assert_eq!(shown("a,B , \"B\"").as_deref(), Some("a,B , \"B\""));
        assert_eq!(shown("a,"), None);
        let set = SearchPath::from(["a", "B"].map(String::from).to_vec());
        assert_eq!(set.to_string(), "a, \"B\"");
    }

    #[test]
    fn a_branch_path_never_leads_to_main() {
        let map = BranchMap::new(
            "f",
            2,
            1,
            [("public".to_owned(), "public@f".to_owned())],
            Arc::new(SharedObjects::default()),
        );
        let asked = ["$user", "public", "app", "pg_catalog"].map(String::from);
        assert_eq!(
            physical(&map, &asked, "alice"),
            ["public@f", "app@f", "pg_catalog"]
        );
        assert_eq!(
            logical(&map, &["public@f".to_owned(), "pg_catalog".to_owned()]),
            ["public", "pg_catalog"]
        );
    }
}
