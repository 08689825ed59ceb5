//! Where a text names schemas, and what must stand there on a branch.
//!
//! Any dotted name is taken to name a schema unless something says otherwise, so that a form that is not
//! thought of here ends in an error and never at another branch's object.

use super::aliases::{is_relation_place, is_type_place};
use super::plan::Splice;
use super::tokens::{Chain, Kind, Tokens};
use super::tree::Meanings;
use crate::branch::{BranchMap, NameUse, ObjectName};
use crate::schema::quote::quote_identifier;
use std::borrow::Cow;
use std::collections::BTreeSet;
use std::ops::Range;

/// What is known of the dotted names of a text.
#[derive(Clone, Copy, Debug)]
pub enum Meaning<'a> {
    /// Its parse tree.
    Tree(&'a Meanings),
    /// No tree, but what it names, as far as that could be found.
    Named(&'a Named),
    /// Its aliases. Only names that start with a schema of the branch are spliced: in code, what stands
    /// before a dot may be a variable as well.
    Code(&'a BTreeSet<String>),
}

/// What is known of a text too deep for a tree.
#[derive(Debug, Default)]
pub struct Named {
    /// Schema and name of relations that stand in name position.
    pub relations: BTreeSet<(String, String)>,
    /// Names that stand before a column's: aliases, and relations without a schema.
    pub aliases: BTreeSet<String>,
}

/// An object in a schema.
#[derive(Clone, Copy, Debug)]
pub(super) struct Object {
    pub token: usize,
    pub is_relation: bool,
}

/// Whether a name is a column's, which follows the relation's.
fn is_column(tokens: &Tokens<'_>, chain: &Chain) -> bool {
    let before = |back| tokens.kind_before(*chain.parts.first()?, back);
    before(1) == Some(Kind::Column)
        || (before(1) == Some(Kind::By) && before(2) == Some(Kind::Owned))
        || (tokens.kind(chain.next) == Some(Kind::Ascii37)
            && tokens.kind(chain.next + 1) == Some(Kind::TypeP))
}

/// Whether a name is that of what a statement creates, alters, drops or comments on: the branch's own, whatever extensions have
/// under the same name.
fn is_own(tokens: &Tokens<'_>, chain: &Chain, statement: &Range<usize>) -> bool {
    let Some(&first) = chain.parts.first() else {
        return false;
    };
    let start = statement.start;
    let is_in_parentheses = || {
        let mut depth = 0_usize;
        for index in start..first {
            match tokens.kind(index) {
                Some(Kind::Ascii40) => depth += 1,
                Some(Kind::Ascii41) => depth = depth.saturating_sub(1),
                _ => {}
            }
        }
        depth > 0
    };
    let before = tokens.kind_before(first, 1);
    let follows_kind = matches!(
        before,
        Some(
            Kind::Function
                | Kind::Procedure
                | Kind::Routine
                | Kind::Aggregate
                | Kind::TypeP
                | Kind::DomainP
                | Kind::Operator
                | Kind::Collation
                | Kind::Statistics
                | Kind::ConversionP
                | Kind::Class
                | Kind::Family
                | Kind::Configuration
                | Kind::Dictionary
                | Kind::Parser
                | Kind::Template
                | Kind::Exists
        )
    );
    match tokens.kind(start) {
        Some(Kind::Drop) => (follows_kind || before == Some(Kind::Ascii44)) && !is_in_parentheses(),
        // What comes later is of another object: `ALTER TABLE t ALTER a TYPE …`, `… EXECUTE FUNCTION …`.
        Some(Kind::Alter) => follows_kind && first <= start + 4,
        Some(Kind::Create | Kind::Comment) => follows_kind && first <= start + 5,
        _ => false,
    }
}

/// Whether a statement is about relations, or parts of them, that the tree has as mere lists of names.
fn is_about_relations(tokens: &Tokens<'_>, statement: &Range<usize>) -> bool {
    let kind = match tokens.kind(statement.start) {
        Some(Kind::Drop) => statement.start + 1,
        Some(Kind::Comment) => statement.start + 2,
        _ => return false,
    };
    matches!(
        tokens.kind(kind),
        Some(
            Kind::Table
                | Kind::View
                | Kind::Materialized
                | Kind::Foreign
                | Kind::Index
                | Kind::Sequence
                | Kind::Column
                | Kind::Constraint
                | Kind::Trigger
                | Kind::Rule
                | Kind::Policy
        )
    )
}

/// The name of the routine that a statement creates.
pub fn created_routine(tokens: &Tokens<'_>, statement: &Range<usize>) -> Option<String> {
    let start = statement.start;
    let keyword = (start + 1..start + 4)
        .find(|index| matches!(tokens.kind(*index), Some(Kind::Function | Kind::Procedure)))?;
    let mut name = keyword + 1;
    while tokens.kind(tokens.after(name)) == Some(Kind::Ascii46) {
        name = tokens.after(name) + 1;
    }
    let name = tokens.name(name).map(Cow::into_owned);
    name.filter(|_| tokens.kind(start) == Some(Kind::Create))
}

/// Finds the splices for some of a text's tokens.
#[derive(Clone, Copy, Debug)]
pub struct Names<'a> {
    pub tokens: &'a Tokens<'a>,
    pub map: &'a BranchMap,
    pub meaning: Meaning<'a>,
    /// The use of names for which the tree knows no other.
    pub usage: NameUse,
    /// The routine that is created, which its body may name in front of its parameters.
    pub routine: Option<&'a str>,
}

impl Names<'_> {
    /// What to replace among the tokens of one statement, sorted.
    pub fn splices(&self, statement: Range<usize>) -> Vec<Splice> {
        let mut splices = Vec::new();
        for chain in self.tokens.chains(statement.clone()) {
            if let Some(part) = self.schema_part(&chain) {
                let object = chain.parts.get(part + 1);
                let object = object.filter(|_| !is_own(self.tokens, &chain, &statement));
                let object = object.map(|token| Object {
                    token: *token,
                    is_relation: self.is_relation(&chain, part, &statement),
                });
                self.schema(chain.parts[part], object, &mut splices);
            }
        }
        self.lone_schemas(&statement, &mut splices);
        self.search_path_clauses(&statement, &mut splices);
        self.literals(&statement, &mut splices);
        self.extension_members(&statement, &mut splices);
        splices.sort_by_key(|splice| (splice.at.start, splice.at.end));
        splices.dedup();
        splices
    }

    /// Replaces the schema at a token by where it is on the branch.
    pub(super) fn schema(&self, token: usize, object: Option<Object>, splices: &mut Vec<Splice>) {
        let Some(name) = self.tokens.name(token) else {
            return;
        };
        let at = self.tokens.span(token);
        let object = object.and_then(|object| {
            let name = self.tokens.name(object.token);
            let name = name.or_else(|| self.tokens.operator(object.token).map(Cow::Borrowed));
            Some((name?, object.is_relation))
        });
        let object = object.as_ref().map(|(name, is_relation)| {
            if *is_relation {
                ObjectName::Relation(name)
            } else {
                ObjectName::Other(name)
            }
        });
        if let Some(with) = self.physical(&name, object, self.usage_at(at.start)) {
            splices.push(Splice { at, with });
        }
    }

    /// The quoted physical schema, where it is another than the logical one.
    fn physical(
        &self,
        schema: &str,
        object: Option<ObjectName<'_>>,
        usage: NameUse,
    ) -> Option<String> {
        let physical = self.map.physical_schema(schema, object, usage);
        (physical != schema).then(|| quote_identifier(&physical).into_owned())
    }

    fn usage_at(&self, start: usize) -> NameUse {
        match self.meaning {
            Meaning::Tree(tree) => tree.uses.get(&start).copied().unwrap_or(self.usage),
            _ => self.usage,
        }
    }

    /// Which part of a dotted name is a schema.
    fn schema_part(&self, chain: &Chain) -> Option<usize> {
        let tokens = self.tokens;
        let length = chain.parts.len();
        let first = *chain.parts.first()?;
        let before = |back| tokens.kind_before(first, back);
        let of_column = is_column(tokens, chain);
        let of_setting = matches!(before(1), Some(Kind::Set | Kind::Reset | Kind::Show))
            || (matches!(before(1), Some(Kind::Local | Kind::Session))
                && before(2) == Some(Kind::Set));
        match self.meaning {
            Meaning::Tree(tree) => {
                let start = tokens.all().get(first)?.start;
                if let Some(parts) = tree.columns.get(&start) {
                    let part = parts.checked_sub(3)?;
                    let is_routine = self.routine.is_some_and(|routine| {
                        tokens.is_name(first, routine) && !self.is_own_schema(routine)
                    });
                    return (!is_routine).then_some(part);
                }
                if tree.others.contains(&start) {
                    return None;
                }
            }
            Meaning::Named(named) => {
                if !of_column && !of_setting {
                    return self.schema_part_by_name(chain, named);
                }
            }
            Meaning::Code(aliases) => {
                let name = tokens.name(first)?;
                let is_object = !aliases.contains(&*name)
                    || length > 2
                    || tokens.kind(chain.next) == Some(Kind::Ascii40)
                    || is_relation_place(tokens, first)
                    || is_type_place(tokens, first, chain.next);
                return (is_object && self.is_own_schema(&name)).then_some(0);
            }
        }
        match (of_setting, of_column) {
            (true, _) => None,
            (_, true) => length.checked_sub(3),
            _ => length.checked_sub(2),
        }
    }

    fn schema_part_by_name(&self, chain: &Chain, named: &Named) -> Option<usize> {
        let tokens = self.tokens;
        let name = |part: usize| {
            let token = chain.parts.get(part)?;
            tokens.name(*token).map(std::borrow::Cow::into_owned)
        };
        let is_relation = |part| {
            name(part)
                .zip(name(part + 1))
                .is_some_and(|pair| named.relations.contains(&pair))
        };
        let first = *chain.parts.first()?;
        let called = tokens.kind(chain.next) == Some(Kind::Ascii40);
        let cast = tokens.kind_before(first, 1) == Some(Kind::Typecast);
        let length = chain.parts.len();
        if called || cast {
            return length.checked_sub(2);
        }
        match length {
            2 => {
                let schema = name(0)?;
                let of_relation = is_relation(0)
                    || self.is_own_schema(&schema)
                    || is_relation_place(tokens, first);
                (of_relation && !named.aliases.contains(&schema)).then_some(0)
            }
            3 if is_relation(1) => Some(1),
            3 => Some(0),
            _ => Some(1),
        }
    }

    /// Whether a dotted name is that of a relation, or of a part of one: an extension's routine of that name is another object.
    fn is_relation(&self, chain: &Chain, schema: usize, statement: &Range<usize>) -> bool {
        let tokens = self.tokens;
        let Some(&first) = chain.parts.first() else {
            return false;
        };
        let is_place = || {
            let called = tokens.kind(chain.next) == Some(Kind::Ascii40);
            let is_source = matches!(tokens.kind_before(first, 1), Some(Kind::From | Kind::Join));
            is_relation_place(tokens, first) && !(called && is_source)
        };
        match self.meaning {
            Meaning::Tree(tree) => {
                let start = tokens.span(first).start;
                tree.relations.contains(&start)
                    || tree.columns.contains_key(&start)
                    || is_column(tokens, chain)
                    || is_about_relations(tokens, statement)
            }
            Meaning::Named(named) => {
                let name = |part: usize| tokens.name(*chain.parts.get(part)?).map(Cow::into_owned);
                let pair = name(schema).zip(name(schema + 1));
                pair.is_some_and(|pair| named.relations.contains(&pair)) || is_place()
            }
            Meaning::Code(_) => is_place(),
        }
    }

    fn is_own_schema(&self, name: &str) -> bool {
        self.map.schemas().any(|(logical, _)| logical == name)
    }

    /// Schemas that stand alone: `CREATE SCHEMA s`, `IN SCHEMA a, b`, `SET SCHEMA s` …
    fn lone_schemas(&self, statement: &Range<usize>, splices: &mut Vec<Splice>) {
        let tokens = self.tokens;
        let start = statement.start;
        let of_schema = tokens.kind(start + 1) == Some(Kind::Schema);
        let last = statement.end.saturating_sub(1);
        let mut lists = Vec::new();
        match tokens.kind(start) {
            Some(Kind::Create) if of_schema => self.new_schema(start + 2, splices),
            Some(Kind::Drop) if of_schema => lists.push(start + 2),
            Some(Kind::Alter) => {
                if of_schema {
                    lists.push(start + 2);
                    if tokens.kind_before(last, 1) == Some(Kind::To)
                        && tokens.kind_before(last, 2) == Some(Kind::Rename)
                    {
                        lists.push(last);
                    }
                }
                if tokens.kind_before(last, 1) == Some(Kind::Schema)
                    && tokens.kind_before(last, 2) == Some(Kind::Set)
                {
                    lists.push(last);
                }
                if tokens.kind(start + 1) == Some(Kind::Default) {
                    lists.extend(self.after_pair(statement, Kind::InP, Kind::Schema));
                }
            }
            Some(Kind::Grant | Kind::Revoke | Kind::Comment | Kind::Security) => {
                lists.extend(self.after_pair(statement, Kind::On, Kind::Schema));
                lists.extend(self.after_pair(statement, Kind::InP, Kind::Schema));
            }
            Some(Kind::ImportP) => {
                lists.extend(
                    statement
                        .clone()
                        .find(|index| tokens.kind(*index) == Some(Kind::Into))
                        .map(|into| into + 1),
                );
            }
            Some(Kind::Reindex) => {
                lists.extend(
                    (start + 1..statement.end)
                        .find(|index| tokens.kind(*index) == Some(Kind::Schema))
                        .map(|schema| schema + 1),
                );
            }
            _ => {}
        }
        for list in lists {
            self.schema_list(list, statement.end, splices);
        }
    }

    /// The token after the first `first second` of the statement.
    fn after_pair(&self, statement: &Range<usize>, first: Kind, second: Kind) -> Option<usize> {
        let tokens = self.tokens;
        (statement.start..statement.end.saturating_sub(2))
            .find(|index| {
                tokens.kind(*index) == Some(first) && tokens.kind(index + 1) == Some(second)
            })
            .map(|index| index + 2)
    }

    /// `a, b`, after `IF EXISTS` or `CONCURRENTLY`.
    fn schema_list(&self, from: usize, end: usize, splices: &mut Vec<Splice>) {
        let tokens = self.tokens;
        let mut index = from;
        if tokens.kind(index) == Some(Kind::IfP) && tokens.kind(index + 1) == Some(Kind::Exists) {
            index += 2;
        }
        if tokens.kind(index) == Some(Kind::Concurrently) && index + 1 < end {
            index += 1;
        }
        while index < end {
            self.schema(index, None, splices);
            // A list goes on over commas, and over the escape clause of a name.
            let span = tokens.span(index);
            index = tokens.at_or_after(span.end);
            if tokens.kind(index) != Some(Kind::Ascii44) {
                break;
            }
            index += 1;
        }
    }

    /// `CREATE SCHEMA [IF NOT EXISTS] [name] [AUTHORIZATION role]`: without a name it takes the role's.
    fn new_schema(&self, from: usize, splices: &mut Vec<Splice>) {
        let tokens = self.tokens;
        let mut index = from;
        if tokens.kind(index) == Some(Kind::IfP) && tokens.kind(index + 1) == Some(Kind::Not) {
            index += 3;
        }
        if tokens.kind(index) != Some(Kind::Authorization) {
            self.schema(index, None, splices);
            return;
        }
        let at = tokens.span(index).start;
        if let Some(role) = tokens.name(index + 1)
            && let Some(with) = self.physical(&role, None, NameUse::Define)
        {
            splices.push(Splice {
                at: at..at,
                with: format!("{with} "),
            });
        }
    }

    /// `SET search_path = …` in the definition of a routine.
    fn search_path_clauses(&self, statement: &Range<usize>, splices: &mut Vec<Splice>) {
        let tokens = self.tokens;
        let of_routine =
            matches!(
                tokens.kind(statement.start),
                Some(Kind::Create | Kind::Alter)
            ) && (statement.start + 1..statement.end.min(statement.start + 4)).any(|index| {
                matches!(
                    tokens.kind(index),
                    Some(Kind::Function | Kind::Procedure | Kind::Routine)
                )
            });
        if !of_routine {
            return;
        }
        for index in statement.clone() {
            let clause = tokens.kind(index) == Some(Kind::Set)
                && tokens.is_name(index + 1, "search_path")
                && matches!(tokens.kind(index + 2), Some(Kind::To | Kind::Ascii61));
            let mut item = index + 3;
            while clause && item < statement.end {
                let name = tokens.name(item).or_else(|| tokens.string(item));
                if let Some(name) = name
                    && let Some(with) = self.physical(&name, None, NameUse::Read)
                    && name != "$user"
                    && !name.is_empty()
                    && tokens.kind(item) != Some(Kind::Default)
                {
                    let at = tokens.span(item);
                    splices.push(Splice { at, with });
                }
                if tokens.kind(item + 1) != Some(Kind::Ascii44) {
                    break;
                }
                item += 2;
            }
        }
    }

    /// Types, functions, relations and operator classes of extensions that live in a versioned schema stay
    /// there, where the branch's search path does not lead: they get their schema.
    fn extension_members(&self, statement: &Range<usize>, splices: &mut Vec<Splice>) {
        let members = &self.map.shared().extension_members;
        let Meaning::Tree(tree) = self.meaning else {
            return;
        };
        if members.is_empty() {
            return;
        }
        let bytes = self.tokens.bytes(statement);
        let mut qualify = |at: usize, name: &str, is_relation: bool| {
            let members = members.of_class(is_relation);
            let schema = self
                .map
                .schemas()
                .map(|(logical, _)| logical)
                .find(|logical| members.contains(&((*logical).to_owned(), name.to_owned())));
            if let Some(schema) = schema {
                splices.push(Splice {
                    at: at..at,
                    with: format!("{}.", quote_identifier(schema)),
                });
            }
        };
        for (start, name) in tree.unqualified.range(bytes) {
            let token = self.tokens.starting_at(*start);
            if token.is_some_and(|token| self.tokens.is_name(token, name)) {
                qualify(*start, name, tree.relations.contains(start));
            }
        }
        let opened = statement
            .clone()
            .find(|token| self.tokens.kind(*token) == Some(Kind::Ascii40));
        for token in opened.map_or(0..0, |opened| opened..statement.end) {
            let class =
                (tree.operator_classes.iter()).find(|name| self.tokens.is_name(token, name));
            if let Some(class) = class
                && self.follows_an_operand(token)
            {
                qualify(self.tokens.span(token).start, class, false);
            }
        }
    }

    /// Where an operator class stands, within the parentheses: after a column, an expression or a collation.
    fn follows_an_operand(&self, token: usize) -> bool {
        token.checked_sub(1).is_some_and(|before| {
            self.tokens.name(before).is_some() || self.tokens.kind(before) == Some(Kind::Ascii41)
        })
    }
}
