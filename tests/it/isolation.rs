//! A session on a branch sees and touches that branch's objects, however it names them; a session on
//! `main` never notices.

use crate::harness::raw::{self, tags};
use crate::harness::{Fixture, Session};
use bytes::Bytes;
use futures::{SinkExt, TryStreamExt};
use tokio_postgres::error::SqlState;

/// A table `t (id, note)` with the row (1, 'main') on `main` and (2, 'branch') on `feature`.
async fn two_sides() -> (Fixture, Session, Session) {
    let fixture = Fixture::new().await;
    let main = fixture.connect().await;
    main.run("CREATE TABLE t (id int PRIMARY KEY, note text)")
        .await;
    main.run("CREATE TABLE u (id int PRIMARY KEY, note text)")
        .await;
    main.run("PGGIT BRANCH feature").await;
    main.run("INSERT INTO t VALUES (1, 'main'); INSERT INTO u VALUES (1, 'main')")
        .await;
    let branch = fixture.connect_on("feature").await;
    branch
        .run("INSERT INTO t VALUES (2, 'branch'); INSERT INTO public.u VALUES (2, 'branch')")
        .await;
    (fixture, main, branch)
}

/// Texts that return the notes of `t`, named in every way there is.
const READS: &[&str] = &[
    "SELECT note FROM t",
    "SELECT note FROM public.t",
    "SELECT note FROM \"public\".\"t\"",
    "SELECT note FROM PUBLIC . T",
    "SELECT note FROM public /* a comment */ . -- another\n t",
    "SELECT note FROM U&\"pub\\006Cic\".t",
    "SELECT public.t.note FROM public.t",
    "SELECT t.note FROM public.t AS t",
    "SELECT public.note FROM public.t AS public",
    "TABLE public.t",
    "SELECT note FROM (SELECT * FROM public.t) AS x",
    "SELECT (SELECT max(note) FROM public.t)",
    "SELECT note FROM t WHERE EXISTS (SELECT FROM public.t AS other WHERE other.id = t.id)",
    "WITH x AS (SELECT note FROM public.t) SELECT note FROM x",
    "WITH t AS (SELECT * FROM public.t) SELECT note FROM t",
    "WITH u AS (SELECT * FROM t) SELECT note FROM u",
    "WITH RECURSIVE r (note, n) AS (SELECT note, 1 FROM public.t UNION ALL SELECT note, n + 1 FROM r WHERE n < 1) SELECT note FROM r",
    "SELECT note FROM public.t UNION SELECT note FROM t",
    "SELECT a.note FROM public.t a JOIN public.u b ON a.id = b.id",
    "SELECT a.note FROM public.t a, LATERAL (SELECT * FROM public.u WHERE u.id = a.id) b",
    "SELECT note FROM ONLY public.t",
    "SELECT note FROM public.t *",
    "SELECT note FROM public.t TABLESAMPLE BERNOULLI (100)",
    "SELECT note FROM public.t FOR UPDATE",
    "SELECT (x).note FROM (SELECT t FROM public.t) AS y (x)",
    "SELECT CASE WHEN id IN (SELECT id FROM public.t) THEN note END FROM t",
    "SELECT note FROM t GROUP BY note HAVING count(*) = (SELECT count(*) FROM public.t)",
    "VALUES ((SELECT note FROM public.t))",
];

/// The first text column of what a read returns.
fn note(row: &[String]) -> &str {
    row.iter()
        .rev()
        .map(String::as_str)
        .find(|value| value.parse::<i64>().is_err())
        .unwrap_or("")
}

#[tokio::test]
async fn reads_stay_on_their_branch_however_the_table_is_named() {
    let (_fixture, main, branch) = two_sides().await;
    for sql in READS {
        for (session, expected) in [(&main, "main"), (&branch, "branch")] {
            let rows = session.rows(sql).await;
            let notes: Vec<&str> = rows.iter().map(|row| note(row)).collect();
            assert_eq!(notes, [expected], "{sql}");
        }
    }
}

#[tokio::test]
async fn reads_over_the_extended_protocol_stay_on_their_branch() {
    let (_fixture, main, branch) = two_sides().await;
    for sql in READS {
        for (session, expected) in [(&main, "main"), (&branch, "branch")] {
            let rows = session
                .query(*sql, &[])
                .await
                .unwrap_or_else(|error| panic!("{sql}: {error:?}"));
            assert_eq!(rows.len(), 1, "{sql}");
            let note: String = rows[0].get(rows[0].len() - 1);
            assert_eq!(note, expected, "{sql}");
        }
    }
}

