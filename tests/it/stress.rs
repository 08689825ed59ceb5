//! Many clients commit to, branch from and merge into the same branches at once: nothing is lost, nothing forks, and no
//! deadlock reaches a client.
//!
//! `PGGIT_TEST_STRESS_SECONDS` says for how long.

use crate::harness::{Fixture, Proxy, Session};
use crate::store::connect;
use pggit::repo;
use rand::rngs::StdRng;
use rand::seq::IndexedRandom;
use rand::{Rng, SeedableRng};
use std::time::{Duration, Instant};

const CLIENTS: u64 = 32;
const SHARED: &[&str] = &["main", "dev", "test", "next"];

fn duration() -> Duration {
    let seconds = std::env::var("PGGIT_TEST_STRESS_SECONDS").ok();
    Duration::from_secs(seconds.and_then(|text| text.parse().ok()).unwrap_or(8))
}

/// What a client was told is done.
#[derive(Default)]
struct Done {
    /// Branch and table.
    tables: Vec<(String, String)>,
    branches: u64,
    merges: u64,
    /// Told to try again.
    turned_away: u64,
    failures: Vec<String>,
}

struct Client {
    number: u64,
    session: Session,
    random: StdRng,
    /// The number of the next thing that it makes.
    next: u64,
    done: Done,
}

impl Client {
    /// Whether it was done. That a branch keeps changing may be said; nothing else may.
    async fn attempt(&mut self, sql: &str) -> bool {
        match self.session.try_run(sql).await {
            Ok(_) => true,
            Err(error) => {
                let sqlstate = error.code().map_or("none", |code| code.code());
                if sqlstate == "40001" {
                    self.done.turned_away += 1;
                } else {
                    let told = error.as_db_error();
                    let told = told.map_or_else(|| error.to_string(), ToString::to_string);
                    let detail = error.as_db_error().and_then(|told| told.detail());
                    let failure =
                        format!("{sql}: {sqlstate} {told} {}", detail.unwrap_or_default());
                    self.done.failures.push(failure);
                }
                false
            }
        }
    }

    fn name(&mut self, kind: &str) -> String {
        self.next += 1;
        format!("{kind}_{}_{}", self.number, self.next)
    }

    fn shared(&mut self) -> &'static str {
        SHARED.choose(&mut self.random).expect("there are some")
    }

    async fn make_table(&mut self, branch: &str) {
        let table = self.name("t");
        if !self
            .attempt(&format!("SET pggit.branch = '{branch}'"))
            .await
        {
            return;
        }
        let (create, index) = (
            format!("CREATE TABLE {table} (id int PRIMARY KEY, v text)"),
            format!("CREATE INDEX ON {table} (v)"),
        );
        let done = if self.random.random_bool(0.5) {
            self.attempt(&create).await
        } else {
            let block = format!("BEGIN; {create}; {index}; COMMIT");
            let done = self.attempt(&block).await;
            if !done {
                self.session.try_run("ROLLBACK").await.ok();
            }
            done
        };
        if done {
            self.done.tables.push((branch.to_owned(), table));
        }
    }

    async fn merge(&mut self, source: &str, target: &str) -> bool {
        let merged = self
            .attempt(&format!("PGGIT MERGE {source} INTO {target}"))
            .await;
        self.done.merges += u64::from(merged);
        merged
    }

    async fn step(&mut self) {
        match self.random.random_range(0..10) {
            0..6 => {
                let branch = self.shared();
                self.make_table(branch).await;
            }
            6..8 => {
                let (source, target) = (self.shared(), self.shared());
                self.merge(source, target).await;
            }
            _ => {
                let (from, target) = (self.shared(), self.shared());
                let branch = self.name("b");
                let create = format!("PGGIT BRANCH {branch} FROM {from}");
                if self.attempt(&create).await {
                    self.done.branches += 1;
                    self.make_table(&branch).await;
                    let tables = self.done.tables.len();
                    if self.merge(&branch, target).await && tables > 0 {
                        let own = self.done.tables[tables - 1].clone();
                        if own.0 == branch {
                            self.done.tables.push((target.to_owned(), own.1));
                        }
                    }
                }
            }
        }
    }
}

