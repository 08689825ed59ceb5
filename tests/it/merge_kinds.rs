//! The six kinds of a merge, in every combination, for every kind of object: what counts is the catalog that
//! results. It has to be the one that a database has where the expected DDL was run directly.

use crate::harness::programs::dump_schema;
use crate::harness::{Database, Fixture, Session};

/// A kind of object; `%` stands for the object's name.
struct Kind {
    /// What the objects need beside them.
    prelude: &'static str,
    create: &'static str,
    /// Another object of that name: added on both sides, the two conflict.
    create_otherwise: &'static str,
    modify: &'static str,
    /// Merges with `modify`.
    compatible: &'static str,
    /// Conflicts with `modify`.
    clashing: &'static str,
    drop: &'static str,
}

const BASE_TABLE: &str = "CREATE TABLE base (id int PRIMARY KEY, a int, b text)";

const TABLE: Kind = Kind {
    prelude: "",
    create: "CREATE TABLE % (id int PRIMARY KEY, a int, b text)",
    create_otherwise: "CREATE TABLE % (id int PRIMARY KEY, a bigint, b text)",
    modify: "ALTER TABLE % ALTER COLUMN a TYPE bigint",
    compatible: "ALTER TABLE % ALTER COLUMN b SET NOT NULL, ADD CONSTRAINT %_a CHECK (a > 0)",
    clashing: "ALTER TABLE % ALTER COLUMN a TYPE smallint",
    drop: "DROP TABLE %",
};

const VIEW: Kind = Kind {
    prelude: BASE_TABLE,
    create: "CREATE VIEW % AS SELECT id FROM base",
    create_otherwise: "CREATE VIEW % AS SELECT id, b FROM base",
    modify: "CREATE OR REPLACE VIEW % AS SELECT id, a FROM base",
    compatible: "COMMENT ON VIEW % IS 'seen'",
    clashing: "CREATE OR REPLACE VIEW % AS SELECT id, b FROM base",
    drop: "DROP VIEW %",
};

const MATERIALIZED_VIEW: Kind = Kind {
    prelude: BASE_TABLE,
    create: "CREATE MATERIALIZED VIEW % AS SELECT id FROM base",
    create_otherwise: "CREATE MATERIALIZED VIEW % AS SELECT id, b FROM base",
    modify: "ALTER MATERIALIZED VIEW % SET (fillfactor = 60)",
    compatible: "COMMENT ON MATERIALIZED VIEW % IS 'kept'",
    clashing: "ALTER MATERIALIZED VIEW % SET (fillfactor = 70)",
    drop: "DROP MATERIALIZED VIEW %",
};

const FUNCTION: Kind = Kind {
    prelude: BASE_TABLE,
    create: "CREATE FUNCTION %() RETURNS bigint LANGUAGE sql AS 'SELECT count(*) FROM public.base'",
    create_otherwise: "CREATE FUNCTION %() RETURNS bigint LANGUAGE sql AS 'SELECT 0::bigint'",
    modify: "CREATE OR REPLACE FUNCTION %() RETURNS bigint LANGUAGE sql AS 'SELECT max(id) FROM public.base'",
    compatible: "REVOKE EXECUTE ON FUNCTION %() FROM PUBLIC",
    clashing: "CREATE OR REPLACE FUNCTION %() RETURNS bigint LANGUAGE sql AS 'SELECT min(id) FROM public.base'",
    drop: "DROP FUNCTION %()",
};

const INDEX: Kind = Kind {
    prelude: BASE_TABLE,
    create: "CREATE INDEX % ON base (a)",
    create_otherwise: "CREATE INDEX % ON base (b)",
    modify: "ALTER INDEX % SET (fillfactor = 60)",
    compatible: "COMMENT ON INDEX % IS 'fast'",
    clashing: "ALTER INDEX % SET (fillfactor = 70)",
    drop: "DROP INDEX %",
};

const SEQUENCE: Kind = Kind {
    prelude: "",
    create: "CREATE SEQUENCE %",
    create_otherwise: "CREATE SEQUENCE % INCREMENT 3",
    modify: "ALTER SEQUENCE % INCREMENT 5",
    compatible: "ALTER SEQUENCE % CYCLE",
    clashing: "ALTER SEQUENCE % INCREMENT 7",
    drop: "DROP SEQUENCE %",
};

