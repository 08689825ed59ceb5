//! Names within string literals: `'public.t'::regclass`, `nextval('public.s')`, search paths, and the
//! bodies of routines.

use super::aliases::aliases;
use super::analyse;
use super::introspection::splices_in_code;
use super::literals;
use super::names::{Meaning, Names, Object};
use super::plan::Splice;
use super::spacing::keep_apart;
use super::tokens::{Kind, Tokens};
use super::tree::Meanings;
use crate::branch::{NameUse, search_path};
use crate::schema::quote::quote_literal;
use crate::schema::token::SEARCH_FUNCTIONS;
use std::ops::Range;

impl Names<'_> {
    /// String literals that hold names, and the bodies of routines.
    pub(super) fn literals(&self, statement: &Range<usize>, splices: &mut Vec<Splice>) {
        let tokens = self.tokens;
        let body = body(tokens, statement);
        // For each open parenthesis: the argument directly within it that is a name.
        let mut open: Vec<Option<NamedArgument>> = Vec::new();
        for index in statement.clone() {
            match tokens.kind(index) {
                Some(Kind::Ascii40) => open.push(
                    index
                        .checked_sub(1)
                        .filter(|before| *before >= statement.start)
                        .and_then(|before| NamedArgument::of(tokens, before)),
                ),
                Some(Kind::Ascii41) => {
                    open.pop();
                }
                Some(Kind::Sconst) => {
                    let holds = if body == Some(index) {
                        let runs_now = tokens.kind(statement.start) == Some(Kind::Do);
                        Some(Holds::Code { runs_now })
                    } else if is_search_path(tokens, index) {
                        self.search_path_value(index, splices);
                        None
                    } else {
                        cast_of(tokens, index)
                            .or(open.last().and_then(|open| open.as_ref()?.holds_at(index)))
                            .or(search_of(tokens, index))
                    };
                    if let Some(holds) = holds {
                        self.literal(index, holds, splices);
                    }
                }
                _ => {}
            }
        }
    }

    fn literal(&self, index: usize, holds: Holds, splices: &mut Vec<Splice>) {
        let Some(value) = self.tokens.string(index) else {
            return;
        };
        let mut inner = self.within(&value, holds);
        if inner.is_empty() {
            return;
        }
        keep_apart(&value, &mut inner);
        let at = self.tokens.span(index);
        // The content of most literals stands in the text as it is, and can be spliced there.
        let content = match literals::dollar_quoted(self.tokens.source(index)) {
            Some((delimiter, _)) => Some((delimiter, at.start + delimiter.len())),
            None if at.len() == value.len() + 2 => Some(("'", at.start + 1)),
            None => None,
        };
        match content {
            Some((delimiter, offset))
                if inner.iter().all(|splice| {
                    !splice.with.contains(delimiter) && !splice.with.contains('\\')
                }) =>
            {
                splices.extend(inner.into_iter().map(|splice| Splice {
                    at: splice.at.start + offset..splice.at.end + offset,
                    with: splice.with,
                }));
            }
            _ => {
                let spliced = super::apply_splices(value.as_bytes(), &inner);
                splices.push(Splice {
                    at,
                    with: quote_literal(&String::from_utf8_lossy(&spliced)),
                });
            }
        }
    }

    /// `set_config('search_path', '…', …)`: the logical path becomes the branch's.
    fn search_path_value(&self, index: usize, splices: &mut Vec<Splice>) {
        let Some(value) = self.tokens.string(index) else {
            return;
        };
        if let Some(logical) = search_path::parse(&value)
            && !logical.is_empty()
        {
            let physical = search_path::physical(self.map, &logical, "");
            if physical != logical {
                splices.push(Splice {
                    at: self.tokens.span(index),
                    with: quote_literal(&search_path::format(&physical)),
                });
            }
        }
    }

    /// The splices within the value of a literal.
    fn within(&self, value: &str, holds: Holds) -> Vec<Splice> {
        let Some(tokens) = Tokens::of(value) else {
            return Vec::new();
        };
        if let Holds::Code { runs_now } = holds {
            let mut splices = self.within_code(&tokens);
            if runs_now {
                splices.extend(splices_in_code(&tokens, self.map));
                splices.sort_by_key(|splice| (splice.at.start, splice.at.end));
            }
            return splices;
        }
        let names = Names {
            tokens: &tokens,
            ..*self
        };
        let mut splices = Vec::new();
        if holds == Holds::Schema && tokens.len() == 1 {
            names.schema(0, None, &mut splices);
        }
        for chain in tokens.chains(0..tokens.len()) {
            let part = chain.parts.len() - 2;
            let object = chain.parts.get(part + 1).map(|token| Object {
                token: *token,
                is_relation: holds == Holds::Relation,
            });
            names.schema(chain.parts[part], object, &mut splices);
        }
        splices
    }

    /// The splices within the body of a routine: by its tree if it is SQL, else by its tokens.
    fn within_code(&self, tokens: &Tokens<'_>) -> Vec<Splice> {
        let all = 0..tokens.len();
        // PL/pgSQL starts with one of these; so does a transaction, but not in a body.
        let is_block = matches!(tokens.kind(0), Some(Kind::BeginP | Kind::Declare));
        let tree = (!is_block)
            .then(|| analyse::parse(tokens.text()).ok())
            .flatten();
        if let Some(tree) = tree {
            let meanings = Meanings::of(&tree);
            let names = Names {
                tokens,
                map: self.map,
                meaning: Meaning::Tree(&meanings),
                usage: NameUse::Read,
                routine: self.routine,
            };
            return names.splices(all);
        }
        let aliases = aliases(tokens, &all);
        let names = Names {
            tokens,
            map: self.map,
            meaning: Meaning::Code(&aliases),
            usage: NameUse::Read,
            routine: None,
        };
        names.splices(all)
    }
}

