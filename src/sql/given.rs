//! Names that a statement is given as it runs: parameters and expressions that are arguments of functions which take names. The catalogs
//! tell clients logical names, so that is what comes back.
//!
//! `nextval($1)` becomes `nextval(pggit.physical_name($1, '…'))` (`store/definitions/names.sql`). An OID passes through it, and no
//! further than the planner. Casts are left alone: a function within would be what their column is called.

use super::embedded::{Holds, argument_of};
use super::plan::Splice;
use super::tokens::{Kind, Tokens};
use crate::branch::BranchMap;
use crate::schema::quote::quote_literal;
use serde::Serialize;
use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;

/// What to put around the expressions of a statement. `calls` is where functions are called.
pub fn splices(
    tokens: &Tokens<'_>,
    statement: &Range<usize>,
    calls: &BTreeSet<usize>,
    map: &BranchMap,
) -> Vec<Splice> {
    if map.is_main() {
        return Vec::new();
    }
    let mut given = Given {
        tokens,
        wraps: Vec::new(),
    };
    for start in calls.range(tokens.bytes(statement)) {
        if let Some(token) = tokens.starting_at(*start) {
            given.call(token);
        }
    }
    if given.wraps.is_empty() {
        return Vec::new();
    }
    let Some(names) = names_of(map) else {
        return Vec::new();
    };
    given.splices(&names)
}

/// The argument that says what names mean, with what goes before and after it.
fn names_of(map: &BranchMap) -> Option<String> {
    #[derive(Serialize)]
    struct Names<'a> {
        branch: &'a str,
        schemas: BTreeMap<&'a str, &'a str>,
        kept: &'a BTreeSet<String>,
    }
    let names = Names {
        branch: map.branch(),
        schemas: map.schemas().collect(),
        kept: &map.shared().excluded_schemas,
    };
    let names = quote_literal(&serde_json::to_string(&names).ok()?);
    Some(format!(", {names}::pg_catalog.jsonb)"))
}

/// A function around some tokens.
struct Wrap {
    around: Range<usize>,
    function: &'static str,
}

struct Given<'a> {
    tokens: &'a Tokens<'a>,
    wraps: Vec<Wrap>,
}

impl Given<'_> {
    fn wrap(&mut self, around: Range<usize>, function: &'static str) {
        self.wraps.push(Wrap { around, function });
    }

    /// Those that start where others do go around them.
    fn splices(mut self, names: &str) -> Vec<Splice> {
        let mut splices = Vec::new();
        let mut put = |at: usize, with: String| splices.push(Splice { at: at..at, with });
        self.wraps
            .sort_by_key(|wrap| (wrap.around.start, std::cmp::Reverse(wrap.around.end)));
        for wrap in &self.wraps {
            let bytes = self.tokens.bytes(&wrap.around);
            put(bytes.start, format!("pggit.{}(", wrap.function));
        }
        for wrap in &self.wraps {
            put(self.tokens.bytes(&wrap.around).end, names.to_owned());
        }
        splices
    }

    /// A function that takes a name.
    fn call(&mut self, first: usize) {
        let tokens = self.tokens;
        let mut name = first;
        if tokens.is_name(first, "pg_catalog") && tokens.kind(first + 1) == Some(Kind::Ascii46) {
            name += 2;
        }
        let open = name + 1;
        if tokens.kind(open) != Some(Kind::Ascii40) {
            return;
        }
        let Some(function) = tokens.name(name) else {
            return;
        };
        let arguments = arguments(tokens, open);
        // Its argument is the bare name: a literal is no different from any other expression.
        let takes_bare_name = function == "has_schema_privilege";
        let holds = match argument_of(&function) {
            Some(holds) if takes_text(&function) => holds,
            _ if takes_bare_name => Holds::Schema,
            _ => return,
        };
        // A privilege is asked of the current user unless the first argument is another.
        let from_end = match &*function {
            "has_column_privilege" => 3,
            _ if function.starts_with("has_") => 2,
            _ => arguments.len(),
        };
        let argument = arguments.len().checked_sub(from_end);
        match argument.and_then(|index| arguments.get(index)) {
            Some(argument) if takes_bare_name => self.wrap(argument.clone(), "physical_schema"),
            Some(argument) => self.given(argument.clone(), holds),
            None => {}
        }
    }

    /// An expression that gives a name. Literals have been spliced where they stand.
    fn given(&mut self, expression: Range<usize>, holds: Holds) {
        let tokens = self.tokens;
        let first = tokens.kind(expression.start);
        let is_literal = matches!(first, Some(Kind::Sconst | Kind::Iconst | Kind::NullP))
            && (expression.len() == 1 || tokens.kind(expression.start + 1) == Some(Kind::Typecast));
        let is_named = tokens.kind(expression.start + 1) == Some(Kind::EqualsGreater);
        if expression.is_empty() || is_literal || is_named {
            return;
        }
        let function = if holds == Holds::Schema {
            "physical_schema"
        } else {
            "physical_name"
        };
        self.wrap(expression, function);
    }
}