const ENUM: Kind = Kind {
    prelude: "",
    create: "CREATE TYPE % AS ENUM ('a', 'c')",
    create_otherwise: "CREATE TYPE % AS ENUM ('c', 'a')",
    modify: "ALTER TYPE % ADD VALUE 'b' BEFORE 'c'",
    compatible: "ALTER TYPE % ADD VALUE 'd'",
    clashing: "ALTER TYPE % ADD VALUE 'b' AFTER 'c'",
    drop: "DROP TYPE %",
};

const DOMAIN: Kind = Kind {
    prelude: "",
    create: "CREATE DOMAIN % AS int",
    create_otherwise: "CREATE DOMAIN % AS int DEFAULT 1",
    modify: "ALTER DOMAIN % SET DEFAULT 5",
    compatible: "ALTER DOMAIN % ADD CONSTRAINT %_positive CHECK (VALUE > 0)",
    clashing: "ALTER DOMAIN % SET DEFAULT 6",
    drop: "DROP DOMAIN %",
};

const COMPOSITE: Kind = Kind {
    prelude: "",
    create: "CREATE TYPE % AS (a int, b int)",
    create_otherwise: "CREATE TYPE % AS (a text, b int)",
    modify: "ALTER TYPE % ALTER ATTRIBUTE a TYPE bigint",
    compatible: "ALTER TYPE % ADD ATTRIBUTE c text",
    clashing: "ALTER TYPE % ALTER ATTRIBUTE a TYPE text",
    drop: "DROP TYPE %",
};

const TRIGGER: Kind = Kind {
    prelude: "CREATE TABLE base (id int PRIMARY KEY, a int, b text);
              CREATE FUNCTION fired() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW;END'",
    create: "CREATE TRIGGER % BEFORE INSERT ON base FOR EACH ROW EXECUTE FUNCTION fired()",
    create_otherwise: "CREATE TRIGGER % AFTER INSERT ON base FOR EACH ROW EXECUTE FUNCTION fired()",
    modify: "CREATE OR REPLACE TRIGGER % BEFORE UPDATE ON base FOR EACH ROW EXECUTE FUNCTION fired()",
    compatible: "COMMENT ON TRIGGER % ON base IS 'fires'",
    clashing: "CREATE OR REPLACE TRIGGER % BEFORE DELETE ON base FOR EACH ROW EXECUTE FUNCTION fired()",
    drop: "DROP TRIGGER % ON base",
};

const AGGREGATE: Kind = Kind {
    prelude: "",
    create: "CREATE AGGREGATE %(int) (SFUNC = int4pl, STYPE = int)",
    create_otherwise: "CREATE AGGREGATE %(int) (SFUNC = int4mul, STYPE = int)",
    modify: "CREATE OR REPLACE AGGREGATE %(int) (SFUNC = int4pl, STYPE = int, INITCOND = '1')",
    compatible: "REVOKE EXECUTE ON FUNCTION %(int) FROM PUBLIC",
    clashing: "CREATE OR REPLACE AGGREGATE %(int) (SFUNC = int4pl, STYPE = int, INITCOND = '2')",
    drop: "DROP AGGREGATE %(int)",
};

const RANGE: Kind = Kind {
    prelude: "",
    create: "CREATE TYPE % AS RANGE (SUBTYPE = int)",
    create_otherwise: "CREATE TYPE % AS RANGE (SUBTYPE = bigint)",
    modify: "COMMENT ON TYPE % IS 'from to'",
    compatible: "REVOKE USAGE ON TYPE % FROM PUBLIC",
    clashing: "COMMENT ON TYPE % IS 'span'",
    drop: "DROP TYPE %",
};

