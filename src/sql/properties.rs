//! What holds of every text, whatever it is.

use super::plan::{Plan, Statement};
use super::scan::{Scan, Watch};
use super::tests::{branch_map, main_map, plan};
use super::{Characters, PlanContext, Planner, map_position};
use crate::branch::{BranchMap, SharedObjects};
use proptest::prelude::*;
use std::sync::Arc;

/// Pieces of SQL, and of what is none; texts made of them reach further than random letters do.
const PIECES: &[&str] = &[
    " ",
    " ",
    " ",
    "\n",
    ";",
    ",",
    "(",
    ")",
    ".",
    "*",
    "::",
    "=",
    "--",
    "/*",
    "*/",
    "'",
    "\"",
    "$$",
    "\\",
    "1",
    "1.5",
    "SELECT",
    "select",
    "INTO",
    "INSERT",
    "MERGE",
    "UPDATE",
    "SET",
    "FROM",
    "JOIN",
    "WITH",
    "AS",
    "TABLE",
    "CREATE",
    "DROP",
    "ALTER",
    "SCHEMA",
    "COMMENT",
    "ON",
    "COLUMN",
    "GRANT",
    "RESET",
    "SHOW",
    "DO",
    "CALL",
    "PREPARE",
    "EXECUTE",
    "BEGIN",
    "COMMIT",
    "END",
    "ATOMIC",
    "CASE",
    "EXPLAIN",
    "ANALYZE",
    "PGGIT",
    "FUNCTION",
    "OWNED",
    "BY",
    "search_path",
    "public",
    "app",
    "t",
    "a",
    "\"Odd\"",
    "U&\"",
    "UESCAPE",
    "E'",
    "'public.t'",
    "'public'",
    "regclass",
    "regnamespace",
    "to_regnamespace",
    "set_config",
    "nextval",
    "public.t",
    "app.f(",
    "t.a",
    "SELECT 1",
    "FROM public.t",
    "é",
    "IS",
    "IN",
    "REINDEX",
    "IMPORT",
    "SECURITY",
    "TYPE",
    "%",
    "LANGUAGE",
    "IF",
    "EXISTS",
    "pg_catalog",
    "USING",
    "LOCAL",
    "TO",
];

fn text() -> impl Strategy<Value = String> {
    prop::collection::vec(prop::sample::select(PIECES), 0..24).prop_map(|pieces| pieces.concat())
}

/// The branch, without members of extensions: with them every text is looked at.
fn plain_branch() -> BranchMap {
    BranchMap::new(
        "b",
        2,
        1,
        ["public", "app"].map(|schema| (schema.to_owned(), format!("{schema}@b"))),
        Arc::new(SharedObjects::default()),
    )
}

fn is_sound(text: &str, statements: &[Statement]) {
    let mut end = 0;
    for statement in statements {
        assert!(text.get(statement.range.clone()).is_some());
        assert!(statement.range.start >= end, "statements in order");
        end = statement.range.start;
        for splice in &statement.splices {
            assert!(splice.at.start >= end && splice.at.end <= statement.range.end);
            assert!(text.get(splice.at.clone()).is_some());
            end = splice.at.end;
        }
        end = statement.range.end;
    }
}

/// Statements with values, `?` and `#`, some of which matter.
const TEMPLATES: &[&str] = &[
    "SELECT * FROM public.t WHERE a = # AND b = ?",
    "SELECT ?::regclass, # FROM public.t",
    "SELECT ? FROM public.t a, app.u WHERE a.b = #",
    "SELECT nextval(?), # FROM public.t",
    "SELECT CAST(? AS regclass), regclass ? FROM public.t",
    "INSERT INTO app.u VALUES (?, ?, #), (#, ?, ?)",
    "UPDATE public.t SET a = ? WHERE b IN (?, ?, #)",
    "SELECT set_config(?, ?, false) FROM public.t",
    "SELECT set_config('search_path', ?, false)",
    "SELECT to_tsvector(?, ?) FROM public.t",
    "SELECT * FROM pg_catalog.pg_class WHERE relnamespace = ?::regnamespace",
    "SELECT c.relname FROM pg_catalog.pg_class c, pg_catalog.pg_namespace n WHERE n.nspname = ? AND c.oid = #",
    "SELECT table_name FROM information_schema.tables WHERE table_schema = ?",
    "SELECT has_table_privilege(?, ?), has_schema_privilege(?, ?)",
    "COMMENT ON TABLE public.t IS ?",
    "SET search_path = ?",
    "DO ?",
    "SELECT ?; SELECT # FROM app.u; SELECT ?",
];

