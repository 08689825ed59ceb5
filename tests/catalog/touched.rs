//! What a transaction touched: every kind of DDL, against all that it really changed.

use crate::{connect, harness::Database};
use TargetClass::{Relation, Routine, Schema, Statistics, Support, Type};
use pggit::catalog::{
    CatalogId, LineageBook, PhysicalTarget, Selection, TargetClass, TouchedRequest, read,
    server_version, touched,
};
use pggit::schema::model::Definition;
use pggit::upstream::Executor;
use pggit::upstream::admin::AdminConnection;
use std::collections::{BTreeMap, BTreeSet};

type Objects = BTreeMap<CatalogId, Definition>;

struct Observer {
    connection: AdminConnection,
    version: u32,
    /// One for all readings, so that columns keep their lineage.
    book: LineageBook,
    /// What there is before any DDL, and again after it was rolled back.
    before: Objects,
}

impl Observer {
    async fn new() -> (Database, Self) {
        let (database, mut connection) = connect().await;
        connection
            .batch(include_str!("touched.sql"))
            .await
            .expect("the schema");
        let version = server_version(&mut connection).await.expect("a version");
        let mut observer = Self {
            connection,
            version,
            book: LineageBook::default(),
            before: Objects::new(),
        };
        observer.before = observer.everything().await;
        (database, observer)
    }

    async fn read(&mut self, selection: Selection<'_>) -> Objects {
        let raw = read(&mut self.connection, self.version, selection)
            .await
            .expect("catalogs");
        let found = raw
            .objects(&|schema| Some(schema.to_owned()), &mut self.book)
            .expect("definitions");
        found
            .into_iter()
            .map(|found| (found.id, found.definition))
            .collect()
    }

    async fn everything(&mut self) -> Objects {
        let schemas = self
            .connection
            .query(
                "SELECT nspname::text FROM pg_namespace WHERE nspname !~ '^pg_' AND nspname <> 'information_schema'",
                &[],
            )
            .await
            .expect("schemas");
        let schemas: Vec<String> = schemas.into_iter().flatten().flatten().collect();
        self.read(Selection::Schemas(&schemas)).await
    }

    /// Runs `ddl` and rolls it back. Returns what it changed and `request` does not find.
    async fn missed(&mut self, ddl: &str, request: TouchedRequest<'_>) -> BTreeSet<String> {
        self.connection.batch("BEGIN").await.expect("begin");
        self.connection
            .batch(ddl)
            .await
            .unwrap_or_else(|error| panic!("{ddl}: {error}"));
        let touched = touched(&mut self.connection, request)
            .await
            .expect("touched");
        let found = self.read(Selection::Objects(&touched.ids)).await;
        let after = self.everything().await;
        self.connection.batch("ROLLBACK").await.expect("rollback");
        let changed = (after.iter())
            .filter(|(id, definition)| {
                self.before.get(id) != Some(definition) && found.get(id) != Some(definition)
            })
            .map(|(_, definition)| definition);
        let dropped = (self.before.iter())
            .filter(|(id, _)| !after.contains_key(id) && !touched.gone.contains(id))
            .map(|(_, definition)| definition);
        changed
            .chain(dropped)
            .map(|definition| definition.key().to_string())
            .collect()
    }
}

fn target(class: TargetClass, name: &str) -> PhysicalTarget {
    let (schema, name) = name.split_once('.').unwrap_or(("", name));
    PhysicalTarget {
        class,
        schema: schema.to_owned(),
        name: name.to_owned(),
    }
}