const DICTIONARY: Kind = Kind {
    prelude: "",
    create: "CREATE TEXT SEARCH DICTIONARY % (TEMPLATE = simple, StopWords = russian)",
    create_otherwise: "CREATE TEXT SEARCH DICTIONARY % (TEMPLATE = simple, StopWords = english)",
    modify: "ALTER TEXT SEARCH DICTIONARY % (StopWords = english)",
    compatible: "COMMENT ON TEXT SEARCH DICTIONARY % IS 'words'",
    clashing: "ALTER TEXT SEARCH DICTIONARY % (StopWords = german)",
    drop: "DROP TEXT SEARCH DICTIONARY %",
};

const CONFIGURATION: Kind = Kind {
    prelude: "",
    create: "CREATE TEXT SEARCH CONFIGURATION % (COPY = simple)",
    create_otherwise: "CREATE TEXT SEARCH CONFIGURATION % (COPY = english)",
    modify: "ALTER TEXT SEARCH CONFIGURATION % ALTER MAPPING FOR word WITH english_stem",
    compatible: "ALTER TEXT SEARCH CONFIGURATION % DROP MAPPING FOR email",
    clashing: "ALTER TEXT SEARCH CONFIGURATION % ALTER MAPPING FOR word WITH german_stem, simple",
    drop: "DROP TEXT SEARCH CONFIGURATION %",
};

const POLICY: Kind = Kind {
    prelude: BASE_TABLE,
    create: "CREATE POLICY % ON base FOR UPDATE USING (a > 0) WITH CHECK (a > 0)",
    create_otherwise: "CREATE POLICY % ON base FOR DELETE USING (a > 0)",
    modify: "ALTER POLICY % ON base USING (a > 1)",
    compatible: "ALTER POLICY % ON base TO pg_monitor WITH CHECK (b <> '')",
    clashing: "ALTER POLICY % ON base USING (a > 2)",
    drop: "DROP POLICY % ON base",
};

const RULE: Kind = Kind {
    prelude: BASE_TABLE,
    create: "CREATE RULE % AS ON DELETE TO base WHERE old.a > 0 DO INSTEAD NOTHING",
    create_otherwise: "CREATE RULE % AS ON DELETE TO base DO NOTIFY base",
    modify: "CREATE OR REPLACE RULE % AS ON DELETE TO base WHERE old.a > 1 DO INSTEAD NOTHING",
    compatible: "ALTER TABLE base DISABLE RULE %",
    clashing: "CREATE OR REPLACE RULE % AS ON DELETE TO base WHERE old.a > 2 DO INSTEAD NOTHING",
    drop: "DROP RULE % ON base",
};

const STATISTICS: Kind = Kind {
    prelude: BASE_TABLE,
    create: "CREATE STATISTICS % ON id, a FROM base",
    create_otherwise: "CREATE STATISTICS % ON a, b FROM base",
    modify: "ALTER STATISTICS % SET STATISTICS 5",
    compatible: "COMMENT ON STATISTICS % IS 'kept'",
    clashing: "ALTER STATISTICS % SET STATISTICS 6",
    drop: "DROP STATISTICS %",
};

/// What a side does with an object.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Act {
    Keep,
    Modify,
    Compatible,
    Clashing,
    Drop,
    /// The base has no such object from here on.
    Nothing,
    Add,
    AddOtherwise,
}

use Act::{Add, AddOtherwise, Clashing, Compatible, Drop, Keep, Modify, Nothing};

impl Act {
    fn sql(self, kind: &Kind, name: &str) -> String {
        let template = match self {
            Keep | Nothing => "",
            Modify => kind.modify,
            Compatible => kind.compatible,
            Clashing => kind.clashing,
            Drop => kind.drop,
            Add => kind.create,
            AddOtherwise => kind.create_otherwise,
        };
        template.replace('%', name)
    }

    fn needs_base(self) -> bool {
        !matches!(self, Nothing | Add | AddOtherwise)
    }
}

/// One combination: what the source did, what the target did, and the kind of merge that makes it.
struct Cell {
    source: Act,
    target: Act,
    kind: &'static str,
    /// What has to be done to the base to get the result.
    result: &'static [Act],
}

const fn cell(source: Act, target: Act, kind: &'static str, result: &'static [Act]) -> Cell {
    Cell {
        source,
        target,
        kind,
        result,
    }
}