/// Writes on the branch, and what `t` holds there afterwards.
const WRITES: &[(&str, &[&str])] = &[
    ("INSERT INTO t VALUES (3, 'c')", &["branch", "c"]),
    ("INSERT INTO public.t SELECT 4, 'd'", &["branch", "c", "d"]),
    (
        "INSERT INTO public.t AS x VALUES (4, 'e') ON CONFLICT (id) DO UPDATE SET note = excluded.note || x.note",
        &["branch", "c", "ed"],
    ),
    (
        "UPDATE public.t SET note = 'f' WHERE id = 4",
        &["branch", "c", "f"],
    ),
    (
        "UPDATE public.t SET note = public.u.note || '2' FROM public.u WHERE public.u.id = t.id",
        &["branch2", "c", "f"],
    ),
    (
        "WITH gone AS (DELETE FROM public.t WHERE id = 4 RETURNING *) INSERT INTO t SELECT 5, note || 'g' FROM gone",
        &["branch2", "c", "fg"],
    ),
    (
        "DELETE FROM public.t USING public.u WHERE public.t.id = public.u.id",
        &["c", "fg"],
    ),
    (
        "INSERT INTO public.t TABLE public.u",
        &["branch", "c", "fg"],
    ),
    (
        "UPDATE t AS x SET note = 'h' FROM (SELECT * FROM public.u) AS y WHERE x.id = y.id",
        &["h", "c", "fg"],
    ),
    ("DELETE FROM t WHERE id > 2", &["h"]),
    ("TRUNCATE public.t", &[]),
    ("INSERT INTO t (SELECT * FROM public.u)", &["branch"]),
    ("TRUNCATE TABLE ONLY t, public.u", &[]),
    (
        "PREPARE ins (int, text) AS INSERT INTO public.t VALUES ($1, $2)",
        &[],
    ),
    ("EXECUTE ins (9, 'i')", &["i"]),
    (
        "BEGIN; LOCK TABLE public.t IN EXCLUSIVE MODE; UPDATE t SET note = 'j'; COMMIT",
        &["j"],
    ),
    ("DO $$ BEGIN UPDATE public.t SET note = 'k'; END $$", &["k"]),
    (
        "DO $$ BEGIN EXECUTE 'UPDATE t SET note = ''l'''; END $$",
        &["l"],
    ),
    (
        "ALTER TABLE public.t RENAME note TO body; ALTER TABLE t RENAME body TO note",
        &["l"],
    ),
];

/// The same since PostgreSQL 15.
const MERGES: &[(&str, &[&str])] = &[
    (
        "MERGE INTO public.t USING public.u ON t.id <> u.id WHEN NOT MATCHED THEN INSERT VALUES (u.id + 1, u.note || '2')",
        &["branch", "branch2"],
    ),
    (
        "MERGE INTO t AS x USING (SELECT * FROM public.u) AS y ON x.id = y.id WHEN MATCHED THEN UPDATE SET note = 'h'",
        &["h", "branch2"],
    ),
];

#[tokio::test]
async fn writes_stay_on_their_branch_however_the_table_is_named() {
    stay_on_their_branch(WRITES).await;
}

#[tokio::test]
async fn merges_stay_on_their_branch_however_the_table_is_named() {
    if crate::harness::server_version().await >= 150_000 {
        stay_on_their_branch(MERGES).await;
    }
}

async fn stay_on_their_branch(writes: &[(&str, &[&str])]) {
    let (fixture, _main, branch) = two_sides().await;
    let server = fixture.direct().await;
    for (sql, expected) in writes {
        branch.run(sql).await;
        assert_eq!(
            branch.column("SELECT note FROM t ORDER BY id").await,
            *expected,
            "{sql}"
        );
        for table in ["t", "u"] {
            let rows = server.rows(&format!("SELECT * FROM public.{table}")).await;
            assert_eq!(rows, [["1", "main"]], "{sql} touched main");
        }
    }
}

#[tokio::test]
async fn writes_on_main_do_not_reach_the_branch() {
    let (_fixture, main, branch) = two_sides().await;
    main.run("UPDATE public.t SET note = 'changed'").await;
    main.run("TRUNCATE u").await;
    main.run("ALTER TABLE t ADD COLUMN extra int").await;
    assert_eq!(branch.rows("SELECT * FROM t").await, [["2", "branch"]]);
    assert_eq!(branch.rows("SELECT * FROM u").await, [["2", "branch"]]);
}

#[tokio::test]
async fn copy_goes_to_and_from_the_branch() {
    let (fixture, main, branch) = two_sides().await;
    for (table, note) in [("t", "copied"), ("public.u", "copied too")] {
        let sink = branch
            .copy_in(&format!("COPY {table} (id, note) FROM STDIN"))
            .await
            .expect("copy in");
        futures::pin_mut!(sink);
        sink.send(Bytes::from(format!("7\t{note}\n")))
            .await
            .expect("data");
        assert_eq!(sink.finish().await.expect("the end"), 1);
    }
    assert_eq!(
        branch.column("SELECT note FROM t ORDER BY id").await,
        ["branch", "copied"]
    );
    for (sql, expected) in [
        ("COPY public.t TO STDOUT", "2\tbranch\n7\tcopied\n"),
        (
            "COPY (SELECT note FROM public.u ORDER BY id) TO STDOUT",
            "branch\ncopied too\n",
        ),
    ] {
        let chunks: Vec<Bytes> = branch
            .copy_out(sql)
            .await
            .expect("copy out")
            .try_collect()
            .await
            .expect("data");
        assert_eq!(String::from_utf8_lossy(&chunks.concat()), expected);
    }
    assert_eq!(main.column("SELECT note FROM t").await, ["main"]);
    assert_eq!(
        fixture.direct().await.column("SELECT note FROM u").await,
        ["main"]
    );
}

