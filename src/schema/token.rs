//! The tokens of a text that the server printed: enough to find names in it.
//!
//! Works on text of any depth, since nothing is parsed. A text that cannot be scanned has no tokens.

use pg_query::protobuf::{KeywordKind, Token as Scanned};
use std::borrow::Cow;

/// Text search functions whose first of several arguments is the name of a configuration, a dictionary or a
/// parser.
pub const SEARCH_FUNCTIONS: &[&str] = &[
    "phraseto_tsquery",
    "plainto_tsquery",
    "to_tsquery",
    "to_tsvector",
    "ts_debug",
    "ts_lexize",
    "ts_parse",
    "websearch_to_tsquery",
];

/// One token and where it stands, in bytes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Token<'a> {
    pub start: usize,
    pub end: usize,
    pub kind: TokenKind<'a>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TokenKind<'a> {
    /// A name, without its quotes. Words that are keywords only in their places are names, too; in
    /// printed text they are written in upper case where they are keywords.
    Name(Cow<'a, str>),
    /// A string constant in single quotes, without them; `E'…'` is [`TokenKind::Other`].
    Literal(Cow<'a, str>),
    /// Anything else, as it is written: `(`, `::`, `REFERENCES`, `$function$…$function$`.
    Other(&'a str),
}

impl Token<'_> {
    pub fn is_name(&self, name: &str) -> bool {
        matches!(&self.kind, TokenKind::Name(text) if text == name)
    }

    pub fn is(&self, symbol: &str) -> bool {
        matches!(self.kind, TokenKind::Other(text) if text == symbol)
    }
}

/// Splits a text into its tokens, comments left out.
pub fn tokens(text: &str) -> Vec<Token<'_>> {
    let Ok(scanned) = pg_query::scan(text) else {
        return Vec::new();
    };
    scanned
        .tokens
        .iter()
        .filter_map(|token| {
            let start = usize::try_from(token.start).ok()?;
            let end = usize::try_from(token.end).ok()?;
            let written = text.get(start..end)?;
            let kind = match token.token() {
                Scanned::SqlComment | Scanned::CComment => return None,
                Scanned::Ident if written.starts_with('"') => {
                    TokenKind::Name(unquote(written, '"'))
                }
                Scanned::Ident => TokenKind::Name(Cow::Borrowed(written)),
                Scanned::Sconst if written.starts_with('\'') => {
                    TokenKind::Literal(unquote(written, '\''))
                }
                _ if matches!(
                    token.keyword_kind(),
                    KeywordKind::UnreservedKeyword
                        | KeywordKind::ColNameKeyword
                        | KeywordKind::TypeFuncNameKeyword
                ) && !written.bytes().any(|byte| byte.is_ascii_uppercase()) =>
                {
                    TokenKind::Name(Cow::Borrowed(written))
                }
                _ => TokenKind::Other(written),
            };
            Some(Token { start, end, kind })
        })
        .collect()
}

/// Takes off the quotes and halves the doubled ones inside.
fn unquote(written: &str, quote: char) -> Cow<'_, str> {
    let inner = written
        .strip_prefix(quote)
        .and_then(|rest| rest.strip_suffix(quote))
        .unwrap_or(written);
    if inner.contains(quote) {
        Cow::Owned(inner.replace(&format!("{quote}{quote}"), &quote.to_string()))
    } else {
        Cow::Borrowed(inner)
    }
}

/// Whether a name occurs in a text, qualified or not.
pub fn mentions(text: &str, name: &str) -> bool {
    text.contains(name) && tokens(text).iter().any(|token| token.is_name(name))
}

/// Writes a text anew with some of its tokens replaced. `replace` sees all tokens and the index of
/// one, and says what to put in place of how many from there on.
pub fn rewrite(
    text: &str,
    replace: impl Fn(&[Token<'_>], usize) -> Option<(usize, String)>,
) -> Cow<'_, str> {
    let tokens = tokens(text);
    let mut written = String::new();
    let mut copied = 0;
    let mut at = 0;
    while let Some(token) = tokens.get(at) {
        let replaced = replace(&tokens, at).filter(|(count, _)| *count > 0);
        let Some((count, new)) = replaced else {
            at += 1;
            continue;
        };
        let last = tokens.get(at + count - 1).unwrap_or(token);
        written.push_str(text.get(copied..token.start).unwrap_or_default());
        written.push_str(&new);
        copied = last.end;
        at += count;
    }
    if copied == 0 {
        return Cow::Borrowed(text);
    }
    written.push_str(text.get(copied..).unwrap_or_default());
    Cow::Owned(written)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_unquoted_and_keywords_in_upper_case_are_none() {
        let text = r#"PRIMARY KEY (key, "a""b", "Select")"#;
        let names: Vec<_> = tokens(text)
            .into_iter()
            .filter_map(|token| match token.kind {
                TokenKind::Name(name) => Some(name.into_owned()),
                _ => None,
            })
            .collect();
        assert_eq!(names, ["key", "a\"b", "Select"]);
    }

    #[test]
    fn a_name_in_a_string_is_not_mentioned() {
        assert!(mentions("(age > 1)", "age"));
        assert!(!mentions("(x = 'age'::text)", "age"));
    }

    #[test]
    fn text_that_cannot_be_scanned_stays_as_it_is() {
        let text = "'never closed";
        assert_eq!(rewrite(text, |_, _| Some((1, String::new()))), text);
    }
}
