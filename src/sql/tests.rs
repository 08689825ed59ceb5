//! What texts become on a branch, and on `main`.

use super::plan::{Action, Plan, Statement};
use super::planner::{PlanContext, plan_text};
use super::{apply_splices, retarget};
use crate::branch::{BranchMap, SharedObjects};
use crate::catalog::{ExtensionMembers, SystemRelations};
use std::sync::Arc;

pub(super) fn main_map() -> BranchMap {
    BranchMap::new("main", 1, 1, [], Arc::default())
}

/// `main`, while there are other branches.
pub(super) fn crowded_main_map() -> BranchMap {
    let shared = SharedObjects {
        system: Arc::new(system_relations()),
        ..SharedObjects::default()
    };
    BranchMap::new("main", 1, 1, [], Arc::new(shared)).with_company(true)
}

pub(super) fn branch_map() -> BranchMap {
    let schemas = ["public", "app", "Odd", "set"];
    BranchMap::new(
        "b",
        2,
        1,
        schemas.map(|schema| (schema.to_owned(), format!("{schema}@b"))),
        Arc::new(SharedObjects {
            extensions: ["citext".to_owned()].into(),
            extension_members: ExtensionMembers {
                relations: [("public".to_owned(), "spatial_ref_sys".to_owned())].into(),
                others: ["citext", "similarity", "gin_trgm_ops", "<>", "<%", "digest"]
                    .map(|name| ("public".to_owned(), name.to_owned()))
                    .into(),
            },
            excluded_schemas: ["audit".to_owned()].into(),
            system: Arc::new(system_relations()),
        }),
    )
}

/// A few of the system's relations.
fn system_relations() -> SystemRelations {
    let mut relations = SystemRelations::default();
    for (schema, relation, is_table, columns) in [
        ("pg_catalog", "pg_class", true, "oid relname relnamespace"),
        ("pg_catalog", "pg_namespace", true, "oid nspname nspowner"),
        (
            "pg_catalog",
            "pg_extension",
            true,
            "oid extname extnamespace",
        ),
        ("pg_catalog", "pg_rewrite", true, "oid ev_class"),
        ("pg_catalog", "pg_database", true, "oid datname"),
        ("pg_catalog", "pg_tables", false, "schemaname tablename"),
        (
            "pg_catalog",
            "pg_prepared_statements",
            false,
            "name statement",
        ),
        (
            "information_schema",
            "columns",
            false,
            "table_schema column_name udt_schema",
        ),
    ] {
        for column in columns.split(' ') {
            relations.add(schema, relation, is_table, column);
        }
    }
    relations
}

fn context(map: &BranchMap) -> PlanContext<'_> {
    PlanContext {
        map,
        client_encoding: "UTF8",
        standard_conforming_strings: true,
        watch_transactions: true,
    }
}

pub(super) fn plan(text: &str, map: &BranchMap) -> Plan {
    plan_text(text.as_bytes(), &context(map))
}

pub(super) fn statements(text: &str, map: &BranchMap) -> Vec<Statement> {
    match plan(text, map) {
        Plan::Statements(statements) => statements,
        Plan::Forward => Vec::new(),
        Plan::Refuse(report) => panic!("{text}: {report}"),
    }
}

/// The text as it is sent on the branch; `~` stands for the branch's suffix and quotes.
#[track_caller]
fn spliced(text: &str) -> String {
    spliced_by(text, &branch_map())
}

#[track_caller]
pub(super) fn spliced_by(text: &str, map: &BranchMap) -> String {
    let splices: Vec<_> = statements(text, map)
        .into_iter()
        .flat_map(|statement| statement.splices)
        .collect();
    String::from_utf8(apply_splices(text.as_bytes(), &splices)).expect("utf-8")
}

