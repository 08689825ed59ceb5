//! The proxy's own logical DDL, turned physical for a branch by the splicer that serves clients.

use super::plan::{Action, Plan};
use super::planner::{PlanContext, plan_text};
use super::position::apply_splices;
use crate::branch::BranchMap;
use crate::error::{ErrorReport, Report, SqlState};

/// Why a text could not be retargeted.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SqlError {
    /// The text holds something that has no meaning on the branch.
    #[error("{0}")]
    Refused(ErrorReport),
}

impl Report for SqlError {
    fn sqlstate(&self) -> SqlState {
        let Self::Refused(report) = self;
        report.sqlstate
    }
    fn detail(&self) -> Option<String> {
        let Self::Refused(report) = self;
        report.detail.clone()
    }
    fn hint(&self) -> Option<String> {
        let Self::Refused(report) = self;
        report.hint.clone()
    }
}

/// `ddl`, any number of statements in logical names, in the physical names of `map`'s branch.
pub fn retarget(ddl: &str, map: &BranchMap) -> Result<String, SqlError> {
    if map.is_main() {
        return Ok(ddl.to_owned());
    }
    let context = PlanContext {
        map,
        client_encoding: "UTF8",
        standard_conforming_strings: true,
        watch_transactions: false,
    };
    let statements = match plan_text(ddl.as_bytes(), &context) {
        Plan::Forward => return Ok(ddl.to_owned()),
        Plan::Refuse(report) => return Err(SqlError::Refused(report)),
        Plan::Statements(statements) => statements,
    };
    let mut splices = Vec::new();
    for statement in statements {
        if let Action::Refuse(report) = statement.action {
            return Err(SqlError::Refused(report));
        }
        splices.extend(statement.splices);
    }
    // Splices lie between characters of `ddl`, so the result is UTF-8 as it was.
    Ok(String::from_utf8_lossy(&apply_splices(ddl.as_bytes(), &splices)).into_owned())
}
