//! A program meets a `pggit` schema that another version of it has made.

use crate::harness::session::explain;
use crate::harness::{Fixture, Proxy, Session, eventually};
use tokio_postgres::error::DbError;

/// Takes back what the migrations after the 13th have made, the last one first.
const AS_OF_13: &str = "
    DROP TRIGGER numbered ON pggit.reflog;
    DROP FUNCTION pggit.number_move();
    ALTER TABLE pggit.reflog DISABLE TRIGGER USER, DROP CONSTRAINT reflog_pkey;
    UPDATE pggit.reflog AS r SET id = n.number
    FROM (SELECT branch_id, id, row_number() OVER (ORDER BY at) FROM pggit.reflog) AS n (branch_id, id, number)
    WHERE (r.branch_id, r.id) = (n.branch_id, n.id);
    ALTER TABLE pggit.reflog ENABLE TRIGGER USER, ADD CONSTRAINT reflog_pkey PRIMARY KEY (id),
        ALTER id ADD GENERATED ALWAYS AS IDENTITY (START WITH 1000);
    CREATE INDEX reflog_branch ON pggit.reflog (branch_id, id);
    DROP INDEX pggit.drift_id;
    ALTER TABLE pggit.drift ADD CONSTRAINT drift_pkey PRIMARY KEY (id), ALTER id ADD GENERATED ALWAYS AS IDENTITY;
    DROP FUNCTION pggit.physical_schema(text, jsonb), pggit.physical_schema(oid, jsonb),
        pggit.physical_name(text, jsonb), pggit.physical_name(oid, jsonb),
        pggit.physical_namespace(text, jsonb), pggit.physical_namespace(oid, jsonb),
        pggit.physical_names(text[], jsonb), pggit.logical_name(text, jsonb);
    DELETE FROM pggit.migration WHERE number > 13;";

const VERSION: &str = "SELECT max(number) FROM pggit.migration";

/// A database with a branch and some history.
async fn versioned() -> Fixture {
    let fixture = Fixture::new().await;
    let main = fixture.connect().await;
    main.run("CREATE TABLE users (id int)").await;
    main.run("PGGIT BRANCH feature").await;
    main.run("PGGIT TAG first").await;
    let branch = fixture.connect_on("feature").await;
    branch.run("ALTER TABLE users ADD COLUMN name text").await;
    fixture
}

/// What a proxy that has just been started answers a client with that connects.
async fn refusal(proxy: &Proxy, fixture: &Fixture) -> DbError {
    let url = proxy.url(&fixture.database.owner, &fixture.database.name);
    match Session::try_connect(&url).await {
        Ok(_) => panic!("the proxy lets the client in"),
        Err(error) => error
            .as_db_error()
            .unwrap_or_else(|| panic!("{}", explain(&error)))
            .clone(),
    }
}

#[tokio::test]
async fn an_older_schema_is_brought_up_to_date_when_somebody_connects() {
    let fixture = versioned().await;
    let admin = fixture.superuser().await;
    let newest = admin.value(VERSION).await;
    let moves = "SELECT branch, action FROM pggit.reflog ORDER BY at";
    let before = admin.rows(moves).await;
    admin.run(AS_OF_13).await;
    assert_eq!(admin.value(VERSION).await, "13");

    let proxies = [(), ()].map(|()| Proxy::start_with(fixture.database.server, &[]));
    let (owner, name) = (&fixture.database.owner, &fixture.database.name);
    let connect = |proxy: &Proxy| {
        let url = proxy.url(owner, &format!("{name}@feature"));
        async move { Session::connect(&url).await }
    };
    let (one, other) = tokio::join!(connect(&proxies[0]), connect(&proxies[1]));
    assert_eq!(admin.value(VERSION).await, newest);
    // This is a call of one of the functions that were missing.
    let found = "SELECT to_regclass('public.' || 'users') IS NOT NULL";
    assert_eq!(one.value(found).await, "t");
    assert_eq!(other.value(found).await, "t");
    let told = proxies
        .iter()
        .filter(|proxy| proxy.log().contains("brought up to date"))
        .count();
    assert!(told > 0, "the log says so");

    // History is what it was, and goes on.
    assert_eq!(admin.rows(moves).await, before);
    one.run("ALTER TABLE users ADD COLUMN email text").await;
    other.run("PGGIT TAG second").await;
    other.assert_clean().await;
    let log = one.log("feature").await;
    assert!(
        log[0].contains("email") && log[1].contains("name"),
        "{log:?}"
    );
    let verified = one.rows("PGGIT VERIFY").await;
    assert_eq!(verified.len(), 1, "{verified:?}");
    assert!(verified[0].contains(&"sound".to_owned()), "{verified:?}");
}

#[tokio::test]
async fn a_schema_that_cannot_be_brought_up_to_date_is_refused_with_a_hint() {
    let fixture = versioned().await;
    let admin = fixture.superuser().await;
    admin.run(AS_OF_13).await;
    // As on a standby.
    let read_only = |on: &str| {
        let name = &fixture.database.name;
        format!("ALTER DATABASE {name} SET default_transaction_read_only = {on}")
    };
    admin.run(&read_only("on")).await;
    let proxy = Proxy::start_with(fixture.database.server, &[]);
    let error = refusal(&proxy, &fixture).await;
    assert_eq!(error.code().code(), "55000");
    assert!(error.message().contains("is at version 13"), "{error:?}");
    assert!(error.hint().unwrap_or_default().contains("pggit init"));
    assert!(proxy.log().contains("read-only transaction"));

    // The next one that connects has it tried again. The setting is that of connections from their beginning.
    admin.run(&read_only("off")).await;
    admin
        .run(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity
             WHERE application_name = 'pggit' AND datname = current_database()",
        )
        .await;
    let url = proxy.url(&fixture.database.owner, &fixture.database.name);
    eventually("the upgrade", async || {
        Session::try_connect(&url).await.is_ok()
    })
    .await;
    Session::connect(&url).await.assert_clean().await;
}

#[tokio::test]
async fn a_schema_of_a_newer_program_is_refused_with_a_hint() {
    let fixture = versioned().await;
    let admin = fixture.superuser().await;
    admin
        .run("INSERT INTO pggit.migration (number) VALUES (1000)")
        .await;
    let proxy = Proxy::start_with(fixture.database.server, &[]);
    let error = refusal(&proxy, &fixture).await;
    assert_eq!(error.code().code(), "55000");
    assert!(error.message().contains("is at version 1000"), "{error:?}");
    let hint = error.hint().unwrap_or_default();
    assert!(hint.contains("version of pggit"), "{hint}");
}