#[tokio::test]
async fn prepared_statements_follow_the_session_to_another_branch() {
    let (_fixture, main, _branch) = two_sides().await;
    let statement = main
        .prepare("SELECT note FROM public.t WHERE id > $1::int")
        .await
        .expect("prepare");
    let unqualified = main
        .prepare("SELECT note FROM t WHERE id > $1::int")
        .await
        .expect("prepare");
    for (branch, expected) in [
        ("main", "main"),
        ("feature", "branch"),
        ("main", "main"),
        ("feature", "branch"),
    ] {
        main.run(&format!("SET pggit.branch = '{branch}'")).await;
        for statement in [&statement, &unqualified] {
            let rows = main.query(statement, &[&0]).await.expect("execute");
            assert_eq!(
                rows.iter().map(|row| row.get(0)).collect::<Vec<String>>(),
                [expected]
            );
        }
    }
}

#[tokio::test]
async fn a_statement_that_has_other_columns_on_another_branch_must_be_prepared_again() {
    let (_fixture, main, branch) = two_sides().await;
    branch.run("ALTER TABLE t ADD COLUMN more int").await;
    let all = main.prepare("SELECT * FROM t").await.expect("prepare");
    let note = main.prepare("SELECT note FROM t").await.expect("prepare");
    main.run("SET pggit.branch = 'feature'").await;
    let error = main.query(&all, &[]).await.expect_err("other columns");
    let error = error.as_db_error().expect("the server's");
    assert_eq!(error.code(), &SqlState::FEATURE_NOT_SUPPORTED);
    assert_eq!(error.message(), "cached plan must not change result type");
    // By this drivers tell that preparing it again helps.
    assert_eq!(error.routine(), Some("RevalidateCachedQuery"));
    let rows = main.query(&note, &[]).await.expect("the same columns");
    assert_eq!(rows[0].get::<_, String>(0), "branch");
    let again = main.prepare("SELECT * FROM t").await.expect("prepare");
    let rows = main.query(&again, &[]).await.expect("the new columns");
    assert_eq!(rows[0].len(), 3);
    main.run("SET pggit.branch = 'main'").await;
    let rows = main.query(&all, &[]).await.expect("the first columns");
    assert_eq!(rows[0].get::<_, String>("note"), "main");
}

#[tokio::test]
async fn who_asks_for_the_columns_each_time_may_find_others() {
    let (fixture, _main, branch) = two_sides().await;
    branch.run("ALTER TABLE t ADD COLUMN more int").await;
    let mut client = fixture.raw().await;
    client
        .exchange(&[
            raw::parse("s", "SELECT * FROM t"),
            raw::bind("", "s", &[], false),
            raw::describe_portal(""),
            raw::execute("", 0),
        ])
        .await;
    client.query("SET pggit.branch = 'feature'").await;
    let bind = raw::bind("", "s", &[], false);
    let unasked = client.exchange(&[bind.clone(), raw::execute("", 0)]).await;
    assert_eq!(tags(&unasked), "2EZ");
    assert_eq!(unasked[1].sqlstate(), "0A000");
    let asked = client
        .exchange(&[bind.clone(), raw::describe_portal(""), raw::execute("", 0)])
        .await;
    assert_eq!(tags(&asked), "2TDCZ");
    // Now it has been told of these.
    let told = client.exchange(&[bind, raw::execute("", 0)]).await;
    assert_eq!(tags(&told), "2DCZ");
}

#[tokio::test]
async fn statements_prepared_in_sql_follow_the_session_to_another_branch() {
    let (_fixture, main, _branch) = two_sides().await;
    main.run("PREPARE qualified AS SELECT note FROM public.t")
        .await;
    main.run("PREPARE plain (int) AS SELECT note FROM t WHERE id > $1")
        .await;
    for (branch, expected) in [
        ("feature", "branch"),
        ("main", "main"),
        ("feature", "branch"),
    ] {
        main.run(&format!("SET pggit.branch = '{branch}'")).await;
        assert_eq!(main.column("EXECUTE qualified").await, [expected]);
        assert_eq!(main.column("EXECUTE plain (0)").await, [expected]);
    }
    main.run("DEALLOCATE qualified").await;
    assert_eq!(main.sqlstate("EXECUTE qualified").await, "26000");
    main.run("DEALLOCATE ALL").await;
    assert_eq!(main.sqlstate("EXECUTE plain (0)").await, "26000");
}

