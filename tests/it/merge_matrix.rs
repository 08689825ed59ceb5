//! Two branches that changed what belongs together, one change beside the other. What counts is the catalog that results: it
//! has to be the one that a database has where the expected DDL was run directly.

use crate::harness::programs::dump_schema;
use crate::harness::session::Record;
use crate::harness::{Database, Fixture, Session};

/// `%` stands for a name of each case's own; statements are parted by `; `.
struct Case {
    base: &'static str,
    source: &'static str,
    target: &'static str,
    /// What leads from the base to the result; of a conflict, which attributes of which objects it is about.
    result: &'static str,
}

const fn case(
    base: &'static str,
    source: &'static str,
    target: &'static str,
    result: &'static str,
) -> Case {
    Case {
        base,
        source,
        target,
        result,
    }
}

const TABLE: &str = "CREATE TABLE % (id int PRIMARY KEY, a int, b text)";
const CHECKED: &str =
    "CREATE TABLE % (id int PRIMARY KEY, a int CONSTRAINT %_check CHECK (a > 0), b text)";
const PARENT: &str = "CREATE TABLE %_p (id int PRIMARY KEY, n int); CREATE TABLE % (id int, p int)";
const CHILD: &str = "CREATE TABLE %_p (id int PRIMARY KEY); CREATE TABLE % (id int, p int CONSTRAINT %_fk REFERENCES %_p)";
const ENUM: &str = "CREATE TYPE % AS ENUM ('a', 'c')";
const FUNCTION: &str = "CREATE FUNCTION %(int) RETURNS int LANGUAGE sql AS 'SELECT 1'";
const VIEW: &str = "CREATE TABLE %_t (id int, a int, b int); CREATE VIEW % AS SELECT id FROM %_t";
const PARTITIONED: &str = "CREATE TABLE % (id int) PARTITION BY RANGE (id); CREATE TABLE %_1 PARTITION OF % FOR VALUES FROM (1) TO (9)";
const TRIGGERED: &str = "CREATE TABLE % (a int, b int); CREATE FUNCTION %_f() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN new;END'";
const OPERATOR: &str = "CREATE TYPE % AS ENUM ('a'); \
    CREATE FUNCTION %_eq(%, %) RETURNS boolean LANGUAGE internal IMMUTABLE STRICT AS 'enum_eq'; \
    CREATE FUNCTION %_lt(%, %) RETURNS boolean LANGUAGE internal IMMUTABLE STRICT AS 'enum_lt'; \
    CREATE FUNCTION %_cmp(%, %) RETURNS int LANGUAGE internal IMMUTABLE STRICT AS 'enum_cmp'; \
    CREATE OPERATOR === (FUNCTION = %_eq, LEFTARG = %, RIGHTARG = %)";
const CLASS: &str = "CREATE TYPE % AS ENUM ('a'); \
    CREATE FUNCTION %_lt(%, %) RETURNS boolean LANGUAGE internal IMMUTABLE STRICT AS 'enum_lt'; \
    CREATE FUNCTION %_cmp(%, %) RETURNS int LANGUAGE internal IMMUTABLE STRICT AS 'enum_cmp'; \
    CREATE OPERATOR <<< (FUNCTION = %_lt, LEFTARG = %, RIGHTARG = %); \
    CREATE OPERATOR CLASS %_ops FOR TYPE % USING btree AS OPERATOR 1 <<<, FUNCTION 1 %_cmp(%, %); \
    CREATE TABLE %_t (e %)";
const COLLATION: &str = "CREATE COLLATION % FROM \"C\"; CREATE TABLE %_t (a text)";
const BASE_TYPE: &str = "CREATE TYPE %; \
    CREATE FUNCTION %_in(cstring) RETURNS % LANGUAGE internal IMMUTABLE STRICT AS 'textin'; \
    CREATE FUNCTION %_out(%) RETURNS cstring LANGUAGE internal IMMUTABLE STRICT AS 'textout'; \
    CREATE FUNCTION %_send(%) RETURNS bytea LANGUAGE internal STABLE STRICT AS 'textsend'; \
    CREATE TYPE % (INPUT = %_in, OUTPUT = %_out, LIKE = text); CREATE TABLE %_t (a int)";
