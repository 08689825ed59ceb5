//! The shape of a text: what is left of it without the values of its literals.
//!
//! Texts that differ in literals alone have one shape, and where no value matters, one plan serves them all. Finding
//! the shape follows PostgreSQL's lexer (`src/backend/parser/scan.l`) as far as it must: it knows where literals,
//! quoted names and comments end. Only plain strings and plain numbers are left out; what takes more care to read
//! (escape strings, dollar quotes, exponents) is part of the shape.

use super::plan::{Plan, Statement};
use memchr::memchr;
use std::ops::Range;

/// Stands in a shape for the value of a literal. No text has this byte.
pub const HOLE: u8 = 0;

/// A text, and where the values of its literals are.
#[derive(Debug, PartialEq, Eq)]
pub struct Shape<'a> {
    text: &'a [u8],
    holes: Vec<Hole>,
}

/// The value of a literal: a number, or what is between quotes.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Hole {
    text: Range<usize>,
    /// Where it is in the shape, which has one byte for it.
    shape: usize,
}

impl<'a> Shape<'a> {
    /// `None` if the text ends within a literal or the like. Strings are standard ones, and every byte of a
    /// character that is not ASCII is above ASCII.
    pub fn of(text: &'a [u8]) -> Option<Self> {
        let mut shape = Self::verbatim(text);
        let mut at = 0;
        while let Some(byte) = text.get(at).copied() {
            at = match byte {
                HOLE => return None,
                b'\'' => {
                    let end = quoted(text, at, b'\'')?;
                    shape.leave_out(at + 1..end - 1);
                    end
                }
                b'"' => quoted(text, at, b'"')?,
                b'-' if text.get(at + 1) == Some(&b'-') => line_end(text, at),
                b'/' if text.get(at + 1) == Some(&b'*') => comment_end(text, at)?,
                b'$' => after_dollar(text, at)?,
                b'0'..=b'9' => {
                    let end = number_end(text, at);
                    let joined = at > 0 && text[at - 1] == b'.'
                        || text
                            .get(end)
                            .is_some_and(|after| *after == b'.' || continues_word(*after));
                    if !joined {
                        shape.leave_out(at..end);
                    }
                    end
                }
                _ if starts_word(byte) => after_word(text, at)?,
                _ => at + 1,
            };
        }
        Some(shape)
    }

    /// The text as its own shape.
    pub fn verbatim(text: &'a [u8]) -> Self {
        let holes = Vec::new();
        Self { text, holes }
    }

    pub fn text_len(&self) -> usize {
        self.text.len()
    }

    /// Whether any value is left out.
    pub fn has_holes(&self) -> bool {
        !self.holes.is_empty()
    }

    /// The text between the holes, in order.
    pub fn pieces(&self) -> impl Iterator<Item = &'a [u8]> {
        let text = self.text;
        let ends = self.holes.iter().map(|hole| hole.text.start);
        let starts = self.holes.iter().map(|hole| hole.text.end);
        std::iter::once(0)
            .chain(starts)
            .zip(ends.chain([text.len()]))
            .map(move |(start, end)| text.get(start..end).unwrap_or_default())
    }

    /// The shape itself, a [`HOLE`] for each value.
    pub fn bytes(&self) -> Vec<u8> {
        let pieces: Vec<_> = self.pieces().collect();
        pieces.join(&HOLE)
    }

    /// The plan of this text as one of its shape; `None` if it speaks of what is in a hole.
    pub fn generalised(&self, plan: &Plan) -> Option<Plan> {
        moved(plan, |position| self.in_shape(position))
    }

    /// The plan of a shape as one of this text.
    pub fn fitted(&self, plan: &Plan) -> Option<Plan> {
        moved(plan, |position| Some(self.in_text(position)))
    }

    fn leave_out(&mut self, text: Range<usize>) {
        let shape = match self.holes.last() {
            Some(before) => before.shape + 1 + (text.start - before.text.end),
            None => text.start,
        };
        self.holes.push(Hole { text, shape });
    }

    fn in_shape(&self, position: usize) -> Option<usize> {
        let before = self
            .holes
            .partition_point(|hole| hole.text.start < position);
        match before.checked_sub(1).and_then(|last| self.holes.get(last)) {
            Some(hole) => Some(hole.shape + 1 + position.checked_sub(hole.text.end)?),
            None => Some(position),
        }
    }

    fn in_text(&self, position: usize) -> usize {
        let before = self.holes.partition_point(|hole| hole.shape < position);
        match before.checked_sub(1).and_then(|last| self.holes.get(last)) {
            Some(hole) => hole.text.end + (position - hole.shape - 1),
            None => position,
        }
    }
}

/// The plan with all its positions moved.
fn moved(plan: &Plan, to: impl Fn(usize) -> Option<usize>) -> Option<Plan> {
    let range = |range: &Range<usize>| Some(to(range.start)?..to(range.end)?);
    let statement = |statement: &Statement| {
        let mut moved = statement.clone();
        moved.range = range(&moved.range)?;
        for splice in &mut moved.splices {
            splice.at = range(&splice.at)?;
        }
        Some(moved)
    };
    match plan {
        Plan::Statements(statements) => {
            let moved: Option<_> = statements.iter().map(statement).collect();
            moved.map(Plan::Statements)
        }
        plan => Some(plan.clone()),
    }
}

