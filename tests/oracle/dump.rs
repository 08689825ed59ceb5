//! Dumps that can be compared.

use crate::harness::programs::{client_program, succeed};
use crate::harness::{Database, Session};
use pggit::schema::quote::quote_identifier;
use std::collections::BTreeMap;
use std::fmt::Write;

/// What `pg_dump -s` prints of one branch, or of a database without pgGit: its entries, sorted.
///
/// What is normalised:
/// - physical schemas' names, in double or single quotes, become the logical ones;
/// - `pg_dump`'s comments go, which give each entry's name once more;
/// - entries are sorted, and so are the lines of an entry of privileges, since both follow OIDs or the order of the grants;
/// - so are the parameters of a relation and the options of a foreign table and of a dictionary, which come in the order in which they were set;
/// - the tablespace and access method in force are written before the entry that they apply to;
/// - of the schemas themselves, what the catalog has is taken instead: of `public`, `pg_dump` prints the difference from what
///   initdb made.
#[derive(Clone, PartialEq, Eq)]
pub struct Dump(Vec<String>);

/// Which schemas of a database are dumped.
#[derive(Clone, Default)]
pub struct Scope {
    /// Physical name to logical name, of what is dumped under another name.
    renamed: BTreeMap<String, String>,
    /// Schemas left out.
    excluded: Vec<String>,
}

impl Scope {
    /// A branch of a database under version control.
    pub async fn branch(database: &Database, branch: &str) -> Self {
        let session = database.superuser().await;
        let rows = session
            .rows(
                "SELECT n.nspname, coalesce(b.name, 'main'), s.logical
                 FROM pg_namespace AS n
                 LEFT JOIN (pggit.branch_schema AS s JOIN pggit.branch AS b ON b.id = s.branch_id) ON s.physical = n.nspname
                 WHERE n.nspname NOT IN ('information_schema', 'pggit_dropped') AND n.nspname !~ '^pg_'",
            )
            .await;
        let mut scope = Self::default();
        for row in rows {
            let [physical, owner, logical] = row.try_into().expect("three columns");
            if owner != branch || physical == "pggit" {
                scope.excluded.push(physical);
            } else if branch != "main" {
                scope.renamed.insert(physical, logical);
            }
        }
        scope
    }

    /// `pg_dump` leaves out no casts, whatever schemas it leaves out.
    fn is_foreign_cast(&self, entry: &str) -> bool {
        let mut excluded = self.excluded.iter();
        (entry.contains("CREATE CAST (") || entry.contains("COMMENT ON CAST ("))
            && excluded.any(|schema| entry.contains(&format!("{}.", quote_identifier(schema))))
    }

    fn to_logical(&self, text: &str) -> String {
        let mut text = text.to_owned();
        for (physical, logical) in &self.renamed {
            text = text
                .replace(&*quote_identifier(physical), &quote_identifier(logical))
                .replace(&format!("'{physical}'"), &format!("'{logical}'"));
        }
        text
    }
}

impl Dump {
    pub async fn of(database: &Database, scope: &Scope) -> Self {
        Self::at(&database.server.url("postgres", &database.name), scope).await
    }

    /// What a session sees at a URL.
    pub async fn at(url: &str, scope: &Scope) -> Self {
        let mut command = client_program("pg_dump");
        command.args(["--schema-only", "-d", url]);
        for schema in &scope.excluded {
            command.arg("-N").arg(&*quote_identifier(schema));
        }
        let mut entries: Vec<String> = entries(&succeed(&mut command))
            .into_iter()
            .filter(|entry| !scope.is_foreign_cast(entry))
            .map(|entry| scope.to_logical(&entry))
            .collect();
        let session = Session::connect(url).await;
        entries.extend(schemas(&session, scope).await);
        entries.sort();
        Self(entries)
    }

    /// The same with the columns of each table sorted: where a column is gone and comes back, it comes last.
    pub fn without_column_order(&self) -> Self {
        let entries = self.0.iter().map(|entry| {
            let tables = [
                "CREATE TABLE ",
                "CREATE UNLOGGED TABLE ",
                "CREATE FOREIGN TABLE ",
            ];
            if !tables.iter().any(|table| entry.contains(table)) {
                return entry.clone();
            }
            let mut lines: Vec<&str> = entry
                .lines()
                .map(|line| line.trim_end_matches(','))
                .collect();
            lines.sort_unstable();
            lines.join("\n")
        });
        Self(entries.collect())
    }

    /// How many entries there are.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// What is missing here and what is too much, entry by entry; nothing if the two are equal.
    pub fn difference(&self, expected: &Self) -> Option<String> {
        if self == expected {
            return None;
        }
        let mut text = String::new();
        let mut list = |title: &str, these: &[String], those: &[String]| {
            let mut rest = those.to_vec();
            for entry in these {
                match rest.iter().position(|other| other == entry) {
                    Some(index) => {
                        rest.swap_remove(index);
                    }
                    None => {
                        let _ = writeln!(text, "  {title}:\n    {}", entry.replace('\n', "\n    "));
                    }
                }
            }
        };
        list("missing", &expected.0, &self.0);
        list("too much", &self.0, &expected.0);
        Some(text)
    }
}

