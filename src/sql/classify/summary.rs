//! A short description of a statement: the message of a commit that nobody wrote one for.

use crate::sql::tokens::{Kind, Tokens};
use std::ops::Range;

/// Longer ones are cut: the first line of a commit message.
const MAX_CHARACTERS: usize = 72;

/// The statement in one line, without comments, up to where its details begin:
/// `ALTER TABLE public.users ADD COLUMN bio`, `CREATE VIEW v`.
pub fn summary(tokens: &Tokens<'_>, statement: &Range<usize>) -> String {
    let end = details(tokens, statement);
    let mut summary = String::new();
    let mut written = None;
    for index in statement.start..end {
        let span = tokens.span(index);
        if written.is_some_and(|end| end < span.start) {
            summary.push(' ');
        }
        summary.push_str(tokens.source(index));
        written = Some(tokens.all().get(index).map_or(span.end, |token| token.end));
    }
    // Names and literals may hold line breaks.
    if summary.contains(char::is_control) {
        summary = summary.replace(char::is_control, " ");
    }
    if let Some((cut, _)) = summary.char_indices().nth(MAX_CHARACTERS) {
        summary.truncate(cut);
        summary.push('…');
    }
    summary
}

/// The token at which the details of a statement begin.
fn details(tokens: &Tokens<'_>, statement: &Range<usize>) -> usize {
    let find = |wanted: &[Kind]| {
        (statement.start + 2..statement.end).find(|index| {
            tokens
                .kind(*index)
                .is_some_and(|kind| wanted.contains(&kind))
        })
    };
    let end = match tokens.kind(statement.start) {
        Some(Kind::Create) => find(&[Kind::Ascii40, Kind::As]),
        Some(Kind::Comment | Kind::Security) => find(&[Kind::Is]),
        Some(Kind::Alter) => added_column(tokens, statement),
        _ => None,
    };
    end.unwrap_or(statement.end)
}

/// The token after the name in `ALTER TABLE … ADD COLUMN [IF NOT EXISTS] name`, unless more follows than one
/// column's definition.
fn added_column(tokens: &Tokens<'_>, statement: &Range<usize>) -> Option<usize> {
    let column = (statement.clone()).find(|index| {
        tokens.kind(*index) == Some(Kind::Column)
            && tokens.kind_before(*index, 1) == Some(Kind::AddP)
    })?;
    let mut depth = 0_usize;
    for index in column..statement.end {
        match tokens.kind(index) {
            Some(Kind::Ascii40) => depth += 1,
            Some(Kind::Ascii41) => depth = depth.saturating_sub(1),
            Some(Kind::Ascii44) if depth == 0 => return None,
            _ => {}
        }
    }
    let guarded = tokens.kind(column + 1) == Some(Kind::IfP);
    Some((column + if guarded { 5 } else { 2 }).min(statement.end))
}
