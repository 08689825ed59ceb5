//! What a rename does to the texts that speak of the renamed: the server prints them with the new
//! name from then on, and so must whoever compares texts from before with texts from after.

use super::model::{Kind, Name};
use super::quote::{qualified, qualified_operator, quote_identifier, quote_literal};
use super::token::{Token, TokenKind, rewrite, tokens};
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

/// Whether a name stands where a column does: by itself, or after `new.` or `old.`.
pub(super) fn is_column(tokens: &[Token<'_>], at: usize) -> bool {
    let before = |back: usize| at.checked_sub(back).and_then(|index| tokens.get(index));
    let follows = tokens
        .get(at + 1)
        .is_some_and(|next| next.is("(") || next.is("."));
    let preceded = before(1).is_some_and(|previous| {
        previous.is("::")
            || previous.is("COLLATE")
            || previous.is("TRIGGER")
            || previous.is("(") && before(2).is_some_and(|function| function.is("EXTRACT"))
            || previous.is("AS")
            || previous.is(".")
                && !before(2).is_some_and(|row| row.is_name("new") || row.is_name("old"))
    });
    !follows && !preceded && !ends_type(tokens, at)
}

/// Whether the name is a later word of a type: `::timestamp without time zone`, `::double precision`.
fn ends_type(tokens: &[Token<'_>], at: usize) -> bool {
    const WORDS: [&str; 9] = [
        "timestamp",
        "time",
        "with",
        "without",
        "zone",
        "double",
        "precision",
        "character",
        "varying",
    ];
    let words = tokens
        .get(..=at)
        .unwrap_or_default()
        .iter()
        .rev()
        .take_while(|token| {
            WORDS
                .iter()
                .any(|word| token.is_name(word) || token.is(word))
        })
        .count();
    let before = |back: usize| {
        (at + 1)
            .checked_sub(words + back)
            .and_then(|at| tokens.get(at))
    };
    words > 0 && before(1).is_some_and(|token| token.is("::"))
}

/// Replaces attributes' names where a field of a value is taken: `(value).attribute`, `(values[1]).attribute`. `renames` are
/// by what holds the value.
pub fn rename_fields<'a>(
    text: &'a str,
    renames: &BTreeMap<String, &BTreeMap<String, String>>,
) -> Cow<'a, str> {
    rewrite(text, |tokens, at| {
        let TokenKind::Name(field) = &tokens.get(at)?.kind else {
            return None;
        };
        if !(tokens.get(at.checked_sub(1)?)?.is(".") && tokens.get(at.checked_sub(2)?)?.is(")")) {
            return None;
        }
        let open = tokens
            .get(..at - 2)?
            .iter()
            .rposition(|token| token.is("("))?;
        let inside = tokens.get(open + 1..at - 2)?;
        let holder = match &inside.first()?.kind {
            TokenKind::Name(name) => name.as_ref(),
            TokenKind::Other(word) => word,
            TokenKind::Literal(_) => return None,
        };
        let is_element = || inside.get(1).is_some_and(|next| next.is("["));
        let new = renames.get(holder)?.get(field.as_ref())?;
        (inside.len() == 1 || is_element()).then(|| (1, quote_identifier(new).into_owned()))
    })
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
    rewrite(text, |tokens, at| object_at(tokens, at, objects, schemas))
}

/// [`rename_objects`] for what makes up an operator class or family, which names families, too: by the names in `families`.
pub fn rename_in_members<'a>(
    text: &'a str,
    objects: &BTreeMap<Name, Name>,
    families: &BTreeMap<Name, Name>,
    schemas: &BTreeMap<String, String>,
) -> Cow<'a, str> {
    rewrite(text, |tokens, at| {
        let before = at.checked_sub(1).and_then(|before| tokens.get(before));
        // `… FAMILY name`, `… FOR ORDER BY name`
        let of_family = before.is_some_and(|before| before.is("FAMILY") || before.is("BY"));
        let names = if of_family { families } else { objects };
        object_at(tokens, at, names, schemas)
    })
}

