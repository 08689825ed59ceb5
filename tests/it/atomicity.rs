//! DDL and its commit are one transaction: whoever is killed, and whenever, both are there or neither is.

use crate::harness::postgres::Durability;
use crate::harness::{Fixture, Postgres, Session, eventually};
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use rand::{Rng, SeedableRng, rngs::StdRng};
use std::collections::BTreeSet;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;

const WORKERS: usize = 4;
/// Transactions that have to succeed in spite of it all.
const TRANSACTIONS: usize = 300;

/// What a client knows about its own transactions.
#[derive(Default)]
struct Ledger {
    /// Created, and the client was told so.
    created: BTreeSet<String>,
    /// Dropped, perhaps: the client may not have been told.
    dropped: BTreeSet<String>,
    /// Rolled back by the client.
    undone: BTreeSet<String>,
}

/// Runs DDL transactions, connecting again whenever the connection breaks, until it is told to stop.
async fn work(worker: usize, url: &str, stop: &AtomicBool, done: &AtomicUsize) -> Ledger {
    let mut random = StdRng::seed_from_u64(worker as u64);
    let mut ledger = Ledger::default();
    let mut number = 0;
    while !stop.load(Ordering::Relaxed) {
        let Ok(session) = Session::try_connect(url).await else {
            tokio::time::sleep(Duration::from_millis(5)).await;
            continue;
        };
        while !stop.load(Ordering::Relaxed) {
            number += 1;
            let name = format!("w{worker}_{number}");
            match transaction(&session, &name, &mut ledger, &mut random).await {
                Ok(()) => done.fetch_add(1, Ordering::Relaxed),
                Err(_) => break,
            };
        }
    }
    ledger
}

/// One transaction, in one of the ways to have one.
async fn transaction(
    session: &Session,
    name: &str,
    ledger: &mut Ledger,
    random: &mut StdRng,
) -> Result<(), tokio_postgres::Error> {
    let create = format!("CREATE TABLE {name} (id int)");
    match random.random_range(0..7) {
        0 => drop(session.try_run(&create).await?),
        1 => drop(session.execute(&create, &[]).await?),
        2 => {
            session.try_run("BEGIN").await?;
            session.try_run(&create).await?;
            session
                .try_run(&format!("ALTER TABLE {name} ADD COLUMN note text"))
                .await?;
            session.try_run("COMMIT").await?;
        }
        3 => {
            let text = format!("{create}; CREATE INDEX ON {name} (id)");
            session.try_run(&text).await?;
        }
        4 => {
            let text = format!("BEGIN; {create}; INSERT INTO {name} VALUES (1); COMMIT");
            session.try_run(&text).await?;
        }
        5 => {
            ledger.undone.insert(name.to_owned());
            session
                .try_run(&format!("BEGIN; {create}; ROLLBACK"))
                .await?;
            return Ok(());
        }
        _ => {
            if let Some(victim) = ledger.created.pop_first() {
                ledger.dropped.insert(victim.clone());
                session
                    .try_run(&format!("DROP TABLE public.{victim}"))
                    .await?;
            }
            return Ok(());
        }
    }
    ledger.created.insert(name.to_owned());
    Ok(())
}

/// The tables that a branch's commits leave, by their statements alone.
fn tables_by_commits(commits: &[String]) -> BTreeSet<String> {
    let mut tables = BTreeSet::new();
    for statement in commits.iter().flat_map(|commit| commit.split("; ")) {
        if let Some(rest) = statement.strip_prefix("CREATE TABLE ") {
            let name = rest.split(' ').next().unwrap_or_default();
            assert!(tables.insert(name.to_owned()), "{name} was recorded twice");
        } else if let Some(name) = statement.strip_prefix("DROP TABLE public.") {
            assert!(
                tables.remove(name),
                "{name} was dropped before it was created"
            );
        }
    }
    tables
}

