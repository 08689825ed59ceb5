//! Which roles a client may log in as by its certificate.
//!
//! The certificate itself has been verified by TLS. PostgreSQL's rule for `cert` holds: the common name is the role's,
//! unless a map says otherwise.

use std::collections::HashSet;

/// A line of a map that says nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("line {line} is not a common name and a role")]
pub struct MapError {
    /// Counted from 1.
    pub line: usize,
}

/// From common names to roles.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RoleMap {
    /// Each name is a role's.
    Same,
    /// These pairs and no others.
    Pairs(HashSet<(String, String)>),
}

impl RoleMap {
    /// Reads a map: a common name and a role on each line, in double quotes where they have blanks; `#` begins a comment.
    pub fn parse(text: &str) -> Result<Self, MapError> {
        let mut pairs = HashSet::new();
        for (line, text) in (1..).zip(text.lines()) {
            let words = words(text).ok_or(MapError { line })?;
            match <[String; 2]>::try_from(words) {
                Ok([name, role]) => pairs.insert((name, role)),
                Err(words) if words.is_empty() => continue,
                Err(_) => return Err(MapError { line }),
            };
        }
        Ok(Self::Pairs(pairs))
    }

    pub fn allows(&self, common_name: &str, role: &str) -> bool {
        match self {
            Self::Same => common_name == role,
            Self::Pairs(pairs) => pairs.contains(&(common_name.to_owned(), role.to_owned())),
        }
    }
}

/// The words of a line; `None` if a quote is left open.
fn words(line: &str) -> Option<Vec<String>> {
    let mut words = Vec::new();
    let mut rest = line.trim_start();
    while !rest.is_empty() && !rest.starts_with('#') {
        let (word, after) = match rest.strip_prefix('"') {
            Some(quoted) => quoted.split_once('"')?,
            None => rest.split_at(
                rest.find(|c: char| c.is_whitespace() || c == '#')
                    .unwrap_or(rest.len()),
            ),
        };
        words.push(word.to_owned());
        rest = after.trim_start();
    }
    Some(words)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_map_says_which_roles_a_name_has() {
        let map = RoleMap::parse(
            "# name  role\n\nada app\nada\treports # both\n  \"Ada Köhler\" \"odd role\"\n",
        )
        .unwrap();
        for (name, role, allowed) in [
            ("ada", "app", true),
            ("ada", "reports", true),
            ("Ada Köhler", "odd role", true),
            ("ada", "ada", false),
            ("app", "ada", false),
        ] {
            assert_eq!(map.allows(name, role), allowed, "{name} as {role}");
        }
    }

    #[test]
    fn without_a_map_the_name_is_the_role() {
        assert!(RoleMap::Same.allows("ada", "ada"));
        assert!(!RoleMap::Same.allows("ada", "postgres"));
        assert!(!RoleMap::Same.allows("Ada", "ada"));
    }

    #[test]
    fn a_line_that_is_no_pair_is_named() {
        for text in ["ada app\nada", "\nada app more", "# fine\n\"ada app"] {
            assert_eq!(RoleMap::parse(text), Err(MapError { line: 2 }), "{text}");
        }
    }
}
