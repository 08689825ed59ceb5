//! Names that a statement is given as it runs, and that it makes as it runs: parameters and expressions. The catalogs tell clients
//! logical names, so that is what comes back.
//!
//! - An argument of a function that takes names: `nextval($1)` becomes `nextval(pggit.physical_name($1, '…'))`
//!   (`store/definitions/names.sql`). An OID passes through it, and no further than the planner.
//! - What is cast to `regclass` and its kin, the same. A column is called after what is cast in it, so that stands there once
//!   more, where nobody evaluates it: `(CASE WHEN true THEN pggit.physical_name(a, '…') ELSE a END)::regclass`.
//! - What is cast from these to text, to compare it with names: `oid::regclass::text = $1`.

use super::embedded::{Holds, NamedArgument, alias_type, unqualified};
use super::plan::Splice;
use super::position::apply_splices;
use super::tokens::{Kind, Tokens};
use super::tree::Meanings;
use crate::branch::BranchMap;
use crate::schema::quote::quote_literal;
use serde::Serialize;
use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;

/// Functions of the system that give sets, of names among other things: within `CASE` they cannot stand.
const SETS: &[&str] = &[
    "unnest",
    "regexp_matches",
    "regexp_split_to_table",
    "string_to_table",
    "json_array_elements_text",
    "jsonb_array_elements_text",
    "json_object_keys",
    "jsonb_object_keys",
];

/// The splices of a statement, which are sorted, with those around its expressions.
pub fn splices(
    tokens: &Tokens<'_>,
    statement: &Range<usize>,
    meanings: &Meanings,
    map: &BranchMap,
    splices: Vec<Splice>,
) -> Vec<Splice> {
    if map.is_main() {
        return splices;
    }
    let mut given = Given {
        tokens,
        wraps: Vec::new(),
    };
    let bytes = tokens.bytes(statement);
    for start in meanings.calls.range(bytes.clone()) {
        if let Some(token) = tokens.starting_at(*start) {
            given.call(token);
        }
    }
    for (cast, operand) in meanings.casts.range(bytes) {
        if let Some(token) = tokens.starting_at(*cast) {
            given.cast(token, *operand);
        }
    }
    if given.wraps.is_empty() {
        return splices;
    }
    match Names::of(map) {
        Some(names) => given.splices(&names, splices),
        None => splices,
    }
}

/// The last arguments of the functions that are put in, with the parenthesis that closes them: what names mean.
struct Names {
    of_relations: String,
    of_others: String,
    logical: String,
}

impl Names {
    fn of(map: &BranchMap) -> Option<Self> {
        #[derive(Serialize)]
        struct Mapping<'a> {
            branch: &'a str,
            schemas: &'a BTreeMap<&'a str, &'a str>,
            kept: &'a BTreeSet<String>,
            /// Of extensions, which are where `main` has them.
            members: BTreeMap<&'a str, Vec<&'a str>>,
        }
        let schemas: BTreeMap<&str, &str> = map.schemas().collect();
        let shared = map.shared();
        let argument = |json: &str| format!(", {}::pg_catalog.jsonb)", quote_literal(json));
        let physical = |is_relation| {
            let mut members: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
            for (schema, name) in shared.extension_members.of_class(is_relation) {
                members.entry(schema).or_default().push(name);
            }
            let json = serde_json::to_string(&Mapping {
                branch: map.branch(),
                schemas: &schemas,
                kept: &shared.excluded_schemas,
                members,
            });
            Some(argument(&json.ok()?))
        };
        Some(Self {
            of_relations: physical(true)?,
            of_others: physical(false)?,
            logical: argument(&serde_json::to_string(&schemas).ok()?),
        })
    }
}

/// A function of `pggit`, and whose names it is told.
#[derive(Clone, Copy)]
struct Function {
    name: &'static str,
    told: fn(&Names) -> &str,
}

/// Of the name of a schema as it is.
const PHYSICAL_SCHEMA: Function = Function {
    name: "physical_schema",
    told: |names| &names.of_others,
};

const LOGICAL_NAME: Function = Function {
    name: "logical_name",
    told: |names| &names.logical,
};

impl Function {
    /// The one around a name, or around an array of names.
    fn for_name(holds: Holds, is_array: bool) -> Self {
        let name = match holds {
            Holds::Schema => "physical_namespace",
            _ if is_array => "physical_names",
            _ => "physical_name",
        };
        let told: fn(&Names) -> &str = match holds {
            Holds::Relation => |names| &names.of_relations,
            _ => |names| &names.of_others,
        };
        Self { name, told }
    }
}