/// DDL that locks all that it changes.
const LOCKED: &[&str] = &[
    "CREATE TABLE public.new (id serial PRIMARY KEY, m public.mood DEFAULT 'ok')",
    "CREATE TABLE public.new AS SELECT * FROM public.users",
    "ALTER TABLE public.users RENAME TO people",
    "ALTER TABLE public.users RENAME COLUMN name TO full_name",
    "ALTER TABLE public.users RENAME CONSTRAINT short TO brief",
    "ALTER TABLE public.users RENAME CONSTRAINT users_pkey TO people_pkey",
    "ALTER TABLE public.users ADD COLUMN email text UNIQUE",
    "CREATE RULE other AS ON DELETE TO public.users DO INSTEAD NOTHING",
    "CREATE OR REPLACE RULE log AS ON UPDATE TO public.orders DO INSTEAD NOTHING",
    "ALTER RULE log ON public.orders RENAME TO logs",
    "ALTER TABLE public.orders DISABLE RULE log",
    "COMMENT ON RULE log ON public.orders IS 'x'",
    "DROP RULE log ON public.orders",
    "ALTER TABLE public.users RENAME COLUMN amount TO count",
    "CREATE STATISTICS public.other ON id, name FROM public.users",
    "ALTER STATISTICS public.names RENAME TO calls",
    "ALTER STATISTICS public.names SET SCHEMA other",
    "ALTER STATISTICS public.names OWNER TO pg_monitor",
    "COMMENT ON STATISTICS public.codes IS 'x'",
    "DROP STATISTICS public.codes",
    "ALTER TABLE public.users DROP COLUMN boss CASCADE",
    "ALTER TABLE public.users RENAME COLUMN boss TO chief",
    "DROP FUNCTION public.twice CASCADE",
    "CREATE POLICY other ON public.users FOR DELETE USING (id > 0)",
    "ALTER POLICY own ON public.users USING (true)",
    "ALTER POLICY own ON public.users RENAME TO mine",
    "DROP POLICY own ON public.users",
    "ALTER TABLE public.orders RENAME COLUMN user_id TO whose",
    "DROP TABLE public.orders CASCADE",
    "ALTER TABLE public.users ADD COLUMN parent integer REFERENCES public.orders (code)",
    "ALTER TABLE public.users DROP COLUMN name CASCADE",
    "ALTER TABLE public.users DROP COLUMN id CASCADE",
    "ALTER TABLE public.orders ALTER number TYPE numeric(10, 2)",
    "ALTER TABLE public.orders ALTER code SET DEFAULT 3",
    "ALTER TABLE public.orders ALTER id SET INCREMENT BY 5",
    "ALTER TABLE public.orders ALTER id DROP IDENTITY",
    "ALTER TABLE public.users SET SCHEMA other",
    "ALTER TABLE public.users OWNER TO pg_monitor",
    "ALTER TABLE public.users SET (fillfactor = 50, toast.autovacuum_enabled = off)",
    "ALTER TABLE public.users ENABLE ROW LEVEL SECURITY",
    "ALTER TABLE public.orders REPLICA IDENTITY FULL",
    "ALTER TABLE public.users DROP CONSTRAINT users_pkey CASCADE",
    "ALTER TABLE public.users DISABLE TRIGGER audit",
    "DROP TABLE public.users CASCADE",
    "COMMENT ON TABLE public.users IS 'x'",
    "COMMENT ON COLUMN public.users.name IS 'x'",
    "COMMENT ON CONSTRAINT short ON public.users IS 'x'",
    "COMMENT ON INDEX public.by_name IS 'x'",
    "COMMENT ON VIEW public.active IS 'x'",
    "COMMENT ON SEQUENCE public.lone IS 'x'",
    "COMMENT ON TRIGGER audit ON public.users IS 'x'",
    "CREATE INDEX ON public.users (boss)",
    "ALTER INDEX public.by_name RENAME TO by_full_name",
    "ALTER INDEX public.users_pkey RENAME TO people_pkey",
    "ALTER INDEX public.by_name SET (fillfactor = 50)",
    "DROP INDEX public.by_name",
    "CREATE SEQUENCE public.new",
    "ALTER SEQUENCE public.lone INCREMENT BY 3",
    "ALTER SEQUENCE public.lone RENAME TO lonely",
    "ALTER SEQUENCE public.lone OWNED BY public.orders.number",
    "ALTER SEQUENCE public.orders_id_seq RENAME TO orders_number",
    "ALTER SEQUENCE public.orders_id_seq CACHE 7",
    "DROP SEQUENCE public.lone CASCADE",
    "CREATE VIEW public.new AS SELECT 1 AS a",
    "CREATE OR REPLACE VIEW public.active AS SELECT id, name FROM public.users",
    "ALTER VIEW public.active RENAME TO lively",
    "ALTER VIEW public.active RENAME COLUMN name TO full_name",
    "ALTER VIEW public.active SET (security_barrier)",
    "ALTER VIEW public.active ALTER name SET DEFAULT 'x'",
    "DROP VIEW public.active CASCADE",
    "CREATE MATERIALIZED VIEW public.new AS SELECT 1 AS a",
    "ALTER MATERIALIZED VIEW public.summary RENAME TO total",
    "DROP MATERIALIZED VIEW public.summary",
    "CREATE TRIGGER again AFTER INSERT ON public.users EXECUTE FUNCTION public.audit()",
    "ALTER TRIGGER audit ON public.users RENAME TO watch",
    "DROP TRIGGER audit ON public.users",
    "CREATE TYPE public.new AS (a integer)",
    "ALTER TYPE public.pair ADD ATTRIBUTE b text CASCADE",
    "ALTER TYPE public.pair RENAME ATTRIBUTE a TO b CASCADE",
    "ALTER TYPE public.pair DROP ATTRIBUTE a CASCADE",
    "COMMENT ON COLUMN public.pair.a IS 'x'",
    "DROP TYPE public.pair CASCADE",
    "DROP TYPE public.mood CASCADE",
    "DROP DOMAIN public.amount CASCADE",
    "DROP FUNCTION public.audit() CASCADE",
    "DROP FUNCTION public.first()",
    "DROP PROCEDURE public.work()",
    "ALTER TYPE public.mood ADD VALUE 'fine'",
    "ALTER TYPE public.mood RENAME VALUE 'ok' TO 'fine'",
    "COMMENT ON TYPE public.mood IS 'x'",
    "ALTER TYPE public.pair RENAME TO couple",
    "COMMENT ON CONSTRAINT positive ON DOMAIN public.amount IS 'x'",
    "ALTER FUNCTION public.twice RENAME TO double",
    "ALTER FUNCTION public.twice SET SCHEMA other",
    "ALTER FUNCTION public.audit OWNER TO pg_monitor",
    "COMMENT ON FUNCTION public.audit IS 'x'",
    "COMMENT ON SCHEMA other IS 'x'",
    "DROP FUNCTION public.twice CASCADE",
    "DROP SCHEMA public CASCADE",
    "DO 'BEGIN ALTER TABLE public.users ADD COLUMN hidden text; END'",
];

