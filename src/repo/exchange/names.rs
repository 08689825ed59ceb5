//! Where an object's file goes: names that every file system can hold and keep apart.
//!
//! Lower-case letters, digits and `_ - . , ( )` stand for themselves, a blank is `+`, everything else, capitals
//! included, is `%` and the two digits of each byte: on file systems that ignore case, or take one form of an accented letter
//! for the other, two names are still two files.

use crate::schema::model::{Kind, ObjectKey};
use sha2::{Digest, Sha256};

/// Many file systems allow 255 bytes; this leaves room for an ending, and for the name of a file that is being written.
const MOST_BYTES: usize = 200;

/// Names that Windows keeps for devices, whatever their ending.
const DEVICES: &[&str] = &["con", "prn", "aux", "nul"];
const NUMBERED_DEVICES: &[&str] = &["com", "lpt"];

/// The path of an object's file: `public/table/users.sql`, `public/trigger/users/audit.sql`,
/// `public/routine/add(integer,+integer).sql`.
pub(super) fn path(key: &ObjectKey) -> Vec<String> {
    let kind = serde_json::to_value(key.kind);
    let kind = kind.ok().and_then(|kind| Some(kind.as_str()?.to_owned()));
    let kind = kind.unwrap_or_default();
    if key.kind == Kind::Schema {
        return vec![escaped(&key.name), format!("{kind}.sql")];
    }
    let mut path = vec![escaped(&key.schema), kind];
    let on_relation = key.kind == Kind::Trigger || key.kind.is_on_relation();
    let name = if on_relation {
        path.push(escaped(&key.qualifier));
        key.name.clone()
    } else if key.qualifier.is_empty() && key.kind != Kind::Routine {
        key.name.clone()
    } else {
        format!("{}({})", key.name, key.qualifier)
    };
    path.push(format!("{}.sql", escaped(&name)));
    path
}

fn escaped(name: &str) -> String {
    let mut escaped = String::with_capacity(name.len());
    let last = name.len().saturating_sub(1);
    let device = is_device(name);
    for (at, byte) in name.bytes().enumerate() {
        match byte {
            _ if at == 0 && device => hex(&mut escaped, byte),
            // Hidden files, `.` and `..`; and Windows drops a dot at the end.
            b'.' if at == 0 || at == last => hex(&mut escaped, byte),
            b'a'..=b'z' | b'0'..=b'9' | b'_' | b'-' | b'.' | b',' | b'(' | b')' => {
                escaped.push(char::from(byte));
            }
            b' ' => escaped.push('+'),
            _ => hex(&mut escaped, byte),
        }
    }
    if escaped.len() > MOST_BYTES {
        // No escaped name has a tilde.
        let mut cut = MOST_BYTES - 20;
        while escaped[..cut].ends_with('%') || escaped[..cut - 1].ends_with('%') {
            cut -= 1;
        }
        let digest = ::hex::encode(&Sha256::digest(name.as_bytes())[..8]);
        escaped = format!("{}~{digest}", &escaped[..cut]);
    }
    escaped
}

fn hex(text: &mut String, byte: u8) {
    text.push('%');
    text.push_str(&::hex::encode([byte]));
}

fn is_device(name: &str) -> bool {
    let stem = name.split('.').next().unwrap_or_default();
    let numbered = |device: &&str| {
        let number = stem.strip_prefix(*device).map(str::as_bytes);
        matches!(number, Some([b'0'..=b'9']))
    };
    DEVICES.contains(&stem) || NUMBERED_DEVICES.iter().any(numbered)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::collections::HashMap;

    fn file(kind: Kind, schema: &str, name: &str, qualifier: &str) -> String {
        let key = ObjectKey {
            kind,
            schema: schema.to_owned(),
            name: name.to_owned(),
            qualifier: qualifier.to_owned(),
        };
        path(&key).join("/")
    }

    #[test]
    fn files_are_called_as_their_objects() {
        let cases = [
            (Kind::Schema, "", "app", "", "app/schema.sql"),
            (Kind::Table, "public", "users", "", "public/table/users.sql"),
            (
                Kind::Trigger,
                "public",
                "audit",
                "users",
                "public/trigger/users/audit.sql",
            ),
            (
                Kind::Routine,
                "public",
                "add",
                "integer, integer",
                "public/routine/add(integer,+integer).sql",
            ),
            (Kind::Routine, "public", "f", "", "public/routine/f().sql"),
            (
                Kind::Table,
                "public",
                "Users",
                "",
                "public/table/%55sers.sql",
            ),
            (
                Kind::View,
                "public",
                "../../etc/passwd",
                "",
                "public/view/%2e.%2f..%2fetc%2fpasswd.sql",
            ),
            (Kind::View, "..", "nul", "", "%2e%2e/view/%6eul.sql"),
            (Kind::View, "con.x", "é", "", "%63on.x/view/%c3%a9.sql"),
        ];
        for (kind, schema, name, qualifier, expected) in cases {
            assert_eq!(file(kind, schema, name, qualifier), expected);
        }
    }

    proptest! {
        #[test]
        fn names_stay_apart_and_stay_inside(names in prop::collection::vec("\\PC{1,80}|[a-zA-Z./%+~ ]{1,300}", 1..8)) {
            let mut seen: HashMap<String, String> = HashMap::new();
            for name in names {
                let escaped = escaped(&name);
                prop_assert!(escaped.len() <= MOST_BYTES && !escaped.is_empty());
                prop_assert!(!escaped.contains(['/', '\\', ':', '\0']) && !escaped.starts_with('.'));
                prop_assert_eq!(&escaped, &escaped.to_lowercase());
                if let Some(other) = seen.insert(escaped, name.clone()) {
                    prop_assert_eq!(other, name);
                }
            }
        }
    }
}
