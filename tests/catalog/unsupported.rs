//! Whatever the model has no kind for is named.

use crate::connect;
use pggit::catalog::{extension_members, unsupported};
use pggit::upstream::Executor;

#[tokio::test]
async fn objects_of_unknown_kinds_are_reported() {
    let (_database, mut connection) = connect().await;
    connection
        .batch(
            r#"CREATE EXTENSION citext SCHEMA public;
            CREATE TABLE public.t (a integer, b text, id integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY);
            CREATE TABLE public.part (a integer) PARTITION BY RANGE (a);
            CREATE TABLE public.part_1 PARTITION OF public.part FOR VALUES FROM (0) TO (9);
            CREATE TABLE public.child (c integer) INHERITS (public.t);
            CREATE TYPE public.form AS (a integer);
            CREATE TABLE public.filled OF public.form;
            CREATE AGGREGATE public.total (integer) (SFUNC = int4pl, STYPE = integer);
            CREATE TYPE public.span AS RANGE (SUBTYPE = integer);
            CREATE TYPE public.shell;
            CREATE OPERATOR public.<<< (LEFTARG = integer, RIGHTARG = integer, FUNCTION = int4pl);
            CREATE OPERATOR FAMILY public.family USING btree;
            CREATE COLLATION public."Order" FROM "C";
            CREATE TEXT SEARCH CONFIGURATION public.search (COPY = simple);
            CREATE TEXT SEARCH DICTIONARY public.words (TEMPLATE = simple);
            ALTER TABLE public.t ALTER a SET (n_distinct = 5);
            ALTER TABLE public.t CLUSTER ON t_pkey;
            GRANT USAGE ON SEQUENCE public.t_id_seq TO pg_monitor;
            CREATE VIEW public.v AS SELECT a FROM public.t;
            GRANT SELECT (a) ON public.v TO pg_monitor;
            CREATE SCHEMA other; CREATE COLLATION other.elsewhere FROM "C""#,
        )
        .await
        .expect("objects of many kinds");
    let found = unsupported(&mut connection, &["public".to_owned()])
        .await
        .expect("a report");
    let found: Vec<(&str, &str)> = (found.iter())
        .map(|found| (found.kind.as_str(), found.name.as_str()))
        .collect();
    assert_eq!(
        found,
        [
            ("aggregate", "public.total(integer)"),
            ("collation", "public.\"Order\""),
            ("operator", "public.<<<(integer,integer)"),
            ("operator family", "public.family"),
            ("range type", "public.span"),
            ("shell type", "public.shell"),
            ("text search configuration", "public.search"),
            ("text search dictionary", "public.words"),
        ]
    );
}

#[tokio::test]
async fn a_schema_of_known_kinds_has_nothing_to_report() {
    let (database, mut connection) = connect().await;
    let create = format!(r#"CREATE SCHEMA "App"; {}"#, crate::wide(false, &database));
    connection.batch(&create).await.expect("the wide schema");
    let found = unsupported(&mut connection, &["public".to_owned(), "App".to_owned()])
        .await
        .expect("a report");
    assert_eq!(found, []);
}

#[tokio::test]
async fn members_of_extensions_are_known_by_name() {
    let (_database, mut connection) = connect().await;
    connection
        .batch("CREATE SCHEMA tools; CREATE EXTENSION citext SCHEMA tools")
        .await
        .expect("an extension");
    let members = extension_members(&mut connection).await.expect("members");
    for name in ["citext", "citext_eq", "~~", "citext_ops"] {
        let member = ("tools".to_owned(), name.to_owned());
        assert!(members.contains(&member), "{name}");
    }
    assert!(members.iter().all(|(schema, _)| schema == "tools"));
}
