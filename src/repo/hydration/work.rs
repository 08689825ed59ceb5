//! The one who makes a branch's objects, in the background.

use super::apply::Migration;
use super::graph::{Graph, Object, UnitNo};
use super::{Failure, Hydration, Next, Plan, could_not_be_made};
use crate::branch::BranchMap;
use crate::catalog;
use crate::error::{ErrorReport, Report, SqlState};
use crate::repo::database::Database;
use crate::repo::error::RepoError;
use crate::repo::ledger;
use crate::schema::model::{Definition, Kind, Lineage};
use crate::schema::render::step::Creator;
use crate::schema::{RenderOptions, Snapshot};
use crate::store::{Made, Progress, TreeHash};
use crate::telemetry::Metrics;
use crate::upstream::{DbError, Executor};
use futures::future::{join, join_all};
use std::collections::{BTreeSet, HashSet};
use std::sync::Arc;
use std::time::Duration;

/// How long to wait before what failed for a passing cause is tried again.
const PAUSE: Duration = Duration::from_secs(1);

/// Islands are made at the same time. So many at once: each has a connection that keeps one of the server's processors
/// busy, and leaves others to clients.
const WORKERS: usize = 2;

/// Makes a branch's objects until all are there or the branch is gone.
pub async fn run(database: Arc<Database>, hydration: Arc<Hydration>) {
    let counted = database.metrics().map(Metrics::hydration_began);
    while let Err(error) = begin(&database, &hydration).await {
        tracing::warn!(%error, branch = hydration.branch, "cannot read what a branch is to have");
        hydration.cannot_begin(error.report());
        tokio::time::sleep(PAUSE).await;
    }
    while !hydration.is_over() {
        join_all((0..WORKERS).map(|_| work(&database, &hydration))).await;
        if hydration.is_over() {
            break;
        }
        match finish(&database, &hydration).await {
            Ok(()) => {
                if let Some(counted) = &counted {
                    counted.completed();
                }
                hydration.finish();
            }
            Err(error) => {
                tracing::warn!(%error, branch = hydration.branch, "cannot note that a branch is ready");
                tokio::time::sleep(PAUSE).await;
            }
        }
    }
    database.hydrators().let_go();
    database.forget_hydration(hydration.branch);
}

/// Makes one batch after another, beside others that do.
async fn work(database: &Database, hydration: &Hydration) {
    let mut calls = hydration.calls.subscribe();
    while !hydration.is_over() {
        calls.mark_unchanged();
        match hydration.next() {
            Next::Units(units) => {
                make(database, hydration, &units).await;
                hydration.give_back(&units);
            }
            Next::Blocked { is_passing } => {
                database.hydrators().let_go();
                tokio::select! {
                    _ = calls.changed() => {}
                    () = tokio::time::sleep(PAUSE), if is_passing => hydration.retry(),
                }
            }
            Next::Nothing => return,
        }
    }
}

/// Reads what the branch is to have and what it has already, and whose names its definitions may use: an extension may
/// have been created past the proxy.
async fn begin(database: &Database, hydration: &Hydration) -> Result<(), RepoError> {
    let (plan, refreshed) = join(plan(database, hydration), database.refresh()).await;
    refreshed?;
    if let Some(plan) = plan? {
        hydration.begin(plan);
    }
    Ok(())
}

async fn plan(database: &Database, hydration: &Hydration) -> Result<Option<Plan>, RepoError> {
    let mut reader = database.reader();
    let store = database.store();
    let Some((tree, there)) = store.hydrated(&mut reader, hydration.branch).await? else {
        hydration.finish();
        return Ok(None);
    };
    let snapshot = database.snapshot(tree).await?;
    let creator = catalog::creator(&mut reader).await?;
    aside(move || {
        let objects = snapshot.iter();
        let graph = Graph::new(objects.map(|(lineage, made)| (*lineage, Arc::clone(made))));
        let plan = Plan::new(graph, creator, |object| there.contains(&object.lineage));
        Ok(Some(plan))
    })
    .await
}

async fn finish(database: &Database, hydration: &Hydration) -> Result<(), RepoError> {
    let mut operator = database.operator().await?;
    let store = database.store();
    Ok(store
        .finish_hydration(&mut operator, hydration.branch)
        .await?)
}

