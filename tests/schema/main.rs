//! Differences and their DDL, against a real PostgreSQL: what is rendered runs, and what it leaves is
//! what was wanted.

#[path = "../harness/mod.rs"]
mod harness;

mod cases;
mod pairs;
mod random;

use harness::Database;
use pggit::branch::BranchMap;
use pggit::branch::map::SharedObjects;
use pggit::catalog::{LineageBook, Selection, read, server_version};
use pggit::config::Upstream;
use pggit::schema::model::{Body, Lineage};
use pggit::schema::snapshot::Snapshot;
use pggit::schema::{RenderOptions, Step, create_all, diff, render, script};
use pggit::sql::retarget;
use pggit::upstream::Executor;
use pggit::upstream::admin::{AdminConnection, AdminPools};
use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

const SCHEMAS: [&str; 6] = ["public", "app", "App", "other", "Other app", "Other App"];

/// Branch `f`, with all of them.
fn branch() -> BranchMap {
    let schemas = SCHEMAS.map(|schema| (schema.to_owned(), format!("{schema}@f")));
    BranchMap::new("f", 2, 1, schemas, Arc::new(SharedObjects::default()))
}

/// One database that is emptied again and again.
struct Bench {
    /// Where steps are applied and schemas read, if not on `main`.
    map: Option<BranchMap>,
    connection: AdminConnection,
    version: u32,
    _database: Database,
}

impl Bench {
    async fn new() -> Self {
        let database = Database::create().await;
        let pools = AdminPools::new(&Upstream {
            port: database.server.port(),
            ..Upstream::default()
        })
        .expect("pools");
        let mut connection = pools.get(&database.name).await.expect("a connection");
        let version = server_version(&mut connection).await.expect("a version");
        Self {
            map: None,
            connection,
            version,
            _database: database,
        }
    }

    fn options(&self) -> RenderOptions {
        RenderOptions {
            server_version: self.version,
            ..RenderOptions::default()
        }
    }

    /// What the cases find there besides schemas.
    async fn prepare(&mut self) {
        self.run(
            "DO $$ BEGIN
                 PERFORM pg_advisory_xact_lock(1);
                 IF to_regrole('schema_reader') IS NULL THEN
                     CREATE ROLE schema_reader;
                     CREATE ROLE schema_writer;
                 END IF;
             END $$;
             CREATE FOREIGN DATA WRAPPER wrapper;
             CREATE SERVER remote FOREIGN DATA WRAPPER wrapper;
             CREATE SERVER elsewhere FOREIGN DATA WRAPPER wrapper",
        )
        .await
        .expect("roles and servers");
    }

    async fn run(&mut self, sql: &str) -> Result<(), String> {
        let outcome = self.connection.batch(sql).await;
        if outcome.is_err() {
            self.connection.batch("ROLLBACK").await.expect("rollback");
        }
        outcome.map_err(|error| format!("{error:?}"))
    }

    /// Runs steps in one transaction, as a merge does.
    async fn apply(&mut self, steps: &[Step]) -> Result<(), String> {
        let mut text = script(steps);
        if let Some(map) = &self.map {
            text = steps
                .iter()
                .map(|step| {
                    let sql = retarget(&step.sql, map)
                        .map_err(|error| format!("{error}: {}", step.sql))?;
                    Ok(format!("{sql};\n"))
                })
                .collect::<Result<String, String>>()?;
        }
        self.run(&format!(
            "BEGIN; SET LOCAL check_function_bodies = off;\n{text}\nCOMMIT;"
        ))
        .await
        .map_err(|error| format!("{error}\n{text}"))
    }

    async fn empty(&mut self) {
        let names = SCHEMAS
            .map(|name| format!("\"{name}\", \"{name}@f\""))
            .join(", ");
        self.run(&format!("DROP SCHEMA IF EXISTS {names} CASCADE"))
            .await
            .expect("empty");
    }

    async fn start_over(&mut self, setup: &str) -> Result<(), String> {
        self.empty().await;
        self.run(&format!(
            "CREATE SCHEMA public; CREATE SCHEMA app; SET search_path = public; {setup}; SET search_path = pg_catalog, pg_temp"
        ))
        .await
    }

    /// What is there now, with lineages from `book`.
    async fn read(&mut self, book: &mut LineageBook) -> Snapshot {
        let suffix = if self.map.is_some() { "@f" } else { "" };
        let schemas = SCHEMAS.map(|schema| format!("{schema}{suffix}"));
        let raw = read(
            &mut self.connection,
            self.version,
            Selection::Schemas(&schemas),
        )
        .await
        .expect("catalogs");
        raw.objects(
            &|schema| Some(schema.strip_suffix(suffix)?.to_owned()),
            book,
        )
        .expect("definitions")
        .into_iter()
        .map(|found| (found.lineage, found.definition))
        .collect()
    }

    /// What is there now, with `model`'s lineages for what has the same name there.
    async fn read_like(&mut self, model: &Snapshot) -> Snapshot {
        let found = self.read(&mut LineageBook::default()).await;
        found
            .iter()
            .map(|(lineage, definition)| {
                let mut definition = (**definition).clone();
                let known = model.by_key(&definition.key());
                let Some((known, wanted)) =
                    known.and_then(|known| Some((known, model.get(&known)?)))
                else {
                    return (*lineage, definition);
                };
                match (&mut definition.body, &wanted.body) {
                    (Body::Table(table), Body::Table(model)) => {
                        let ids: BTreeMap<&str, Lineage> = model
                            .columns
                            .iter()
                            .map(|c| (c.name.as_str(), c.id))
                            .collect();
                        for column in &mut table.columns {
                            column.id = *ids.get(column.name.as_str()).unwrap_or(&column.id);
                        }
                    }
                    (Body::Composite(composite), Body::Composite(model)) => {
                        let ids: BTreeMap<&str, Lineage> = model
                            .attributes
                            .iter()
                            .map(|a| (a.name.as_str(), a.id))
                            .collect();
                        for attribute in &mut composite.attributes {
                            attribute.id =
                                *ids.get(attribute.name.as_str()).unwrap_or(&attribute.id);
                        }
                    }
                    _ => {}
                }
                (known, definition)
            })
            .collect()
    }