/// Waits for the sessions of the killed to end, then compares clients, commits and catalogs.
async fn assert_all_agree(fixture: &Fixture, ledgers: &[(&str, Ledger)]) {
    // The server may be in the middle of its recovery.
    let url = fixture.url();
    eventually("a session", async || {
        Session::try_connect(&url).await.is_ok()
    })
    .await;
    let server = fixture.superuser().await;
    let others = "SELECT count(*) FROM pg_stat_activity
                  WHERE datname = current_database() AND usename LIKE 'owner%'";
    eventually("all sessions to end", async || {
        server.value(others).await == "0"
    })
    .await;
    for (branch, schema) in [("main", "public"), ("feature", "public@feature")] {
        fixture.connect_on(branch).await.assert_clean().await;
        let sql = format!("SELECT tablename FROM pg_tables WHERE schemaname = '{schema}'");
        let live: BTreeSet<String> = server.column(&sql).await.into_iter().collect();
        let recorded = tables_by_commits(&fixture.statements(branch).await);
        assert_eq!(live, recorded, "tables and commits of {branch}");
        for (_, ledger) in ledgers
            .iter()
            .filter(|(its_branch, _)| *its_branch == branch)
        {
            for name in &ledger.created {
                assert!(live.contains(name), "{name} was acknowledged and is lost");
            }
            for name in &ledger.undone {
                assert!(!live.contains(name), "{name} was rolled back and exists");
            }
        }
    }
}

/// Lets workers run against both branches while `disturb` does its worst every now and then.
async fn under_fire(fixture: &mut Fixture, disturb: impl AsyncFn(&mut Fixture, usize)) {
    let admin = fixture.connect().await;
    admin.run("PGGIT BRANCH feature").await;
    drop(admin);
    let (stop, done) = (AtomicBool::new(false), AtomicUsize::new(0));
    let urls: Vec<(&str, String)> = (0..WORKERS)
        .map(|worker| ["main", "feature"][worker % 2])
        .map(|branch| (branch, fixture.url_on(branch)))
        .collect();
    let workers = urls
        .iter()
        .enumerate()
        .map(async |(index, (branch, url))| (*branch, work(index, url, &stop, &done).await));
    let enemy = async {
        let mut random = StdRng::seed_from_u64(20_261_122);
        let mut round = 0;
        while done.load(Ordering::Relaxed) < TRANSACTIONS {
            let pause = random.random_range(20..250);
            tokio::time::sleep(Duration::from_millis(pause)).await;
            disturb(fixture, round).await;
            round += 1;
        }
        stop.store(true, Ordering::Relaxed);
        round
    };
    let (ledgers, rounds) = tokio::join!(futures::future::join_all(workers), enemy);
    assert!(rounds >= 5, "only {rounds} disturbances");
    assert_all_agree(fixture, &ledgers).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn killing_the_proxy_leaves_no_half_commit() {
    let mut fixture = Fixture::new().await;
    under_fire(&mut fixture, async |fixture, _| {
        fixture.proxy.kill();
        fixture.proxy.restart();
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn killing_backends_leaves_no_half_commit() {
    /// Every so many rounds a backend dies without a word, and the server starts again through recovery.
    const CRASH_EVERY: usize = 5;
    let server = Box::leak(Box::new(Postgres::start(Durability::Full)));
    let mut fixture = Fixture::on(server).await;
    under_fire(&mut fixture, async |fixture, round| {
        let url = fixture.database.server.url("postgres", "postgres");
        // The server may be in the middle of its recovery.
        let Ok(admin) = Session::try_connect(&url).await else {
            return;
        };
        let victim = format!(
            "SELECT pid FROM pg_stat_activity WHERE datname = '{}' AND backend_type = 'client backend'
             ORDER BY random() LIMIT 1",
            fixture.database.name
        );
        let Ok(rows) = admin.query(&victim, &[]).await else {
            return;
        };
        let Some(pid) = rows.first().map(|row| row.get::<_, i32>(0)) else {
            return;
        };
        if round % CRASH_EVERY == CRASH_EVERY - 1 {
            let _ = kill(Pid::from_raw(pid), Signal::SIGKILL);
        } else {
            let _ = admin.execute("SELECT pg_terminate_backend($1)", &[&pid]).await;
        }
    })
    .await;
}
