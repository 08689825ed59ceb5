//! A branch is seen by its logical names, and nothing of other branches is: by psql, `pg_dump` and whoever asks the catalogs.

use crate::harness::programs::{client_program, feed, psql, python, repository, succeed};
use crate::harness::session::explain;
use crate::harness::{Fixture, Session};
use std::process::Command;

const SCHEMA: &str = include_str!("names/schema.sql");
const QUESTIONS: &str = include_str!("names/questions.sql");

/// The schema on a branch that started empty, with the same schema, of other rows, on `main` and on a further branch.
async fn crowded() -> Fixture {
    let fixture = Fixture::new().await;
    let main = fixture.connect().await;
    main.run("PGGIT BRANCH feature").await;
    psql(&fixture.url_on("feature"), SCHEMA);
    psql(&fixture.url(), SCHEMA);
    main.run("INSERT INTO users (name) VALUES ('only on main')")
        .await;
    main.run("CREATE SCHEMA only_on_main").await;
    main.run("CREATE TABLE only_on_main.t ()").await;
    main.run("PGGIT BRANCH another").await;
    fixture.complete("another").await;
    fixture
}

/// What psql prints of the questions, with the names of tables' parts that the server makes from OIDs left out.
fn answers(url: &str) -> String {
    let mut command = client_program("psql");
    command.args(["-X", "-d", url, "-f", "-"]);
    let output = feed(command, QUESTIONS);
    let printed = String::from_utf8_lossy(&output.stdout).into_owned()
        + &String::from_utf8_lossy(&output.stderr);
    let mut lines: Vec<&str> = printed.lines().collect();
    lines.retain(|line| !line.contains("pg_toast_"));
    let is_count = |line: &str| line.starts_with('(') && line.ends_with(" rows)");
    lines.retain(|line| !is_count(line));
    lines.join("\n")
}

fn dump(url: &str, arguments: &[&str]) -> Command {
    let mut command = client_program("pg_dump");
    command.args(arguments).args(["-d", url]);
    command
}

/// A dump as text, without what differs from run to run.
fn dumped(url: &str) -> String {
    let dump = succeed(&mut dump(url, &[]));
    let lines = dump
        .lines()
        .filter(|line| !line.starts_with("\\restrict") && !line.starts_with("\\unrestrict"));
    lines.collect::<Vec<_>>().join("\n")
}

#[tokio::test]
async fn psql_prints_of_a_branch_what_it_prints_of_a_plain_database() {
    let fixture = crowded().await;
    let plain = fixture.database.sibling("plain").await;
    psql(&plain.url(), SCHEMA);
    let (wanted, found) = (answers(&plain.url()), answers(&fixture.url_on("feature")));
    assert!(wanted.lines().count() > 500, "{wanted}");
    assert_same_lines(&found, &wanted);
}

/// Fails with the lines that differ.
#[track_caller]
fn assert_same_lines(found: &str, wanted: &str) {
    let differing: Vec<String> = (found.lines().zip(wanted.lines()))
        .filter(|(found, wanted)| found != wanted)
        .map(|(found, wanted)| format!("- {wanted}\n+ {found}"))
        .take(20)
        .collect();
    assert!(
        found == wanted,
        "{} lines and {}:\n{}",
        found.lines().count(),
        wanted.lines().count(),
        differing.join("\n")
    );
}

#[tokio::test]
async fn a_dump_of_a_branch_is_that_of_a_plain_database_and_restores_anywhere() {
    let fixture = crowded().await;
    let plain = fixture.database.sibling("plain").await;
    psql(&plain.url(), SCHEMA);
    let wanted = dumped(&plain.url());
    assert!(wanted.contains("COPY shop.orders"));
    let found = dumped(&fixture.url_on("feature"));
    assert_same_lines(&found, &wanted);

    // What a newer pg_dump sets, and an older server does not have.
    let newer = "SET transaction_timeout = 0;\n";
    let version = fixture
        .direct()
        .await
        .value("SHOW server_version_num")
        .await;
    let is_old = *version < *"170000" && found.contains(newer);
    let restorable = |script: &str| {
        let left_out = if is_old { newer } else { "\0" };
        script.replace(left_out, "")
    };

    let restored = fixture.database.sibling("restored").await;
    psql(&restored.url(), &restorable(&found));
    assert_same_lines(&dumped(&restored.url()), &wanted);

    let main = fixture.connect().await;
    let start = fixture.statements("main").await.len();
    main.run(&format!("PGGIT BRANCH by_psql FROM main~{start}"))
        .await;
    psql(&fixture.url_on("by_psql"), &restorable(&found));
    assert_same_lines(&dumped(&fixture.url_on("by_psql")), &wanted);

    main.run(&format!("PGGIT BRANCH by_restore FROM main~{start}"))
        .await;
    let file = tempfile::NamedTempFile::new().expect("a file");
    let path = file.path().to_str().expect("a path");
    succeed(&mut dump(&fixture.url_on("feature"), &["-Fc", "-f", path]));
    let mut restore = client_program("pg_restore");
    let by_restore = fixture.url_on("by_restore");
    if is_old {
        let script = succeed(restore.args(["-f", "-", path]));
        psql(&by_restore, &restorable(&script));
    } else {
        succeed(restore.args(["--exit-on-error", "-d", &by_restore, path]));
    }
    assert_same_lines(&dumped(&fixture.url_on("by_restore")), &wanted);
}