#[tokio::test]
async fn statements_prepared_in_sql_follow_over_the_extended_protocol() {
    let (_fixture, main, _branch) = two_sides().await;
    main.run_extended("PREPARE notes AS SELECT note FROM public.t")
        .await;
    main.run("PREPARE notes_of (int) AS SELECT note FROM t WHERE id > $1")
        .await;
    let kept = main.prepare("EXECUTE notes").await.expect("prepare");
    for (branch, expected) in [
        ("feature", "branch"),
        ("main", "main"),
        ("feature", "branch"),
    ] {
        main.run(&format!("SET pggit.branch = '{branch}'")).await;
        let fresh = main.prepare("EXECUTE notes_of (0)").await.expect("prepare");
        for statement in [&fresh, &kept] {
            let rows = main.query(statement, &[]).await.expect("execute");
            assert_eq!(rows.len(), 1);
            assert_eq!(rows[0].get::<_, String>(0), expected);
        }
        main.run("DROP TABLE IF EXISTS copied; CREATE TABLE copied AS EXECUTE notes")
            .await;
        assert_eq!(main.column("SELECT note FROM copied").await, [expected]);
    }
}

#[tokio::test]
async fn a_statement_that_another_branch_refuses_is_not_lost() {
    let (_fixture, main, branch) = two_sides().await;
    branch.run("DROP TABLE u").await;
    let kept = main
        .prepare("SELECT count(*) FROM public.u")
        .await
        .expect("prepare");
    main.run("PREPARE in_sql AS SELECT count(*) FROM public.u")
        .await;
    for _ in 0..2 {
        main.run("SET pggit.branch = 'feature'").await;
        main.query(&kept, &[]).await.expect_err("no such table");
        assert_eq!(main.sqlstate("EXECUTE in_sql").await, "42P01");
        let error = main.query("EXECUTE in_sql", &[]).await;
        let error = error.expect_err("no such table");
        assert_eq!(error.code().map(SqlState::code), Some("42P01"));
        main.run("SET pggit.branch = 'main'").await;
        main.query(&kept, &[]).await.expect("execute");
        main.run("EXECUTE in_sql").await;
        main.query("EXECUTE in_sql", &[]).await.expect("execute");
    }
}

#[tokio::test]
async fn a_switch_inside_a_pipeline_holds_for_what_follows() {
    let (fixture, _main, _branch) = two_sides().await;
    let mut client = fixture.raw().await;
    let mut messages = vec![raw::parse("q", "SELECT note FROM public.t")];
    for sql in [
        "",
        "SET pggit.branch = 'feature'",
        "",
        "SET pggit.branch = 'main'",
        "",
    ] {
        if sql.is_empty() {
            messages.push(raw::bind("", "q", &[], false));
        } else {
            messages.push(raw::parse("", sql));
            messages.push(raw::bind("", "", &[], false));
        }
        messages.push(raw::execute("", 0));
    }
    let answer = client.exchange(&messages).await;
    assert_eq!(tags(&answer), "12DC12C2DC12C2DCZ", "{answer:?}");
    let notes: Vec<Vec<String>> = answer
        .iter()
        .filter(|message| message.tag == b'D')
        .map(raw::Message::text)
        .collect();
    assert_eq!(notes, [["main"], ["branch"], ["main"]]);
}

#[tokio::test]
async fn names_in_literals_are_the_branchs() {
    let (_fixture, main, branch) = two_sides().await;
    branch.run("CREATE SEQUENCE s START 500").await;
    branch.run("CREATE TYPE mood AS ENUM ('ok')").await;
    let same = "SELECT 'public.t'::regclass = 't'::regclass, regclass 'public.t' = 't'::regclass,
                CAST('public.t' AS regclass) = to_regclass('t'), to_regclass('public.t') IS NOT NULL,
                'public.mood'::regtype IS NOT NULL, pg_typeof('ok'::public.mood)::text <> ''";
    assert_eq!(branch.rows(same).await, [["t", "t", "t", "t", "t", "t"]]);
    assert_eq!(branch.value("SELECT nextval('public.s')").await, "500");
    assert_eq!(branch.value("SELECT nextval('s')").await, "501");
    assert_eq!(
        branch.value("SELECT currval('public.s'::regclass)").await,
        "501"
    );
    assert_eq!(branch.value("SELECT count(*) FROM pg_attribute WHERE attrelid = 'public.t'::regclass AND attname = 'note'").await, "1");
    assert_eq!(main.value("SELECT to_regclass('public.s')").await, "∅");
    assert_eq!(
        branch.sqlstate("SELECT 'public.absent'::regclass").await,
        "42P01"
    );
}

