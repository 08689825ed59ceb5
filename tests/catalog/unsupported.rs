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
            CREATE INDEX bad ON public.t (a); UPDATE pg_index SET indisvalid = false WHERE indexrelid = 'public.bad'::regclass;
            ALTER TABLE public.t ALTER a SET (n_distinct = 5);
            ALTER TABLE public.t CLUSTER ON t_pkey;
            GRANT USAGE ON SEQUENCE public.t_id_seq TO pg_monitor;
            CREATE VIEW public.v AS SELECT a FROM public.t;
            GRANT SELECT (a) ON public.v TO pg_monitor;
            CREATE TYPE public.mixed AS (a integer);
            SET allow_system_table_mods = on;
            INSERT INTO pg_seclabel VALUES ('public.mixed'::regclass, 'pg_class'::regclass, 1, 'p', 'attribute'),
              ('public.t'::regtype, 'pg_type'::regclass, 0, 'p', 'row type');
            RESET allow_system_table_mods;
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
            ("invalid index", "public.bad"),
            ("security label", "p on public.mixed.a"),
            ("security label", "p on public.t"),
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
        assert!(members.others.contains(&member), "{name}");
    }
    assert!(members.relations.is_empty());
    assert_eq!(members.schemas(), ["tools"].into());
}
