//! Operators, aggregates, text search and the like: what they look like once read.

use crate::{connect, on_branch, on_main, read_schemas};
use pggit::catalog::{Found, unsupported};
use pggit::upstream::Executor;
use serde_json::{Value, json};
use std::collections::BTreeMap;

/// The schema of `kinds.sql` as `main` has it, or as branch `f` does.
fn kinds(branch: bool) -> String {
    let [public, app] = if branch {
        [r#""public@f""#, r#""App@f""#]
    } else {
        ["public", r#""App""#]
    };
    include_str!("kinds.sql")
        .replace("{public}", public)
        .replace("{app}", app)
}

/// Definitions by what names them, without the lineages of columns.
fn by_key(found: &[Found]) -> BTreeMap<String, Value> {
    found
        .iter()
        .map(|found| {
            let mut value = serde_json::to_value(&found.definition).expect("a value");
            let columns = value
                .pointer_mut("/body/columns")
                .and_then(Value::as_array_mut);
            for column in columns
                .into_iter()
                .flatten()
                .filter_map(Value::as_object_mut)
            {
                column.remove("id");
            }
            (found.definition.key().to_string(), value)
        })
        .filter(|(key, _)| !key.starts_with("schema "))
        .collect()
}

#[tokio::test]
async fn a_branch_copy_of_every_kind_has_the_definitions_of_main() {
    let (_database, mut connection) = connect().await;
    let create = format!(
        r#"CREATE SCHEMA "App"; CREATE SCHEMA "public@f"; CREATE SCHEMA "App@f"; {} {}"#,
        kinds(false),
        kinds(true)
    );
    connection.batch(&create).await.expect("all kinds");
    let main = by_key(&on_main(
        &read_schemas(&mut connection, &["public", "App"]).await,
    ));
    let branch = by_key(&on_branch(
        &read_schemas(&mut connection, &["public@f", "App@f"]).await,
    ));
    assert_eq!(main, branch);
    let schemas = ["public".to_owned(), "App".to_owned()];
    let unknown = unsupported(&mut connection, &schemas).await;
    assert_eq!(unknown.expect("a report"), []);
}

#[tokio::test]
async fn statements_and_settings_are_read() {
    let (_database, mut connection) = connect().await;
    let create = format!(r#"CREATE SCHEMA "App"; {}"#, kinds(false));
    connection.batch(&create).await.expect("all kinds");
    let found = by_key(&on_main(
        &read_schemas(&mut connection, &["public", "App"]).await,
    ));
    let expected = [
        (
            "routine public.nth()",
            "/body/signature",
            json!("() RETURNS bigint WINDOW"),
        ),
        (
            "aggregate public.lowest(m public.mood)",
            "/body/statement",
            json!(
                "CREATE AGGREGATE public.lowest(m public.mood) (\n    SFUNC = public.lower_of,\n    STYPE = public.mood,\n    \
                 SORTOP = OPERATOR(public.<<<),\n    PARALLEL = safe\n)"
            ),
        ),
        (
            "aggregate public.many(*)",
            "/acl",
            json!({"postgres": {"EXECUTE": false}}),
        ),
        (
            "aggregate public.lowest(m public.mood)",
            "/body/settings",
            json!({"result": "public.mood"}),
        ),
        (
            "operator App.=== (public.mood, public.mood)",
            "/body",
            json!({
                "kind": "declared", "declares": "operator", "name": {"schema": "App", "name": "==="}, "qualifier": "public.mood, public.mood",
                "statement": "CREATE OPERATOR \"App\".=== (\n    FUNCTION = public.eq,\n    LEFTARG = public.mood,\n    RIGHTARG = public.mood,\n    HASHES\n)",
                "settings": {"commutator": "OPERATOR(\"App\".===)", "restrict": "eqsel"},
            }),
        ),
        (
            "operator class public.By Mood using btree",
            "/body/statement",
            json!(
                "CREATE OPERATOR CLASS public.\"By Mood\" FOR TYPE public.mood USING btree FAMILY public.\"By Mood\" AS\n    \
                 FUNCTION 1 (public.mood, public.mood) public.cmp(public.mood,public.mood),\n    \
                 OPERATOR 1 public.<<< (public.mood, public.mood),\n    OPERATOR 3 \"App\".=== (public.mood, public.mood)"
            ),
        ),
        (
            "operator family App.loose using btree",
            "/body/settings",
            json!({
                "FUNCTION 1 (public.mood, public.mood)": "public.cmp(public.mood,public.mood)",
                "OPERATOR 1 (public.mood, public.mood)": "public.<<< (public.mood, public.mood)",
            }),
        ),
        (
            "collation App.Order",
            "/body/statement",
            json!(
                "CREATE COLLATION \"App\".\"Order\" (provider = icu, deterministic = false, locale = 'und-u-ks-level2')"
            ),
        ),
        (
            "conversion App.latin",
            "/body/statement",
            json!("CREATE CONVERSION \"App\".latin FOR 'LATIN1' TO 'UTF8' FROM iso8859_1_to_utf8"),
        ),
        (
            "type App.Moods",
            "/body/statement",
            json!(
                "CREATE TYPE \"App\".\"Moods\" AS RANGE (\n    SUBTYPE = public.mood,\n    \
                 SUBTYPE_OPCLASS = public.\"By Mood\"\n)"
            ),
        ),
        (
            "type App.Moods",
            "/body/settings/multirange",
            json!("public.\"Many Moods\""),
        ),
        (
            "type public.shell",
            "/body/statement",
            json!("CREATE TYPE public.shell"),
        ),
        (
            "type public.label",
            "/body/settings",
            json!({"storage": "extended"}),
        ),
        (
            "text search dictionary public.dict",
            "/body/settings",
            json!({"accept": "'false'", "stopwords": "'english'"}),
        ),
        (
            "text search configuration public.search",
            "/body/settings",
            json!({"asciiword": "public.dict, pg_catalog.simple", "word": "public.dict, pg_catalog.simple"}),
        ),
    ];
    for (key, pointer, value) in expected {
        let definition = found.get(key).unwrap_or_else(|| panic!("no {key}"));
        let actual = definition.pointer(pointer).unwrap_or(&Value::Null);
        assert_eq!(actual, &value, "{key} {pointer}");
    }
}

#[tokio::test]
async fn dependencies_on_every_kind_are_found() {
    let (_database, mut connection) = connect().await;
    let create = format!(r#"CREATE SCHEMA "App"; {}"#, kinds(false));
    connection.batch(&create).await.expect("all kinds");
    // What is read on its own is named by another query than what is read with all.
    let whole = by_key(&on_main(
        &read_schemas(&mut connection, &["public", "App"]).await,
    ));
    let public = by_key(&on_main(&read_schemas(&mut connection, &["public"]).await));
    let needs = |of: &BTreeMap<String, Value>, key: &str| -> Vec<String> {
        let needs = of[key]["depends_on"].as_array().expect("a list");
        (needs.iter())
            .map(|need| format!("{} {}", need["kind"], need["name"]).replace('"', ""))
            .filter(|need| !need.starts_with("schema"))
            .collect()
    };
    for (key, expected) in [
        (
            "table public.people",
            &[
                "enum mood",
                "range Moods",
                "base_type label",
                "operator <<<",
                "operator_class By Mood",
                "collation Order",
                "text_search_configuration search",
            ][..],
        ),
        (
            "view public.lowest_ones",
            &[
                "enum mood",
                "table people",
                "routine nth",
                "aggregate lowest",
                "operator ===",
            ],
        ),
        (
            "operator class public.By Mood using btree",
            &[
                "enum mood",
                "routine cmp",
                "operator ===",
                "operator <<<",
                "operator_family By Mood",
            ],
        ),
        (
            "aggregate public.lowest(m public.mood)",
            &["enum mood", "routine lower_of", "operator <<<"],
        ),
        (
            "text search configuration public.search",
            &["text_search_parser parser", "text_search_dictionary dict"],
        ),
    ] {
        assert_eq!(needs(&whole, key), expected, "{key}");
        assert_eq!(needs(&public, key), expected, "{key} on its own");
    }
}
