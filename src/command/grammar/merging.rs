//! What brings changes from one branch to another.

use super::clauses::{Clause, PICKED, TERMS};
use crate::command::ast::{CherryPick, Command, Merge, MergeRequest, Rebase, ResolveWith};
use crate::command::parser::{Parsed, Parser};

impl Parser<'_> {
    pub(super) fn merge(&mut self) -> Parsed<Command> {
        if self.keyword("BASE") {
            return Ok(Command::MergeBase {
                left: self.reference()?,
                right: self.reference()?,
            });
        }
        if self.keyword("REQUEST") {
            return self.merge_request();
        }
        if self.keyword("REQUESTS") {
            return Ok(Command::MergeRequests);
        }
        if self.keyword("CONTINUE") {
            return Ok(Command::MergeContinue {
                merge: self.number()?,
                allow_data_loss: self.clauses(&[Clause::AllowDataLoss])?.allow_data_loss,
            });
        }
        if self.keyword("ABORT") {
            return Ok(Command::MergeAbort {
                merge: self.number()?,
            });
        }
        if self.keyword("SHOW") {
            return Ok(Command::MergeShow {
                merge: self.number()?,
            });
        }
        let mut sources = vec![self.reference()?];
        while self.comma() {
            sources.push(self.reference()?);
        }
        let clauses = self.clauses(&[
            Clause::Into,
            Clause::Strategy,
            Clause::History,
            Clause::Message,
            Clause::DryRun,
            Clause::AllowDataLoss,
        ])?;
        Ok(Command::Merge(Merge {
            sources,
            into: clauses.into,
            strategy: clauses.strategy,
            history: clauses.history,
            message: clauses.message,
            dry_run: clauses.dry_run,
            allow_data_loss: clauses.allow_data_loss,
        }))
    }

    fn merge_request(&mut self) -> Parsed<Command> {
        if self.keyword("CLOSE") {
            return Ok(Command::MergeRequestClose {
                request: self.number()?,
            });
        }
        let source = self.name()?;
        let clauses = self.clauses(&[Clause::Into, Clause::Message])?;
        Ok(Command::MergeRequest(MergeRequest {
            source,
            into: clauses.into,
            message: clauses.message,
        }))
    }

    pub(super) fn conflicts(&mut self) -> Parsed<Command> {
        Ok(Command::Conflicts {
            merge: self.number()?,
        })
    }

    pub(super) fn resolve(&mut self) -> Parsed<Command> {
        let merge = self.number()?;
        if self.keyword("REMEMBERED") {
            return Ok(Command::ResolveRemembered { merge });
        }
        let conflict = self.number()?;
        self.expect("WITH")?;
        let with = if self.keyword("SOURCE") {
            ResolveWith::Source
        } else if self.keyword("TARGET") {
            ResolveWith::Target
        } else if self.keyword("BASE") {
            ResolveWith::Base
        } else {
            self.expect("CUSTOM")?;
            ResolveWith::Custom(self.literal()?)
        };
        Ok(Command::Resolve {
            merge,
            conflict,
            with,
        })
    }

    pub(super) fn cherry_pick(&mut self) -> Parsed<Command> {
        self.expect("PICK")?;
        let (first, second) = self.range()?;
        let (after, commit) = match second {
            Some(last) => (Some(first), last),
            None => (None, first),
        };
        let clauses = self.clauses(PICKED)?;
        Ok(Command::CherryPick(CherryPick {
            after,
            commit,
            parent: clauses.parent,
            into: clauses.into,
            strategy: clauses.strategy,
            message: clauses.message,
            dry_run: clauses.dry_run,
            allow_data_loss: clauses.allow_data_loss,
        }))
    }

    pub(super) fn rebase(&mut self) -> Parsed<Command> {
        if self.keyword("CONTINUE") {
            return Ok(Command::Rebase(Rebase::Continue {
                branch: self.rebased_branch()?,
                allow_data_loss: self.clauses(&[Clause::AllowDataLoss])?.allow_data_loss,
            }));
        }
        if self.keyword("SKIP") {
            return Ok(Command::Rebase(Rebase::Skip {
                branch: self.rebased_branch()?,
                allow_data_loss: self.clauses(&[Clause::AllowDataLoss])?.allow_data_loss,
            }));
        }
        if self.keyword("ABORT") {
            return Ok(Command::Rebase(Rebase::Abort {
                branch: self.rebased_branch()?,
            }));
        }
        let branch = if self.at_any(&["ONTO"]) {
            None
        } else {
            Some(self.name()?)
        };
        self.expect("ONTO")?;
        let onto = self.reference()?;
        let clauses = self.clauses(TERMS)?;
        Ok(Command::Rebase(Rebase::Start {
            branch,
            onto,
            dry_run: clauses.dry_run,
            allow_data_loss: clauses.allow_data_loss,
        }))
    }

    fn rebased_branch(&mut self) -> Parsed<Option<String>> {
        if self.at_end() || self.at_any(&["ALLOW"]) {
            return Ok(None);
        }
        self.name().map(Some)
    }
}