/// The end of a quoted literal or name. A quote within it is doubled.
fn quoted(text: &[u8], start: usize, quote: u8) -> Option<usize> {
    let mut at = start + 1;
    loop {
        at += memchr(quote, text.get(at..)?)? + 1;
        if text.get(at) != Some(&quote) {
            return Some(at);
        }
        at += 1;
    }
}

/// The end of an escape string, from its quote on.
fn escaped(text: &[u8], start: usize) -> Option<usize> {
    let mut at = start + 1;
    loop {
        match text.get(at)? {
            b'\\' => at += 2,
            b'\'' if text.get(at + 1) == Some(&b'\'') => at += 2,
            b'\'' => return Some(at + 1),
            _ => at += 1,
        }
    }
}

/// The end of a word, and of the literal or name whose kind it says.
fn after_word(text: &[u8], start: usize) -> Option<usize> {
    let end = text
        .get(start..)?
        .iter()
        .position(|byte| !continues_word(*byte))
        .map_or(text.len(), |length| start + length);
    let prefix = (end == start + 1).then(|| text[start].to_ascii_lowercase());
    let end_of_literal = match (prefix, text.get(end..)?) {
        (Some(b'e'), [b'\'', ..]) => escaped(text, end)?,
        (Some(b'b' | b'x' | b'n'), [b'\'', ..]) => quoted(text, end, b'\'')?,
        (Some(b'u'), [b'&', b'\'', ..]) => quoted(text, end + 1, b'\'')?,
        (Some(b'u'), [b'&', b'"', ..]) => return quoted(text, end + 1, b'"'),
        _ => return Some(end),
    };
    // On another line it may go on, under the same rules.
    (next_token(text, end_of_literal) != Some(b'\'')).then_some(end_of_literal)
}

/// The first byte after white space and comments; a slash counts as itself.
fn next_token(text: &[u8], mut at: usize) -> Option<u8> {
    loop {
        match text.get(at)? {
            b' ' | b'\t' | b'\n' | b'\r' | 0x0b | 0x0c => at += 1,
            b'-' if text.get(at + 1) == Some(&b'-') => at = line_end(text, at),
            byte => return Some(*byte),
        }
    }
}

/// The end of a parameter's dollar, of a dollar-quoted literal, or of a dollar that is neither.
fn after_dollar(text: &[u8], start: usize) -> Option<usize> {
    let rest = text.get(start + 1..)?;
    let length = rest
        .iter()
        .position(|byte| *byte == b'$' || !continues_word(*byte))
        .unwrap_or(rest.len());
    if rest.first().is_some_and(u8::is_ascii_digit) {
        return Some(digits_end(text, start + 1));
    }
    let tag_end = start + 1 + length;
    if text.get(tag_end) != Some(&b'$') {
        return Some(start + 1);
    }
    let delimiter = text.get(start..=tag_end)?;
    let content = text.get(tag_end + 1..)?;
    let length = memchr::memmem::find(content, delimiter)?;
    Some(tag_end + 1 + length + delimiter.len())
}

/// The end of digits, and of a fraction.
fn number_end(text: &[u8], start: usize) -> usize {
    let end = digits_end(text, start);
    if text.get(end) == Some(&b'.') && text.get(end + 1).is_some_and(u8::is_ascii_digit) {
        return digits_end(text, end + 1);
    }
    end
}

fn digits_end(text: &[u8], start: usize) -> usize {
    let rest = text.get(start..).unwrap_or_default();
    rest.iter()
        .position(|byte| !byte.is_ascii_digit())
        .map_or(text.len(), |length| start + length)
}

fn line_end(text: &[u8], start: usize) -> usize {
    let rest = text.get(start..).unwrap_or_default();
    memchr::memchr2(b'\n', b'\r', rest).map_or(text.len(), |length| start + length)
}

/// The end of a comment; comments nest.
fn comment_end(text: &[u8], start: usize) -> Option<usize> {
    let mut depth = 0_usize;
    let mut at = start;
    loop {
        match text.get(at..)? {
            [b'/', b'*', ..] => {
                depth += 1;
                at += 2;
            }
            [b'*', b'/', ..] => {
                depth -= 1;
                at += 2;
                if depth == 0 {
                    return Some(at);
                }
            }
            [_, ..] => at += 1,
            [] => return None,
        }
    }
}

fn starts_word(byte: u8) -> bool {
    byte.is_ascii_alphabetic() || byte == b'_' || byte >= 0x80
}

fn continues_word(byte: u8) -> bool {
    starts_word(byte) || byte.is_ascii_digit() || byte == b'$'
}

#[cfg(test)]
mod tests {
    use super::super::plan::{Action, Splice};
    use super::super::tokens::{Kind, Tokens};
    use super::*;
    use proptest::prelude::*;

