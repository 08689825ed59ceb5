//! Planning without a parse tree: statements that nest too deep for one, and texts that are no SQL.
//!
//! What can be known then comes from the tokens and from `pg_query`'s summary, which is made without handing
//! over a tree.

use super::aliases::aliases;
use super::analyse::NoTree;
use super::classify::{Source, summary};
use super::introspection::prints_names;
use super::names::{Meaning, Named, Names};
use super::plan::{Action, Ddl, Scope, Setting, Statement};
use super::scan::has_dotted_name;
use super::tokens::{Kind, Tokens};
use crate::branch::{BranchMap, NameUse};
use crate::error::{ErrorReport, SqlState};
use std::ops::Range;

/// The plan of a statement that is too deep or too long for a tree.
pub fn without_tree(
    tokens: &Tokens<'_>,
    at: &Range<usize>,
    map: &BranchMap,
    why: NoTree,
) -> Statement {
    let action = action(tokens, at, map);
    let usage = match action {
        Action::Ddl(_) => NameUse::Define,
        _ => NameUse::Read,
    };
    let splices = if map.is_main() {
        Vec::new()
    } else {
        let named = named(tokens, at, why);
        let names = Names {
            tokens,
            map,
            meaning: Meaning::Named(&named),
            usage,
            routine: None,
        };
        names.splices(at.clone())
    };
    Statement {
        range: tokens.bytes(at),
        splices,
        action,
        prints_names: prints_names(tokens, at, map),
    }
}

/// The plan of what the parser takes for no SQL. The server will most likely say so too; if it does not,
/// because its grammar is newer, names of the branch's schemas still lead to the branch.
pub fn malformed(tokens: &Tokens<'_>, at: &Range<usize>, map: &BranchMap) -> Statement {
    let aliases = aliases(tokens, at);
    let names = Names {
        tokens,
        map,
        meaning: Meaning::Code(&aliases),
        usage: NameUse::Read,
        routine: None,
    };
    Statement {
        range: tokens.bytes(at),
        splices: names.splices(at.clone()),
        action: Action::None,
        prints_names: prints_names(tokens, at, map),
    }
}

/// Whether a text without tokens may be sent: the server's lexer will most likely refuse it as well, but
/// an older one reads `1a` as two tokens. On a branch, none of its schemas may be named then.
pub fn without_tokens(text: &str, map: &BranchMap) -> Result<(), ErrorReport> {
    if map.is_main() || !has_dotted_name(text.as_bytes()) {
        return Ok(());
    }
    let folded = text.to_ascii_lowercase();
    let named = map
        .schemas()
        .any(|(logical, _)| folded.contains(&logical.to_ascii_lowercase()));
    if !named {
        return Ok(());
    }
    Err(ErrorReport::new(
        SqlState::SYNTAX_ERROR,
        format!(
            "statement cannot be read, and so not be routed to branch \"{}\"",
            map.branch()
        ),
    )
    .with_hint("Look for a literal, a quoted name or a comment without an end, or for letters right after a number."))
}

/// What a statement does, by its words.
fn action(tokens: &Tokens<'_>, at: &Range<usize>, map: &BranchMap) -> Action {
    let ddl = || {
        Action::Ddl(Ddl {
            scope: Scope::Everything,
            summary: summary(tokens, at),
            ..Ddl::default()
        })
    };
    match tokens.kind(at.start) {
        Some(
            Kind::Create | Kind::Alter | Kind::Drop | Kind::Comment | Kind::Grant | Kind::Revoke,
        ) => ddl(),
        Some(Kind::Prepare) => Action::Prepare {
            name: tokens
                .name(at.start + 1)
                .map_or_else(String::new, std::borrow::Cow::into_owned),
        },
        Some(Kind::Do | Kind::Call) => Action::MayHideDdl,
        Some(Kind::Explain)
            if at
                .clone()
                .any(|index| tokens.kind(index) == Some(Kind::Create)) =>
        {
            ddl()
        }
        Some(Kind::Select | Kind::With | Kind::Ascii40) if selects_into(tokens, at) => ddl(),
        _ => Source { tokens, map }
            .set_config(at)
            .map_or(Action::None, |setting: Setting| Action::Setting(setting)),
    }
}

/// `SELECT … INTO t`, told from `INSERT INTO` and `MERGE INTO`.
fn selects_into(tokens: &Tokens<'_>, at: &Range<usize>) -> bool {
    at.clone().any(|index| {
        tokens.kind(index) == Some(Kind::Into)
            && !matches!(
                tokens.kind_before(index, 1),
                Some(Kind::Insert | Kind::Merge)
            )
    })
}

/// What can be known of a statement's names.
fn named(tokens: &Tokens<'_>, at: &Range<usize>, why: NoTree) -> Named {
    let mut named = Named::default();
    let source = tokens.text().get(tokens.bytes(at)).unwrap_or_default();
    // The summary is made without a check of the stack: it is safe where the parser, which has one, got
    // through the tree.
    if why == NoTree::TooDeep
        && let Ok(found) = pg_query::summary(source, 0, -1)
    {
        named.aliases.extend(found.aliases.into_keys());
        named.aliases.extend(found.cte_names);
        for table in found.tables {
            if table.schema_name.is_empty() {
                named.aliases.insert(table.table_name);
            } else {
                named
                    .relations
                    .insert((table.schema_name, table.table_name));
            }
        }
    }
    // The summary leaves out the aliases of subqueries.
    named.aliases.append(&mut aliases(tokens, at));
    named
}
