//! What takes changes back.

use super::clauses::{PICKED, TERMS};
use crate::command::ast::{Command, Revert, Rollback, RollbackTo, Undo};
use crate::command::parser::{Parsed, Parser};
use crate::repo::undoing::Span;

impl Parser<'_> {
    pub(super) fn revert(&mut self) -> Parsed<Command> {
        let span = match self.range()? {
            (commit, None) => Span::Commit(commit),
            (from, Some(to)) => Span::Range(from, to),
        };
        let clauses = self.clauses(PICKED)?;
        Ok(Command::Revert(Revert {
            span,
            parent: clauses.parent,
            into: clauses.into,
            strategy: clauses.strategy,
            message: clauses.message,
            dry_run: clauses.dry_run,
            allow_data_loss: clauses.allow_data_loss,
        }))
    }

    pub(super) fn rollback(&mut self) -> Parsed<Command> {
        self.expect("TO")?;
        let to = if self.keyword("TIMESTAMP") {
            RollbackTo::Timestamp(self.literal()?)
        } else {
            RollbackTo::Ref(self.reference()?)
        };
        let clauses = self.clauses(TERMS)?;
        Ok(Command::Rollback(Rollback {
            to,
            dry_run: clauses.dry_run,
            allow_data_loss: clauses.allow_data_loss,
        }))
    }

    pub(super) fn undo(&mut self) -> Parsed<Command> {
        let mut objects = vec![self.object()?];
        while self.comma() {
            objects.push(self.object()?);
        }
        self.expect("FROM")?;
        let from = self.reference()?;
        let clauses = self.clauses(TERMS)?;
        Ok(Command::Undo(Undo {
            objects,
            from,
            dry_run: clauses.dry_run,
            allow_data_loss: clauses.allow_data_loss,
        }))
    }

    pub(super) fn dropped(&mut self) -> Parsed<Command> {
        if !self.keyword("PURGE") {
            return Ok(Command::Dropped);
        }
        Ok(Command::DroppedPurge {
            entry: self.number()?,
        })
    }
}