    fn shape(text: &str) -> Option<String> {
        let shape = Shape::of(text.as_bytes())?;
        Some(String::from_utf8_lossy(&shape.bytes()).replace('\0', "?"))
    }

    #[test]
    fn plain_values_are_left_out_and_all_else_stays() {
        for (text, expected) in [
            (
                "SELECT 1, 2.5, 'a', '', 'it''s'",
                "SELECT ?, ?, '?', '?', '?'",
            ),
            ("a1 = $1 AND t1.c2 = -7", "a1 = $1 AND t1.c2 = -?"),
            (
                "1e5, .5, 1., 0x1F, 1_000, 1abc",
                "1e5, .5, 1., 0x1F, 1_000, 1abc",
            ),
            ("E'a\\'1' 2", "E'a\\'1' ?"),
            (
                "x'1F' b'01' n'1' U&'\\0031' 2",
                "x'1F' b'01' n'1' U&'\\0031' ?",
            ),
            ("\"a'1\" 'b' U&\"d\\0061\"", "\"a'1\" '?' U&\"d\\0061\""),
            ("$$a'1$$ $b$ 1 $ $b$ 2", "$$a'1$$ $b$ 1 $ $b$ ?"),
            (
                "1 -- 2 'a\n3 /* 4 /* ' */ 5 */ 6",
                "? -- 2 'a\n? /* 4 /* ' */ 5 */ ?",
            ),
            (
                "$U&'1' $e'\\'1' $1e'\\'1' $x 2",
                "$U&'1' $e'\\'1' $1e'\\'1' $x ?",
            ),
            ("fe'a' a$b'1'", "fe'?' a$b'?'"),
            ("arr[1:2], (3,4)", "arr[?:?], (?,?)"),
        ] {
            assert_eq!(shape(text).as_deref(), Some(expected));
        }
    }

    #[test]
    fn what_does_not_end_has_no_shape() {
        for text in [
            "'a",
            "\"a",
            "E'a\\'",
            "$$a",
            "/* /* */",
            "E'a'\n'b'",
            "a\0b",
        ] {
            assert_eq!(shape(text), None, "{text}");
        }
    }

    #[test]
    fn a_plan_fits_every_text_of_the_shape() {
        let statement = |range: Range<usize>, at: Range<usize>| {
            Plan::Statements(vec![Statement {
                range,
                splices: vec![Splice {
                    at,
                    with: "x".to_owned(),
                }],
                ..Statement::plain(0..0)
            }])
        };
        let first = Shape::of(b"SELECT 'abc', 12 FROM p.t").expect("has a shape");
        let general = first
            .generalised(&statement(0..25, 22..23))
            .expect("is outside");
        let other = Shape::of(b"SELECT '', 1234567 FROM p.t").expect("has a shape");
        assert_eq!(other.bytes(), first.bytes());
        assert_eq!(other.fitted(&general), Some(statement(0..27, 24..25)));
        assert_eq!(first.fitted(&general), Some(statement(0..25, 22..23)));
        assert_eq!(first.generalised(&statement(0..25, 9..10)), None);
        assert_eq!(Action::None, Statement::plain(0..0).action);
    }

    /// Texts that are hard on a lexer.
    fn text() -> impl Strategy<Value = String> {
        let pieces = prop::sample::select(
            &[
                "'", "''", "'a'", "E'", "e'a\\'b'", "\\", "\"", "\"a\"", "$", "$$", "$a$", "$1",
                "--", "\n", "/*", "*/", "1", "23", "4.5", "6e7", ".", "_", "x", "b'1'", "U&'",
                "U&\"", " ", ";", "(", ")", "::", "é", "-", "e", "u", "0x1", "+", "@", "&", "n'a'",
                "/", "*",
            ][..],
        );
        prop::collection::vec(pieces, 0..14).prop_map(|pieces| pieces.concat())
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(1000))]
        #[test]
        fn what_is_left_out_is_a_literal_to_the_parsers_lexer(text in text()) {
            let (Some(tokens), Some(shape)) = (Tokens::of(&text), Shape::of(text.as_bytes())) else {
                return Ok(());
            };
            for hole in &shape.holes {
                let literal = tokens.all().iter().find(|token| match token.kind {
                    Kind::Iconst | Kind::Fconst => token.start == hole.text.start && token.end == hole.text.end,
                    Kind::Sconst => {
                        text[token.start..].starts_with('\'')
                            && token.start < hole.text.start
                            && hole.text.end < token.end
                    }
                    _ => false,
                });
                // An exponent's digits after its sign are a part of a number.
                let of_exponent = tokens.all().iter().any(|token| {
                    token.kind == Kind::Fconst && token.start < hole.text.start && token.end == hole.text.end
                });
                prop_assert!(literal.is_some() || of_exponent, "{:?} of {:?}", hole.text, text);
            }
        }

        #[test]
        fn no_bytes_make_it_panic(bytes in prop::collection::vec(any::<u8>(), 0..40)) {
            if let Some(shape) = Shape::of(&bytes) {
                let length = shape.bytes().len();
                for position in 0..=length {
                    let there = shape.in_text(position);
                    prop_assert!(there <= bytes.len());
                }
            }
        }
    }
}
