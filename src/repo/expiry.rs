//! Branches with a time to live: dropped when nobody has used them for so long. Their commits stay.
//!
//! A branch is used while a session is on it, and by every commit to it. Each proxy says which of the expiring branches its
//! sessions are on, once a minute; any of them drops what has expired. First the branch's name goes, in a short
//! transaction that looks again; then its objects, some at a time, so that no transaction needs a lock on all of
//! them.

use super::branches::{branch_may_be_disposed, existing};
use super::database::Database;
use super::error::RepoError;
use super::identity::Identity;
use crate::error::ErrorReport;
use crate::upstream::Executor;
use std::collections::{HashMap, HashSet};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::time::{Duration, Instant};
use tokio::sync::Notify;

/// How often a proxy looks, and how often it says at the most that a branch is used.
const PERIOD: Duration = Duration::from_mins(1);

/// How long to wait before what could not be dropped is tried again.
const PAUSE: Duration = Duration::from_secs(2);

/// Objects that are dropped in one transaction. Each takes several locks, of which the server has some thousands.
const BATCH: usize = 50;

/// A client's transaction may hold a lock on something that is to be dropped: nobody is to wait long behind it.
const BEGIN: &str = "BEGIN ISOLATION LEVEL READ COMMITTED; SET LOCAL lock_timeout = '2s'";

/// Sets how long a branch may be unused, any text that PostgreSQL reads as an `interval`; `None` is for ever.
pub async fn set(
    database: &Database,
    name: &str,
    time_to_live: Option<&str>,
    identity: &Identity,
) -> Result<(), ErrorReport> {
    let set = async {
        let mut operator = database.operator().await?;
        let branch = existing(database, &mut operator, name).await?;
        branch_may_be_disposed(&mut operator, &branch, identity, "expire").await?;
        let store = database.store();
        store
            .set_expiry(&mut operator, branch.id, time_to_live)
            .await?;
        Ok::<_, RepoError>(())
    };
    set.await?;
    database.presence().look();
    Ok(())
}

/// Which branches this process has sessions on.
#[derive(Debug)]
pub struct Presence {
    /// Tells this process from others.
    proxy: String,
    state: Mutex<State>,
    changed: Notify,
}

#[derive(Debug, Default)]
struct State {
    /// Sessions by branch.
    sessions: HashMap<i64, usize>,
    /// Branches that sessions have come to since the last look.
    visited: HashSet<i64>,
    /// The branches that expire, as of the last look.
    expiring: HashSet<i64>,
}

impl Presence {
    pub(super) fn new() -> Self {
        Self {
            proxy: format!("{:016x}", rand::random::<u64>()),
            state: Mutex::default(),
            changed: Notify::new(),
        }
    }

    /// A session comes to a branch, and leaves it when it drops what it gets.
    pub fn enter(self: &Arc<Self>, branch: i64) -> Attendance {
        let mut state = self.state();
        *state.sessions.entry(branch).or_default() += 1;
        if state.expiring.contains(&branch) && state.visited.insert(branch) {
            self.changed.notify_one();
        }
        Attendance {
            presence: Arc::clone(self),
            branch,
        }
    }

    /// Has the branches looked at now.
    pub fn look(&self) {
        self.changed.notify_one();
    }

