//! Drift that event triggers have noted: who did it, and when.

use crate::harness::proxy::pggit;
use crate::harness::{Fixture, Session};

fn init(fixture: &Fixture, role: &str, option: &str) -> (bool, String) {
    let output = pggit()
        .arg("init")
        .arg("--upstream")
        .arg(fixture.database.server.url(role, "postgres"))
        .args(["--database", &fixture.database.name, option])
        .output()
        .expect("pggit runs");
    let text = [output.stdout, output.stderr].concat();
    (
        output.status.success(),
        String::from_utf8_lossy(&text).into_owned(),
    )
}

async fn noting() -> Fixture {
    let fixture = Fixture::new().await;
    let (success, text) = init(&fixture, "postgres", "--event-trigger");
    assert!(success, "{text}");
    fixture
}

async fn drift(session: &Session) -> Vec<String> {
    let status = session.records("PGGIT STATUS").await;
    let drift = status.iter().filter(|record| record.get("item") == "drift");
    drift.map(|record| record.get("value").to_owned()).collect()
}

async fn log(session: &Session) -> Vec<Vec<String>> {
    let log = session.records("PGGIT LOG").await;
    let columns = |record: &crate::harness::session::Record| {
        vec![
            record.get("author").to_owned(),
            record.get("message").to_owned(),
        ]
    };
    log.iter().map(columns).collect()
}

#[tokio::test]
async fn drift_is_its_authors() {
    let fixture = noting().await;
    let session = fixture.connect().await;
    let owner = fixture.database.owner.clone();
    let ada = fixture.database.role("ada").await;
    session
        .run("CREATE TABLE seen (id int); CREATE FUNCTION gone() RETURNS int LANGUAGE sql AS 'SELECT 1'")
        .await;
    // Before PostgreSQL 15, the owner of a database does not own its schema `public`.
    fixture
        .connect_as("postgres")
        .await
        .run(&format!("GRANT CREATE ON SCHEMA public TO {ada}"))
        .await;
    session
        .run("CREATE INDEX CONCURRENTLY i ON seen (id)")
        .await;
    let notes = "SELECT count(*) FROM pggit.drift";
    let admin = fixture.superuser().await;
    assert_eq!(admin.value(notes).await, "0", "the proxy saw all of it");

    let direct = Session::connect(&fixture.database.server.url(&ada, &fixture.database.name)).await;
    direct.run("SET application_name = 'job'").await;
    direct
        .run("CREATE TABLE hers (id serial PRIMARY KEY)")
        .await;
    direct.run("CREATE TEMP TABLE scratch (id int)").await;
    let own = fixture.direct().await;
    own.run("ALTER TABLE seen ADD COLUMN note text").await;
    own.run("DROP FUNCTION gone()").await;
    admin.run("CREATE VIEW nobodys AS SELECT 1 AS one").await;

    let found = drift(&session).await;
    let by = |object: &str, role: &str| {
        let of = found.iter().find(|found| found.contains(object)).unwrap();
        assert!(of.contains(&format!("(by {role} at ")), "{of}");
    };
    by("public.hers", &ada);
    by("public.seen", &owner);
    by("public.gone", &owner);
    by("public.nobodys", "postgres");
    assert!(found.iter().any(|found| found.contains(", job 127.0.0.1:")));
    assert_eq!(session.rows("PGGIT COMMIT").await.len(), 3);
    session.assert_clean().await;
    let authors: Vec<String> = log(&session).await[..3]
        .iter()
        .map(|row| row[0].clone())
        .collect();
    assert_eq!(authors, ["postgres".to_owned(), owner.clone(), ada.clone()]);
    assert_eq!(admin.value(notes).await, "0");
    let who =
        "SELECT DISTINCT who FROM (SELECT who FROM pggit.reflog ORDER BY at DESC LIMIT 3) AS r";
    assert_eq!(admin.column(who).await, [owner]);
}

#[tokio::test]
async fn nobody_can_forge_notes_or_grow_them_without_bound() {
    let fixture = noting().await;
    let session = fixture.connect().await;
    let direct = fixture.direct().await;
    for sql in [
        "DELETE FROM pggit.drift",
        "UPDATE pggit.drift SET role = 'other'",
        "INSERT INTO pggit.drift (transaction_id, role, application, address, command) VALUES ('1', 'a', '', '', '')",
        "SELECT statement FROM pggit.drift",
        "TRUNCATE pggit.drift",
    ] {
        assert_eq!(direct.sqlstate(sql).await, "42501", "{sql}");
    }
    direct
        .run("CREATE TABLE t (id int); SELECT set_config('application_name', 'pggit', false)")
        .await;
    direct.run("CREATE TABLE pretends (id int)").await;
    let found = drift(&session).await;
    assert!(
        found
            .iter()
            .all(|found| found.contains(&fixture.database.owner)),
        "{found:?}"
    );
    direct
        .run(
            "DO $$ BEGIN FOR i IN 1..10300 LOOP
                  EXECUTE 'COMMENT ON TABLE t IS ' || quote_literal(i);
              END LOOP; END $$",
        )
        .await;
    let admin = fixture.superuser().await;
    let count: usize = admin
        .value("SELECT count(*) FROM pggit.drift")
        .await
        .parse()
        .unwrap();
    assert!(count <= 10_200, "{count}");
    // What cannot be noted does not stop DDL.
    admin.run("ALTER TABLE pggit.drift RENAME TO away").await;
    direct.run("CREATE TABLE still_works (id int)").await;
    admin.run("ALTER TABLE pggit.away RENAME TO drift").await;
}

#[tokio::test]
async fn it_can_be_taken_away_and_needs_a_superuser() {
    let fixture = noting().await;
    let triggers = "SELECT count(*) FROM pg_event_trigger WHERE evtname LIKE 'pggit%'";
    let admin = fixture.superuser().await;
    assert_eq!(admin.value(triggers).await, "2");
    let (success, text) = init(&fixture, "postgres", "--no-event-trigger");
    assert!(success, "{text}");
    assert_eq!(admin.value(triggers).await, "0");
    fixture.direct().await.run("CREATE TABLE t (id int)").await;
    assert_eq!(admin.value("SELECT count(*) FROM pggit.drift").await, "0");
    let session = fixture.connect().await;
    assert_eq!(drift(&session).await, ["table public.t: created"]);
    session.run("PGGIT COMMIT 'mine'").await;
    assert_eq!(
        log(&session).await[0],
        [fixture.database.owner.clone(), "mine".to_owned()]
    );
    let (success, text) = init(&fixture, &fixture.database.owner, "--event-trigger");
    assert!(!success, "{text}");
}

#[tokio::test]
async fn notes_take_no_number_that_lastval_would_tell_of() {
    let fixture = noting().await;
    let direct = fixture.direct().await;
    direct.run("CREATE TABLE a (id int)").await;
    assert_eq!(direct.sqlstate("SELECT lastval()").await, "55000");
    direct.run("CREATE SEQUENCE s START 7").await;
    direct.value("SELECT nextval('s')").await;
    direct.run("CREATE TABLE b (id int); DROP TABLE a").await;
    assert_eq!(direct.value("SELECT lastval()").await, "7");
    let noted = "SELECT string_agg(command, ', ' ORDER BY id) FROM pggit.drift";
    assert_eq!(
        direct.value(noted).await,
        "CREATE TABLE, CREATE SEQUENCE, CREATE TABLE, DROP TABLE"
    );
    let session = fixture.connect().await;
    session.run("CREATE TABLE c (id int)").await;
    assert_eq!(session.sqlstate("SELECT lastval()").await, "55000");
}
