//! The plan of a text, and what is sent in its place.

use super::positions::{Positions, rebase};
use super::state::Session;
use crate::branch::{BranchMap, MAIN, SharedObjects};
use crate::command::{self, Command};
use crate::error::{ErrorReport, SqlState};
use crate::sql::plan::{Action, Plan, Setting, Statement};
use crate::sql::{Characters, PlanContext, apply_splices};
use crate::telemetry::metrics::Stage;
use bytes::Bytes;
use std::sync::Arc;
use std::time::Instant;

impl Session {
    /// The plan for a text; `None` to pass it on as it is.
    pub(super) fn plan(&self, text: &[u8], watch_transactions: bool) -> Option<Arc<Plan>> {
        let Some(tracking) = &self.tracking else {
            return self.plan_untracked(text);
        };
        let planner = &self.context.planner;
        let context = PlanContext {
            map: &tracking.map,
            client_encoding: &self.reported.client_encoding,
            standard_conforming_strings: self.reported.standard_conforming_strings,
            watch_transactions: watch_transactions || tracking.watches_transactions(),
        };
        if !planner.concerns(text, &context) {
            return None;
        }
        let begun = Instant::now();
        let plan = planner.plan_of_concern(text, &context);
        self.context.metrics.spent(Stage::Planning, begun.elapsed());
        plan
    }

    /// Where the database is not initialised, commands are all that matters.
    fn plan_untracked(&self, text: &[u8]) -> Option<Arc<Plan>> {
        if !mentions_pggit(text) {
            return None;
        }
        let map = BranchMap::new(MAIN, 0, 0, [], Arc::new(SharedObjects::default()));
        let plan = self.context.planner.plan(
            text,
            &PlanContext {
                map: &map,
                client_encoding: &self.reported.client_encoding,
                standard_conforming_strings: self.reported.standard_conforming_strings,
                watch_transactions: false,
            },
        );
        plan.filter(|plan| {
            plan.statements()
                .iter()
                .any(|statement| statement.action == Action::Command)
        })
    }

    /// Whether the rows of a statement may hold physical names, or those of the prepared one that it executes.
    pub(super) fn prints_names(&self, statement: &Statement) -> bool {
        statement.prints_names
            || statement
                .action
                .executes()
                .and_then(|name| self.registry.find(name.as_bytes(), &self.replies))
                .is_some_and(|prepared| prepared.plan.prints_names())
    }

    /// What is sent in place of a statement that shows a setting by its logical names.
    pub(super) fn substitute(&self, action: &Action) -> Option<String> {
        let tracking = self.tracking.as_ref()?;
        match action {
            Action::Setting(Setting::ShowBranch) => Some(SHOW_BRANCH.to_owned()),
            Action::Setting(Setting::ShowSearchPath) if !tracking.map.is_main() => {
                Some(super::settings::show_search_path(&tracking.search_path))
            }
            _ => None,
        }
    }
}

/// The branch, also where the setting is empty.
const SHOW_BRANCH: &str = "SELECT coalesce(nullif(pg_catalog.current_setting('pggit.branch', true), ''), 'main') \
     AS \"pggit.branch\"";

pub(super) fn refusal(plan: &Plan) -> Option<&ErrorReport> {
    match plan {
        Plan::Refuse(report) => Some(report),
        Plan::Statements(statements) => match statements.as_slice() {
            [
                Statement {
                    action: Action::Refuse(report),
                    ..
                },
            ] => Some(report),
            _ => None,
        },
        Plan::Forward => None,
    }
}

/// Reads the command that a statement is.
pub(super) fn command_of(text: &[u8], statement: &Statement) -> Result<Command, ErrorReport> {
    let part = text.get(statement.range.clone()).unwrap_or_default();
    let Ok(part) = std::str::from_utf8(part) else {
        return Err(ErrorReport::new(
            SqlState::CHARACTER_NOT_IN_REPERTOIRE,
            "a PGGIT command must be valid UTF-8",
        ));
    };
    command::parse(part).map_err(|mut report| {
        if let Some(position) = report.position {
            let whole = Bytes::copy_from_slice(text);
            report.position = Positions::of(&whole, statement.range.clone(), &[])
                .map_or(Some(position), |positions| {
                    Some(positions.map(Characters::Utf8, position))
                });
        }
        report
    })
}

/// The spliced text of one statement of a text, and how to map positions in it back.
pub(super) fn spliced(text: &Bytes, statement: &Statement) -> (Vec<u8>, Option<Box<Positions>>) {
    let part = text.get(statement.range.clone()).unwrap_or_default();
    let splices = rebase(&statement.splices, statement.range.start);
    (
        apply_splices(part, &splices),
        Positions::of(text, statement.range.clone(), &statement.splices),
    )
}

/// A cheap look for the word, in any case.
fn mentions_pggit(text: &[u8]) -> bool {
    memchr::memchr2_iter(b'p', b'P', text).any(|at| {
        text.get(at..at + 5)
            .is_some_and(|word| word.eq_ignore_ascii_case(b"pggit"))
    })
}