/// Makes units, together if that works, else one by one.
async fn make(database: &Database, hydration: &Hydration, units: &[UnitNo]) {
    let mut parts = vec![units.to_vec()];
    while let Some(units) = parts.pop() {
        let units = hydration.open_of(units);
        if units.is_empty() {
            continue;
        }
        let error = match attempt(database, hydration, &units).await {
            Ok(true) => {
                hydration.made(&units);
                continue;
            }
            Ok(false) => return hydration.finish(),
            Err(error) => error,
        };
        if !matches!(
            error,
            RepoError::Database(DbError::Server { .. }) | RepoError::Refused(_) | RepoError::Sql(_)
        ) {
            tracing::warn!(%error, branch = hydration.branch, "making a branch's objects was interrupted");
            tokio::time::sleep(PAUSE).await;
            return;
        }
        let (first, second) = units.split_at(units.len() / 2);
        if !first.is_empty() {
            // What comes later may need what comes first.
            parts.push(second.to_vec());
            parts.push(first.to_vec());
            continue;
        }
        if let Some(unit) = second.first()
            && !give_up(database, hydration, *unit, &error.report()).await
        {
            return;
        }
    }
}

/// Makes units in one transaction. `false` if the branch is gone, or ready already.
async fn attempt(
    database: &Database,
    hydration: &Hydration,
    units: &[UnitNo],
) -> Result<bool, RepoError> {
    let branch = hydration.branch;
    let Some(mut work) = hydration.work_of(units) else {
        return Ok(false);
    };
    let Some(map) = database.map_of(branch).await? else {
        return Ok(false);
    };
    let mut borrowed = database.hydrators().borrow(database).await?;
    let operator = &mut borrowed.connection;
    let mut migration = work.migration(database, &map).await?;
    let store = database.store();
    store.begin_hydrating(operator, branch, &work.locks).await?;
    let made = async {
        let lineages: Vec<Lineage> = work.wanted.lineages().copied().collect();
        let Some(row) = store.hydrating(operator, branch, &lineages).await? else {
            return Ok(false);
        };
        let mut settled = row.existing;
        let made = lineages.len() - settled.len();
        settled.extend(dropped(database, row.tree, &lineages).await?);
        if !settled.is_empty() {
            for lineage in &settled {
                work.wanted.remove(lineage);
            }
            migration = work.migration(database, &map).await?;
        }
        migration.apply(database, operator, &map).await?;
        for (lineage, rows) in &row.ledgers {
            let table = work.wanted.get(lineage).and_then(|made| made.as_table());
            if let Some(table) = table
                && !ledger::fill(operator, table, &map, rows).await?
            {
                tracing::warn!(table = %table.name.name, "a migration ledger starts empty: filling it would run a user's code");
            }
        }
        let made = Made {
            before: work.before_all,
            objects: made as u64,
            total: work.total,
        };
        store.commit_hydrating(operator, branch, &made).await?;
        if let Some(metrics) = database.metrics() {
            metrics.objects_hydrated(made.objects);
        }
        Ok(true)
    }
    .await;
    let is_clean = match made {
        Ok(true) => true,
        // Should this fail, the connection is closed.
        _ => operator.batch("ROLLBACK").await.is_ok(),
    };
    if is_clean {
        database.hydrators().keep(borrowed);
    }
    made
}

/// Objects that the head no longer has: another proxy made them, and a client dropped them.
async fn dropped(
    database: &Database,
    tree: TreeHash,
    lineages: &[Lineage],
) -> Result<HashSet<Lineage>, RepoError> {
    let kept = database
        .store()
        .tree_lookup(&mut database.reader(), tree, lineages)
        .await?;
    Ok(lineages
        .iter()
        .filter(|lineage| !kept.contains_key(lineage))
        .copied()
        .collect())
}

/// What is to be made in one transaction.
struct Work {
    /// What of the branch decides how new objects come out: default privileges.
    before: Snapshot,
    wanted: Snapshot,
    /// How many objects the branch has in all, and how many were there before any of this.
    total: u64,
    before_all: u64,
    /// Taken while it is made, so that no other process makes the same, or what is connected with it.
    locks: BTreeSet<i32>,
    creator: Arc<Creator>,
    /// Functions that making it may call.
    called: Arc<[Arc<Definition>]>,
}