#[tokio::test]
async fn main_lists_no_branches() {
    let fixture = crowded().await;
    let main = fixture.connect().await;
    for question in [
        "SELECT nspname FROM pg_namespace",
        "SELECT relnamespace::regnamespace::text FROM pg_catalog.pg_class",
        "SELECT table_schema FROM information_schema.tables",
        "SELECT schemaname FROM pg_tables",
        "SELECT pronamespace::regnamespace::text FROM pg_proc",
        "SELECT castsource::regtype::text FROM pg_cast",
        "SELECT attrelid::regclass::text FROM pg_attribute",
    ] {
        let found = main.column(question).await;
        assert!(!found.is_empty());
        let physical: Vec<_> = found.iter().filter(|name| name.contains('@')).collect();
        assert!(physical.is_empty(), "{question}: {physical:?}");
    }
    assert!(
        !succeed(&mut dump(&fixture.url(), &["-s", "-N", "pggit*"])).contains("public@feature")
    );
    let beside = fixture.direct().await;
    let schemas = "SELECT count(*) FROM pg_namespace WHERE nspname LIKE '%@%'";
    assert_eq!(beside.value(schemas).await, "5");
    main.run("PGGIT BRANCH DELETE another FORCE").await;
    main.run("PGGIT BRANCH DELETE feature FORCE").await;
    assert_eq!(main.value(schemas).await, "0");
}

#[tokio::test]
async fn prepared_statements_give_logical_names_in_binary() {
    let fixture = crowded().await;
    let session = Session::connect(&fixture.url_on("feature")).await;
    let row = session
        .query_one(
            "SELECT current_schemas(false), current_schema(), pg_get_serial_sequence('users', 'id'), \
             ARRAY(SELECT nspname::text FROM pg_namespace WHERE nspname !~ '^(pg_|information)' ORDER BY 1), \
             ARRAY['shop.orders'::regclass::text, 'x']",
            &[],
        )
        .await
        .expect("answers");
    assert_eq!(row.get::<_, Vec<String>>(0), ["public"]);
    assert_eq!(row.get::<_, &str>(1), "public");
    assert_eq!(row.get::<_, &str>(2), "public.users_id_seq");
    assert_eq!(row.get::<_, Vec<String>>(3), ["public", "shop"]);
    assert_eq!(row.get::<_, Vec<String>>(4), ["shop.orders", "x"]);
}

#[tokio::test]
async fn what_is_cast_to_an_object_leads_to_the_branch_and_keeps_the_columns_name() {
    let fixture = crowded().await;
    let session = Session::connect(&fixture.url_on("feature")).await;
    let own = session
        .value("SELECT 'shop.orders'::regclass::oid::text")
        .await;
    let row = session
        .query_one(
            "SELECT $1::text::regclass::oid::text, a::regclass, lower(a)::regclass, pg_class.relname::regclass \
             FROM pg_class, (VALUES ('shop.orders'::text)) AS t (a) WHERE pg_class.oid = a::regclass AND false \
             UNION ALL SELECT $1::text::regclass::oid::text, NULL, NULL, NULL",
            &[&"shop.orders"],
        )
        .await
        .expect("answers");
    assert_eq!(row.get::<_, String>(0), own);
    let columns: Vec<_> = row
        .columns()
        .iter()
        .map(tokio_postgres::Column::name)
        .collect();
    assert_eq!(columns, ["text", "a", "lower", "relname"]);
    assert_eq!(row.columns()[1].type_().name(), "regclass");

    let main = fixture.connect().await;
    let missing = "SELECT ('only_on_main' || '.t')::regclass::text";
    let error = session.try_run(missing).await.expect_err("it is on main");
    let error = error.as_db_error().expect("the server says so");
    assert_eq!(error.message(), "schema \"only_on_main\" does not exist");
    assert_eq!(main.value(missing).await, "only_on_main.t");
}

