//! Two servers in the same state, and the proxy in front of one of them.

use crate::case::{Case, Step};
use crate::compare::difference;
use crate::generate;
use crate::harness::postgres::Durability;
use crate::harness::session::Row;
use crate::harness::{Postgres, Proxy, Session, eventually};
use crate::run::{Pace, run};
use crate::shrink::shrink;
use crate::texts::{CLEAR, STATE};
use std::pin::pin;
use std::time::Duration;
use tokio::sync::Mutex;
use tokio::time::timeout;

/// All relations of a schema with their columns and rows.
const CONTENTS: &str = "
    SELECT c.relkind, c.relname,
           (SELECT string_agg(a.attname || ' ' || format_type(a.atttypid, a.atttypmod), ', ' ORDER BY a.attnum)
            FROM pg_attribute a WHERE a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped),
           CASE WHEN c.relkind IN ('r', 'S') THEN
               (SELECT string_agg(row, ' ' ORDER BY row) FROM unnest(xpath('//row', query_to_xml(
                    format('SELECT * FROM %I.%I', n.nspname, c.relname), true, false, ''))::text[]) row)
           END
    FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
    WHERE n.nspname = ANY ('{SCHEMAS}')
    ORDER BY c.relkind, c.relname";

/// Who is there, what he waits for, and what he has locked; prepared transactions as well.
const HOLDERS: &str = "
    SELECT coalesce(a.pid::text, 'prepared'), a.usename, a.client_port, a.state, a.wait_event, pg_blocking_pids(a.pid),
           now() - a.xact_start, l.locks, left(a.query, 300)
    FROM (SELECT pid, string_agg(concat_ws(' ', mode, coalesce(relation::regclass::text, locktype), CASE WHEN NOT granted THEN 'awaited' END), ', ') AS locks
          FROM pg_locks WHERE locktype <> 'virtualxid' AND pid IS DISTINCT FROM pg_backend_pid() GROUP BY pid) AS l
        FULL JOIN (SELECT * FROM pg_stat_activity WHERE backend_type = 'client backend' AND pid <> pg_backend_pid()) AS a ON a.pid = l.pid";

/// The sessions of conversations.
const CONVERSING: &str = "SELECT count(*) FROM pg_stat_activity WHERE usename = 'fuzzer'";
const END: &str = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = 'fuzzer'";

/// After this long, one wants to know who keeps one waiting.
const PATIENCE: Duration = Duration::from_secs(10);

/// After this long, a session whose client has left is taken to hang.
const LINGERS: Duration = Duration::from_secs(20);

/// Waits for something, and tells who holds what whenever it takes long.
async fn patiently(admin: &Session, what: &str, work: impl Future<Output = ()>) {
    let mut work = pin!(work);
    while timeout(PATIENCE, &mut work).await.is_err() {
        eprintln!(
            "{what} takes more than {PATIENCE:?}:\n{}",
            holders(admin).await
        );
    }
}

async fn holders(admin: &Session) -> String {
    let rows = admin.rows(HOLDERS).await;
    let lines: Vec<String> = rows.iter().map(|row| row.join(" | ")).collect();
    lines.join("\n")
}

/// What is there, and how many transactions have written so far.
#[derive(Debug, PartialEq)]
struct Contents {
    relations: Vec<Row>,
    transactions: String,
}

/// What shows the names of schemas as the server has them, those of schemas that the branch has not included.
const PHYSICAL: &[&str] = &["current_setting('search_path')", "current_schema", "nope."];

pub struct World {
    plain: &'static Postgres,
    versioned: &'static Postgres,
    proxy: Proxy,
    branch: Option<&'static str>,
    /// Of the server without a proxy, after a reset; `None` before the first.
    begun: Mutex<Option<Contents>>,
}

impl World {
    pub async fn new(branch: Option<&'static str>) -> Self {
        let [plain, versioned] =
            [(); 2].map(|()| &*Box::leak(Box::new(Postgres::start(Durability::None))));
        let proxy = Proxy::start_with(versioned, &[]);
        // The schema of the history is in both, so that they are in the same state.
        let other = Proxy::start_with(plain, &[]);
        for (server, proxy) in [(plain, &other), (versioned, &proxy)] {
            let admin = Session::connect(&server.url("postgres", "postgres")).await;
            admin.run("CREATE ROLE fuzzer LOGIN").await;
            admin.run("CREATE DATABASE fuzz OWNER fuzzer").await;
            let admin = Session::connect(&proxy.url("postgres", "fuzz")).await;
            admin.run("PGGIT INIT").await;
        }
        drop(other);
        if let Some(branch) = branch {
            let session = Session::connect(&proxy.url("fuzzer", "fuzz")).await;
            session.run(&format!("PGGIT BRANCH {branch}")).await;
        }
        Self {
            plain,
            versioned,
            proxy,
            branch,
            begun: Mutex::new(None),
        }
    }