/// A function around some tokens.
struct Wrap {
    around: Range<usize>,
    function: Function,
    /// They are the operand of a cast, and as such decide what a column is called.
    is_operand: bool,
    /// The type that the function takes them as, if not as what they are.
    as_type: &'static str,
}

impl Wrap {
    /// What goes before the tokens, and after them, whose text as it is sent is `operand`.
    fn text(&self, names: &Names, operand: &str) -> (String, String) {
        let names = (self.function.told)(names);
        let (open, close) = match self.as_type {
            "" => ("", String::new()),
            as_type => ("(", format!(")::pg_catalog.{as_type}")),
        };
        let function = self.function.name;
        if self.is_operand {
            (
                format!("(CASE WHEN true THEN pggit.{function}({open}"),
                format!("{close}{names} ELSE {open}{operand}{close} END)"),
            )
        } else {
            (
                format!("pggit.{function}({open}"),
                format!("{close}{names}"),
            )
        }
    }
}

struct Given<'a> {
    tokens: &'a Tokens<'a>,
    wraps: Vec<Wrap>,
}

impl Given<'_> {
    /// Adds what goes around expressions, the innermost first: those around hold it.
    fn splices(mut self, names: &Names, mut splices: Vec<Splice>) -> Vec<Splice> {
        self.wraps.sort_by_key(|wrap| wrap.around.len());
        for wrap in &self.wraps {
            let bytes = self.tokens.bytes(&wrap.around);
            let first = splices.partition_point(|splice| splice.at.start < bytes.start);
            let end = bytes.end;
            let last =
                splices.partition_point(|splice| splice.at.start < end || splice.at == (end..end));
            let within = splices.get(first..last).unwrap_or_default();
            let within: Vec<Splice> = within
                .iter()
                .map(|splice| Splice {
                    at: splice.at.start - bytes.start..splice.at.end - bytes.start,
                    with: splice.with.clone(),
                })
                .collect();
            let text = self.tokens.text().as_bytes();
            let operand = apply_splices(text.get(bytes.clone()).unwrap_or_default(), &within);
            let (before, after) = wrap.text(names, &String::from_utf8_lossy(&operand));
            let mut put = |index, at, with| splices.insert(index, Splice { at: at..at, with });
            put(last, end, after);
            put(first, bytes.start, before);
        }
        splices
    }

    /// A function that takes a name.
    fn call(&mut self, first: usize) {
        let tokens = self.tokens;
        let name = unqualified(tokens, first);
        if tokens.kind(name + 1) != Some(Kind::Ascii40) {
            return;
        }
        let Some(function) = tokens.name(name) else {
            return;
        };
        if let Some(argument) = NamedArgument::of(tokens, name).filter(|_| takes_text(&function)) {
            // Literals have been spliced where they stand.
            let first = tokens.kind(argument.at.start);
            let is_literal = matches!(first, Some(Kind::Sconst | Kind::Iconst | Kind::NullP))
                && (argument.at.len() == 1
                    || tokens.kind(argument.at.start + 1) == Some(Kind::Typecast));
            if !is_literal {
                self.argument(argument.at, Function::for_name(argument.holds, false));
            }
        } else if let Some(argument) = NamedArgument::bare_schema(tokens, name) {
            self.argument(argument, PHYSICAL_SCHEMA);
        } else if let Some(holds) = alias_type(&function)
            && let Some(close) = tokens.closing(name + 1)
        {
            self.argument(name + 2..close, Function::for_name(holds, false));
        }
    }

    fn argument(&mut self, at: Range<usize>, function: Function) {
        let is_named = self.tokens.kind(at.start + 1) == Some(Kind::EqualsGreater);
        if !at.is_empty() && !is_named {
            self.wraps.push(Wrap {
                around: at,
                function,
                is_operand: false,
                as_type: "",
            });
        }
    }

    /// A cast, at `::` or `CAST`, in which the first thing that is no parenthesis starts at a byte.
    fn cast(&mut self, cast: usize, operand: usize) {
        let tokens = self.tokens;
        let Some((operand, target)) = self.operand_and_type(cast, operand) else {
            return;
        };
        let target = unqualified(tokens, target);
        let Some(name) = tokens.name(target) else {
            return;
        };
        let is_array = matches!(tokens.kind(target + 1), Some(Kind::Ascii91 | Kind::Array));
        let (function, as_type) = match alias_type(&name) {
            Some(_) if !self.may_be_name(&operand) => return,
            Some(Holds::Schema) if is_array => return,
            Some(holds) => {
                let as_type = if is_array { "text[]" } else { "" };
                (Function::for_name(holds, is_array), as_type)
            }
            None if is_text(&name) && !is_array && self.is_object(&operand) => {
                (LOGICAL_NAME, "text")
            }
            None => return,
        };
        let gives_set = |index: usize| {
            tokens.kind(index + 1) == Some(Kind::Ascii40)
                && SETS.iter().any(|function| tokens.is_name(index, function))
        };
        let is_operand = !operand.clone().any(gives_set);
        self.wraps.push(Wrap {
            around: operand,
            function,
            is_operand,
            as_type,
        });
    }

    /// The tokens that are cast, and the first of the type.
    fn operand_and_type(&self, cast: usize, operand: usize) -> Option<(Range<usize>, usize)> {
        let tokens = self.tokens;
        if tokens.kind(cast) == Some(Kind::Cast) {
            let close = tokens.closing(cast + 1)?;
            let mut depth = 0_usize;
            let before_type = (cast + 2..close).rev().find(|index| {
                match tokens.kind(*index) {
                    Some(Kind::Ascii41) => depth += 1,
                    Some(Kind::Ascii40) => depth = depth.saturating_sub(1),
                    _ => {}
                }
                depth == 0 && tokens.kind(*index) == Some(Kind::As)
            })?;
            return Some((cast + 2..before_type, before_type + 1));
        }
        let mut start = tokens.starting_at(operand)?;
        let mut open = 0_usize;
        let mut lacking = 0_usize;
        for index in start..cast {
            match tokens.kind(index) {
                Some(Kind::Ascii40) => open += 1,
                Some(Kind::Ascii41) if open > 0 => open -= 1,
                Some(Kind::Ascii41) => lacking += 1,
                _ => {}
            }
        }
        for _ in 0..lacking {
            start = (start.checked_sub(1))
                .filter(|before| tokens.kind(*before) == Some(Kind::Ascii40))?;
        }
        Some((start..cast, cast + 1)).filter(|(operand, _)| !operand.is_empty())
    }

    /// Whether an expression may be the text of a name that has not been spliced where it stands.
    fn may_be_name(&self, expression: &Range<usize>) -> bool {
        let tokens = self.tokens;
        let last = expression.end - 1;
        let is_literal = expression.len() == 1
            && matches!(
                tokens.kind(last),
                Some(Kind::Sconst | Kind::Iconst | Kind::NullP)
            );
        // `oid::regclass`, and `x::oid::regclass`.
        let is_oid = tokens.is_name(last, "oid");
        !is_literal && !is_oid
    }

    /// Whether an expression is one of the object identifier types by a cast.
    fn is_object(&self, expression: &Range<usize>) -> bool {
        let tokens = self.tokens;
        let last = expression.end - 1;
        let qualified = tokens.kind_before(last, 1) == Some(Kind::Ascii46);
        let before = if qualified { 3 } else { 1 };
        let is_cast = expression.len() > before + 1
            && matches!(
                tokens.kind_before(last, before),
                Some(Kind::Typecast | Kind::As)
            );
        is_cast
            && tokens
                .name(last)
                .is_some_and(|name| alias_type(&name).is_some())
    }
}