const VALUES: &[&str] = &[
    "'x'",
    "''",
    "'public'",
    "'app'",
    "'public.t'",
    "'public.s, app'",
    "'app.u'",
    "'it''s'",
    "'search_path'",
    "'SELECT 1 FROM public.t'",
    "'\"Odd\".t'",
    "'pg_catalog.english'",
];

proptest! {
    #[test]
    fn plans_are_sound(text in text()) {
        for map in [main_map(), branch_map()] {
            if let Plan::Statements(statements) = plan(&text, &map) {
                is_sound(&text, &statements);
                if map.is_main() {
                    prop_assert!(statements.iter().all(|statement| statement.splices.is_empty()));
                }
            }
        }
    }

    #[test]
    fn what_the_scan_passes_needs_no_plan(text in text()) {
        let scan = Scan::new().expect("builds");
        for map in [main_map(), plain_branch()] {
            let watch = Watch {
                names: !map.is_main(),
                catalogs: map.is_among_others(),
                transactions: true,
            };
            if !scan.concerns(text.as_bytes(), watch) {
                prop_assert_eq!(plan(&text, &map), Plan::Forward, "{}", text);
            }
        }
    }

    #[test]
    fn a_plan_that_texts_share_is_the_one_that_each_would_get(
        template in prop::sample::select(TEMPLATES),
        values in prop::collection::vec((prop::sample::select(VALUES), 0..100_000_u32), 2..6),
    ) {
        let map = branch_map();
        let context = PlanContext {
            map: &map,
            client_encoding: "UTF8",
            standard_conforming_strings: true,
            watch_transactions: false,
        };
        let planner = Planner::new(1 << 16);
        for (value, number) in values {
            let text = template.replace('?', value).replace('#', &number.to_string());
            let own = plan(&text, &map);
            let own = (own != Plan::Forward).then_some(own);
            let shared = planner.plan(text.as_bytes(), &context);
            prop_assert_eq!(shared.as_deref(), own.as_ref(), "{}", text);
        }
    }

    #[test]
    fn no_bytes_are_too_strange(
        bytes in prop::collection::vec(any::<u8>(), 0..64),
        encoding in prop::sample::select(&["UTF8", "LATIN1", "SJIS", "GB18030", "EUC_JP", "SQL_ASCII", "?"][..]),
        standard in any::<bool>(),
        position in any::<u32>(),
    ) {
        let planner = Planner::new(1 << 16);
        for map in [main_map(), branch_map()] {
            let context = PlanContext {
                map: &map,
                client_encoding: encoding,
                standard_conforming_strings: standard,
                watch_transactions: true,
            };
            if let Some(plan) = planner.plan(&bytes, &context) {
                for statement in plan.statements() {
                    prop_assert!(bytes.get(statement.range.clone()).is_some());
                    map_position(&bytes, &statement.splices, Characters::of(encoding), position);
                }
            }
        }
    }

    #[test]
    fn texts_with_high_bytes_and_escapes_are_planned(
        text in text(),
        encoding in prop::sample::select(&["LATIN1", "SJIS", "BIG5", "KOI8R"][..]),
        standard in any::<bool>(),
    ) {
        // The pieces in UTF-8 are bytes above ASCII to every other encoding.
        let map = branch_map();
        let context = PlanContext {
            map: &map,
            client_encoding: encoding,
            standard_conforming_strings: standard,
            watch_transactions: true,
        };
        if let Some(plan) = Planner::new(1 << 16).plan(text.as_bytes(), &context) {
            for statement in plan.statements() {
                prop_assert!(text.as_bytes().get(statement.range.clone()).is_some());
            }
        }
    }
}
