//! A text as PostgreSQL's lexer sees it: tokens, identifiers, dotted chains of names, statements.
//!
//! Positions are bytes of the text. Comments and whitespace are not tokens.

use crate::branch::map::MAX_IDENTIFIER_BYTES;
use pg_query::protobuf::KeywordKind;
pub use pg_query::protobuf::Token as Kind;
use std::borrow::Cow;
use std::ops::Range;
use std::sync::atomic::{AtomicBool, Ordering};

/// One token.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Token {
    pub start: usize,
    pub end: usize,
    pub kind: Kind,
    keyword: KeywordKind,
}

/// `a.b`, `a . "B".c`, `s.*`, `s.+`: a name with at least one dot, at its start.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Chain {
    /// The tokens of its parts; the last may be `*` or an operator.
    pub parts: Vec<usize>,
    /// The token after the chain.
    pub next: usize,
}

/// A text and its tokens.
#[derive(Debug)]
pub struct Tokens<'a> {
    text: &'a str,
    all: Vec<Token>,
    /// The value of a literal was asked for.
    read: AtomicBool,
}

impl<'a> Tokens<'a> {
    /// `None` where the lexer fails, as on an unterminated literal.
    pub fn of(text: &'a str) -> Option<Self> {
        // `scan_tokens` makes a slice of a null pointer where there is no token at all.
        let blank = |byte: u8| matches!(byte, b' ' | b'\t' | b'\n' | b'\r' | 0x0b | 0x0c);
        if text.bytes().all(blank) {
            return Some(Self::new(text, Vec::new()));
        }
        let scanned = pg_query::scan_tokens(text).ok()?;
        let mut all = Vec::with_capacity(scanned.len());
        for token in scanned {
            let kind = Kind::try_from(token.token).ok()?;
            if matches!(kind, Kind::SqlComment | Kind::CComment | Kind::Nul) {
                continue;
            }
            let start = usize::try_from(token.start).ok()?;
            let end = usize::try_from(token.end).ok()?;
            text.get(start..end)?;
            all.push(Token {
                start,
                end,
                kind,
                keyword: KeywordKind::try_from(token.keyword_kind)
                    .unwrap_or(KeywordKind::NoKeyword),
            });
        }
        Some(Self::new(text, all))
    }

    fn new(text: &'a str, all: Vec<Token>) -> Self {
        Self {
            text,
            all,
            read: AtomicBool::new(false),
        }
    }

    /// Whether anybody has asked for the value of a literal: what was made of the tokens may then be
    /// something else for other values.
    pub fn literals_were_read(&self) -> bool {
        self.read.load(Ordering::Relaxed)
    }