/// What a literal holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Holds {
    /// The name of a relation, qualified or not.
    Relation,
    /// That of another object, or an operator's or function's with its argument types.
    Name,
    /// The name of a schema.
    Schema,
    /// SQL or PL/pgSQL; a `DO` block's runs now.
    Code { runs_now: bool },
}

/// The argument of a function that is a name.
#[derive(Debug)]
pub(super) struct NamedArgument {
    pub holds: Holds,
    pub at: Range<usize>,
}

impl NamedArgument {
    /// Of the function whose name is at a token.
    pub fn of(tokens: &Tokens<'_>, function: usize) -> Option<Self> {
        let name = tokens.name(function)?;
        let holds = argument_of(&name)?;
        let open = function + 1;
        if name == "tsvector_update_trigger" {
            // Names of columns, too, have no dots.
            return Some(Self {
                holds,
                at: open + 1..tokens.len(),
            });
        }
        let arguments = arguments(tokens, open);
        // A privilege is asked of the current user unless the first argument is another.
        let from_end = match &*name {
            "has_column_privilege" => 3,
            _ if name.starts_with("has_") => 2,
            _ => arguments.len(),
        };
        let at = arguments.get(arguments.len().checked_sub(from_end)?)?;
        Some(Self {
            holds,
            at: at.clone(),
        })
    }

    /// The argument of a function that is the bare name of a schema, which is quoted no more than any other text.
    pub fn bare_schema(tokens: &Tokens<'_>, function: usize) -> Option<Range<usize>> {
        let arguments = arguments(tokens, function + 1);
        let place = match &*tokens.name(function)? {
            "has_schema_privilege" => arguments.len().checked_sub(2)?,
            "schema_to_xml" | "schema_to_xmlschema" | "schema_to_xml_and_xmlschema" => 0,
            _ => return None,
        };
        arguments.get(place).cloned()
    }

    fn holds_at(&self, index: usize) -> Option<Holds> {
        self.at.contains(&index).then_some(self.holds)
    }
}