fn is_text(type_name: &str) -> bool {
    matches!(
        type_name,
        "text" | "varchar" | "name" | "bpchar" | "character"
    )
}

/// Whether a function can be given a name as text. The others are given OIDs, and `regclass` where it stands for one.
fn takes_text(function: &str) -> bool {
    !matches!(
        function,
        "obj_description" | "col_description" | "pg_get_indexdef" | "tsvector_update_trigger"
    )
}

#[cfg(test)]
mod tests {
    use super::super::tests::{branch_map, main_map, spliced_by};

    /// The text as it is sent on a branch, with `«…»` for the functions around expressions: `s` for those of schemas.
    fn seen(text: &str) -> String {
        let schemas = r#"{"Odd":"Odd@b","app":"app@b","public":"public@b","set":"set@b"}"#;
        let told = |members: &str| {
            format!(
                r#", '{{"branch":"b","schemas":{schemas},"kept":["audit"],"members":{{"public":[{members}]}}}}'::pg_catalog.jsonb)"#
            )
        };
        let others = r#""<%","<>","citext","digest","gin_trgm_ops","similarity""#;
        spliced_by(text, &branch_map())
            .replace(&told(r#""spatial_ref_sys""#), "»")
            .replace(&told(others), "»")
            .replace(&format!(", '{schemas}'::pg_catalog.jsonb)"), "»")
            .replace("pggit.physical_name(", "«")
            .replace("pggit.physical_names(", "a«")
            .replace("pggit.physical_schema(", "s«")
            .replace("pggit.physical_namespace(", "n«")
            .replace("pggit.logical_name(", "l«")
            .replace("(CASE WHEN true THEN ", "‹")
            .replace(" END)", "›")
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
                "SELECT pg_total_relation_size((s||t)::oid)",
                "SELECT pg_total_relation_size(«(s||t)::oid»)",
            ),
            (
                "SELECT has_column_privilege(t, 'a.b', 'SELECT'), regclass($1), schema_to_xml('app', true, true, '')",
                "SELECT has_column_privilege(«t», 'a.b', 'SELECT'), regclass(«$1»), schema_to_xml(s«'app'», true, true, '')",
            ),
        ] {
            assert_eq!(seen(text), wanted);
            assert_eq!(spliced_by(text, &main_map()), text);
        }
    }