#[test]
fn names_that_stand_right_beside_other_tokens_are_not_read_as_one_with_them() {
    for (text, expected) in [
        (
            "CREATE TABLE app.t (\"a\"public.mood, b\"citext\", c text)",
            "CREATE TABLE \"app@b\".t (\"a\" \"public@b\".mood, b public.\"citext\", c text)",
        ),
        (
            "SELECT u&public.f(1) FROM a",
            "SELECT u& \"public@b\".f(1) FROM a",
        ),
        (
            "DO 'DECLARE \"it''s\"public.t; BEGIN END'",
            "DO 'DECLARE \"it''s\" \"public@b\".t; BEGIN END'",
        ),
    ] {
        assert_eq!(spliced(text), expected);
    }
}

/// Each text is written with `«schema»` where the branch's schema must come to stand.
fn expect_spliced(texts: &[&str]) {
    let mut wrong = Vec::new();
    for marked in texts {
        let mut logical = String::new();
        let mut physical = String::new();
        let mut rest = *marked;
        while let Some((before, after)) = rest.split_once('«') {
            let (name, after) = after.split_once('»').expect("closed");
            let folded = name.trim_matches('"');
            let folded = if folded.len() == name.len() {
                folded.to_ascii_lowercase()
            } else {
                folded.to_owned()
            };
            logical.extend([before, name]);
            physical.extend([before, "\"", &folded, "@b\""]);
            rest = after;
        }
        logical.push_str(rest);
        physical.push_str(rest);
        let found = spliced(&logical);
        if found != physical {
            wrong.push(format!(
                "{logical}\n  gives    {found}\n  wanted   {physical}"
            ));
        }
    }
    assert!(wrong.is_empty(), "\n{}", wrong.join("\n"));
}

#[test]
fn relations_lead_to_the_branch() {
    expect_spliced(&[
        "SELECT * FROM «public».users",
        "SELECT * FROM «PUBLIC».users, «app» . t AS x JOIN ONLY «\"Odd\"».y ON true",
        "SELECT * FROM «public» /* c */ . -- d\n users",
        "INSERT INTO «public».users(id, name) SELECT 1, 'public.x' FROM «app».t",
        "UPDATE «public».users AS u SET name = u.name WHERE u.id = 1",
        "DELETE FROM «public».users USING «app».t WHERE users.id = t.id",
        "MERGE INTO «public».users u USING «app».t s ON u.id = s.id WHEN MATCHED THEN DELETE",
        "TRUNCATE «public».users, users2, «app».t",
        "LOCK TABLE «public».users",
        "COPY «public».users (id) FROM STDIN",
        "COPY (SELECT * FROM «public».users) TO STDOUT",
        "WITH q AS (DELETE FROM «public».a RETURNING *) SELECT * FROM q",
        "SELECT (SELECT count(*) FROM «public».a) FROM (TABLE «app».t) s",
        "SELECT * FROM only_main.t"
            .replace("only_main", "«only_main»")
            .as_str(),
        "DECLARE c CURSOR FOR SELECT * FROM «public».a",
        "PREPARE p AS SELECT * FROM «public».a WHERE id = $1",
        "EXPLAIN (ANALYZE) SELECT * FROM «public».a",
        "VACUUM «public».a",
        "ANALYZE «public».a (x)",
        "REFRESH MATERIALIZED VIEW CONCURRENTLY «public».m",
        "REINDEX SCHEMA «public»",
        "SELECT 1 FROM db.«public».t",
    ]);
}

#[test]
fn columns_are_left_alone_unless_they_name_a_schema() {
    expect_spliced(&[
        "SELECT public.id, public.* FROM users public",
        "SELECT «public».users.id, «public».users.* FROM «public».users",
        "SELECT public.id FROM public WHERE public.name = app.name",
        "SELECT (app).x.y, app.f[1].g FROM app",
        "UPDATE t SET public.x = 1, app.y = public.z",
        "INSERT INTO t (app.x) VALUES (1)",
        "SELECT 1.5, .5, t.*",
        "WITH public AS (SELECT 1 AS id) SELECT public.id FROM public",
        "SET app.user_id = '5'",
        "SET LOCAL app.user_id = '5'",
        "SHOW app.user_id",
        "SELECT current_setting('app.user_id')",
    ]);
}

