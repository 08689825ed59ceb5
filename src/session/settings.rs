//! `pggit.branch` and `search_path`: two settings of the server's that always change together.
//!
//! The server is the truth, the session's [`Tracking`](super::tracking::Tracking) a cache of it. A statement that
//! sets one is sent as the client wrote it, and the other follows with the same scope; where the proxy cannot know
//! what has become of them, it asks.

use super::fault::Fault;
use super::state::Session;
use crate::branch::{BranchMap, MAIN, SearchPath, search_path};
use crate::error::{ErrorReport, Report};
use crate::schema::quote::quote_literal;
use crate::sql::plan::Setting;
use crate::wire::backend::Status;
use std::sync::Arc;

const READ_SESSION_USER: &str = "SELECT session_user::pg_catalog.text";

const READ_SETTINGS: &str = "SELECT pg_catalog.current_setting('pggit.branch', true), \
     pg_catalog.current_setting('search_path')";
const SET_SEARCH_PATH: &str =
    "SELECT pg_catalog.set_config('search_path', $1, $2::pg_catalog.bool)";
const SET_BRANCH: &str = "SELECT pg_catalog.set_config('pggit.branch', $1, $2::pg_catalog.bool)";

/// Where a statement leads, worked out before it runs.
#[derive(Debug)]
pub(super) struct Change {
    map: Arc<BranchMap>,
    search_path: SearchPath,
    generation: u64,
    local: bool,
}

/// A statement that shows the path by its logical names.
pub(super) fn show_search_path(logical: &SearchPath) -> String {
    format!(
        "SELECT {}::pg_catalog.text AS search_path",
        quote_literal(&logical.to_string())
    )
}

impl Session {
    /// Works out what a statement changes. `None`: that is to be asked of the server when it has run.
    ///
    /// # Errors
    /// `3D000` for an unknown branch: the statement must not run.
    pub(super) async fn prepare_setting(
        &mut self,
        setting: &Setting,
    ) -> Result<Result<Option<Change>, ErrorReport>, Fault> {
        let Some(tracking) = &self.tracking else {
            return Ok(Ok(None));
        };
        let generation = tracking.database.generation();
        Ok(Ok(match setting {
            Setting::Branch { value, local } => {
                let branch = value.as_deref().unwrap_or(&tracking.startup_branch);
                match tracking.database.branch(branch).await {
                    Ok(map) => Some(Change {
                        map,
                        search_path: tracking.search_path.clone(),
                        generation,
                        local: *local,
                    }),
                    Err(report) => return Ok(Err(report)),
                }
            }
            Setting::SearchPath { value, local } => Some(Change {
                map: Arc::clone(&tracking.map),
                search_path: match value {
                    Some(names) => names.clone().into(),
                    None => tracking.startup_search_path.clone(),
                },
                generation: tracking.generation,
                local: *local,
            }),
            Setting::All { .. }
            | Setting::Unknown { .. }
            | Setting::ShowBranch
            | Setting::ShowSearchPath
            | Setting::Role => None,
        }))
    }

    /// Follows a statement that has run: the other setting, the session's cache.
    pub(super) async fn apply_setting(
        &mut self,
        setting: &Setting,
        change: Option<Change>,
    ) -> Result<Result<(), ErrorReport>, Fault> {
        if let Setting::All { discard: true } = setting {
            self.registry.forget_all();
            self.own_statements.clear();
        }
        if *setting == Setting::Role
            && self.segment.open
            && let Ok(rows) = self.own_statement(READ_SESSION_USER, &[]).await?
            && let Some(role) = rows.into_iter().flatten().flatten().next()
        {
            // The server reports it only when it is ready for the next query.
            self.identity.role = role;
        }
        let in_transaction = self.status != Status::Idle || self.segment.open;
        let Some(tracking) = &mut self.tracking else {
            return Ok(Ok(()));
        };
        let Some(change) = change else {
            if matches!(setting, Setting::All { .. } | Setting::Unknown { .. }) {
                tracking.settings_change(in_transaction);
                tracking.settings.unknown = true;
                return self.resync_now().await;
            }
            return Ok(Ok(()));
        };
        if change.local && !in_transaction {
            // The server has said so: it has no effect.
            return Ok(Ok(()));
        }
        tracking.settings_change(in_transaction);
        self.adopt(change).await
    }

    /// Sets the search path that belongs to a change and takes it over.
    async fn adopt(&mut self, change: Change) -> Result<Result<(), ErrorReport>, Fault> {
        let Some(tracking) = &self.tracking else {
            return Ok(Ok(()));
        };
        if !(change.map.is_main() && tracking.map.is_main()) {
            let physical = tracking.database.physical_search_path(
                &change.map,
                &change.search_path,
                &self.identity.role,
            );
            let local = if change.local { "true" } else { "false" };
            if let Err(error) = self
                .own_statement(SET_SEARCH_PATH, &[Some(&physical), Some(local)])
                .await?
            {
                return Ok(Err(error.report()));
            }
        }
        if let Some(tracking) = &mut self.tracking {
            tracking.enter(change.map);
            tracking.search_path = change.search_path;
            tracking.generation = change.generation;
        }
        Ok(Ok(()))
    }

