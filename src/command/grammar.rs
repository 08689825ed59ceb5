//! The grammar of `PGGIT …`: a hand-written parser with one function per command.
//!
//! Keywords are case-insensitive and reserved only where they stand; a quoted name is never one. A
//! clause may stand anywhere among the clauses of its command, once.

use super::ast::{Command, Diff, DiffFormat, Log, Merge, ObjectName, ResolveWith};
use super::help;
use super::lexer::{self, LexError, Lexeme, Value};
use crate::branch::name::{self, BranchNameError};
use crate::error::{ErrorReport, Report, SqlState};
use crate::merge::Strategy;
use crate::repo::Ref;

/// Longer commands are refused before they are looked at.
pub const MAX_COMMAND_BYTES: usize = 256 * 1024;

/// Why a text is not a command.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum GrammarError {
    #[error("command is too long")]
    TooLong,
    #[error("{message} at or near \"{near}\"")]
    Syntax {
        message: &'static str,
        near: String,
        position: u32,
        hint: Option<String>,
    },
    #[error("syntax error at end of input")]
    EndOfInput { position: u32, hint: String },
    #[error("conflicting or redundant options")]
    Redundant { position: u32 },
    #[error("improper qualified name (too many dotted names): {name}")]
    TooManyDots { name: String, position: u32 },
    #[error("{source}")]
    Name {
        source: BranchNameError,
        position: u32,
    },
    #[error("merge strategy \"{name}\" does not exist")]
    Strategy { name: String, position: u32 },
}

impl Report for GrammarError {
    fn sqlstate(&self) -> SqlState {
        match self {
            Self::TooLong => SqlState::PROGRAM_LIMIT_EXCEEDED,
            Self::Syntax { .. }
            | Self::EndOfInput { .. }
            | Self::Redundant { .. }
            | Self::TooManyDots { .. } => SqlState::SYNTAX_ERROR,
            Self::Name { source, .. } => source.sqlstate(),
            Self::Strategy { .. } => SqlState::INVALID_PARAMETER_VALUE,
        }
    }

    fn detail(&self) -> Option<String> {
        match self {
            Self::TooLong => Some(format!("A command has at most {MAX_COMMAND_BYTES} bytes.")),
            Self::Name { source, .. } => source.detail(),
            _ => None,
        }
    }

    fn hint(&self) -> Option<String> {
        match self {
            Self::Syntax { hint, .. } => hint.clone(),
            Self::EndOfInput { hint, .. } => Some(hint.clone()),
            Self::Strategy { .. } => Some(format!(
                "Strategies are {}.",
                Strategy::ALL.map(Strategy::as_str).join(", ")
            )),
            _ => None,
        }
    }

    fn position(&self) -> Option<u32> {
        match self {
            Self::TooLong => None,
            Self::Syntax { position, .. }
            | Self::EndOfInput { position, .. }
            | Self::Redundant { position }
            | Self::TooManyDots { position, .. }
            | Self::Name { position, .. }
            | Self::Strategy { position, .. } => Some(*position),
        }
    }
}

/// Reads a command's text, `PGGIT` included, without the semicolon.
///
/// # Errors
/// `42601` with the position of the word that was not expected, `42622`, `42602`.
pub fn parse(text: &str) -> Result<Command, ErrorReport> {
    read(text).map_err(|error| error.report())
}

fn read(text: &str) -> Result<Command, GrammarError> {
    if text.len() > MAX_COMMAND_BYTES {
        return Err(GrammarError::TooLong);
    }
    let lexemes =
        lexer::lexemes(text).map_err(|LexError { message, start }| GrammarError::Syntax {
            message,
            near: text.get(start..).unwrap_or_default().to_owned(),
            position: position(text, start),
            hint: None,
        })?;
    let mut parser = Parser {
        text,
        lexemes,
        next: 0,
        topic: "",
    };
    parser.expect("PGGIT")?;
    let command = parser.command()?;
    parser.end()?;
    Ok(command)
}