#[test]
fn functions_types_and_operators_lead_to_the_branch() {
    expect_spliced(&[
        "SELECT «public».f(a.b), x::«app».mood, CAST(x AS «app».mood[]), «app».mood 'sad'",
        "SELECT * FROM «public».f(1) AS t(a «app».mood)",
        "SELECT a OPERATOR(«public».+) b, a OPERATOR(pg_catalog.=) b",
        "SELECT a COLLATE «app».german FROM t ORDER BY a USING OPERATOR(«app».<)",
        "CALL «public».p(1)",
        "SELECT pg_catalog.now(), information_schema._pg_truetypid(a, b)",
        "SELECT audit.f(), \"public@other\".f(), pggit.g()",
    ]);
}

#[test]
fn ddl_leads_to_the_branch() {
    expect_spliced(&[
        "CREATE TABLE «public».t (id int DEFAULT nextval('«public».s'), m «app».mood, CHECK («app».f(m)), FOREIGN KEY (id) REFERENCES «app».u(id))",
        "CREATE TABLE «public».t (LIKE «app».u INCLUDING ALL) INHERITS («app».v)",
        "CREATE TABLE «public».p PARTITION OF «app».u FOR VALUES IN (1)",
        "CREATE TABLE «public».t AS SELECT * FROM «app».u",
        "SELECT * INTO «public».t FROM «app».u",
        "ALTER TABLE «public».t ADD COLUMN m «app».mood, ADD CONSTRAINT f FOREIGN KEY (a) REFERENCES «app».u",
        "ALTER TABLE «public».t SET SCHEMA «app»",
        "ALTER TABLE «public».t SET (toast.autovacuum_enabled = off)",
        "ALTER TABLE «public».t ATTACH PARTITION «app».p DEFAULT",
        "ALTER TABLE «public».t RENAME COLUMN a TO b",
        "ALTER TABLE «public».t ALTER COLUMN a TYPE «app».mood USING a::«app».mood",
        "DROP TABLE IF EXISTS «public».t, u, «app».v CASCADE",
        "CREATE UNIQUE INDEX CONCURRENTLY i ON «public».t («app».f(a) «app».my_ops)",
        "DROP INDEX «public».i",
        "ALTER INDEX «public».i RENAME TO j",
        "CREATE VIEW «public».v AS SELECT t.a FROM «app».t",
        "CREATE MATERIALIZED VIEW «public».v AS SELECT 1",
        "DROP MATERIALIZED VIEW «public».v",
        "CREATE SEQUENCE «public».s OWNED BY «app».t.c",
        "ALTER SEQUENCE s OWNED BY t.c",
        "CREATE TYPE «public».m AS ENUM ('a.b', 'public.x')",
        "ALTER TYPE «public».m ADD VALUE 'c' AFTER 'a'",
        "ALTER TYPE «public».m RENAME TO n",
        "CREATE TYPE «public».c AS (a «app».m)",
        "DROP TYPE «public».m",
        "CREATE DOMAIN «public».d AS «app».m CHECK («app».f(VALUE))",
        "ALTER DOMAIN «public».d DROP CONSTRAINT c",
        "COMMENT ON TABLE «public».t IS 'public.t'",
        "COMMENT ON COLUMN «public».t.c IS 'x'",
        "COMMENT ON COLUMN t.c IS 'x'",
        "COMMENT ON CONSTRAINT c ON «public».t IS 'x'",
        "COMMENT ON FUNCTION «public».f(«app».m) IS 'x'",
        "COMMENT ON SCHEMA «public» IS 'x'",
        "COMMENT ON TYPE «public».m IS 'x'",
        "SECURITY LABEL FOR p ON TABLE «public».t IS 'public.t'",
        "SECURITY LABEL ON COLUMN «public».t.c IS NULL",
        "SECURITY LABEL ON VIEW t IS 'x'",
        "SECURITY LABEL FOR 'public' ON FUNCTION «public».f(«app».m) IS 'x'",
        "SECURITY LABEL FOR p ON SCHEMA «public» IS 'x'",
        "SECURITY LABEL ON DOMAIN «public».d IS 'x'",
        "CREATE TRIGGER t AFTER INSERT ON «public».t FOR EACH ROW EXECUTE FUNCTION «app».f()",
        "DROP TRIGGER t ON «public».t",
        "CREATE RULE r AS ON INSERT TO «public».t DO ALSO INSERT INTO «app».l VALUES (NEW.id)",
        "CREATE POLICY p ON «public».t USING («app».f(owner))",
        "CREATE STATISTICS «public».n ON a, b FROM «public».t",
        "DROP STATISTICS «public».n",
        "CREATE AGGREGATE «public».a(int) (SFUNC = «app».f, STYPE = «app».m)",
        "CREATE OPERATOR «public».+ (PROCEDURE = «app».f, LEFTARG = «app».m)",
        "CREATE COLLATION «public».c (locale = 'C')",
        "CREATE TEXT SEARCH CONFIGURATION «public».c (COPY = pg_catalog.english)",
        "GRANT SELECT ON «public».t, TABLE_X TO r",
        "GRANT ALL ON ALL TABLES IN SCHEMA «public», «app» TO r",
        "GRANT USAGE ON SCHEMA «public», «\"Odd\"» TO r",
        "GRANT EXECUTE ON FUNCTION «public».f(«app».m) TO r",
        "REVOKE ALL ON SEQUENCE «public».s FROM r",
        "ALTER DEFAULT PRIVILEGES IN SCHEMA «public» GRANT SELECT ON TABLES TO r",
        "CREATE SCHEMA «fresh»",
        "CREATE SCHEMA IF NOT EXISTS «fresh» AUTHORIZATION r",
        "CREATE SCHEMA «fresh» CREATE TABLE «fresh».t (a int)",
        "DROP SCHEMA IF EXISTS «public», «app» CASCADE",
        "ALTER SCHEMA «public» RENAME TO «other»",
        "ALTER SCHEMA «public» OWNER TO r",
        "IMPORT FOREIGN SCHEMA remote FROM SERVER s INTO «public»",
        "ALTER FUNCTION «public».f(int) SET search_path = «public», pg_temp",
        "ALTER FUNCTION «public».f(int) SET app.x = 'y'",
        "DROP FUNCTION «public».f, «public».g(«app».m)",
        "ALTER TABLE IF EXISTS ONLY «public».t OWNER TO r",
        "ALTER TYPE «public».c ADD ATTRIBUTE b «app».m",
        "ALTER TABLE set SET SCHEMA «set»",
    ]);
}

