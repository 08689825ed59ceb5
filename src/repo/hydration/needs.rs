//! What a text needs of a branch whose objects are not all there yet.
//!
//! The answer may name too much, never too little, and is found without parsing: whatever a statement reaches, its
//! text holds the name, somewhere, or something holds it that the text names. So every word counts as a name,
//! wherever it stands. What a word alone cannot tell (the catalogs, code that builds its SQL) needs everything.

use super::graph::{Code, Graph, ObjectNo, UnitNo, is_word_byte};
use crate::schema::model::{Body, Kind, Routine};
use std::collections::BTreeSet;

/// The units that must be there before a text may be sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Need {
    Nothing,
    /// These, in the order in which they can be made.
    Units(BTreeSet<UnitNo>),
    Everything,
}

/// How far a text's statements reach.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Reach {
    /// The session.
    Session,
    /// Rows, which it reads.
    Read,
    /// Rows or definitions, which it changes: it holds locks in which making what is connected would have to wait.
    Write,
    /// Anything.
    Everything,
}

/// First words of statements that concern the session alone.
const SESSION: &[&str] = &[
    "",
    "abort",
    "begin",
    "checkpoint",
    "close",
    "commit",
    "deallocate",
    "discard",
    "end",
    "fetch",
    "listen",
    "move",
    "notify",
    "pggit",
    "release",
    "reset",
    "rollback",
    "savepoint",
    "set",
    "show",
    "start",
    "unlisten",
];

/// First words of statements that read, unless one of [`WRITES`] is in them.
const READS: &[&str] = &[
    "execute", "explain", "prepare", "select", "table", "values", "with",
];
const WRITES: &[&str] = &[
    "delete", "insert", "into", "lock", "merge", "share", "truncate", "update",
];

/// First words of statements that change rows.
const CHANGES: &[&str] = &[
    "copy", "declare", "delete", "insert", "lock", "merge", "truncate", "update",
];

/// First words of DDL, and words that may come before the kind of its object.
const DEFINES: &[&str] = &[
    "alter", "comment", "create", "drop", "grant", "refresh", "revoke", "security",
];
const BEFORE_KIND: &[&str] = &[
    "concurrently",
    "constraint",
    "exists",
    "global",
    "if",
    "label",
    "local",
    "materialized",
    "not",
    "on",
    "or",
    "recursive",
    "replace",
    "temp",
    "temporary",
    "unique",
    "unlogged",
];
/// Kinds of which a change reaches no further than what is connected with the names in the text.
const CONNECTED: &[&str] = &[
    "column",
    "index",
    "policy",
    "rule",
    "sequence",
    "statistics",
    "table",
    "trigger",
    "view",
];
/// Kinds of which a new one disturbs nothing.
const NEWCOMERS: &[&str] = &[
    "aggregate",
    "collation",
    "domain",
    "function",
    "operator",
    "procedure",
    "role",
    "schema",
    "text",
    "type",
    "user",
];

/// Functions that look at no catalog, though their names begin as if they did.
const HARMLESS: &[&str] = &[
    "pg_advisory_lock",
    "pg_advisory_lock_shared",
    "pg_advisory_unlock",
    "pg_advisory_unlock_all",
    "pg_advisory_xact_lock",
    "pg_advisory_xact_lock_shared",
    "pg_backend_pid",
    "pg_cancel_backend",
    "pg_catalog",
    "pg_current_xact_id",
    "pg_is_in_recovery",
    "pg_notify",
    "pg_postmaster_start_time",
    "pg_sleep",
    "pg_temp",
    "pg_terminate_backend",
    "pg_try_advisory_lock",
    "pg_try_advisory_xact_lock",
    "pg_typeof",
];

/// Words before a name in a literal, which may be put together from pieces.
const LOOKUPS: &[&str] = &[
    "currval",
    "nextval",
    "regclass",
    "regnamespace",
    "regoper",
    "regoperator",
    "regproc",
    "regprocedure",
    "regtype",
    "setval",
];

