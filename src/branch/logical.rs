//! From the physical names of schemas in what the server says back to logical ones, in texts of any kind: messages, printed
//! definitions, the names of objects.

use super::map::BranchMap;
use crate::schema::quote::quote_identifier;
use aho_corasick::{AhoCorasick, MatchKind};
use std::sync::OnceLock;

/// Finds the physical schemas of one branch; made when first needed.
#[derive(Clone, Debug, Default)]
pub(super) struct Finder(OnceLock<Option<AhoCorasick>>);

impl BranchMap {
    /// Whether any of the branch's physical schemas is named in these bytes.
    pub fn names_physical(&self, bytes: &[u8]) -> bool {
        self.automaton()
            .is_some_and(|automaton| automaton.is_match(bytes))
    }

    /// The text with the branch's physical schemas by their logical names; `None` if it names none.
    ///
    /// A name counts where it stands for itself and is no part of a longer one. In front of a dot, and where they are all
    /// of the text, quotes are the name's own and go where the logical name needs none; else they may be the text's. Quotes
    /// may be escaped with backslashes, as in arrays and JSON.
    pub fn logical_text(&self, text: &[u8]) -> Option<Vec<u8>> {
        let automaton = self.automaton()?;
        let mut out = Vec::new();
        let mut done = 0;
        for found in automaton.find_iter(text) {
            let (at, end) = (found.start(), found.end());
            let (before, after) = (text.get(done..at)?, text.get(end..)?);
            let is_part_of_name = before.last().copied().is_some_and(is_of_name)
                || after.first().copied().is_some_and(is_of_name);
            let logical = self.schemas().nth(found.pattern().as_usize());
            let Some((logical, _)) = logical.filter(|_| !is_part_of_name) else {
                continue;
            };
            let quote = trailing_quote(before);
            let closed = after.strip_prefix(quote).filter(|_| !quote.is_empty());
            let is_all = before.len() == quote.len() && done == 0;
            match closed {
                Some(rest) if rest.starts_with(b".") || (is_all && rest.is_empty()) => {
                    out.extend_from_slice(before.get(..before.len() - quote.len())?);
                    put_quoted(&mut out, logical, quote);
                    done = end + quote.len();
                }
                _ => {
                    out.extend_from_slice(before);
                    out.extend_from_slice(logical.as_bytes());
                    done = end;
                }
            }
        }
        if done == 0 {
            return None;
        }
        out.extend_from_slice(text.get(done..)?);
        Some(out)
    }

    fn automaton(&self) -> Option<&AhoCorasick> {
        let made = self.finder().0.get_or_init(|| {
            if self.is_main() {
                return None;
            }
            // Patterns are numbered as `schemas` goes through them.
            AhoCorasick::builder()
                .match_kind(MatchKind::LeftmostLongest)
                .build(self.schemas().map(|(_, physical)| physical))
                .ok()
        });
        made.as_ref()
    }
}

/// The quote, with the backslashes that escape it, at the end of a text; empty if there is none.
fn trailing_quote(text: &[u8]) -> &[u8] {
    let Some(rest) = text.strip_suffix(b"\"") else {
        return &[];
    };
    let kept = rest
        .iter()
        .rposition(|byte| *byte != b'\\')
        .map_or(0, |last| last + 1);
    text.get(kept..).unwrap_or_default()
}

/// Appends a name with the quotes that it needs, each written as `quote`.
fn put_quoted(out: &mut Vec<u8>, name: &str, quote: &[u8]) {
    for byte in quote_identifier(name).bytes() {
        if byte == b'"' {
            out.extend_from_slice(quote);
        } else {
            out.push(byte);
        }
    }
}

/// Whether a byte next to the name of a schema makes it part of a longer one.
fn is_of_name(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || !byte.is_ascii() || b"_$@~/-".contains(&byte)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::branch::SharedObjects;
    use std::sync::Arc;

    fn feature() -> BranchMap {
        let schemas = ["public", "Odd"].map(|name| (name.to_owned(), format!("{name}@feature")));
        BranchMap::new("feature", 2, 1, schemas, Arc::new(SharedObjects::default()))
    }

    #[test]
    fn names_of_the_branchs_own_schemas_are_logical() {
        let map = feature();
        for (text, wanted) in [
            (
                r#"relation "public@feature.nope" does not exist"#,
                r#"relation "public.nope" does not exist"#,
            ),
            (
                r#"view "public@feature".v depends on "Odd@feature"."T""#,
                r#"view public.v depends on "Odd"."T""#,
            ),
            (
                r#"permission denied for schema "public@feature""#,
                r#"permission denied for schema "public""#,
            ),
            ("public@feature", "public"),
            (r#""public@feature""#, "public"),
            (r#""Odd@feature""#, r#""Odd""#),
            ("public@feature2.t", "public@feature2.t"),
            ("x_public@feature.t", "x_public@feature.t"),
            ("{pg_catalog,public@feature}", "{pg_catalog,public}"),
            (
                r#"{"\"public@feature\".t","\"Odd@feature\".t"}"#,
                r#"{"public.t","\"Odd\".t"}"#,
            ),
            (
                r#"{"schema": "public@feature", "check": "f(\"public@feature\".t)"}"#,
                r#"{"schema": "public", "check": "f(public.t)"}"#,
            ),
        ] {
            let changed = map.logical_text(text.as_bytes());
            assert_eq!(changed.is_some(), text != wanted, "{text}");
            let got = changed.as_deref().unwrap_or(text.as_bytes());
            assert_eq!(std::str::from_utf8(got), Ok(wanted));
        }
    }

    proptest::proptest! {
        #[test]
        fn arbitrary_bytes_never_panic(before: Vec<u8>, after: Vec<u8>) {
            let text = [&before[..], b"\"public@feature\"", &after[..]].concat();
            let map = feature();
            proptest::prop_assert!(map.names_physical(&text));
            let _ = map.logical_text(&text);
        }
    }
}