const CASTABLE: &str = "CREATE TYPE % AS ENUM ('a'); \
    CREATE FUNCTION %_to_int(%) RETURNS int LANGUAGE sql IMMUTABLE AS 'SELECT 1'; \
    CREATE FUNCTION %_to_one(%) RETURNS int LANGUAGE sql IMMUTABLE AS 'SELECT 1'";
const CAST: &str = "CREATE TYPE % AS ENUM ('a'); \
    CREATE FUNCTION %_to_int(%) RETURNS int LANGUAGE sql IMMUTABLE AS 'SELECT 1'; \
    CREATE CAST (% AS int) WITH FUNCTION %_to_int(%)";

const CLEAN: &[Case] = &[
    // Renames on both sides.
    case(
        TABLE,
        "ALTER TABLE % RENAME a TO x",
        "ALTER TABLE % RENAME b TO y",
        "ALTER TABLE % RENAME a TO x; ALTER TABLE % RENAME b TO y",
    ),
    case(
        TABLE,
        "ALTER TABLE % RENAME a TO x",
        "ALTER TABLE % RENAME a TO x",
        "ALTER TABLE % RENAME a TO x",
    ),
    case(
        TABLE,
        "ALTER TABLE % RENAME TO %_new",
        "ALTER TABLE % RENAME a TO x; CREATE INDEX %_x ON % (x)",
        "ALTER TABLE % RENAME a TO x; CREATE INDEX %_x ON % (x); ALTER TABLE % RENAME TO %_new",
    ),
    case(
        TABLE,
        "ALTER TABLE % RENAME a TO t; ALTER TABLE % RENAME b TO a; ALTER TABLE % RENAME t TO b",
        "ALTER TABLE % ALTER a TYPE bigint",
        "ALTER TABLE % ALTER a TYPE bigint; ALTER TABLE % RENAME a TO t; ALTER TABLE % RENAME b TO a; ALTER TABLE % RENAME t TO b",
    ),
    // The same on both sides.
    case(
        TABLE,
        "ALTER TABLE % ADD c int DEFAULT 3",
        "ALTER TABLE % ADD c int DEFAULT 3",
        "ALTER TABLE % ADD c int DEFAULT 3",
    ),
    case("SELECT 1", TABLE, TABLE, TABLE),
    case(
        TABLE,
        "CREATE INDEX %_a ON % (a)",
        "CREATE INDEX %_a ON % (a)",
        "CREATE INDEX %_a ON % (a)",
    ),
    case(
        TABLE,
        "ALTER TABLE % ALTER a TYPE bigint, ALTER a SET DEFAULT 3; COMMENT ON COLUMN %.a IS 'same'",
        "ALTER TABLE % ALTER a TYPE bigint; COMMENT ON COLUMN %.a IS 'same'",
        "ALTER TABLE % ALTER a TYPE bigint, ALTER a SET DEFAULT 3; COMMENT ON COLUMN %.a IS 'same'",
    ),
    case(
        TABLE,
        "ALTER TABLE % DROP COLUMN b",
        "ALTER TABLE % DROP COLUMN b",
        "ALTER TABLE % DROP COLUMN b",
    ),
    // Attributes of one column.
    case(
        TABLE,
        "ALTER TABLE % ALTER a SET NOT NULL",
        "ALTER TABLE % ALTER a SET DEFAULT 7",
        "ALTER TABLE % ALTER a SET NOT NULL, ALTER a SET DEFAULT 7",
    ),
    case(
        TABLE,
        "ALTER TABLE % ADD c int NOT NULL DEFAULT 0",
        "ALTER TABLE % ALTER id ADD GENERATED ALWAYS AS IDENTITY",
        "ALTER TABLE % ADD c int NOT NULL DEFAULT 0; ALTER TABLE % ALTER id ADD GENERATED ALWAYS AS IDENTITY",
    ),
    case(
        TABLE,
        "ALTER TABLE % ADD c int GENERATED ALWAYS AS (a + 1) STORED",
        "ALTER TABLE % RENAME a TO x",
        "ALTER TABLE % ADD c int GENERATED ALWAYS AS (a + 1) STORED; ALTER TABLE % RENAME a TO x",
    ),
    // Indexes are told apart by name, not by what they index.
    case(
        TABLE,
        "CREATE INDEX %_one ON % (a)",
        "CREATE INDEX %_two ON % (a)",
        "CREATE INDEX %_one ON % (a); CREATE INDEX %_two ON % (a)",
    ),
    case(
        "CREATE TABLE % (a int, b text); CREATE INDEX %_i ON % (a)",
        "ALTER INDEX %_i RENAME TO %_j",
        "ALTER TABLE % RENAME a TO x",
        "ALTER INDEX %_i RENAME TO %_j; ALTER TABLE % RENAME a TO x",
    ),
    // Constraints.
    case(
        TABLE,
        "ALTER TABLE % ADD CONSTRAINT %_c CHECK (a > 0)",
        "ALTER TABLE % RENAME a TO x",
        "ALTER TABLE % ADD CONSTRAINT %_c CHECK (a > 0); ALTER TABLE % RENAME a TO x",
    ),
    case(
        CHECKED,
        "ALTER TABLE % DROP CONSTRAINT %_check",
        "ALTER TABLE % DROP COLUMN a",
        "ALTER TABLE % DROP COLUMN a",
    ),
    case(
        TABLE,
        "ALTER TABLE % ADD CONSTRAINT %_a CHECK (a > 0)",
        "ALTER TABLE % ADD CONSTRAINT %_b CHECK (b <> '')",
        "ALTER TABLE % ADD CONSTRAINT %_a CHECK (a > 0), ADD CONSTRAINT %_b CHECK (b <> '')",
    ),
    // Foreign keys.
    case(
        PARENT,
        "ALTER TABLE % ADD CONSTRAINT %_fk FOREIGN KEY (p) REFERENCES %_p",
        "ALTER TABLE %_p RENAME TO %_q; ALTER TABLE %_q RENAME id TO number",
        "ALTER TABLE % ADD CONSTRAINT %_fk FOREIGN KEY (p) REFERENCES %_p; ALTER TABLE %_p RENAME TO %_q; ALTER TABLE %_q RENAME id TO number",
    ),
    case(
        CHILD,
        "DROP TABLE %_p CASCADE",
        "ALTER TABLE % ADD COLUMN c int",
        "DROP TABLE %_p CASCADE; ALTER TABLE % ADD COLUMN c int",
    ),
    // Enums, sequences, functions.
    case(
        ENUM,
        "ALTER TYPE % ADD VALUE 'b' BEFORE 'c'",
        "ALTER TYPE % ADD VALUE 'd'",
        "ALTER TYPE % ADD VALUE 'b' BEFORE 'c'; ALTER TYPE % ADD VALUE 'd'",
    ),
    case(
        ENUM,
        "ALTER TYPE % ADD VALUE 'b' AFTER 'a'",
        "ALTER TYPE % ADD VALUE 'b' BEFORE 'c'; COMMENT ON TYPE % IS 'letters'",
        "ALTER TYPE % ADD VALUE 'b' AFTER 'a'; COMMENT ON TYPE % IS 'letters'",
    ),
    case(
        "CREATE SEQUENCE %",
        "ALTER SEQUENCE % INCREMENT 5",
        "ALTER SEQUENCE % MAXVALUE 1000 CYCLE",
        "ALTER SEQUENCE % INCREMENT 5 MAXVALUE 1000 CYCLE",
    ),
    case(
        "CREATE TABLE % (id int); CREATE SEQUENCE %_s",
        "ALTER SEQUENCE %_s OWNED BY %.id",
        "ALTER TABLE % RENAME TO %_new",
        "ALTER SEQUENCE %_s OWNED BY %.id; ALTER TABLE % RENAME TO %_new",
    ),
    case(
        FUNCTION,
        "CREATE FUNCTION %(text) RETURNS int LANGUAGE sql AS 'SELECT 2'",
        "CREATE FUNCTION %(bigint) RETURNS int LANGUAGE sql AS 'SELECT 3'",
        "CREATE FUNCTION %(text) RETURNS int LANGUAGE sql AS 'SELECT 2'; CREATE FUNCTION %(bigint) RETURNS int LANGUAGE sql AS 'SELECT 3'",
    ),
    case(
        FUNCTION,
        "CREATE OR REPLACE FUNCTION %(int) RETURNS int LANGUAGE sql AS 'SELECT 2'",
        "ALTER FUNCTION %(int) COST 7; ALTER FUNCTION %(int) RENAME TO %_new",
        "CREATE OR REPLACE FUNCTION %(int) RETURNS int LANGUAGE sql AS 'SELECT 2'; ALTER FUNCTION %(int) COST 7; ALTER FUNCTION %(int) RENAME TO %_new",
    ),
    // Views, and what is on tables.
    case(
        VIEW,
        "CREATE OR REPLACE VIEW % AS SELECT id, a FROM %_t",
        "GRANT SELECT ON % TO PUBLIC; ALTER VIEW % SET (security_barrier)",
        "CREATE OR REPLACE VIEW % AS SELECT id, a FROM %_t; GRANT SELECT ON % TO PUBLIC; ALTER VIEW % SET (security_barrier)",
    ),
    case(
        VIEW,
        "CREATE VIEW %_on AS SELECT id FROM %",
        "ALTER VIEW % RENAME TO %_new",
        "CREATE VIEW %_on AS SELECT id FROM %; ALTER VIEW % RENAME TO %_new",
    ),
    case(
        TRIGGERED,
        "CREATE TRIGGER %_g BEFORE UPDATE OF a ON % FOR EACH ROW EXECUTE FUNCTION %_f()",
        "ALTER TABLE % RENAME a TO x; ALTER FUNCTION %_f() RENAME TO %_h",
        "CREATE TRIGGER %_g BEFORE UPDATE OF a ON % FOR EACH ROW EXECUTE FUNCTION %_f(); ALTER TABLE % RENAME a TO x; ALTER FUNCTION %_f() RENAME TO %_h",
    ),
    case(
        TABLE,
        "CREATE POLICY %_p ON % USING (a > 0)",
        "ALTER TABLE % ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY; ALTER TABLE % RENAME a TO x",
        "CREATE POLICY %_p ON % USING (a > 0); ALTER TABLE % ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY; ALTER TABLE % RENAME a TO x",
    ),
    case(
        PARTITIONED,
        "CREATE TABLE %_2 PARTITION OF % FOR VALUES FROM (9) TO (20)",
        "ALTER TABLE % ADD COLUMN c int",
        "CREATE TABLE %_2 PARTITION OF % FOR VALUES FROM (9) TO (20); ALTER TABLE % ADD COLUMN c int",
    ),
    // Operators and their classes.
    case(
        OPERATOR,
        "COMMENT ON OPERATOR === (%, %) IS 'same'",
        "ALTER OPERATOR === (%, %) SET (RESTRICT = eqsel)",
        "COMMENT ON OPERATOR === (%, %) IS 'same'; ALTER OPERATOR === (%, %) SET (RESTRICT = eqsel)",
    ),
    case(
        OPERATOR,
        "ALTER FUNCTION %_eq RENAME TO %_same",
        "ALTER TYPE % ADD VALUE 'b'; ALTER OPERATOR === (%, %) SET (RESTRICT = eqsel)",
        "ALTER FUNCTION %_eq RENAME TO %_same; ALTER TYPE % ADD VALUE 'b'; ALTER OPERATOR === (%, %) SET (RESTRICT = eqsel)",
    ),
    case(
        OPERATOR,
        "CREATE OPERATOR <<< (FUNCTION = %_lt, LEFTARG = %, RIGHTARG = %); CREATE OPERATOR CLASS %_ops FOR TYPE % USING btree AS OPERATOR 1 <<<, FUNCTION 1 %_cmp(%, %)",
        "CREATE OPERATOR FAMILY %_other USING btree",
        "CREATE OPERATOR <<< (FUNCTION = %_lt, LEFTARG = %, RIGHTARG = %); CREATE OPERATOR CLASS %_ops FOR TYPE % USING btree AS OPERATOR 1 <<<, FUNCTION 1 %_cmp(%, %); CREATE OPERATOR FAMILY %_other USING btree",
    ),
    case(
        CLASS,
        "CREATE INDEX %_e ON %_t (e %_ops)",
        "COMMENT ON OPERATOR CLASS %_ops USING btree IS 'by label'; COMMENT ON OPERATOR FAMILY %_ops USING btree IS 'sorted'",
        "CREATE INDEX %_e ON %_t (e %_ops); COMMENT ON OPERATOR CLASS %_ops USING btree IS 'by label'; COMMENT ON OPERATOR FAMILY %_ops USING btree IS 'sorted'",
    ),
    case(
        CLASS,
        "CREATE INDEX %_e ON %_t (e %_ops)",
        "ALTER OPERATOR CLASS %_ops USING btree RENAME TO %_new",
        "CREATE INDEX %_e ON %_t (e %_ops); ALTER OPERATOR CLASS %_ops USING btree RENAME TO %_new",
    ),
    case(
        CLASS,
        "ALTER OPERATOR CLASS %_ops USING btree RENAME TO %_new",
        "CREATE INDEX %_e ON %_t (e %_ops)",
        "CREATE INDEX %_e ON %_t (e %_ops); ALTER OPERATOR CLASS %_ops USING btree RENAME TO %_new",
    ),
    case(
        CLASS,
        "ALTER OPERATOR FAMILY %_ops USING btree RENAME TO %_f",
        "ALTER OPERATOR CLASS %_ops USING btree RENAME TO %_c",
        "ALTER OPERATOR FAMILY %_ops USING btree RENAME TO %_f; ALTER OPERATOR CLASS %_ops USING btree RENAME TO %_c",
    ),
    // Collations, base types, casts.
    case(
        COLLATION,
        "ALTER COLLATION % RENAME TO %_new",
        "ALTER TABLE %_t ALTER a TYPE text COLLATE %; COMMENT ON COLLATION % IS 'bytes'",
        "ALTER TABLE %_t ALTER a TYPE text COLLATE %; COMMENT ON COLLATION % IS 'bytes'; ALTER COLLATION % RENAME TO %_new",
    ),
    case(
        BASE_TYPE,
        "ALTER TYPE % SET (STORAGE = main)",
        "ALTER TYPE % SET (SEND = %_send); COMMENT ON TYPE % IS 'words'",
        "ALTER TYPE % SET (STORAGE = main); ALTER TYPE % SET (SEND = %_send); COMMENT ON TYPE % IS 'words'",
    ),
    case(
        BASE_TYPE,
        "ALTER TABLE %_t ADD l %",
        "GRANT USAGE ON TYPE % TO PUBLIC; ALTER FUNCTION %_send(%) RENAME TO %_sent",
        "ALTER TABLE %_t ADD l %; GRANT USAGE ON TYPE % TO PUBLIC; ALTER FUNCTION %_send(%) RENAME TO %_sent",
    ),
    case(
        CASTABLE,
        "CREATE CAST (% AS int) WITH FUNCTION %_to_int(%)",
        "ALTER TYPE % RENAME TO %_new",
        "CREATE CAST (% AS int) WITH FUNCTION %_to_int(%); ALTER TYPE % RENAME TO %_new",
    ),
    case(
        CAST,
        "COMMENT ON CAST (% AS int) IS 'one'",
        "ALTER FUNCTION %_to_int(%) RENAME TO %_one",
        "COMMENT ON CAST (% AS int) IS 'one'; ALTER FUNCTION %_to_int(%) RENAME TO %_one",
    ),
];

