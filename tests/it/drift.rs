//! Changes made past the proxy, which it finds by looking at no more than may have changed.

use crate::capture::DDL_OF_EVERY_KIND;
use crate::harness::{Fixture, Session};
use crate::store::connect;
use futures::future::BoxFuture;
use pggit::config::{SslMode, Upstream};
use pggit::repo::{Database, Repo, Versioning, drift};
use pggit::schema::{Change, ChangeKind};
use pggit::upstream::admin::{AdminConnection, AdminPools};
use pggit::upstream::{DbError, Executor, Row};
use std::sync::Arc;

/// What the proxy, which has looked before, says is different.
async fn found(session: &Session) -> Vec<String> {
    let status = session.records("PGGIT STATUS").await;
    status
        .iter()
        .filter(|record| record.get("item") == "drift")
        .map(|record| record.get("value").to_owned())
        .collect()
}

/// The database as a process sees it that has just begun.
async fn opened(fixture: &Fixture) -> Arc<Database> {
    let upstream = Upstream {
        host: "127.0.0.1".to_owned(),
        port: fixture.database.server.port(),
        user: "postgres".to_owned(),
        sslmode: SslMode::Disable,
        ..Upstream::default()
    };
    let pools = AdminPools::new(&upstream).unwrap();
    let repo = Repo::new(pools.clone(), pools, Versioning::default());
    let opened = repo.database(&fixture.database.name).await.unwrap();
    opened.unwrap()
}

/// What one says that looks for the first time, and so at everything.
async fn all(fixture: &Fixture, branch: &str) -> Vec<String> {
    let database = opened(fixture).await;
    let map = database.branch(branch).await.unwrap();
    let mut client = connect(&fixture.database, &fixture.database.owner).await;
    let status = drift::status(&database, &mut client, &map).await.unwrap();
    status.drift.iter().map(told).collect()
}

fn told(change: &Change) -> String {
    let how = match &change.kind {
        ChangeKind::Create => "created".to_owned(),
        ChangeKind::Drop => "dropped".to_owned(),
        ChangeKind::Alter(alterations) => {
            let words: Vec<String> = alterations.iter().map(ToString::to_string).collect();
            words.join(", ")
        }
    };
    format!("{}: {how}", change.key)
}

/// Runs each statement past the proxy and records what it did, if both ways of looking agree on it.
async fn each_is_found(fixture: &Fixture, session: &Session, branch: &str, statements: &[&str]) {
    let direct = fixture.direct().await;
    if branch != "main" {
        let path = format!("SET search_path = \"public@{branch}\"");
        direct.run(&path).await;
    }
    found(session).await;
    for sql in statements {
        direct.run(sql).await;
        let found_now = found(session).await;
        assert_eq!(found_now, all(fixture, branch).await, "{sql}");
        // Nothing has moved since, and it is different still.
        assert_eq!(found(session).await, found_now, "{sql}");
        session.run("PGGIT COMMIT").await;
        assert_eq!(found(session).await, Vec::<String>::new(), "{sql}");
    }
    assert_eq!(all(fixture, branch).await, Vec::<String>::new());
}

#[tokio::test]
async fn direct_ddl_of_every_kind_is_found() {
    let fixture = Fixture::new().await;
    let session = fixture.connect().await;
    each_is_found(&fixture, &session, "main", DDL_OF_EVERY_KIND).await;
}

