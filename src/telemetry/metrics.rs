//! The numbers of one process, in a registry of its own.
//!
//! Every label value is a variant of an enum here: nothing that a client chooses becomes a label. The
//! counters of all label values are looked up once, so that counting is one atomic addition.

use crate::error::Origin;
use prometheus::{
    Encoder, Histogram, HistogramOpts, HistogramVec, IntCounter, IntCounterVec, IntGauge, Opts,
    Registry, TextEncoder,
};
use std::time::{Duration, Instant};

/// Upper bounds in seconds: the proxy's own time is microseconds, a capture's milliseconds.
const PROXY_SECONDS: &[f64] = &[
    0.000_001, 0.000_005, 0.000_025, 0.000_1, 0.000_5, 0.001, 0.002_5, 0.005, 0.01, 0.025, 0.05,
    0.1, 0.5, 2.5,
];

/// Upper bounds in seconds: a few tables are made in a blink, ten thousand in minutes.
const HYDRATION_SECONDS: &[f64] = &[
    0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0, 120.0, 300.0, 900.0,
];

/// Declares a label: an enum, its values as they are exported, and the order of its counters.
macro_rules! label {
    ($(#[$doc:meta])* $name:ident { $($(#[$variant_doc:meta])* $variant:ident => $text:literal,)+ }) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub enum $name { $($(#[$variant_doc])* $variant,)+ }

        impl $name {
            const VALUES: &'static [&'static str] = &[$($text),+];
        }
    };
}

label! {
    /// What became of a statement.
    StatementKind {
        Forward => "forward",
        Spliced => "spliced",
        Ddl => "ddl",
        Command => "command",
        Setting => "setting",
        Transaction => "transaction",
        Refused => "refused",
    }
}

label! {
    /// Why a connection was turned away before its session began.
    Rejection {
        TooManyConnections => "too_many_connections",
        LoginTimeout => "login_timeout",
        Tls => "tls",
        Protocol => "protocol",
        Authentication => "authentication",
        UnknownBranch => "unknown_branch",
        Upstream => "upstream",
        ShuttingDown => "shutting_down",
    }
}

label! {
    /// Where the proxy spends time of its own.
    Stage {
        /// Finding out what a statement means.
        Planning => "planning",
        /// Turning DDL into a commit.
        Capture => "capture",
    }
}

label! {
    /// How a merge ended.
    MergeResult {
        UpToDate => "up_to_date",
        FastForward => "fast_forward",
        Merged => "merged",
        Conflicts => "conflicts",
        Refused => "refused",
    }
}

/// The metrics of one process.
#[derive(Debug)]
pub struct Metrics {
    registry: Registry,
    connections: IntGauge,
    connections_total: IntCounter,
    rejected: Vec<IntCounter>,
    statements: Vec<IntCounter>,
    plan_cache_hits: IntCounter,
    plan_cache_misses: IntCounter,
    plan_cache_bytes: IntGauge,
    seconds: Vec<Histogram>,
    ddl_commits: IntCounter,
    merges: Vec<IntCounter>,
    hydrations: IntGauge,
    hydrated_objects: IntCounter,
    hydration_failures: IntCounter,
    hydration_seconds: Histogram,
    errors: Vec<IntCounter>,
}

