//! Texts in other encodings than UTF-8, and with other strings than standard ones, made readable for
//! the lexer.
//!
//! What the lexer may trip over is replaced, so that tokens stand where they stood. Names that are not
//! ASCII cannot be told apart then: a plan that depends on one is not made.

use super::escapes::without_escapes;
use super::plan::{Action, Ddl, Plan, Scope, Splice, Statement};
use crate::error::{ErrorReport, SqlState};
use std::borrow::Cow;
use std::ops::Range;

/// A text for the lexer.
#[derive(Debug)]
pub struct Readable<'a> {
    original: &'a [u8],
    pub text: Cow<'a, str>,
    encoding: Encoding,
    /// Some literals have other contents than in the original.
    masked: bool,
}

/// How bytes above ASCII were read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Encoding {
    /// As they are: the text is UTF-8, or ASCII.
    Utf8,
    /// Each byte as the character of that number. Right for LATIN1; for other encodings whose bytes above
    /// ASCII never look like ASCII, good enough to find tokens.
    Bytes { latin1: bool },
    /// Each pair of bytes as a placeholder of two bytes.
    Pairs,
}

/// Encodings that only clients use: the second byte of a character may look like ASCII
/// (PostgreSQL documentation, table 24.3).
fn is_client_only(encoding: &str) -> bool {
    matches!(
        encoding,
        "BIG5" | "GB18030" | "GBK" | "JOHAB" | "SJIS" | "SHIFT_JIS_2004" | "UHC"
    )
}

impl<'a> Readable<'a> {
    /// `None` if the text is not valid in its encoding.
    pub fn of(original: &'a [u8], encoding: &str, standard_strings: bool) -> Option<Self> {
        let utf8 = std::str::from_utf8(original);
        let (text, encoding) = match (utf8, encoding) {
            (Ok(text), "UTF8" | "UNICODE" | "SQL_ASCII") => (Cow::Borrowed(text), Encoding::Utf8),
            (Ok(text), _) if text.is_ascii() => (Cow::Borrowed(text), Encoding::Utf8),
            (_, "UTF8" | "UNICODE") => return None,
            (_, encoding) if is_client_only(encoding) => {
                (Cow::Owned(pairs(original, encoding)), Encoding::Pairs)
            }
            (_, encoding) => {
                let text = original.iter().copied().map(char::from).collect();
                let latin1 = encoding == "LATIN1";
                (Cow::Owned(text), Encoding::Bytes { latin1 })
            }
        };
        let masked = !standard_strings && text.contains('\\');
        Some(Self {
            original,
            text: if masked {
                Cow::Owned(without_escapes(&text))
            } else {
                text
            },
            encoding,
            masked,
        })
    }

    /// A plan for `text`, as one for the original.
    pub fn plan(&self, plan: Plan) -> Plan {
        let Plan::Statements(mut statements) = plan else {
            return plan;
        };
        if self.encoding == Encoding::Utf8 && !self.masked {
            return Plan::Statements(statements);
        }
        let positions = self.positions();
        for statement in &mut statements {
            if let Err(report) = self.statement(statement, &positions) {
                return Plan::Refuse(report);
            }
        }
        Plan::Statements(statements)
    }

    /// For each byte of `text`, where it stands in the original; empty if at the same place.
    fn positions(&self) -> Vec<usize> {
        if !matches!(self.encoding, Encoding::Bytes { .. }) {
            return Vec::new();
        }
        let mut positions = Vec::with_capacity(self.text.len() + 1);
        for (number, character) in self.text.chars().enumerate() {
            positions.extend(std::iter::repeat_n(number, character.len_utf8()));
        }
        positions.push(self.original.len());
        positions
    }

    fn statement(&self, statement: &mut Statement, positions: &[usize]) -> Result<(), ErrorReport> {
        let original = |range: &Range<usize>| {
            let at = |byte: usize| positions.get(byte).copied().unwrap_or(byte);
            at(range.start)..at(range.end)
        };
        statement.range = original(&statement.range);
        for splice in &mut statement.splices {
            splice.at = original(&splice.at);
            self.check(splice)?;
        }
        let exact = matches!(
            self.encoding,
            Encoding::Utf8 | Encoding::Bytes { latin1: true }
        );
        if let Action::Ddl(ddl) = &mut statement.action
            && !exact
        {
            forget_unknown_names(ddl);
        }
        Ok(())
    }

    /// Whether a splice says in the client's encoding what it means to.
    fn check(&self, splice: &Splice) -> Result<(), ErrorReport> {
        let replaced = self.original.get(splice.at.clone()).unwrap_or_default();
        if self.encoding != Encoding::Utf8 && !(splice.with.is_ascii() && replaced.is_ascii()) {
            return Err(not_readable(
                "names that are not ASCII can be used on a branch in UTF-8 only",
                "SET client_encoding = 'UTF8'.",
            ));
        }
        if self.masked && replaced.contains(&b'\\') {
            return Err(not_readable(
                "names in literals with backslashes can be used on a branch in standard strings only",
                "SET standard_conforming_strings = on.",
            ));
        }
        Ok(())
    }
}

fn not_readable(message: &str, hint: &str) -> ErrorReport {
    ErrorReport::new(SqlState::FEATURE_NOT_SUPPORTED, message).with_hint(hint)
}