#[test]
fn routines_lead_to_the_branch_signature_and_body() {
    expect_spliced(&[
        "CREATE FUNCTION «public».f(a «app».m, b «app».t.c%TYPE) RETURNS SETOF «public».t LANGUAGE sql AS $$ SELECT t.* FROM «public».t, «public_x».y $$",
        "CREATE OR REPLACE FUNCTION f() RETURNS trigger LANGUAGE plpgsql AS $body$ DECLARE x «public».t%ROWTYPE; y «app».t.c%TYPE; BEGIN x.a := NEW.b; PERFORM «app».f(x.a, nextval('«public».s')); RETURN NEW; END $body$",
        "CREATE FUNCTION f() RETURNS int LANGUAGE sql AS 'SELECT a FROM «public».t'",
        "CREATE FUNCTION f() RETURNS int LANGUAGE sql BEGIN ATOMIC SELECT t.a FROM «public».t; SELECT 1; END",
        "CREATE FUNCTION f() RETURNS int LANGUAGE c AS 'public.so', 'app.x'",
        "CREATE FUNCTION f() RETURNS int LANGUAGE sql SET search_path TO «app», '$user', pg_temp AS $$SELECT 1$$",
        "CREATE PROCEDURE «public».p() LANGUAGE plpgsql AS $$BEGIN DELETE FROM «app».t; END$$",
        "DO $$BEGIN PERFORM «public».f(); END$$",
        "DO LANGUAGE 'plpgsql' 'BEGIN PERFORM «public».f(); END'",
        "CREATE FUNCTION f() RETURNS int LANGUAGE sql AS $$ SELECT app.a, «app».t.b FROM «app».t, «app».u AS app $$",
        "DO $$DECLARE x «app».mood; BEGIN SELECT app.a INTO x FROM «app».t app WHERE app.b = «app».f(1); END$$",
    ]);
    assert_eq!(
        spliced("DO 'BEGIN PERFORM public.f(''x''); END'"),
        "DO 'BEGIN PERFORM \"public@b\".f(''x''); END'"
    );
}

