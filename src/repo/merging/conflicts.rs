//! Merges that wait for a person: their conflicts are stored, decided one by one, and then applied.

use super::apply::{MergeReport, attempt};
use super::plan::Planned;
use super::trial;
use super::{History, Request};
use crate::error::{ErrorReport, SqlState};
use crate::merge::{self, Choice, Strategy};
use crate::repo::database::Database;
use crate::repo::error::RepoError;
use crate::repo::identity::Identity;
use crate::repo::reference::Ref;
use crate::schema::quote::quote_identifier;
use crate::store::{
    ConflictRow, Decider, MergeRecord, MergeRow, MergeState, NewConflict, NewMerge, Operation,
    Remembered, RememberedDecision, Resolution, Side,
};
use crate::upstream::Executor;

/// All merges that were stored, newest first.
pub async fn list(database: &Database) -> Result<Vec<MergeRow>, ErrorReport> {
    let merges = database.store().merges(&mut database.reader()).await;
    Ok(merges.map_err(RepoError::from)?)
}

/// A merge's conflicts.
pub async fn conflicts(database: &Database, merge: i64) -> Result<Vec<ConflictRow>, ErrorReport> {
    Ok(rows(database, merge).await?)
}

async fn rows(database: &Database, merge: i64) -> Result<Vec<ConflictRow>, RepoError> {
    let mut reader = database.reader();
    // So that an unknown merge is an error, not an empty list.
    database.store().merge(&mut reader, merge).await?;
    Ok(database.store().conflicts(&mut reader, merge).await?)
}

/// How a person decides a conflict.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Decision {
    Take(Side),
    /// DDL that makes of the target's side what is wanted.
    Custom(String),
}

/// Decides a conflict, or decides it anew. Returns how many are still open. Custom DDL is tried in a
/// transaction of `session`'s that is rolled back.
pub async fn resolve(
    database: &Database,
    session: &mut dyn Executor,
    merge: i64,
    conflict: i64,
    decision: Decision,
    identity: &Identity,
) -> Result<i64, ErrorReport> {
    let decider = Decider::Person;
    Ok(decide(
        database,
        session,
        merge,
        conflict,
        decision,
        (identity, decider),
    )
    .await?)
}

/// Decides every open conflict that an earlier merge had as well, as was decided there. Returns which they are, with what
/// was decided, and how many are still open.
pub async fn resolve_remembered(
    database: &Database,
    session: &mut dyn Executor,
    merge: i64,
    identity: &Identity,
) -> Result<Vec<(i64, Remembered, i64)>, ErrorReport> {
    Ok(accept_remembered(database, session, merge, identity).await?)
}

async fn accept_remembered(
    database: &Database,
    session: &mut dyn Executor,
    merge: i64,
    identity: &Identity,
) -> Result<Vec<(i64, Remembered, i64)>, RepoError> {
    open_merge(database, merge).await?;
    let mut accepted = Vec::new();
    for conflict in rows(database, merge).await? {
        let Some(remembered) = conflict.remembered else {
            continue;
        };
        // The object may have changed otherwise, so custom DDL is tried again.
        let decision = match remembered.decision.clone() {
            RememberedDecision::Take(side) => Decision::Take(side),
            RememberedDecision::Custom(sql) => Decision::Custom(sql),
        };
        let by = (identity, Decider::Memory);
        let unresolved = decide(database, session, merge, conflict.id, decision, by).await?;
        accepted.push((conflict.id, remembered, unresolved));
    }
    Ok(accepted)
}

async fn decide(
    database: &Database,
    session: &mut dyn Executor,
    merge: i64,
    conflict: i64,
    decision: Decision,
    (identity, decider): (&Identity, Decider),
) -> Result<i64, RepoError> {
    let store = database.store();
    let row = open_merge(database, merge).await?;
    let resolution = match decision {
        Decision::Take(side) => Resolution::Take(side),
        Decision::Custom(_) if row.operation == Operation::Rebase => {
            return Err(ErrorReport::new(
                SqlState::FEATURE_NOT_SUPPORTED,
                "custom DDL cannot decide a conflict of a rebase",
            )
            .with_detail("It could not be tried: the branch does not have the objects as they are in the middle of the rebase.")
            .with_hint("Take a side, and change the object once the rebase is complete.")
            .into());
        }
        Decision::Custom(sql) => {
            let conflicts = store.conflicts(&mut database.reader(), merge).await?;
            let found = conflicts
                .into_iter()
                .find(|found| found.id == conflict)
                .ok_or(crate::store::StoreError::UnknownConflict { merge, conflict })?;
            let target = database.branch(&row.target).await?;
            let definition = trial::run(database, session, &target, &found, &sql, identity).await?;
            Resolution::Custom {
                sql,
                definition: definition.map(Box::new),
            }
        }
    };
    let mut operator = database.operator().await?;
    store
        .resolve_conflict(
            &mut operator,
            merge,
            conflict,
            &resolution,
            (&identity.role, decider),
        )
        .await?;
    Ok(store.merge(&mut operator, merge).await?.unresolved)
}

/// Completes a merge whose conflicts are all decided; with the target's name. `session` must be in no transaction.
pub async fn continue_merge(
    database: &Database,
    session: &mut dyn Executor,
    merge: i64,
    allow_data_loss: bool,
    identity: &Identity,
) -> Result<(MergeReport, String), ErrorReport> {
    Ok(complete(database, session, merge, allow_data_loss, identity).await?)
}

