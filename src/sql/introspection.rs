//! Statements that look at the catalogs: where a text names relations of the system and the functions that give names of schemas,
//! and whether what it prints holds physical names.

use super::catalogs::Catalogs;
use super::plan::Splice;
use super::scan::PRINTING;
use super::tokens::{Kind, Tokens};
use super::tree::Meanings;
use crate::branch::BranchMap;
use crate::catalog::system::{CATALOG_SCHEMA, INFORMATION_SCHEMA};
use crate::schema::quote::quote_identifier;
use pg_query::NodeEnum;
use pg_query::protobuf::ObjectType;
use std::collections::BTreeSet;
use std::ops::Range;

/// Columns that tables have and queries do not.
const SYSTEM_COLUMNS: &[&str] = &["tableoid", "ctid", "xmin", "xmax", "cmin", "cmax"];

/// Whether a statement looks at catalogs here and now. One that keeps a query for later (a view, a function) keeps the
/// real catalogs in it.
pub fn looks_now(statement: &NodeEnum) -> bool {
    match statement {
        NodeEnum::CreateTableAsStmt(create) => create.objtype != ObjectType::ObjectMatview as i32,
        NodeEnum::SelectStmt(_)
        | NodeEnum::InsertStmt(_)
        | NodeEnum::UpdateStmt(_)
        | NodeEnum::DeleteStmt(_)
        | NodeEnum::MergeStmt(_)
        | NodeEnum::ExplainStmt(_)
        | NodeEnum::DeclareCursorStmt(_)
        | NodeEnum::CopyStmt(_)
        | NodeEnum::PrepareStmt(_)
        | NodeEnum::CallStmt(_) => true,
        _ => false,
    }
}

/// Whether the rows of a statement may hold names that the server has printed. On `main` those are logical anyway.
pub fn prints_names(tokens: &Tokens<'_>, statement: &Range<usize>, map: &BranchMap) -> bool {
    if map.is_main() {
        return false;
    }
    let speaks_of_catalogs = |index: usize| {
        tokens.kind(index) == Some(Kind::CurrentSchema)
            || tokens.name(index).is_some_and(|name| prints(&name))
    };
    tokens.kind(statement.start) == Some(Kind::Explain) || statement.clone().any(speaks_of_catalogs)
}

/// Whether a word is the name of something that prints names, or of a catalog.
fn prints(word: &str) -> bool {
    matches!(word, "format_type" | "set_config")
        || word == INFORMATION_SCHEMA
        || word.starts_with("pg_")
        || PRINTING.iter().any(|start| word.starts_with(start))
}

/// What to replace in a statement that looks at the catalogs.
pub fn splices(
    tokens: &Tokens<'_>,
    statement: &Range<usize>,
    meanings: &Meanings,
    map: &BranchMap,
) -> Vec<Splice> {
    let bytes = tokens.bytes(statement);
    let mut found = Found {
        tokens,
        catalogs: Catalogs::of(map),
        system_columns: system_columns(tokens, statement),
        unaliased: BTreeSet::new(),
        splices: Vec::new(),
    };
    for (start, is_aliased) in meanings.read_relations.range(bytes.clone()) {
        if let Some(token) = tokens.starting_at(*start) {
            found.relation(token, *is_aliased, &meanings.queries);
        }
    }
    for start in meanings
        .columns
        .range(bytes.clone())
        .map(|(start, _)| start)
    {
        if let Some(token) = tokens.starting_at(*start) {
            found.column(token);
        }
    }
    for start in meanings.calls.range(bytes) {
        if let Some(token) = tokens.starting_at(*start) {
            found.call(token);
        }
    }
    found.splices
}

