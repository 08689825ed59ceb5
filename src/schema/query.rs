//! What renames do to a view's query or a rule, as the server prints it from then on.
//!
//! A relation without an alias is called by its new name everywhere in the query, and a column of the
//! result whose source was renamed gets its old name as an alias. What cannot be told from the text
//! (one name for two relations in different subqueries, `USING` of a join) stays as it is.

use super::model::Name;
use super::quote::quote_identifier;
use super::rename::{is_column, object_at};
use super::token::{Token, TokenKind, rewrite, tokens};
use std::borrow::Cow;
use std::collections::BTreeMap;

/// Replaces renamed objects, schemas and columns in a query. `columns` is by the old name of their table.
pub fn rename_in_query<'a>(
    text: &'a str,
    objects: &BTreeMap<Name, Name>,
    schemas: &BTreeMap<String, String>,
    columns: &BTreeMap<Name, BTreeMap<String, String>>,
) -> Cow<'a, str> {
    rename(text, Vec::new(), objects, schemas, columns)
}

/// [`rename_in_query`] for a rule on `table`, whose rows it calls `new` and `old`.
pub fn rename_in_rule<'a>(
    text: &'a str,
    table: &Name,
    objects: &BTreeMap<Name, Name>,
    schemas: &BTreeMap<String, String>,
    columns: &BTreeMap<Name, BTreeMap<String, String>>,
) -> Cow<'a, str> {
    let rows = ["new", "old"].map(|called| Relation {
        name: table.clone(),
        called: called.to_owned(),
        aliased: true,
        written: None,
    });
    rename(text, rows.into(), objects, schemas, columns)
}

/// `known` are relations that the text reads without naming them.
fn rename<'a>(
    text: &'a str,
    known: Vec<Relation>,
    objects: &BTreeMap<Name, Name>,
    schemas: &BTreeMap<String, String>,
    columns: &BTreeMap<Name, BTreeMap<String, String>>,
) -> Cow<'a, str> {
    if objects.is_empty() && schemas.is_empty() && columns.is_empty() {
        return Cow::Borrowed(text);
    }
    let scanned = tokens(text);
    let places = places(&scanned);
    let mut relations = relations(&scanned, &places);
    relations.extend(known);
    let called = |qualifier: &str| {
        let mut found = relations.iter().filter(|one| one.called == qualifier);
        let first = found.next()?;
        found.all(|other| other.name == first.name).then_some(first)
    };
    let is_output = |at: usize| places.get(at) == Some(&Place::Output);
    let new_column = |relation: &Relation, column: &str| {
        columns
            .get(&relation.name)
            .and_then(|columns| columns.get(column))
            .cloned()
    };
    rewrite(text, |tokens, at| {
        let TokenKind::Name(first) = &tokens.get(at)?.kind else {
            return object_at(tokens, at, objects, schemas);
        };
        let qualifies = tokens.get(at + 1).is_some_and(|next| next.is("."));
        if !qualifies && places.get(at) == Some(&Place::Assigned) {
            let written = relations
                .iter()
                .rfind(|one| one.written.is_some_and(|by| by < at))?;
            return Some((
                1,
                quote_identifier(&new_column(written, first)?).into_owned(),
            ));
        }
        if !qualifies {
            let [only] = relations.as_slice() else {
                return None;
            };
            let new = new_column(only, first)?;
            let written = quote_identifier(&new).into_owned();
            return is_column(tokens, at)
                .then(|| item(tokens, at, 1, written, first, &new, is_output(at)));
        }
        let continues = at
            .checked_sub(1)
            .and_then(|before| tokens.get(before))
            .is_some_and(|before| before.is("."));
        let relation = called(first).filter(|_| !continues && !is_relation(tokens, &places, at));
        let Some(relation) = relation else {
            return object_at(tokens, at, objects, schemas);
        };
        let qualifier = match objects.get(&relation.name) {
            Some(new) if !relation.aliased => quote_identifier(&new.name),
            _ => quote_identifier(first),
        };
        let TokenKind::Name(column) = &tokens.get(at + 2)?.kind else {
            // `users.*`
            return Some((1, qualifier.into_owned()));
        };
        let new = new_column(relation, column).unwrap_or_else(|| column.clone().into_owned());
        let written = format!("{qualifier}.{}", quote_identifier(&new));
        Some(item(tokens, at, 3, written, column, &new, is_output(at)))
    })
}