const CLEAN: &[Cell] = &[
    cell(Keep, Keep, "NO_CONFLICT", &[]),
    cell(Modify, Modify, "NO_CONFLICT", &[Modify]),
    cell(Drop, Drop, "NO_CONFLICT", &[Drop]),
    cell(Add, Add, "NO_CONFLICT", &[Add]),
    cell(Modify, Keep, "SOURCE_MODIFIED", &[Modify]),
    cell(Add, Nothing, "SOURCE_MODIFIED", &[Add]),
    cell(Keep, Modify, "TARGET_MODIFIED", &[Modify]),
    cell(Nothing, Add, "TARGET_MODIFIED", &[Add]),
    cell(Drop, Keep, "DELETED_SOURCE", &[Drop]),
    cell(Keep, Drop, "DELETED_TARGET", &[Drop]),
    cell(Modify, Compatible, "BOTH_MODIFIED", &[Modify, Compatible]),
    cell(Compatible, Modify, "BOTH_MODIFIED", &[Modify, Compatible]),
];

/// The result is that of the source winning; the target winning keeps what the target did.
const CONFLICTING: &[Cell] = &[
    cell(Modify, Clashing, "BOTH_MODIFIED", &[Modify]),
    cell(Clashing, Modify, "BOTH_MODIFIED", &[Clashing]),
    cell(Modify, Drop, "BOTH_MODIFIED", &[Modify]),
    cell(Drop, Modify, "BOTH_MODIFIED", &[Drop]),
    cell(Add, AddOtherwise, "BOTH_MODIFIED", &[Add]),
];

impl Cell {
    fn name(&self) -> String {
        format!("o_{:?}_{:?}", self.source, self.target).to_lowercase()
    }

    fn base_sql(&self, kind: &Kind) -> String {
        if self.source.needs_base() && self.target.needs_base() {
            kind.create.replace('%', &self.name())
        } else {
            String::new()
        }
    }
}

/// A fixture whose `main` and `feature` have diverged by all `cells` at once, and a session on `main`.
async fn diverged(kind: &Kind, cells: &[&Cell]) -> (Fixture, Session) {
    let fixture = Fixture::new().await;
    let main = fixture.connect().await;
    run_all(&main, [kind.prelude.to_owned()]).await;
    run_all(&main, cells.iter().map(|cell| cell.base_sql(kind))).await;
    main.run("PGGIT BRANCH feature").await;
    let source = fixture.connect_on("feature").await;
    run_all(
        &source,
        cells.iter().map(|cell| cell.source.sql(kind, &cell.name())),
    )
    .await;
    run_all(
        &main,
        cells.iter().map(|cell| cell.target.sql(kind, &cell.name())),
    )
    .await;
    source.assert_clean().await;
    main.assert_clean().await;
    (fixture, main)
}

async fn run_all(session: &Session, texts: impl IntoIterator<Item = String>) {
    for text in texts {
        for sql in text.split("; ").filter(|sql| !sql.trim().is_empty()) {
            session.run(sql).await;
        }
    }
}

/// The dump of a database of which each object had these acts done to it.
async fn reference(kind: &Kind, cells: &[&Cell], acts: impl Fn(&Cell) -> Vec<Act>) -> String {
    let database = Database::create().await;
    let session = database.direct().await;
    run_all(&session, [kind.prelude.to_owned()]).await;
    for cell in cells {
        run_all(&session, [cell.base_sql(kind)]).await;
        for act in acts(cell) {
            run_all(&session, [act.sql(kind, &cell.name())]).await;
        }
    }
    dump_schema(
        &database.server.url(&database.owner, &database.name),
        "public",
        None,
    )
}

#[track_caller]
fn assert_same(actual: &str, expected: &str) {
    if actual != expected {
        let difference = similar::TextDiff::from_lines(expected, actual);
        panic!(
            "the catalogs differ (- expected, + actual):\n{}",
            difference.unified_diff().context_radius(2)
        );
    }
}