/// Without a single right outcome.
const CLASHES: &[Case] = &[
    // Renames.
    case(
        TABLE,
        "ALTER TABLE % RENAME a TO x",
        "ALTER TABLE % RENAME a TO y",
        "table public.% column y name",
    ),
    case(
        TABLE,
        "ALTER TABLE % RENAME a TO x",
        "ALTER TABLE % RENAME b TO x",
        "table public.% column a name",
    ),
    case(
        TABLE,
        "ALTER TABLE % RENAME TO %_x",
        "ALTER TABLE % RENAME TO %_y",
        "table public.%_y name",
    ),
    case(
        TABLE,
        "ALTER TABLE % RENAME a TO x",
        "ALTER TABLE % ADD x text",
        "table public.% column a name",
    ),
    // Added differently, changed differently.
    case(
        TABLE,
        "ALTER TABLE % ADD c int",
        "ALTER TABLE % ADD c text",
        "table public.% column c type",
    ),
    case(
        "SELECT 1",
        "CREATE TABLE %_n (id int)",
        "CREATE VIEW %_n AS SELECT 1 AS id",
        "table public.%_n name",
    ),
    case(
        TABLE,
        "ALTER TABLE % ALTER a TYPE bigint",
        "ALTER TABLE % ALTER a TYPE text",
        "table public.% column a type",
    ),
    case(
        TABLE,
        "ALTER TABLE % ALTER a SET DEFAULT 1",
        "ALTER TABLE % ALTER a SET DEFAULT 2",
        "table public.% column a default",
    ),
    case(
        TABLE,
        "COMMENT ON TABLE % IS 'one'",
        "COMMENT ON TABLE % IS 'other'",
        "table public.% comment",
    ),
    case(
        TABLE,
        "CREATE INDEX %_i ON % (a)",
        "CREATE INDEX %_i ON % (b)",
        "index public.%_i definition",
    ),
    case(
        "CREATE TABLE % (id int NOT NULL, a int NOT NULL)",
        "ALTER TABLE % ADD CONSTRAINT %_id PRIMARY KEY (id)",
        "ALTER TABLE % ADD CONSTRAINT %_a PRIMARY KEY (a)",
        "table public.% constraint primary key",
    ),
    // Dropped here, changed or used there.
    case(
        TABLE,
        "ALTER TABLE % ALTER a TYPE bigint",
        "ALTER TABLE % DROP COLUMN a",
        "table public.% column a",
    ),
    case(
        TABLE,
        "DROP TABLE %",
        "ALTER TABLE % ADD COLUMN c int",
        "table public.% definition",
    ),
    case(
        TABLE,
        "ALTER TABLE % ADD CONSTRAINT %_c CHECK (a > 0)",
        "ALTER TABLE % DROP COLUMN a",
        "table public.% column a",
    ),
    case(
        TABLE,
        "ALTER TABLE % DROP COLUMN a",
        "ALTER TABLE % ADD CONSTRAINT %_c CHECK (a > 0)",
        "table public.% column a",
    ),
    case(
        TABLE,
        "CREATE INDEX %_a ON % (a)",
        "ALTER TABLE % DROP COLUMN a",
        "table public.% column a",
    ),
    case(
        PARENT,
        "ALTER TABLE % ADD CONSTRAINT %_fk FOREIGN KEY (p) REFERENCES %_p",
        "DROP TABLE %_p",
        "table public.%_p definition",
    ),
    case(
        CHILD,
        "DROP TABLE %_p CASCADE",
        "ALTER TABLE % RENAME CONSTRAINT %_fk TO %_fkey",
        "table public.%_p definition",
    ),
    case(
        TRIGGERED,
        "CREATE TRIGGER %_g BEFORE UPDATE OF a ON % FOR EACH ROW EXECUTE FUNCTION %_f()",
        "ALTER TABLE % DROP COLUMN a",
        "table public.% column a",
    ),
    case(
        TABLE,
        "CREATE POLICY %_p ON % USING (a > 0)",
        "ALTER TABLE % DROP COLUMN a",
        "table public.% column a",
    ),
    case(
        "CREATE TABLE %_t (id int); CREATE TYPE % AS ENUM ('a')",
        "ALTER TABLE %_t ADD COLUMN e %",
        "DROP TYPE %",
        "type public.% definition",
    ),
    case(
        "CREATE TABLE %_t (id int); CREATE FUNCTION %() RETURNS int LANGUAGE sql AS 'SELECT 1'",
        "ALTER TABLE %_t ALTER id SET DEFAULT %()",
        "DROP FUNCTION %()",
        "routine public.%() definition",
    ),
    // Enums, sequences, functions, views.
    case(
        ENUM,
        "ALTER TYPE % ADD VALUE 'b' BEFORE 'a'",
        "ALTER TYPE % ADD VALUE 'b' AFTER 'c'",
        "type public.% labels",
    ),
    case(
        ENUM,
        "ALTER TYPE % RENAME VALUE 'a' TO 'x'",
        "ALTER TYPE % RENAME VALUE 'a' TO 'y'",
        "type public.% labels",
    ),
    case(
        ENUM,
        "ALTER TYPE % ADD VALUE 'b'",
        "DROP TYPE %",
        "type public.% definition",
    ),
    case(
        "CREATE SEQUENCE %",
        "ALTER SEQUENCE % INCREMENT 5",
        "ALTER SEQUENCE % INCREMENT 7",
        "sequence public.% option increment",
    ),
    case(
        FUNCTION,
        "CREATE OR REPLACE FUNCTION %(int) RETURNS int LANGUAGE sql AS 'SELECT 2'",
        "CREATE OR REPLACE FUNCTION %(int) RETURNS int LANGUAGE sql AS 'SELECT 3'",
        "routine public.%(integer) definition",
    ),
    case(
        FUNCTION,
        "CREATE OR REPLACE FUNCTION %(int) RETURNS int LANGUAGE sql AS 'SELECT 2'",
        "DROP FUNCTION %(int); CREATE FUNCTION %(bigint) RETURNS int LANGUAGE sql AS 'SELECT 1'",
        "routine public.%(integer) definition",
    ),
    case(
        VIEW,
        "CREATE OR REPLACE VIEW % AS SELECT id, a FROM %_t",
        "CREATE OR REPLACE VIEW % AS SELECT id, b FROM %_t",
        "view public.% query",
    ),
    case(
        VIEW,
        "CREATE OR REPLACE VIEW % AS SELECT id, b FROM %_t",
        "ALTER TABLE %_t DROP COLUMN b",
        "table public.%_t column b",
    ),
    case(
        VIEW,
        "ALTER TABLE %_t DROP COLUMN b",
        "CREATE OR REPLACE VIEW % AS SELECT id, b FROM %_t",
        "table public.%_t column b",
    ),
    case(
        CHECKED,
        "ALTER TABLE % DROP CONSTRAINT %_check; ALTER TABLE % ADD CONSTRAINT %_check CHECK (b <> '')",
        "ALTER TABLE % DROP COLUMN b",
        "table public.% column b",
    ),
    case(
        PARTITIONED,
        "CREATE TABLE %_2 PARTITION OF % FOR VALUES FROM (9) TO (20)",
        "CREATE TABLE %_2 PARTITION OF % FOR VALUES FROM (9) TO (30)",
        "table public.%_2 parent",
    ),
    // Operators and their classes.
    case(
        OPERATOR,
        "ALTER OPERATOR === (%, %) SET (RESTRICT = eqsel)",
        "ALTER OPERATOR === (%, %) SET (RESTRICT = neqsel)",
        "operator public.=== (public.%, public.%) restrict",
    ),
    case(
        OPERATOR,
        "DROP OPERATOR === (%, %)",
        "COMMENT ON OPERATOR === (%, %) IS 'same'",
        "operator public.=== (public.%, public.%) definition",
    ),
    case(
        CLASS,
        "CREATE INDEX %_e ON %_t (e %_ops)",
        "DROP OPERATOR CLASS %_ops USING btree; DROP OPERATOR FAMILY %_ops USING btree",
        "operator class public.%_ops using btree definition",
    ),
    case(
        CLASS,
        "ALTER OPERATOR CLASS %_ops USING btree RENAME TO %_x",
        "ALTER OPERATOR CLASS %_ops USING btree RENAME TO %_y",
        "operator class public.%_y using btree name",
    ),
    // Collations, base types, casts.
    case(
        COLLATION,
        "ALTER TABLE %_t ALTER a TYPE text COLLATE %",
        "DROP COLLATION %",
        "collation public.% definition",
    ),
    case(
        COLLATION,
        "COMMENT ON COLLATION % IS 'bytes'",
        "COMMENT ON COLLATION % IS 'letters'",
        "collation public.% comment",
    ),
    case(
        BASE_TYPE,
        "ALTER TYPE % SET (STORAGE = main)",
        "ALTER TYPE % SET (STORAGE = external)",
        "type public.% storage",
    ),
    case(
        BASE_TYPE,
        "ALTER TABLE %_t ADD l %",
        "DROP TYPE % CASCADE",
        "type public.% definition",
    ),
    case(
        CASTABLE,
        "CREATE CAST (% AS int) WITH FUNCTION %_to_int(%)",
        "CREATE CAST (% AS int) WITH FUNCTION %_to_one(%)",
        "cast (public.% AS integer) definition",
    ),
    case(
        CAST,
        "COMMENT ON CAST (% AS int) IS 'one'",
        "DROP CAST (% AS int)",
        "cast (public.% AS integer) definition",
    ),
];

