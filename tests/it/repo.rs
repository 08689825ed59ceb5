//! The use cases against a real database, without the wire in between.

use crate::harness::Database;
use crate::store::connect;
use pggit::config::{SslMode, Upstream};
use pggit::merge::Strategy;
use pggit::repo::merging::{self, History, MergeReport, Outcome, Request, Source};
use pggit::repo::{self, Identity, PendingDdl, Ref, Repo, Versioning, branches, drift};
use pggit::sql::plan::{Ddl, Target, TargetClass};
use pggit::store::Operation;
use pggit::upstream::Executor;
use pggit::upstream::admin::{AdminConnection, AdminPools};
use std::collections::BTreeSet;
use std::sync::Arc;

/// A database under version control, and a client's connection to it.
struct Versioned {
    versioning: Arc<repo::Database>,
    client: AdminConnection,
    identity: Identity,
    database: Database,
}

impl Versioned {
    async fn new(setup: &str) -> Self {
        let database = Database::create().await;
        let mut client = connect(&database, &database.owner).await;
        client.batch(setup).await.unwrap();
        let upstream = Upstream {
            host: "127.0.0.1".to_owned(),
            port: database.server.port(),
            user: "postgres".to_owned(),
            sslmode: SslMode::Disable,
            ..Upstream::default()
        };
        let pools = AdminPools::new(&upstream).unwrap();
        let versioning = Versioning {
            migration_ledgers: ["schema_migrations", "jobs.version"]
                .map(str::to_owned)
                .into(),
            ..Versioning::default()
        };
        let repo = Repo::new(pools.clone(), pools, versioning);
        let mut administrator = repo.administrator(&database.name).await.unwrap();
        repo::init(&mut administrator, &BTreeSet::default())
            .await
            .unwrap();
        let versioning = repo.database(&database.name).await.unwrap().unwrap();
        Self {
            versioning,
            client,
            identity: Identity {
                role: database.owner.clone(),
                application: "tests".to_owned(),
                address: String::new(),
            },
            database,
        }
    }

    /// Runs DDL that names physical schemas, as the proxy would have spliced it, and captures it.
    async fn ddl(&mut self, branch: &str, sql: &str, names: &[&str]) -> usize {
        self.client.batch("BEGIN").await.unwrap();
        self.client.batch(sql).await.unwrap();
        let mut pending = PendingDdl::default();
        let targets = names.iter().map(|name| {
            let (class, name) = match name.strip_prefix("type ") {
                Some(name) => (TargetClass::Type, name),
                None => (TargetClass::Relation, *name),
            };
            Target {
                class,
                schema: None,
                name: name.to_owned(),
            }
        });
        pending.add(
            branch,
            sql,
            &Ddl {
                targets: targets.collect(),
                summary: sql.to_owned(),
                ..Ddl::default()
            },
        );
        let captured = repo::capture(&self.versioning, &mut self.client, &pending, &self.identity)
            .await
            .unwrap();
        self.client.batch("COMMIT").await.unwrap();
        captured.len()
    }

    async fn branch(&self, name: &str, from: &str) {
        let created = branches::create(
            &self.versioning,
            name,
            &Ref::branch(from),
            None,
            &self.identity,
        )
        .await
        .unwrap();
        self.versioning.complete(created.map.id()).await.unwrap();
        let mut client = connect(&self.database, &self.database.owner).await;
        let status = drift::status(&self.versioning, &mut client, &created.map)
            .await
            .unwrap();
        assert_eq!(status.drift, [], "hydration is exact");
    }

    async fn merge(&mut self, source: &str, target: &str) -> MergeReport {
        let request = Request {
            operation: Operation::Merge,
            base: None,
            sources: vec![Source::new(Ref::branch(source))],
            target: target.to_owned(),
            history: History::Auto,
            strategy: Strategy::Auto,
            message: None,
            allow_data_loss: false,
        };
        merging::merge(&self.versioning, &mut self.client, &request, &self.identity)
            .await
            .unwrap()
    }

    async fn assert_clean(&mut self, branch: &str) {
        let map = self.versioning.branch(branch).await.unwrap();
        let status = drift::status(&self.versioning, &mut self.client, &map)
            .await
            .unwrap();
        assert_eq!(status.drift, [], "{branch}");
    }

    async fn column(&mut self, sql: &str) -> Vec<String> {
        let rows = self.client.query(sql, &[]).await.unwrap();
        rows.into_iter().flatten().flatten().collect()
    }
}

const USERS: &str = "
    CREATE TABLE public.users (id bigserial PRIMARY KEY, name text NOT NULL, CHECK (name <> ''));
    CREATE INDEX users_name ON public.users (lower(name));
    CREATE VIEW public.names AS SELECT id, name FROM public.users;
    CREATE FUNCTION public.count_users() RETURNS bigint LANGUAGE sql AS 'SELECT count(*) FROM public.users';
    INSERT INTO public.users (name) VALUES ('ada');";

#[tokio::test]
async fn init_commits_what_is_there_and_nothing_drifts() {
    let mut versioned = Versioned::new(USERS).await;
    versioned.assert_clean("main").await;
}

