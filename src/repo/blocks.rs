//! May a `DO` or a `CALL` be put into a transaction block of the proxy's?
//!
//! Outside of one, a procedure or a block may commit, which it cannot within. So what may do that runs as it was sent.

use super::database::Database;
use super::error::RepoError;
use crate::error::ErrorReport;
use crate::upstream::Executor;

/// Words of code that may end a transaction, or call what does. (PL/pgSQL's `EXECUTE` runs no `COMMIT`.)
const WORDS: &[&str] = &["commit", "rollback", "call"];

/// Whether all procedures of a name (the search path is the client's affair) do without.
const PROCEDURES: &str = r"
    SELECT (count(*) > 0 AND bool_and(
               l.lanname IN ('plpgsql', 'sql') AND p.prosrc !~* '\m(commit|rollback|call)\M'))::text
      FROM pg_proc AS p JOIN pg_language AS l ON l.oid = p.prolang
     WHERE p.proname = $1::text::name AND p.prokind = 'p'";

/// Whether the statement surely does not control transactions.
pub async fn fits_in_block(database: &Database, statement: &str) -> Result<bool, ErrorReport> {
    let Some(procedure) = called(statement) else {
        return Ok(!has_word(statement));
    };
    let mut reader = database.reader();
    let answer = reader
        .query(PROCEDURES, &[Some(&procedure)])
        .await
        .map_err(RepoError::from)?;
    Ok(answer
        .into_iter()
        .flatten()
        .flatten()
        .any(|fits| fits == "true"))
}

fn has_word(code: &str) -> bool {
    code.split(|c: char| !(c.is_alphanumeric() || c == '_'))
        .any(|word| WORDS.iter().any(|it| word.eq_ignore_ascii_case(it)))
}

/// The name of the procedure that a `CALL` calls, without its schema; `None` for another statement.
fn called(statement: &str) -> Option<String> {
    let (word, rest) = statement.trim_start().split_at_checked(4)?;
    if !word.eq_ignore_ascii_case("call") {
        return None;
    }
    let mut name = String::new();
    let mut chars = rest.trim_start().chars().peekable();
    while let Some(next) = chars.next() {
        match next {
            '"' => {
                while let Some(quoted) = chars.next() {
                    match quoted {
                        '"' if chars.peek() == Some(&'"') => name.extend(chars.next()),
                        '"' => break,
                        _ => name.push(quoted),
                    }
                }
            }
            '.' => name.clear(),
            '(' => break,
            _ if next.is_whitespace() => {}
            _ => name.extend(next.to_lowercase()),
        }
    }
    Some(name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_procedure_is_the_last_part_of_the_name() {
        for (statement, name) in [
            ("CALL fill(2)", "fill"),
            ("call Public.Fill (2)", "fill"),
            (r#"CALL "A.b"."Fi""ll"(2)"#, "Fi\"ll"),
            ("DO $$ BEGIN END $$", ""),
        ] {
            assert_eq!(called(statement).unwrap_or_default(), name);
        }
    }

    #[test]
    fn words_that_end_transactions_are_seen_anywhere() {
        assert!(has_word("DO $$ BEGIN COMMIT; END $$"));
        assert!(has_word("DO 'BEGIN call p(); END'"));
        assert!(!has_word("DO $$ BEGIN committed := called; END $$"));
    }
}