    /// Fails unless what is there now is `wanted`.
    async fn expect(&mut self, wanted: &Snapshot, steps: &[Step]) -> Result<(), String> {
        let found = self.read_like(wanted).await;
        let rest = diff(&found, wanted);
        if rest.is_empty() {
            Ok(())
        } else {
            Err(format!("left: {rest:#?}\nafter:\n{}", script(steps)))
        }
    }

    /// Makes `snapshot` from nothing, and checks it; as a migration would, or as a branch is made.
    async fn create(
        &mut self,
        snapshot: &Snapshot,
        foreign_keys_within: bool,
    ) -> Result<(), String> {
        self.empty().await;
        let options = RenderOptions {
            foreign_keys_within,
            ..self.options()
        };
        let steps = create_all(snapshot, &options);
        self.apply(&steps).await?;
        self.expect(snapshot, &steps).await
    }

    /// Turns what is there, which is `from`, into `to`, and checks it.
    async fn migrate(&mut self, from: &Snapshot, to: &Snapshot) -> Result<Vec<Step>, String> {
        let steps = render(&diff(from, to), from, to, &self.options());
        self.apply(&steps).await?;
        self.expect(to, &steps).await?;
        Ok(steps)
    }
}

/// A case's schema before and after its change, as the same objects.
async fn before_and_after(
    bench: &mut Bench,
    setup: &str,
    change: &str,
) -> Result<(Snapshot, Snapshot), String> {
    bench.start_over(setup).await?;
    let mut book = LineageBook::new(HashMap::new());
    let before = bench.read(&mut book).await;
    bench
        .run(&format!(
            "SET search_path = public; {change}; SET search_path = pg_catalog, pg_temp"
        ))
        .await?;
    let after = bench.read(&mut book).await;
    Ok((before, after))
}

async fn check(bench: &mut Bench, case: &cases::Case) -> Result<(), String> {
    let (before, after) = before_and_after(bench, case.setup, case.change).await?;
    if !diff(&before, &before).is_empty() {
        return Err("differs from itself".to_owned());
    }
    bench
        .create(&before, true)
        .await
        .map_err(|e| format!("create old: {e}"))?;
    bench
        .create(&after, false)
        .await
        .map_err(|e| format!("create new: {e}"))?;
    bench.start_over(case.setup).await?;
    let steps = bench
        .migrate(&before, &after)
        .await
        .map_err(|e| format!("old to new: {e}"))?;
    if steps.is_empty() {
        return Err("nothing changed".to_owned());
    }
    if case.reversible {
        bench
            .migrate(&after, &before)
            .await
            .map_err(|e| format!("new to old: {e}"))?;
    }
    bench.map = Some(branch());
    let on_branch = async {
        bench.create(&before, true).await?;
        bench.migrate(&before, &after).await
    }
    .await;
    bench.map = None;
    on_branch.map_err(|e| format!("on a branch: {e}"))?;
    for unwanted in case.without {
        if steps.iter().any(|step| step.sql.contains(unwanted)) {
            return Err(format!("{unwanted} in:\n{}", script(&steps)));
        }
    }
    for wanted in case.with {
        if !steps.iter().any(|step| step.sql.contains(wanted)) {
            return Err(format!("no {wanted} in:\n{}", script(&steps)));
        }
    }
    Ok(())
}

#[tokio::test]
async fn every_change_is_found_and_rendered() {
    let mut bench = Bench::new().await;
    bench.prepare().await;
    let only = std::env::var("PGGIT_TEST_CASE").ok();
    let mut failures = Vec::new();
    for case in cases::all() {
        if bench.version / 10_000 < case.since {
            continue;
        }
        if only
            .as_ref()
            .is_some_and(|only| !case.name.contains(only.as_str()))
        {
            continue;
        }
        if let Err(error) = check(&mut bench, case).await {
            failures.push(format!("== {}: {error}", case.name));
        }
    }
    assert!(
        failures.is_empty(),
        "{} failed\n{}",
        failures.len(),
        failures.join("\n\n")
    );
}

#[tokio::test]
async fn a_wide_schema_is_made_anew_and_torn_down() {
    let mut bench = Bench::new().await;
    bench.empty().await;
    bench
        .run(&format!(
            "CREATE SCHEMA public; CREATE SCHEMA \"App\"; {}",
            include_str!("../catalog/wide.sql")
                .replace("{public}", "public")
                .replace("{PUBLIC}", "PUBLIC")
                .replace("{app}", "\"App\"")
                .replace("{owner}", "pg_database_owner")
                .replace("{reader}", "pg_monitor")
        ))
        .await
        .expect("wide.sql");
    let wide = bench.read(&mut LineageBook::default()).await;
    bench
        .create(&wide, true)
        .await
        .unwrap_or_else(|error| panic!("{error}"));
    let nothing = Snapshot::default();
    if let Err(error) = bench.migrate(&wide, &nothing).await {
        panic!("{error}");
    }
}
