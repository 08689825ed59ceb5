//! The databases behind the proxy, and what is known of each.

use crate::branch::BranchMap;
use crate::error::ErrorReport;
use crate::upstream::DbError;
use std::sync::Arc;

/// Everything the proxy knows: one per process.
#[derive(Debug)]
pub struct Repo {}

/// One database under version control.
#[derive(Debug)]
pub struct Database {}

/// What the server would set at login for a role that says nothing else.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct StartupSettings {
    /// `ALTER {ROLE | DATABASE} … SET pggit.branch`.
    pub branch: Option<String>,
    /// The role's default `search_path`, as logical schemas; may hold `$user`.
    pub search_path: Vec<String>,
}

impl Repo {
    /// The database of that name, or `None` where it has no `pggit` schema: its sessions pass through
    /// untouched. Remembered; a database that becomes initialised is noticed within a second.
    pub async fn database(&self, _name: &str) -> Result<Option<Arc<Database>>, DbError> {
        Ok(None)
    }
}

impl Database {
    pub fn name(&self) -> &str {
        ""
    }

    /// The names of a branch as they are now. Answers from memory in steady state.
    ///
    /// # Errors
    /// `3D000` if there is no such branch, with a hint; what the server says if it cannot be asked.
    pub async fn branch(&self, branch: &str) -> Result<Arc<BranchMap>, ErrorReport> {
        Err(ErrorReport::new(
            crate::error::SqlState::INVALID_CATALOG_NAME,
            format!("branch \"{branch}\" does not exist"),
        ))
    }

    /// Rises whenever any branch is created, renamed, deleted or gains or loses a schema. One atomic
    /// load: a session compares it before each statement on a branch, and asks [`Database::branch`] again if it moved.
    pub fn generation(&self) -> u64 {
        0
    }

    /// The settings the server would give `role` at login.
    pub async fn startup_settings(&self, _role: &str) -> Result<StartupSettings, DbError> {
        Ok(StartupSettings::default())
    }

    /// `search_path` for a session of `role` on `map`'s branch, from logical schemas: physical
    /// schemas only, ready to be the value of the setting.
    pub fn physical_search_path(
        &self,
        _map: &BranchMap,
        _logical: &[String],
        _role: &str,
    ) -> String {
        String::new()
    }
}