/// What changes rows of one catalog alone, and what changes how another object is printed.
const REMOTE: &[&str] = &[
    "COMMENT ON CONSTRAINT positive ON t IS 'why'",
    "COMMENT ON COLUMN t.a IS 'a'",
    "COMMENT ON TRIGGER fires ON t IS 'when'",
    "COMMENT ON FUNCTION f() IS 'what'",
    "ALTER SEQUENCE s OWNED BY t.a",
    "ALTER SEQUENCE s OWNED BY NONE",
    "ALTER SEQUENCE s INCREMENT BY 2",
    "ALTER TABLE t DISABLE TRIGGER fires",
    "ALTER TABLE t ALTER COLUMN a SET STATISTICS 7",
    "ALTER TABLE t ALTER COLUMN b SET STORAGE EXTERNAL",
    "ALTER TABLE t SET (fillfactor = 70)",
    "ALTER TABLE t SET (toast.autovacuum_enabled = off)",
    "ALTER TABLE t RESET (toast.autovacuum_enabled)",
    "ALTER TABLE t REPLICA IDENTITY USING INDEX t_a",
    "ALTER TABLE t ENABLE ROW LEVEL SECURITY",
    "GRANT SELECT ON t TO PUBLIC",
    "GRANT SELECT (a) ON t TO PUBLIC",
    "ALTER TYPE mood RENAME VALUE 'sad' TO 'gloomy'",
    "ALTER TYPE mood ADD VALUE 'glad'",
    "ALTER DOMAIN small ADD CONSTRAINT is_small CHECK (VALUE < 10)",
    "ALTER DOMAIN small SET DEFAULT 3",
    "ALTER TYPE mood RENAME TO feeling",
    "ALTER TABLE t RENAME COLUMN a TO aa",
    "ALTER TABLE t RENAME TO tt",
    "ALTER FUNCTION f() RENAME TO ff",
    "ALTER VIEW v ALTER COLUMN b SET DEFAULT 'x'",
    "ALTER INDEX t_a RENAME TO tt_aa",
    "ALTER INDEX tt_aa SET (fillfactor = 80)",
    "DROP TRIGGER fires ON tt",
    "ALTER TABLE tt DROP CONSTRAINT positive",
    "DROP TABLE tt CASCADE",
];

async fn with_objects(session: &Session) {
    for sql in [
        "CREATE TYPE mood AS ENUM ('sad', 'ok')",
        "CREATE DOMAIN small AS int",
        "CREATE SEQUENCE s",
        "CREATE TABLE t (a int NOT NULL CONSTRAINT positive CHECK (a > 0), b text, m mood, d small)",
        "CREATE UNIQUE INDEX t_a ON t (a)",
        "CREATE TABLE r (a int REFERENCES t (a))",
        "CREATE VIEW v AS SELECT a, b, m FROM t",
        "CREATE FUNCTION f() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END'",
        "CREATE TRIGGER fires BEFORE INSERT ON t FOR EACH ROW EXECUTE FUNCTION f()",
    ] {
        session.run(sql).await;
    }
}

#[tokio::test]
async fn direct_changes_to_parts_and_names_are_found() {
    let fixture = Fixture::new().await;
    let session = fixture.connect().await;
    with_objects(&session).await;
    each_is_found(&fixture, &session, "main", REMOTE).await;
}

#[tokio::test]
async fn direct_changes_on_a_branch_are_found() {
    let fixture = Fixture::new().await;
    let session = fixture.connect().await;
    with_objects(&session).await;
    session.run("PGGIT BRANCH feature").await;
    fixture.complete("feature").await;
    let on_branch = fixture.connect_on("feature").await;
    each_is_found(&fixture, &on_branch, "feature", REMOTE).await;
    assert_eq!(found(&session).await, Vec::<String>::new());
}

/// A connection that tells what was asked over it.
struct Overheard {
    client: AdminConnection,
    asked: Vec<String>,
}

impl Executor for Overheard {
    fn query<'a>(
        &'a mut self,
        sql: &'a str,
        params: &'a [Option<&'a str>],
    ) -> BoxFuture<'a, Result<Vec<Row>, DbError>> {
        self.asked.push(sql.to_owned());
        self.client.query(sql, params)
    }

    fn batch<'a>(&'a mut self, sql: &'a str) -> BoxFuture<'a, Result<(), DbError>> {
        self.asked.push(sql.to_owned());
        self.client.batch(sql)
    }
}

impl Overheard {
    /// What it takes to compare a branch, which has no drift, with its head.
    async fn status(&mut self, database: &Database, branch: &str) -> Vec<String> {
        let map = database.branch(branch).await.unwrap();
        self.asked.clear();
        let status = drift::status(database, self, &map).await.unwrap();
        assert!(status.drift.is_empty(), "{branch}: {:?}", status.drift);
        self.asked.clone()
    }
}

#[tokio::test]
async fn what_other_branches_do_is_not_looked_at() {
    let fixture = Fixture::new().await;
    let session = fixture.connect().await;
    with_objects(&session).await;
    let branches = ["main", "feature", "other"];
    for branch in &branches[1..] {
        session.run(&format!("PGGIT BRANCH {branch}")).await;
        fixture.complete(branch).await;
    }
    let database = opened(&fixture).await;
    let client = connect(&fixture.database, &fixture.database.owner).await;
    let mut overheard = Overheard {
        client,
        asked: Vec::new(),
    };
    for branch in branches {
        overheard.status(&database, branch).await;
    }
    let idle = overheard.status(&database, "main").await;
    for busy in branches {
        let on_branch = fixture.connect_on(busy).await;
        for sql in DDL_OF_EVERY_KIND.iter().chain(REMOTE) {
            on_branch.run(sql).await;
        }
        for branch in branches.iter().filter(|branch| **branch != busy) {
            let asked = overheard.status(&database, branch).await;
            assert_eq!(asked, idle, "{branch} after {busy}");
        }
        let asked = overheard.status(&database, busy).await;
        assert!(asked.len() > idle.len(), "{busy} looks at what it did");
        assert_eq!(overheard.status(&database, busy).await, idle);
    }
}