impl Metrics {
    /// # Errors
    /// If a name below were invalid or used twice.
    pub fn new() -> Result<Self, prometheus::Error> {
        let registry = Registry::new();
        let gauge = |name, help| {
            let gauge = IntGauge::new(name, help)?;
            registry.register(Box::new(gauge.clone()))?;
            Ok::<_, prometheus::Error>(gauge)
        };
        let counter = |name, help| {
            let counter = IntCounter::new(name, help)?;
            registry.register(Box::new(counter.clone()))?;
            Ok::<_, prometheus::Error>(counter)
        };
        let counters = |name, help, label, values: &[&str]| {
            let family = IntCounterVec::new(Opts::new(name, help), &[label])?;
            registry.register(Box::new(family.clone()))?;
            Ok::<_, prometheus::Error>(
                values
                    .iter()
                    .map(|value| family.with_label_values(&[*value]))
                    .collect(),
            )
        };
        let histogram = HistogramVec::new(
            HistogramOpts::new("pggit_proxy_seconds", "Time that the proxy itself adds")
                .buckets(PROXY_SECONDS.to_vec()),
            &["stage"],
        )?;
        registry.register(Box::new(histogram.clone()))?;
        let hydration_seconds = Histogram::with_opts(
            HistogramOpts::new(
                "pggit_hydration_seconds",
                "Time until a branch has all its objects",
            )
            .buckets(HYDRATION_SECONDS.to_vec()),
        )?;
        registry.register(Box::new(hydration_seconds.clone()))?;

        Ok(Self {
            connections: gauge("pggit_connections", "Client connections now open")?,
            connections_total: counter("pggit_connections_total", "Client connections accepted")?,
            rejected: counters(
                "pggit_connections_rejected_total",
                "Connections turned away before their session began",
                "reason",
                Rejection::VALUES,
            )?,
            statements: counters(
                "pggit_statements_total",
                "Statements by what the proxy did with them",
                "plan",
                StatementKind::VALUES,
            )?,
            plan_cache_hits: counter("pggit_plan_cache_hits_total", "Plans found in the cache")?,
            plan_cache_misses: counter("pggit_plan_cache_misses_total", "Plans made")?,
            plan_cache_bytes: gauge("pggit_plan_cache_bytes", "Bytes held by the plan cache")?,
            seconds: Stage::VALUES
                .iter()
                .map(|stage| histogram.with_label_values(&[*stage]))
                .collect(),
            ddl_commits: counter("pggit_ddl_commits_total", "Commits recorded for DDL")?,
            merges: counters(
                "pggit_merges_total",
                "Merges by outcome",
                "outcome",
                MergeResult::VALUES,
            )?,
            hydrations: gauge(
                "pggit_hydrations",
                "Branches whose objects are now being made",
            )?,
            hydrated_objects: counter("pggit_hydrated_objects_total", "Objects made on branches")?,
            hydration_failures: counter(
                "pggit_hydration_failures_total",
                "Attempts at an object of a branch that failed",
            )?,
            hydration_seconds,
            errors: counters(
                "pggit_errors_total",
                "Errors that clients were sent by the proxy, and failures of its own, by where they arose",
                "origin",
                &["client", "upstream", "internal"],
            )?,
            registry,
        })
    }

    /// A connection was accepted; it counts as open until the guard is dropped.
    pub fn connection_opened(&self) -> ConnectionGuard {
        self.connections_total.inc();
        self.connections.inc();
        ConnectionGuard(self.connections.clone())
    }

    pub fn connection_rejected(&self, reason: Rejection) {
        count(&self.rejected, reason as usize, 1);
    }

    pub fn statement(&self, kind: StatementKind) {
        self.statements(kind, 1);
    }

    /// Several statements at once, for a session that counts in batches.
    pub fn statements(&self, kind: StatementKind, number: u64) {
        count(&self.statements, kind as usize, number);
    }

    /// What the plan cache has counted since the process began, and what it holds now.
    pub fn plan_cache(&self, hits: u64, misses: u64, bytes: u64) {
        for (counter, total) in [
            (&self.plan_cache_hits, hits),
            (&self.plan_cache_misses, misses),
        ] {
            counter.inc_by(total.saturating_sub(counter.get()));
        }
        self.plan_cache_bytes
            .set(i64::try_from(bytes).unwrap_or(i64::MAX));
    }

    pub fn spent(&self, stage: Stage, time: Duration) {
        if let Some(histogram) = self.seconds.get(stage as usize) {
            histogram.observe(time.as_secs_f64());
        }
    }

    pub fn ddl_commits(&self, number: u64) {
        self.ddl_commits.inc_by(number);
    }

    pub fn merge(&self, outcome: MergeResult) {
        count(&self.merges, outcome as usize, 1);
    }

    /// A branch's objects begin to be made, and are until the guard is dropped.
    pub fn hydration_began(&self) -> HydrationGuard {
        self.hydrations.inc();
        HydrationGuard {
            under_way: self.hydrations.clone(),
            seconds: self.hydration_seconds.clone(),
            began: Instant::now(),
        }
    }