fn named(index: usize, text: &str) -> String {
    text.replace('%', &format!("o{index:02}"))
}

async fn run(session: &Session, index: usize, text: &str) {
    for sql in text.split("; ") {
        session.run(&named(index, sql)).await;
    }
}

/// `main` and `feature`, which have diverged by all cases at once; a session on `main`. Some kinds are for superusers to make.
async fn diverged(cases: &[Case]) -> (Fixture, Session) {
    let fixture = Fixture::new().await;
    let main = fixture.connect_as("postgres").await;
    for (index, case) in cases.iter().enumerate() {
        run(&main, index, case.base).await;
    }
    main.run("PGGIT BRANCH feature").await;
    let feature = fixture.connect_as("postgres").await;
    feature.run("SET pggit.branch = 'feature'").await;
    for (index, case) in cases.iter().enumerate() {
        run(&feature, index, case.source).await;
    }
    for (index, case) in cases.iter().enumerate() {
        run(&main, index, case.target).await;
    }
    feature.assert_clean().await;
    main.assert_clean().await;
    (fixture, main)
}

fn dump_of(database: &Database) -> String {
    dump_schema(
        &database.server.url("postgres", &database.name),
        "public",
        None,
    )
}

#[track_caller]
fn assert_same(expected: &str, actual: &str) {
    if expected != actual {
        let difference = similar::TextDiff::from_lines(expected, actual);
        panic!(
            "the catalogs differ (- expected, + actual):\n{}",
            difference.unified_diff().context_radius(2)
        );
    }
}