#[tokio::test]
async fn sequences_and_defaults_are_the_branchs_own() {
    let fixture = Fixture::new().await;
    let main = fixture.connect().await;
    main.run(
        "CREATE TABLE a (id bigserial PRIMARY KEY, n int GENERATED ALWAYS AS IDENTITY, note text)",
    )
    .await;
    main.run("INSERT INTO a (note) SELECT 'x' FROM generate_series(1, 10)")
        .await;
    main.run("PGGIT BRANCH feature").await;
    let branch = fixture.connect_on("feature").await;
    branch.run("INSERT INTO public.a (note) VALUES ('y')").await;
    assert_eq!(branch.value("SELECT count(*) FROM a").await, "1");
    branch
        .run("SELECT setval(pg_get_serial_sequence('public.a', 'id'), 1000)")
        .await;
    branch.run("INSERT INTO a (note) VALUES ('z')").await;
    assert_eq!(branch.value("SELECT max(id) FROM a").await, "1001");
    main.run("INSERT INTO a (note) VALUES ('last')").await;
    assert_eq!(
        main.rows("SELECT id, n FROM a WHERE note = 'last'").await,
        [["11", "11"]]
    );
    let depends = "SELECT count(*) FROM pg_depend d JOIN pg_class s ON s.oid = d.objid AND s.relkind = 'S'
                   JOIN pg_class r ON r.oid = d.refobjid AND r.relkind = 'r' WHERE s.relnamespace <> r.relnamespace";
    assert_eq!(fixture.superuser().await.value(depends).await, "0");
}

#[tokio::test]
async fn views_functions_and_triggers_work_on_the_branchs_tables() {
    let fixture = Fixture::new().await;
    let main = fixture.connect().await;
    for sql in [
        "CREATE TABLE t (id int, note text)",
        "CREATE TABLE log (note text)",
        "CREATE VIEW v AS SELECT note FROM public.t",
        "CREATE VIEW w AS SELECT upper(note) AS note FROM v",
        "CREATE MATERIALIZED VIEW m AS SELECT count(*) AS n FROM t",
        "CREATE FUNCTION sql_plain() RETURNS bigint LANGUAGE sql AS 'SELECT count(*) FROM t'",
        "CREATE FUNCTION sql_qualified() RETURNS bigint LANGUAGE sql AS 'SELECT count(*) FROM public.t'",
        "CREATE FUNCTION sql_atomic() RETURNS bigint LANGUAGE sql RETURN (SELECT count(*) FROM public.t)",
        "CREATE FUNCTION pl_plain() RETURNS bigint LANGUAGE plpgsql AS $$ BEGIN RETURN (SELECT count(*) FROM t); END $$",
        "CREATE FUNCTION pl_qualified() RETURNS bigint LANGUAGE plpgsql AS $$ DECLARE r public.t%ROWTYPE; BEGIN RETURN (SELECT count(*) FROM public.t); END $$",
        "CREATE FUNCTION pl_dynamic() RETURNS bigint LANGUAGE plpgsql AS $$ DECLARE n bigint; BEGIN EXECUTE 'SELECT count(*) FROM t' INTO n; RETURN n; END $$",
        "CREATE FUNCTION with_path() RETURNS bigint LANGUAGE sql SET search_path = public AS 'SELECT count(*) FROM t'",
        "CREATE FUNCTION noted() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN INSERT INTO public.log VALUES (NEW.note); RETURN NEW; END $$",
        "CREATE TRIGGER t_noted AFTER INSERT ON t FOR EACH ROW EXECUTE FUNCTION noted()",
        "CREATE PROCEDURE fill(n int) LANGUAGE sql AS 'INSERT INTO public.t SELECT g, ''filled'' FROM generate_series(1, n) g'",
        "INSERT INTO t SELECT g, 'main' FROM generate_series(1, 5) g",
        "REFRESH MATERIALIZED VIEW m",
        "PGGIT BRANCH feature",
    ] {
        main.run(sql).await;
    }
    let branch = fixture.connect_on("feature").await;
    branch.run("CALL public.fill(2)").await;
    for sql in [
        "SELECT count(*) FROM public.v",
        "SELECT count(*) FROM w",
        "SELECT count(*) FROM log",
        "SELECT sql_plain()",
        "SELECT public.sql_qualified()",
        "SELECT sql_atomic()",
        "SELECT pl_plain()",
        "SELECT public.pl_qualified()",
        "SELECT pl_dynamic()",
        "SELECT with_path()",
    ] {
        assert_eq!(branch.value(sql).await, "2", "{sql} on the branch");
        assert_eq!(main.value(sql).await, "5", "{sql} on main");
    }
    branch.run("REFRESH MATERIALIZED VIEW public.m").await;
    assert_eq!(branch.value("SELECT n FROM m").await, "2");
    assert_eq!(main.value("SELECT n FROM m").await, "5");
    branch.run("CREATE OR REPLACE FUNCTION public.sql_plain() RETURNS bigint LANGUAGE sql AS 'SELECT 42::bigint'").await;
    assert_eq!(main.value("SELECT sql_plain()").await, "5");
    assert_eq!(branch.value("SELECT sql_plain()").await, "42");
}

