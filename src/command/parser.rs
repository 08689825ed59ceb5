//! What commands are made of: keywords, names, refs, strings and numbers, and the errors where one of
//! them was expected.

use super::ast::ObjectName;
use super::help;
use super::lexer::{self, LexError, Lexeme, Value};
use crate::branch::name::{self, BranchNameError};
use crate::error::{Report, SqlState};
use crate::merge::Strategy;
use crate::repo::Ref;
use crate::repo::history::ObjectPath;

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

pub type Parsed<T> = Result<T, GrammarError>;

/// Goes through a command's lexemes. What it is asked for it takes, or says what was not expected.
pub struct Parser<'a> {
    text: &'a str,
    lexemes: Vec<Lexeme<'a>>,
    next: usize,
    /// The command's first word, for hints; empty until it is known.
    pub topic: &'static str,
}

impl<'a> Parser<'a> {
    /// Cuts the text into lexemes.
    pub fn new(text: &'a str) -> Parsed<Self> {
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
        Ok(Self {
            text,
            lexemes,
            next: 0,
            topic: "",
        })
    }

    /// A ref; within a string it is not folded.
    pub fn reference(&mut self) -> Parsed<Ref> {
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
        self.checked_ref(name, start)
            .map(|name| Ref { name, at, ancestor })
    }

    /// A ref, or two with `..` between them: in one string where a name needs quotes.
    pub fn range(&mut self) -> Parsed<(Ref, Option<Ref>)> {
        let start = self.next;
        let (text, folds) = match self.peek() {
            Some(Value::Bare(text)) => ((*text).to_owned(), true),
            Some(Value::Literal(text)) => (text.clone(), false),
            _ => return Ok((self.reference()?, None)),
        };
        let Some((from, to)) = split_range(&text) else {
            return Ok((self.reference()?, None));
        };
        let from = self.end_of_range(from, folds, start)?;
        let to = self.end_of_range(to, folds, start)?;
        self.next += 1;
        Ok((from, Some(to)))
    }

