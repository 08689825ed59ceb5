//! The fast path: proves of a text, without parsing it, that nothing in it concerns the proxy.
//!
//! The proof rests on PostgreSQL's grammar. DDL, settings, transaction control and `PGGIT` commands are
//! statements of their own, so their first word follows the start of the text or a semicolon, with nothing
//! but white space and comments between (`EXPLAIN` alone goes before others, and counts as a concern). Every
//! semicolon is looked at, those in literals and comments too: that costs a second look, never a miss.
//! What else matters may stand anywhere: `SELECT … INTO`, `set_config`, and on a branch any name with a dot.

use super::catalogs::PREPARED_STATEMENTS;
use aho_corasick::{AhoCorasick, AhoCorasickBuilder, AhoCorasickKind, MatchKind};
use memchr::{memchr, memchr_iter};

/// Words that concern the proxy wherever they stand. `U&"` may spell any name in escapes.
const ANYWHERE: &[&str] = &["into", "set_config", "u&\""];

/// How the names of catalogs start, and of the schema of others; of concern where there are branches.
const CATALOGS: &[&str] = &["pg_", "information_schema"];

/// How words start that print names of objects; of concern on branches.
pub(super) const PRINTING: &[&str] = &[
    "current_schema",
    "current_setting",
    "regclass",
    "regcollation",
    "regconfig",
    "regdictionary",
    "regnamespace",
    "regoper",
    "regproc",
    "regtype",
    "schema_to_xml",
    "table_to_xml",
    "to_reg",
];

/// How further words start that take names or print types; of concern on branches.
const TAKING: &[&str] = &[
    "format_type",
    "nextval",
    "currval",
    "setval",
    "has_",
    "row_security_active",
];

/// How words start that look at what the proxy has made in the session; of concern everywhere.
const ABOUT_OWN: &[&str] = &[PREPARED_STATEMENTS];

/// The position of `into` in [`ANYWHERE`].
const INTO: usize = 0;

/// Finds what may concern the proxy.
#[derive(Debug)]
pub struct Scan {
    main: AhoCorasick,
    /// `main`, while there are other branches.
    crowded: AhoCorasick,
    branch: AhoCorasick,
}

/// What to look for besides what always matters.
#[derive(Clone, Copy, Debug)]
pub struct Watch {
    /// Names with a schema, which lead elsewhere on a branch.
    pub names: bool,
    /// Catalogs, which show other branches as well.
    pub catalogs: bool,
    /// `COMMIT` and the like.
    pub transactions: bool,
}

impl Scan {
    /// # Errors
    /// If the automata cannot be built, which their size rules out.
    pub fn new() -> Result<Self, aho_corasick::BuildError> {
        let build = |words: &[&str]| {
            AhoCorasickBuilder::new()
                .ascii_case_insensitive(true)
                .kind(Some(AhoCorasickKind::DFA))
                .match_kind(MatchKind::LeftmostLongest)
                // Statements are short, and the words' rarest letters are frequent ones.
                .prefilter(false)
                .build(words)
        };
        Ok(Self {
            main: build(&[ANYWHERE, ABOUT_OWN].concat())?,
            crowded: build(&[ANYWHERE, CATALOGS].concat())?,
            branch: build(&[ANYWHERE, CATALOGS, PRINTING, TAKING].concat())?,
        })
    }

    /// Whether anything in the text may concern the proxy; `false` is a proof that nothing does.
    pub fn concerns(&self, text: &[u8], watch: Watch) -> bool {
        let first = first_word(text, 0);
        is_concern(word(text, first), watch)
            || memchr_iter(b';', text)
                .any(|semicolon| is_concern(word(text, first_word(text, semicolon + 1)), watch))
            || (watch.names && has_dotted_name(text))
            || self.has_word_of_concern(text, first, watch)
    }

    fn has_word_of_concern(&self, text: &[u8], first: usize, watch: Watch) -> bool {
        let words = match watch {
            Watch { names: true, .. } => &self.branch,
            Watch { catalogs: true, .. } => &self.crowded,
            _ => &self.main,
        };
        // Words are found even where one that only looks like it stands before: none of them has a
        // character that could end a word.
        words.find_iter(text).any(|found| {
            let starts = found
                .start()
                .checked_sub(1)
                .is_none_or(|before| !starts_word(text[before]));
            // All but those of `ANYWHERE` are starts of words.
            let ends = found.pattern().as_usize() >= ANYWHERE.len()
                || text
                    .get(found.end())
                    .is_none_or(|after| !continues_word(*after) || text[found.end() - 1] == b'"');
            let of_insert =
                found.pattern().as_usize() == INTO && follows_insert(text, found.start(), first);
            starts && ends && !of_insert
        })
    }
}