/// What to replace in code that runs here and now, of which there is no tree.
pub fn splices_in_code(tokens: &Tokens<'_>, map: &BranchMap) -> Vec<Splice> {
    let all = 0..tokens.len();
    let mut found = Found {
        tokens,
        catalogs: Catalogs::of(map),
        system_columns: system_columns(tokens, &all),
        unaliased: BTreeSet::new(),
        splices: Vec::new(),
    };
    let no_queries = BTreeSet::new();
    for index in all {
        let follows = tokens.kind_before(index, 1);
        if matches!(follows, Some(Kind::From | Kind::Join | Kind::Ascii44)) {
            let is_aliased = found.name(index).is_some_and(|name| {
                tokens.kind(name.next) == Some(Kind::As)
                    || (tokens.kind(name.next) == Some(Kind::Ident)
                        && !tokens.is_name(name.next, "loop"))
            });
            found.relation(index, is_aliased, &no_queries);
        } else if follows != Some(Kind::Ascii46) {
            found.call(index);
        }
    }
    found.splices
}

fn system_columns(tokens: &Tokens<'_>, statement: &Range<usize>) -> Vec<&'static str> {
    let is_named = |column: &&&str| statement.clone().any(|index| tokens.is_name(index, column));
    SYSTEM_COLUMNS.iter().filter(is_named).copied().collect()
}

/// A name of one or two parts.
struct Name {
    schema: Option<String>,
    object: String,
    /// The token after it.
    next: usize,
}

struct Found<'a> {
    tokens: &'a Tokens<'a>,
    catalogs: Catalogs<'a>,
    system_columns: Vec<&'static str>,
    /// Relations that have been replaced and go by their own names.
    unaliased: BTreeSet<(String, String)>,
    splices: Vec<Splice>,
}

