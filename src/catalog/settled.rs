//! Printed expressions that the server would print otherwise once they had been parsed again.
//!
//! An expression reads the same on every branch only if making it from its text changes nothing. The
//! server's parser moves a cast of an array to the array's elements, so that what it prints for
//! `status IN ('new', 'old')` on a `varchar`, `(ARRAY['new'::character varying, …])::text[]`, comes back as
//! `ARRAY[('new'::character varying)::text, …]`.

use crate::schema::token::{Token, TokenKind, rewrite};
use std::borrow::Cow;

/// The form that a printed expression settles in.
pub(super) fn settled(printed: &str) -> Cow<'_, str> {
    if !printed.contains("(ARRAY[") {
        return Cow::Borrowed(printed);
    }
    rewrite(printed, |tokens, at| cast_of_array(printed, tokens, at))
}

/// `(ARRAY[a, b])::t[]` as `ARRAY[(a)::t, (b)::t]`, and how many tokens it was.
fn cast_of_array(printed: &str, tokens: &[Token<'_>], at: usize) -> Option<(usize, String)> {
    let is = |at: usize, symbol: &str| tokens.get(at).is_some_and(|token| token.is(symbol));
    if !(is(at, "(") && is(at + 1, "ARRAY") && is(at + 2, "[")) {
        return None;
    }
    let mut borders = vec![at + 2];
    let mut depth = 0_usize;
    for (index, token) in tokens.iter().enumerate().skip(at + 3) {
        match token.kind {
            TokenKind::Other("(" | "[") => depth += 1,
            TokenKind::Other("," | "]") if depth == 0 => {
                borders.push(index);
                if token.is("]") {
                    break;
                }
            }
            TokenKind::Other(")" | "]") => depth = depth.checked_sub(1)?,
            _ => {}
        }
    }
    let closing = *borders.last()?;
    let of_type = closing + 3;
    if !(is(closing, "]") && is(closing + 1, ")") && is(closing + 2, "::")) {
        return None;
    }
    let brackets = (of_type..tokens.len())
        .take_while(|at| is_of_type(tokens, *at))
        .last()?
        + 1;
    if !(is(brackets, "[") && is(brackets + 1, "]")) {
        return None;
    }
    let written =
        |from: usize, to: usize| printed.get(tokens.get(from)?.end..tokens.get(to)?.start);
    let element_type = written(closing + 2, brackets)?;
    let mut elements = Vec::new();
    for pair in borders.windows(2) {
        let element = written(*pair.first()?, *pair.last()?)?.trim();
        // The elements of an array of arrays are cast in their turn.
        if element.is_empty() || element.starts_with("ARRAY[") {
            return None;
        }
        elements.push(format!("({})::{element_type}", settled(element)));
    }
    Some((brackets + 2 - at, format!("ARRAY[{}]", elements.join(", "))))
}

/// Whether a token can be part of a type's name: `pg_catalog."char"`, `timestamp(3) with time zone`.
fn is_of_type(tokens: &[Token<'_>], at: usize) -> bool {
    tokens.get(at).is_some_and(|token| match token.kind {
        TokenKind::Name(_) => true,
        TokenKind::Other(written) => {
            matches!(written, "." | "(" | ")" | ",")
                || written.bytes().all(|byte| byte.is_ascii_alphanumeric())
        }
        TokenKind::Literal(_) => false,
    })
}

#[cfg(test)]
mod tests {
    use super::settled;

    #[test]
    fn a_cast_of_an_array_is_one_of_its_elements() {
        for (printed, expected) in [
            (
                "((s)::text = ANY ((ARRAY['a'::character varying, 'b]'::character varying])::text[]))",
                "((s)::text = ANY (ARRAY[('a'::character varying)::text, ('b]'::character varying)::text]))",
            ),
            (
                r#"(ARRAY[f(a, b), (c || d)])::public."My Type"[]"#,
                r#"ARRAY[(f(a, b))::public."My Type", ((c || d))::public."My Type"]"#,
            ),
            (
                "(ARRAY[now()])::timestamp(3) with time zone[]",
                "ARRAY[(now())::timestamp(3) with time zone]",
            ),
            (
                "(ARRAY[g((ARRAY[x])::text[])])::name[]",
                "ARRAY[(g(ARRAY[(x)::text]))::name]",
            ),
        ] {
            assert_eq!(settled(printed), expected);
            assert_eq!(settled(expected), expected);
        }
    }

    #[test]
    fn anything_else_stays() {
        for printed in [
            "(ARRAY[1, 2])[1]",
            "(ARRAY[ARRAY[a], ARRAY[b]])::text[]",
            "'(ARRAY[a])::text[]'::text",
            "ARRAY['a'::text]",
            "(ARRAY[a",
        ] {
            assert_eq!(settled(printed), printed);
        }
    }
}