/// DDL of which the server's locks do not tell all, and the names that do.
const NAMED: &[(&str, &[(TargetClass, &str)])] = &[
    (
        "CREATE TYPE public.new AS ENUM ('a')",
        &[(Type, "public.new")],
    ),
    (
        "ALTER TYPE public.mood RENAME TO feeling",
        &[(Type, "public.mood"), (Type, "public.feeling")],
    ),
    ("ALTER TYPE public.mood SET SCHEMA other", &[(Type, "mood")]),
    (
        "ALTER TYPE public.mood OWNER TO pg_monitor",
        &[(Type, "public.mood")],
    ),
    (
        "GRANT USAGE ON TYPE public.mood TO pg_monitor",
        &[(Type, "mood")],
    ),
    ("CREATE DOMAIN public.new AS text", &[(Type, "public.new")]),
    (
        "ALTER DOMAIN public.amount SET DEFAULT 3",
        &[(Type, "public.amount")],
    ),
    (
        "ALTER DOMAIN public.amount SET NOT NULL",
        &[(Type, "public.amount")],
    ),
    (
        "ALTER DOMAIN public.amount ADD CHECK (VALUE < 9)",
        &[(Type, "public.amount")],
    ),
    (
        "ALTER DOMAIN public.amount DROP CONSTRAINT positive",
        &[(Type, "public.amount")],
    ),
    (
        "ALTER DOMAIN public.amount RENAME CONSTRAINT positive TO plus",
        &[(Type, "public.amount")],
    ),
    (
        "ALTER DOMAIN public.amount RENAME TO quantity",
        &[(Type, "quantity")],
    ),
    (
        "CREATE FUNCTION public.new() RETURNS integer LANGUAGE sql AS 'SELECT 1'",
        &[(Routine, "public.new")],
    ),
    (
        "CREATE OR REPLACE FUNCTION public.twice(v integer) RETURNS integer LANGUAGE sql IMMUTABLE AS 'SELECT v + v'",
        &[(Routine, "twice")],
    ),
    (
        "ALTER FUNCTION public.audit SET search_path = other",
        &[(Routine, "audit")],
    ),
    (
        "REVOKE EXECUTE ON PROCEDURE public.work FROM PUBLIC",
        &[(Routine, "public.work")],
    ),
    (
        "GRANT SELECT ON public.users TO pg_monitor",
        &[(Relation, "users")],
    ),
    (
        "GRANT SELECT (name) ON public.users TO pg_monitor",
        &[(Relation, "public.users")],
    ),
    (
        "GRANT USAGE ON SEQUENCE public.lone TO pg_monitor",
        &[(Relation, "public.lone")],
    ),
    (
        "GRANT SELECT ON public.active TO pg_monitor",
        &[(Relation, "public.active")],
    ),
    (
        "ALTER STATISTICS public.codes SET STATISTICS 5",
        &[(Statistics, "public.codes")],
    ),
    (
        "ALTER STATISTICS public.names SET STATISTICS 5",
        &[(Statistics, "names")],
    ),
    (
        "ALTER DEFAULT PRIVILEGES IN SCHEMA public GRANT SELECT ON TABLES TO pg_monitor",
        &[(Schema, "public")],
    ),
    (
        "ALTER DEFAULT PRIVILEGES IN SCHEMA other GRANT SELECT ON SEQUENCES TO pg_monitor",
        &[(Schema, "other")],
    ),
    (
        "CREATE CAST (integer AS public.pair) WITH FUNCTION public.paired(integer) AS IMPLICIT",
        &[(Type, "public.pair"), (Routine, "public.paired")],
    ),
    (
        "CREATE CAST (public.mood[] AS text) WITH INOUT",
        &[(Type, "public.mood")],
    ),
    (
        "COMMENT ON CAST (text AS public.mood) IS 'x'",
        &[(Type, "public.mood")],
    ),
    ("DROP CAST (text AS public.mood)", &[(Type, "public.mood")]),
    ("CREATE SCHEMA new", &[(Schema, "new")]),
    (
        "CREATE SCHEMA new CREATE TABLE t (a integer)",
        &[(Schema, "new")],
    ),
    (
        "ALTER SCHEMA other OWNER TO pg_monitor",
        &[(Schema, "other")],
    ),
    (
        "ALTER SCHEMA other RENAME TO another",
        &[(Schema, "another")],
    ),
    (
        "GRANT USAGE ON SCHEMA other TO pg_monitor",
        &[(Schema, "other")],
    ),
];

