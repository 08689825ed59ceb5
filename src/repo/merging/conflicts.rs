//! Merges that wait for a person: their conflicts are stored, decided one by one, and then applied.

use super::apply::{MergeReport, attempt};
use super::plan::{Planned, Resolutions};
use super::trial;
use super::{History, Request, Source};
use crate::error::{ErrorReport, SqlState};
use crate::merge::{self, Choice, Conflict, Strategy};
use crate::repo::database::Database;
use crate::repo::error::RepoError;
use crate::repo::identity::Identity;
use crate::repo::reference::Ref;
use crate::schema::quote::quote_identifier;
use crate::store::{
    ConflictRow, Decider, MergeRecord, MergeRow, MergeSource, MergeState, NewConflict, NewMerge,
    Operation, Remembered, RememberedDecision, Resolution, Side, StoreError,
};
use crate::upstream::Executor;

/// All merges that were stored, newest first.
pub async fn list(database: &Database) -> Result<Vec<MergeRow>, ErrorReport> {
    let merges = database.store().merges(&mut database.reader()).await;
    Ok(merges.map_err(RepoError::from)?)
}

/// A merge and its conflicts.
pub async fn conflicts(
    database: &Database,
    merge: i64,
) -> Result<(MergeRow, Vec<ConflictRow>), ErrorReport> {
    let found = async {
        let row = database
            .store()
            .merge(&mut database.reader(), merge)
            .await?;
        Ok::<_, RepoError>((row, rows(database, merge).await?))
    };
    Ok(found.await?)
}

async fn rows(database: &Database, merge: i64) -> Result<Vec<ConflictRow>, RepoError> {
    let mut reader = database.reader();
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
    let conflicts = store.conflicts(&mut database.reader(), merge).await?;
    let found = conflicts
        .iter()
        .find(|found| found.id == conflict)
        .ok_or(StoreError::UnknownConflict { merge, conflict })?;
    is_last_source(&row, found, &conflicts)?;
    let resolution = match decision {
        Decision::Take(side) => Resolution::Take(side),
        Decision::Custom(sql) => {
            can_be_tried(&row, found)?;
            let target = database.branch(&row.target).await?;
            let definition = trial::run(database, session, &target, found, &sql, identity).await?;
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

/// What a later source conflicts with has come of the decisions about those before it.
fn is_last_source(
    row: &MergeRow,
    conflict: &ConflictRow,
    all: &[ConflictRow],
) -> Result<(), ErrorReport> {
    let later = all
        .iter()
        .find(|other| other.source_number > conflict.source_number);
    let Some(later) = later else {
        return Ok(());
    };
    Err(ErrorReport::new(
        SqlState::OBJECT_NOT_IN_PREREQUISITE_STATE,
        format!(
            "conflict {} of merge {} is decided for good",
            conflict.id, row.id
        ),
    )
    .with_detail(format!(
        "Source \"{}\" has been merged upon that decision.",
        row.origin(later.source_number)
    ))
    .with_hint(format!("PGGIT MERGE ABORT {} gives the merge up.", row.id)))
}

/// Custom DDL is tried on the target, which has to have what the conflict is about.
fn can_be_tried(row: &MergeRow, conflict: &ConflictRow) -> Result<(), ErrorReport> {
    let (what, when) = match row.operation {
        Operation::Rebase => ("of a rebase", "in the middle of the rebase"),
        _ if conflict.source_number > 1 => ("of a later source", "after the sources before it"),
        _ => return Ok(()),
    };
    Err(ErrorReport::new(
        SqlState::FEATURE_NOT_SUPPORTED,
        format!("custom DDL cannot decide a conflict {what}"),
    )
    .with_detail(format!(
        "It could not be tried: the branch does not have the objects as they are {when}."
    ))
    .with_hint("Take a side, and change the object afterwards."))
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
    let mut resolutions = Resolutions::new();
    for conflict in conflicts {
        let number = conflict.source_number;
        resolutions
            .entry(number)
            .or_default()
            .extend(resolution(conflict));
    }
    let request = Request {
        operation: row.operation,
        base: match row.operation {
            Operation::Merge => None,
            Operation::Revert | Operation::CherryPick | Operation::Rebase => {
                row.bases.first().copied()
            }
        },
        // The very commits that the decisions were made about.
        sources: row
            .sources
            .into_iter()
            .map(|source| Source {
                at: Ref::commit(source.head),
                name: source.name,
            })
            .collect(),
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

/// Stores what keeps a merge from happening. One that is stored already gets the conflicts of a source that was not looked
/// at before; otherwise its target has moved since, and it can only be started anew.
pub(super) async fn store(
    database: &Database,
    request: &Request,
    planned: &Planned,
    stored: Option<i64>,
    identity: &Identity,
) -> Result<i64, RepoError> {
    let conflicts: Vec<NewConflict> = planned
        .open()
        .map(|(part, conflict)| new_conflict(part.number, conflict))
        .collect();
    if let Some(merge) = stored {
        add(database, request, merge, conflicts).await?;
        return Ok(merge);
    }
    let mut sources = Vec::with_capacity(request.sources.len());
    for (number, source) in (1..).zip(&request.sources) {
        // Those that come after the one that conflicts were not looked at.
        let known = planned.parts.iter().find(|part| part.number == number);
        let head = match known {
            Some(part) => part.head.commit,
            None => source.at.resolve(database, &mut database.reader()).await?,
        };
        let name = source.name.clone();
        sources.push(MergeSource { name, head });
    }
    let mut operator = database.operator().await?;
    Ok(database
        .store()
        .create_merge(
            &mut operator,
            &NewMerge {
                operation: request.operation,
                sources: &sources,
                target: &request.target,
                bases: &planned.bases(),
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

/// Adds the conflicts of the next source to a stored merge.
async fn add(
    database: &Database,
    request: &Request,
    merge: i64,
    mut conflicts: Vec<NewConflict>,
) -> Result<(), RepoError> {
    let known = rows(database, merge).await?;
    let last = known.iter().map(|conflict| conflict.source_number).max();
    if conflicts
        .iter()
        .any(|conflict| Some(conflict.source_number) <= last)
    {
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
    let last = known.iter().map(|conflict| conflict.id).max().unwrap_or(0);
    for (id, conflict) in (last + 1..).zip(&mut conflicts) {
        conflict.id = id;
    }
    let mut operator = database.operator().await?;
    let store = database.store();
    Ok(store
        .add_conflicts(&mut operator, merge, &conflicts)
        .await?)
}

/// A conflict, as it is stored.
pub(in crate::repo) fn new_conflict(source_number: usize, conflict: &Conflict) -> NewConflict {
    NewConflict {
        id: conflict.id,
        source_number,
        lineage: conflict.lineage,
        key: conflict.key.clone(),
        attribute: conflict.attribute.clone(),
        base: conflict.base.clone(),
        source: conflict.source.clone(),
        target: conflict.target.clone(),
    }
}

/// What the record of an applied merge says of it.
pub(super) fn record(request: &Request, planned: &Planned, stored: Option<i64>) -> MergeRecord {
    match stored {
        Some(merge) => MergeRecord::Completes(merge),
        None => MergeRecord::Clean {
            operation: request.operation,
            sources: planned.sources(),
            bases: planned.bases(),
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
