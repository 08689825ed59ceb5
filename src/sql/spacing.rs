//! Keeps what is spliced apart from what stands beside it: `"a"public.t` is two tokens, `"a""public@b".t` one.

use super::plan::Splice;

/// Puts a space wherever the lexer would read a splice and its neighbour as one token. `splices` are sorted; what they
/// replace has been tokens of `text`, or content of its literals.
pub fn keep_apart(text: &str, splices: &mut [Splice]) {
    let text = text.as_bytes();
    // Where the splice before ends, and in what.
    let mut before = (0, [0, 0]);
    let mut rest = splices;
    while let Some((splice, after)) = rest.split_first_mut() {
        let left = match before {
            (end, bytes) if end == splice.at.start && end > 0 => bytes,
            _ => last_two(text.get(..splice.at.start).unwrap_or_default()),
        };
        if joins(left, first(splice.with.as_bytes())) {
            splice.with.insert(0, ' ');
        }
        let mut end = match splice.with.as_bytes() {
            [] => left,
            with => last_two(with),
        };
        let meets_text = after
            .first()
            .is_none_or(|next| next.at.start > splice.at.end);
        let right = text.get(splice.at.end..).unwrap_or_default();
        if meets_text && joins(end, first(right)) {
            splice.with.push(' ');
            end = [0, b' '];
        }
        before = (splice.at.end, end);
        rest = after;
    }
}

/// The last two bytes; zeros where there are none.
fn last_two(bytes: &[u8]) -> [u8; 2] {
    match bytes {
        [.., first, second] => [*first, *second],
        [only] => [0, *only],
        [] => [0, 0],
    }
}

fn first(bytes: &[u8]) -> u8 {
    bytes.first().copied().unwrap_or(0)
}

/// Whether the lexer reads on from what ends so into what begins so.
fn joins(end: [u8; 2], start: u8) -> bool {
    match (end, start) {
        // Quotes are doubled within quotes, and `U&` begins a name or a literal in escapes.
        ([_, b'"'], b'"') | ([_, b'\''], b'\'') | ([b'u' | b'U', b'&'], b'"' | b'\'') => true,
        ([_, end], b'\'') => continues_word(end),
        ([_, end], start) => continues_word(end) && continues_word(start),
    }
}

fn continues_word(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'$') || byte >= 0x80
}

#[cfg(test)]
mod tests {
    use super::super::apply_splices;
    use super::*;

    fn spliced(text: &str, splices: &[(&str, &str)]) -> String {
        let mut splices: Vec<Splice> = splices
            .iter()
            .map(|(replaced, with)| {
                let start = text.find(replaced).expect("is there");
                Splice {
                    at: start..start + replaced.len(),
                    with: (*with).to_owned(),
                }
            })
            .collect();
        keep_apart(text, &mut splices);
        let spliced = apply_splices(text.as_bytes(), &splices);
        String::from_utf8(spliced).expect("utf-8")
    }

    #[test]
    fn what_would_be_one_token_gets_a_space() {
        for (text, replaced, with, expected) in [
            ("\"a\"p.t", "p", "\"q\"", "\"a\" \"q\".t"),
            ("u&p.f()", "p", "\"q\"", "u& \"q\".f()"),
            ("a\"p\"", "\"p\"", "q", "a q"),
            ("a\"p\"", "\"p\"", "q.p", "a q.p"),
            ("'a'p", "p", "'q'", "'a' 'q'"),
            ("p\"a\"", "p", "\"q\"", "\"q\" \"a\""),
            ("\"p\"a", "\"p\"", "q", "q a"),
            ("\"a\"p.\"b\"", "p.", "", "\"a\" \"b\""),
        ] {
            assert_eq!(spliced(text, &[(replaced, with)]), expected, "{text}");
        }
        assert_eq!(
            spliced("p\"o\"", &[("p", "\"q\""), ("\"o\"", "\"r\"")]),
            "\"q\" \"r\""
        );
    }

    #[test]
    fn what_stays_apart_is_left_as_it_is() {
        for (text, replaced, with, expected) in [
            ("SELECT p.t", "p", "\"q\"", "SELECT \"q\".t"),
            ("'p.t'::regclass", "p", "\"q\"", "'\"q\".t'::regclass"),
            ("a&p.t", "p", "\"q\"", "a&\"q\".t"),
            ("a\"p\".t", "\"p\"", "\"q\"", "a\"q\".t"),
            ("(p)", "p", "q", "(q)"),
            ("p", "p", "\"q\"", "\"q\""),
        ] {
            assert_eq!(spliced(text, &[(replaced, with)]), expected, "{text}");
        }
    }
}
