//! From physical names back to logical ones, in names and in texts that the server printed.
//!
//! Texts are mapped by token, never parsed, so their depth does not matter. On a branch a physical
//! schema name is unmistakable. On `main`, where both names are equal, the same rules only bring the
//! spelling of a schema (`"public".t`, `PUBLIC.t`) to one form, so that a text reads the same on
//! every branch it was copied to.

use super::settled::settled;
use crate::schema::model::Name;
use crate::schema::quote::{quote_identifier, quote_literal};
use crate::schema::token::{SEARCH_FUNCTIONS, Token, TokenKind, rewrite};

/// Functions whose argument is a qualified name in a string.
const NAME_FUNCTIONS: &[&str] = &[
    "nextval",
    "currval",
    "setval",
    "to_regclass",
    "to_regtype",
    "to_regproc",
    "to_regprocedure",
    "pg_get_serial_sequence",
];

/// The names of one branch, seen from the catalogs.
#[derive(Clone, Copy)]
pub(super) struct Logical<'a> {
    /// Physical → logical schema; `None` for a schema that is not of this branch.
    names: &'a dyn Fn(&str) -> Option<String>,
}

impl<'a> Logical<'a> {
    pub fn new(names: &'a dyn Fn(&str) -> Option<String>) -> Self {
        Self { names }
    }

    pub fn schema(self, physical: &str) -> Option<String> {
        (self.names)(physical)
    }

    /// The name of an object that may lie outside the branch, where it keeps its schema.
    pub fn name(self, physical_schema: &str, name: &str) -> Name {
        let schema = self.schema(physical_schema);
        Name::new(schema.as_deref().unwrap_or(physical_schema), name)
    }

    /// A text that the server printed: an expression, a type, a constraint, a query. In the form that
    /// it has on every branch.
    pub fn text(self, printed: &str) -> String {
        self.names_in(&settled(printed))
    }

    /// A text with its names mapped, otherwise as it is.
    fn names_in(self, printed: &str) -> String {
        if !printed.contains('.') {
            return printed.to_owned();
        }
        rewrite(printed, |tokens, at| self.replacement(tokens, at)).into_owned()
    }

    /// `pg_get_functiondef` of a routine in the physical schema `home`: as [`Logical::text`], and in a dollar-quoted body of
    /// SQL or PL/pgSQL, where `schemas` are those of the database that it may mention. Its own `SET search_path` may
    /// name schemas that the branch no longer has: they are known by the end that the branch's physical names have.
    pub fn routine(self, printed: &str, home: &str, language: &str, schemas: &[String]) -> String {
        let has_sql_body = matches!(language, "sql" | "plpgsql");
        let logical_home = self.schema(home);
        let suffix = (logical_home.as_deref())
            .and_then(|logical| home.strip_prefix(logical))
            .filter(|suffix| !suffix.is_empty());
        let lacking = |tokens: &[Token<'_>], at: usize| {
            let TokenKind::Literal(schema) = &tokens.get(at)?.kind else {
                return None;
            };
            let logical = schema.strip_suffix(suffix?)?;
            in_search_path(tokens, at).then(|| (1, quote_literal(logical)))
        };
        rewrite(&settled(printed), |tokens, at| {
            if has_sql_body && let TokenKind::Other(written) = tokens.get(at)?.kind {
                let (tag, body) = dollar_quoted(written)?;
                return Some((1, format!("{tag}{}{tag}", self.body(body, schemas))));
            }
            self.replacement(tokens, at).or_else(|| lacking(tokens, at))
        })
        .into_owned()
    }

    /// A text as somebody wrote it. Records, tables and aliases stand before a dot, too, and keep their
    /// spelling (`NEW.id`), though on `main` any name would pass for a schema's.
    fn body(self, written: &str, schemas: &[String]) -> String {
        let names = |name: &str| {
            let logical = self.schema(name)?;
            let is_schema = logical != name || schemas.iter().any(|schema| schema == name);
            is_schema.then_some(logical)
        };
        Logical::new(&names).names_in(written)
    }