/// A column's mention of `len` tokens, as it is written now. As a column of the result it keeps the
/// name that it had there.
fn item(
    tokens: &[Token<'_>],
    at: usize,
    len: usize,
    mut written: String,
    old: &str,
    new: &str,
    is_output: bool,
) -> (usize, String) {
    let next = tokens.get(at + len);
    if !is_output || old == new {
        return (len, written);
    }
    if next.is_some_and(|next| next.is("AS")) {
        let alias = tokens.get(at + len + 1);
        let is_redundant = alias.is_some_and(|alias| alias.is_name(new));
        return (if is_redundant { len + 2 } else { len }, written);
    }
    let ends = next.is_none_or(|next| next.is(",") || next.is("FROM") || next.is(")"));
    if ends {
        written.push_str(" AS ");
        written.push_str(&quote_identifier(old));
    }
    (len, written)
}

/// A relation that a query reads.
struct Relation {
    name: Name,
    /// Its alias, else its own name.
    called: String,
    aliased: bool,
    /// Where, if rows are written to it there.
    written: Option<usize>,
}

fn relations(tokens: &[Token<'_>], places: &[Place]) -> Vec<Relation> {
    (0..tokens.len())
        .filter(|at| is_relation(tokens, places, *at))
        .filter_map(|at| {
            let (TokenKind::Name(schema), TokenKind::Name(name)) =
                (&tokens.get(at)?.kind, &tokens.get(at + 2)?.kind)
            else {
                return None;
            };
            let after = if tokens.get(at + 3).is_some_and(|next| next.is("AS")) {
                at + 4
            } else {
                at + 3
            };
            let alias = match tokens.get(after).map(|next| &next.kind) {
                Some(TokenKind::Name(alias)) => Some(alias),
                _ => None,
            };
            Some(Relation {
                name: Name::new(schema.as_ref(), name.as_ref()),
                called: alias.unwrap_or(name).clone().into_owned(),
                aliased: alias.is_some(),
                written: (places.get(at) == Some(&Place::Target)).then_some(at),
            })
        })
        .collect()
}

/// Whether a relation's qualified name begins at a token; a function's is followed by its arguments.
fn is_relation(tokens: &[Token<'_>], places: &[Place], at: usize) -> bool {
    let is_followed_by =
        |back: usize, word: &str| tokens.get(at + back).is_some_and(|next| next.is(word));
    match places.get(at) {
        Some(Place::Relation) => is_followed_by(1, ".") && !is_followed_by(3, "("),
        Some(Place::Target) => is_followed_by(1, "."),
        _ => false,
    }
}

/// What may begin at a token.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Place {
    /// A column of a result.
    Output,
    /// A relation that is read.
    Relation,
    /// A relation that is written to.
    Target,
    /// A column of that.
    Assigned,
    Elsewhere,
}

/// Follows the clauses of a query and of those inside it.
fn places(tokens: &[Token<'_>]) -> Vec<Place> {
    // What commas separate, at each depth of parentheses.
    let mut clauses = vec![Place::Elsewhere];
    let mut next = Place::Elsewhere;
    let mut places = Vec::with_capacity(tokens.len());
    for (at, token) in tokens.iter().enumerate() {
        let place = std::mem::replace(&mut next, Place::Elsewhere);
        places.push(place);
        let Some(clause) = clauses.last_mut() else {
            break;
        };
        let TokenKind::Other(word) = token.kind else {
            continue;
        };
        let after = |word: &str| {
            at.checked_sub(1)
                .and_then(|before| tokens.get(before))
                .is_some_and(|before| before.is(word))
        };
        match word {
            "SELECT" | "RETURNING" => {
                *clause = Place::Output;
                next = Place::Output;
            }
            "INTO" => next = Place::Target,
            // Not `ON UPDATE TO` or `FOR UPDATE`.
            "UPDATE" if tokens.get(at + 2).is_some_and(|dot| dot.is(".")) => next = Place::Target,
            "FROM" if after("DELETE") => {
                *clause = Place::Relation;
                next = Place::Target;
            }
            "USING" if *clause == Place::Relation => next = Place::Relation,
            "SET" => {
                *clause = Place::Assigned;
                next = Place::Assigned;
            }
            "FROM" if *clause == Place::Assigned => {
                *clause = Place::Relation;
                next = Place::Relation;
            }
            // `IS DISTINCT FROM` and `EXTRACT(year FROM x)` begin no clause.
            "FROM" if *clause == Place::Output && !after("DISTINCT") => {
                *clause = Place::Relation;
                next = Place::Relation;
            }
            "JOIN" | "ONLY" | "LATERAL" | "DISTINCT" | "," => next = *clause,
            "WHERE" | "GROUP" | "HAVING" | "WINDOW" | "ORDER" | "LIMIT" | "OFFSET" | "UNION"
            | "INTERSECT" | "EXCEPT" | ";" => *clause = Place::Elsewhere,
            "(" | "[" => {
                // `INTO public.log (a, b)`, with or without an alias.
                let names_columns = || {
                    let target = (3..=5).find(|back| {
                        let before = at.checked_sub(*back);
                        before.and_then(|before| places.get(before)) == Some(&Place::Target)
                    });
                    target.is_some_and(|back| {
                        let alias = tokens.get(at - back + 3..at).unwrap_or_default();
                        alias
                            .iter()
                            .all(|token| token.is("AS") || matches!(token.kind, TokenKind::Name(_)))
                    })
                };
                if place == Place::Relation || place == Place::Assigned {
                    next = place;
                } else if names_columns() {
                    next = Place::Assigned;
                }
                clauses.push(next);
            }
            ")" | "]" if clauses.len() > 1 => {
                clauses.pop();
            }
            _ => {}
        }
    }
    places
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `users` becomes `people`, its `name` `full_name`; `f.x` becomes `g.x`.
    fn renamed(text: &str) -> String {
        let users = Name::new("public", "users");
        rename_in_query(
            text,
            &[(users.clone(), Name::new("public", "people"))].into(),
            &[("f".to_owned(), "g".to_owned())].into(),
            &[(users, [("name".to_owned(), "full_name".to_owned())].into())].into(),
        )
        .into_owned()
    }

    #[test]
    fn a_query_is_as_the_server_prints_it() {
        for (text, expected) in [
            (
                " SELECT users.id,\n    users.name\n   FROM public.users\n  WHERE (users.name <> 'name'::text)",
                " SELECT people.id,\n    people.full_name AS name\n   FROM public.people\n  WHERE (people.full_name <> 'name'::text)",
            ),
            (
                " SELECT u.name,\n    o.name AS full_name\n   FROM (public.users u\n     JOIN f.orders o ON ((u.name = o.name)))",
                " SELECT u.full_name AS name,\n    o.name AS full_name\n   FROM (public.people u\n     JOIN g.orders o ON ((u.full_name = o.name)))",
            ),
            (
                " SELECT users.name AS full_name,\n    lower(users.name) AS name\n   FROM public.users",
                " SELECT people.full_name,\n    lower(people.full_name) AS name\n   FROM public.people",
            ),
            (
                " SELECT name,\n    users.*::public.users AS users\n   FROM public.users\n  ORDER BY name",
                " SELECT full_name AS name,\n    people.*::public.people AS users\n   FROM public.people\n  ORDER BY full_name",
            ),
            (
                " SELECT (a.x).name AS name,\n    f.name(a.name) AS name\n   FROM public.a",
                " SELECT (a.x).name AS name,\n    g.name(a.name) AS name\n   FROM public.a",
            ),
            (
                " SELECT ( SELECT count(*) FROM public.users WHERE (users.id = ANY (ARRAY[a.id, users.name]))) AS n\n   FROM public.a, public.users b",
                " SELECT ( SELECT count(*) FROM public.people WHERE (people.id = ANY (ARRAY[a.id, people.full_name]))) AS n\n   FROM public.a, public.people b",
            ),
        ] {
            assert_eq!(renamed(text), expected);
        }
    }

    /// `t` becomes `things`, its `a` `id`; `log` becomes `logs`, its `a` and `who` `aa` and `whom`.
    #[test]
    fn a_rule_is_as_the_server_prints_it() {
        let name = |name: &str| Name::new("public", name);
        let renamed = |table: &str, text: &str| {
            let columns = |pairs: &[(&str, &str)]| {
                pairs
                    .iter()
                    .map(|(old, new)| ((*old).to_owned(), (*new).to_owned()))
                    .collect()
            };
            rename_in_rule(
                text,
                &name(table),
                &[(name("t"), name("things")), (name("log"), name("logs"))].into(),
                &BTreeMap::new(),
                &[
                    (name("t"), columns(&[("a", "id")])),
                    (name("log"), columns(&[("a", "aa"), ("who", "whom")])),
                ]
                .into(),
            )
            .into_owned()
        };
        for (table, text, expected) in [
            (
                "t",
                "CREATE RULE r1 AS
    ON UPDATE TO public.t
   WHERE (old.a <> new.a) DO ( INSERT INTO public.log (a, who)
  VALUES (new.a, 'a'::text);
 UPDATE public.log SET at = (log.at + new.b), who = 'y'::text
  WHERE (log.a = old.a);
 DELETE FROM public.log l
  WHERE (l.a IN ( SELECT x.a
           FROM public.t x
          WHERE (x.b = new.b)));
 UPDATE public.log q SET (a, who) = ( SELECT t.a,
            t.c
           FROM public.t
          WHERE (t.b = q.a))
   FROM public.t z
  WHERE (z.a = q.a);
)",
                "CREATE RULE r1 AS
    ON UPDATE TO public.things
   WHERE (old.id <> new.id) DO ( INSERT INTO public.logs (aa, whom)
  VALUES (new.id, 'a'::text);
 UPDATE public.logs SET at = (logs.at + new.b), whom = 'y'::text
  WHERE (logs.aa = old.id);
 DELETE FROM public.logs l
  WHERE (l.aa IN ( SELECT x.id AS a
           FROM public.things x
          WHERE (x.b = new.b)));
 UPDATE public.logs q SET (aa, whom) = ( SELECT things.id AS a,
            things.c
           FROM public.things
          WHERE (things.b = q.aa))
   FROM public.things z
  WHERE (z.id = q.aa);
)",
            ),
            (
                "v",
                "CREATE RULE r4 AS
    ON INSERT TO public.v DO INSTEAD  INSERT INTO public.t AS q (a, b)
  VALUES (new.a, 1) ON CONFLICT DO NOTHING
  RETURNING q.a,
    q.b",
                "CREATE RULE r4 AS
    ON INSERT TO public.v DO INSTEAD  INSERT INTO public.things AS q (id, b)
  VALUES (new.a, 1) ON CONFLICT DO NOTHING
  RETURNING q.id AS a,
    q.b",
            ),
            (
                "t",
                "CREATE RULE r3 AS
    ON INSERT TO public.t DO  INSERT INTO public.log (a, who, at)  SELECT new.a,
            new.c,
            l.at
           FROM public.log l
          WHERE (l.a = new.b)",
                "CREATE RULE r3 AS
    ON INSERT TO public.things DO  INSERT INTO public.logs (aa, whom, at)  SELECT new.id AS a,
            new.c,
            l.at
           FROM public.logs l
          WHERE (l.aa = new.b)",
            ),
        ] {
            assert_eq!(renamed(table, text), expected);
        }
    }
}
