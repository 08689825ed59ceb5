//! From the physical names of schemas in what the server says back to logical ones, in texts of any kind: messages, printed
//! definitions, the names of objects.

use super::map::BranchMap;
use crate::schema::quote::quote_identifier;
use aho_corasick::{AhoCorasick, MatchKind};
use std::fmt::Write;
use std::sync::OnceLock;

/// Finds the names of one branch's schemas; made when first needed.
#[derive(Clone, Debug, Default)]
pub(super) struct Finder(OnceLock<Option<Patterns>>);

#[derive(Clone, Debug)]
struct Patterns {
    automaton: AhoCorasick,
    /// What the patterns of the automaton mean, by their numbers.
    meanings: Vec<Meaning>,
}

#[derive(Clone, Debug)]
enum Meaning {
    /// A physical schema; its logical name, and how that is written here.
    Schema { logical: String, written: String },
    /// The same as a name in XML has it.
    InXml(String),
    /// The end of physical names of this branch, in front of which is one that it lacks.
    Suffix,
}

impl BranchMap {
    /// Whether any of the branch's physical schemas is named in these bytes.
    pub fn names_physical(&self, bytes: &[u8]) -> bool {
        self.patterns()
            .is_some_and(|patterns| patterns.automaton.is_match(bytes))
    }

    /// The text with the branch's physical schemas by their logical names; `None` if it names none.
    ///
    /// A name counts where it stands for itself and is no part of a longer one. In front of a dot, and where they are all
    /// of the text, quotes are the name's own and go where the logical name needs none; else they may be the text's. Quotes
    /// may be escaped with backslashes, as in arrays and JSON.
    pub fn logical_text(&self, text: &[u8]) -> Option<Vec<u8>> {
        self.rewritten(text, false)
    }

    /// As [`Self::logical_text`], where what ends like a physical name of this branch is the name of a schema, if of one that
    /// it lacks.
    pub fn logical_message(&self, text: &[u8]) -> Option<Vec<u8>> {
        self.rewritten(text, true)
    }