#[test]
fn names_in_literals_lead_to_the_branch() {
    expect_spliced(&[
        "SELECT '«public».t'::regclass, 'public.t'::text, CAST('«app».f' AS regproc)",
        "SELECT regclass '«public».t', '«app».f(«public».m)'::pg_catalog.regprocedure",
        "SELECT '«public»'::regnamespace",
        "SELECT to_tsvector('«public».search', 'public.t'), to_tsvector('public.t'), ts_lexize('«app».stems', 'x'), to_tsvector('english', t)",
        "CREATE TRIGGER g BEFORE INSERT ON t EXECUTE FUNCTION tsvector_update_trigger('v', '«public».search', 'body')",
        "SELECT nextval('«public».s'), setval('«\"Odd\"».s', 3), nextval('s')",
        "SELECT nextval('«public».s'::regclass)",
        "SELECT to_regclass('«public».t'), pg_get_serial_sequence('«app».t', 'public.id')"
            .replace("public.id", "id")
            .as_str(),
        "SELECT has_table_privilege('r', '«public».t', 'SELECT')",
        "SELECT concat('public.t', lower('public.x'))",
        "SELECT pg_total_relation_size(E'«public».t')"
            .replace("E'", "'")
            .as_str(),
    ]);
    assert_eq!(
        spliced(r"SELECT E'public.t\'s'::regclass, 'public.''q'::regclass"),
        r"SELECT E'public.t\'s'::regclass, 'public.''q'::regclass",
        "what is no name is left alone"
    );
}

#[test]
fn names_within_definitions_lead_to_the_branch() {
    expect_spliced(&[
        "CREATE OPERATOR «public».=== (FUNCTION = «app».eq, LEFTARG = «app».mood, RIGHTARG = «app».mood, COMMUTATOR = OPERATOR(«public».===), RESTRICT = eqsel)",
        "CREATE OPERATOR CLASS «public».c FOR TYPE «app».mood USING btree FAMILY «public».c AS OPERATOR 1 «public».< («app».mood, «app».mood), FUNCTION 1 «app».cmp(«app».mood, «app».mood)",
        "ALTER OPERATOR FAMILY «public».f USING btree ADD OPERATOR 1 «app».<->(int, int) FOR ORDER BY «app».g",
        "ALTER OPERATOR «public».=== («app».mood, NONE) SET SCHEMA «app»",
        "COMMENT ON OPERATOR «public».+ (int, int) IS 'public.x'",
        "DROP OPERATOR CLASS «public».c USING btree",
        "CREATE AGGREGATE «public».total(int ORDER BY «app».mood) (SFUNC = «public».f, STYPE = «app».mood, SORTOP = OPERATOR(«app».<))",
        "CREATE TYPE «public».r AS RANGE (SUBTYPE = «app».mood, MULTIRANGE_TYPE_NAME = «public».rs, SUBTYPE_OPCLASS = «app».c, CANONICAL = «public».f)",
        "CREATE TYPE «public».b (INPUT = «public».i, OUTPUT = «public».o, LIKE = «app».t)",
        "CREATE COLLATION «public».c FROM «app».d",
        "CREATE CONVERSION «public».c FOR 'LATIN1' TO 'UTF8' FROM «app».f",
        "CREATE TEXT SEARCH DICTIONARY «public».d (TEMPLATE = «app».t, StopWords = english)",
        "ALTER TEXT SEARCH CONFIGURATION «public».c ALTER MAPPING FOR word REPLACE «public».d WITH «app».e",
    ]);
}