    /// Holds the conversation of a seed with both; `Some` describes how they differ, and after how little.
    pub async fn compare(&self, seed: u64) -> Option<String> {
        let options: Vec<_> = self
            .branch
            .map(|branch| ("pggit.branch", branch))
            .into_iter()
            .collect();
        let mut case = generate::case(seed, &options);
        if self.branch.is_some() {
            let tells = |step: &Step| PHYSICAL.iter().any(|word| step.shown.contains(word));
            case.steps.retain(|step| !tells(step));
        }
        let first = self.differ(&case).await?;
        let shortest = shrink(case, async |case| self.differ(&case).await.is_some()).await;
        let difference = self
            .differ(&shortest)
            .await
            .unwrap_or_else(|| format!("only now and then: {first}"));
        Some(format!("seed {seed}\n{shortest}{difference}"))
    }

    async fn differ(&self, case: &Case) -> Option<String> {
        self.reset().await;
        let server = run(self.plain.port(), case, Pace::Own).await;
        let proxy = run(self.proxy.port(), case, Pace::Of(&server)).await;
        let left_behind = self.left_behind().await;
        let difference = difference(&server, &proxy, self.branch.is_none())
            .or(left_behind)
            .or(self.contents_differ().await);
        if difference.is_some() {
            *self.begun.lock().await = None;
        }
        difference
    }

    /// Brings both into the state that every conversation begins with, unless they are in it.
    async fn reset(&self) {
        let now = self.contents(false).await;
        if self.begun.lock().await.as_ref() == Some(&now) {
            return;
        }
        let url = match self.branch {
            Some(branch) => self.proxy.url("fuzzer", &format!("fuzz@{branch}")),
            None => self.proxy.url("fuzzer", "fuzz"),
        };
        let sides = [
            (self.plain.url("fuzzer", "fuzz"), self.plain),
            (url, self.versioned),
        ];
        for (url, server) in sides {
            let admin = Session::connect(&server.url("postgres", "fuzz")).await;
            for gid in admin.column("SELECT gid FROM pg_prepared_xacts").await {
                admin.run(&format!("ROLLBACK PREPARED '{gid}'")).await;
            }
            let session = Session::connect(&url).await;
            patiently(&admin, "the reset", session.run(CLEAR)).await;
            session.run(STATE).await;
        }
        *self.begun.lock().await = Some(self.contents(false).await);
    }

    /// Waits until all is done that the client has sent before it hung up: it may prepare a transaction. Sessions that do
    /// not end are told of, and ended.
    async fn left_behind(&self) -> Option<String> {
        for (side, server) in [("server", self.plain), ("proxy", self.versioned)] {
            let admin = Session::connect(&server.url("postgres", "fuzz")).await;
            let alone = eventually("conversations to end", || async {
                admin.value(CONVERSING).await == "0"
            });
            if timeout(LINGERS, alone).await.is_err() {
                let holders = holders(&admin).await;
                admin.run(END).await;
                return Some(format!("a session of the {side}'s stays:\n{holders}"));
            }
        }
        None
    }

    /// `proxied` is the side that has the proxy in front of it.
    async fn contents(&self, proxied: bool) -> Contents {
        let schemas = match self.branch {
            Some(branch) if proxied => format!("{{\"public@{branch}\",\"a0@{branch}\"}}"),
            _ => "{public,a0}".to_owned(),
        };
        let server = if proxied { self.versioned } else { self.plain };
        let admin = Session::connect(&server.url("postgres", "fuzz")).await;
        let transactions = "SELECT pg_snapshot_xmax(pg_current_snapshot())";
        Contents {
            relations: admin.rows(&CONTENTS.replace("{SCHEMAS}", &schemas)).await,
            transactions: admin.value(transactions).await,
        }
    }

    async fn contents_differ(&self) -> Option<String> {
        let [server, proxy] = [self.contents(false).await, self.contents(true).await];
        (server.relations != proxy.relations).then(|| {
            format!(
                "what is there afterwards:\n  server {:?}\n  proxy {:?}",
                server.relations, proxy.relations
            )
        })
    }
}