async fn storm(proxies: usize) {
    let fixture = Fixture::new().await;
    let mut urls = vec![fixture.url()];
    let others: Vec<Proxy> = (1..proxies)
        .map(|_| Proxy::start_with(fixture.database.server, &[]))
        .collect();
    let database = &fixture.database;
    urls.extend(
        others
            .iter()
            .map(|proxy| proxy.url(&database.owner, &database.name)),
    );
    let main = fixture.connect().await;
    main.run("CREATE TABLE t_first (id int)").await;
    for branch in &SHARED[1..] {
        main.run(&format!("PGGIT BRANCH {branch} FROM main")).await;
    }
    let end = Instant::now() + duration();
    let clients = (0..CLIENTS).map(|number| {
        let url = urls[usize::try_from(number).unwrap_or(0) % urls.len()].clone();
        tokio::spawn(async move {
            let mut client = Client {
                number,
                session: Session::connect(&url).await,
                random: StdRng::seed_from_u64(number),
                next: 0,
                done: Done::default(),
            };
            while Instant::now() < end {
                client.step().await;
            }
            client.done
        })
    });
    let clients: Vec<_> = clients.collect();
    let mut all = Done::default();
    for client in clients {
        let done = client.await.expect("no panic");
        all.tables.extend(done.tables);
        all.branches += done.branches;
        all.merges += done.merges;
        all.turned_away += done.turned_away;
        all.failures.extend(done.failures);
    }
    println!(
        "{proxies} proxies: {} commits, {} branches, {} merges, {} told to try again",
        all.tables.len(),
        all.branches,
        all.merges,
        all.turned_away
    );
    assert!(all.failures.is_empty(), "{:#?}", all.failures);
    assert!(all.tables.len() > 20 && all.merges > 0);

    let server = fixture.superuser().await;
    for shared in SHARED {
        fixture.complete(shared).await;
        let session = fixture.connect_on(shared).await;
        session.assert_clean().await;
    }
    // Every head that was ever left was left for its successor.
    let forks = "SELECT count(*) FROM (
            SELECT old, lag(new) OVER (PARTITION BY branch_id ORDER BY id) AS before FROM pggit.reflog
        ) AS moves WHERE before IS NOT NULL AND old IS DISTINCT FROM before";
    assert_eq!(server.value(forks).await, "0");
    let heads = "SELECT count(*) FROM pggit.branch AS b
        WHERE b.head <> (SELECT r.new FROM pggit.reflog AS r WHERE r.branch_id = b.id ORDER BY r.id DESC LIMIT 1)";
    assert_eq!(server.value(heads).await, "0");
    // Whatever a client was told is done is in the branch's history, and in the branch.
    let values: Vec<String> = all
        .tables
        .iter()
        .map(|(branch, table)| format!("('{branch}', '{table}')"))
        .collect();
    let lost = format!(
        "SELECT d.branch || '.' || d.tab FROM (VALUES {}) AS d (branch, tab)
         JOIN pggit.branch AS b ON b.name = d.branch
         LEFT JOIN pggit.branch_schema AS s ON s.branch_id = b.id AND s.logical = 'public'
         WHERE to_regclass(format('%I.%I', coalesce(s.physical, 'public'), d.tab)) IS NULL
           AND NOT EXISTS (SELECT FROM pggit.hydration AS h WHERE h.branch_id = b.id)",
        values.join(", ")
    );
    assert_eq!(server.column(&lost).await, [""; 0]);
    let unrecorded = format!(
        "SELECT d.tab FROM (VALUES {}) AS d (branch, tab)
         WHERE NOT EXISTS (
             SELECT FROM pggit.commit AS c, unnest(c.statements) AS s (text)
             WHERE s.text LIKE '%CREATE TABLE ' || d.tab || ' %')",
        values.join(", ")
    );
    assert_eq!(server.column(&unrecorded).await, [""; 0]);
    let mut client = connect(database, &database.owner).await;
    let verdict = repo::verify(&mut client, &mut |_| {}).await.expect("read");
    assert!(verdict.findings.is_empty(), "{:#?}", verdict.findings);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn many_clients_of_one_proxy_lose_nothing() {
    storm(1).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn many_clients_of_two_proxies_lose_nothing() {
    storm(2).await;
}