#[test]
fn a_search_path_set_by_function_is_the_branchs() {
    for (text, wanted) in [
        (
            "SELECT pg_catalog.set_config('search_path', 'public, \"$user\", pg_temp', false)",
            "SELECT pg_catalog.set_config('search_path', '\"public@b\", pg_temp', false)",
        ),
        (
            "SELECT set_config('search_path', '', false)",
            "SELECT set_config('search_path', '', false)",
        ),
        (
            "SELECT set_config('work_mem', 'public', false)",
            "SELECT set_config('work_mem', 'public', false)",
        ),
    ] {
        assert_eq!(spliced(text), wanted);
    }
}

#[test]
fn members_of_extensions_stay_and_are_found() {
    assert_eq!(
        spliced("CREATE TABLE t (a citext, b public.citext, c citext[])"),
        "CREATE TABLE t (a public.citext, b public.citext, c public.citext[])"
    );
    assert_eq!(
        spliced(
            "SELECT digest(d.a), public.digest(d.a), 'public.digest'::regclass, 'public.digest'::regproc, public.digest.a FROM public.digest, digest AS d, spatial_ref_sys"
        ),
        "SELECT public.digest(d.a), public.digest(d.a), '\"public@b\".digest'::regclass, 'public.digest'::regproc, \"public@b\".digest.a FROM \"public@b\".digest, digest AS d, public.spatial_ref_sys"
    );
    for text in [
        "DROP TABLE IF EXISTS {}, x",
        "COMMENT ON COLUMN {}.a IS 'x'",
        "CREATE INDEX ON {} (a)",
        "ALTER TABLE {} ADD b int REFERENCES {} (a)",
        "DO $$BEGIN INSERT INTO {} (a) VALUES (1); END$$",
        "ALTER SEQUENCE s OWNED BY {}.a",
        "CREATE FUNCTION {} (public.citext) RETURNS public.citext LANGUAGE sql RETURN $1",
        "DROP FUNCTION IF EXISTS {} (public.citext), {} (int)",
        "COMMENT ON FUNCTION {} (int) IS 'x'",
        "ALTER FUNCTION {} (int) STABLE",
    ] {
        let spliced = spliced(&text.replace("{}", "public.digest"));
        assert_eq!(spliced, text.replace("{}", "\"public@b\".digest"));
    }
    for text in [
        "CREATE VIEW v AS SELECT a FROM public.digest('x') AS a",
        "DO $$BEGIN PERFORM 1 FROM public.digest('x'); END$$",
        "ALTER TABLE t ALTER a TYPE public.citext",
        "CREATE DOMAIN d AS public.citext",
        "CREATE TRIGGER t BEFORE INSERT ON u EXECUTE FUNCTION public.digest()",
        "CREATE CAST (a AS b) WITH FUNCTION public.digest(a)",
    ] {
        assert_eq!(spliced(text), text);
    }
    assert_eq!(
        spliced("SELECT similarity(a, b), a::citext FROM public.t"),
        "SELECT public.similarity(a, b), a::public.citext FROM \"public@b\".t"
    );
    assert_eq!(
        spliced(
            "CREATE INDEX gin_trgm_ops ON public.t USING gin (gin_trgm_ops gin_trgm_ops, lower(a) gin_trgm_ops, (a || b) public.gin_trgm_ops)"
        ),
        "CREATE INDEX gin_trgm_ops ON \"public@b\".t USING gin (gin_trgm_ops public.gin_trgm_ops, lower(a) public.gin_trgm_ops, (a || b) public.gin_trgm_ops)"
    );
    assert_eq!(
        spliced("SELECT a OPERATOR(public.<%) b, a OPERATOR(public.!=) b, a OPERATOR(public.<) b"),
        "SELECT a OPERATOR(public.<%) b, a OPERATOR(public.!=) b, a OPERATOR(\"public@b\".<) b"
    );
}

#[test]
fn quoted_and_escaped_schemas_are_read_as_the_server_reads_them() {
    assert_eq!(
        spliced(
            r#"SELECT * FROM "public".t, U&"\0061pp".u, U&"!0061pp" UESCAPE '!'.v, "PUBLIC".w"#
        ),
        r#"SELECT * FROM "public@b".t, "app@b".u, "app@b".v, "PUBLIC@b".w"#
    );
}