impl Found<'_> {
    fn name(&self, first: usize) -> Option<Name> {
        let owned = |index| Some(self.tokens.name(index)?.into_owned());
        let after = self.tokens.after(first);
        if self.tokens.kind(after) != Some(Kind::Ascii46) {
            return Some(Name {
                schema: None,
                object: owned(first)?,
                next: after,
            });
        }
        Some(Name {
            schema: Some(owned(first)?),
            object: owned(after + 1)?,
            next: self.tokens.after(after + 1),
        })
    }

    /// The bytes from one token to the one before another.
    fn bytes(&self, first: usize, next: usize) -> Range<usize> {
        self.tokens.bytes(&(first..next))
    }

    fn put(&mut self, at: Range<usize>, with: String) {
        self.splices.push(Splice { at, with });
    }

    /// A relation whose rows are read.
    fn relation(&mut self, first: usize, is_aliased: bool, queries: &BTreeSet<String>) {
        let tokens = self.tokens;
        let Some(found) = self.name(first) else {
            return;
        };
        let is_query = found.schema.is_none() && queries.contains(&found.object);
        // A query has no parts that could be left out.
        let has_parts = tokens.kind_before(first, 1) == Some(Kind::Only)
            || tokens.kind_before(first, 2) == Some(Kind::Only)
            || matches!(tokens.kind(found.next), Some(Kind::Ascii46 | Kind::Ascii40));
        if is_query || has_parts {
            return;
        }
        let schema = found.schema.as_deref().unwrap_or(CATALOG_SCHEMA);
        let query = self
            .catalogs
            .query(schema, &found.object, &self.system_columns);
        let Some(mut query) = query else {
            return;
        };
        let schema = schema.to_owned();
        // Only partitions and children could be meant by it.
        let starred = tokens.kind(found.next) == Some(Kind::Ascii42);
        let next = found.next + usize::from(starred);
        if !is_aliased {
            query.push_str(" AS ");
            query.push_str(&quote_identifier(&found.object));
            self.unaliased.insert((schema, found.object));
        }
        if tokens.kind_before(first, 1) == Some(Kind::Table) {
            let table = self.bytes(first - 1, first);
            self.put(table, "SELECT * FROM".to_owned());
        }
        self.put(self.bytes(first, next), query);
    }

    /// `pg_catalog.pg_class.relname`: what a query is called has no schema.
    fn column(&mut self, first: usize) {
        let Some(found) = self.name(first) else {
            return;
        };
        let Some(schema) = found.schema else { return };
        if self.tokens.kind(found.next) == Some(Kind::Ascii46)
            && self.unaliased.contains(&(schema, found.object))
        {
            let dot = self.tokens.after(first);
            let at = self.bytes(first, dot + 1);
            self.put(at, String::new());
        }
    }

    /// `current_schema`, with parentheses and without, and `current_schemas(…)`.
    fn call(&mut self, first: usize) {
        let tokens = self.tokens;
        let Some(found) = self.name(first) else {
            return;
        };
        if (found.schema.as_deref()).is_some_and(|schema| schema != CATALOG_SCHEMA) {
            return;
        }
        let is_called = tokens.kind(found.next) == Some(Kind::Ascii40);
        match (found.object.as_str(), is_called) {
            ("current_schema", true) if tokens.kind(found.next + 1) == Some(Kind::Ascii41) => {
                if let Some(query) = self.catalogs.current_schema() {
                    self.put(self.bytes(first, found.next + 2), query);
                }
            }
            ("current_schema", false) if tokens.kind(first) == Some(Kind::CurrentSchema) => {
                if let Some(query) = self.catalogs.current_schema() {
                    self.put(self.bytes(first, found.next), query);
                }
            }
            ("current_schemas", true) => {
                if let Some((before, after)) = self.catalogs.current_schemas()
                    && let Some(close) = tokens.closing(found.next)
                {
                    self.put(self.bytes(first, found.next + 1), before);
                    self.put(self.bytes(close, close + 1), after);
                }
            }
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::{branch_map, crowded_main_map, main_map, spliced_by, statements};

    /// The text as it is sent on a branch, with `…` for what stands in for relations and functions.
    #[track_caller]
    fn seen(text: &str) -> String {
        let mut rest = spliced_by(text, &branch_map());
        let mut seen = String::new();
        let inserted = |rest: &str| {
            let starts = ["(SELECT pggit_r.", "(SELECT coalesce("];
            starts.iter().filter_map(|start| rest.find(start)).min()
        };
        while let Some(start) = inserted(&rest) {
            let mut depth = 0_usize;
            let end = rest[start..]
                .find(|character: char| {
                    match character {
                        '(' => depth += 1,
                        ')' => depth -= 1,
                        _ => {}
                    }
                    depth == 0
                })
                .expect("closed");
            seen.push_str(&rest[..start]);
            seen.push('…');
            rest = rest.split_off(start + end + 1);
        }
        seen + &rest
    }

    #[test]
    fn relations_of_the_system_are_replaced_where_their_rows_are_read() {
        for (text, wanted) in [
            ("SELECT * FROM pg_class", "SELECT * FROM … AS pg_class"),
            (
                "SELECT c.relname FROM pg_catalog . \"pg_class\" c JOIN pg_tables AS t ON true",
                "SELECT c.relname FROM … c JOIN … AS t ON true",
            ),
            (
                "SELECT 1 FROM t x, information_schema.columns WHERE EXISTS (SELECT FROM pg_rewrite)",
                "SELECT 1 FROM t x, … AS columns WHERE EXISTS (SELECT FROM … AS pg_rewrite)",
            ),
            (
                "SELECT pg_catalog.pg_class.relname FROM pg_catalog.pg_class",
                "SELECT pg_class.relname FROM … AS pg_class",
            ),
            ("TABLE pg_class", "SELECT * FROM … AS pg_class"),
            (
                "EXPLAIN ANALYZE SELECT FROM pg_class * c",
                "EXPLAIN ANALYZE SELECT FROM … c",
            ),
            (
                "PREPARE p AS SELECT FROM pg_class",
                "PREPARE p AS SELECT FROM … AS pg_class",
            ),
            (
                "CREATE TABLE x AS SELECT FROM pg_class",
                "CREATE TABLE x AS SELECT FROM … AS pg_class",
            ),
            (
                "DO $$BEGIN IF EXISTS (SELECT FROM pg_tables WHERE true) THEN NULL; END IF; \
                 FOR r IN SELECT FROM pg_class LOOP NULL; END LOOP; END$$",
                "DO $$BEGIN IF EXISTS (SELECT FROM … AS pg_tables WHERE true) THEN NULL; END IF; \
                 FOR r IN SELECT FROM … AS pg_class LOOP NULL; END LOOP; END$$",
            ),
        ] {
            assert_eq!(seen(text), wanted);
        }
    }

    #[test]
    fn others_stay_as_they_are() {
        for text in [
            "SELECT * FROM pg_database",
            "WITH pg_class AS (SELECT 1) SELECT * FROM pg_class",
            "SELECT * FROM ONLY pg_class",
            "SELECT * FROM pg_class TABLESAMPLE system (1)",
            "CREATE VIEW v AS SELECT * FROM pg_class",
            "CREATE MATERIALIZED VIEW v AS SELECT current_schema FROM pg_class",
            "DELETE FROM pg_class",
            "LOCK TABLE pg_class",
        ] {
            assert_eq!(spliced_by(text, &branch_map()), text);
        }
    }

    #[test]
    fn system_columns_are_there_where_the_text_names_them() {
        let text = "SELECT tableoid, oid FROM pg_class";
        assert!(
            spliced_by(text, &branch_map()).contains(", pggit_r.tableoid FROM pg_catalog.pg_class")
        );
        let text = "SELECT oid FROM pg_class";
        assert!(!spliced_by(text, &branch_map()).contains("pggit_r.tableoid"));
    }

    #[test]
    fn current_schemas_are_logical() {
        for (text, wanted) in [
            ("SELECT current_schema, a.current_schema FROM a", 1),
            ("SELECT CURRENT_SCHEMA(), pg_catalog.current_schema()", 2),
            ("SELECT unnest(current_schemas(a = (1))) FROM t", 1),
            ("SELECT x AS current_schema, current_user", 0),
        ] {
            let spliced = spliced_by(text, &branch_map());
            let found = spliced.matches("(SELECT coalesce").count();
            assert_eq!(found, wanted, "{spliced}");
        }
        let spliced = spliced_by("SELECT current_schemas(a = (1))", &branch_map());
        assert!(spliced.contains("current_schemas(a = (1))) WITH ORDINALITY"));
    }

    #[test]
    fn main_hides_branches_while_there_are_any() {
        let text = "SELECT nspname, current_schema FROM pg_namespace";
        let crowded = spliced_by(text, &crowded_main_map());
        assert!(crowded.starts_with(
            "SELECT nspname, current_schema FROM (SELECT pggit_r.* FROM pg_catalog.pg_namespace AS pggit_r WHERE"
        ));
        assert!(statements(text, &main_map()).is_empty());
    }

    #[test]
    fn prepared_statements_are_the_clients_on_every_branch() {
        let text = "SELECT p.name FROM Pg_Prepared_Statements p";
        let alone = crowded_main_map().with_company(false);
        for map in [alone, crowded_main_map(), branch_map()] {
            let spliced = spliced_by(text, &map);
            let wanted =
                "FROM (SELECT pggit_r.* FROM pg_catalog.pg_prepared_statements AS pggit_r WHERE";
            assert!(spliced.contains(wanted), "{spliced}");
        }
    }

    #[test]
    fn a_plan_is_that_of_the_query_as_it_was_written() {
        let text = "EXPLAIN (VERBOSE) SELECT FROM pg_class";
        assert_eq!(seen(text), text);
        assert_eq!(spliced_by(text, &crowded_main_map()), text);
    }

    #[test]
    fn statements_that_may_print_physical_names_are_told_from_others() {
        let prints = |text| {
            let statements = statements(text, &branch_map());
            statements.iter().any(|statement| statement.prints_names)
        };
        for text in [
            "SELECT oid::regclass FROM t",
            "SELECT pg_get_viewdef('v')",
            "EXPLAIN VERBOSE SELECT * FROM t",
            "SELECT current_schema",
            "SELECT format_type(25, -1)",
        ] {
            assert!(prints(text), "{text}");
        }
        for text in ["SELECT * FROM public.t", "SELECT region FROM public.t"] {
            assert!(!prints(text), "{text}");
        }
    }
}
