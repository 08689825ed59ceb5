//! From a text to its [`Plan`].

use super::analyse;
use super::cache::{CacheUsage, PlanCache};
use super::encoding::Readable;
use super::plan::Plan;
use super::scan::{Scan, Watch};
use crate::branch::BranchMap;
use crate::error::{ErrorReport, SqlState};
use std::sync::Arc;

/// What a text's meaning depends on besides the text.
#[derive(Clone, Copy, Debug)]
pub struct PlanContext<'a> {
    /// The names of the branch that the session is on.
    pub map: &'a BranchMap,
    /// The session's `client_encoding`, as the server reports it.
    pub client_encoding: &'a str,
    pub standard_conforming_strings: bool,
    /// DDL awaits its commit: `COMMIT` and the like must be seen.
    pub watch_transactions: bool,
}

/// Makes plans and remembers them; shared by all sessions.
#[derive(Debug)]
pub struct Planner {
    /// `None` cannot happen, and would only mean that every text is looked at.
    scan: Option<Scan>,
    cache: PlanCache,
    /// The plan of nearly every text, so that it costs no allocation.
    forward: Arc<Plan>,
}

impl Planner {
    /// The cache of plans holds up to `cache_bytes`.
    pub fn new(cache_bytes: usize) -> Self {
        Self {
            scan: Scan::new().ok(),
            cache: PlanCache::new(cache_bytes),
            forward: Arc::new(Plan::Forward),
        }
    }

    /// What to do with the text of a `Query` or `Parse` message. Never fails: a text that cannot be
    /// understood goes to the server, which reports what is wrong with it.
    pub fn plan(&self, text: &[u8], context: &PlanContext<'_>) -> Arc<Plan> {
        if !self.concerns(text, context) {
            return Arc::clone(&self.forward);
        }
        if let Some(plan) = self.cache.get(text, context) {
            return plan;
        }
        let plan = match plan_text(text, context) {
            Plan::Forward => Arc::clone(&self.forward),
            plan => Arc::new(plan),
        };
        self.cache.insert(text, context, &plan);
        plan
    }

    /// What the cache of plans has done so far.
    pub fn cache_usage(&self) -> CacheUsage {
        self.cache.usage()
    }

    fn concerns(&self, text: &[u8], context: &PlanContext<'_>) -> bool {
        let names = !context.map.is_main();
        // The name of an extension's member may be any word.
        if names && !context.map.shared().extension_members.is_empty() {
            return true;
        }
        let watch = Watch {
            names,
            transactions: context.watch_transactions,
        };
        self.scan
            .as_ref()
            .is_none_or(|scan| scan.concerns(text, watch))
    }
}

/// Plans a text without scan and cache.
pub(super) fn plan_text(text: &[u8], context: &PlanContext<'_>) -> Plan {
    let readable = Readable::of(
        text,
        context.client_encoding,
        context.standard_conforming_strings,
    );
    match readable {
        Some(readable) => readable.plan(analyse::plan(&readable.text, context.map)),
        // The server refuses it as well, unless its database has no encoding.
        None if context.map.is_main() => Plan::Forward,
        None => Plan::Refuse(ErrorReport::new(
            SqlState::CHARACTER_NOT_IN_REPERTOIRE,
            "invalid byte sequence for encoding \"UTF8\"",
        )),
    }
}
