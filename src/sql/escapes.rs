//! Literals under `standard_conforming_strings = off`, where a backslash escapes in plain ones too.

/// The text with every escape in a plain literal replaced by letters, so that the literal ends for the
/// lexer where it ends for a server with `standard_conforming_strings = off`.
pub fn without_escapes(text: &str) -> String {
    let mut masked = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(found) = rest.find(['\'', '"', '-', '/', '$']) {
        let (before, from) = rest.split_at(found);
        masked.push_str(before);
        let length = match from.as_bytes() {
            [b'\'', ..] => {
                let escapes = masked.ends_with(['e', 'E']) && !is_word_before(&masked, 1);
                let length = literal_length(from);
                let literal = &from[..length];
                if escapes {
                    masked.push_str(literal);
                } else {
                    mask_escapes(literal, &mut masked);
                }
                rest = &from[length..];
                continue;
            }
            [b'"', ..] => from[1..].find('"').map_or(from.len(), |end| end + 2),
            [b'-', b'-', ..] => from.find(['\n', '\r']).unwrap_or(from.len()),
            [b'/', b'*', ..] => comment_length(from),
            [b'$', ..] if !is_word_before(&masked, 0) => dollar_length(from),
            _ => 1,
        };
        masked.push_str(&from[..length]);
        rest = &from[length..];
    }
    masked.push_str(rest);
    masked
}

/// Whether the text before its last `back` bytes ends in a word.
fn is_word_before(text: &str, back: usize) -> bool {
    text.len()
        .checked_sub(back + 1)
        .and_then(|last| text.as_bytes().get(last))
        .is_some_and(|byte| byte.is_ascii_alphanumeric() || *byte == b'_' || *byte >= 0x80)
}

/// The length of a literal with escapes, quotes included.
fn literal_length(text: &str) -> usize {
    let mut bytes = text.bytes().enumerate().skip(1);
    while let Some((at, byte)) = bytes.next() {
        match byte {
            b'\\' => {
                bytes.next();
            }
            b'\'' => return at + 1,
            _ => {}
        }
    }
    text.len()
}

/// Appends a literal, with letters in place of its escapes.
fn mask_escapes(literal: &str, masked: &mut String) {
    let mut characters = literal.chars();
    while let Some(character) = characters.next() {
        if character != '\\' {
            masked.push(character);
            continue;
        }
        masked.push('x');
        if let Some(escaped) = characters.next() {
            masked.extend(std::iter::repeat_n('x', escaped.len_utf8()));
        }
    }
}

fn comment_length(text: &str) -> usize {
    let mut depth = 0_usize;
    let mut at = 0;
    while let Some(found) = text.get(at..).and_then(|rest| rest.find(['/', '*'])) {
        at += found;
        let pair = text.as_bytes().get(at..at + 2);
        match pair {
            Some(b"/*") => depth += 1,
            Some(b"*/") => depth -= 1,
            _ => {
                at += 1;
                continue;
            }
        }
        at += 2;
        if depth == 0 {
            return at;
        }
    }
    text.len()
}

/// The length of `$tag$…$tag$`; 1 if a dollar sign is not the start of one.
fn dollar_length(text: &str) -> usize {
    let Some(end) = text[1..].find('$') else {
        return 1;
    };
    let tag = &text[1..=end];
    let named = tag
        .bytes()
        .all(|byte| byte.is_ascii_alphanumeric() || byte == b'_' || byte >= 0x80);
    if !named || tag.starts_with(|first: char| first.is_ascii_digit()) {
        return 1;
    }
    let delimiter = &text[..end + 2];
    text[delimiter.len()..]
        .find(delimiter)
        .map_or(text.len(), |found| found + 2 * delimiter.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn masking_keeps_every_position() {
        for text in [
            r"'\é' x",
            r"'\",
            "$a$ \\ $a$ '\\''",
            "a$1 '\\x'",
            "/* /* '\\ */",
            "--\\'\n'\\'",
        ] {
            assert_eq!(without_escapes(text).len(), text.len(), "{text}");
        }
    }
}