#[tokio::test]
async fn locks_tell_what_most_ddl_changed() {
    let (_database, mut observer) = Observer::new().await;
    for ddl in LOCKED {
        let missed = observer.missed(ddl, TouchedRequest::default()).await;
        assert_eq!(missed, BTreeSet::new(), "{ddl}");
    }
}

#[tokio::test]
async fn names_tell_what_locks_do_not() {
    let (_database, mut observer) = Observer::new().await;
    for (ddl, names) in NAMED {
        let targets: Vec<PhysicalTarget> = (names.iter())
            .map(|(class, name)| target(*class, name))
            .collect();
        let request = TouchedRequest {
            targets: &targets,
            ..TouchedRequest::default()
        };
        let missed = observer.missed(ddl, request).await;
        assert_eq!(missed, BTreeSet::new(), "{ddl}");
    }
}

/// DDL on the objects of `kinds.sql`, in the schema `kinds`, and the names that it has.
const KINDS: &[(&str, &[(TargetClass, &str)])] = &[
    (
        "CREATE OPERATOR kinds.!== (FUNCTION = kinds.eq, LEFTARG = kinds.mood, RIGHTARG = kinds.mood, NEGATOR = OPERATOR(\"App\".===))",
        &[(Support, "kinds.!==")],
    ),
    (
        "DROP OPERATOR kinds.<<< (kinds.mood, kinds.mood) CASCADE",
        &[],
    ),
    (
        "ALTER OPERATOR \"App\".=== (kinds.mood, kinds.mood) SET (RESTRICT = NONE)",
        &[(Support, "App.===")],
    ),
    (
        "ALTER OPERATOR \"App\".=== (kinds.mood, kinds.mood) SET SCHEMA other",
        &[(Support, "App.==="), (Support, "other.===")],
    ),
    (
        "COMMENT ON OPERATOR \"App\".=== (kinds.mood, kinds.mood) IS 'x'",
        &[(Support, "===")],
    ),
    ("DROP FUNCTION kinds.cmp CASCADE", &[]),
    ("DROP FUNCTION kinds.lt CASCADE", &[]),
    (
        "ALTER FUNCTION kinds.eq RENAME TO same",
        &[(Routine, "kinds.same")],
    ),
    (
        "ALTER TYPE kinds.mood RENAME TO feeling",
        &[(Type, "kinds.feeling")],
    ),
    (
        "CREATE OPERATOR CLASS kinds.new FOR TYPE kinds.mood USING btree AS OPERATOR 3 \"App\".===, FUNCTION 1 kinds.cmp(kinds.mood, kinds.mood)",
        &[(Support, "kinds.new")],
    ),
    (
        "ALTER OPERATOR FAMILY \"App\".loose USING btree DROP OPERATOR 1 (kinds.mood, kinds.mood)",
        &[(Support, "App.loose")],
    ),
    (
        "ALTER OPERATOR CLASS kinds.\"By Mood\" USING btree RENAME TO by_mood",
        &[(Support, "kinds.by_mood")],
    ),
    (
        "DROP OPERATOR FAMILY kinds.\"By Mood\" USING btree CASCADE",
        &[],
    ),
    (
        "CREATE OR REPLACE AGGREGATE kinds.many(*) (SFUNC = int8inc, STYPE = bigint, INITCOND = '5')",
        &[(Routine, "kinds.many")],
    ),
    ("DROP AGGREGATE kinds.lowest(kinds.mood) CASCADE", &[]),
    (
        "ALTER COLLATION \"App\".\"Order\" RENAME TO sorted",
        &[(Support, "App.sorted")],
    ),
    (
        "ALTER CONVERSION \"App\".latin OWNER TO pg_monitor",
        &[(Support, "latin")],
    ),
    ("DROP CONVERSION \"App\".latin", &[]),
    (
        "ALTER TYPE kinds.\"Many Moods\" RENAME TO many",
        &[(Type, "kinds.many")],
    ),
    ("DROP TYPE \"App\".\"Moods\" CASCADE", &[]),
    ("CREATE TYPE kinds.new", &[(Type, "kinds.new")]),
    (
        "ALTER TYPE kinds.label SET (STORAGE = main)",
        &[(Type, "kinds.label")],
    ),
    ("DROP TYPE kinds.label CASCADE", &[]),
    (
        "ALTER TEXT SEARCH CONFIGURATION kinds.search ADD MAPPING FOR url WITH simple",
        &[(Support, "kinds.search")],
    ),
    (
        "ALTER TEXT SEARCH CONFIGURATION kinds.search RENAME TO find",
        &[(Support, "find")],
    ),
    (
        "ALTER TEXT SEARCH DICTIONARY kinds.dict (StopWords)",
        &[(Support, "kinds.dict")],
    ),
    (
        "ALTER TEXT SEARCH DICTIONARY kinds.dict SET SCHEMA other",
        &[(Support, "other.dict")],
    ),
    (
        "ALTER TEXT SEARCH TEMPLATE \"App\".template RENAME TO form",
        &[(Support, "form")],
    ),
    ("DROP TEXT SEARCH PARSER \"App\".parser CASCADE", &[]),
    ("DROP TEXT SEARCH DICTIONARY kinds.dict CASCADE", &[]),
];

