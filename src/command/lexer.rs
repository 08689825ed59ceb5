//! Cuts a command's text into lexemes, on sqlparser's tokenizer: white space, comments, strings of
//! every kind and quoted identifiers are PostgreSQL's.
//!
//! Unlike SQL, a bare lexeme runs on through `/`, `-`, `.`, `~` and `@{…}`, so that `feature/login`
//! and `main@{yesterday}~2` need no quotes.

use sqlparser::dialect::PostgreSqlDialect;
use sqlparser::tokenizer::{Location, Token, TokenWithSpan, Tokenizer};

/// A piece of a command.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Lexeme<'a> {
    pub value: Value<'a>,
    /// Byte offset in the text.
    pub start: usize,
    /// Byte offset of what follows.
    pub end: usize,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Value<'a> {
    /// A keyword, name, number or ref, as written.
    Bare(&'a str),
    /// A quoted identifier, without its quotes.
    Quoted(String),
    /// A string, without its quotes.
    Literal(String),
    /// Anything that no command has a use for.
    Other,
}

/// Text that cannot be cut: something was opened and not closed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LexError {
    pub message: &'static str,
    /// Byte offset of what was opened.
    pub start: usize,
}

/// Cuts `text` into lexemes.
pub fn lexemes(text: &str) -> Result<Vec<Lexeme<'_>>, LexError> {
    let dialect = PostgreSqlDialect {};
    let mut cursor = Cursor::new(text);
    let mut tokens: Vec<TokenWithSpan> = Vec::new();
    if Tokenizer::new(&dialect, text)
        .tokenize_with_location_into_buf(&mut tokens)
        .is_err()
    {
        let start = tokens
            .last()
            .map_or(0, |token| cursor.advance_to(token.span.end));
        let message = unterminated(text.get(start..).unwrap_or_default());
        return Err(LexError { message, start });
    }
    let starts: Vec<usize> = tokens
        .iter()
        .map(|token| cursor.advance_to(token.span.start))
        .chain([text.len()])
        .collect();
    let mut lexemes = Vec::new();
    let mut in_braces = false;
    for (TokenWithSpan { token, .. }, range) in tokens.into_iter().zip(starts.windows(2)) {
        let &[start, end] = range else { continue };
        let source = text.get(start..end).unwrap_or_default();
        if in_braces {
            extend(&mut lexemes, text, start, end);
            in_braces = token != Token::RBrace;
            continue;
        }
        let value = match token {
            Token::Whitespace(_) | Token::EOF => continue,
            Token::Word(word) if word.quote_style.is_some() => Value::Quoted(word.value),
            Token::SingleQuotedString(text)
            | Token::EscapedStringLiteral(text)
            | Token::UnicodeStringLiteral(text) => Value::Literal(text),
            Token::DollarQuotedString(text) => Value::Literal(text.value),
            Token::Comma | Token::SemiColon | Token::LParen | Token::RParen => Value::Other,
            _ if source.contains(['\'', '"']) => Value::Other,
            _ => {
                in_braces = token == Token::LBrace;
                extend(&mut lexemes, text, start, end);
                continue;
            }
        };
        lexemes.push(Lexeme { value, start, end });
    }
    Ok(lexemes)
}

/// Lengthens the last lexeme if it is bare and ends here, else begins a new one.
fn extend<'a>(lexemes: &mut Vec<Lexeme<'a>>, text: &'a str, start: usize, end: usize) {
    if let Some(last) = lexemes.last_mut()
        && last.end == start
        && let Value::Bare(bare) = &mut last.value
    {
        *bare = text.get(last.start..end).unwrap_or_default();
        last.end = end;
        return;
    }
    lexemes.push(Lexeme {
        value: Value::Bare(text.get(start..end).unwrap_or_default()),
        start,
        end,
    });
}

/// What PostgreSQL calls an opening without an end.
fn unterminated(rest: &str) -> &'static str {
    if rest.starts_with("/*") {
        "unterminated /* comment"
    } else if rest.starts_with('"') {
        "unterminated quoted identifier"
    } else if rest.starts_with('$') {
        "unterminated dollar-quoted string"
    } else {
        "unterminated quoted string"
    }
}

/// Turns the tokenizer's lines and columns, which only grow, into byte offsets.
struct Cursor<'a> {
    rest: std::str::CharIndices<'a>,
    line: u64,
    column: u64,
}

impl<'a> Cursor<'a> {
    fn new(text: &'a str) -> Self {
        Self {
            rest: text.char_indices(),
            line: 1,
            column: 1,
        }
    }

    fn advance_to(&mut self, location: Location) -> usize {
        while (self.line, self.column) < (location.line, location.column) {
            match self.rest.next() {
                Some((_, '\n')) => {
                    self.line += 1;
                    self.column = 1;
                }
                Some(_) => self.column += 1,
                None => break,
            }
        }
        self.rest.offset()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn values(text: &str) -> Vec<Value<'_>> {
        lexemes(text)
            .expect("lexes")
            .into_iter()
            .map(|lexeme| lexeme.value)
            .collect()
    }

    #[test]
    fn refs_stay_in_one_piece() {
        use Value::Bare;
        assert_eq!(
            values("a/b-1.x ~2 main~3 3f2a 12e4f 0x1f m@{2026-01-01 10:00:00+02}~1"),
            [
                Bare("a/b-1.x"),
                Bare("~2"),
                Bare("main~3"),
                Bare("3f2a"),
                Bare("12e4f"),
                Bare("0x1f"),
                Bare("m@{2026-01-01 10:00:00+02}~1"),
            ]
        );
    }

    #[test]
    fn strings_quotes_and_comments_are_postgresql_s() {
        assert_eq!(
            values("\"A \"\"b\" /* c /* d */ */ 'it''s \\n' -- x\n E'\\n' $t$a $$ b$t$ ;"),
            [
                Value::Quoted("A \"b".to_owned()),
                Value::Literal("it's \\n".to_owned()),
                Value::Literal("\n".to_owned()),
                Value::Literal("a $$ b".to_owned()),
                Value::Other,
            ]
        );
    }

    #[test]
    fn what_is_not_closed_is_located_in_bytes() {
        let error = |text| lexemes(text).expect_err("does not lex");
        assert_eq!(error("é\n é 'x").start, 7);
        assert_eq!(error("a \"x").message, "unterminated quoted identifier");
        assert_eq!(error("a /* x").message, "unterminated /* comment");
        assert_eq!(
            error("a $q$ x").message,
            "unterminated dollar-quoted string"
        );
        assert_eq!(error("a 'x").message, "unterminated quoted string");
    }
}