/// Targets whose names were not read as the server reads them are looked for everywhere instead.
fn forget_unknown_names(ddl: &mut Ddl) {
    let known = |name: &str| name.is_ascii();
    let targets = ddl.targets.len();
    ddl.targets
        .retain(|target| known(&target.name) && target.schema.as_deref().is_none_or(known));
    let schemas_known = match &ddl.scope {
        Scope::Schemas(schemas) => schemas.iter().all(|schema| known(schema)),
        _ => true,
    };
    if ddl.targets.len() < targets || !schemas_known {
        ddl.scope = Scope::Everything;
    }
    if !ddl.summary.is_ascii() {
        ddl.summary = ddl
            .summary
            .replace(|character: char| !character.is_ascii(), "?");
    }
}

/// The text with each character of two bytes replaced by a placeholder that is a letter to the lexer.
fn pairs(text: &[u8], encoding: &str) -> String {
    let single =
        |byte: u8| matches!(encoding, "SJIS" | "SHIFT_JIS_2004") && (0xA1..=0xDF).contains(&byte);
    let mut readable = String::with_capacity(text.len());
    let mut bytes = text.iter().copied();
    while let Some(byte) = bytes.next() {
        match byte {
            0..0x80 => readable.push(char::from(byte)),
            byte if single(byte) || bytes.len() == 0 => readable.push('_'),
            _ => {
                bytes.next();
                readable.push('é');
            }
        }
    }
    readable
}

#[cfg(test)]
mod tests {
    use super::super::tests::branch_map;
    use super::super::{PlanContext, apply_splices};
    use super::*;
    use crate::sql::planner::plan_text;

    fn plan(text: &[u8], encoding: &str, standard: bool) -> Plan {
        let map = branch_map();
        let context = PlanContext {
            map: &map,
            client_encoding: encoding,
            standard_conforming_strings: standard,
            watch_transactions: false,
        };
        plan_text(text, &context)
    }

    #[track_caller]
    fn spliced(text: &[u8], encoding: &str, standard: bool) -> Vec<u8> {
        match plan(text, encoding, standard) {
            Plan::Forward => text.to_vec(),
            Plan::Statements(statements) => {
                let splices: Vec<Splice> = statements
                    .into_iter()
                    .flat_map(|statement| statement.splices)
                    .collect();
                apply_splices(text, &splices)
            }
            Plan::Refuse(report) => panic!("{report}"),
        }
    }

    #[test]
    fn names_are_found_between_characters_of_other_encodings() {
        // Latin-1: one byte; EUC: two high bytes; SJIS: the second byte of a character is a backslash.
        for (encoding, word) in [
            ("LATIN1", &b"\xe9\xe8"[..]),
            ("WIN1251", b"\xe9"),
            ("EUC_JP", b"\xa4\xa2"),
            ("SJIS", b"\x83\x5c\xb1\x95\x5c"),
            ("GBK", b"\x81\x7e"),
            ("GB18030", b"\x81\x30\x81\x30"),
            ("SQL_ASCII", b"\xff"),
        ] {
            let text = [b"SELECT '", word, b"', ", word, b" FROM public.t -- ", word].concat();
            let wanted = [
                b"SELECT '",
                word,
                b"', ",
                word,
                b" FROM \"public@b\".t -- ",
                word,
            ]
            .concat();
            assert_eq!(spliced(&text, encoding, true), wanted, "{encoding}");
        }
    }

    #[test]
    fn names_outside_ascii_are_refused_rather_than_misread() {
        for encoding in ["LATIN1", "WIN1251", "SJIS"] {
            let found = plan(b"SELECT * FROM \xe9\xe8.t", encoding, true);
            assert!(matches!(found, Plan::Refuse(_)), "{encoding}: {found:?}");
        }
        assert!(matches!(
            plan(b"SELECT a.\xff", "UTF8", true),
            Plan::Refuse(_)
        ));
    }

    #[test]
    fn ddl_on_names_that_cannot_be_read_reaches_everything() {
        let Plan::Statements(found) = plan(b"CREATE TYPE \xe9 AS ENUM ('a')", "KOI8R", true) else {
            panic!("no statements");
        };
        let Action::Ddl(ddl) = &found[0].action else {
            panic!("no DDL");
        };
        assert_eq!(ddl.scope, Scope::Everything);
        assert!(ddl.targets.is_empty() && ddl.summary.is_ascii());
    }

    #[test]
    fn escapes_in_plain_literals_do_not_hide_names() {
        let cases = [
            (
                r"SELECT 'a\' FROM public.x, ', 1 FROM public.t",
                r#"SELECT 'a\' FROM public.x, ', 1 FROM "public@b".t"#,
            ),
            (
                r"SELECT E'\'', e'', $$\'$$, '\\', 'it''s' FROM public.t /* ' */",
                r#"SELECT E'\'', e'', $$\'$$, '\\', 'it''s' FROM "public@b".t /* ' */"#,
            ),
            (
                r#"SELECT "a\" FROM public.t"#,
                r#"SELECT "a\" FROM "public@b".t"#,
            ),
        ];
        for (text, wanted) in cases {
            let found = spliced(text.as_bytes(), "UTF8", false);
            assert_eq!(String::from_utf8_lossy(&found), wanted);
        }
        let body = br"DO 'BEGIN PERFORM public.f(''\n''); END'";
        assert!(matches!(plan(body, "UTF8", false), Plan::Refuse(_)));
    }
}