/// 1-based, in characters.
fn position(text: &str, offset: usize) -> u32 {
    let before = text
        .get(..offset)
        .map_or(0, |before| before.chars().count());
    u32::try_from(before + 1).unwrap_or(u32::MAX)
}

struct Parser<'a> {
    text: &'a str,
    lexemes: Vec<Lexeme<'a>>,
    next: usize,
    /// The command's first word, for hints; empty until it is known.
    topic: &'static str,
}

type Parsed<T> = Result<T, GrammarError>;

impl<'a> Parser<'a> {
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
            ("LOG", |parser| parser.log()),
            ("SHOW", |parser| parser.show()),
            ("DIFF", |parser| parser.diff()),
            ("MERGE", |parser| parser.merge()),
            ("MERGES", |_| Ok(Command::Merges)),
            ("CONFLICTS", |parser| parser.conflicts()),
            ("RESOLVE", |parser| parser.resolve()),
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
            self.next = self.lexemes.len();
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
        Ok(Command::BranchCreate {
            name: self.new_branch()?,
            from: self.from()?,
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

    fn log(&mut self) -> Parsed<Command> {
        const CLAUSES: &[&str] = &["FOR", "AUTHOR", "SINCE", "UNTIL", "LIMIT"];
        let mut log = Log::default();
        if !self.at_end() && !self.at_any(CLAUSES) {
            log.from = Some(self.reference()?);
        }
        while !self.at_end() {
            let start = self.next;
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
            } else {
                return Err(self.unexpected());
            }
        }
        Ok(Command::Log(log))
    }

    fn show(&mut self) -> Parsed<Command> {
        Ok(Command::Show {
            reference: self.reference()?,
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
        let source = self.reference()?;
        let (mut into, mut strategy, mut message) = (None, None, None);
        let (mut dry_run, mut allow_data_loss) = (None, None);
        while !self.at_end() {
            let start = self.next;
            if self.keyword("INTO") {
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
        Ok(Command::Merge(Merge {
            source,
            into,
            strategy: strategy.unwrap_or_default(),
            message,
            dry_run: dry_run.is_some(),
            allow_data_loss: allow_data_loss.is_some(),
        }))
    }

    fn conflicts(&mut self) -> Parsed<Command> {
        Ok(Command::Conflicts {
            merge: self.number()?,
        })
    }

    fn resolve(&mut self) -> Parsed<Command> {
        let merge = self.number()?;
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

    fn from(&mut self) -> Parsed<Option<Ref>> {
        if self.keyword("FROM") {
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

    fn strategy(&mut self) -> Parsed<Strategy> {
        let start = self.next;
        let name = self.literal_or_name()?;
        Strategy::parse(&name).ok_or_else(|| GrammarError::Strategy {
            position: self.position_of(start),
            name,
        })
    }

    /// A ref; within a string it is not folded.
    fn reference(&mut self) -> Parsed<Ref> {
        let start = self.next;
        let (name, suffix) = match self.peek() {
            Some(Value::Bare(text)) => {
                let (name, suffix) = split_ref(text);
                if !is_bare_name(name) {
                    return Err(self.unexpected());
                }
                (name.to_ascii_lowercase(), suffix.to_owned())
            }
            Some(Value::Literal(text)) => {
                let (name, suffix) = split_ref(text);
                (name.to_owned(), suffix.to_owned())
            }
            Some(Value::Quoted(name)) => (name.clone(), self.adjacent_suffix().to_owned()),
            _ => return Err(self.unexpected()),
        };
        let quoted_with_suffix =
            matches!(self.peek(), Some(Value::Quoted(_))) && !suffix.is_empty();
        let Some((at, ancestor)) = read_suffix(&suffix) else {
            self.next += usize::from(quoted_with_suffix);
            return Err(self.unexpected());
        };
        self.next += 1 + usize::from(quoted_with_suffix);
        self.checked(name, start)
            .map(|name| Ref { name, at, ancestor })
    }

    /// `~2` right behind a quoted name.
    fn adjacent_suffix(&self) -> &'a str {
        match (self.lexemes.get(self.next), self.lexemes.get(self.next + 1)) {
            (Some(name), Some(suffix)) if name.end == suffix.start => match suffix.value {
                Value::Bare(text) if text.starts_with(['@', '~']) => text,
                _ => "",
            },
            _ => "",
        }
    }

    /// A branch that exists, or so the client thinks.
    fn name(&mut self) -> Parsed<String> {
        let start = self.next;
        let name = match self.peek() {
            Some(Value::Bare(text)) if is_bare_name(text) => text.to_ascii_lowercase(),
            Some(Value::Quoted(text) | Value::Literal(text)) => text.clone(),
            _ => return Err(self.unexpected()),
        };
        self.next += 1;
        self.checked(name, start)
    }

    fn new_branch(&mut self) -> Parsed<String> {
        let start = self.next;
        let name = self.name()?;
        match name::check_new(&name) {
            Ok(()) => Ok(name),
            Err(source) => Err(self.bad_name(source, start)),
        }
    }

    /// `users`, `public.users`, `"Public"."Users"`.
    fn object(&mut self) -> Parsed<ObjectName> {
        let start = self.next;
        let mut parts = vec![String::new()];
        let mut end = None;
        while let Some(lexeme) = self.lexemes.get(self.next) {
            if end.is_some_and(|end| end != lexeme.start) {
                break;
            }
            let part = parts.last_mut();
            match &lexeme.value {
                Value::Bare(text) => {
                    if !text.split('.').all(|part| part.is_empty() || is_word(part)) {
                        return Err(self.unexpected());
                    }
                    let mut pieces = text.split('.').map(str::to_ascii_lowercase);
                    if let (Some(part), Some(piece)) = (part, pieces.next()) {
                        part.push_str(&piece);
                    }
                    parts.extend(pieces);
                }
                Value::Quoted(text) => {
                    if let Some(part) = part {
                        part.push_str(text);
                    }
                }
                _ => return Err(self.unexpected()),
            }
            end = Some(lexeme.end);
            self.next += 1;
        }
        if end.is_none() {
            return Err(self.unexpected());
        }
        if parts.len() > 2 {
            return Err(GrammarError::TooManyDots {
                name: parts.join("."),
                position: self.position_of(start),
            });
        }
        let mut checked = Vec::new();
        for part in parts {
            checked.push(self.checked(part, start)?);
        }
        match (checked.pop(), checked.pop()) {
            (Some(name), schema) => Ok(ObjectName { schema, name }),
            (None, _) => Err(self.unexpected()),
        }
    }

    fn literal(&mut self) -> Parsed<String> {
        let Some(Value::Literal(text)) = self.peek() else {
            return Err(self.unexpected());
        };
        let text = text.clone();
        self.next += 1;
        Ok(text)
    }

    fn literal_or_name(&mut self) -> Parsed<String> {
        match self.peek() {
            Some(Value::Literal(_)) => self.literal(),
            _ => self.name(),
        }
    }

    fn number<N: std::str::FromStr>(&mut self) -> Parsed<N> {
        let number = match self.peek() {
            Some(Value::Bare(text)) if text.bytes().all(|byte| byte.is_ascii_digit()) => {
                text.parse().ok()
            }
            _ => None,
        };
        let number = number.ok_or_else(|| self.unexpected())?;
        self.next += 1;
        Ok(number)
    }

    /// Takes the keyword if it comes next.
    fn keyword(&mut self, keyword: &str) -> bool {
        let found = self.at_any(&[keyword]);
        self.next += usize::from(found);
        found
    }

    fn expect(&mut self, keyword: &str) -> Parsed<()> {
        if self.keyword(keyword) {
            Ok(())
        } else {
            Err(self.unexpected())
        }
    }

    fn at_any(&self, keywords: &[&str]) -> bool {
        matches!(self.peek(), Some(Value::Bare(word))
            if keywords.iter().any(|keyword| word.eq_ignore_ascii_case(keyword)))
    }

    /// Stores a clause's value unless it has one already.
    fn once<T>(&self, slot: &mut Option<T>, value: T, start: usize) -> Parsed<()> {
        match slot.replace(value) {
            None => Ok(()),
            Some(_) => Err(GrammarError::Redundant {
                position: self.position_of(start),
            }),
        }
    }

    fn checked(&self, name: String, start: usize) -> Parsed<String> {
        match name::check(&name) {
            Ok(()) => Ok(name),
            Err(source) => Err(self.bad_name(source, start)),
        }
    }

    fn bad_name(&self, source: BranchNameError, start: usize) -> GrammarError {
        GrammarError::Name {
            source,
            position: self.position_of(start),
        }
    }

    fn peek(&self) -> Option<&Value<'a>> {
        self.lexemes.get(self.next).map(|lexeme| &lexeme.value)
    }

    /// Nothing but a semicolon may follow.
    fn at_end(&self) -> bool {
        self.lexemes
            .get(self.next..)
            .unwrap_or_default()
            .iter()
            .all(|lexeme| self.text.get(lexeme.start..lexeme.end) == Some(";"))
    }

    fn end(&self) -> Parsed<()> {
        if self.at_end() {
            Ok(())
        } else {
            Err(self.unexpected())
        }
    }

    fn position_of(&self, index: usize) -> u32 {
        let start = self
            .lexemes
            .get(index)
            .map_or(self.text.len(), |lexeme| lexeme.start);
        position(self.text, start)
    }

    fn unexpected(&self) -> GrammarError {
        let hint = help::usage(self.topic);
        match self.lexemes.get(self.next) {
            Some(lexeme) if !self.at_end() => GrammarError::Syntax {
                message: "syntax error",
                near: self
                    .text
                    .get(lexeme.start..lexeme.end)
                    .unwrap_or_default()
                    .to_owned(),
                position: self.position_of(self.next),
                hint: Some(hint),
            },
            _ => GrammarError::EndOfInput {
                position: self.position_of(self.next),
                hint,
            },
        }
    }
}

/// A name that needs no quotes: SQL's characters, and those that git users put in branch names.
fn is_bare_name(text: &str) -> bool {
    !text.is_empty()
        && !text.starts_with(['-', '$'])
        && text
            .chars()
            .all(|c| is_word_part(c) || matches!(c, '/' | '-' | '.'))
}

fn is_word(text: &str) -> bool {
    !text.starts_with('$') && text.chars().all(is_word_part)
}

fn is_word_part(c: char) -> bool {
    c.is_ascii_alphanumeric() || matches!(c, '_' | '$') || !c.is_ascii()
}

/// Cuts a ref before its `@{…}` or `~n`.
fn split_ref(text: &str) -> (&str, &str) {
    text.split_at(text.find(['@', '~']).unwrap_or(text.len()))
}

/// Reads `@{…}~n`, either of which may be missing; a lone `~` is `~1`.
fn read_suffix(suffix: &str) -> Option<(Option<String>, u32)> {
    let (at, rest) = match suffix.strip_prefix("@{") {
        Some(rest) => {
            let (at, rest) = rest.split_once('}')?;
            let at = at.trim();
            if at.is_empty() {
                return None;
            }
            (Some(at.to_owned()), rest)
        }
        None => (None, suffix),
    };
    let ancestor = match rest.strip_prefix('~') {
        Some("") => 1,
        Some(count) if count.bytes().all(|byte| byte.is_ascii_digit()) => count.parse().ok()?,
        None if rest.is_empty() => 0,
        _ => return None,
    };
    Some((at, ancestor))
}

#[cfg(test)]
mod tests;