#[tokio::test]
async fn what_a_branch_takes_from_another_is_found_when_it_changes() {
    let fixture = Fixture::new().await;
    let session = fixture.connect().await;
    with_objects(&session).await;
    session.run("PGGIT BRANCH feature").await;
    fixture.complete("feature").await;
    session
        .run("CREATE VIEW across AS SELECT a, b FROM \"public@feature\".t")
        .await;
    session.assert_clean().await;
    let direct = fixture.direct().await;
    for sql in [
        "ALTER TABLE \"public@feature\".t RENAME COLUMN b TO c",
        "ALTER TABLE \"public@feature\".t RENAME TO u",
    ] {
        direct.run(sql).await;
        let drift = found(&session).await;
        assert_eq!(drift, all(&fixture, "main").await, "{sql}");
        assert_eq!(drift.len(), 1, "{drift:?}");
        session.run("PGGIT COMMIT").await;
        session.assert_clean().await;
    }
}

#[tokio::test]
async fn drift_of_a_transaction_is_gone_with_it() {
    let fixture = Fixture::new().await;
    let session = fixture.connect().await;
    with_objects(&session).await;
    session.assert_clean().await;
    let direct = fixture.direct().await;
    direct.run("ALTER TABLE r ADD COLUMN note text").await;
    for sql in [
        "DROP TABLE t CASCADE",
        "ALTER TABLE t RENAME TO tt",
        "CREATE TABLE n ()",
    ] {
        session.run("BEGIN").await;
        session.run(sql).await;
        assert!(found(&session).await.len() > 1, "{sql}");
        session.run("ROLLBACK").await;
        assert_eq!(
            found(&session).await,
            ["table public.r: add column note text"]
        );
    }
}

#[tokio::test]
async fn a_head_that_moved_is_compared_anew() {
    let fixture = Fixture::new().await;
    let session = fixture.connect().await;
    with_objects(&session).await;
    session.assert_clean().await;
    session.run("ALTER TABLE r ADD COLUMN note text").await;
    session.run("DROP VIEW v").await;
    session.assert_clean().await;
    let direct = fixture.direct().await;
    direct.run("CREATE VIEW v AS SELECT 1 AS one").await;
    session.run("ALTER TABLE r DROP COLUMN note").await;
    assert_eq!(found(&session).await, ["view public.v: created"]);
    assert_eq!(all(&fixture, "main").await, ["view public.v: created"]);
}

#[tokio::test]
async fn rewritten_catalogs_are_no_drift_and_hide_none() {
    let fixture = Fixture::new().await;
    let session = fixture.connect().await;
    with_objects(&session).await;
    session.assert_clean().await;
    let admin = fixture.superuser().await;
    for sql in [
        "VACUUM (FREEZE) pg_class",
        "VACUUM FULL pg_attribute",
        "VACUUM FULL pg_depend",
        "ANALYZE",
        "REINDEX TABLE t",
    ] {
        admin.run(sql).await;
        session.assert_clean().await;
    }
    admin.run("VACUUM FULL pg_class").await;
    admin.run("ALTER TABLE t DROP COLUMN b CASCADE").await;
    let drift = found(&session).await;
    assert_eq!(drift, all(&fixture, "main").await);
    assert_eq!(drift.len(), 2, "{drift:?}");
}

#[tokio::test]
async fn a_role_that_is_renamed_renames_owners() {
    let fixture = Fixture::new().await;
    let session = fixture.connect().await;
    with_objects(&session).await;
    let role = fixture.database.role("reader").await;
    let admin = fixture.superuser().await;
    session.run(&format!("GRANT SELECT ON t TO {role}")).await;
    session.assert_clean().await;
    admin
        .run(&format!("ALTER ROLE {role} RENAME TO {role}_2"))
        .await;
    let drift = found(&session).await;
    assert_eq!(drift, all(&fixture, "main").await);
    assert_eq!(drift.len(), 1, "{drift:?}");
}
