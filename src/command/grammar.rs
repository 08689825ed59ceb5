//! The grammar of `PGGIT …`: one function per command, on the pieces of [`super::parser`].
//!
//! Keywords are case-insensitive and reserved only where they stand; a quoted name is never one. A
//! clause may stand anywhere among the clauses of its command, once.

use super::ast::{
    CherryPick, Command, Diff, DiffFormat, Log, Merge, MergeRequest, Protect, Rebase, ResolveWith,
    Revert, Rollback, RollbackTo, TagCommand, Undo,
};
use super::help;
use super::lexer::Value;
use super::parser::{Parsed, Parser};
use crate::error::{ErrorReport, Report};
use crate::repo::Ref;
use crate::repo::merging::History;
use crate::repo::undoing::Span;

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

    fn branch(&mut self) -> Parsed<Command> {
        if self.at_end() || self.keyword("LIST") {
            return Ok(Command::BranchList);
        }
        if self.keyword("RENAME") {
            let from = self.name()?;
            self.expect("TO")?;
            return Ok(Command::BranchRename {
                from,
                to: self.new_branch()?,
            });
        }
        if self.keyword("DELETE") {
            return Ok(Command::BranchDelete {
                name: self.name()?,
                force: self.keyword("FORCE"),
            });
        }
        if self.keyword("EXPIRE") {
            let name = self.name()?;
            let time_to_live = if self.keyword("IN") {
                Some(self.literal()?)
            } else {
                self.expect("NEVER")?;
                None
            };
            return Ok(Command::BranchExpire { name, time_to_live });
        }
        let name = self.new_branch()?;
        let (mut from, mut expires) = (None, None);
        while !self.at_end() {
            let start = self.here();
            if self.keyword("FROM") {
                let reference = self.reference()?;
                self.once(&mut from, reference, start)?;
            } else if self.keyword("EXPIRES") {
                let time_to_live = if self.keyword("NEVER") {
                    None
                } else {
                    Some(self.literal()?)
                };
                self.once(&mut expires, time_to_live, start)?;
            } else {
                return Err(self.unexpected());
            }
        }
        Ok(Command::BranchCreate {
            name,
            from,
            time_to_live: expires.flatten(),
        })
    }

    fn checkout(&mut self) -> Parsed<Command> {
        if self.keyword("NEW") {
            return Ok(Command::CheckoutNew {
                branch: self.new_branch()?,
                from: self.from()?,
            });
        }
        Ok(Command::Checkout {
            branch: self.name()?,
        })
    }

    fn commit(&mut self) -> Parsed<Command> {
        let message = if self.at_end() {
            None
        } else {
            Some(self.literal()?)
        };
        Ok(Command::Commit { message })
    }

    fn tag(&mut self) -> Parsed<Command> {
        if self.at_end() || self.keyword("LIST") {
            return Ok(Command::Tag(TagCommand::List));
        }
        if self.keyword("DELETE") {
            let name = self.name()?;
            return Ok(Command::Tag(TagCommand::Delete { name }));
        }
        let name = self.new_branch()?;
        let of = if self.at_end() || self.at_any(&["MESSAGE"]) {
            None
        } else {
            Some(self.reference()?)
        };
        let message = if self.keyword("MESSAGE") {
            Some(self.literal()?)
        } else {
            None
        };
        Ok(Command::Tag(TagCommand::Create { name, of, message }))
    }

    fn log(&mut self) -> Parsed<Command> {
        const CLAUSES: &[&str] = &["FOR", "AUTHOR", "SINCE", "UNTIL", "LIMIT", "GRAPH"];
        let (mut log, mut graph) = (Log::default(), None);
        if !self.at_end() && !self.at_any(CLAUSES) {
            log.from = Some(self.reference()?);
        }
        while !self.at_end() {
            let start = self.here();
            if self.keyword("FOR") {
                let object = self.object()?;
                self.once(&mut log.object, object, start)?;
            } else if self.keyword("AUTHOR") {
                let author = self.literal_or_name()?;
                self.once(&mut log.author, author, start)?;
            } else if self.keyword("SINCE") {
                let since = self.literal()?;
                self.once(&mut log.since, since, start)?;
            } else if self.keyword("UNTIL") {
                let until = self.literal()?;
                self.once(&mut log.until, until, start)?;
            } else if self.keyword("LIMIT") {
                let limit = self.number()?;
                self.once(&mut log.limit, limit, start)?;
            } else if self.keyword("GRAPH") {
                self.once(&mut graph, true, start)?;
            } else {
                return Err(self.unexpected());
            }
        }
        log.graph = graph.is_some();
        Ok(Command::Log(log))
    }

    fn show(&mut self) -> Parsed<Command> {
        if self.keyword("SCHEMA") {
            let (mut at, mut object) = (None, None);
            while !self.at_end() {
                let start = self.here();
                if self.keyword("AT") {
                    let reference = self.reference()?;
                    self.once(&mut at, reference, start)?;
                } else {
                    self.expect("FOR")?;
                    let path = self.object_path()?;
                    self.once(&mut object, path, start)?;
                }
            }
            return Ok(Command::ShowSchema { at, object });
        }
        Ok(Command::Show {
            reference: self.reference()?,
        })
    }

    fn object_history(&mut self) -> Parsed<Command> {
        Ok(Command::History {
            object: self.object_path()?,
            from: self.from()?,
        })
    }

    fn blame(&mut self) -> Parsed<Command> {
        Ok(Command::Blame {
            object: self.object_path()?,
            at: self.at_ref()?,
        })
    }

    fn impact(&mut self) -> Parsed<Command> {
        Ok(Command::Impact {
            object: self.object_path()?,
            at: self.at_ref()?,
        })
    }

    fn diff(&mut self) -> Parsed<Command> {
        let mut diff = Diff::default();
        if !self.at_end() && !self.at_any(&["AS"]) {
            diff.from = Some(self.reference()?);
            if !self.at_end() && !self.at_any(&["AS"]) {
                diff.to = Some(self.reference()?);
            }
        }
        if self.keyword("AS") {
            diff.format = if self.keyword("SQL") {
                DiffFormat::Sql
            } else {
                self.expect("JSON")?;
                DiffFormat::Json
            };
        }
        Ok(Command::Diff(diff))
    }

    fn merge(&mut self) -> Parsed<Command> {
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
                allow_data_loss: self.allow_data_loss()?,
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
        let source = self.reference()?;
        let (mut into, mut strategy, mut message) = (None, None, None);
        let (mut history, mut dry_run, mut allow_data_loss) = (None, None, None);
        while !self.at_end() {
            let start = self.here();
            if self.keyword("INTO") {
                let target = self.name()?;
                self.once(&mut into, target, start)?;
            } else if self.keyword("STRATEGY") {
                let chosen = self.strategy()?;
                self.once(&mut strategy, chosen, start)?;
            } else if self.keyword("MESSAGE") {
                let text = self.literal()?;
                self.once(&mut message, text, start)?;
            } else if let Some(chosen) = self.history()? {
                self.once(&mut history, chosen, start)?;
            } else if self.keyword("DRY") {
                self.expect("RUN")?;
                self.once(&mut dry_run, true, start)?;
            } else if self.allow_data_loss()? {
                self.once(&mut allow_data_loss, true, start)?;
            } else {
                return Err(self.unexpected());
            }
        }
        Ok(Command::Merge(Merge {
            source,
            into,
            strategy: strategy.unwrap_or_default(),
            history: history.unwrap_or_default(),
            message,
            dry_run: dry_run.is_some(),
            allow_data_loss: allow_data_loss.is_some(),
        }))
    }

    fn cherry_pick(&mut self) -> Parsed<Command> {
        self.expect("PICK")?;
        let (first, second) = self.range()?;
        let (after, commit) = match second {
            Some(last) => (Some(first), last),
            None => (None, first),
        };
        let (mut parent, mut into, mut strategy, mut message) = (None, None, None, None);
        let (mut dry_run, mut allow_data_loss) = (None, None);
        while !self.at_end() {
            let start = self.here();
            if self.keyword("PARENT") {
                let number = self.number()?;
                self.once(&mut parent, number, start)?;
            } else if self.keyword("INTO") {
                let target = self.name()?;
                self.once(&mut into, target, start)?;
            } else if self.keyword("STRATEGY") {
                let chosen = self.strategy()?;
                self.once(&mut strategy, chosen, start)?;
            } else if self.keyword("MESSAGE") {
                let text = self.literal()?;
                self.once(&mut message, text, start)?;
            } else if self.keyword("DRY") {
                self.expect("RUN")?;
                self.once(&mut dry_run, true, start)?;
            } else if self.allow_data_loss()? {
                self.once(&mut allow_data_loss, true, start)?;
            } else {
                return Err(self.unexpected());
            }
        }
        Ok(Command::CherryPick(CherryPick {
            after,
            commit,
            parent,
            into,
            strategy: strategy.unwrap_or_default(),
            message,
            dry_run: dry_run.is_some(),
            allow_data_loss: allow_data_loss.is_some(),
        }))
    }

    fn rebase(&mut self) -> Parsed<Command> {
        if self.keyword("CONTINUE") {
            return Ok(Command::Rebase(Rebase::Continue {
                branch: self.rebased_branch()?,
                allow_data_loss: self.allow_data_loss()?,
            }));
        }
        if self.keyword("SKIP") {
            return Ok(Command::Rebase(Rebase::Skip {
                branch: self.rebased_branch()?,
                allow_data_loss: self.allow_data_loss()?,
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
        let (mut dry_run, mut allow_data_loss) = (None, None);
        while !self.at_end() {
            let start = self.here();
            if self.keyword("DRY") {
                self.expect("RUN")?;
                self.once(&mut dry_run, true, start)?;
            } else if self.allow_data_loss()? {
                self.once(&mut allow_data_loss, true, start)?;
            } else {
                return Err(self.unexpected());
            }
        }
        Ok(Command::Rebase(Rebase::Start {
            branch,
            onto,
            dry_run: dry_run.is_some(),
            allow_data_loss: allow_data_loss.is_some(),
        }))
    }

    fn rebased_branch(&mut self) -> Parsed<Option<String>> {
        if self.at_end() || self.at_any(&["ALLOW"]) {
            return Ok(None);
        }
        self.name().map(Some)
    }

    fn merge_request(&mut self) -> Parsed<Command> {
        if self.keyword("CLOSE") {
            return Ok(Command::MergeRequestClose {
                request: self.number()?,
            });
        }
        let source = self.name()?;
        let (mut into, mut message) = (None, None);
        while !self.at_end() {
            let start = self.here();
            if self.keyword("INTO") {
                let target = self.name()?;
                self.once(&mut into, target, start)?;
            } else {
                self.expect("MESSAGE")?;
                let text = self.literal()?;
                self.once(&mut message, text, start)?;
            }
        }
        Ok(Command::MergeRequest(MergeRequest {
            source,
            into,
            message,
        }))
    }

    fn approve(&mut self) -> Parsed<Command> {
        let request = self.number()?;
        let comment = if self.at_end() {
            None
        } else {
            Some(self.literal()?)
        };
        Ok(Command::Approve { request, comment })
    }

    fn protect(&mut self) -> Parsed<Command> {
        if self.at_end() || self.keyword("LIST") {
            return Ok(Command::Protections);
        }
        let branch = self.name()?;
        let (mut roles, mut approvals) = (None, None);
        while !self.at_end() {
            let start = self.here();
            if self.keyword("ROLES") {
                let mut named = vec![self.name()?];
                while self.comma() {
                    named.push(self.name()?);
                }
                self.once(&mut roles, named, start)?;
            } else {
                self.expect("APPROVALS")?;
                let number = self.number()?;
                self.once(&mut approvals, number, start)?;
            }
        }
        Ok(Command::Protect(Protect {
            branch,
            roles: roles.unwrap_or_default(),
            approvals: approvals.unwrap_or_default(),
        }))
    }

    fn unprotect(&mut self) -> Parsed<Command> {
        Ok(Command::Unprotect {
            branch: self.name()?,
        })
    }

    fn conflicts(&mut self) -> Parsed<Command> {
        Ok(Command::Conflicts {
            merge: self.number()?,
        })
    }

    fn resolve(&mut self) -> Parsed<Command> {
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

    fn dropped(&mut self) -> Parsed<Command> {
        if !self.keyword("PURGE") {
            return Ok(Command::Dropped);
        }
        Ok(Command::DroppedPurge {
            entry: self.number()?,
        })
    }

    fn revert(&mut self) -> Parsed<Command> {
        let span = match self.range()? {
            (commit, None) => Span::Commit(commit),
            (from, Some(to)) => Span::Range(from, to),
        };
        let (mut parent, mut into, mut strategy, mut message) = (None, None, None, None);
        let (mut dry_run, mut allow_data_loss) = (None, None);
        while !self.at_end() {
            let start = self.here();
            if self.keyword("PARENT") {
                let number = self.number()?;
                self.once(&mut parent, number, start)?;
            } else if self.keyword("INTO") {
                let target = self.name()?;
                self.once(&mut into, target, start)?;
            } else if self.keyword("STRATEGY") {
                let chosen = self.strategy()?;
                self.once(&mut strategy, chosen, start)?;
            } else if self.keyword("MESSAGE") {
                let text = self.literal()?;
                self.once(&mut message, text, start)?;
            } else {
                self.terms(&mut dry_run, &mut allow_data_loss)?;
            }
        }
        Ok(Command::Revert(Revert {
            span,
            parent,
            into,
            strategy: strategy.unwrap_or_default(),
            message,
            dry_run: dry_run.is_some(),
            allow_data_loss: allow_data_loss.is_some(),
        }))
    }

    fn rollback(&mut self) -> Parsed<Command> {
        self.expect("TO")?;
        let to = if self.keyword("TIMESTAMP") {
            RollbackTo::Timestamp(self.literal()?)
        } else {
            RollbackTo::Ref(self.reference()?)
        };
        let (mut dry_run, mut allow_data_loss) = (None, None);
        while !self.at_end() {
            self.terms(&mut dry_run, &mut allow_data_loss)?;
        }
        Ok(Command::Rollback(Rollback {
            to,
            dry_run: dry_run.is_some(),
            allow_data_loss: allow_data_loss.is_some(),
        }))
    }

    fn undo(&mut self) -> Parsed<Command> {
        let mut objects = vec![self.object()?];
        while self.comma() {
            objects.push(self.object()?);
        }
        self.expect("FROM")?;
        let from = self.reference()?;
        let (mut dry_run, mut allow_data_loss) = (None, None);
        while !self.at_end() {
            self.terms(&mut dry_run, &mut allow_data_loss)?;
        }
        Ok(Command::Undo(Undo {
            objects,
            from,
            dry_run: dry_run.is_some(),
            allow_data_loss: allow_data_loss.is_some(),
        }))
    }

    /// `DRY RUN` or `ALLOW DATA LOSS`, each once.
    fn terms(
        &mut self,
        dry_run: &mut Option<bool>,
        allow_data_loss: &mut Option<bool>,
    ) -> Parsed<()> {
        let start = self.here();
        if self.keyword("DRY") {
            self.expect("RUN")?;
            self.once(dry_run, true, start)
        } else if self.allow_data_loss()? {
            self.once(allow_data_loss, true, start)
        } else {
            Err(self.unexpected())
        }
    }

    fn from(&mut self) -> Parsed<Option<Ref>> {
        if self.keyword("FROM") {
            self.reference().map(Some)
        } else {
            Ok(None)
        }
    }

    /// `SQUASH`, `NO FF` or `FF ONLY`, if one comes next.
    fn history(&mut self) -> Parsed<Option<History>> {
        Ok(if self.keyword("SQUASH") {
            Some(History::Squash)
        } else if self.keyword("NO") {
            self.expect("FF")?;
            Some(History::NoFastForward)
        } else if self.keyword("FF") {
            self.expect("ONLY")?;
            Some(History::FastForwardOnly)
        } else {
            None
        })
    }

    fn at_ref(&mut self) -> Parsed<Option<Ref>> {
        if self.keyword("AT") {
            self.reference().map(Some)
        } else {
            Ok(None)
        }
    }

    fn allow_data_loss(&mut self) -> Parsed<bool> {
        let allow = self.keyword("ALLOW");
        if allow {
            self.expect("DATA")?;
            self.expect("LOSS")?;
        }
        Ok(allow)
    }
}

#[cfg(test)]
mod tests;
