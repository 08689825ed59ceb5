//! From a text to its [`Plan`].

use super::analyse::{self, Planned};
use super::cache::{CacheUsage, Known, PlanCache};
use super::encoding::Readable;
use super::plan::{Action, Plan};
use super::scan::{Scan, Watch};
use super::shape::Shape;
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
}

impl Planner {
    /// The cache of plans holds up to `cache_bytes`.
    pub fn new(cache_bytes: usize) -> Self {
        Self {
            scan: Scan::new().ok(),
            cache: PlanCache::new(cache_bytes),
        }
    }

    /// What to do with the text of a `Query` or `Parse` message; `None` to send it on as it is. Never fails: a text
    /// that cannot be understood goes to the server, which reports what is wrong with it.
    pub fn plan(&self, text: &[u8], context: &PlanContext<'_>) -> Option<Arc<Plan>> {
        self.concerns(text, context)
            .then(|| self.plan_of_concern(text, context))?
    }

    /// As [`Self::plan`], of a text that may [concern](Self::concerns) the proxy.
    pub fn plan_of_concern(&self, text: &[u8], context: &PlanContext<'_>) -> Option<Arc<Plan>> {
        let plan = match self.plan_by_shape(text, context) {
            ByShape::Found(plan) => plan,
            ByShape::Made(plan) => {
                self.cache
                    .get_or_make(&Shape::verbatim(text), context, || {
                        Known::Plan(Arc::new(plan))
                    })?
            }
            ByShape::Unknown => self
                .cache
                .get_or_make(&Shape::verbatim(text), context, || {
                    Known::Plan(Arc::new(plan_text(text, context)))
                })?,
        };
        (*plan != Plan::Forward).then_some(plan)
    }

    /// The plan that serves all texts which differ from this one in the values of literals alone.
    fn plan_by_shape(&self, text: &[u8], context: &PlanContext<'_>) -> ByShape {
        let plain = context.standard_conforming_strings
            && matches!(context.client_encoding, "UTF8" | "UNICODE" | "SQL_ASCII");
        let Some(shape) = Shape::of(text).filter(|shape| plain && shape.has_holes()) else {
            return ByShape::Unknown;
        };
        let mut made = None;
        let known = self.cache.get_or_make(&shape, context, || {
            let planned = planned(text, context);
            let general = is_general(&planned).then(|| shape.generalised(&planned.plan));
            if let Some(plan) = general.flatten() {
                Known::Plan(Arc::new(plan))
            } else {
                made = Some(planned.plan);
                Known::ByValues
            }
        });
        match (known, made) {
            (Some(plan), _) if *plan == Plan::Forward => ByShape::Found(plan),
            (Some(plan), _) => shape
                .fitted(&plan)
                .map_or(ByShape::Unknown, |plan| ByShape::Found(Arc::new(plan))),
            (None, Some(plan)) => ByShape::Made(plan),
            (None, None) => ByShape::Unknown,
        }
    }

    /// What the cache of plans has done so far.
    pub fn cache_usage(&self) -> CacheUsage {
        self.cache.usage()
    }

    /// Whether a text may concern the proxy; `false` is a proof that it does not.
    pub fn concerns(&self, text: &[u8], context: &PlanContext<'_>) -> bool {
        let names = !context.map.is_main();
        // The name of an extension's member may be any word.
        if names && !context.map.shared().extension_members.is_empty() {
            return true;
        }
        let watch = Watch {
            names,
            catalogs: context.map.is_among_others(),
            transactions: context.watch_transactions,
        };
        self.scan
            .as_ref()
            .is_none_or(|scan| scan.concerns(text, watch))
    }
}

/// What became of looking for the plan of a shape.
enum ByShape {
    Found(Arc<Plan>),
    /// The plan holds for this text alone.
    Made(Plan),
    /// Plans of this shape hold for one text each.
    Unknown,
}

/// Whether a plan may hold for all texts of a shape: it knows no value, and says nothing but where names are.
fn is_general(planned: &Planned) -> bool {
    let only_names = match &planned.plan {
        Plan::Forward => true,
        Plan::Statements(statements) => statements
            .iter()
            .all(|statement| statement.action == Action::None),
        Plan::Refuse(_) => false,
    };
    only_names && !planned.by_values
}

/// Plans a text without scan and cache.
pub(super) fn plan_text(text: &[u8], context: &PlanContext<'_>) -> Plan {
    planned(text, context).plan
}

fn planned(text: &[u8], context: &PlanContext<'_>) -> Planned {
    let readable = Readable::of(
        text,
        context.client_encoding,
        context.standard_conforming_strings,
    );
    match readable {
        Some(readable) => {
            let Planned { plan, by_values } = analyse::plan(&readable.text, context.map);
            Planned {
                plan: readable.plan(plan),
                by_values,
            }
        }
        None => Planned {
            // The server refuses it as well, unless its database has no encoding.
            plan: if context.map.is_main() {
                Plan::Forward
            } else {
                Plan::Refuse(ErrorReport::new(
                    SqlState::CHARACTER_NOT_IN_REPERTOIRE,
                    "invalid byte sequence for encoding \"UTF8\"",
                ))
            },
            by_values: true,
        },
    }
}