/// The new name of the object whose name, or the text of it, begins at a token, and how many tokens it
/// takes the place of.
pub(super) fn object_at(
    tokens: &[Token<'_>],
    at: usize,
    objects: &BTreeMap<Name, Name>,
    schemas: &BTreeMap<String, String>,
) -> Option<(usize, String)> {
    match &tokens.get(at)?.kind {
        TokenKind::Name(schema) => {
            let qualifies = tokens.get(at + 1)?.is(".")
                && !at
                    .checked_sub(1)
                    .and_then(|index| tokens.get(index))
                    .is_some_and(|previous| previous.is("."));
            if !qualifies {
                return None;
            }
            match &tokens.get(at + 2)?.kind {
                TokenKind::Name(name) => {
                    if let Some(new) = objects.get(&Name::new(schema.as_ref(), name.as_ref())) {
                        return Some((3, qualified(new)));
                    }
                }
                TokenKind::Other(operator) if is_operator(operator) => {
                    if let Some(new) = objects.get(&Name::new(schema.as_ref(), *operator)) {
                        return Some((3, qualified_operator(new)));
                    }
                }
                _ => return None,
            }
            let new = schemas.get(schema.as_ref())?;
            Some((1, quote_identifier(new).into_owned()))
        }
        TokenKind::Literal(inner) => {
            let is_regclass = tokens.get(at + 1)?.is("::")
                && (["regclass", "regconfig", "regdictionary"].iter())
                    .any(|name| tokens.get(at + 2).is_some_and(|token| token.is_name(name)));
            match rename_objects(inner, objects, schemas) {
                Cow::Owned(new) if is_regclass => Some((1, quote_literal(&new))),
                _ => None,
            }
        }
        TokenKind::Other(_) => None,
    }
}

/// Whether a token can be an operator's name.
pub fn is_operator(token: &str) -> bool {
    !token.is_empty()
        && token
            .bytes()
            .all(|byte| b"+-*/<>=~!@#%^&|`?".contains(&byte))
}

/// The whole `CREATE …` with the created object's own name replaced: what follows the first keyword of
/// its kind.
pub fn with_own_name(definition: &str, kind: Kind, written: &str) -> String {
    if !kind.is_named() {
        return definition.to_owned();
    }
    let keywords = match kind {
        Kind::Routine => vec!["FUNCTION", "PROCEDURE"],
        _ => vec![kind.keyword()],
    };
    let scanned = tokens(definition);
    let named_at = (0..scanned.len()).find_map(|at| {
        keywords.iter().find_map(|keyword| {
            let words: Vec<&str> = keyword.split(' ').collect();
            let found = scanned.get(at..at + words.len())?;
            let same = found.iter().zip(&words).all(|(token, word)| token.is(word));
            same.then_some(at + words.len())
        })
    });
    rewrite(definition, |tokens, at| {
        if named_at != Some(at) {
            return None;
        }
        let qualified = tokens.get(at + 1).is_some_and(|next| next.is("."));
        Some((if qualified { 3 } else { 1 }, written.to_owned()))
    })
    .into_owned()
}

/// [`rename_identifiers`] for a foreign key, which speaks of two tables: `own` are the renames of the
/// table it is on, `referenced` those of the table it points to.
pub fn rename_foreign_key(
    text: &str,
    own: &BTreeMap<String, String>,
    referenced: &BTreeMap<String, String>,
) -> String {
    let Some((before, list, after)) = foreign_key_parts(text) else {
        return rename_identifiers(text, own).into_owned();
    };
    let (before, after) = (
        rename_identifiers(before, own),
        rename_identifiers(after, own),
    );
    format!("{before}{}{after}", rename_identifiers(list, referenced))
}

/// The columns that a foreign key references, as its definition lists them.
pub fn referenced_columns(text: &str) -> Vec<String> {
    let list = foreign_key_parts(text).map_or("", |(_, list, _)| list);
    tokens(list)
        .into_iter()
        .filter_map(|token| match token.kind {
            TokenKind::Name(name) => Some(name.into_owned()),
            _ => None,
        })
        .collect()
}

/// Cuts a foreign key's definition before and after the list behind `REFERENCES`.
fn foreign_key_parts(text: &str) -> Option<(&str, &str, &str)> {
    let tokens = tokens(text);
    let references = tokens.iter().position(|token| token.is("REFERENCES"))?;
    let mut rest = tokens.iter().skip(references);
    let open = rest.find(|token| token.is("("))?;
    let close = rest.find(|token| token.is(")"))?;
    Some((
        text.get(..open.start)?,
        text.get(open.start..close.end)?,
        text.get(close.end..)?,
    ))
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
    fn words_of_types_and_fields_are_not_columns() {
        let renames =
            ["zone", "time", "year", "audit"].map(|name| (name.to_owned(), "x".to_owned()));
        let rename = |text: &str| rename_identifiers(text, &renames.clone().into()).into_owned();
        for (text, renamed) in [
            (
                "CHECK ((zone < '2020-01-01'::timestamp without time zone))",
                "CHECK ((x < '2020-01-01'::timestamp without time zone))",
            ),
            (
                "CHECK ((EXTRACT(year FROM year) > (0)::numeric))",
                "CHECK ((EXTRACT(year FROM x) > (0)::numeric))",
            ),
            (
                "CREATE TRIGGER audit BEFORE UPDATE OF audit ON public.t",
                "CREATE TRIGGER audit BEFORE UPDATE OF x ON public.t",
            ),
        ] {
            assert_eq!(rename(text), renamed);
        }
    }

    #[test]
    fn attributes_are_renamed_where_they_are_fields() {
        let attributes = [("a".to_owned(), "A".to_owned())].into();
        let holders = ["VALUE", "p", "ps"].map(|holder| (holder.to_owned(), &attributes));
        assert_eq!(
            rename_fields(
                "CHECK (((VALUE).a > a.a) OR (p).a = (ps[1]).a AND (q).a > ((p).b).a)",
                &holders.into()
            ),
            r#"CHECK (((VALUE)."A" > a.a) OR (p)."A" = (ps[1])."A" AND (q).a > ((p).b).a)"#
        );
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

    #[test]
    fn an_operator_class_is_told_from_its_family() {
        let renames = |new: &str| [(Name::new("s", "ops"), Name::new("s", new))].into();
        let text = "CREATE OPERATOR CLASS s.c FOR TYPE t USING gist FAMILY s.ops AS \
                    OPERATOR 1 s.ops (t, t) FOR ORDER BY s.ops";
        assert_eq!(
            rename_in_members(text, &renames("o"), &renames("f"), &BTreeMap::new()),
            "CREATE OPERATOR CLASS s.c FOR TYPE t USING gist FAMILY s.f AS \
             OPERATOR 1 s.o (t, t) FOR ORDER BY s.f"
        );
    }

    #[test]
    fn the_two_tables_of_a_foreign_key_are_told_apart() {
        let text = "FOREIGN KEY (id) REFERENCES public.id(id, b) ON DELETE SET NULL (id)";
        let renames = |old: &str, new: &str| [(old.to_owned(), new.to_owned())].into();
        assert_eq!(
            rename_foreign_key(text, &renames("id", "key"), &renames("id", "uid")),
            "FOREIGN KEY (key) REFERENCES public.id(uid, b) ON DELETE SET NULL (key)"
        );
        assert_eq!(referenced_columns(text), ["id", "b"]);
    }
}
