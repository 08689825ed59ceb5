//! What a rename does to the texts that speak of the renamed: the server prints them with the new
//! name from then on, and so must whoever compares texts from before with texts from after.

use super::model::Name;
use super::quote::{qualified, quote_identifier, quote_literal};
use super::token::{Token, TokenKind, rewrite};
use std::borrow::Cow;
use std::collections::BTreeMap;

/// Replaces columns' names in a text that speaks of one table: a constraint, an index, a generated
/// column's expression, a trigger.
///
/// A name is taken for a column where it stands alone, or after `new.` or `old.`; not as a function
/// (`name(…)`), a qualifier (`name.x`), a type (`::name`) or a collation, and never in a string.
pub fn rename_identifiers<'a>(text: &'a str, renames: &BTreeMap<String, String>) -> Cow<'a, str> {
    if !renames.keys().any(|old| text.contains(old.as_str())) {
        return Cow::Borrowed(text);
    }
    rewrite(text, |tokens, at| {
        let TokenKind::Name(name) = &tokens.get(at)?.kind else {
            return None;
        };
        let new = renames.get(name.as_ref())?;
        is_column(tokens, at).then(|| (1, quote_identifier(new).into_owned()))
    })
}

fn is_column(tokens: &[Token<'_>], at: usize) -> bool {
    let before = |back: usize| at.checked_sub(back).and_then(|index| tokens.get(index));
    let follows = tokens
        .get(at + 1)
        .is_some_and(|next| next.is("(") || next.is("."));
    let preceded = before(1).is_some_and(|previous| {
        previous.is("::")
            || previous.is("COLLATE")
            || previous.is(".")
                && !before(2).is_some_and(|row| row.is_name("new") || row.is_name("old"))
    });
    !follows && !preceded
}

/// Replaces schema-qualified names, wherever they stand for an object: `public.users`, and inside
/// `'public.users_id_seq'::regclass`. What is in `schemas` is replaced as a qualifier of any other name.
pub fn rename_objects<'a>(
    text: &'a str,
    objects: &BTreeMap<Name, Name>,
    schemas: &BTreeMap<String, String>,
) -> Cow<'a, str> {
    if objects.is_empty() && schemas.is_empty() {
        return Cow::Borrowed(text);
    }
    rewrite(text, |tokens, at| match &tokens.get(at)?.kind {
        TokenKind::Name(schema) => {
            let qualifies = tokens.get(at + 1)?.is(".")
                && !at
                    .checked_sub(1)
                    .and_then(|index| tokens.get(index))
                    .is_some_and(|previous| previous.is("."));
            let TokenKind::Name(name) = &tokens.get(at + 2)?.kind else {
                return None;
            };
            if !qualifies {
                return None;
            }
            if let Some(new) = objects.get(&Name::new(schema.as_ref(), name.as_ref())) {
                return Some((3, qualified(new)));
            }
            let new = schemas.get(schema.as_ref())?;
            Some((1, quote_identifier(new).into_owned()))
        }
        TokenKind::Literal(inner) => {
            let is_regclass =
                tokens.get(at + 1)?.is("::") && tokens.get(at + 2)?.is_name("regclass");
            match rename_objects(inner, objects, schemas) {
                Cow::Owned(new) if is_regclass => Some((1, quote_literal(&new))),
                _ => None,
            }
        }
        TokenKind::Other(_) => None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn columns(text: &str) -> String {
        let renames = [
            ("name".to_owned(), "Full Name".to_owned()),
            ("a".to_owned(), "b".to_owned()),
            ("b".to_owned(), "a".to_owned()),
        ]
        .into();
        rename_identifiers(text, &renames).into_owned()
    }

    #[test]
    fn columns_are_renamed_where_they_are_columns() {
        for (text, renamed) in [
            ("UNIQUE (name, a)", r#"UNIQUE ("Full Name", b)"#),
            ("CHECK ((a < b))", "CHECK ((b < a))"),
            (
                "CHECK ((name(name) <> 'name'::name))",
                r#"CHECK ((name("Full Name") <> 'name'::name))"#,
            ),
            (
                "USING btree (a COLLATE \"a\" text_ops) WHERE (a IS NOT NULL)",
                "USING btree (b COLLATE \"a\" text_ops) WHERE (b IS NOT NULL)",
            ),
            ("WHEN ((new.a > old.b))", "WHEN ((new.b > old.a))"),
            ("(public.a).x + a", "(public.a).x + b"),
        ] {
            assert_eq!(columns(text), renamed);
        }
    }

    #[test]
    fn objects_are_renamed_where_they_are_qualified() {
        let objects = [
            (Name::new("public", "users"), Name::new("public", "people")),
            (Name::new("public", "s"), Name::new("app", "S")),
        ]
        .into();
        let schemas = [("old".to_owned(), "new".to_owned())].into();
        for (text, renamed) in [
            (
                "FOREIGN KEY (users) REFERENCES public.users(id)",
                "FOREIGN KEY (users) REFERENCES public.people(id)",
            ),
            (
                "nextval('public.s'::regclass)",
                "nextval('app.\"S\"'::regclass)",
            ),
            ("'public.s'::text", "'public.s'::text"),
            ("old.f(x.old.y)", "new.f(x.old.y)"),
            ("public.users[]", "public.people[]"),
        ] {
            assert_eq!(rename_objects(text, &objects, &schemas), renamed);
        }
    }
}
