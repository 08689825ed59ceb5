//! String literals as the lexer leaves them: their values.

use std::borrow::Cow;

/// The value of a literal as written. `None` for what names are never written in: literals in
/// several pieces, octal, hexadecimal and Unicode escapes.
pub fn value(source: &str) -> Option<Cow<'_, str>> {
    if source.starts_with('$') {
        return dollar_quoted(source).map(|(_, content)| Cow::Borrowed(content));
    }
    let (quoted, escapes) = match source.strip_prefix(['e', 'E']) {
        Some(quoted) => (quoted, true),
        None => (source, false),
    };
    let content = quoted.strip_prefix('\'')?.strip_suffix('\'')?;
    let as_written = !content.contains('\'') && (!escapes || !content.contains('\\'));
    if as_written {
        return Some(Cow::Borrowed(content));
    }
    let mut value = String::with_capacity(content.len());
    let mut characters = content.chars();
    while let Some(character) = characters.next() {
        match character {
            // Two quotes are one; a single one ends a piece, and another follows.
            '\'' => {
                if characters.next()? != '\'' {
                    return None;
                }
                value.push('\'');
            }
            '\\' if escapes => value.push(match characters.next()? {
                'n' => '\n',
                't' => '\t',
                'r' => '\r',
                'b' => '\u{8}',
                'f' => '\u{c}',
                'x' | 'u' | 'U' | '0'..='7' => return None,
                other => other,
            }),
            other => value.push(other),
        }
    }
    Some(Cow::Owned(value))
}

/// The delimiter and the content of `$tag$…$tag$`.
pub fn dollar_quoted(source: &str) -> Option<(&str, &str)> {
    let tag_end = source.get(1..)?.find('$')? + 2;
    let delimiter = source.get(..tag_end)?;
    let content = source.get(tag_end..)?.strip_suffix(delimiter)?;
    Some((delimiter, content))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::schema::quote::quote_literal;

    #[test]
    fn literals_have_the_value_the_server_gives_them() {
        let values = [
            ("'public.t'", Some("public.t")),
            ("'it''s'", Some("it's")),
            (r"'a\b'", Some(r"a\b")),
            (r"E'a\\b\''", Some(r"a\b'")),
            ("$$a'b$$", Some("a'b")),
            ("$x$a$$b$x$", Some("a$$b")),
            ("'a'\n'b'", None),
            (r"E'\x41'", None),
            ("'", None),
            ("$", None),
        ];
        for (source, expected) in values {
            assert_eq!(value(source).as_deref(), expected, "{source}");
        }
    }

    #[test]
    fn quoted_values_read_back() {
        for text in ["", "a'b", r"a\b", r"\'", "\"x@y\".t"] {
            assert_eq!(value(&quote_literal(text)).as_deref(), Some(text));
        }
    }
}
