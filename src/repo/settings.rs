//! What the server would set at login for a role that says nothing else.

use crate::branch::SearchPath;
use crate::upstream::{DbError, Executor};

/// Settings made with `ALTER ROLE … SET` and `ALTER DATABASE … SET`, most particular first, and the
/// server's own default path. (`src/backend/utils/init/postinit.c`, process_settings)
const STARTUP_SETTINGS: &str = "
    SELECT split_part(entry, '=', 1), substr(entry, strpos(entry, '=') + 1)
      FROM pg_db_role_setting AS s,
           unnest(s.setconfig) AS entry
     WHERE (s.setdatabase = 0 OR s.setdatabase = (SELECT oid FROM pg_database WHERE datname = current_database()))
       AND (s.setrole = 0 OR s.setrole = (SELECT oid FROM pg_roles WHERE rolname = $1::text))
       AND split_part(entry, '=', 1) IN ('pggit.branch', 'search_path')
     ORDER BY (s.setrole <> 0) DESC, (s.setdatabase <> 0) DESC";

const DEFAULT_SEARCH_PATH: [&str; 2] = ["$user", "public"];

/// A session's defaults.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct StartupSettings {
    /// `ALTER {ROLE | DATABASE} … SET pggit.branch`.
    pub branch: Option<String>,
    /// The role's default `search_path`, as logical schemas; may hold `$user`.
    pub search_path: SearchPath,
}

impl StartupSettings {
    /// Asks what `role` would get in the database that `executor` is connected to.
    pub async fn load(executor: &mut dyn Executor, role: &str) -> Result<Self, DbError> {
        let rows = executor.query(STARTUP_SETTINGS, &[Some(role)]).await?;
        let first = |name: &str| {
            rows.iter().find_map(|row| match row.as_slice() {
                [Some(setting), Some(value)] if setting == name => Some(value.clone()),
                _ => None,
            })
        };
        Ok(Self {
            branch: first("pggit.branch").filter(|branch| !branch.is_empty()),
            search_path: first("search_path")
                .and_then(SearchPath::parse)
                .unwrap_or_else(|| DEFAULT_SEARCH_PATH.map(String::from).to_vec().into()),
        })
    }
}