/// Whether the `INTO` at a position is that of an `INSERT` or `MERGE` statement. The verb has to
/// start a statement: elsewhere it may be a column's label, as in `SELECT 1 insert INTO t`.
fn follows_insert(text: &[u8], into: usize, first: usize) -> bool {
    let before = text[..into].trim_ascii_end();
    let Some(verb) = [&b"insert"[..], b"merge"].into_iter().find_map(|verb| {
        let start = before.len().checked_sub(verb.len())?;
        before[start..].eq_ignore_ascii_case(verb).then_some(start)
    }) else {
        return false;
    };
    before.len() < into
        && (verb == first
            || matches!(
                before[..verb].trim_ascii_end().last(),
                None | Some(b';' | b'(')
            ))
}

/// Whether a statement that starts with this word has to be looked at.
fn is_concern(word: &[u8], watch: Watch) -> bool {
    // The longest such word has ten characters.
    let mut folded = [0; 10];
    let Some(folded) = folded.get_mut(..word.len()) else {
        return false;
    };
    folded.copy_from_slice(word);
    folded.make_ascii_lowercase();
    match &*folded {
        b"alter" | b"call" | b"cluster" | b"comment" | b"create" | b"deallocate" | b"discard"
        | b"do" | b"drop" | b"execute" | b"explain" | b"grant" | b"import" | b"pggit"
        | b"prepare" | b"reassign" | b"reindex" | b"reset" | b"revoke" | b"security" | b"set"
        | b"show" => true,
        b"abort" | b"begin" | b"commit" | b"end" | b"release" | b"rollback" | b"savepoint"
        | b"start" => watch.transactions,
        _ => false,
    }
}

/// Whether the first word of a text is this one, in any case.
pub fn starts_with(text: &[u8], wanted: &[u8]) -> bool {
    word(text, first_word(text, 0)).eq_ignore_ascii_case(wanted)
}

/// Where the first word at or after a position starts, white space and comments passed over.
fn first_word(text: &[u8], from: usize) -> usize {
    let mut at = from;
    loop {
        match text.get(at..) {
            Some([b' ' | b'\t' | b'\n' | b'\r' | 0x0b | 0x0c, ..]) => at += 1,
            Some([b'-', b'-', rest @ ..]) => {
                let end = memchr::memchr2(b'\n', b'\r', rest).unwrap_or(rest.len());
                at += 2 + end;
            }
            Some([b'/', b'*', rest @ ..]) => at += 2 + comment_length(rest),
            _ => return at,
        }
    }
}

/// The rest of a comment after its `/*`. Comments nest.
fn comment_length(text: &[u8]) -> usize {
    let mut depth = 1_usize;
    let mut at = 0;
    while let Some(found) = text
        .get(at..)
        .and_then(|rest| memchr::memchr2(b'*', b'/', rest))
    {
        at += found;
        match text.get(at..at + 2) {
            Some(b"*/") => {
                depth -= 1;
                at += 2;
                if depth == 0 {
                    return at;
                }
            }
            Some(b"/*") => {
                depth += 1;
                at += 2;
            }
            _ => at += 1,
        }
    }
    text.len()
}

/// The word at a position; empty if there is none.
fn word(text: &[u8], start: usize) -> &[u8] {
    let rest = text.get(start..).unwrap_or_default();
    let end = rest
        .iter()
        .position(|byte| !continues_word(*byte))
        .unwrap_or(rest.len());
    &rest[..end]
}

/// Whether a byte before a word makes it part of a longer one. Digits do not: up to version 14, `1into`
/// is two words; nor does `$`, which may end a literal.
fn starts_word(byte: u8) -> bool {
    byte.is_ascii_alphabetic() || byte == b'_' || byte >= 0x80
}

fn continues_word(byte: u8) -> bool {
    starts_word(byte) || byte.is_ascii_digit() || byte == b'$'
}

/// Whether a dot stands where it is not part of a number.
pub fn has_dotted_name(text: &[u8]) -> bool {
    let mut from = 0;
    while let Some(found) = text.get(from..).and_then(|rest| memchr(b'.', rest)) {
        let dot = from + found;
        from = dot + 1;
        // No name starts with a digit.
        if text.get(dot + 1).is_some_and(u8::is_ascii_digit) {
            continue;
        }
        let before = text[..dot]
            .iter()
            .rposition(|byte| !continues_word(*byte))
            .map_or(0, |end| end + 1);
        if !text[before..dot].first().is_some_and(u8::is_ascii_digit) {
            return true;
        }
    }
    false
}