/// The arguments between the parenthesis at a token and the one that closes it.
fn arguments(tokens: &Tokens<'_>, open: usize) -> Vec<Range<usize>> {
    let Some(close) = tokens.closing(open) else {
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

/// Whether a literal is the second argument of `set_config('search_path', …)`.
fn is_search_path(tokens: &Tokens<'_>, literal: usize) -> bool {
    let Some(setting) = literal.checked_sub(2) else {
        return false;
    };
    // The value last: to look at it is to depend on it.
    tokens.kind_before(literal, 1) == Some(Kind::Ascii44)
        && tokens.kind_before(setting, 1) == Some(Kind::Ascii40)
        && setting
            .checked_sub(2)
            .is_some_and(|function| tokens.is_name(function, "set_config"))
        && tokens
            .string(setting)
            .is_some_and(|name| name.eq_ignore_ascii_case("search_path"))
}

/// What the literal at a token is cast to.
fn cast_of(tokens: &Tokens<'_>, literal: usize) -> Option<Holds> {
    let object_type = |index| alias_type(&tokens.name(unqualified(tokens, index))?);
    match tokens.kind(literal + 1) {
        Some(Kind::Typecast) => object_type(literal + 2),
        Some(Kind::As) if tokens.kind_before(literal, 2) == Some(Kind::Cast) => {
            object_type(literal + 2)
        }
        _ => tokens
            .name(literal.checked_sub(1)?)
            .and_then(|name| alias_type(&name)),
    }
}

/// The token of a name that `pg_catalog` may stand before.
pub(super) fn unqualified(tokens: &Tokens<'_>, index: usize) -> usize {
    let is_qualified =
        tokens.is_name(index, "pg_catalog") && tokens.kind(index + 1) == Some(Kind::Ascii46);
    if is_qualified { index + 2 } else { index }
}

/// The object identifier types (PostgreSQL documentation, 8.19) whose input is a name in a schema.
pub(super) fn alias_type(name: &str) -> Option<Holds> {
    match name {
        "regclass" => Some(Holds::Relation),
        "regcollation" | "regconfig" | "regdictionary" | "regoper" | "regoperator" | "regproc"
        | "regprocedure" | "regtype" => Some(Holds::Name),
        "regnamespace" => Some(Holds::Schema),
        _ => None,
    }
}

/// What a literal holds that is the first of several arguments of a text search function: the name of a
/// configuration, dictionary or parser. A lone argument is text.
fn search_of(tokens: &Tokens<'_>, literal: usize) -> Option<Holds> {
    let first_of_several = tokens.kind_before(literal, 1) == Some(Kind::Ascii40)
        && tokens.kind(literal + 1) == Some(Kind::Ascii44);
    let function = tokens.name(literal.checked_sub(2)?)?;
    (first_of_several && SEARCH_FUNCTIONS.contains(&&*function)).then_some(Holds::Name)
}

/// What a function is given that takes names.
fn argument_of(function: &str) -> Option<Holds> {
    match function {
        "nextval"
        | "currval"
        | "setval"
        | "pg_get_serial_sequence"
        | "pg_sequence_last_value"
        | "to_regclass"
        | "has_any_column_privilege"
        | "has_column_privilege"
        | "has_sequence_privilege"
        | "has_table_privilege"
        | "pg_relation_size"
        | "pg_table_size"
        | "pg_indexes_size"
        | "pg_total_relation_size"
        | "pg_relation_filenode"
        | "pg_relation_filepath"
        | "pg_relation_is_updatable"
        | "pg_get_viewdef"
        | "pg_get_indexdef"
        | "pg_partition_tree"
        | "pg_partition_ancestors"
        | "pg_partition_root"
        | "row_security_active"
        | "obj_description"
        | "col_description"
        | "table_to_xml"
        | "table_to_xmlschema"
        | "table_to_xml_and_xmlschema" => Some(Holds::Relation),
        "to_regcollation"
        | "to_regoper"
        | "to_regoperator"
        | "to_regproc"
        | "to_regprocedure"
        | "to_regtype"
        | "has_function_privilege"
        | "has_type_privilege"
        | "tsvector_update_trigger" => Some(Holds::Name),
        "to_regnamespace" => Some(Holds::Schema),
        _ => None,
    }
}

/// The literal with the code of `CREATE FUNCTION … AS` or `DO`, unless it is the name of a C symbol.
fn body(tokens: &Tokens<'_>, statement: &Range<usize>) -> Option<usize> {
    let is_literal = |index: &usize| tokens.kind(*index) == Some(Kind::Sconst);
    let after_language = |index: usize| tokens.kind_before(index, 1) == Some(Kind::Language);
    match tokens.kind(statement.start)? {
        Kind::Do => statement
            .clone()
            .filter(is_literal)
            .find(|index| !after_language(*index)),
        Kind::Create => {
            let of_routine = (statement.start + 1..statement.start + 4)
                .any(|index| matches!(tokens.kind(index), Some(Kind::Function | Kind::Procedure)));
            let compiled = statement.clone().any(|index| {
                after_language(index)
                    && tokens
                        .name(index)
                        .or_else(|| tokens.string(index))
                        .is_some_and(|language| matches!(&*language, "c" | "internal"))
            });
            if !of_routine || compiled {
                return None;
            }
            statement
                .clone()
                .filter(is_literal)
                .find(|index| tokens.kind_before(*index, 1) == Some(Kind::As))
        }
        _ => None,
    }
}
