//! Branches with a time to live.

use crate::harness::{Fixture, Proxy, Session, eventually};
use crate::store::connect;
use pggit::repo;

async fn count(session: &Session, sql: &str) -> u32 {
    session.value(sql).await.parse().expect("a number")
}

/// Waits until nothing is left of a branch, its schemas included.
async fn is_gone(server: &Session, branch: &str) {
    let sql = format!(
        "SELECT (SELECT count(*) FROM pggit.branch WHERE name = '{branch}')
              + (SELECT count(*) FROM pg_namespace WHERE nspname LIKE '%@{branch}')"
    );
    eventually("the branch goes", || async {
        count(server, &sql).await == 0
    })
    .await;
}

#[tokio::test]
async fn a_branch_that_nobody_uses_is_dropped_and_its_commits_stay() {
    let fixture = Fixture::new().await;
    let main = fixture.connect().await;
    main.run("CREATE TABLE users (id int PRIMARY KEY, name text)")
        .await;
    main.run("PGGIT BRANCH feature EXPIRES '2 days'").await;
    let listed = main.records("PGGIT BRANCH").await;
    assert_eq!(listed[0].get("expires"), "∅");
    assert_ne!(listed[1].get("expires"), "∅");
    let expires = "SELECT time_to_live = '2 days' AND expires_at BETWEEN now() + interval '47 hours' AND now() + interval '2 days'
                     FROM pggit.branches WHERE name = 'feature'";
    assert_eq!(main.value(expires).await, "t");

    let feature = fixture.connect_on("feature").await;
    feature
        .run("CREATE TABLE posts (id int, author int REFERENCES users)")
        .await;
    feature
        .run("CREATE VIEW names AS SELECT name FROM users")
        .await;
    feature.run("CREATE FUNCTION f() RETURNS bigint LANGUAGE sql BEGIN ATOMIC SELECT count(*) FROM users; END").await;
    feature.run("INSERT INTO users VALUES (1, 'ada')").await;
    let server = fixture.superuser().await;
    let head = main
        .value("SELECT head FROM pggit.branches WHERE name = 'feature'")
        .await;
    main.run("PGGIT BRANCH other EXPIRES '0'").await;
    main.run("PGGIT BRANCH EXPIRE feature IN '0'").await;
    is_gone(&server, "other").await;
    // A session is on the other one.
    assert_eq!(feature.value("SELECT count(*) FROM users").await, "1");
    feature.run("PGGIT CHECKOUT main").await;
    is_gone(&server, "feature").await;
    assert_eq!(
        main.column("SELECT name FROM pggit.branches").await,
        ["main"]
    );
    assert_eq!(
        server
            .rows("SELECT encode(old, 'hex'), new IS NULL, who, action FROM pggit.reflog WHERE branch = 'feature' ORDER BY id DESC LIMIT 1")
            .await,
        [[head.as_str(), "t", "pggit", "expire"]]
    );
    assert_eq!(main.sqlstate("PGGIT CHECKOUT feature").await, "3D000");
    assert_eq!(count(&server, "SELECT count(*) FROM pggit.lineage WHERE branch_id NOT IN (SELECT id FROM pggit.branch)").await, 0);
    main.assert_clean().await;
    let database = &fixture.database;
    let mut client = connect(database, &database.owner).await;
    let verdict = repo::verify(&mut client, &mut |_| {}).await.expect("read");
    assert!(verdict.is_sound(), "{:#?}", verdict.findings);
    main.run(&format!("PGGIT BRANCH feature FROM {head}")).await;
    let again = fixture.connect_on("feature").await;
    assert_eq!(again.value("SELECT count(*) FROM names").await, "0");
    again.assert_clean().await;
}

#[tokio::test]
async fn a_session_that_goes_away_leaves_its_branch() {
    let fixture = Fixture::new().await;
    let main = fixture.connect().await;
    main.run("PGGIT BRANCH feature EXPIRES NEVER; PGGIT BRANCH probe")
        .await;
    let feature = Session::connect(&fixture.url_on("feature")).await;
    main.run("PGGIT BRANCH EXPIRE feature IN '0'; PGGIT BRANCH EXPIRE probe IN '0'")
        .await;
    let server = fixture.superuser().await;
    is_gone(&server, "probe").await;
    feature.run("CREATE TABLE here (id int)").await;
    drop(feature);
    is_gone(&server, "feature").await;
}

#[tokio::test]
async fn a_session_of_another_proxy_keeps_its_branch() {
    let fixture = Fixture::new().await;
    let main = fixture.connect().await;
    main.run("PGGIT BRANCH feature EXPIRES '1 day'").await;
    let other = Proxy::start_with(fixture.database.server, &[]);
    let url = other.url(&fixture.database.owner, &fixture.database.name);
    let feature = Session::connect(&format!("{url}@feature")).await;
    let server = fixture.superuser().await;
    let there = "SELECT count(*) FROM pggit.branch_use JOIN pggit.branch ON id = branch_id WHERE name = 'feature'";
    eventually("the other proxy says so", || async {
        count(&server, there).await == 1
    })
    .await;
    main.run("PGGIT BRANCH EXPIRE feature IN '0'; PGGIT BRANCH probe EXPIRES '0'")
        .await;
    is_gone(&server, "probe").await;
    feature.run("CREATE TABLE here (id int)").await;
    // A proxy that has not been heard of for some time is gone.
    server
        .run("UPDATE pggit.branch_use SET seen_at = now() - interval '1 hour'")
        .await;
    drop(feature);
    drop(other);
    main.run("PGGIT BRANCH EXPIRE feature IN '0'").await;
    is_gone(&server, "feature").await;
}