/// The kind that a dry run tells of each object, by the object's name.
async fn assert_kinds(main: &Session, cells: &[&Cell]) {
    let told = main.records("PGGIT MERGE feature DRY RUN").await;
    for cell in cells {
        let name = cell.name();
        let kinds: Vec<&str> = told
            .iter()
            .filter(|record| {
                record
                    .get("object")
                    .split(|c: char| !c.is_ascii_alphanumeric() && c != '_')
                    .any(|word| word == name)
            })
            .map(|record| record.get("kind").as_str())
            .collect();
        // What is the same everywhere need not be told.
        let expected: &[&str] = if kinds.is_empty() && cell.kind == "NO_CONFLICT" {
            &[]
        } else {
            &[cell.kind]
        };
        assert_eq!(kinds, expected, "{name} in {told:#?}");
    }
}

async fn every_clean_combination_merges(kind: &Kind) {
    let cells: Vec<&Cell> = CLEAN.iter().collect();
    let (fixture, main) = diverged(kind, &cells).await;
    assert_kinds(&main, &cells).await;
    let before = fixture.dump_of_main();
    assert_same(
        &before,
        &reference(kind, &cells, |cell| vec![cell.target]).await,
    );
    assert_eq!(main.field("PGGIT MERGE feature", "outcome").await, "merged");
    let expected = reference(kind, &cells, |cell| cell.result.to_vec()).await;
    assert_same(&fixture.dump_of_main(), &expected);
    main.assert_clean().await;
    assert_eq!(
        main.field("PGGIT MERGE feature", "outcome").await,
        "up_to_date"
    );
}

async fn every_conflicting_combination_stops(kind: &Kind) {
    let cells: Vec<&Cell> = CONFLICTING.iter().collect();
    let (fixture, main) = diverged(kind, &cells).await;
    let before = fixture.dump_of_main();
    assert_kinds(&main, &cells).await;
    let merge = main.records("PGGIT MERGE feature").await.remove(0);
    assert_eq!(merge.get("outcome"), "conflicts");
    let id = merge.get("merge");
    let conflicts = main.records(&format!("PGGIT CONFLICTS {id}")).await;
    for cell in &cells {
        assert!(
            conflicts
                .iter()
                .any(|conflict| conflict.get("object").contains(&cell.name())),
            "{} in {conflicts:#?}",
            cell.name()
        );
    }
    assert_same(&fixture.dump_of_main(), &before);
    main.run(&format!("PGGIT MERGE ABORT {id}")).await;
    assert_same(&fixture.dump_of_main(), &before);
    main.assert_clean().await;

    let outcome = main
        .field("PGGIT MERGE feature STRATEGY source_wins", "outcome")
        .await;
    assert_eq!(outcome, "merged");
    let expected = reference(kind, &cells, |cell| cell.result.to_vec()).await;
    assert_same(&fixture.dump_of_main(), &expected);
    main.assert_clean().await;

    let (fixture, main) = diverged(kind, &cells).await;
    let outcome = main
        .field("PGGIT MERGE feature STRATEGY target_wins", "outcome")
        .await;
    assert_eq!(outcome, "merged");
    assert_same(&fixture.dump_of_main(), &before);
    main.assert_clean().await;
}

macro_rules! matrix {
    ($($name:ident: $kind:expr;)*) => {
        $(mod $name {
            use super::*;

            #[tokio::test]
            async fn every_clean_combination_merges() {
                super::every_clean_combination_merges(&$kind).await;
            }

            #[tokio::test]
            async fn every_conflicting_combination_stops() {
                super::every_conflicting_combination_stops(&$kind).await;
            }
        })*
    };
}

matrix! {
    tables: TABLE;
    views: VIEW;
    materialized_views: MATERIALIZED_VIEW;
    functions: FUNCTION;
    indexes: INDEX;
    sequences: SEQUENCE;
    enums: ENUM;
    domains: DOMAIN;
    composites: COMPOSITE;
    triggers: TRIGGER;
    policies: POLICY;
    aggregates: AGGREGATE;
    ranges: RANGE;
    dictionaries: DICTIONARY;
    configurations: CONFIGURATION;
    rules: RULE;
    statistics: STATISTICS;
}