#[cfg(test)]
mod tests {
    use super::*;

    fn concerns(text: &str, names: bool, transactions: bool) -> bool {
        let watch = Watch {
            names,
            catalogs: names,
            transactions,
        };
        Scan::new()
            .expect("builds")
            .concerns(text.as_bytes(), watch)
    }

    #[test]
    fn plain_statements_are_proved_harmless() {
        for text in [
            "",
            "SELECT abalance FROM pgbench_accounts WHERE aid = 42",
            "SELECT comment, create_date, \"drop\" FROM t WHERE grant_id = 1 -- alter",
            "SELECT a.b FROM public.t a",
            "UPDATE t SET a = 1 WHERE b = 'it; is'",
            "INSERT INTO t VALUES (1) ON CONFLICT DO UPDATE SET a = 2",
            "/* id */ INSERT INTO t VALUES (1)",
            "WITH x AS (INSERT INTO t VALUES (1) RETURNING *) SELECT * FROM x",
            "MERGE INTO t USING u ON true WHEN MATCHED THEN DO NOTHING",
            "SELECT pinto, into_, intox, xset_config FROM t",
            "BEGIN; SELECT 1; COMMIT",
            "SELECT 1;",
        ] {
            assert!(!concerns(text, false, false), "{text}");
        }
    }

    #[test]
    fn what_may_concern_the_proxy_is_found() {
        for text in [
            "create table t (a int)",
            "  \t\n/* a /* b */ -- */ --x\r\n CrEaTe TABLE t (a int)",
            "SELECT 1;DROP TABLE t",
            "SELECT ';' ; /**/ PgGit STATUS",
            "SELECT a INTO t FROM u",
            "SELECT 1 insert INTO t",
            "SELECT 1 xinsert INTO t",
            "SELECT (1) insert INTO t",
            "SELECT 1into t",
            "SELECT $$x$$into t",
            "SELECT 1 INTO\"t\"",
            "SELECT set_config('a', 'b', false)",
            "SELECT \"set_config\"('a', 'b', false)",
            "SELECT U&\"set\\005fconfig\"('a', 'b', false)",
            "set search_path = a",
            "RESET ALL",
            "do $$begin end$$",
            "EXPLAIN ANALYZE CREATE TABLE t AS SELECT 1",
            "SHOW pggit.branch",
            ";;;DEALLOCATE ALL",
        ] {
            assert!(concerns(text, false, false), "{text}");
        }
    }

    #[test]
    fn catalogs_are_seen_on_main_while_there_are_branches() {
        let scan = Scan::new().expect("builds");
        let concerns = |text: &str, catalogs| {
            let watch = Watch {
                names: false,
                catalogs,
                transactions: false,
            };
            scan.concerns(text.as_bytes(), watch)
        };
        for text in [
            "SELECT * FROM pg_class",
            "TABLE information_schema.tables",
            "SELECT * FROM PG_NAMESPACE",
        ] {
            assert!(concerns(text, true), "{text}");
            assert!(!concerns(text, false), "{text}");
        }
        assert!(!concerns(
            "SELECT a.b, current_schema FROM pgbench_tellers a",
            true
        ));
    }

    #[test]
    fn transaction_control_is_seen_when_it_matters() {
        for text in ["COMMIT", "end", "/* x */ ROLLBACK TO a", "SELECT 1; begin"] {
            assert!(concerns(text, false, true), "{text}");
            assert!(!concerns(text, false, false), "{text}");
        }
    }

    #[test]
    fn dotted_names_are_seen_on_a_branch() {
        for text in [
            "SELECT a.b FROM t a",
            "SELECT * FROM t1.x",
            "SELECT * FROM \"a\".x",
            "SELECT * FROM a . x",
            "SELECT 'public'::regnamespace",
            "SELECT has_schema_privilege('public', 'USAGE')",
            "REINDEX SCHEMA public",
            "SELECT relname FROM pg_class",
            "SELECT current_schema",
            "SELECT oid::regclass FROM t",
        ] {
            assert!(concerns(text, true, false), "{text}");
        }
        for text in [
            "SELECT 1.5, .5, 2., 1.e5 FROM t",
            "SELECT * FROM t",
            "SELECT 1.0::x",
            "SELECT * FROM pgbench_accounts, my_pg_class",
        ] {
            assert!(!concerns(text, true, false), "{text}");
        }
    }
}