#[tokio::test]
async fn statements_that_the_parser_cannot_turn_into_a_tree_stay_on_their_branch() {
    let (_fixture, main, branch) = two_sides().await;
    let joins: Vec<String> = (1..=60)
        .map(|n| format!("JOIN public.t AS t{n} ON t{n}.id = t0.id"))
        .collect();
    let joins = joins.join(" ");
    let wide = format!("SELECT t0.note FROM public.t AS t0 {joins}");
    let nested = format!(
        "{}SELECT note FROM public.t{}",
        "SELECT note FROM (".repeat(40),
        ") AS x".repeat(40)
    );
    let scalar = format!(
        "SELECT {}(SELECT max(note) FROM public.t){}",
        "(SELECT ".repeat(30),
        ")".repeat(30)
    );
    let concatenated = format!(
        "SELECT note FROM public.t WHERE note{} <> ''",
        " || 'a'".repeat(80)
    );
    let unions = vec!["SELECT note FROM public.t"; 150].join(" UNION ");
    for sql in [wide, nested, scalar, concatenated, unions] {
        // Planning the order of 60 joins is the server's business; no need to wait for a good one.
        main.run("SET join_collapse_limit = 1").await;
        branch.run("SET join_collapse_limit = 1").await;
        assert_eq!(branch.column(&sql).await, ["branch"], "{sql}");
        assert_eq!(main.column(&sql).await, ["main"], "{sql}");
    }
}

#[tokio::test]
async fn what_the_branch_lacks_is_an_error_there() {
    let (_fixture, main, branch) = two_sides().await;
    branch.run("DROP TABLE public.t").await;
    for sql in [
        "SELECT * FROM t",
        "SELECT * FROM public.t",
        "INSERT INTO public.t VALUES (9, 'x')",
        "TRUNCATE public.t",
        "COPY public.t TO STDOUT",
        "ALTER TABLE public.t ADD COLUMN x int",
        "DROP TABLE t",
    ] {
        assert_eq!(branch.sqlstate(sql).await, "42P01", "{sql}");
    }
    assert_eq!(main.rows("SELECT * FROM t").await, [["1", "main"]]);
    main.run("CREATE SCHEMA later; CREATE TABLE later.x (id int)")
        .await;
    main.run("CREATE TABLE also_later (id int)").await;
    assert_eq!(branch.sqlstate("SELECT * FROM later.x").await, "42P01");
    assert_eq!(branch.sqlstate("SELECT * FROM also_later").await, "42P01");
    assert_eq!(
        branch.sqlstate("CREATE TABLE later.y (id int)").await,
        "3F000"
    );
}

#[tokio::test]
async fn a_branch_is_reached_when_it_is_named_on_purpose() {
    let (_fixture, main, branch) = two_sides().await;
    assert_eq!(
        main.column("SELECT note FROM \"public@feature\".t").await,
        ["branch"]
    );
    assert_eq!(
        branch.column("SELECT note FROM \"public@feature\".t").await,
        ["branch"]
    );
}

#[tokio::test]
async fn schemas_created_on_a_branch_are_its_own() {
    let (_fixture, main, branch) = two_sides().await;
    branch.run("CREATE SCHEMA app").await;
    branch
        .run("CREATE TABLE app.things (id int); INSERT INTO app.things VALUES (1)")
        .await;
    branch.run("SET search_path = app, public").await;
    assert_eq!(branch.value("SELECT count(*) FROM things").await, "1");
    assert_eq!(branch.value("SHOW search_path").await, "app, public");
    assert_eq!(branch.value("SELECT count(*) FROM t").await, "1");
    assert_eq!(main.value("SELECT to_regnamespace('app')").await, "∅");
    branch.run("SET pggit.branch = 'main'").await;
    assert_eq!(branch.column("SELECT note FROM t").await, ["main"]);
    assert_eq!(branch.sqlstate("SELECT * FROM things").await, "42P01");
    branch.run("SET pggit.branch = 'feature'").await;
    assert_eq!(branch.value("SELECT count(*) FROM things").await, "1");
    branch.run("DROP SCHEMA app CASCADE").await;
    branch.assert_clean().await;
}