/// Whether a text concerns the session alone, so that it needs nothing of any branch.
pub(super) fn is_of_the_session(text: &[u8]) -> bool {
    let text = String::from_utf8_lossy(text);
    reach(&text, &words(&text)) == Reach::Session
}

impl Graph {
    /// What `text` needs. `is_utf8` is whether its bytes are UTF-8.
    pub fn need(&self, text: &[u8], is_utf8: bool) -> Need {
        let text = String::from_utf8_lossy(text);
        let words = words(&text);
        let reach = reach(&text, &words);
        if reach == Reach::Session {
            return Need::Nothing;
        }
        if reach == Reach::Everything || !is_utf8 && !text.is_ascii() {
            return Need::Everything;
        }
        self.closure(&self.named(&text, &words, reach == Reach::Write), reach)
    }

    /// What has to be there for tables of these names to be read.
    pub fn need_of_tables(&self, names: &BTreeSet<String>) -> Need {
        let is_named = |number: &ObjectNo| {
            self.object(*number)
                .and_then(|object| object.definition.as_table())
                .is_some_and(|table| names.contains(&table.name.name))
        };
        let named = (0..).take(self.objects.len()).filter(is_named).collect();
        self.closure(&named, Reach::Read)
    }

    /// Every unit of the foundation.
    pub fn foundation(&self) -> impl Iterator<Item = UnitNo> {
        (0..).take(self.foundation)
    }

    /// Objects whose names stand in a text, and, where it defines something, those whose names PostgreSQL may have
    /// chosen for it: `t_a_idx`, `t_id_seq`.
    fn named(&self, text: &str, words: &[Word<'_>], with_derived: bool) -> BTreeSet<ObjectNo> {
        let mut named = BTreeSet::new();
        for word in words {
            for name in [word.raw, word.lower.as_str(), cut(word.raw)] {
                named.extend(self.words.get(name).into_iter().flatten());
                // An array's type.
                if let Some(name) = name.strip_prefix('_') {
                    named.extend(self.words.get(name).into_iter().flatten());
                }
            }
            if with_derived {
                let from = format!("{}_", word.lower);
                let derived = self.words.range(from.clone()..);
                named.extend(
                    derived
                        .take_while(|(name, _)| name.starts_with(&from))
                        .flat_map(|(_, objects)| objects),
                );
            }
        }
        for (name, object) in &self.odd {
            if text.contains(name)
                || name.contains('"') && text.contains(&name.replace('"', "\"\""))
            {
                named.insert(*object);
            }
        }
        named
    }

    /// The units of these objects, with all that they need in turn.
    fn closure(&self, named: &BTreeSet<ObjectNo>, reach: Reach) -> Need {
        let mut search = Search {
            graph: self,
            writes: reach == Reach::Write,
            units: BTreeSet::new(),
            ran: BTreeSet::new(),
            pending: self.foundation().collect(),
            islands: BTreeSet::new(),
        };
        for object in named.iter().chain(&self.implicit) {
            search.visit(*object);
        }
        let mut is_clear = named
            .iter()
            .chain(&self.implicit)
            .all(|object| search.run(*object));
        loop {
            while is_clear && let Some(unit) = search.pending.pop() {
                is_clear = search.enter(unit);
            }
            if !is_clear {
                return Need::Everything;
            }
            if !search.writes || !search.add_islands() {
                return Need::Units(search.units);
            }
        }
    }

    pub(super) fn code(&self, number: ObjectNo) -> Option<&Code> {
        let object = self.object(number)?;
        let Body::Routine(routine) = &object.definition.body else {
            return None;
        };
        Some(object.code.get_or_init(|| self.look_at(number, routine)))
    }

    fn look_at(&self, own: ObjectNo, routine: &Routine) -> Code {
        let text = &routine.definition;
        let words = words(text);
        let has = |wanted: &str| words.iter().any(|word| word.lower == wanted);
        let mut mentions = self.named(text, &words, false);
        mentions.remove(&own);
        Code {
            is_opaque: has("execute")
                || !words.windows(2).any(|pair| {
                    pair[0].lower == "language"
                        && matches!(pair[1].lower.as_str(), "sql" | "plpgsql")
                })
                || words.iter().any(is_catalog),
            is_volatile: !(has("immutable") || has("stable")),
            mentions: mentions.into_iter().collect(),
        }
    }
}

/// A walk over what needs what.
struct Search<'a> {
    graph: &'a Graph,
    writes: bool,
    units: BTreeSet<UnitNo>,
    /// Routines that have been looked into.
    ran: BTreeSet<ObjectNo>,
    pending: Vec<UnitNo>,
    islands: BTreeSet<UnitNo>,
}