    pub fn text(&self) -> &'a str {
        self.text
    }

    pub fn all(&self) -> &[Token] {
        &self.all
    }

    pub fn len(&self) -> usize {
        self.all.len()
    }

    pub fn kind(&self, index: usize) -> Option<Kind> {
        self.all.get(index).map(|token| token.kind)
    }

    /// The kind of the token `back` before `index`.
    pub fn kind_before(&self, index: usize, back: usize) -> Option<Kind> {
        self.kind(index.checked_sub(back)?)
    }

    /// A token as it is written.
    pub fn source(&self, index: usize) -> &'a str {
        self.all
            .get(index)
            .and_then(|token| self.text.get(token.start..token.end))
            .unwrap_or_default()
    }

    /// The bytes of a token and, for `U&"…" UESCAPE '…'`, of its escape clause.
    pub fn span(&self, index: usize) -> Range<usize> {
        let Some(token) = self.all.get(index) else {
            return self.text.len()..self.text.len();
        };
        let end = self
            .all
            .get(self.after(index) - 1)
            .map_or(token.end, |last| last.end);
        token.start..end
    }

    /// The name that an identifier token stands for: folded, unquoted, cut at an identifier's length.
    /// A keyword stands for its own name. `None` if the token cannot be a name.
    pub fn name(&self, index: usize) -> Option<Cow<'a, str>> {
        let token = self.all.get(index)?;
        let source = self.source(index);
        let name = match token.kind {
            Kind::Uident => {
                let escape = if self.after(index) > index + 1 {
                    self.string(index + 2)?.chars().next()?
                } else {
                    '\\'
                };
                let quoted = source.get(3..source.len().checked_sub(1)?)?;
                Cow::Owned(unicode_unescape(&quoted.replace("\"\"", "\""), escape)?)
            }
            Kind::Ident if source.starts_with('"') => {
                let quoted = source.get(1..source.len().checked_sub(1)?)?;
                if quoted.contains('"') {
                    Cow::Owned(quoted.replace("\"\"", "\""))
                } else {
                    Cow::Borrowed(quoted)
                }
            }
            Kind::Ident => folded(source),
            _ if token.keyword != KeywordKind::NoKeyword => folded(source),
            _ => return None,
        };
        Some(cut(name))
    }

    /// Whether the token stands for this (lower-case) word, quoted or not.
    pub fn is_name(&self, index: usize, name: &str) -> bool {
        self.name(index).is_some_and(|found| found == name)
    }

    /// The value of a string literal: `'…'`, `E'…'`, `$$…$$`. `None` for other tokens and for
    /// literals in several pieces. Nobody may find out a literal's value in another way.
    pub fn string(&self, index: usize) -> Option<Cow<'a, str>> {
        if self.kind(index)? != Kind::Sconst {
            return None;
        }
        self.read.store(true, Ordering::Relaxed);
        super::literals::value(self.source(index))
    }

    /// The index of the first token at or after a position.
    pub fn at_or_after(&self, position: usize) -> usize {
        self.all.partition_point(|token| token.start < position)
    }

    /// The token that starts at a position.
    pub fn starting_at(&self, position: usize) -> Option<usize> {
        self.all
            .binary_search_by_key(&position, |token| token.start)
            .ok()
    }

    /// Whether a token can be the first part of a dotted name.
    fn can_start_chain(&self, index: usize) -> bool {
        self.all.get(index).is_some_and(|token| {
            matches!(token.kind, Kind::Ident | Kind::Uident)
                || !matches!(
                    token.keyword,
                    KeywordKind::NoKeyword | KeywordKind::ReservedKeyword
                )
        })
    }

    /// The token after a name, its `UESCAPE` clause included.
    pub fn after(&self, index: usize) -> usize {
        let escaped = self.kind(index) == Some(Kind::Uident)
            && self.kind(index + 1) == Some(Kind::Uescape)
            && self.kind(index + 2) == Some(Kind::Sconst);
        if escaped { index + 3 } else { index + 1 }
    }

    /// All dotted names whose first token is in `range`.
    pub fn chains(&self, range: Range<usize>) -> Vec<Chain> {
        let mut chains = Vec::new();
        let mut index = range.start;
        while index < range.end.min(self.all.len()) {
            let mut next = self.after(index);
            if self.kind(next) != Some(Kind::Ascii46)
                || !self.can_start_chain(index)
                || self.kind_before(index, 1) == Some(Kind::Ascii46)
            {
                index += 1;
                continue;
            }
            let mut parts = vec![index];
            while self.kind(next) == Some(Kind::Ascii46) {
                let part = next + 1;
                let named = self.name(part).is_some();
                if !named && !self.is_operator(part) {
                    break;
                }
                parts.push(part);
                next = self.after(part);
                if !named {
                    break;
                }
            }
            if parts.len() > 1 {
                chains.push(Chain { parts, next });
            }
            index = next;
        }
        chains
    }

    /// The operator at a token, by the name that the catalogs have it by.
    pub fn operator(&self, index: usize) -> Option<&'a str> {
        match self.kind(index)? {
            Kind::NotEquals => Some("<>"),
            _ => self.is_operator(index).then(|| self.source(index)),
        }
    }

    fn is_operator(&self, index: usize) -> bool {
        self.kind(index).is_some_and(|kind| {
            matches!(
                kind,
                Kind::Op
                    | Kind::Ascii37
                    | Kind::Ascii42
                    | Kind::Ascii43
                    | Kind::Ascii45
                    | Kind::Ascii47
                    | Kind::Ascii60
                    | Kind::Ascii61
                    | Kind::Ascii62
                    | Kind::Ascii94
                    | Kind::LessEquals
                    | Kind::GreaterEquals
                    | Kind::NotEquals
            )
        })
    }

    /// The parenthesis that closes the one at a token.
    pub fn closing(&self, open: usize) -> Option<usize> {
        let mut depth = 0_usize;
        (open..self.len()).find(|index| {
            match self.kind(*index) {
                Some(Kind::Ascii40) => depth += 1,
                Some(Kind::Ascii41) => depth = depth.saturating_sub(1),
                _ => {}
            }
            depth == 0
        })
    }

    /// The statements of the text, as ranges of tokens without the semicolons; empty ones left out.
    /// Semicolons in parentheses and in `BEGIN ATOMIC … END` do not separate.
    pub fn statements(&self) -> Vec<Range<usize>> {
        let mut statements = Vec::new();
        let mut start = 0;
        let mut parentheses = 0_usize;
        // Open BEGIN ATOMIC and, within them, CASE: both close with END.
        let mut blocks = 0_usize;
        for (index, token) in self.all.iter().enumerate() {
            match token.kind {
                Kind::Ascii40 => parentheses += 1,
                Kind::Ascii41 => parentheses = parentheses.saturating_sub(1),
                Kind::Atomic if self.kind_before(index, 1) == Some(Kind::BeginP) => blocks += 1,
                Kind::Case if blocks > 0 => blocks += 1,
                Kind::EndP if blocks > 0 => blocks -= 1,
                Kind::Ascii59 if parentheses == 0 && blocks == 0 => {
                    if start < index {
                        statements.push(start..index);
                    }
                    start = index + 1;
                }
                _ => {}
            }
        }
        if start < self.all.len() {
            statements.push(start..self.all.len());
        }
        statements
    }

    /// The bytes from the first to the last token of a range.
    pub fn bytes(&self, tokens: &Range<usize>) -> Range<usize> {
        match (
            self.all.get(tokens.start),
            self.all.get(tokens.end.saturating_sub(1)),
        ) {
            (Some(first), Some(last)) if tokens.start < tokens.end => first.start..last.end,
            _ => self.text.len()..self.text.len(),
        }
    }
}