/// Changes of one table by both sides that merge attribute by attribute: source, target, and the DDL that
/// leads to the result.
const ATTRIBUTES: &[(&str, &str, &str)] = &[
    (
        "ALTER TABLE % ADD COLUMN s int",
        "ALTER TABLE % ADD COLUMN t int",
        "ALTER TABLE % ADD COLUMN t int, ADD COLUMN s int",
    ),
    (
        "ALTER TABLE % RENAME a TO renamed",
        "ALTER TABLE % ALTER a TYPE bigint",
        "ALTER TABLE % RENAME a TO renamed; ALTER TABLE % ALTER renamed TYPE bigint",
    ),
    (
        "ALTER TABLE % RENAME a TO renamed",
        "ALTER TABLE % ADD CONSTRAINT %_check CHECK (a > 0)",
        "ALTER TABLE % ADD CONSTRAINT %_check CHECK (a > 0); ALTER TABLE % RENAME a TO renamed",
    ),
    (
        "ALTER TABLE % ADD CONSTRAINT %_unique UNIQUE (a, b)",
        "ALTER TABLE % RENAME b TO renamed",
        "ALTER TABLE % ADD CONSTRAINT %_unique UNIQUE (a, b); ALTER TABLE % RENAME b TO renamed",
    ),
    (
        "ALTER TABLE % ALTER a SET DEFAULT 3",
        "ALTER TABLE % ALTER a SET NOT NULL",
        "ALTER TABLE % ALTER a SET DEFAULT 3, ALTER a SET NOT NULL",
    ),
    (
        "COMMENT ON COLUMN %.a IS 'commented'",
        "ALTER TABLE % ALTER a SET DEFAULT 4",
        "COMMENT ON COLUMN %.a IS 'commented'; ALTER TABLE % ALTER a SET DEFAULT 4",
    ),
    (
        "ALTER TABLE % DROP COLUMN a",
        "ALTER TABLE % ALTER b SET NOT NULL",
        "ALTER TABLE % DROP COLUMN a, ALTER b SET NOT NULL",
    ),
    (
        "ALTER TABLE % DROP CONSTRAINT %_pkey",
        "ALTER TABLE % ADD COLUMN c int",
        "ALTER TABLE % DROP CONSTRAINT %_pkey, ADD COLUMN c int",
    ),
    (
        "ALTER TABLE % RENAME TO %_renamed",
        "ALTER TABLE % ADD COLUMN c int",
        "ALTER TABLE % ADD COLUMN c int; ALTER TABLE % RENAME TO %_renamed",
    ),
    (
        "CREATE INDEX %_a ON % (a)",
        "ALTER TABLE % RENAME a TO renamed",
        "CREATE INDEX %_a ON % (a); ALTER TABLE % RENAME a TO renamed",
    ),
    (
        "GRANT SELECT ON % TO PUBLIC",
        "GRANT UPDATE ON % TO PUBLIC",
        "GRANT SELECT, UPDATE ON % TO PUBLIC",
    ),
    (
        "ALTER TABLE % SET (fillfactor = 50)",
        "ALTER TABLE % SET (autovacuum_enabled = false)",
        "ALTER TABLE % SET (autovacuum_enabled = false, fillfactor = 50)",
    ),
    (
        "ALTER TABLE % DROP COLUMN b",
        "ALTER TABLE % DROP COLUMN b",
        "ALTER TABLE % DROP COLUMN b",
    ),
    (
        "ALTER TABLE % RENAME a TO renamed",
        "ALTER TABLE % RENAME a TO renamed",
        "ALTER TABLE % RENAME a TO renamed",
    ),
];

#[tokio::test]
async fn different_attributes_of_one_table_merge() {
    let fixture = Fixture::new().await;
    let expected = Database::create().await;
    let (main, reference) = (fixture.connect().await, expected.direct().await);
    let at = |index: usize, text: &str| text.replace('%', &format!("t{index:02}"));
    for session in [&main, &reference] {
        for index in 0..ATTRIBUTES.len() {
            session
                .run(&at(
                    index,
                    "CREATE TABLE % (id int PRIMARY KEY, a int, b text)",
                ))
                .await;
        }
    }
    main.run("PGGIT BRANCH feature").await;
    let source = fixture.connect_on("feature").await;
    for (index, (on_source, on_target, result)) in ATTRIBUTES.iter().enumerate() {
        run_all(&source, [at(index, on_source)]).await;
        run_all(&main, [at(index, on_target)]).await;
        run_all(&reference, [at(index, result)]).await;
    }
    let merge = main.records("PGGIT MERGE feature").await;
    assert_eq!(merge[0].get("outcome"), "merged", "{merge:#?}");
    let url = expected.server.url(&expected.owner, &expected.name);
    assert_same(&fixture.dump_of_main(), &dump_schema(&url, "public", None));
    main.assert_clean().await;
}