#[test]
fn a_schema_named_for_its_role_gets_a_name() {
    assert_eq!(
        spliced("CREATE SCHEMA AUTHORIZATION app"),
        "CREATE SCHEMA \"app@b\" AUTHORIZATION app"
    );
}

#[test]
fn database_wide_objects_are_refused_on_a_branch_only() {
    for text in [
        "CREATE EXTENSION citext",
        "CREATE EXTENSION IF NOT EXISTS hstore",
        "DROP EXTENSION citext",
        "COMMENT ON EXTENSION citext IS 'x'",
        "CREATE PUBLICATION p FOR TABLE t",
        "CREATE EVENT TRIGGER e ON ddl_command_end EXECUTE FUNCTION f()",
        "ALTER SERVER s OWNER TO r",
    ] {
        let found = statements(text, &branch_map());
        assert!(
            matches!(
                found[..],
                [Statement {
                    action: Action::Refuse(_),
                    ..
                }]
            ),
            "{text}"
        );
        let found = statements(text, &main_map());
        assert!(
            matches!(
                found[..],
                [Statement {
                    action: Action::Shared,
                    ..
                }]
            ),
            "{text}"
        );
        assert!(retarget(text, &branch_map()).is_err());
    }
    assert_eq!(plan("CREATE ROLE r", &branch_map()), Plan::Forward);
}

#[test]
fn an_extension_that_is_installed_can_be_made_sure_of() {
    let text = "CREATE EXTENSION IF NOT EXISTS citext WITH SCHEMA public";
    let found = statements(text, &branch_map());
    assert!(found.iter().all(|found| found.action == Action::None));
}

#[test]
fn what_would_reach_all_branches_is_refused_on_one() {
    for text in [
        "DROP OWNED BY r",
        "REASSIGN OWNED BY r TO s",
        "ALTER TABLE ALL IN TABLESPACE a SET TABLESPACE b",
        "CREATE SCHEMA AUTHORIZATION CURRENT_USER",
    ] {
        let found = statements(text, &branch_map());
        assert!(
            matches!(
                found[..],
                [Statement {
                    action: Action::Refuse(_),
                    ..
                }]
            ),
            "{text}"
        );
        let found = statements(text, &main_map());
        assert!(
            matches!(
                found[..],
                [Statement {
                    action: Action::Ddl(_),
                    ..
                }]
            ),
            "{text}"
        );
    }
}

#[test]
fn commands_are_cut_out_of_a_text() {
    let text =
        "SELECT 1; pggit STATUS ;CREATE TABLE t (a int); PGGIT RESOLVE 1 2 WITH CUSTOM $$a;b$$;";
    let found = statements(text, &main_map());
    let parts: Vec<(&str, bool)> = found
        .iter()
        .map(|statement| {
            (
                &text[statement.range.clone()],
                statement.action == Action::Command,
            )
        })
        .collect();
    assert_eq!(
        parts,
        [
            ("SELECT 1", false),
            ("pggit STATUS", true),
            ("CREATE TABLE t (a int)", false),
            ("PGGIT RESOLVE 1 2 WITH CUSTOM $$a;b$$", true),
        ]
    );
    assert!(matches!(found[2].action, Action::Ddl(_)));
    assert_eq!(
        plan("SELECT pggit FROM t; SELECT * FROM pggit.log", &main_map()),
        Plan::Forward
    );
}

#[test]
fn splices_of_later_statements_are_positions_of_the_whole_text() {
    assert_eq!(
        spliced("PGGIT STATUS; SELECT * FROM public.a; TABLE public.b"),
        "PGGIT STATUS; SELECT * FROM \"public@b\".a; TABLE \"public@b\".b"
    );
}

#[test]
fn ddl_of_the_proxy_is_retargeted() {
    assert_eq!(
        retarget(
            "ALTER TABLE public.t ADD a int; COMMENT ON TABLE public.t IS 'x'",
            &branch_map()
        ),
        Ok(
            "ALTER TABLE \"public@b\".t ADD a int; COMMENT ON TABLE \"public@b\".t IS 'x'"
                .to_owned()
        )
    );
}