/// An identifier without quotes, folded as the server does in UTF-8 (`downcase_identifier`).
fn folded(source: &str) -> Cow<'_, str> {
    if source.bytes().any(|byte| byte.is_ascii_uppercase()) {
        Cow::Owned(source.to_ascii_lowercase())
    } else {
        Cow::Borrowed(source)
    }
}

/// Cut at `NAMEDATALEN - 1` bytes, between characters.
fn cut(name: Cow<'_, str>) -> Cow<'_, str> {
    if name.len() <= MAX_IDENTIFIER_BYTES {
        return name;
    }
    let end = name.floor_char_boundary(MAX_IDENTIFIER_BYTES);
    match name {
        Cow::Borrowed(name) => Cow::Borrowed(&name[..end]),
        Cow::Owned(mut name) => {
            name.truncate(end);
            Cow::Owned(name)
        }
    }
}

/// `\0041` and `\+000041`, with an escape character of the text's choice.
fn unicode_unescape(source: &str, escape: char) -> Option<String> {
    let mut units: Vec<u16> = Vec::with_capacity(source.len());
    let mut rest = source.chars();
    while let Some(character) = rest.next() {
        let mut encode = |character: char| {
            units.extend_from_slice(character.encode_utf16(&mut [0; 2]));
        };
        if character != escape {
            encode(character);
            continue;
        }
        let text = rest.as_str();
        if let Some(after) = text.strip_prefix(escape) {
            encode(escape);
            rest = after.chars();
            continue;
        }
        let (digits, after) = match text.strip_prefix('+') {
            Some(long) => (long.get(..6)?, long.get(6..)?),
            None => (text.get(..4)?, text.get(4..)?),
        };
        let code = u32::from_str_radix(digits, 16).ok()?;
        // A surrogate pair may be written as two escapes.
        match u16::try_from(code) {
            Ok(unit) => units.push(unit),
            Err(_) => encode(char::from_u32(code)?),
        }
        rest = after.chars();
    }
    String::from_utf16(&units).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(text: &str) -> Vec<String> {
        let tokens = Tokens::of(text).expect("lexes");
        (0..tokens.len())
            .filter_map(|index| tokens.name(index))
            .map(Cow::into_owned)
            .collect()
    }

    fn chains(text: &str) -> Vec<Vec<String>> {
        let tokens = Tokens::of(text).expect("lexes");
        tokens
            .chains(0..tokens.len())
            .iter()
            .map(|chain| {
                chain
                    .parts
                    .iter()
                    .map(|part| {
                        tokens
                            .name(*part)
                            .map_or_else(|| tokens.source(*part).to_owned(), Cow::into_owned)
                    })
                    .collect()
            })
            .collect()
    }

    #[test]
    fn identifiers_are_read_as_the_server_reads_them() {
        assert_eq!(
            names(r#"Foo "Foo" "a""b" FROM É"#),
            ["foo", "Foo", "a\"b", "from", "É"]
        );
        assert_eq!(names(r#"U&"d\0061t\+000061" x"#), ["data", "x"]);
        assert_eq!(names(r#"U&"d!0061ta!!" UESCAPE '!'"#), ["data!", "uescape"]);
        assert_eq!(names(&"x".repeat(70)), ["x".repeat(63)]);
    }

    #[test]
    fn chains_span_spaces_comments_and_quotes() {
        assert_eq!(
            chains("a.b , \"A\" /* x */ . -- y\n b . C, x"),
            [vec!["a", "b"], vec!["A", "b", "c"]]
        );
        assert_eq!(
            chains("s.* OPERATOR(s.@>) (x).y.z 1.5 a[1].b"),
            [["s", "*"], ["s", "@>"]]
        );
        assert_eq!(chains("U&\"p!0075b\" UESCAPE '!' . t"), [["pub", "t"]]);
    }

    #[test]
    fn texts_without_tokens_are_read() {
        for text in ["", " \t\r\n\u{b}\u{c}", "-- x", "/* x */"] {
            assert!(
                Tokens::of(text).is_some_and(|tokens| tokens.len() == 0),
                "{text:?}"
            );
        }
    }

    #[test]
    fn statements_end_at_semicolons_outside_parentheses_and_atomic_bodies() {
        let text = "SELECT ';'; ; CREATE RULE r AS ON INSERT TO t DO (SELECT 1; SELECT 2); \
                    CREATE FUNCTION f() BEGIN ATOMIC SELECT CASE WHEN true THEN 1 END; SELECT 2; END; SELECT 3";
        let tokens = Tokens::of(text).expect("lexes");
        let statements: Vec<&str> = tokens
            .statements()
            .iter()
            .map(|statement| &text[tokens.bytes(statement)])
            .collect();
        assert_eq!(statements.len(), 4);
        assert!(statements[2].ends_with("END"));
        assert_eq!(statements[3], "SELECT 3");
    }
}