    fn rewritten(&self, text: &[u8], with_missing: bool) -> Option<Vec<u8>> {
        let patterns = self.patterns()?;
        let mut out = Vec::new();
        let mut done = 0;
        for found in patterns.automaton.find_iter(text) {
            let end = found.end();
            let after = text.get(end..)?;
            if after.first().copied().is_some_and(is_of_name) {
                continue;
            }
            let begins = |is_of_name: fn(u8) -> bool| {
                let before = text.get(done..found.start()).unwrap_or_default();
                !before.last().copied().is_some_and(is_of_name)
            };
            let (start, logical, written) =
                match patterns.meanings.get(found.pattern().as_usize())? {
                    Meaning::Schema { logical, written } if begins(is_of_name) => {
                        (found.start(), logical.as_bytes(), written.as_bytes())
                    }
                    Meaning::InXml(logical) if begins(is_of_word) => {
                        (found.start(), logical.as_bytes(), logical.as_bytes())
                    }
                    Meaning::Schema { .. } | Meaning::Suffix if with_missing => {
                        match self.missing(text.get(done..end)?, after) {
                            Some(name) => (end - name.len() - self.suffix().len(), name, name),
                            None => continue,
                        }
                    }
                    _ => continue,
                };
            let before = text.get(done..start)?;
            let quote = trailing_quote(before);
            let closed = after.strip_prefix(quote).filter(|_| !quote.is_empty());
            let is_all = before.len() == quote.len() && done == 0;
            match (closed, std::str::from_utf8(logical)) {
                (Some(rest), Ok(logical))
                    if rest.starts_with(b".") || (is_all && rest.is_empty()) =>
                {
                    out.extend_from_slice(before.get(..before.len() - quote.len())?);
                    put_quoted(&mut out, logical, quote);
                    done = end + quote.len();
                }
                _ => {
                    out.extend_from_slice(before);
                    out.extend_from_slice(written);
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

    /// The logical name at the end of a text that ends in the branch's suffix: all that is quoted, or a word.
    fn missing<'t>(&self, text: &'t [u8], after: &[u8]) -> Option<&'t [u8]> {
        let text = text.strip_suffix(self.suffix().as_bytes())?;
        let is_quoted = after.starts_with(b"\"") || after.starts_with(b"\\");
        let quoted = (text.iter().rposition(|byte| *byte == b'"')).filter(|_| is_quoted);
        let start = match quoted {
            // Quotes around more than a name are the text's.
            Some(quote) if !text.get(quote..)?.iter().any(|byte| b".(".contains(byte)) => quote + 1,
            _ => (text.iter().rposition(|byte| !is_of_word(*byte))).map_or(0, |last| last + 1),
        };
        text.get(start..).filter(|name| !name.is_empty())
    }

    fn suffix(&self) -> String {
        format!("@{}", self.branch())
    }

    fn patterns(&self) -> Option<&Patterns> {
        let made = self.finder().0.get_or_init(|| {
            if self.is_main() {
                return None;
            }
            let mut names = Vec::new();
            let mut meanings = Vec::new();
            for (logical, physical) in self.schemas() {
                // Within quotes, each stands twice, and within arrays and JSON with backslashes.
                let quotes: &[&str] = if physical.contains('"') {
                    &["\"", "\"\"", "\\\"\\\""]
                } else {
                    &["\""]
                };
                for quote in quotes {
                    names.push(physical.replace('"', quote));
                    meanings.push(Meaning::Schema {
                        logical: logical.to_owned(),
                        written: logical.replace('"', quote),
                    });
                }
                names.push(xml_name(physical));
                meanings.push(Meaning::InXml(xml_name(logical)));
            }
            names.push(self.suffix());
            meanings.push(Meaning::Suffix);
            let automaton = AhoCorasick::builder()
                .match_kind(MatchKind::LeftmostLongest)
                .build(names)
                .ok()?;
            Some(Patterns {
                automaton,
                meanings,
            })
        });
        made.as_ref()
    }
}

/// A name as `map_sql_identifier_to_xml_name` writes it (`src/backend/utils/adt/xml.c`), for names of letters that XML knows.
fn xml_name(name: &str) -> String {
    let mut written = String::new();
    for (at, character) in name.char_indices() {
        let rest = name.get(at..).unwrap_or_default();
        let starts_xml =
            at == 0 && (rest.get(..3)).is_some_and(|start| start.eq_ignore_ascii_case("xml"));
        let is_plain = character.is_ascii_alphabetic()
            || !character.is_ascii()
            || character == '_'
            || (at > 0 && (character.is_ascii_digit() || character == '-'));
        if is_plain && !starts_xml && !rest.starts_with("_x") {
            written.push(character);
        } else {
            let _ = write!(written, "_x{:04X}_", u32::from(character));
        }
    }
    written
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
    is_of_word(byte) || b"@~/-".contains(&byte)
}

/// Whether a name may have the byte without quotes.
fn is_of_word(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || !byte.is_ascii() || b"_$".contains(&byte)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::branch::SharedObjects;
    use std::sync::Arc;

    fn feature() -> BranchMap {
        let schemas = ["public", "Odd", "Quo\"ted"];
        let schemas = schemas.map(|name| (name.to_owned(), format!("{name}@feature")));
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
            (
                r#"view "Quo""ted@feature".v, 'Quo"ted@feature'"#,
                r#"view "Quo""ted".v, 'Quo"ted'"#,
            ),
            (
                r#"{"search_path=\"Quo\"\"ted@feature\", \"public@feature\""}"#,
                r#"{"search_path=\"Quo\"\"ted\", \"public\""}"#,
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

    #[test]
    fn messages_name_schemas_that_the_branch_lacks() {
        let map = feature();
        for (text, wanted) in [
            (
                r#"schema "nope@feature" does not exist, skipping"#,
                r#"schema "nope" does not exist, skipping"#,
            ),
            (
                r#"relation "nope@feature.t" does not exist"#,
                r#"relation "nope.t" does not exist"#,
            ),
            (
                "function no_public@feature.f() does not exist",
                "function no_public.f() does not exist",
            ),
            (
                "CREATE specifies a schema (a@feature) different from the one being created (Odd@feature)",
                "CREATE specifies a schema (a) different from the one being created (Odd)",
            ),
            (
                r#"SQL statement "SELECT FROM "my own@feature".t, "nope@feature".u, "public@feature".v""#,
                r#"SQL statement "SELECT FROM "my own".t, nope.u, public.v""#,
            ),
            ("@feature x @feature", "@feature x @feature"),
            ("nope@feature2", "nope@feature2"),
        ] {
            let got = map.logical_message(text.as_bytes());
            let got = got.as_deref().unwrap_or(text.as_bytes());
            assert_eq!(std::str::from_utf8(got), Ok(wanted));
        }
        assert_eq!(map.logical_text(b"joe@feature"), None);
    }

    #[test]
    fn names_in_xml_are_logical() {
        let map = feature();
        let text =
            b"<public_x0040_feature><t/></public_x0040_feature> RowType.d.Odd_x0040_feature.t";
        let wanted = b"<public><t/></public> RowType.d.Odd.t";
        assert_eq!(map.logical_text(text).as_deref(), Some(&wanted[..]));
        assert_eq!(xml_name("xml 1_x-ä"), "_x0078_ml_x0020_1_x005F_x-ä");
    }

    proptest::proptest! {
        #[test]
        fn arbitrary_bytes_never_panic(before: Vec<u8>, after: Vec<u8>) {
            let text = [&before[..], b"\"public@feature\"", &after[..]].concat();
            let map = feature();
            proptest::prop_assert!(map.names_physical(&text));
            let _ = (map.logical_text(&text), map.logical_message(&text));
        }
    }
}
