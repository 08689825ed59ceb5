//! From the text of a statement, or of several, to their plan: parse tree, classes, splices.

use super::catalogs::Catalogs;
use super::classify::{Source, runs_query};
use super::fallback;
use super::given;
use super::introspection;
use super::names::{Meaning, Names, created_routine};
use super::plan::{Action, Plan, Splice, Statement};
use super::scan::starts_with;
use super::spacing::keep_apart;
use super::tokens::{Kind, Tokens};
use super::tree::Meanings;
use crate::branch::{BranchMap, NameUse};
use crate::error::ErrorReport;
use pg_query::NodeEnum;
use pg_query::protobuf::ParseResult;
use std::ops::Range;

/// Longer texts are not parsed: a tree takes a hundred times the memory, and seconds.
const MAX_PARSED_BYTES: usize = 1 << 20;

/// Why a text has no parse tree.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NoTree {
    /// It is no SQL, as far as the parser knows.
    Malformed,
    /// It nests deeper than a tree can be handed over by the parser.
    TooDeep,
    /// It nests deeper, or is longer, than the parser itself may be asked to look at.
    TooBig,
}

/// Parses a text of any number of statements.
pub fn parse(text: &str) -> Result<ParseResult, NoTree> {
    if text.len() > MAX_PARSED_BYTES {
        return Err(NoTree::TooBig);
    }
    match pg_query::parse(text, 0) {
        Ok(parsed) => Ok(parsed.protobuf),
        Err(pg_query::Error::Decode(_)) => Err(NoTree::TooDeep),
        Err(pg_query::Error::Parse(message)) if message.contains("stack depth") => {
            Err(NoTree::TooBig)
        }
        Err(_) => Err(NoTree::Malformed),
    }
}

/// A plan, and what it holds for.
#[derive(Debug)]
pub struct Planned {
    pub plan: Plan,
    /// It holds for the text alone: with other values in its literals, it might be another one.
    pub by_values: bool,
}

/// The plan of a text in UTF-8 with standard strings.
pub fn plan(text: &str, map: &BranchMap) -> Planned {
    let mut by_values = false;
    let plan = match statements(text, map, &mut by_values) {
        Err(report) => Plan::Refuse(report),
        Ok(mut statements) => {
            for statement in &mut statements {
                keep_apart(text, &mut statement.splices);
            }
            let nothing = statements.iter().all(|statement| {
                statement.action == Action::None
                    && statement.splices.is_empty()
                    && !statement.prints_names
            });
            if nothing {
                Plan::Forward
            } else {
                Plan::Statements(statements)
            }
        }
    };
    Planned { plan, by_values }
}

/// The statements of a text; none if it is to be sent as it is.
fn statements(
    text: &str,
    map: &BranchMap,
    by_values: &mut bool,
) -> Result<Vec<Statement>, ErrorReport> {
    // Until there is a tree, nobody can tell.
    let by_values_before = std::mem::replace(by_values, true);
    let Some(tokens) = Tokens::of(text) else {
        if starts_with(text.as_bytes(), b"pggit") {
            // Its grammar says what is wrong with it.
            return Ok(vec![Statement {
                action: Action::Command,
                ..Statement::plain(0..text.len())
            }]);
        }
        return fallback::without_tokens(text, map).map(|()| Vec::new());
    };
    let ranges = tokens.statements();
    if ranges.iter().any(|range| is_command(&tokens, range)) {
        return separately(&tokens, &ranges, map);
    }
    match parse(text) {
        Ok(tree) => {
            let statements = with_tree(&tokens, &tree, map);
            *by_values = by_values_before || tokens.literals_were_read();
            Ok(statements)
        }
        // The server says what is wrong with it. On a branch its names lead there all the same: the
        // server's grammar may be newer than ours.
        Err(NoTree::Malformed) if map.is_main() => Ok(Vec::new()),
        Err(NoTree::Malformed) => Ok(ranges
            .iter()
            .map(|range| fallback::malformed(&tokens, range, map))
            .collect()),
        Err(_) if ranges.len() > 1 => separately(&tokens, &ranges, map),
        Err(why) => Ok(ranges
            .iter()
            .map(|range| fallback::without_tree(&tokens, range, map, why))
            .collect()),
    }
}

