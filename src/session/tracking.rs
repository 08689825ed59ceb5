//! What a session knows of itself on an initialised database: its branch, and what awaits a commit.

use super::prepared::{MapVersion, version_of};
use crate::branch::{BranchMap, SearchPath};
use crate::error::ErrorReport;
use crate::repo::expiry::Attendance;
use crate::repo::{Database, Hydration, PendingDdl};
use crate::sql::plan::{Ddl, Scope};
use std::collections::BTreeSet;
use std::sync::Arc;

/// What is known of `pggit.branch` and `search_path`.
#[derive(Debug, Default)]
pub struct Settings {
    /// The open transaction has changed them: its end may change them back.
    pub changed: bool,
    /// The server is to be asked for them before the next statement.
    pub unknown: bool,
    /// `search_path`, as the client knows it, before the last transaction that changed it.
    pub search_path_before: Option<SearchPath>,
}

#[derive(Debug)]
pub struct Tracking {
    pub database: Arc<Database>,
    /// The names of the session's branch. The server's `pggit.branch` is the truth; this is a cache of it.
    pub map: Arc<BranchMap>,
    /// Keeps the branch from expiring; `main` does not.
    attendance: Option<Attendance>,
    /// What of the branch is still being made; `None` once all of it is there.
    pub hydration: Option<Arc<Hydration>>,
    /// Why the next statement is not to be sent.
    pub refusal: Option<ErrorReport>,
    /// [`Database::generation`] when `map` was asked for.
    pub generation: u64,
    /// `search_path` as the client knows it.
    pub search_path: SearchPath,
    /// The branch of the startup packet, and the path: what `RESET` returns to.
    pub startup_branch: String,
    pub startup_search_path: SearchPath,
    /// DDL of the transaction that is open.
    pub pending: PendingDdl,
    /// DDL that ran outside of any transaction, and is recorded in one of its own.
    pub late: PendingDdl,
    /// Logical schemas that the open transaction has made, with their branches: nobody else knows them yet.
    made_schemas: BTreeSet<(i64, String)>,
    /// Savepoints, with the number of pending statements when each was set.
    savepoints: Vec<(String, usize)>,
    pub settings: Settings,
    /// The open transaction has changed what all branches share.
    pub shared_changed: bool,
    /// The branches' names are to be read again.
    pub refresh_due: bool,
    /// A capture failed in the extended protocol: what is left of the transaction goes before the next Sync.
    pub rollback_due: bool,
}

impl Tracking {
    pub fn new(database: Arc<Database>, map: Arc<BranchMap>, search_path: SearchPath) -> Self {
        Self {
            generation: database.generation(),
            startup_branch: map.branch().to_owned(),
            startup_search_path: search_path.clone(),
            hydration: database.hydration(map.id()),
            attendance: attend(&database, &map),
            refusal: None,
            database,
            map,
            search_path,
            pending: PendingDdl::default(),
            late: PendingDdl::default(),
            made_schemas: BTreeSet::new(),
            savepoints: Vec::new(),
            settings: Settings::default(),
            shared_changed: false,
            refresh_due: false,
            rollback_due: false,
        }
    }

    /// The session is on the branch of these names now.
    pub fn enter(&mut self, map: Arc<BranchMap>) {
        self.hydration = self.database.hydration(map.id());
        let there = self.attendance.as_ref().map(Attendance::branch);
        if there != Some(map.id()) {
            self.attendance = attend(&self.database, &map);
        }
        self.map = self.with_made_schemas(map);
    }

    /// The names with those of schemas that the open transaction has made.
    fn with_made_schemas(&self, map: Arc<BranchMap>) -> Arc<BranchMap> {
        let of_branch = (self.made_schemas.iter())
            .filter(|(branch, name)| *branch == map.id() && !map.has_schema(name));
        let mut made = of_branch.map(|(_, name)| name.as_str()).peekable();
        if made.peek().is_none() {
            return map;
        }
        Arc::new(map.with_schemas(made))
    }

    /// The search path, or the branch, is changed; `in_transaction`, which may take it back.
    pub fn settings_change(&mut self, in_transaction: bool) {
        if in_transaction && !self.settings.changed {
            self.settings.changed = true;
            self.settings.search_path_before = Some(self.search_path.clone());
        }
    }

    pub fn version(&self) -> MapVersion {
        version_of(&self.map)
    }

    /// `COMMIT` and the like must be seen.
    pub fn watches_transactions(&self) -> bool {
        self.settings.changed || !self.pending.is_empty()
    }

    /// The branch's names may have changed since `map` was asked for; on `main`, whether there are other branches.
    pub fn is_outdated(&self) -> bool {
        self.refresh_due || self.database.generation() != self.generation
    }

    /// Notes DDL that has run, or is being run, in a transaction.
    pub fn ddl(&mut self, text: &str, ddl: &Ddl) {
        self.pending.add(self.map.branch(), text, ddl);
        if let Scope::Schemas(names) = &ddl.scope
            && !ddl.drops
            && !self.map.is_main()
        {
            let id = self.map.id();
            let made = names.iter().filter(|name| !self.map.has_schema(name));
            self.made_schemas
                .extend(made.map(|name| (id, name.clone())));
            self.map = self.with_made_schemas(Arc::clone(&self.map));
        }
    }

    pub fn savepoint(&mut self, name: &str) {
        self.savepoints
            .push((name.to_owned(), self.pending.statements.len()));
    }

    /// `ROLLBACK TO name`: the savepoint itself remains. One that is not known was set before the first DDL.
    pub fn rolled_back_to(&mut self, name: &str) {
        let kept = self.savepoint_index(name).map_or(0, |index| index + 1);
        self.savepoints.truncate(kept);
        let len = self.savepoints.last().map_or(0, |(_, len)| *len);
        self.pending.truncate(len);
        self.settings.unknown |= self.settings.changed;
    }

    pub fn released(&mut self, name: &str) {
        if let Some(index) = self.savepoint_index(name) {
            self.savepoints.truncate(index);
        }
    }

    fn savepoint_index(&self, name: &str) -> Option<usize> {
        self.savepoints
            .iter()
            .rposition(|(savepoint, _)| savepoint == name)
    }

    /// The transaction is over, one way or the other.
    pub fn transaction_ended(&mut self) {
        if !self.pending.is_empty() {
            self.pending = PendingDdl::default();
        }
        self.savepoints.clear();
        if !self.made_schemas.is_empty() {
            self.made_schemas.clear();
            // All sessions may have been told of them, and the commit failed after all.
            self.shared_changed = true;
            if let Some(map) = self.database.registry().branch(self.map.branch()) {
                self.map = Arc::clone(map);
            }
        }
        self.settings.unknown |= std::mem::take(&mut self.settings.changed);
        if std::mem::take(&mut self.shared_changed) {
            self.refresh_due = true;
            // For the other sessions; this one waits for its own before its next statement.
            let database = Arc::clone(&self.database);
            tokio::spawn(async move { database.refresh().await });
        }
    }
}

fn attend(database: &Database, map: &BranchMap) -> Option<Attendance> {
    (!map.is_main()).then(|| database.presence().enter(map.id()))
}