    fn end_of_range(&self, text: &str, folds: bool, start: usize) -> Parsed<Ref> {
        let (name, suffix) = split_ref(text);
        let (at, ancestor) = read_suffix(suffix).ok_or_else(|| self.unexpected())?;
        let name = match folds {
            true if is_bare_name(name) => name.to_ascii_lowercase(),
            true => return Err(self.unexpected()),
            false => name.to_owned(),
        };
        self.checked_ref(name, start)
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
    pub fn name(&mut self) -> Parsed<String> {
        let start = self.next;
        let name = match self.peek() {
            Some(Value::Bare(text)) if is_bare_name(text) => text.to_ascii_lowercase(),
            Some(Value::Quoted(text) | Value::Literal(text)) => text.clone(),
            _ => return Err(self.unexpected()),
        };
        self.next += 1;
        self.checked(name, start)
    }

    /// The name of a branch or a tag that is to be made.
    pub fn new_branch(&mut self) -> Parsed<String> {
        let start = self.next;
        let name = self.name()?;
        match name::check_new(&name) {
            Ok(()) => Ok(name),
            Err(source) => Err(self.bad_name(source, start)),
        }
    }

    /// `users`, `public.users`, `"Public"."Users"`.
    pub fn object(&mut self) -> Parsed<ObjectName> {
        let mut names = self.dotted(2)?;
        match (names.pop(), names.pop()) {
            (Some(name), schema) => Ok(ObjectName { schema, name }),
            (None, _) => Err(self.unexpected()),
        }
    }

    /// `users`, `public.users.email`, `public.f(integer, text)`.
    pub fn object_path(&mut self) -> Parsed<ObjectPath> {
        let names = self.dotted(3)?;
        let arguments = self.arguments()?;
        Ok(ObjectPath { names, arguments })
    }

    /// What stands in parentheses, as it is written; none without parentheses.
    fn arguments(&mut self) -> Parsed<Option<String>> {
        let text = self.text;
        let written = |lexeme: &Lexeme<'_>| text.get(lexeme.start..lexeme.end);
        let Some(open) = (self.lexemes.get(self.next)).filter(|one| written(one) == Some("("))
        else {
            return Ok(None);
        };
        let start = open.end;
        let rest = self.lexemes.get(self.next..).unwrap_or_default();
        let Some(close) = rest.iter().position(|one| written(one) == Some(")")) else {
            self.skip_rest();
            return Err(self.unexpected());
        };
        let end = rest.get(close).map_or(start, |lexeme| lexeme.start);
        self.next += close + 1;
        Ok(Some(
            text.get(start..end).unwrap_or_default().trim().to_owned(),
        ))
    }

    /// At most so many names with dots between them.
    fn dotted(&mut self, most: usize) -> Parsed<Vec<String>> {
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
                Value::Other if end.is_some() => break,
                _ => return Err(self.unexpected()),
            }
            end = Some(lexeme.end);
            self.next += 1;
        }
        if end.is_none() {
            return Err(self.unexpected());
        }
        if parts.len() > most {
            return Err(GrammarError::TooManyDots {
                name: parts.join("."),
                position: self.position_of(start),
            });
        }
        parts
            .into_iter()
            .map(|part| self.checked(part, start))
            .collect()
    }

    /// A string.
    pub fn literal(&mut self) -> Parsed<String> {
        let Some(Value::Literal(text)) = self.peek() else {
            return Err(self.unexpected());
        };
        let text = text.clone();
        self.next += 1;
        Ok(text)
    }

    /// A string or a name.
    pub fn literal_or_name(&mut self) -> Parsed<String> {
        match self.peek() {
            Some(Value::Literal(_)) => self.literal(),
            _ => self.name(),
        }
    }

    /// A number without a sign.
    pub fn number<N: std::str::FromStr>(&mut self) -> Parsed<N> {
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

    /// A merge's strategy, by name.
    pub fn strategy(&mut self) -> Parsed<Strategy> {
        let start = self.next;
        let name = self.literal_or_name()?;
        Strategy::parse(&name).ok_or_else(|| GrammarError::Strategy {
            position: self.position_of(start),
            name,
        })
    }

    /// Takes a comma if it comes next.
    pub fn comma(&mut self) -> bool {
        let found = self
            .lexemes
            .get(self.next)
            .is_some_and(|lexeme| self.text.get(lexeme.start..lexeme.end) == Some(","));
        self.next += usize::from(found);
        found
    }

    /// Takes the keyword if it comes next.
    pub fn keyword(&mut self, keyword: &str) -> bool {
        let found = self.at_any(&[keyword]);
        self.next += usize::from(found);
        found
    }

    /// Takes the keyword, which must come next.
    pub fn expect(&mut self, keyword: &str) -> Parsed<()> {
        if self.keyword(keyword) {
            Ok(())
        } else {
            Err(self.unexpected())
        }
    }

    /// Whether one of the keywords comes next.
    pub fn at_any(&self, keywords: &[&str]) -> bool {
        matches!(self.peek(), Some(Value::Bare(word))
            if keywords.iter().any(|keyword| word.eq_ignore_ascii_case(keyword)))
    }

    /// Where the parser stands, for [`Parser::once`].
    pub fn here(&self) -> usize {
        self.next
    }

    /// Takes all that is left, whatever it is.
    pub fn skip_rest(&mut self) {
        self.next = self.lexemes.len();
    }

    /// Stores a clause's value unless it has one already.
    pub fn once<T>(&self, slot: &mut Option<T>, value: T, start: usize) -> Parsed<()> {
        match slot.replace(value) {
            None => Ok(()),
            Some(_) => Err(GrammarError::Redundant {
                position: self.position_of(start),
            }),
        }
    }

    /// A whole hash is one digit longer than a name can be.
    fn checked_ref(&self, name: String, start: usize) -> Parsed<String> {
        if name.len() == 64 && name.bytes().all(|byte| byte.is_ascii_hexdigit()) {
            return Ok(name);
        }
        self.checked(name, start)
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

    /// What comes next.
    pub fn peek(&self) -> Option<&Value<'a>> {
        self.lexemes.get(self.next).map(|lexeme| &lexeme.value)
    }

    /// Nothing but a semicolon may follow.
    pub fn at_end(&self) -> bool {
        self.lexemes
            .get(self.next..)
            .unwrap_or_default()
            .iter()
            .all(|lexeme| self.text.get(lexeme.start..lexeme.end) == Some(";"))
    }

    /// Nothing may follow.
    pub fn end(&self) -> Parsed<()> {
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

    /// What comes next has no place here.
    pub fn unexpected(&self) -> GrammarError {
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

/// 1-based, in characters.
fn position(text: &str, offset: usize) -> u32 {
    let before = text
        .get(..offset)
        .map_or(0, |before| before.chars().count());
    u32::try_from(before + 1).unwrap_or(u32::MAX)
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

/// Cuts `a..b` in two: a time within braces may have dots of its own.
fn split_range(text: &str) -> Option<(&str, &str)> {
    let mut in_braces = false;
    for (at, c) in text.char_indices() {
        match c {
            '{' => in_braces = true,
            '}' => in_braces = false,
            '.' if !in_braces => {
                let (from, rest) = text.split_at(at);
                if let Some(to) = rest.strip_prefix("..") {
                    return Some((from, to));
                }
            }
            _ => {}
        }
    }
    None
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
