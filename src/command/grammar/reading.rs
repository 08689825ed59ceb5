//! What only looks at history.

use crate::command::ast::{Command, Diff, DiffFormat, Log};
use crate::command::parser::{Parsed, Parser};

impl Parser<'_> {
    pub(super) fn log(&mut self) -> Parsed<Command> {
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

    pub(super) fn show(&mut self) -> Parsed<Command> {
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

    pub(super) fn object_history(&mut self) -> Parsed<Command> {
        Ok(Command::History {
            object: self.object_path()?,
            from: self.from()?,
        })
    }

    pub(super) fn blame(&mut self) -> Parsed<Command> {
        Ok(Command::Blame {
            object: self.object_path()?,
            at: self.at_ref()?,
        })
    }

    pub(super) fn impact(&mut self) -> Parsed<Command> {
        Ok(Command::Impact {
            object: self.object_path()?,
            at: self.at_ref()?,
        })
    }

    pub(super) fn diff(&mut self) -> Parsed<Command> {
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
}