/// Whether a function can be given a name as text. The others are given OIDs, and `regclass` where it stands for one.
fn takes_text(function: &str) -> bool {
    !matches!(
        function,
        "obj_description" | "col_description" | "pg_get_indexdef" | "tsvector_update_trigger"
    )
}

/// The parenthesis that closes the one at a token.
pub fn closing(tokens: &Tokens<'_>, open: usize) -> Option<usize> {
    let mut depth = 0_usize;
    (open..tokens.len()).find(|index| {
        match tokens.kind(*index) {
            Some(Kind::Ascii40) => depth += 1,
            Some(Kind::Ascii41) => depth = depth.saturating_sub(1),
            _ => {}
        }
        depth == 0
    })
}

/// The arguments between the parenthesis at a token and the one that closes it.
fn arguments(tokens: &Tokens<'_>, open: usize) -> Vec<Range<usize>> {
    let Some(close) = closing(tokens, open) else {
        return Vec::new();
    };
    let mut arguments = Vec::new();
    let mut start = open + 1;
    let mut depth = 0_usize;
    for index in open + 1..close {
        match tokens.kind(index) {
            Some(Kind::Ascii40 | Kind::Ascii91) => depth += 1,
            Some(Kind::Ascii41 | Kind::Ascii93) => depth = depth.saturating_sub(1),
            Some(Kind::Ascii44) if depth == 0 => {
                arguments.push(start..index);
                start = index + 1;
            }
            _ => {}
        }
    }
    if start < close {
        arguments.push(start..close);
    }
    arguments
}

#[cfg(test)]
mod tests {
    use super::super::tests::{branch_map, main_map, spliced_by};

    /// The text as it is sent on a branch, with `«…»` for the functions around expressions: `s` for those of schemas.
    fn seen(text: &str) -> String {
        let names = r#", '{"branch":"b","schemas":{"Odd":"Odd@b","app":"app@b","public":"public@b","set":"set@b"},"kept":["audit"]}'::pg_catalog.jsonb)"#;
        spliced_by(text, &branch_map())
            .replace(names, "»")
            .replace("pggit.physical_name(", "«")
            .replace("pggit.physical_schema(", "s«")
    }

    #[test]
    fn names_given_at_run_time_are_turned_into_those_of_the_branch() {
        for (text, wanted) in [
            (
                "SELECT nextval($1), setval(f(a, b), 3), to_regclass(a || 'b')",
                "SELECT nextval(«$1»), setval(«f(a, b)», 3), to_regclass(«a || 'b'»)",
            ),
            (
                "SELECT has_table_privilege(a, 'SELECT'), has_table_privilege(u, a, 'SELECT')",
                "SELECT has_table_privilege(«a», 'SELECT'), has_table_privilege(u, «a», 'SELECT')",
            ),
            (
                "SELECT has_column_privilege($1, 'c', 'SELECT'), has_schema_privilege(n, 'USAGE')",
                "SELECT has_column_privilege(«$1», 'c', 'SELECT'), has_schema_privilege(s«n», 'USAGE')",
            ),
            (
                "SELECT has_schema_privilege('public', 'USAGE')",
                "SELECT has_schema_privilege(s«'public'», 'USAGE')",
            ),
            (
                "SELECT pg_total_relation_size((s||t)::regclass)",
                "SELECT pg_total_relation_size(«(s||t)::regclass»)",
            ),
        ] {
            assert_eq!(seen(text), wanted);
            assert_eq!(spliced_by(text, &main_map()), text);
        }
    }

    #[test]
    fn what_is_no_name_or_stands_in_the_text_is_left_alone() {
        for text in [
            "SELECT 'users'::regclass, nextval('s'), 42::regclass, nextval('s'::regclass)",
            "SELECT obj_description(oid, 'pg_class'), a::text, b::regrole FROM t",
            "SELECT $1::regclass, a::regclass FROM t",
            "CREATE VIEW v AS SELECT nextval(a) FROM t",
        ] {
            assert_eq!(seen(text), text);
        }
    }
}
