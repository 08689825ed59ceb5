//! Aliases in a text that has no parse tree.

use super::tokens::{Kind, Tokens};
use std::collections::BTreeSet;
use std::ops::Range;

/// Names that may stand before a column's, found by what stands around them: after `AS`, a closing
/// parenthesis or another name, or as the variable of a loop or the first of a declaration.
pub fn aliases(tokens: &Tokens<'_>, at: &Range<usize>) -> BTreeSet<String> {
    let introduced = |index: usize| match tokens.kind_before(index, 1) {
        Some(Kind::As | Kind::Ascii41 | Kind::Ident | Kind::For | Kind::Declare) => true,
        // The name before may be a keyword where it follows a dot.
        Some(kind) => kind != Kind::Ascii46 && tokens.kind_before(index, 2) == Some(Kind::Ascii46),
        None => false,
    };
    at.clone()
        .filter(|index| {
            tokens.kind(*index) == Some(Kind::Ident)
                && tokens.kind(index + 1) != Some(Kind::Ascii46)
                && introduced(*index)
        })
        .filter_map(|index| tokens.name(index))
        .map(std::borrow::Cow::into_owned)
        .collect()
}

/// Whether a name at that place is a relation's, whatever aliases there are.
pub fn is_relation_place(tokens: &Tokens<'_>, index: usize) -> bool {
    matches!(
        tokens.kind_before(index, 1),
        Some(
            Kind::From
                | Kind::Into
                | Kind::Join
                | Kind::Only
                | Kind::References
                | Kind::Table
                | Kind::Update
        )
    )
}

/// Whether the name from `first` up to `next` is the type in a declaration: `x app.mood := 'sad';`.
pub fn is_type_place(tokens: &Tokens<'_>, first: usize, next: usize) -> bool {
    tokens.kind_before(first, 1) == Some(Kind::Ident)
        && matches!(
            tokens.kind(next),
            Some(Kind::Ascii59 | Kind::ColonEquals | Kind::Default | Kind::Not | Kind::Ascii37)
        )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn aliases_are_told_from_schemas() {
        let text = "SELECT app.id FROM public.t app JOIN app.u AS v ON app.x = v.y, (SELECT 1) w; \
                    FOR r IN SELECT 1 LOOP x app.mood";
        let tokens = Tokens::of(text).expect("lexes");
        let found = aliases(&tokens, &(0..tokens.len()));
        assert_eq!(found, ["app", "r", "v", "w", "x"].map(String::from).into());
    }
}