    #[test]
    fn what_is_cast_to_an_object_is_turned_into_one_of_the_branch() {
        for (text, wanted) in [
            (
                "SELECT $1::regclass, a.b::pg_catalog.regtype FROM a",
                "SELECT ‹«$1» ELSE $1›::regclass, ‹«a.b» ELSE a.b›::pg_catalog.regtype FROM a",
            ),
            (
                "SELECT ((a || '.') || f(b))::regclass, cast(f(a) AS regnamespace)",
                "SELECT ‹«((a || '.') || f(b))» ELSE ((a || '.') || f(b))›::regclass, cast(‹n«f(a)» ELSE f(a)› AS regnamespace)",
            ),
            (
                "SELECT 'app.t'::text::regclass, (SELECT x FROM app.t)::regproc",
                "SELECT ‹«'app.t'::text» ELSE 'app.t'::text›::regclass, \
                 ‹«(SELECT x FROM \"app@b\".t)» ELSE (SELECT x FROM \"app@b\".t)›::regproc",
            ),
            (
                "SELECT 1 WHERE a = ANY ($1::regclass[])",
                "SELECT 1 WHERE a = ANY (‹a«($1)::pg_catalog.text[]» ELSE ($1)::pg_catalog.text[]›::regclass[])",
            ),
            (
                "SELECT unnest($1::text[])::regclass",
                "SELECT «unnest($1::text[])»::regclass",
            ),
            (
                "SELECT to_regclass(a::regtype::regclass)",
                "SELECT to_regclass(«‹«‹«a» ELSE a›::regtype» ELSE ‹«a» ELSE a›::regtype›::regclass»)",
            ),
        ] {
            assert_eq!(seen(text), wanted);
            assert_eq!(spliced_by(text, &main_map()), text);
        }
    }

    #[test]
    fn names_that_are_compared_as_text_are_logical() {
        for (text, wanted) in [
            (
                "SELECT c.oid::regclass::text FROM c",
                "SELECT ‹l«(c.oid::regclass)::pg_catalog.text» ELSE (c.oid::regclass)::pg_catalog.text›::text FROM c",
            ),
            (
                "SELECT 1 WHERE cast(n::pg_catalog.oid::pg_catalog.regnamespace AS name) = $1",
                "SELECT 1 WHERE cast(‹l«(n::pg_catalog.oid::pg_catalog.regnamespace)::pg_catalog.text» \
                 ELSE (n::pg_catalog.oid::pg_catalog.regnamespace)::pg_catalog.text› AS name) = $1",
            ),
        ] {
            assert_eq!(seen(text), wanted);
        }
    }

    #[test]
    fn what_is_no_name_or_stands_in_the_text_is_left_alone() {
        for text in [
            "SELECT 'users'::regclass, nextval('s'), 42::regclass, nextval('s'::regclass)",
            "SELECT obj_description(oid, 'pg_class'), a::text, b::regrole FROM t",
            "SELECT oid::regclass, a::oid::regclass, regclass FROM t",
            "SELECT 'users'::regclass[], a::regnamespace[]",
            "CREATE VIEW v AS SELECT nextval(a) FROM t",
        ] {
            assert_eq!(seen(text), text);
        }
    }
}