    pub fn objects_hydrated(&self, number: u64) {
        self.hydrated_objects.inc_by(number);
    }

    pub fn hydration_failed(&self) {
        self.hydration_failures.inc();
    }

    pub fn error(&self, origin: Origin) {
        count(&self.errors, origin as usize, 1);
    }

    /// Everything, in Prometheus' text format.
    pub fn encode(&self) -> Result<String, prometheus::Error> {
        let mut text = Vec::new();
        TextEncoder::new().encode(&self.registry.gather(), &mut text)?;
        Ok(String::from_utf8_lossy(&text).into_owned())
    }
}

fn count(counters: &[IntCounter], index: usize, number: u64) {
    if let Some(counter) = counters.get(index) {
        counter.inc_by(number);
    }
}

/// Counts a connection as open while it lives.
#[derive(Debug)]
pub struct ConnectionGuard(IntGauge);

impl Drop for ConnectionGuard {
    fn drop(&mut self) {
        self.0.dec();
    }
}

/// Counts a branch as being made while it lives.
#[derive(Debug)]
pub struct HydrationGuard {
    under_way: IntGauge,
    seconds: Histogram,
    began: Instant,
}

impl HydrationGuard {
    /// The branch has all its objects. One that is deleted meanwhile never has.
    pub fn completed(&self) {
        self.seconds.observe(self.began.elapsed().as_secs_f64());
    }
}

impl Drop for HydrationGuard {
    fn drop(&mut self) {
        self.under_way.dec();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_label_value_is_exported_from_the_start() {
        let text = Metrics::new().unwrap().encode().unwrap();
        for value in StatementKind::VALUES {
            assert!(text.contains(&format!("pggit_statements_total{{plan=\"{value}\"}} 0")));
        }
        assert!(text.contains("pggit_merges_total{outcome=\"fast_forward\"} 0"));
        assert!(text.contains("pggit_errors_total{origin=\"internal\"} 0"));
    }

    #[test]
    fn what_is_counted_shows() {
        let metrics = Metrics::new().unwrap();
        let open = metrics.connection_opened();
        metrics.connection_opened();
        metrics.connection_rejected(Rejection::LoginTimeout);
        metrics.statement(StatementKind::Ddl);
        metrics.spent(Stage::Capture, Duration::from_millis(3));
        metrics.merge(MergeResult::Conflicts);
        let completed = metrics.hydration_began();
        let under_way = metrics.hydration_began();
        completed.completed();
        drop(completed);
        metrics.objects_hydrated(7);
        metrics.hydration_failed();
        metrics.error(Origin::Upstream);
        metrics.plan_cache(2, 1, 300);
        metrics.plan_cache(5, 1, 200);
        let text = metrics.encode().unwrap();
        for line in [
            "pggit_connections 1",
            "pggit_connections_total 2",
            "pggit_connections_rejected_total{reason=\"login_timeout\"} 1",
            "pggit_statements_total{plan=\"ddl\"} 1",
            "pggit_proxy_seconds_count{stage=\"capture\"} 1",
            "pggit_merges_total{outcome=\"conflicts\"} 1",
            "pggit_hydrations 1",
            "pggit_hydration_seconds_count 1",
            "pggit_hydrated_objects_total 7",
            "pggit_hydration_failures_total 1",
            "pggit_errors_total{origin=\"upstream\"} 1",
            "pggit_plan_cache_hits_total 5",
            "pggit_plan_cache_misses_total 1",
            "pggit_plan_cache_bytes 200",
        ] {
            assert!(text.lines().any(|found| found == line), "{line}\n{text}");
        }
        drop(open);
        drop(under_way);
        let text = metrics.encode().unwrap();
        assert!(text.contains("pggit_connections 0") && text.contains("pggit_hydrations 0"));
    }

    #[test]
    fn origins_are_counted_under_their_own_names() {
        for (origin, name) in [
            (Origin::Client, "client"),
            (Origin::Upstream, "upstream"),
            (Origin::Internal, "internal"),
        ] {
            let metrics = Metrics::new().unwrap();
            metrics.error(origin);
            let line = format!("pggit_errors_total{{origin=\"{name}\"}} 1");
            assert!(metrics.encode().unwrap().contains(&line));
        }
    }
}