impl Search<'_> {
    fn visit(&mut self, number: ObjectNo) {
        if let Some(object) = self.graph.object(number) {
            self.pending.push(object.unit);
        }
    }

    /// Takes a unit in. `false` if something in it may reach anything.
    fn enter(&mut self, number: UnitNo) -> bool {
        if !self.units.insert(number) {
            return true;
        }
        let Some(unit) = self.graph.unit(number) else {
            return true;
        };
        self.pending.extend(&unit.needs);
        if (number as usize) < self.graph.foundation {
            return true;
        }
        let mut is_clear = true;
        for member in &unit.objects {
            let Some(object) = self.graph.object(*member) else {
                continue;
            };
            // Triggers do not fire for readers.
            if self.writes || object.definition.kind() != Kind::Trigger {
                for need in &object.needs {
                    is_clear &= self.run(*need);
                }
            }
        }
        is_clear
    }

    /// Looks into an object if it is a routine. `false` if it may reach anything.
    fn run(&mut self, number: ObjectNo) -> bool {
        let Some(code) = self.graph.code(number) else {
            return true;
        };
        if !self.ran.insert(number) {
            return true;
        }
        if code.is_volatile && !self.writes {
            // What has been seen so far is to be seen with a writer's eyes.
            self.writes = true;
            self.pending.extend(std::mem::take(&mut self.units));
        }
        let mut is_clear = !code.is_opaque;
        for mention in &code.mentions {
            self.visit(*mention);
            is_clear &= self.run(*mention);
        }
        is_clear
    }

    /// Goes on with everything that is connected with what was found. `false` if there is no more.
    fn add_islands(&mut self) -> bool {
        let foundation = self.graph.foundation;
        let fresh: BTreeSet<UnitNo> = self
            .units
            .iter()
            .filter(|unit| **unit as usize >= foundation)
            .filter_map(|unit| Some(self.graph.unit(*unit)?.island))
            .filter(|island| !self.islands.contains(island))
            .collect();
        if fresh.is_empty() {
            return false;
        }
        self.pending.extend(
            (0..)
                .zip(&self.graph.units)
                .skip(foundation)
                .filter(|(_, unit)| fresh.contains(&unit.island))
                .map(|(number, _)| number),
        );
        self.islands.extend(fresh);
        true
    }
}

/// A run of characters of identifiers.
#[derive(Clone, Debug)]
struct Word<'a> {
    raw: &'a str,
    lower: String,
    at: usize,
}

fn words(text: &str) -> Vec<Word<'_>> {
    let mut words = Vec::new();
    let mut start = None;
    for (at, byte) in text.bytes().chain([b' ']).enumerate() {
        match (start, is_word_byte(byte)) {
            (None, true) => start = Some(at),
            (Some(from), false) => {
                if let Some(raw) = text.get(from..at) {
                    words.push(Word {
                        raw,
                        lower: raw.to_ascii_lowercase(),
                        at: from,
                    });
                }
                start = None;
            }
            _ => {}
        }
    }
    words
}

/// A word as PostgreSQL cuts it when it is too long for a name.
fn cut(word: &str) -> &str {
    let end = word.len().min(crate::branch::map::MAX_IDENTIFIER_BYTES);
    let end = (0..=end).rev().find(|end| word.is_char_boundary(*end));
    word.get(..end.unwrap_or_default()).unwrap_or(word)
}

fn is_catalog(word: &Word<'_>) -> bool {
    let word = word.lower.as_str();
    word == "information_schema"
        || word.starts_with("to_reg")
        || word.starts_with("has_") && word.ends_with("_privilege")
        || word.starts_with("pg_") && !HARMLESS.contains(&word)
}