/// Changes of one table that have no single right outcome.
const CLASHES: &[(&str, &str)] = &[
    (
        "ALTER TABLE % ALTER a TYPE bigint",
        "ALTER TABLE % ALTER a TYPE text",
    ),
    (
        "ALTER TABLE % ALTER a SET DEFAULT 1",
        "ALTER TABLE % ALTER a SET DEFAULT 2",
    ),
    (
        "ALTER TABLE % RENAME a TO one",
        "ALTER TABLE % RENAME a TO other",
    ),
    (
        "ALTER TABLE % RENAME a TO same",
        "ALTER TABLE % RENAME b TO same",
    ),
    (
        "ALTER TABLE % RENAME a TO same",
        "ALTER TABLE % ADD COLUMN same int",
    ),
    (
        "ALTER TABLE % ADD COLUMN c int",
        "ALTER TABLE % ADD COLUMN c text",
    ),
    (
        "ALTER TABLE % DROP COLUMN a",
        "ALTER TABLE % ALTER a TYPE bigint",
    ),
    (
        "ALTER TABLE % DROP COLUMN a",
        "ALTER TABLE % ADD CONSTRAINT %_check CHECK (a > 0)",
    ),
    ("ALTER TABLE % DROP COLUMN a", "CREATE INDEX %_a ON % (a)"),
    (
        "ALTER TABLE % DROP COLUMN a",
        "CREATE VIEW %_v AS SELECT a FROM %",
    ),
    ("DROP TABLE %", "CREATE TABLE %_child (id int REFERENCES %)"),
    (
        "ALTER TABLE % ADD CONSTRAINT %_c CHECK (a > 0)",
        "ALTER TABLE % ADD CONSTRAINT %_c CHECK (a > 1)",
    ),
    (
        "ALTER TABLE % RENAME TO %_one",
        "ALTER TABLE % RENAME TO %_other",
    ),
    (
        "COMMENT ON TABLE % IS 'one'",
        "COMMENT ON TABLE % IS 'other'",
    ),
];

#[tokio::test]
async fn changes_without_a_single_right_outcome_are_conflicts() {
    let fixture = Fixture::new().await;
    let main = fixture.connect().await;
    let at = |index: usize, text: &str| text.replace('%', &format!("t{index:02}"));
    for index in 0..CLASHES.len() {
        main.run(&at(
            index,
            "CREATE TABLE % (id int PRIMARY KEY, a int, b text)",
        ))
        .await;
    }
    main.run("PGGIT BRANCH feature").await;
    let source = fixture.connect_on("feature").await;
    for (index, (on_source, on_target)) in CLASHES.iter().enumerate() {
        source.run(&at(index, on_source)).await;
        main.run(&at(index, on_target)).await;
    }
    let before = fixture.dump_of_main();
    let merge = main.records("PGGIT MERGE feature").await.remove(0);
    assert_eq!(merge.get("outcome"), "conflicts", "{merge:#?}");
    let conflicts = main
        .records(&format!("PGGIT CONFLICTS {}", merge.get("merge")))
        .await;
    let silent: Vec<_> = CLASHES
        .iter()
        .enumerate()
        .filter(|(index, _)| {
            let name = format!("t{index:02}");
            !conflicts
                .iter()
                .any(|conflict| conflict.get("object").contains(&name))
        })
        .collect();
    assert!(
        silent.is_empty(),
        "no conflict for {silent:#?} in {conflicts:#?}"
    );
    assert_same(&fixture.dump_of_main(), &before);
}