#[tokio::test]
async fn a_time_to_live_can_be_changed() {
    let fixture = Fixture::new().await;
    let main = fixture.connect().await;
    main.run("PGGIT BRANCH feature EXPIRES '1 day'; PGGIT BRANCH EXPIRE feature NEVER")
        .await;
    let expires = "SELECT count(*) FROM pggit.branches WHERE expires_at IS NOT NULL";
    assert_eq!(count(&main, expires).await, 0);
    main.run("PGGIT BRANCH EXPIRE feature IN '1 hour 5 min'")
        .await;
    assert_eq!(count(&main, expires).await, 1);
    for (sql, code) in [
        ("PGGIT BRANCH EXPIRE feature IN '-1 day'", "22023"),
        ("PGGIT BRANCH EXPIRE feature IN '2000 years'", "22023"),
        ("PGGIT BRANCH EXPIRE feature IN 'soon'", "22007"),
        ("PGGIT BRANCH bad EXPIRES 'soon'", "22007"),
        ("PGGIT BRANCH EXPIRE nowhere IN '1 day'", "3D000"),
        ("PGGIT BRANCH EXPIRE main IN '1 day'", "55000"),
        ("BEGIN; PGGIT BRANCH EXPIRE feature NEVER", "25001"),
    ] {
        assert_eq!(main.sqlstate(sql).await, code, "{sql}");
    }
    main.run("ROLLBACK").await;
    assert_eq!(
        main.column("SELECT name FROM pggit.branches ORDER BY 1")
            .await,
        ["feature", "main"]
    );
    let stranger = fixture.database.role("stranger").await;
    let stranger = fixture.connect_as(&stranger).await;
    assert_eq!(
        stranger
            .sqlstate("PGGIT BRANCH EXPIRE feature IN '0'")
            .await,
        "42501"
    );
}

#[tokio::test]
async fn a_large_branch_is_dropped_some_at_a_time() {
    let fixture = Fixture::new().await;
    let main = fixture.connect().await;
    main.run(
        "CREATE TABLE parts (id int, at date) PARTITION BY RANGE (at);
         DO $$ BEGIN
             FOR i IN 1..120 LOOP
                 EXECUTE format('CREATE TABLE part_%s PARTITION OF parts FOR VALUES FROM (%L) TO (%L)',
                                i, date '2026-01-01' + i, date '2026-01-02' + i);
                 EXECUTE format('CREATE FUNCTION f_%s() RETURNS int LANGUAGE sql AS $f$SELECT 1$f$', i);
             END LOOP;
         END $$",
    )
    .await;
    main.run("PGGIT BRANCH large").await;
    fixture.complete("large").await;
    let server = fixture.superuser().await;
    // What holds a lock on one of its objects keeps nobody else waiting, and it goes when that ends.
    server
        .run(r#"BEGIN; LOCK TABLE "public@large".part_7 IN ACCESS SHARE MODE"#)
        .await;
    main.run("PGGIT BRANCH EXPIRE large IN '0'").await;
    let named = "SELECT count(*) FROM pggit.branches WHERE name = 'large'";
    eventually("the name goes", || async { count(&main, named).await == 0 }).await;
    // The name is free meanwhile.
    main.run("PGGIT BRANCH large").await;
    let again = fixture.connect_on("large").await;
    assert_eq!(again.value("SELECT count(*) FROM parts").await, "0");
    main.assert_clean().await;
    server.run("ROLLBACK").await;
    let left = "SELECT count(*) FROM pggit.branch WHERE dropped_at IS NOT NULL";
    eventually("the rest goes", || async {
        count(&server, left).await == 0
    })
    .await;
    assert_eq!(again.value("SELECT count(*) FROM parts").await, "0");
    again.assert_clean().await;
    assert_eq!(
        count(
            &server,
            "SELECT count(*) FROM pg_namespace WHERE nspname LIKE 'public@%'"
        )
        .await,
        1
    );
}

#[tokio::test]
async fn a_protected_branch_does_not_expire() {
    let fixture = Fixture::new().await;
    let main = fixture.connect().await;
    let server = fixture.superuser().await;
    main.run("PGGIT BRANCH kept; PGGIT BRANCH other; PGGIT PROTECT kept")
        .await;
    main.run("PGGIT BRANCH EXPIRE kept IN '0'").await;
    main.run("PGGIT BRANCH EXPIRE other IN '0'").await;
    is_gone(&server, "other").await;
    let kept =
        "SELECT time_to_live = '0', expires_at IS NULL FROM pggit.branches WHERE name = 'kept'";
    assert_eq!(main.rows(kept).await, [["t", "t"]]);
    // Nor by somebody who looks at it alone.
    main.run("PGGIT BRANCH EXPIRE kept IN '0'; PGGIT BRANCH next EXPIRES '0'")
        .await;
    is_gone(&server, "next").await;
    assert_eq!(main.rows(kept).await, [["t", "t"]]);
    main.run("PGGIT UNPROTECT kept; PGGIT BRANCH EXPIRE kept IN '0'")
        .await;
    is_gone(&server, "kept").await;
}