#[tokio::test]
async fn a_branch_is_made_changed_and_merged_and_keeps_rows() {
    let mut versioned = Versioned::new(USERS).await;
    versioned.branch("feature", "main").await;
    versioned.assert_clean("feature").await;
    let commits = versioned
        .ddl(
            "feature",
            r#"ALTER TABLE "public@feature".users RENAME COLUMN name TO full_name;
               ALTER TABLE "public@feature".users ADD COLUMN email text UNIQUE"#,
            &["users"],
        )
        .await;
    assert_eq!(commits, 1);
    versioned.assert_clean("feature").await;
    let report = versioned.merge("feature", "main").await;
    assert_eq!(report.outcome, Outcome::FastForward);
    versioned.assert_clean("main").await;
    assert_eq!(
        versioned.column("SELECT full_name FROM public.users").await,
        ["ada"]
    );
    let again = versioned.merge("feature", "main").await;
    assert_eq!(again.outcome, Outcome::UpToDate);
}

#[tokio::test]
async fn both_sides_change_one_table_and_merge() {
    let mut versioned = Versioned::new(USERS).await;
    versioned.branch("feature", "main").await;
    versioned
        .ddl(
            "feature",
            r#"ALTER TABLE "public@feature".users ADD COLUMN email text"#,
            &["users"],
        )
        .await;
    versioned
        .ddl(
            "main",
            "ALTER TABLE public.users RENAME COLUMN name TO full_name",
            &["users"],
        )
        .await;
    versioned.assert_clean("main").await;
    let report = versioned.merge("feature", "main").await;
    assert_eq!(report.outcome, Outcome::Merged);
    versioned.assert_clean("main").await;
    let report = versioned.merge("main", "feature").await;
    assert_eq!(report.outcome, Outcome::FastForward);
    versioned.assert_clean("feature").await;
}

#[tokio::test]
async fn objects_come_and_go_with_a_merge() {
    let mut versioned = Versioned::new(USERS).await;
    versioned.branch("feature", "main").await;
    versioned
        .ddl(
            "feature",
            r#"DROP VIEW "public@feature".names;
               DROP INDEX "public@feature".users_name;
               CREATE TYPE "public@feature".mood AS ENUM ('sad', 'ok');
               CREATE TABLE "public@feature".posts (
                   id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
                   author bigint NOT NULL REFERENCES "public@feature".users ON DELETE CASCADE,
                   mood "public@feature".mood DEFAULT 'ok',
                   title text, words int GENERATED ALWAYS AS (length(title)) STORED);
               CREATE INDEX posts_title ON "public@feature".posts (title) WHERE title IS NOT NULL"#,
            &["posts", "type mood"],
        )
        .await;
    versioned.assert_clean("feature").await;
    let report = versioned.merge("feature", "main").await;
    assert_eq!(report.outcome, Outcome::FastForward);
    versioned.assert_clean("main").await;
    let names = "SELECT relname::text FROM pg_class
                  WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'v', 'i') ORDER BY 1";
    assert_eq!(
        versioned.column(names).await,
        ["posts", "posts_pkey", "posts_title", "users", "users_pkey"]
    );
}

#[tokio::test]
async fn a_migration_ledger_may_be_one_in_its_schema_only() {
    let mut versioned = Versioned::new(
        "CREATE SCHEMA jobs; CREATE TABLE jobs.version (version text); INSERT INTO jobs.version VALUES ('21');
         CREATE TABLE public.version (version text); INSERT INTO public.version VALUES ('a row')",
    )
    .await;
    versioned.branch("feature", "main").await;
    versioned.branch("further", "feature").await;
    for branch in ["feature", "further"] {
        let rows = |schema: &str| format!(r#"SELECT version FROM "{schema}@{branch}".version"#);
        assert_eq!(versioned.column(&rows("jobs")).await, ["21"]);
        assert_eq!(versioned.column(&rows("public")).await, [""; 0]);
    }
}

#[tokio::test]
async fn a_migration_ledger_is_copied_and_carried() {
    let mut versioned = Versioned::new(
        "CREATE TABLE public.schema_migrations (version text PRIMARY KEY, at timestamptz DEFAULT now());
         INSERT INTO public.schema_migrations VALUES ('001')",
    )
    .await;
    versioned.branch("feature", "main").await;
    let versions =
        |schema: &str| format!(r#"SELECT version FROM "{schema}".schema_migrations ORDER BY 1"#);
    assert_eq!(versioned.column(&versions("public@feature")).await, ["001"]);
    versioned
        .ddl(
            "feature",
            r#"CREATE TABLE "public@feature".t ();
               ALTER TABLE "public@feature".schema_migrations ADD COLUMN breaking boolean NOT NULL DEFAULT false;
               INSERT INTO "public@feature".schema_migrations VALUES ('002');
               UPDATE "public@feature".schema_migrations SET breaking = true"#,
            &["t", "schema_migrations"],
        )
        .await;
    versioned.merge("feature", "main").await;
    assert_eq!(versioned.column(&versions("public")).await, ["001", "002"]);
    let breaking = "SELECT DISTINCT breaking::text FROM public.schema_migrations";
    assert_eq!(versioned.column(breaking).await, ["true"]);
}

#[tokio::test]
async fn a_head_that_is_remembered_wrongly_hides_no_change() {
    let mut versioned = Versioned::new("").await;
    let main = versioned.versioning.branch("main").await.unwrap();
    let before = versioned.versioning.current_head("main").await.unwrap();
    versioned
        .ddl("main", "CREATE TABLE public.t (id int)", &["t"])
        .await;
    // As if a session that had asked earlier were answered late.
    versioned.versioning.remember_head(main.id(), before);
    let captured = versioned.ddl("main", "DROP TABLE public.t", &["t"]).await;
    assert_eq!(captured, 1);
    versioned.assert_clean("main").await;
    let after = versioned.versioning.current_head("main").await.unwrap();
    assert_eq!(after.tree, before.tree);
}