/// Whether a statement is the proxy's own: its first word is `PGGIT`.
fn is_command(tokens: &Tokens<'_>, range: &Range<usize>) -> bool {
    tokens.kind(range.start) == Some(Kind::Ident)
        && tokens.source(range.start).eq_ignore_ascii_case("pggit")
}

/// Plans each statement of a text that cannot be parsed as a whole.
fn separately(
    tokens: &Tokens<'_>,
    ranges: &[Range<usize>],
    map: &BranchMap,
) -> Result<Vec<Statement>, ErrorReport> {
    let mut all = Vec::with_capacity(ranges.len());
    for range in ranges {
        let bytes = tokens.bytes(range);
        if is_command(tokens, range) {
            all.push(Statement {
                range: bytes,
                splices: Vec::new(),
                action: Action::Command,
                prints_names: false,
            });
            continue;
        }
        let source = tokens.text().get(bytes.clone()).unwrap_or_default();
        let mut planned = statements(source, map, &mut false)?;
        if planned.is_empty() {
            planned.push(Statement::plain(0..source.len()));
        }
        for statement in planned {
            all.push(shifted(statement, bytes.start));
        }
    }
    Ok(all)
}

fn shifted(statement: Statement, by: usize) -> Statement {
    let shift = |range: Range<usize>| range.start + by..range.end + by;
    Statement {
        range: shift(statement.range),
        splices: statement
            .splices
            .into_iter()
            .map(|splice| Splice {
                at: shift(splice.at),
                with: splice.with,
            })
            .collect(),
        action: statement.action,
        prints_names: statement.prints_names,
    }
}

fn with_tree(tokens: &Tokens<'_>, tree: &ParseResult, map: &BranchMap) -> Vec<Statement> {
    let meanings = if Catalogs::of(map).concern(tokens.text()) {
        Meanings::of(tree)
    } else {
        Meanings::default()
    };
    let source = Source { tokens, map };
    let mut statements = Vec::with_capacity(tree.stmts.len());
    for raw in &tree.stmts {
        let Some(node) = raw.stmt.as_ref().and_then(|node| node.node.as_ref()) else {
            continue;
        };
        let start = usize::try_from(raw.stmt_location).unwrap_or(0);
        // A length of zero reaches to the end of the text.
        let end = match usize::try_from(raw.stmt_len) {
            Ok(len) if len > 0 => start + len,
            _ => tokens.text().len(),
        };
        let mut at = tokens.at_or_after(start)..tokens.at_or_after(end);
        while at.start < at.end && tokens.kind(at.end - 1) == Some(Kind::Ascii59) {
            at.end -= 1;
        }
        let action = source.action(node, &at);
        let mut splices = if map.is_main() {
            Vec::new()
        } else {
            let routine = created_routine(tokens, &at);
            let names = Names {
                tokens,
                map,
                meaning: Meaning::Tree(&meanings),
                usage: usage(node, &action),
                routine: routine.as_deref(),
            };
            names.splices(at.clone())
        };
        if introspection::looks_now(node) {
            // A plan is shown as that of the query that the client wrote.
            let only_shown = matches!(node, NodeEnum::ExplainStmt(explain) if !runs_query(explain));
            if !only_shown {
                splices.extend(introspection::splices(tokens, &at, &meanings, map));
            }
            splices.sort_by_key(|splice| (splice.at.start, splice.at.end));
            splices = given::splices(tokens, &at, &meanings, map, splices);
        }
        statements.push(Statement {
            range: tokens.bytes(&at),
            splices,
            action,
            prints_names: introspection::prints_names(tokens, &at, map),
        });
    }
    statements
}

/// What a statement's names are used for, as far as its kind says.
fn usage(statement: &NodeEnum, action: &Action) -> NameUse {
    match statement {
        NodeEnum::TruncateStmt(_) => NameUse::Write,
        NodeEnum::CopyStmt(copy) if copy.is_from => NameUse::Write,
        _ if matches!(action, Action::Ddl(_)) => NameUse::Define,
        _ => NameUse::Read,
    }
}
