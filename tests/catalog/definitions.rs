//! What objects look like once read.

use crate::{connect, on_branch, on_main, read_schemas, wide};
use pggit::catalog::{Found, server_version, unsupported};
use pggit::upstream::Executor;
use serde_json::{Value, json};
use std::collections::BTreeMap;

/// Definitions by what names them, without the lineages of columns.
fn by_key(found: &[Found]) -> BTreeMap<String, Value> {
    found
        .iter()
        .map(|found| {
            let mut value = serde_json::to_value(&found.definition).expect("a value");
            for parts in ["/body/columns", "/body/attributes"] {
                let parts = value.pointer_mut(parts).and_then(Value::as_array_mut);
                for part in parts.into_iter().flatten() {
                    if let Some(part) = part.as_object_mut() {
                        part.remove("id");
                    }
                }
            }
            (found.definition.key().to_string(), value)
        })
        .collect()
}

#[tokio::test]
async fn a_branch_copy_has_the_definitions_of_main() {
    let (database, mut connection) = connect().await;
    let create = format!(
        r#"CREATE SCHEMA "App"; CREATE SCHEMA "public@f" AUTHORIZATION pg_database_owner; CREATE SCHEMA "App@f";
        COMMENT ON SCHEMA "public@f" IS 'standard public schema'; GRANT USAGE ON SCHEMA "public@f" TO PUBLIC; {} {}"#,
        wide(false, &database),
        wide(true, &database)
    );
    connection.batch(&create).await.expect("the wide schema");
    let main = by_key(&on_main(
        &read_schemas(&mut connection, &["public", "App"]).await,
    ));
    let branch = by_key(&on_branch(
        &read_schemas(&mut connection, &["public@f", "App@f"]).await,
    ));
    assert_eq!(
        main.keys().collect::<Vec<_>>(),
        branch.keys().collect::<Vec<_>>()
    );
    for (key, definition) in &main {
        assert_eq!(definition, &branch[key], "{key}");
    }
}