/// Ways to move a session, and the branch it is on after each.
const SWITCHES: &[(&str, &str)] = &[
    ("SET pggit.branch = 'feature'", "feature"),
    ("RESET pggit.branch", "main"),
    ("SET pggit.branch TO feature", "feature"),
    ("SET SESSION pggit.branch TO DEFAULT", "main"),
    ("PGGIT CHECKOUT feature", "feature"),
    ("pggit checkout main;", "main"),
    (
        "SELECT set_config('pggit.branch', 'feature', false)",
        "feature",
    ),
    ("BEGIN", "feature"),
    ("SET LOCAL pggit.branch = 'main'", "main"),
    ("COMMIT", "feature"),
    ("BEGIN", "feature"),
    ("SET pggit.branch = 'main'", "main"),
    ("ROLLBACK", "feature"),
    ("BEGIN", "feature"),
    ("SET pggit.branch = 'main'", "main"),
    ("SAVEPOINT s", "main"),
    ("SET pggit.branch = 'feature'", "feature"),
    ("ROLLBACK TO s", "main"),
    ("COMMIT", "main"),
    ("BEGIN", "main"),
    ("SET LOCAL pggit.branch = 'feature'", "feature"),
    (
        "SELECT pg_catalog.set_config('pggit.branch', 'main', true)",
        "main",
    ),
    ("ROLLBACK", "main"),
    ("SET pggit.branch = 'feature'", "feature"),
    ("DISCARD ALL", "main"),
    ("SET pggit.branch = 'feature'", "feature"),
    ("RESET ALL", "main"),
];

#[tokio::test]
async fn a_session_moves_as_its_settings_do() {
    let (fixture, _main, _branch) = two_sides().await;
    let session = fixture.connect().await;
    for (sql, branch) in SWITCHES {
        session.run(sql).await;
        let note = if *branch == "main" { "main" } else { "branch" };
        assert_eq!(session.branch().await, *branch, "after {sql}");
        assert_eq!(
            session.column("SELECT note FROM t").await,
            [note],
            "after {sql}"
        );
        assert_eq!(
            session.column("SELECT note FROM public.u").await,
            [note],
            "after {sql}"
        );
        assert_eq!(
            session
                .value("SELECT current_setting('pggit.branch')")
                .await,
            *branch
        );
    }
}

#[tokio::test]
async fn a_session_moves_over_the_extended_protocol_too() {
    let (fixture, _main, _branch) = two_sides().await;
    let session = fixture.connect().await;
    for (sql, branch) in SWITCHES {
        session.run_extended(sql.trim_end_matches(';')).await;
        for query in ["SELECT note FROM t", "SELECT note FROM public.u"] {
            let rows = session.query(query, &[]).await.expect("rows");
            let note = if *branch == "main" { "main" } else { "branch" };
            assert_eq!(rows[0].get::<_, String>(0), note, "after {sql}");
        }
    }
}

#[tokio::test]
async fn a_switch_in_a_text_holds_for_the_rest_of_it() {
    let (fixture, _main, _branch) = two_sides().await;
    let session = fixture.connect().await;
    let sql = "SELECT note FROM t; SET pggit.branch = 'feature'; SELECT note FROM public.t;
               RESET pggit.branch; SELECT note FROM public.t";
    assert_eq!(session.column(sql).await, ["main", "branch", "main"]);
    // An error undoes the whole text, its settings too.
    session
        .error("SET pggit.branch = 'feature'; SELECT 1/0")
        .await;
    assert_eq!(session.column("SELECT note FROM t").await, ["main"]);
}

#[tokio::test]
async fn the_connection_string_may_name_the_branch() {
    let (fixture, _main, _branch) = two_sides().await;
    for url in [
        fixture.url_on("feature"),
        format!("{}?options=-c%20pggit.branch%3Dfeature", fixture.url()),
        format!("{}?options=--pggit.branch%3Dfeature", fixture.url()),
    ] {
        let session = Session::connect(&url).await;
        assert_eq!(session.branch().await, "feature", "{url}");
        assert_eq!(
            session.column("SELECT note FROM t").await,
            ["branch"],
            "{url}"
        );
        assert_eq!(
            session.column("SELECT note FROM public.t").await,
            ["branch"],
            "{url}"
        );
        session.run("SET pggit.branch = 'main'").await;
        assert_eq!(session.column("SELECT note FROM t").await, ["main"]);
        session.run("RESET pggit.branch").await;
        assert_eq!(session.column("SELECT note FROM t").await, ["branch"]);
        session.run("SET pggit.branch = 'main'").await;
        session.run("DISCARD ALL").await;
        assert_eq!(session.branch().await, "feature");
        assert_eq!(session.column("SELECT note FROM t").await, ["branch"]);
    }
}

