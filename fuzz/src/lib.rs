//! What the targets share: branches to be on, a planner, and the lexer's view of a text.

use pggit::branch::{BranchMap, SharedObjects};
use pggit::catalog::{ExtensionMembers, SystemRelations};
use pggit::sql::{PlanContext, Planner};
use std::ops::Range;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, LazyLock};

/// Encodings besides UTF-8, of all kinds that there are, and one that is none.
pub const OTHER_ENCODINGS: [&str; 9] = [
    "SQL_ASCII",
    "LATIN1",
    "WIN1251",
    "SJIS",
    "BIG5",
    "GB18030",
    "EUC_JP",
    "EUC_TW",
    "?",
];

static PLANNER: LazyLock<Planner> = LazyLock::new(|| Planner::new(1 << 20));
static VERSION: AtomicU64 = AtomicU64::new(1);

/// What it remembers for one map is of no use to another.
pub fn planner() -> &'static Planner {
    &PLANNER
}

/// Of every map another: nothing is known of a text by its version before, so that an input fails by itself or not at all.
fn version() -> u64 {
    VERSION.fetch_add(1, Ordering::Relaxed)
}

/// A number that depends on every byte, for what an input leaves open (FNV-1a).
pub fn number_of(bytes: &[u8]) -> usize {
    let hash = bytes.iter().fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
        (hash ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3)
    });
    usize::try_from(hash >> 32).unwrap_or_default()
}

/// As a session sees it whose strings are standard ones in UTF-8.
pub fn context(map: &BranchMap) -> PlanContext<'_> {
    PlanContext {
        map,
        client_encoding: "UTF8",
        standard_conforming_strings: true,
        watch_transactions: true,
    }
}

/// `main`, while there are branches.
pub fn main() -> BranchMap {
    BranchMap::new("main", 1, version(), [], Arc::clone(&PLAIN)).with_company(true)
}

/// A branch of a database without extensions.
pub fn branch() -> BranchMap {
    branch_with(&PLAIN)
}

/// A branch of a database whose extensions live in `public`.
pub fn branch_with_extensions() -> BranchMap {
    branch_with(&EXTENDED)
}

fn branch_with(shared: &Arc<SharedObjects>) -> BranchMap {
    let schemas = ["public", "app", "Odd", "set"];
    let schemas = schemas.map(|schema| (schema.to_owned(), format!("{schema}@b")));
    BranchMap::new("b", 2, version(), schemas, Arc::clone(shared))
}

static PLAIN: LazyLock<Arc<SharedObjects>> = LazyLock::new(|| {
    Arc::new(SharedObjects {
        excluded_schemas: ["audit".to_owned()].into(),
        system: Arc::new(system()),
        ..SharedObjects::default()
    })
});

static EXTENDED: LazyLock<Arc<SharedObjects>> = LazyLock::new(|| {
    let members = ["citext", "similarity", "gin_trgm_ops", "<>", "<%"];
    Arc::new(SharedObjects {
        extensions: ["citext".to_owned()].into(),
        extension_members: ExtensionMembers {
            others: members
                .map(|name| ("public".to_owned(), name.to_owned()))
                .into(),
            ..Default::default()
        },
        ..SharedObjects::clone(&PLAIN)
    })
});

/// A few of the system's relations.
fn system() -> SystemRelations {
    let mut relations = SystemRelations::default();
    for (schema, relation, is_table, columns) in [
        ("pg_catalog", "pg_class", true, "oid relname relnamespace"),
        ("pg_catalog", "pg_namespace", true, "oid nspname"),
        ("pg_catalog", "pg_attribute", true, "attrelid attname"),
        ("pg_catalog", "pg_tables", false, "schemaname tablename"),
        (
            "information_schema",
            "tables",
            false,
            "table_schema table_name",
        ),
    ] {
        for column in columns.split(' ') {
            relations.add(schema, relation, is_table, column);
        }
    }
    relations
}

/// A token: where it stands, and its number in PostgreSQL's grammar.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Token {
    pub at: Range<usize>,
    pub kind: i32,
}

/// The tokens of a text, comments included; `None` where the lexer fails.
pub fn tokens(text: &str) -> Option<Vec<Token>> {
    // `scan_tokens` makes a slice of a null pointer where there is no token at all.
    let scanned = pg_query::scan_tokens(&format!("{text}\n;")).ok()?;
    let mut tokens = Vec::with_capacity(scanned.len());
    for token in scanned {
        let at = usize::try_from(token.start).ok()?..usize::try_from(token.end).ok()?;
        if at.end <= text.len() {
            tokens.push(Token {
                at,
                kind: token.token,
            });
        }
    }
    Some(tokens)
}