    fn has(&self, branch: i64) -> bool {
        self.state().sessions.contains_key(&branch)
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A session that is on a branch.
#[derive(Debug)]
pub struct Attendance {
    presence: Arc<Presence>,
    branch: i64,
}

impl Attendance {
    pub fn branch(&self) -> i64 {
        self.branch
    }
}

impl Drop for Attendance {
    fn drop(&mut self) {
        let mut state = self.presence.state();
        let Some(sessions) = state.sessions.get_mut(&self.branch) else {
            return;
        };
        *sessions -= 1;
        if *sessions == 0 {
            state.sessions.remove(&self.branch);
            if state.expiring.contains(&self.branch) {
                self.presence.changed.notify_one();
            }
        }
    }
}

/// What this process has said of its sessions on a branch, and when.
#[derive(Clone, Copy, Debug)]
struct Said {
    is_there: bool,
    at: Instant,
}

/// Drops branches that have expired, as long as the database is known.
pub async fn run(database: Weak<Database>) {
    let mut said = HashMap::new();
    loop {
        let Some(known) = database.upgrade() else {
            return;
        };
        let presence = Arc::clone(known.presence());
        let wait = match look(&known, &mut said).await {
            Ok(wait) => wait,
            Err(error) => {
                tracing::warn!(%error, "cannot look for branches that have expired");
                PERIOD
            }
        };
        drop(known);
        tokio::select! {
            () = presence.changed.notified() => {}
            () = tokio::time::sleep(wait) => {}
        }
    }
}

/// Says who is where, and drops what has expired. Returns when to look again.
async fn look(database: &Database, said: &mut HashMap<i64, Said>) -> Result<Duration, RepoError> {
    let presence = database.presence();
    let store = database.store();
    let branches = store.expiring(&mut database.reader()).await?;
    let visited = {
        let mut state = presence.state();
        state.expiring = branches.iter().map(|branch| branch.id).collect();
        std::mem::take(&mut state.visited)
    };
    said.retain(|id, _| branches.iter().any(|branch| branch.id == *id));
    let mut wait = PERIOD;
    for branch in branches {
        let is_there = presence.has(branch.id);
        let before = said.get(&branch.id).copied();
        let was_there = before.is_some_and(|said| said.is_there);
        // A short life is watched closely.
        let pause = PERIOD.min(branch.time_to_live);
        let due = before.map_or(Duration::ZERO, |said| {
            let pause = if is_there && was_there { PERIOD } else { pause };
            pause.saturating_sub(said.at.elapsed())
        });
        if is_there || was_there || visited.contains(&branch.id) {
            if due.is_zero() {
                let mut operator = database.operator().await?;
                store
                    .note_use(&mut operator, branch.id, &presence.proxy, is_there)
                    .await?;
                let at = Instant::now();
                said.insert(branch.id, Said { is_there, at });
                wait = wait.min(if is_there {
                    PERIOD
                } else {
                    branch.time_to_live
                });
            } else {
                presence.state().visited.extend(visited.get(&branch.id));
                wait = wait.min(due);
            }
            if is_there || !branch.time_to_live.is_zero() {
                continue;
            }
        } else if branch.is_in_use {
            continue;
        }
        match branch.time_to_live.checked_sub(branch.unused) {
            Some(left) if !left.is_zero() => wait = wait.min(left),
            _ => {
                if let Err(error) = expire(database, branch.id).await {
                    tracing::debug!(%error, branch = branch.name, "a branch that has expired cannot be dropped yet");
                    wait = wait.min(PAUSE);
                }
            }
        }
    }
    for branch in store.dropped_branches(&mut database.reader()).await? {
        if let Err(error) = sweep(database, branch).await {
            tracing::debug!(%error, branch, "what is left of a branch cannot be dropped yet");
            wait = wait.min(PAUSE);
        }
    }
    Ok(wait)
}

/// Takes an expired branch's name, unless somebody uses it after all.
async fn expire(database: &Database, branch: i64) -> Result<(), RepoError> {
    let mut operator = database.operator().await?;
    let store = database.store();
    operator.batch(BEGIN).await?;
    let expired = async {
        // Whoever is making its objects comes to an end first.
        store.stop_hydrating(&mut operator, branch).await?;
        let expired = store.expire_branch(&mut operator, branch, "pggit").await?;
        operator.batch("COMMIT").await?;
        Ok::<_, RepoError>(expired)
    }
    .await;
    match expired {
        Ok(true) => {
            database.forget_head(branch);
            database.refresh_branches(&mut operator).await
        }
        Ok(false) => Ok(()),
        Err(error) => {
            operator.batch("ROLLBACK").await?;
            Err(error)
        }
    }
}

/// Drops what is left of a branch, a batch at a time.
async fn sweep(database: &Database, branch: i64) -> Result<(), RepoError> {
    let mut operator = database.operator().await?;
    loop {
        operator.batch(BEGIN).await?;
        match drop_some(database, &mut operator, branch).await {
            Ok(true) => operator.batch("COMMIT").await?,
            Ok(false) => {
                operator.batch("COMMIT").await?;
                break;
            }
            Err(error) => {
                operator.batch("ROLLBACK").await?;
                return Err(error);
            }
        }
    }
    database.refresh_branches(&mut operator).await
}

/// Returns whether there may be more.
async fn drop_some(
    database: &Database,
    operator: &mut dyn Executor,
    branch: i64,
) -> Result<bool, RepoError> {
    let store = database.store();
    if !store.lock_dropped_branch(operator, branch).await? {
        return Ok(false);
    }
    let statements = store.droppable_objects(operator, branch, BATCH).await?;
    if !statements.is_empty() {
        operator.batch(&statements.join(";\n")).await?;
        return Ok(true);
    }
    let schemas = store.droppable_schemas(operator, branch).await?;
    if !schemas.is_empty() {
        operator.batch(&schemas.join(";\n")).await?;
    }
    store.forget_branch(operator, branch).await?;
    Ok(false)
}