/// The entries of a dump, without those of schemas.
fn entries(dump: &str) -> Vec<String> {
    let mut entries = Vec::new();
    let mut kind = "";
    let mut lines: Vec<String> = Vec::new();
    let mut in_force: BTreeMap<&str, &str> = BTreeMap::new();
    let mut settings: BTreeMap<&str, &str> = BTreeMap::new();
    // A last header, so that the last entry ends like the others.
    for line in dump
        .lines()
        .chain(["-- Name: end; Type: END; Schema: -; Owner: -"])
    {
        if let Some(header) = line.strip_prefix("-- Name: ") {
            if !matches!(kind, "" | "SCHEMA") && !(is_about_schema(&lines)) {
                if kind == "ACL" {
                    lines.sort_unstable();
                }
                if kind == "FOREIGN TABLE" {
                    sort_options(&mut lines);
                }
                let settings = in_force.iter().filter(|(_, value)| !value.is_empty());
                let settings = settings.map(|(name, value)| format!("SET {name} = {value}\n"));
                let mut entry = settings.collect::<Vec<_>>().concat();
                entry.push_str(lines.join("\n").trim());
                entries.push(entry);
            }
            lines.clear();
            kind = header
                .split("; Type: ")
                .nth(1)
                .and_then(|rest| rest.split(';').next())
                .unwrap_or_default();
            in_force = match kind {
                "TABLE" | "MATERIALIZED VIEW" => settings.clone(),
                "INDEX" | "CONSTRAINT" => settings
                    .get_key_value("default_tablespace")
                    .map(|(name, value)| (*name, *value))
                    .into_iter()
                    .collect(),
                _ => BTreeMap::new(),
            };
        } else if let Some((name, value)) = setting(line) {
            settings.insert(name, value);
        } else if line.contains("WITH (") || line.contains(" SET (") {
            lines.push(sorted_parameters(line));
        } else if kind == "TEXT SEARCH DICTIONARY"
            && let Some(options) = line.strip_suffix(" );")
        {
            let mut options: Vec<&str> = options.trim().split(", ").collect();
            options.sort_unstable();
            lines.push(format!("    {} );", options.join(", ")));
        } else if !matches!(line, "--" | "-- PostgreSQL database dump complete")
            && !line.starts_with("\\restrict")
            && !line.starts_with("\\unrestrict")
        {
            lines.push(line.to_owned());
        }
    }
    entries
}

/// `SET default_tablespace = '';` and its like, which stay in force for the entries that follow.
fn setting(line: &str) -> Option<(&str, &str)> {
    let (name, value) = line
        .strip_prefix("SET ")?
        .strip_suffix(';')?
        .split_once(" = ")?;
    let known = matches!(name, "default_tablespace" | "default_table_access_method");
    known.then_some((name, value.trim_matches('\'')))
}

/// `… WITH (b='1', a='2') …` or `… SET (b=1, a=2)` with its parameters sorted.
fn sorted_parameters(line: &str) -> String {
    let start = ["WITH (", " SET ("]
        .iter()
        .find_map(|word| Some(line.find(word)? + word.len()));
    let parts = start.and_then(|start| {
        let (before, rest) = line.split_at(start);
        let (list, after) = rest.split_once(')')?;
        Some((before, list, after))
    });
    let Some((before, list, after)) = parts else {
        return line.to_owned();
    };
    let mut parameters: Vec<&str> = list.split(", ").collect();
    parameters.sort_unstable();
    format!("{before}{}){after}", parameters.join(", "))
}

/// A foreign table's options, a line each.
fn sort_options(lines: &mut [String]) {
    if let Some(start) = lines.iter().position(|line| line == "OPTIONS (") {
        let end = (lines.iter())
            .position(|line| line == ");")
            .unwrap_or(lines.len());
        if let Some(options) = lines.get_mut(start + 1..end) {
            for option in &mut *options {
                *option = option.trim_end_matches(',').to_owned();
            }
            options.sort_unstable();
        }
    }
}

fn is_about_schema(lines: &[String]) -> bool {
    lines.iter().any(|line| {
        line.starts_with("COMMENT ON SCHEMA ")
            || (line.starts_with("GRANT ") || line.starts_with("REVOKE "))
                && line.contains(" ON SCHEMA ")
    })
}

/// One entry for each schema: its owner, privileges and comment.
async fn schemas(session: &Session, scope: &Scope) -> Vec<String> {
    let rows = session
        .rows(
            "SELECT n.nspname, n.nspowner::regrole,
               (SELECT string_agg(concat_ws(' ', a.grantor::regrole, a.grantee::regrole, a.privilege_type, a.is_grantable), ', '
                  ORDER BY a.grantor::regrole::text, a.grantee::regrole::text, a.privilege_type)
                FROM aclexplode(coalesce(n.nspacl, acldefault('n', n.nspowner))) AS a),
               obj_description(n.oid, 'pg_namespace')
             FROM pg_namespace AS n
             WHERE n.nspname NOT IN ('information_schema', 'pggit_dropped') AND n.nspname !~ '^pg_'",
        )
        .await;
    rows.into_iter()
        .filter(|row| !scope.excluded.contains(&row[0]))
        .map(|mut row| {
            if let Some(logical) = scope.renamed.get(&row[0]) {
                row[0].clone_from(logical);
            }
            format!("schema {}", row.join(" | "))
        })
        .collect()
}