#[tokio::test]
async fn a_role_may_have_a_branch_of_its_own() {
    let (fixture, _main, _branch) = two_sides().await;
    let role = fixture.database.role("tester").await;
    let admin = fixture.superuser().await;
    admin
        .run(&format!(
            "GRANT SELECT ON \"public@feature\".t, public.t TO {role}"
        ))
        .await;
    admin
        .run(&format!(
            "GRANT USAGE ON SCHEMA \"public@feature\" TO {role}"
        ))
        .await;
    admin
        .run(&format!("ALTER ROLE {role} SET pggit.branch = 'feature'"))
        .await;
    let session = fixture.connect_as(&role).await;
    assert_eq!(session.branch().await, "feature");
    assert_eq!(session.column("SELECT note FROM t").await, ["branch"]);
    admin
        .run(&format!("ALTER ROLE {role} RESET pggit.branch"))
        .await;
    admin
        .run(&format!(
            "ALTER DATABASE {} SET pggit.branch = 'feature'",
            fixture.database.name
        ))
        .await;
    assert_eq!(fixture.connect_as(&role).await.branch().await, "feature");
}

#[tokio::test]
async fn deleted_and_renamed_branches_are_noticed_by_their_sessions() {
    let (fixture, main, branch) = two_sides().await;
    main.run("PGGIT BRANCH RENAME feature TO renamed").await;
    main.run("SET pggit.branch = 'renamed'").await;
    assert_eq!(main.column("SELECT note FROM public.t").await, ["branch"]);
    main.run("SET pggit.branch = 'main'").await;
    assert_eq!(main.sqlstate("SET pggit.branch = 'feature'").await, "3D000");
    drop(branch);
    main.run("PGGIT BRANCH DELETE renamed FORCE").await;
    assert_eq!(main.sqlstate("SET pggit.branch = 'renamed'").await, "3D000");
    assert_eq!(main.column("SELECT note FROM t").await, ["main"]);
    let left = "SELECT count(*) FROM pg_namespace WHERE nspname LIKE '%@%'";
    assert_eq!(fixture.superuser().await.value(left).await, "0");
}

#[tokio::test]
async fn tables_and_functions_may_be_called_like_an_extensions_functions() {
    let fixture = Fixture::new().await;
    let admin = fixture.superuser().await;
    admin.run("CREATE EXTENSION citext SCHEMA public").await;
    let main = fixture.connect().await;
    main.run("CREATE TABLE public.citext_eq (id serial, a citext)")
        .await;
    main.run("CREATE FUNCTION public.citext_ne(int) RETURNS int LANGUAGE sql RETURN 1")
        .await;
    main.run("PGGIT BRANCH feature").await;
    fixture.complete("feature").await;

    let feature = Session::connect(&fixture.url_on("feature")).await;
    feature
        .run("INSERT INTO public.citext_eq (a) VALUES ('x')")
        .await;
    feature.run("INSERT INTO citext_eq (a) VALUES ('y')").await;
    feature.run("ALTER TABLE public.citext_eq ADD b int").await;
    feature
        .run("COMMENT ON COLUMN public.citext_eq.b IS 'x'")
        .await;
    feature
        .run("CREATE OR REPLACE FUNCTION public.citext_ne(int) RETURNS int LANGUAGE sql RETURN 2")
        .await;
    let rows = "SELECT public.citext_eq.a FROM public.citext_eq \
                WHERE a = ANY ('{X,y}'::citext[]) AND 'public.citext_eq'::regclass::oid = tableoid ORDER BY id";
    assert_eq!(feature.column(rows).await, ["y"]);
    feature.run("DROP FUNCTION public.citext_ne(int)").await;
    assert_eq!(main.value("SELECT count(*) FROM citext_eq").await, "0");
    assert_eq!(main.value("SELECT public.citext_ne(1)").await, "1");
    feature.run("DROP TABLE public.citext_eq").await;
    main.assert_clean().await;
    feature.assert_clean().await;
}

#[tokio::test]
async fn extensions_are_shared_by_all_branches() {
    let fixture = Fixture::new().await;
    fixture
        .superuser()
        .await
        .run("CREATE EXTENSION citext SCHEMA public")
        .await;
    let main = fixture.connect().await;
    main.run("CREATE TABLE t (name citext, other public.citext)")
        .await;
    main.run("PGGIT BRANCH feature").await;
    assert_eq!(
        main.notices(),
        ["operators of extensions are not found on branch \"feature\""]
    );
    let branch = fixture.connect_on("feature").await;
    branch
        .run("INSERT INTO public.t VALUES ('Ada', 'Ada')")
        .await;
    assert_eq!(
        branch
            .value("SELECT count(*) FROM t WHERE name OPERATOR(public.=) 'ada' AND citext_eq(other, 'ADA')")
            .await,
        "1"
    );
    branch
        .run("ALTER TABLE t ADD COLUMN third public.citext, ADD COLUMN fourth citext")
        .await;
    branch.run("CREATE EXTENSION IF NOT EXISTS citext").await;
    branch
        .run("CREATE INDEX CONCURRENTLY ON t (fourth citext_pattern_ops)")
        .await;
    branch.assert_clean().await;
    let error = branch.error("DROP EXTENSION citext").await;
    assert_eq!(error.code().code(), "0A000");
    assert!(error.hint().is_some());
}
