//! The grammar of `PGGIT …`: one function per command, on the pieces of [`super::parser`].
//!
//! Keywords are case-insensitive and reserved only where they stand; a quoted name is never one. A
//! clause may stand anywhere among the clauses of its command, once.

mod branches;
mod clauses;
mod merging;
mod reading;
mod undoing;

use super::ast::Command;
use super::help;
use super::lexer::Value;
use super::parser::{Parsed, Parser};
use crate::error::{ErrorReport, Report};

/// Reads a command's text, `PGGIT` included, without the semicolon.
///
/// # Errors
/// `42601` with the position of the word that was not expected, `42622`, `42602`.
pub fn parse(text: &str) -> Result<Command, ErrorReport> {
    read(text).map_err(|error| error.report())
}

fn read(text: &str) -> Parsed<Command> {
    let mut parser = Parser::new(text)?;
    parser.expect("PGGIT")?;
    let command = parser.command()?;
    parser.end()?;
    Ok(command)
}

impl Parser<'_> {
    fn command(&mut self) -> Parsed<Command> {
        type Rule = fn(&mut Parser<'_>) -> Parsed<Command>;
        const RULES: &[(&str, Rule)] = &[
            ("STATUS", |_| Ok(Command::Status)),
            ("HELP", |parser| parser.help()),
            ("VERSION", |_| Ok(Command::Version)),
            ("VERIFY", |_| Ok(Command::Verify)),
            ("INIT", |_| Ok(Command::Init)),
            ("BRANCH", |parser| parser.branch()),
            ("CHECKOUT", |parser| parser.checkout()),
            ("COMMIT", |parser| parser.commit()),
            ("TAG", |parser| parser.tag()),
            ("LOG", |parser| parser.log()),
            ("SHOW", |parser| parser.show()),
            ("HISTORY", |parser| parser.object_history()),
            ("BLAME", |parser| parser.blame()),
            ("IMPACT", |parser| parser.impact()),
            ("DIFF", |parser| parser.diff()),
            ("MERGE", |parser| parser.merge()),
            ("MERGES", |_| Ok(Command::Merges)),
            ("CHERRY", |parser| parser.cherry_pick()),
            ("REBASE", |parser| parser.rebase()),
            ("PROTECT", |parser| parser.protect()),
            ("UNPROTECT", |parser| parser.unprotect()),
            ("APPROVE", |parser| parser.approve()),
            ("CONFLICTS", |parser| parser.conflicts()),
            ("RESOLVE", |parser| parser.resolve()),
            ("DROPPED", |parser| parser.dropped()),
            ("REVERT", |parser| parser.revert()),
            ("ROLLBACK", |parser| parser.rollback()),
            ("UNDO", |parser| parser.undo()),
        ];
        for (word, rule) in RULES {
            if self.keyword(word) {
                self.topic = *word;
                return rule(self);
            }
        }
        Err(self.unexpected())
    }

    fn help(&mut self) -> Parsed<Command> {
        let topic = match self.peek() {
            Some(Value::Bare(word)) => Some(word.to_ascii_uppercase()),
            _ => None,
        };
        if let Some(topic) = &topic {
            if help::forms(topic).next().is_none() {
                return Err(self.unexpected());
            }
            // `HELP MERGE CONTINUE` explains MERGE.
            self.skip_rest();
        }
        Ok(Command::Help { topic })
    }
}

#[cfg(test)]
mod tests;
