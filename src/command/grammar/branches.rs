//! Branches, tags, and who may change what.

use crate::command::ast::{Command, Protect, TagCommand};
use crate::command::parser::{Parsed, Parser};

impl Parser<'_> {
    pub(super) fn branch(&mut self) -> Parsed<Command> {
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

    pub(super) fn checkout(&mut self) -> Parsed<Command> {
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

    pub(super) fn commit(&mut self) -> Parsed<Command> {
        let message = if self.at_end() {
            None
        } else {
            Some(self.literal()?)
        };
        Ok(Command::Commit { message })
    }

    pub(super) fn tag(&mut self) -> Parsed<Command> {
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

    pub(super) fn protect(&mut self) -> Parsed<Command> {
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

    pub(super) fn unprotect(&mut self) -> Parsed<Command> {
        Ok(Command::Unprotect {
            branch: self.name()?,
        })
    }

    pub(super) fn approve(&mut self) -> Parsed<Command> {
        let request = self.number()?;
        let comment = if self.at_end() {
            None
        } else {
            Some(self.literal()?)
        };
        Ok(Command::Approve { request, comment })
    }
}