impl Work {
    async fn migration(
        &self,
        database: &Database,
        map: &Arc<BranchMap>,
    ) -> Result<Migration, RepoError> {
        let (before, mut after) = (self.before.clone(), self.before.clone());
        let wanted = self.wanted.iter();
        after.extend(wanted.map(|(lineage, definition)| (*lineage, Arc::clone(definition))));
        let (map, called) = (Arc::clone(map), Arc::clone(&self.called));
        let options = RenderOptions {
            creator: Some(Creator::clone(&self.creator)),
            server_version: database.server_version(),
            foreign_keys_within: true,
            ..RenderOptions::default()
        };
        aside(move || Migration::new(&before, &after, &map, &options, &called)).await
    }
}

/// `false` if the unit is to be tried again at once, so that what needs it has to wait.
async fn give_up(
    database: &Database,
    hydration: &Hydration,
    unit: UnitNo,
    cause: &ErrorReport,
) -> bool {
    let failure = Failure {
        report: could_not_be_made(&hydration.name_of(unit), cause),
        is_passing: [
            SqlState::LOCK_NOT_AVAILABLE,
            SqlState::DEADLOCK_DETECTED,
            SqlState::QUERY_CANCELED,
            SqlState::OUT_OF_MEMORY,
        ]
        .contains(&cause.sqlstate),
    };
    if !hydration.failed(unit, &failure) {
        return false;
    }
    if let Some(metrics) = database.metrics() {
        metrics.hydration_failed();
    }
    if failure.is_passing {
        return true;
    }
    tracing::warn!(branch = hydration.branch, error = %failure.report, "an object of a branch cannot be made");
    if let Err(error) = note_failure(database, hydration, &failure).await {
        tracing::warn!(%error, branch = hydration.branch, "cannot note that an object cannot be made");
    }
    true
}

async fn note_failure(
    database: &Database,
    hydration: &Hydration,
    failure: &Failure,
) -> Result<(), RepoError> {
    let mut operator = database.operator().await?;
    Ok(database
        .store()
        .note_hydration_failure(&mut operator, hydration.branch, &failure.report.message)
        .await?)
}

/// Works where it keeps no client waiting.
async fn aside<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, RepoError> + Send + 'static,
) -> Result<T, RepoError> {
    tokio::task::spawn_blocking(work)
        .await
        .map_err(|error| DbError::Unexpected(error.to_string()))?
}

impl Hydration {
    fn work_of(&self, units: &[UnitNo]) -> Option<Work> {
        let state = self.state();
        let plan = state.plan.as_ref()?;
        let definition = |object: &Object| (object.lineage, Arc::clone(&object.definition));
        let wanted = units
            .iter()
            .filter_map(|unit| plan.graph.unit(*unit))
            .flat_map(|unit| &unit.objects)
            .filter_map(|object| plan.graph.object(*object));
        let foundation = plan.graph.objects.iter();
        let before = foundation.filter(|object| {
            object.definition.kind() == Kind::DefaultPrivileges && plan.has(object.unit)
        });
        let called = plan.graph.called_by_making(units, &plan.creator);
        Some(Work {
            before: before.map(definition).collect(),
            wanted: wanted.map(definition).collect(),
            total: plan.total,
            before_all: plan.before,
            locks: plan.locks(units, !called.is_empty()),
            creator: Arc::clone(&plan.creator),
            called: called.into(),
        })
    }

    /// Those of these units that have not failed with one that they need.
    fn open_of(&self, mut units: Vec<UnitNo>) -> Vec<UnitNo> {
        if let Some(plan) = &self.state().plan {
            units.retain(|unit| !plan.failed.contains_key(unit));
        }
        units
    }

    /// How far it has come, as far as this process knows.
    pub fn progress(&self) -> Progress {
        let state = self.state();
        state
            .plan
            .as_ref()
            .map_or_else(Progress::default, |plan| Progress {
                done: plan.done,
                total: Some(plan.total),
                failure: plan
                    .first_failure()
                    .map(|failure| failure.report.message.clone()),
            })
    }

    fn name_of(&self, unit: UnitNo) -> String {
        let state = self.state();
        let plan = state.plan.as_ref();
        let object = plan.and_then(|plan| {
            let unit = plan.graph.unit(unit)?;
            // The table, of a table with all that belongs to it.
            unit.objects
                .iter()
                .filter_map(|object| plan.graph.object(*object))
                .max_by_key(|object| object.definition.as_table().is_some())
        });
        object.map_or_else(String::new, |object| object.definition.key().to_string())
    }
}