async fn merge(session: &Session, command: &str) -> Record {
    session.records(command).await.remove(0)
}

#[tokio::test]
async fn what_both_branches_did_stands() {
    let (fixture, main) = diverged(CLEAN).await;
    let answer = merge(&main, "PGGIT MERGE feature").await;
    if answer.get("outcome") != "merged" {
        let conflicts = format!("PGGIT CONFLICTS {}", answer.get("merge"));
        panic!("{answer:?} {:#?}", main.records(&conflicts).await);
    }
    main.assert_clean().await;
    let expected = Database::create().await;
    let reference = expected.superuser().await;
    for (index, case) in CLEAN.iter().enumerate() {
        run(&reference, index, case.base).await;
        run(&reference, index, case.result).await;
    }
    assert_same(&dump_of(&expected), &dump_of(&fixture.database));
}

#[tokio::test]
async fn what_has_no_single_right_outcome_is_asked() {
    let (fixture, main) = diverged(CLASHES).await;
    let before = dump_of(&fixture.database);
    let answer = merge(&main, "PGGIT MERGE feature").await;
    assert_eq!(answer.get("outcome"), "conflicts", "{answer:?}");
    let id = answer.get("merge");
    let conflicts = main.records(&format!("PGGIT CONFLICTS {id}")).await;
    let mut wrong = Vec::new();
    for (index, case) in CLASHES.iter().enumerate() {
        let name = named(index, "%");
        let about: Vec<String> = conflicts
            .iter()
            .filter(|conflict| conflict.get("object").contains(&name))
            .map(|conflict| format!("{} {}", conflict.get("object"), conflict.get("attribute")))
            .collect();
        let about = about.join("; ").replace(&name, "%");
        if about != case.result {
            wrong.push(format!("{} | {}\n    {about}", case.source, case.target));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    main.run(&format!("PGGIT MERGE ABORT {id}")).await;
    assert_same(&before, &dump_of(&fixture.database));
    main.assert_clean().await;

    // Either side can be had, whole.
    main.run("PGGIT BRANCH theirs FROM feature").await;
    let answer = merge(&main, "PGGIT MERGE feature STRATEGY target_wins").await;
    assert_eq!(answer.get("outcome"), "merged", "{answer:?}");
    assert_same(&before, &dump_of(&fixture.database));
    main.assert_clean().await;
}

#[tokio::test]
async fn the_source_can_be_had_of_all_that_conflicts() {
    let (_fixture, main) = diverged(CLASHES).await;
    let answer = merge(
        &main,
        "PGGIT MERGE feature STRATEGY source_wins ALLOW DATA LOSS",
    )
    .await;
    assert_eq!(answer.get("outcome"), "merged", "{answer:?}");
    main.assert_clean().await;
}