#[tokio::test]
async fn every_attribute_of_the_model_is_read() {
    let (database, mut connection) = connect().await;
    let create = format!(r#"CREATE SCHEMA "App"; {}"#, wide(false, &database));
    connection.batch(&create).await.expect("the wide schema");
    let found = by_key(&on_main(
        &read_schemas(&mut connection, &["public", "App"]).await,
    ));
    let mut roles = [database.owner.as_str(), "pg_monitor"];
    roles.sort_unstable();
    let roles = roles.join(", ");
    let expected = [
        ("schema public", "/owner", json!("pg_database_owner")),
        (
            "schema public",
            "/acl",
            json!({"": {"USAGE": false}, "pg_database_owner": {"CREATE": false, "USAGE": false}}),
        ),
        (
            "type public.mood",
            "/body/labels",
            json!(["sad", "ok", "it's fine"]),
        ),
        ("type public.mood", "/comment", json!("how one feels")),
        (
            "type public.mood",
            "/acl",
            json!({"": {"USAGE": false}, "postgres": {"USAGE": false}}),
        ),
        (
            "domain public.count",
            "/body",
            json!({
                "kind": "domain", "name": {"schema": "public", "name": "count"}, "base": "integer", "collation": null,
                "not_null": true, "default": "1",
                "checks": {"positive": {"definition": "CHECK (public.positive(VALUE))", "comment": "no debts"}},
            }),
        ),
        (
            "domain App.Small Count",
            "/body/base",
            json!("public.count"),
        ),
        (
            "type App.Pair",
            "/body/attributes",
            json!([
                {"name": "A", "data_type": "public.mood[]", "collation": null},
                {"name": "b", "data_type": "text", "collation": {"schema": "pg_catalog", "name": "C"}, "comment": "second"},
            ]),
        ),
        (
            "sequence App.Lone Seq",
            "/body",
            json!({
                "kind": "sequence", "name": {"schema": "App", "name": "Lone Seq"}, "persistence": "permanent", "owned_by": null,
                "options": {"data_type": "integer", "start": 4, "increment": -2, "min": -100, "max": 10, "cache": 5, "cycle": true},
            }),
        ),
        (
            "sequence public.users_id_seq",
            "/body/owned_by",
            json!({"table": {"schema": "public", "name": "users"}, "column": "id"}),
        ),
        (
            "sequence public.users_id_seq",
            "/owner",
            json!(database.owner),
        ),
        ("table public.users", "/owner", json!(database.owner)),
        ("table public.users", "/comment", json!("people")),
        (
            "table public.users",
            "/acl/pg_monitor",
            json!({"SELECT": true}),
        ),
        (
            "table public.users",
            "/body/columns",
            json!([
                {"name": "id", "data_type": "bigint", "collation": null, "not_null": true,
                 "default": "nextval('public.users_id_seq'::regclass)", "identity": null, "generated": null},
                {"name": "name", "data_type": "text", "collation": {"schema": "pg_catalog", "name": "C"}, "not_null": true,
                 "default": null, "identity": null, "generated": null, "comment": "what they are called",
                 "acl": {"": {"UPDATE": false}}, "storage": "EXTERNAL", "compression": "pglz", "statistics": 50},
                {"name": "moods", "data_type": "public.mood[]", "collation": null, "not_null": false,
                 "default": "'{sad}'::public.mood[]", "identity": null, "generated": null},
                {"name": "pair", "data_type": "\"App\".\"Pair\"", "collation": null, "not_null": false,
                 "default": null, "identity": null, "generated": null},
                {"name": "amount", "data_type": "\"App\".\"Small Count\"", "collation": null, "not_null": false,
                 "default": "3", "identity": null, "generated": null},
                {"name": "Nummer", "data_type": "integer", "collation": null, "not_null": true, "default": null, "generated": null,
                 "identity": {"always": false, "sequence": "users_Nummer_seq", "options":
                    {"data_type": "integer", "start": 7, "increment": 3, "min": 1, "max": 2_147_483_647, "cache": 1, "cycle": false}}},
                {"name": "double", "data_type": "integer", "collation": null, "not_null": false, "default": null,
                 "identity": null, "generated": {"expression": "((amount)::integer * 2)", "stored": true}},
                {"name": "boss", "data_type": "bigint", "collation": null, "not_null": false,
                 "default": null, "identity": null, "generated": null},
                {"name": "number", "data_type": "bigint", "collation": null, "not_null": false,
                 "default": "nextval('\"App\".\"Lone Seq\"'::regclass)", "identity": null, "generated": null},
                {"name": "price", "data_type": "numeric(10,2)[]", "collation": null, "not_null": false,
                 "default": "'{}'::numeric[]", "identity": null, "generated": null},
            ]),
        ),
        (
            "table public.users",
            "/body/constraints",
            json!({
                "users_pkey": {"kind": "primary", "definition": "PRIMARY KEY (id)", "columns": ["id"]},
                "named": {"kind": "unique", "definition": "UNIQUE (name, boss) INCLUDE (price)", "columns": ["boss", "name", "price"]},
                "Name Length": {"kind": "check", "definition": "CHECK ((length(name) > 1))", "columns": ["name"]},
                "late": {"kind": "check", "definition": "CHECK ((boss <> id)) NOT VALID", "columns": ["boss", "id"],
                    "comment": "nobody is their own boss"},
                "users_boss_fkey": {"kind": "foreign", "columns": ["boss", "id"], "references": {"schema": "public", "name": "users"},
                    "definition": "FOREIGN KEY (boss) REFERENCES public.users(id) ON DELETE SET NULL DEFERRABLE INITIALLY DEFERRED"},
            }),
        ),
        (
            "table public.users",
            "/body/options",
            json!({"fillfactor": "70", "toast.autovacuum_enabled": "off"}),
        ),
        ("table public.users", "/body/row_security", json!(true)),
        (
            "table public.users",
            "/body/force_row_security",
            json!(true),
        ),
        (
            "table public.users",
            "/body/replica_identity",
            json!("default"),
        ),
        ("table App.Orders", "/body/persistence", json!("unlogged")),
        (
            "table App.Orders",
            "/body/replica_identity",
            json!({"index": "Orders_id_key"}),
        ),
        (
            "table App.Orders",
            "/body/constraints/Orders_during_excl",
            json!({"kind": "exclusion", "columns": ["during", "user_id"],
            "definition": "EXCLUDE USING gist (during WITH &&) WHERE ((user_id > 0))"}),
        ),
        (
            "index App.Orders by USING",
            "",
            json!({
                "owner": "", "comment": "tricky",
                "depends_on": [{"kind": "schema", "schema": "", "name": "App"}, {"kind": "table", "schema": "App", "name": "Orders"}],
                "body": {
                    "kind": "index", "name": {"schema": "App", "name": "Orders by USING"}, "table": {"schema": "App", "name": "Orders"},
                    "unique": true, "columns": ["during", "id", "user_id"],
                    "definition": "USING btree (user_id DESC NULLS LAST, lower((user_id)::text) text_pattern_ops) INCLUDE (id) WHERE (during IS NOT NULL)",
                },
            }),
        ),
        (
            "index App.summary_orders",
            "/body/table",
            json!({"schema": "App", "name": "summary"}),
        ),
        (
            "policy everybody on public.users",
            "/body",
            json!({
                "kind": "declared", "declares": "policy", "name": {"schema": "", "name": "everybody"},
                "table": {"schema": "public", "name": "users"},
                "statement": "CREATE POLICY everybody ON public.users", "settings": {"roles": "PUBLIC", "using": "true"},
            }),
        ),
        (
            "policy Own Rows on public.users",
            "",
            json!({
                "owner": "", "comment": "hands off",
                "depends_on": [
                    {"kind": "schema", "schema": "", "name": "public"}, {"kind": "table", "schema": "App", "name": "Orders"},
                    {"kind": "table", "schema": "public", "name": "users"},
                    {"kind": "routine", "schema": "public", "name": "positive", "qualifier": "integer"},
                ],
                "body": {
                    "kind": "declared", "declares": "policy", "name": {"schema": "", "name": "Own Rows"},
                    "table": {"schema": "public", "name": "users"}, "columns": ["amount", "id", "name"],
                    "statement": "CREATE POLICY \"Own Rows\" ON public.users AS RESTRICTIVE FOR UPDATE",
                    "settings": {
                        "roles": roles, "check": "public.positive((amount)::integer)",
                        "using": "((name = CURRENT_USER) AND (EXISTS ( SELECT 1\n   FROM \"App\".\"Orders\" o\n  WHERE (o.user_id = users.id))))",
                    },
                },
            }),
        ),
        (
            "rule Log It on public.users",
            "",
            json!({
                "owner": "", "comment": "noted",
                "depends_on": [
                    {"kind": "schema", "schema": "", "name": "public"}, {"kind": "table", "schema": "App", "name": "Orders"},
                    {"kind": "table", "schema": "public", "name": "users"},
                ],
                "body": {
                    "kind": "declared", "declares": "rule", "name": {"schema": "", "name": "Log It"},
                    "table": {"schema": "public", "name": "users"}, "columns": ["amount", "id"],
                    "statement": "CREATE RULE \"Log It\" AS\n    ON UPDATE TO public.users\n   WHERE ((old.amount)::integer <> (new.amount)::integer) \
                        DO ( INSERT INTO \"App\".\"Orders\" (user_id)\n  VALUES (new.id);\n \
                        UPDATE \"App\".\"Orders\" SET during = NULL::tsrange\n  WHERE (\"Orders\".user_id = old.id);\n)",
                    "settings": {"enabled": "always"},
                },
            }),
        ),
        (
            "cast (public.mood AS \"App\".\"Pair\")",
            "",
            json!({
                "owner": "", "comment": "strange",
                "depends_on": [
                    {"kind": "schema", "schema": "", "name": "public"}, {"kind": "enum", "schema": "public", "name": "mood"},
                    {"kind": "composite", "schema": "App", "name": "Pair"},
                ],
                "body": {
                    "kind": "declared", "declares": "cast", "name": {"schema": "public", "name": ""},
                    "qualifier": "public.mood AS \"App\".\"Pair\"",
                    "statement": "CREATE CAST (public.mood AS \"App\".\"Pair\") WITH INOUT AS ASSIGNMENT",
                },
            }),
        ),
        (
            "statistics App.Names",
            "",
            json!({
                "owner": "postgres", "comment": "together",
                "depends_on": [
                    {"kind": "schema", "schema": "", "name": "App"}, {"kind": "table", "schema": "public", "name": "users"},
                    {"kind": "routine", "schema": "public", "name": "positive", "qualifier": "integer"},
                ],
                "body": {
                    "kind": "declared", "declares": "statistics", "name": {"schema": "App", "name": "Names"},
                    "table": {"schema": "public", "name": "users"}, "columns": ["amount", "boss", "name"],
                    "statement": "CREATE STATISTICS \"App\".\"Names\" (mcv) ON name, boss, public.positive(amount::integer) FROM public.users",
                    "settings": {"target": "20"},
                },
            }),
        ),
        (
            "view public.active",
            "/body/columns",
            json!(["id", "name", "moods"]),
        ),
        (
            "view public.active",
            "/body/options",
            json!({"security_barrier": "true", "check_option": "local"}),
        ),
        (
            "view public.active",
            "/body/column_comments",
            json!({"name": "their name"}),
        ),
        (
            "view public.active",
            "/body/column_defaults",
            json!({"name": "'nobody'::text"}),
        ),
        (
            "materialized view App.summary",
            "/body/options",
            json!({"fillfactor": "80"}),
        ),
        (
            "routine public.greet(public.users, text, public.mood[])",
            "/body",
            json!({
                "kind": "routine", "name": {"schema": "public", "name": "greet"}, "procedure": false,
                "identity_arguments": "public.users, text, public.mood[]",
                "signature": "(who public.users, INOUT how text, VARIADIC rest public.mood[]) RETURNS text",
                "definition": "CREATE OR REPLACE FUNCTION public.greet(who public.users, INOUT how text DEFAULT 'hi'::text, VARIADIC rest public.mood[] DEFAULT NULL::public.mood[])\n \
                    RETURNS text\n LANGUAGE plpgsql\n SECURITY DEFINER\n SET search_path TO 'public', 'pg_temp'\nAS $function$\nBEGIN\n  \
                    -- rows of public.users\n  \
                    how := (SELECT 'public.x' || u.name FROM public.users AS u WHERE u.id = who.id) || nextval('\"App\".\"Lone Seq\"');\nEND $function$",
            }),
        ),
        ("routine public.greet()", "/comment", json!("all orders")),
        (
            "routine public.table_of(integer)",
            "/body/signature",
            json!("(n integer) RETURNS TABLE(a integer, b \"App\".\"Pair\")"),
        ),
        ("routine App.work(integer)", "/body/procedure", json!(true)),
        (
            "routine App.work(integer)",
            "/acl",
            json!({"postgres": {"EXECUTE": false}}),
        ),
        (
            "trigger audit on public.users",
            "/body",
            json!({
                "kind": "trigger", "name": "audit", "table": {"schema": "public", "name": "users"}, "enabled": "always", "columns": ["boss", "name"],
                "definition": "CREATE TRIGGER audit BEFORE DELETE OR UPDATE OF name ON public.users FOR EACH ROW WHEN ((old.boss IS NOT NULL)) EXECUTE FUNCTION public.audit('x')",
            }),
        ),
        ("trigger audit on public.users", "/comment", json!("watch")),
    ];
    for (key, pointer, value) in expected {
        let definition = found.get(key).unwrap_or_else(|| panic!("no {key}"));
        let actual = definition.pointer(pointer).unwrap_or(&Value::Null);
        assert_eq!(actual, &value, "{key} {pointer}");
    }
}

#[tokio::test]
async fn what_newer_servers_have_is_read() {
    let (_database, mut connection) = connect().await;
    let version = server_version(&mut connection).await.expect("a version");
    let cases = [
        (
            150_000,
            "CREATE TABLE public.t (a integer, UNIQUE NULLS NOT DISTINCT (a))",
            "/body/constraints/t_a_key/definition",
            json!("UNIQUE NULLS NOT DISTINCT (a)"),
        ),
        (
            180_000,
            "CREATE TABLE public.t (a integer, b integer GENERATED ALWAYS AS (a + 1) VIRTUAL)",
            "/body/columns/1/generated",
            json!({"expression": "(a + 1)", "stored": false}),
        ),
        (
            180_000,
            "CREATE TABLE public.t (a integer CONSTRAINT filled NOT NULL)",
            "/body/constraints",
            json!({}),
        ),
    ];
    for (since, ddl, pointer, expected) in cases {
        if version < since {
            continue;
        }
        connection
            .batch(&format!("BEGIN; {ddl}"))
            .await
            .expect("a table");
        let found = by_key(&on_main(&read_schemas(&mut connection, &["public"]).await));
        connection.batch("ROLLBACK").await.expect("rollback");
        let actual = found["table public.t"].pointer(pointer);
        assert_eq!(actual, Some(&expected), "{ddl}");
    }
}

#[tokio::test]
async fn dependencies_are_direct_and_leave_out_foreign_keys_and_parts() {
    let (database, mut connection) = connect().await;
    let create = format!(r#"CREATE SCHEMA "App"; {}"#, wide(false, &database));
    connection.batch(&create).await.expect("the wide schema");
    let found = on_main(&read_schemas(&mut connection, &["public", "App"]).await);
    let depends_on: BTreeMap<String, Vec<String>> = found
        .iter()
        .map(|found| {
            let names = (found.definition.depends_on.iter())
                .map(ToString::to_string)
                .filter(|key| !key.starts_with("schema "))
                .collect();
            (found.definition.key().to_string(), names)
        })
        .collect();
    let expected: BTreeMap<String, Vec<String>> = [
        ("schema public", &[][..]),
        ("schema App", &[]),
        ("type public.mood", &[]),
        ("type App.Pair", &["type public.mood"]),
        ("domain public.count", &["routine public.positive(integer)"]),
        ("domain App.Small Count", &["domain public.count"]),
        ("sequence App.Lone Seq", &[]),
        ("sequence public.users_id_seq", &[]),
        (
            "table public.users",
            &[
                "type public.mood",
                "domain App.Small Count",
                "type App.Pair",
                "sequence App.Lone Seq",
                "sequence public.users_id_seq",
            ],
        ),
        ("table App.Orders", &[]),
        ("index App.Orders by USING", &["table App.Orders"]),
        (
            "index App.summary_orders",
            &["materialized view App.summary"],
        ),
        (
            "view public.active",
            &["type public.mood", "table public.users"],
        ),
        (
            "view App.totals",
            &["table App.Orders", "view public.active"],
        ),
        ("materialized view App.summary", &["view App.totals"]),
        ("routine public.positive(integer)", &[]),
        (
            "routine public.greet(public.users, text, public.mood[])",
            &["type public.mood", "table public.users"],
        ),
        ("routine public.greet()", &["table App.Orders"]),
        ("routine public.table_of(integer)", &["type App.Pair"]),
        ("routine public.audit()", &[]),
        ("routine App.work(integer)", &[]),
        (
            "trigger audit on public.users",
            &["table public.users", "routine public.audit()"],
        ),
        (
            "trigger later on App.Orders",
            &[
                "table App.Orders",
                "table public.users",
                "routine public.audit()",
            ],
        ),
        (
            "cast (public.mood AS \"App\".\"Pair\")",
            &["type public.mood", "type App.Pair"],
        ),
        ("policy everybody on public.users", &["table public.users"]),
        (
            "rule Log It on public.users",
            &["table App.Orders", "table public.users"],
        ),
        (
            "statistics App.Names",
            &["table public.users", "routine public.positive(integer)"],
        ),
        (
            "policy Own Rows on public.users",
            &[
                "table App.Orders",
                "table public.users",
                "routine public.positive(integer)",
            ],
        ),
    ]
    .into_iter()
    .map(|(key, names)| {
        let names = names.iter().map(|&name| name.to_owned()).collect();
        (key.to_owned(), names)
    })
    .collect();
    assert_eq!(depends_on, expected);
}

#[tokio::test]
async fn dependencies_outside_what_was_read_are_named() {
    let (_database, mut connection) = connect().await;
    connection
        .batch(
            "CREATE SCHEMA other; CREATE TYPE other.mood AS ENUM ('a'); CREATE TABLE other.t (m other.mood);
             CREATE FUNCTION other.f(other.mood[]) RETURNS integer LANGUAGE sql AS 'SELECT 1';
             CREATE EXTENSION citext SCHEMA other;
             CREATE TABLE public.t (m other.mood[], r other.t, c other.citext DEFAULT other.f(NULL)::text);
             CREATE VIEW public.v AS SELECT a.m FROM other.t AS a",
        )
        .await
        .expect("two schemas");
    let found = on_main(&read_schemas(&mut connection, &["public"]).await);
    let depends_on = |key: &str| -> Vec<String> {
        let found = found
            .iter()
            .find(|found| found.definition.key().to_string() == key);
        let names = &found.expect("found").definition.depends_on;
        names.iter().map(ToString::to_string).collect()
    };
    assert_eq!(
        depends_on("table public.t"),
        [
            "schema public",
            "type other.mood",
            "table other.t",
            "routine other.f(other.mood[])"
        ]
    );
    assert_eq!(
        depends_on("view public.v"),
        ["schema public", "type other.mood", "table other.t"]
    );
}

#[tokio::test]
async fn what_is_not_versioned_is_not_read() {
    let (_database, mut connection) = connect().await;
    connection
        .batch(
            "CREATE EXTENSION citext SCHEMA public;
             CREATE TABLE public.t (id integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY, long text);
             CREATE TABLE public.r (id integer REFERENCES public.t);
             CREATE TEMP TABLE gone (a integer);
             CREATE SCHEMA pggit; CREATE TABLE pggit.t (a integer)",
        )
        .await
        .expect("objects of all kinds");
    let mut schemas = vec!["public", "pggit", "pg_catalog", "information_schema"];
    let temporary = connection
        .query(
            "SELECT nspname::text FROM pg_namespace WHERE oid = pg_my_temp_schema()",
            &[],
        )
        .await
        .expect("the temporary schema");
    let temporary = temporary[0][0].clone().expect("a name");
    schemas.push(&temporary);
    let found = on_main(&read_schemas(&mut connection, &schemas).await);
    let keys: Vec<String> = (found.iter())
        .map(|found| found.definition.key().to_string())
        .collect();
    assert_eq!(keys, ["schema public", "table public.t", "table public.r"]);
}

#[tokio::test]
async fn security_labels_are_read_wherever_pg_dump_prints_them() {
    let (_database, mut connection) = connect().await;
    connection
        .batch(
            "CREATE TABLE public.t (id integer GENERATED ALWAYS AS IDENTITY, a integer);
            CREATE VIEW public.v AS SELECT a FROM public.t; CREATE MATERIALIZED VIEW public.m AS SELECT a FROM public.t;
            CREATE SEQUENCE public.s; CREATE DOMAIN public.d AS integer; CREATE TYPE public.e AS ENUM ('a');
            CREATE TYPE public.c AS (a integer); CREATE TYPE public.r AS RANGE (SUBTYPE = integer); CREATE TYPE public.b;
            CREATE FUNCTION public.b_in(cstring) RETURNS public.b LANGUAGE internal IMMUTABLE STRICT AS 'int4in';
            CREATE FUNCTION public.b_out(public.b) RETURNS cstring LANGUAGE internal IMMUTABLE STRICT AS 'int4out';
            CREATE TYPE public.b (INPUT = public.b_in, OUTPUT = public.b_out, LIKE = integer);
            CREATE FUNCTION public.f(a integer, b integer) RETURNS integer LANGUAGE sql IMMUTABLE AS 'SELECT 1';
            CREATE AGGREGATE public.g(integer) (SFUNC = public.f, STYPE = integer);
            SET allow_system_table_mods = on;
            INSERT INTO pg_seclabel (classoid, objoid, objsubid, provider, label)
            SELECT o.class::regclass, o.oid, o.sub, p, o.label || ' ' || p FROM (VALUES
              ('pg_namespace', 'public'::regnamespace::oid, 0, 'schema'),
              ('pg_class', 'public.t'::regclass::oid, 0, 'table'), ('pg_class', 'public.t'::regclass, 2, 'column'),
              ('pg_class', 'public.t_id_seq'::regclass, 0, 'identity'), ('pg_class', 'public.s'::regclass, 0, 'sequence'),
              ('pg_class', 'public.v'::regclass, 0, 'view'), ('pg_class', 'public.v'::regclass, 1, 'view column'),
              ('pg_class', 'public.m'::regclass, 0, 'rows'), ('pg_class', 'public.m'::regclass, 1, 'rows column'),
              ('pg_type', 'public.d'::regtype::oid, 0, 'domain'), ('pg_type', 'public.e'::regtype, 0, 'enum'),
              ('pg_type', 'public.c'::regtype, 0, 'composite'), ('pg_type', 'public.r'::regtype, 0, 'range'),
              ('pg_type', 'public.b'::regtype, 0, 'base'),
              ('pg_proc', 'public.f'::regproc::oid, 0, 'function'), ('pg_proc', 'public.g'::regproc, 0, 'aggregate')
            ) AS o (class, oid, sub, label) CROSS JOIN unnest(ARRAY['p', 'q']) AS p;
            RESET allow_system_table_mods",
        )
        .await
        .expect("labels");
    let found = by_key(&on_main(&read_schemas(&mut connection, &["public"]).await));
    for (key, path, label) in [
        ("schema public", "", "schema"),
        ("table public.t", "", "table"),
        ("table public.t", "/body/columns/1", "column"),
        ("table public.t", "/body/columns/0/identity", "identity"),
        ("sequence public.s", "", "sequence"),
        ("view public.v", "", "view"),
        ("materialized view public.m", "", "rows"),
        ("domain public.d", "", "domain"),
        ("type public.e", "", "enum"),
        ("type public.c", "", "composite"),
        ("type public.r", "", "range"),
        ("type public.b", "", "base"),
        ("routine public.f(integer, integer)", "", "function"),
        ("aggregate public.g(integer)", "", "aggregate"),
    ] {
        let expected = json!({"p": format!("{label} p"), "q": format!("{label} q")});
        let labels = found[key].pointer(&format!("{path}/security_labels"));
        assert_eq!(labels, Some(&expected), "{key}{path}");
    }
    for (key, label) in [
        ("view public.v", "view column"),
        ("materialized view public.m", "rows column"),
    ] {
        let expected = json!({"a": {"p": format!("{label} p"), "q": format!("{label} q")}});
        let labels = found[key].pointer("/body/column_security_labels");
        assert_eq!(labels, Some(&expected), "{key}");
    }
    assert_eq!(
        found["table public.t"].pointer("/body/columns/0/security_labels"),
        None
    );
    let reported = unsupported(&mut connection, &["public".to_owned()]).await;
    assert_eq!(reported.expect("a report"), []);
}
