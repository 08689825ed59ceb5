//! Default privileges: versioned in a schema, shared where they are of all schemas, and never in the way of
//! the privileges that an object is to have.

use crate::harness::{Fixture, Session};

async fn acl(session: &Session, relation: &str) -> String {
    session
        .value(&format!(
            "SELECT coalesce(array_to_string(relacl, ','), 'default') FROM pg_class WHERE oid = to_regclass('{relation}')"
        ))
        .await
}

#[tokio::test]
async fn a_branch_has_its_own() {
    let fixture = Fixture::new().await;
    let main = fixture.connect().await;
    main.run("ALTER DEFAULT PRIVILEGES IN SCHEMA public GRANT SELECT ON TABLES TO pg_monitor")
        .await;
    main.run("PGGIT BRANCH feature").await;
    let feature = fixture.connect_on("feature").await;
    feature.run("CREATE TABLE made (id int)").await;
    feature
        .run("ALTER DEFAULT PRIVILEGES IN SCHEMA public GRANT INSERT ON TABLES TO pg_monitor")
        .await;
    feature.run("CREATE TABLE made_later (id int)").await;
    main.run("CREATE TABLE mains (id int)").await;
    let server = fixture.superuser().await;
    for (table, expected) in [
        ("\"public@feature\".made", "pg_monitor=r/"),
        ("\"public@feature\".made_later", "pg_monitor=ar/"),
        ("public.mains", "pg_monitor=r/"),
    ] {
        let found = acl(&server, table).await;
        assert!(found.contains(expected), "{table}: {found}");
    }
    main.run("PGGIT MERGE feature").await;
    main.run("CREATE TABLE after_merge (id int)").await;
    let found = acl(&server, "public.after_merge").await;
    assert!(found.contains("pg_monitor=ar"), "{found}");
    main.assert_clean().await;
    feature.assert_clean().await;
}

#[tokio::test]
async fn what_is_revoked_entirely_is_gone_from_history_as_well() {
    let fixture = Fixture::new().await;
    let main = fixture.connect().await;
    main.run("ALTER DEFAULT PRIVILEGES IN SCHEMA public GRANT SELECT ON TABLES TO pg_monitor")
        .await;
    main.run("PGGIT BRANCH feature").await;
    let feature = fixture.connect_on("feature").await;
    feature
        .run("ALTER DEFAULT PRIVILEGES IN SCHEMA public REVOKE SELECT ON TABLES FROM pg_monitor")
        .await;
    feature.assert_clean().await;
    main.run("PGGIT MERGE feature").await;
    main.assert_clean().await;
    let left = fixture
        .superuser()
        .await
        .column("SELECT defaclacl::text FROM pg_default_acl")
        .await;
    assert_eq!(left, Vec::<String>::new());
}

#[tokio::test]
async fn those_of_all_schemas_are_changed_on_main_only() {
    let fixture = Fixture::new().await;
    let main = fixture.connect().await;
    let everywhere = "ALTER DEFAULT PRIVILEGES GRANT SELECT ON TABLES TO pg_monitor";
    main.run(everywhere).await;
    main.run("PGGIT BRANCH feature").await;
    let feature = fixture.connect_on("feature").await;
    let error = feature.error(everywhere).await;
    assert_eq!(error.code().code(), "0A000");
    assert_eq!(
        error.message(),
        "cannot change default privileges of all schemas on branch \"feature\""
    );
}

/// Neither those of the role that creates a branch, nor those of the role that merges.
#[tokio::test]
async fn objects_that_the_proxy_makes_have_the_privileges_they_had() {
    let fixture = Fixture::new().await;
    let main = fixture.connect().await;
    main.run("CREATE TABLE plain (id serial)").await;
    main.run("CREATE FUNCTION f() RETURNS int LANGUAGE sql AS 'SELECT 1'")
        .await;
    main.run("CREATE TYPE mood AS ENUM ('ok')").await;
    let superuser = fixture.superuser().await;
    for who in [fixture.database.owner.as_str(), "postgres"] {
        for what in [
            "GRANT SELECT, INSERT ON TABLES TO pg_monitor",
            "GRANT USAGE ON SEQUENCES TO PUBLIC",
            "REVOKE EXECUTE ON FUNCTIONS FROM PUBLIC",
            "REVOKE USAGE ON TYPES FROM PUBLIC",
            "GRANT USAGE ON SCHEMAS TO pg_monitor",
        ] {
            superuser
                .run(&format!("ALTER DEFAULT PRIVILEGES FOR ROLE {who} {what}"))
                .await;
        }
    }
    main.run("PGGIT BRANCH feature").await;
    assert_eq!(main.notices(), Vec::<String>::new());
    let feature = fixture.connect_on("feature").await;
    feature.assert_clean().await;
    feature.run("CREATE TABLE closed (id serial)").await;
    feature.run("REVOKE ALL ON closed FROM pg_monitor").await;
    feature.run("CREATE TABLE open (id int)").await;
    feature
        .run("CREATE FUNCTION g() RETURNS int LANGUAGE sql AS 'SELECT 1'")
        .await;
    feature.run("GRANT EXECUTE ON FUNCTION g() TO PUBLIC").await;
    feature.run("CREATE SCHEMA app").await;
    let merged = main.records("PGGIT MERGE feature").await;
    assert_eq!(merged[0].get("outcome"), "fast_forward");
    main.assert_clean().await;
    let closed = acl(&superuser, "public.closed").await;
    assert!(!closed.contains("pg_monitor"), "{closed}");
    let open = acl(&superuser, "public.open").await;
    assert!(open.contains("pg_monitor=ar"), "{open}");
}