    /// Moves the session to a branch, as `SET pggit.branch` does.
    pub(super) async fn checkout(
        &mut self,
        branch: &str,
    ) -> Result<Result<(), ErrorReport>, Fault> {
        let setting = Setting::Branch {
            value: Some(branch.to_owned()),
            local: false,
        };
        let change = match self.prepare_setting(&setting).await? {
            Ok(change) => change,
            Err(report) => return Ok(Err(report)),
        };
        if let Err(error) = self
            .own_statement(SET_BRANCH, &[Some(branch), Some("false")])
            .await?
        {
            return Ok(Err(error.report()));
        }
        self.apply_setting(&setting, change).await
    }

    /// Asks the server for the settings, if they may not be what the session takes them for.
    pub(super) async fn resync_now(&mut self) -> Result<Result<(), ErrorReport>, Fault> {
        if self.is_failed() {
            return Ok(Ok(()));
        }
        let Some(tracking) = &mut self.tracking else {
            return Ok(Ok(()));
        };
        if !std::mem::take(&mut tracking.settings.unknown) {
            return Ok(Ok(()));
        }
        let row = match self.own_statement(READ_SETTINGS, &[]).await? {
            Ok(rows) => rows.into_iter().next().unwrap_or_default(),
            Err(error) => return Ok(Err(error.report())),
        };
        let mut values = row.into_iter();
        let branch = values
            .next()
            .flatten()
            .filter(|branch| !branch.is_empty())
            .unwrap_or_else(|| MAIN.to_owned());
        let path = values.next().flatten().unwrap_or_default();
        self.rebind(&branch, &path).await
    }

    /// Takes over what the server says, and makes the path fit the branch.
    async fn rebind(&mut self, branch: &str, path: &str) -> Result<Result<(), ErrorReport>, Fault> {
        let Some(tracking) = &self.tracking else {
            return Ok(Ok(()));
        };
        let generation = tracking.database.generation();
        let map = match tracking.database.branch(branch).await {
            Ok(map) => map,
            Err(report) => {
                // The server takes any value for it: this one does not stand.
                let old = tracking.map.branch().to_owned();
                let local = if self.status == Status::Idle && !self.segment.open {
                    "false"
                } else {
                    "true"
                };
                self.own_statement(SET_BRANCH, &[Some(&old), Some(local)])
                    .await?
                    .ok();
                return Ok(Err(report));
            }
        };
        let physical = search_path::parse(path).unwrap_or_default();
        let role = &self.identity.role;
        // Several logical paths lead to one physical one.
        let before = tracking.settings.search_path_before.as_ref();
        let known = [&tracking.search_path]
            .into_iter()
            .chain(before)
            .chain([&tracking.startup_search_path])
            .find(|logical| logical.physical(&map, role) == physical);
        if let Some(known) = known {
            let known = known.clone();
            if let Some(tracking) = &mut self.tracking {
                tracking.enter(map);
                tracking.search_path = known;
                tracking.generation = generation;
            }
            return Ok(Ok(()));
        }
        // Names of the old branch become logical by its map, those of the new one by its own.
        let logical: Vec<String> = physical
            .iter()
            .map(|name| {
                map.logical_schema(name)
                    .or_else(|| tracking.map.logical_schema(name))
                    .unwrap_or(name)
                    .to_owned()
            })
            .collect();
        // As it was written, where it has no physical names.
        let logical = if logical == physical {
            SearchPath::parse(path).unwrap_or_default()
        } else {
            logical.into()
        };
        let fits = logical.physical(&map, role) == physical;
        let change = Change {
            map,
            search_path: logical,
            generation,
            // A path set for the session outlives a setting that was local; the next look corrects it.
            local: self.status != Status::Idle || self.segment.open,
        };
        if fits {
            if let Some(tracking) = &mut self.tracking {
                tracking.enter(change.map);
                tracking.search_path = change.search_path;
                tracking.generation = generation;
            }
            return Ok(Ok(()));
        }
        self.adopt(change).await
    }

    /// Asks for the names of the session's branch again.
    pub(super) async fn refresh(&mut self) {
        let Some(tracking) = &mut self.tracking else {
            return;
        };
        if std::mem::take(&mut tracking.refresh_due)
            && let Err(error) = tracking.database.refresh().await
        {
            tracing::warn!(%error, "could not read the branches' names again");
        }
        let generation = tracking.database.generation();
        let branch = tracking.map.branch().to_owned();
        match tracking.database.branch(&branch).await {
            Ok(map) => {
                tracking.enter(map);
                tracking.generation = generation;
            }
            // A branch that is gone has no schemas either: statements fail for themselves. Having looked for it
            // counts as a change, which is not worth another look.
            Err(_) => tracking.generation = tracking.database.generation(),
        }
    }
}