async fn complete(
    database: &Database,
    session: &mut dyn Executor,
    merge: i64,
    allow_data_loss: bool,
    identity: &Identity,
) -> Result<(MergeReport, String), RepoError> {
    let row = open_merge(database, merge).await?;
    not_of_a_rebase(&row, "CONTINUE")?;
    if row.unresolved > 0 {
        return Err(ErrorReport::new(
            SqlState::OBJECT_NOT_IN_PREREQUISITE_STATE,
            format!("merge {merge} has {} unresolved conflicts", row.unresolved),
        )
        .with_hint(format!(
            "PGGIT CONFLICTS {merge} lists them, PGGIT RESOLVE {merge} <conflict> WITH … decides one."
        ))
        .into());
    }
    let conflicts = database
        .store()
        .conflicts(&mut database.reader(), merge)
        .await?;
    let resolutions: Vec<merge::Resolution> =
        conflicts.into_iter().filter_map(resolution).collect();
    let request = Request {
        operation: row.operation,
        base: match row.operation {
            Operation::Merge => None,
            Operation::Revert | Operation::CherryPick | Operation::Rebase => {
                row.bases.first().copied()
            }
        },
        // The very commit that the decisions were made about.
        source: Ref::commit(row.source_head),
        source_name: row.source,
        target: row.target,
        strategy: Strategy::parse(&row.strategy).unwrap_or_default(),
        history: History::parse(&row.history).unwrap_or_default(),
        message: row.message,
        allow_data_loss,
    };
    let report = attempt(
        database,
        session,
        &request,
        &resolutions,
        Some(merge),
        identity,
    )
    .await?;
    Ok((report, request.target))
}

/// Gives a merge up. The target was never touched.
pub async fn abort(
    database: &Database,
    merge: i64,
    identity: &Identity,
) -> Result<(), ErrorReport> {
    let mut operator = database.operator().await.map_err(RepoError::from)?;
    let row = database.store().merge(&mut operator, merge).await;
    not_of_a_rebase(&row.map_err(RepoError::from)?, "ABORT")?;
    database
        .store()
        .abort_merge(&mut operator, merge, &identity.role)
        .await
        .map_err(RepoError::from)?;
    Ok(())
}

/// A rebase goes on, or is given up, as a whole.
fn not_of_a_rebase(row: &MergeRow, verb: &str) -> Result<(), ErrorReport> {
    if row.operation != Operation::Rebase {
        return Ok(());
    }
    let branch = quote_identifier(&row.target);
    Err(ErrorReport::new(
        SqlState::WRONG_OBJECT_TYPE,
        format!("merge {} belongs to a rebase of branch {branch}", row.id),
    )
    .with_hint(format!("Use PGGIT REBASE {verb} {branch}.")))
}

async fn open_merge(database: &Database, merge: i64) -> Result<MergeRow, RepoError> {
    let row = database
        .store()
        .merge(&mut database.reader(), merge)
        .await?;
    if row.state == MergeState::Open {
        return Ok(row);
    }
    Err(ErrorReport::new(
        SqlState::OBJECT_NOT_IN_PREREQUISITE_STATE,
        format!("merge {merge} is {}", row.state.as_str()),
    )
    .into())
}

/// Stores what keeps a merge from happening. One that is stored already has met new conflicts: its
/// target has moved since, and it can only be started anew.
pub(super) async fn store(
    database: &Database,
    request: &Request,
    planned: &Planned,
    stored: Option<i64>,
    identity: &Identity,
) -> Result<i64, RepoError> {
    if let Some(merge) = stored {
        return Err(ErrorReport::new(
            SqlState::OBJECT_NOT_IN_PREREQUISITE_STATE,
            format!(
                "branch \"{}\" has changed since merge {merge} began, and there are new conflicts",
                request.target
            ),
        )
        .with_hint(format!(
            "Give it up with PGGIT MERGE ABORT {merge} and merge again."
        ))
        .into());
    }
    let conflicts: Vec<NewConflict> = planned
        .merged
        .conflicts
        .iter()
        .filter(|conflict| conflict.state == merge::ConflictState::Open)
        .map(|conflict| NewConflict {
            id: conflict.id,
            lineage: conflict.lineage,
            key: conflict.key.clone(),
            attribute: conflict.attribute.clone(),
            base: conflict.base.clone(),
            source: conflict.source.clone(),
            target: conflict.target.clone(),
        })
        .collect();
    let mut operator = database.operator().await?;
    Ok(database
        .store()
        .create_merge(
            &mut operator,
            &NewMerge {
                operation: request.operation,
                source: &request.source_name,
                target: &request.target,
                bases: &planned.bases,
                source_head: planned.source_head.commit,
                target_head: planned.transition.head.commit,
                strategy: request.strategy.as_str(),
                history: request.history.as_str(),
                message: request.message.as_deref(),
                who: &identity.role,
                conflicts: &conflicts,
            },
        )
        .await?)
}

/// What the record of an applied merge says of it.
pub(super) fn record(request: &Request, planned: &Planned, stored: Option<i64>) -> MergeRecord {
    match stored {
        Some(merge) => MergeRecord::Completes(merge),
        None => MergeRecord::Clean {
            operation: request.operation,
            source: request.source_name.clone(),
            bases: planned.bases.clone(),
            source_head: planned.source_head.commit,
            strategy: request.strategy.as_str().to_owned(),
            history: request.history.as_str().to_owned(),
            message: request.message.clone(),
        },
    }
}

/// A stored decision, as a merge takes it.
pub(in crate::repo) fn resolution(row: ConflictRow) -> Option<merge::Resolution> {
    let choice = match row.resolution? {
        Resolution::Take(Side::Source) => Choice::Source,
        Resolution::Take(Side::Target) => Choice::Target,
        Resolution::Take(Side::Base) => Choice::Base,
        Resolution::Custom { definition, .. } => Choice::Custom(definition),
        // The strategy decides so again.
        Resolution::Union => return None,
    };
    Some(merge::Resolution {
        lineage: row.lineage,
        attribute: row.attribute,
        choice,
    })
}