#[tokio::test]
async fn operators_and_their_like_are_found_by_locks_and_names() {
    let (_database, mut observer) = Observer::new().await;
    let kinds = include_str!("kinds.sql")
        .replace("{public}", "kinds")
        .replace("{app}", "\"App\"");
    let create = format!("CREATE SCHEMA kinds; CREATE SCHEMA \"App\"; {kinds}");
    observer.connection.batch(&create).await.expect("all kinds");
    observer.before = observer.everything().await;
    let mut failures = Vec::new();
    for (ddl, names) in KINDS {
        let targets: Vec<PhysicalTarget> = (names.iter())
            .map(|(class, name)| target(*class, name))
            .collect();
        let request = TouchedRequest {
            targets: &targets,
            ..TouchedRequest::default()
        };
        let missed = observer.missed(ddl, request).await;
        if !missed.is_empty() {
            failures.push((ddl, missed));
        }
    }
    assert!(failures.is_empty(), "{failures:#?}");
}

#[tokio::test]
async fn whole_schemas_can_be_asked_for() {
    let (_database, mut observer) = Observer::new().await;
    let renamed = ["new".to_owned()];
    for (ddl, request) in [
        (
            "GRANT SELECT ON ALL TABLES IN SCHEMA public TO pg_monitor; GRANT EXECUTE ON ALL FUNCTIONS IN SCHEMA public TO pg_monitor",
            TouchedRequest {
                schemas: &["public".to_owned()],
                ..TouchedRequest::default()
            },
        ),
        // What lies elsewhere is printed with the schema's name.
        (
            "CREATE VIEW other.v AS SELECT * FROM public.users; ALTER SCHEMA public RENAME TO new",
            TouchedRequest {
                schemas: &renamed,
                ..TouchedRequest::default()
            },
        ),
    ] {
        let missed = observer.missed(ddl, request).await;
        assert_eq!(missed, BTreeSet::new(), "{ddl}");
    }
}

