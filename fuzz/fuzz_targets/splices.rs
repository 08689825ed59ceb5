//! Any text in any encoding: its plan is sound, and splicing changes names and nothing else.
#![no_main]

use libfuzzer_sys::fuzz_target;
use pggit::branch::BranchMap;
use pggit::sql::plan::{Action, Plan, Splice, Statement};
use pggit::sql::{
    Characters, PlanContext, apply_splices, map_position, retarget, using_expressions,
};
use pggit_fuzz::{
    OTHER_ENCODINGS, Token, branch, branch_with_extensions, context, main, number_of, planner,
    tokens,
};
use std::ops::Range;

/// So many tokens of a text are followed to where they came from.
const FOLLOWED: usize = 12;

fuzz_target!(|data: &[u8]| {
    // No message has such a byte in a text.
    if data.contains(&0) {
        return;
    }
    let number = number_of(data);
    for map in [main(), branch(), branch_with_extensions()] {
        let context = context(&map);
        let statements = planned(data, &context);
        if let Ok(text) = std::str::from_utf8(data)
            && let Some(statements) = statements
        {
            in_utf8(text, &map, &statements);
        }
        let other = PlanContext {
            client_encoding: OTHER_ENCODINGS[number % OTHER_ENCODINGS.len()],
            standard_conforming_strings: number.is_multiple_of(2),
            ..context
        };
        if let Some(statements) = planned(data, &other) {
            let position = u32::try_from(number % (data.len() + 2)).unwrap_or(0);
            let characters = Characters::of(other.client_encoding);
            map_position(data, &all_splices(&statements), characters, position);
        }
    }
    if let Ok(text) = std::str::from_utf8(data) {
        using_expressions(text);
    }
});

/// The statements of a text; `None` if it is refused.
fn planned(text: &[u8], context: &PlanContext<'_>) -> Option<Vec<Statement>> {
    let plan = planner().plan_of_concern(text, context);
    let concerns = planner().concerns(text, context);
    let is_readable = std::str::from_utf8(text).is_ok();
    assert!(concerns || plan.is_none() || !is_readable, "needs a plan");
    let statements = match plan.as_deref() {
        None | Some(Plan::Forward) => Vec::new(),
        Some(Plan::Statements(statements)) => statements.clone(),
        Some(Plan::Refuse(_)) => return None,
    };
    let mut last = 0;
    for statement in &statements {
        assert!(last <= statement.range.start && text.get(statement.range.clone()).is_some());
        last = statement.range.start;
        for splice in &statement.splices {
            assert!(last <= splice.at.start && splice.at.start <= splice.at.end);
            last = splice.at.end;
        }
        assert!(last <= statement.range.end);
        last = statement.range.end;
    }
    Some(statements)
}

fn all_splices(statements: &[Statement]) -> Vec<Splice> {
    let splices = statements.iter().flat_map(|statement| &statement.splices);
    splices.cloned().collect()
}

fn in_utf8(text: &str, map: &BranchMap, statements: &[Statement]) {
    let splices = all_splices(statements);
    let spliced = apply_splices(text.as_bytes(), &splices);
    let spliced = String::from_utf8(spliced).expect("splices lie between characters");
    // The proxy's own DDL goes the same way.
    let is_refused =
        (statements.iter()).any(|statement| matches!(statement.action, Action::Refuse(_)));
    if !map.is_main() {
        assert_eq!(
            retarget(text, map).ok(),
            (!is_refused).then(|| spliced.clone())
        );
    }
    if splices.is_empty() {
        return;
    }
    let before = tokens(text).expect("it was lexed");
    let Some(after) = tokens(&spliced) else {
        panic!("cannot be lexed any more: {spliced}");
    };
    for (number, token) in before.iter().enumerate() {
        let Some(at) = kept(token, &splices) else {
            continue;
        };
        let found = after.binary_search_by_key(&at.start, |token| token.at.start);
        let found = found.ok().and_then(|index| after.get(index));
        let expected = Token {
            at: at.clone(),
            kind: token.kind,
        };
        assert_eq!(
            found,
            Some(&expected),
            "{:?} of {spliced}",
            &text[token.at.clone()]
        );
        if number % before.len().div_ceil(FOLLOWED) == 0 {
            let position = |text: &str, byte: usize| {
                u32::try_from(text[..byte].chars().count() + 1).expect("it is short")
            };
            let original = map_position(
                text.as_bytes(),
                &splices,
                Characters::Utf8,
                position(&spliced, at.start),
            );
            assert_eq!(original, position(text, token.at.start));
        }
    }
}

/// Where a token is after splicing: elsewhere if splices before it have other lengths than what they replaced, and longer or
/// shorter if there are splices within it. `None` if it was replaced.
fn kept(token: &Token, splices: &[Splice]) -> Option<Range<usize>> {
    let Range { mut start, mut end } = token.at;
    for splice in splices {
        let grown = |byte: usize| byte + splice.with.len() - splice.at.len();
        if splice.at.end <= token.at.start {
            start = grown(start);
            end = grown(end);
        } else if token.at.start < splice.at.start && splice.at.end < token.at.end {
            end = grown(end);
        } else if splice.at.start < token.at.end {
            return None;
        }
    }
    Some(start..end)
}