/// Statements of many depths: what one level more adds before and after.
const DEEP: &[(&str, &str, &str)] = &[
    ("SELECT ", "(", ")"),
    ("SELECT ", "(SELECT ", ")"),
    ("SELECT ", "CASE WHEN true THEN ", " END"),
    ("SELECT ", "NOT ", ""),
    ("SELECT ", "", "||a.b"),
    ("SELECT ", "", "::int"),
    ("SELECT ", "", " IS NULL"),
    ("SELECT ", "f(", ")"),
    ("SELECT ", "", " OR a AND NOT a"),
    ("SELECT ", "ARRAY[", "]"),
];

#[test]
fn deep_statements_lead_to_the_branch_and_never_overflow() {
    for depth in [10, 40, 90, 300, 3_000, 30_000] {
        for (start, before, after) in DEEP {
            let text = format!(
                "{start}{}1{} FROM public.t u WHERE u.a = app.f(1)",
                before.repeat(depth),
                after.repeat(depth)
            );
            let wanted = text
                .replace("public.t", "\"public@b\".t")
                .replace("app.f", "\"app@b\".f");
            assert!(spliced(&text) == wanted, "{depth} × {before}{after}");
            plan(&text, &main_map());
        }
    }
    for joins in [60, 2_000, 20_000] {
        let joins = " JOIN other.t a ON a.id = public.id".repeat(joins);
        let text = format!("SELECT * FROM app.public AS public{joins}");
        let wanted = text
            .replace(" app.", " \"app@b\".")
            .replace("other.", "\"other@b\".");
        assert!(spliced(&text) == wanted);
    }
}

#[test]
fn deep_ddl_is_ddl() {
    let deep = "(SELECT ".repeat(50) + "1" + &")".repeat(50);
    for text in [
        format!("CREATE VIEW public.v AS SELECT {deep}"),
        format!("SELECT {deep} INTO public.v"),
        format!("SELECT 1; CREATE TABLE public.v AS SELECT {deep}"),
    ] {
        let found = statements(&text, &main_map());
        let Some(Action::Ddl(ddl)) = found.last().map(|statement| &statement.action) else {
            panic!("{text}: no DDL");
        };
        assert_eq!(ddl.scope, super::plan::Scope::Everything);
    }
    assert_eq!(plan(&format!("SELECT {deep}"), &main_map()), Plan::Forward);
}

#[test]
fn long_texts_are_planned_by_their_tokens() {
    let values = "(1, 'public.x'),".repeat(100_000);
    let text = format!("INSERT INTO public.t VALUES {values}(2, nextval('app.s'))");
    let wanted = text
        .replace("INTO public.", "INTO \"public@b\".")
        .replace("app.s", "\"app@b\".s");
    assert!(spliced(&text) == wanted);
    assert_eq!(plan(&text, &main_map()), Plan::Forward);
}

#[test]
fn malformed_commands_are_still_commands() {
    for text in [
        "PGGIT BRANCH \"\"",
        " /* c */ pggit BRANCH 'x",
        "PGGIT LOG /* x",
    ] {
        for map in [main_map(), branch_map()] {
            let Plan::Statements(statements) = plan(text, &map) else {
                panic!("{text}");
            };
            assert_eq!(statements.len(), 1);
            assert_eq!(statements[0].action, Action::Command);
        }
    }
}

#[test]
fn malformed_texts_go_to_the_server() {
    for text in [
        "SELEC * FROM x",
        "CREATE TABEL x",
        "SELECT 'x",
        "SELECT \"x",
        "/* x",
        "SELECT 1x",
    ] {
        assert_eq!(plan(text, &main_map()), Plan::Forward, "{text}");
        assert_eq!(plan(text, &branch_map()), Plan::Forward, "{text}");
    }
    assert_eq!(
        spliced("SELEC * FROM public.t, t.public"),
        "SELEC * FROM \"public@b\".t, t.public"
    );
    assert!(matches!(
        plan("SELECT 1x FROM public.t", &branch_map()),
        Plan::Refuse(_)
    ));
}