#[tokio::test]
async fn everything_can_be_asked_for() {
    let (database, mut observer) = Observer::new().await;
    let grant = format!("GRANT SELECT ON public.lone TO {}", database.owner);
    observer.connection.batch(&grant).await.expect("a grant");
    observer.before = observer.everything().await;
    let request = TouchedRequest {
        everything: true,
        ..TouchedRequest::default()
    };
    let ddl = format!("DROP OWNED BY {}", database.owner);
    let missed = observer.missed(&ddl, request).await;
    assert_eq!(missed, BTreeSet::new(), "{ddl}");
}

#[tokio::test]
async fn reading_and_writing_rows_touches_nothing() {
    let (_database, mut observer) = Observer::new().await;
    let connection = &mut observer.connection;
    connection
        .batch(
            "BEGIN; INSERT INTO public.users (name) VALUES ('ada'); UPDATE public.users SET name = 'bob';
             SELECT * FROM public.active FOR UPDATE; DELETE FROM public.users; CREATE TEMP TABLE t (a integer)",
        )
        .await
        .expect("rows");
    let touched = touched(connection, TouchedRequest::default())
        .await
        .expect("touched");
    assert_eq!(touched.gone, []);
    let found = observer.read(Selection::Objects(&touched.ids)).await;
    assert!(found.is_empty(), "{found:?}");
}

#[tokio::test]
async fn what_a_savepoint_took_back_is_not_touched() {
    let (_database, mut observer) = Observer::new().await;
    let connection = &mut observer.connection;
    connection
        .batch(
            "BEGIN; ALTER TABLE public.orders ADD COLUMN kept integer; SAVEPOINT a;
             DROP TABLE public.users CASCADE; ROLLBACK TO a",
        )
        .await
        .expect("a savepoint");
    let touched = touched(connection, TouchedRequest::default())
        .await
        .expect("touched");
    assert_eq!(touched.gone, []);
    let found = observer.read(Selection::Objects(&touched.ids)).await;
    let changed: Vec<String> = (found.iter())
        .filter(|(id, definition)| observer.before.get(id) != Some(definition))
        .map(|(_, definition)| definition.key().to_string())
        .collect();
    assert_eq!(changed, ["table public.orders"]);
}

#[tokio::test]
async fn the_transaction_says_who_it_is() {
    let (_database, mut observer) = Observer::new().await;
    let connection = &mut observer.connection;
    connection.batch("BEGIN").await.expect("begin");
    let touched = touched(connection, TouchedRequest::default())
        .await
        .expect("touched");
    let server = connection
        .query(
            "SELECT pg_current_xact_id()::text, pg_backend_pid()::text, (extract(epoch FROM clock_timestamp()) * 1000000)::bigint::text",
            &[],
        )
        .await
        .expect("the server's word");
    let said = |column: usize| server[0][column].clone().expect("a value");
    assert_eq!(touched.transaction_id, said(0));
    assert_eq!(touched.backend_pid.to_string(), said(1));
    let now: i64 = said(2).parse().expect("a number");
    assert!((0..10_000_000).contains(&(now - touched.now_micros)));
}