    /// What to write in place of the token at `at`.
    fn replacement(self, tokens: &[Token<'_>], at: usize) -> Option<(usize, String)> {
        match &tokens.get(at)?.kind {
            TokenKind::Name(_) | TokenKind::Other(_) if qualifies(tokens, at) => {
                let logical = self.schema(&identifier(tokens.get(at)?)?)?;
                Some((1, quote_identifier(&logical).into_owned()))
            }
            TokenKind::Name(_) if in_search_path(tokens, at) => {
                let logical = self.schema(&identifier(tokens.get(at)?)?)?;
                Some((1, quote_identifier(&logical).into_owned()))
            }
            TokenKind::Literal(schema) if in_search_path(tokens, at) => {
                Some((1, quote_literal(&self.schema(schema)?)))
            }
            TokenKind::Literal(name) if holds_name(tokens, at) => {
                Some((1, quote_literal(&self.names_in(name))))
            }
            _ => None,
        }
    }
}

/// The identifier that a token is, folded as the server folds it. Words that are keywords elsewhere
/// can name a schema, too.
fn identifier(token: &Token<'_>) -> Option<String> {
    match &token.kind {
        // Longer than what is inside: it was quoted.
        TokenKind::Name(name) if token.end - token.start > name.len() => Some(name.to_string()),
        TokenKind::Name(name) => Some(name.to_ascii_lowercase()),
        TokenKind::Other(word) => word
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
            .then(|| word.to_ascii_lowercase()),
        TokenKind::Literal(_) => None,
    }
}

/// Whether the token stands before a dot, and not after one.
fn qualifies(tokens: &[Token<'_>], at: usize) -> bool {
    is(tokens, at + 1, ".")
        && !at
            .checked_sub(1)
            .is_some_and(|before| is(tokens, before, "."))
}

/// Whether the token is an element of a list in `SET search_path { TO | = } a, 'b', …`.
fn in_search_path(tokens: &[Token<'_>], mut at: usize) -> bool {
    loop {
        let Some(before) = at.checked_sub(1) else {
            return false;
        };
        if is(tokens, before, "TO") || is(tokens, before, "to") || is(tokens, before, "=") {
            return before
                .checked_sub(1)
                .and_then(|setting| tokens.get(setting))
                .and_then(identifier)
                .is_some_and(|setting| setting == "search_path");
        }
        if !is(tokens, before, ",") || before == 0 {
            return false;
        }
        at = before - 1;
    }
}

/// Whether a string is a name: cast to `regclass` and its kind, or given to `nextval` and its kind.
fn holds_name(tokens: &[Token<'_>], at: usize) -> bool {
    let name_at = |index: usize| tokens.get(index).and_then(identifier);
    let cast = is(tokens, at + 1, "::") && {
        let qualified = name_at(at + 2).is_some_and(|schema| schema == "pg_catalog");
        name_at(at + if qualified { 4 } else { 2 }).is_some_and(|to| to.starts_with("reg"))
    };
    let argument = at >= 2
        && is(tokens, at - 1, "(")
        && name_at(at - 2).is_some_and(|function| NAME_FUNCTIONS.contains(&function.as_str()));
    cast || argument || names_search(tokens, at)
}

/// Whether a string is the name of a text search object: the first of several arguments of a function that
/// takes one, or any of the trigger's that does.
fn names_search(tokens: &[Token<'_>], at: usize) -> bool {
    let called = |open: usize| {
        open.checked_sub(1)
            .and_then(|at| identifier(tokens.get(at)?))
    };
    let Some(mut open) = at.checked_sub(1) else {
        return false;
    };
    if is(tokens, open, "(") && is(tokens, at + 1, ",") {
        return called(open).is_some_and(|name| {
            SEARCH_FUNCTIONS.contains(&name.as_str()) || name == "tsvector_update_trigger"
        });
    }
    while is(tokens, open, ",") && open > 1 {
        open -= 2;
    }
    is(tokens, open, "(") && called(open).is_some_and(|name| name == "tsvector_update_trigger")
}

fn is(tokens: &[Token<'_>], at: usize, symbol: &str) -> bool {
    tokens.get(at).is_some_and(|token| token.is(symbol))
}

/// Splits `$tag$body$tag$`.
fn dollar_quoted(written: &str) -> Option<(&str, &str)> {
    let tag_end = written.strip_prefix('$')?.find('$')? + 2;
    let (tag, rest) = written.split_at_checked(tag_end)?;
    Some((tag, rest.strip_suffix(tag)?))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn feature(schema: &str) -> Option<String> {
        match schema {
            "public@feature" => Some("public".to_owned()),
            "App@feature" => Some("App".to_owned()),
            _ => None,
        }
    }

    fn main(schema: &str) -> Option<String> {
        ["public", "App", "data"]
            .contains(&schema)
            .then(|| schema.to_owned())
    }

    #[test]
    fn qualified_names_come_back_to_their_logical_schema() {
        let logical = Logical::new(&feature);
        for (printed, expected) in [
            (r#""public@feature".users"#, "public.users"),
            (r#""App@feature"."T"[]"#, r#""App"."T"[]"#),
            (
                r#"nextval('"public@feature".s'::regclass)"#,
                "nextval('public.s'::regclass)",
            ),
            (
                r#"f('"public@feature".s'::text, '"App@feature".f(int)'::pg_catalog.regprocedure)"#,
                r#"f('"public@feature".s'::text, '"App".f(int)'::pg_catalog.regprocedure)"#,
            ),
            (
                r#"FOREIGN KEY (a) REFERENCES "public@feature".t(b)"#,
                "FOREIGN KEY (a) REFERENCES public.t(b)",
            ),
            (
                r#"(a OPERATOR("public@feature".+) b) COLLATE "public@feature"."x y""#,
                r#"(a OPERATOR(public.+) b) COLLATE public."x y""#,
            ),
            (
                r#"to_tsvector('"public@feature".english', body) || to_tsvector('"public@feature".x')"#,
                r#"to_tsvector('public.english', body) || to_tsvector('"public@feature".x')"#,
            ),
            (
                r#"tsvector_update_trigger('v', '"public@feature".english', 'body')"#,
                "tsvector_update_trigger('v', 'public.english', 'body')",
            ),
            (r#""public@other".t"#, r#""public@other".t"#),
            (
                r#"(x)."public@feature".y, "public@feature""#,
                r#"(x)."public@feature".y, "public@feature""#,
            ),
            ("'it''s 1.5'", "'it''s 1.5'"),
        ] {
            assert_eq!(logical.text(printed), expected);
        }
    }

    #[test]
    fn on_main_only_the_spelling_of_a_schema_changes() {
        let logical = Logical::new(&main);
        for (printed, expected) in [
            (
                r#""public".a, PUBLIC.b, App.c, "App".d"#,
                r#"public.a, public.b, App.c, "App".d"#,
            ),
            ("DATA.x, other.y", "data.x, other.y"),
            ("'PUBLIC.t', x.PUBLIC.y", "'PUBLIC.t', x.PUBLIC.y"),
            (r#"nextval('"public".s')"#, "nextval('public.s')"),
        ] {
            assert_eq!(logical.text(printed), expected);
        }
    }

    #[test]
    fn bodies_and_search_paths_of_routines_are_mapped() {
        let printed = r#"CREATE OR REPLACE FUNCTION "public@feature".f()
 RETURNS "public@feature".mood
 LANGUAGE plpgsql
 SET search_path TO 'public@feature', 'gone@feature', 'pg_temp'
 SET application_name TO 'public@feature'
AS $function$ begin
  -- "public@feature".t in a comment
  set local search_path = "public@feature", x;
  insert into "public@feature".t values ($$"public@feature".t$$, 'é');
end $function$"#;
        let expected = r#"CREATE OR REPLACE FUNCTION public.f()
 RETURNS public.mood
 LANGUAGE plpgsql
 SET search_path TO 'public', 'gone', 'pg_temp'
 SET application_name TO 'public@feature'
AS $function$ begin
  -- "public@feature".t in a comment
  set local search_path = public, x;
  insert into public.t values ($$"public@feature".t$$, 'é');
end $function$"#;
        assert_eq!(
            Logical::new(&feature).routine(printed, "public@feature", "plpgsql", &[]),
            expected
        );
    }

    #[test]
    fn only_names_of_schemas_are_respelled_in_a_body() {
        let printed = r#"CREATE FUNCTION public.f() RETURNS trigger LANGUAGE plpgsql AS $$
begin insert into PUBLIC.t select NEW.id, "T".b, "x".c from "public".t AS "T", x; end $$"#;
        let expected = r#"CREATE FUNCTION public.f() RETURNS trigger LANGUAGE plpgsql AS $$
begin insert into public.t select NEW.id, "T".b, "x".c from public.t AS "T", x; end $$"#;
        let any = |name: &str| Some(name.to_owned());
        let logical = Logical::new(&any);
        assert_eq!(
            logical.routine(printed, "public", "plpgsql", &["public".to_owned()]),
            expected
        );
    }

    #[test]
    fn bodies_in_other_languages_stay() {
        let printed = r#"CREATE FUNCTION "public@feature".f() LANGUAGE plpython3u AS $$ "public@feature".t $$"#;
        assert_eq!(
            Logical::new(&feature).routine(printed, "public@feature", "plpython3u", &[]),
            r#"CREATE FUNCTION public.f() LANGUAGE plpython3u AS $$ "public@feature".t $$"#
        );
    }

    #[test]
    fn depth_does_not_matter() {
        let deep = |schema: &str| format!("{}{schema}.t{}", "(".repeat(20_000), ")".repeat(20_000));
        assert_eq!(
            Logical::new(&feature).text(&deep(r#""public@feature""#)),
            deep("public")
        );
    }
}