fn reach(text: &str, words: &[Word<'_>]) -> Reach {
    let has = |wanted: &[&str]| {
        words
            .iter()
            .any(|word| wanted.contains(&word.lower.as_str()))
    };
    // The names of a snapshot taken now would be those of now.
    if words.iter().any(is_catalog) || has(&["repeatable", "serializable"]) {
        return Reach::Everything;
    }
    let escapes = text.contains("U&") || text.contains("u&");
    let built =
        text.contains(['$', '\\']) || text.contains("||") || has(&["chr", "concat", "format"]);
    if escapes || built && has(LOOKUPS) {
        return Reach::Everything;
    }
    let mut reach = Reach::Session;
    let mut from = 0;
    for end in statement_ends(text) {
        let statement = words.partition_point(|word| word.at < from)
            ..words.partition_point(|word| word.at < end);
        let blank = text
            .get(from..end)
            .is_none_or(|statement| statement.trim().is_empty());
        from = end;
        if !blank {
            reach = reach.max(reach_of(words.get(statement).unwrap_or_default()));
        }
    }
    reach
}

/// Semicolons outside of literals, and the end of the text. Where it is not plain what is a literal, those in
/// literals as well: what follows them begins with anything, which only makes it reach further.
fn statement_ends(text: &str) -> Vec<usize> {
    let is_plain = !(text.contains('\\') || text.contains("--") || text.contains("/*"));
    let mut ends = Vec::new();
    let mut at = 0;
    while let Some(found) = text
        .get(at..)
        .and_then(|rest| rest.find([';', '\'', '$', '"']))
    {
        at += found;
        let rest = text.get(at..).unwrap_or_default();
        let quote = match rest.as_bytes().first() {
            Some(b';') => {
                ends.push(at);
                None
            }
            Some(b'$') => dollar_quote(rest),
            _ => rest.get(..1),
        };
        let closing = quote.filter(|_| is_plain).and_then(|quote| {
            let inside = rest.get(quote.len()..)?;
            Some(quote.len() + inside.find(quote)? + quote.len())
        });
        at += closing.unwrap_or(1);
    }
    ends.push(text.len());
    ends
}

/// `$$` or `$tag$` at the start of a text.
fn dollar_quote(text: &str) -> Option<&str> {
    let tag = text.get(1..)?;
    let end = tag.find(|c: char| !(c.is_alphanumeric() || c == '_'))?;
    (tag.get(end..)?.starts_with('$') && !tag.starts_with(|c: char| c.is_ascii_digit()))
        .then(|| text.get(..end + 2))
        .flatten()
}

fn reach_of(words: &[Word<'_>]) -> Reach {
    let mut words = words.iter().map(|word| word.lower.as_str());
    let first = words.next().unwrap_or_default();
    if SESSION.contains(&first) {
        return Reach::Session;
    }
    if CHANGES.contains(&first) {
        return Reach::Write;
    }
    if READS.contains(&first) {
        return if words.any(|word| WRITES.contains(&word)) {
            Reach::Write
        } else {
            Reach::Read
        };
    }
    if !DEFINES.contains(&first) {
        return Reach::Everything;
    }
    let rest: Vec<&str> = words.collect();
    if matches!(first, "grant" | "revoke") {
        return if rest.contains(&"all") && rest.contains(&"schema") {
            Reach::Everything
        } else {
            Reach::Write
        };
    }
    let kind = rest.iter().find(|word| !BEFORE_KIND.contains(word));
    let kind = kind.copied().unwrap_or_default();
    if CONNECTED.contains(&kind) || first == "refresh" {
        return Reach::Write;
    }
    if first == "create" && NEWCOMERS.contains(&kind) {
        let routine = matches!(kind, "function" | "procedure");
        let plain = |language: &str| rest.windows(2).any(|pair| pair == ["language", language]);
        // It may be called before all is there, and the graph does not know it.
        let is_plain = plain("sql") || plain("plpgsql");
        return if routine && (rest.contains(&"execute") || !is_plain) {
            Reach::Everything
        } else {
            Reach::Write
        };
    }
    Reach::Everything
}