#[tokio::test]
async fn types_of_extensions_and_their_arrays_survive_a_dump() {
    const WITH_EXTENSION: &str = "
        CREATE TABLE people (email citext, aliases citext[] DEFAULT '{}'::citext[]);
        CREATE FUNCTION known(citext[]) RETURNS citext[] LANGUAGE sql AS 'SELECT $1';
        CREATE VIEW found AS SELECT email, aliases FROM people;";
    let fixture = Fixture::new().await;
    let plain = fixture.database.sibling("plain").await;
    for database in [&fixture.database, &plain] {
        let admin = database.superuser().await;
        admin.run("CREATE EXTENSION citext SCHEMA public").await;
    }
    let main = fixture.connect().await;
    main.run("PGGIT BRANCH feature").await;
    psql(&fixture.url_on("feature"), WITH_EXTENSION);
    psql(&plain.url(), WITH_EXTENSION);
    let wanted = dumped(&plain.url());
    assert!(wanted.contains("aliases public.citext[] DEFAULT"));
    assert_same_lines(&dumped(&fixture.url_on("feature")), &wanted);

    let session = Session::connect(&fixture.url_on("feature")).await;
    for given in ["public.citext", "public.citext[]", "citext"] {
        let question =
            "SELECT typname = ANY ('{citext,_citext}') FROM pg_type WHERE oid = to_regtype($1)";
        let row = session.query_one(question, &[&given]).await;
        assert!(row.expect("it is found").get::<_, bool>(0), "{given}");
    }
}

#[tokio::test]
async fn schemas_of_the_path_are_an_array_to_compare_with() {
    let fixture = crowded().await;
    let session = Session::connect(&fixture.url_on("feature")).await;
    let found = "SELECT nspname FROM pg_namespace WHERE nspname = ANY (current_schemas(false))";
    assert_eq!(session.column(found).await, ["public"]);
    let first = "SELECT (current_schemas(false))[1]";
    assert_eq!(session.value(first).await, "public");
}

#[tokio::test]
async fn other_rows_may_hold_anything() {
    let fixture = crowded().await;
    let session = Session::connect(&fixture.url_on("feature")).await;
    session
        .run("INSERT INTO users (name) VALUES ('public@feature')")
        .await;
    let stored = "SELECT name FROM users WHERE name LIKE '%@%'";
    assert_eq!(session.value(stored).await, "public@feature");
}

#[tokio::test]
async fn sqlalchemy_and_django_reflect_a_branch_like_a_plain_database() {
    let fixture = crowded().await;
    let plain = fixture.database.sibling("plain").await;
    psql(&plain.url(), SCHEMA);
    let reflected = |url: &str| {
        let script = repository().join("tests/clients/python/reflect.py");
        succeed(python().arg(script).arg(url))
    };
    let wanted = reflected(&plain.url());
    assert!(wanted.contains("db_table = 'users'") && wanted.contains("shop.orders"));
    let url = format!("{}%40feature", fixture.url());
    assert_same_lines(&reflected(&url), &wanted);
}

#[tokio::test]
async fn names_that_come_as_parameters_lead_to_the_branch() {
    let fixture = crowded().await;
    let main = fixture.connect().await;
    let position = "SELECT last_value FROM users_id_seq";
    let before = main.value(position).await;
    let session = Session::connect(&fixture.url_on("feature")).await;
    let sequence = "public.users_id_seq";
    for expected in [3_i64, 4] {
        let row = session.query_one("SELECT nextval($1)", &[&sequence]).await;
        assert_eq!(row.expect("a value").get::<_, i64>(0), expected);
    }
    assert_eq!(main.value(position).await, before);

    let own = session
        .value("SELECT 'shop.orders'::regclass::oid::text")
        .await;
    let given: &[(&str, &str)] = &[
        ("SELECT to_regclass($1)::oid::text", "\"shop\" . orders"),
        (
            "SELECT c.oid::text FROM pg_class c JOIN pg_namespace n ON n.oid = relnamespace \
             WHERE relname = $1 AND has_schema_privilege(nspname, 'USAGE') AND has_table_privilege(c.oid, 'SELECT') \
               AND pg_table_size(c.oid) = pg_table_size(quote_ident(nspname) || '.' || quote_ident(relname))",
            "orders",
        ),
    ];
    for (query, name) in given {
        let row = session.query_one(*query, &[name]).await;
        let row = row.unwrap_or_else(|error| panic!("{query}: {}", explain(&error)));
        assert_eq!(row.get::<_, String>(0), own, "{query}");
    }
    let missing = "SELECT to_regclass('only_on_main' || '.t')";
    assert_eq!(session.value(missing).await, "∅");
    assert_eq!(main.value(missing).await, "only_on_main.t");
}
