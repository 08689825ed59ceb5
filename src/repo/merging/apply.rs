//! A planned merge happens, in one transaction of the client's connection, or not at all.

use super::guard;
use super::plan::{Planned, plan};
use super::{Request, conflicts};
use crate::branch::NameUse;
use crate::catalog::{self, CatalogId, PhysicalTarget, Selection, TargetClass, TouchedRequest};
use crate::error::{ErrorReport, Report, SqlState};
use crate::merge::Resolution;
use crate::repo::adopt::adopt;
use crate::repo::advance::{Advanced, Authored, Merging, advance_from};
use crate::repo::database::Database;
use crate::repo::error::RepoError;
use crate::repo::identity::Identity;
use crate::repo::ledger;
use crate::repo::observe::{Gone, Observed, new_schemas};
use crate::schema::model::{Kind, Lineage, ObjectKey};
use crate::schema::{self, ChangeKind, Snapshot};
use crate::sql::retarget;
use crate::store::{CommitHash, LedgerBase, Stamp};
use crate::upstream::{DbError, Executor};
use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;

/// How often a merge is worked out anew because the target moved meanwhile.
const ATTEMPTS: usize = 5;

/// How a merge came out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    UpToDate,
    FastForward,
    Merged,
    Conflicts,
}

impl Outcome {
    pub fn as_str(self) -> &'static str {
        match self {
            Self::UpToDate => "up_to_date",
            Self::FastForward => "fast_forward",
            Self::Merged => "merged",
            Self::Conflicts => "conflicts",
        }
    }
}

/// What a merge did.
#[derive(Clone, Debug)]
pub struct MergeReport {
    pub outcome: Outcome,
    /// The number under which the merge is stored.
    pub merge: Option<i64>,
    /// The target's head afterwards.
    pub commit: CommitHash,
    /// Objects of the target that the merge changed.
    pub objects: usize,
    pub conflicts: usize,
    /// Statements that were applied.
    pub statements: usize,
}

/// Merges, or stores the conflicts that keep it from happening. `session` must be in no transaction.
pub async fn merge(
    database: &Database,
    session: &mut dyn Executor,
    request: &Request,
    identity: &Identity,
) -> Result<MergeReport, ErrorReport> {
    Ok(attempt(database, session, request, &[], None, identity).await?)
}

/// Waits for what a merge needs of branches that are still being made: all of the target, the source's ledgers.
async fn hydrated(database: &Database, request: &Request) -> Result<(), RepoError> {
    let target = database.branch(&request.target).await?;
    database.complete(target.id()).await?;
    let registry = database.registry();
    let source = request.source.as_branch();
    if let Some(source) = source.and_then(|source| registry.branch(source))
        && let Some(hydration) = database.hydration(source.id())
    {
        let ledgers = &database.versioning().migration_ledgers;
        hydration.prepare_for_tables(ledgers).await?;
    }
    Ok(())
}

/// Works the merge out and applies it, again if the target has moved in between.
pub(super) async fn attempt(
    database: &Database,
    session: &mut dyn Executor,
    request: &Request,
    resolutions: &[Resolution],
    stored: Option<i64>,
    identity: &Identity,
) -> Result<MergeReport, RepoError> {
    let creator = catalog::creator(session).await?;
    hydrated(database, request).await?;
    for _ in 0..ATTEMPTS {
        let planned = plan(database, request, resolutions, &creator).await?;
        if planned.is_up_to_date() && stored.is_none() {
            return Ok(MergeReport {
                outcome: Outcome::UpToDate,
                merge: None,
                commit: planned.target_head.commit,
                objects: 0,
                conflicts: 0,
                statements: 0,
            });
        }
        let open = planned.open_conflicts();
        if open > 0 {
            let id = conflicts::store(database, request, &planned, stored, identity).await?;
            return Ok(MergeReport {
                outcome: Outcome::Conflicts,
                merge: Some(id),
                commit: planned.target_head.commit,
                objects: 0,
                conflicts: open,
                statements: 0,
            });
        }
        session
            .batch("BEGIN ISOLATION LEVEL READ COMMITTED")
            .await?;
        let applied = async {
            let applied = apply(database, session, request, &planned, stored, identity).await?;
            if applied.is_some() {
                session.batch("COMMIT").await?;
            }
            Ok(applied)
        }
        .await;
        match applied {
            Ok(Some(report)) => {
                if planned
                    .changes
                    .iter()
                    .any(|change| change.key.kind == Kind::Schema)
                {
                    database.refresh().await?;
                }
                return Ok(report);
            }
            Ok(None) => {
                session.batch("ROLLBACK").await?;
                database.forget_head(planned.target.id());
            }
            Err(error) => {
                database.forget_head(planned.target.id());
                // The connection may be what failed; the first error is the one that says why.
                let _ = session.batch("ROLLBACK").await;
                return Err(error);
            }
        }
    }
    Err(ErrorReport::new(
        SqlState::SERIALIZATION_FAILURE,
        format!("branch \"{}\" keeps changing", request.target),
    )
    .with_hint("Run the merge again.")
    .into())
}

/// Applies a merge without conflicts in `session`'s open transaction. `None` if the target has moved.
async fn apply(
    database: &Database,
    session: &mut dyn Executor,
    request: &Request,
    planned: &Planned,
    stored: Option<i64>,
    identity: &Identity,
) -> Result<Option<MergeReport>, RepoError> {
    guard::check(session, planned, request.allow_data_loss).await?;
    for step in &planned.steps {
        let sql = retarget(&step.sql, &planned.target)?;
        session
            .batch(&sql)
            .await
            .map_err(|error| step_failed(&error, &step.sql))?;
    }
    let (observed, stamp) = look(database, session, planned).await?;
    verify(planned, &observed)?;
    let ledgers = carry_ledgers(database, session, request, planned).await?;

    let message = request
        .message
        .clone()
        .unwrap_or_else(|| format!("Merge {} into {}", request.source_name, request.target));
    let advanced = advance_from(
        database,
        session,
        planned.target_head,
        &observed,
        &stamp,
        &Authored {
            identity,
            message,
            statements: planned.steps.iter().map(|step| step.sql.clone()).collect(),
            action: format!("merge {}", request.source_name),
        },
        Some(Merging {
            source: planned.source_head,
            fast_forward: planned.is_fast_forward() && request.message.is_none(),
            merge: conflicts::record(request, planned, stored),
            ledgers,
        }),
    )
    .await?;
    let commit = match advanced {
        Advanced::To(commit) => commit,
        Advanced::Unchanged => planned.target_head.commit,
        Advanced::Moved(_) => return Ok(None),
    };
    Ok(Some(MergeReport {
        outcome: if commit == planned.source_head.commit {
            Outcome::FastForward
        } else {
            Outcome::Merged
        },
        merge: stored,
        commit,
        objects: planned.changes.len(),
        conflicts: 0,
        statements: planned.steps.len(),
    }))
}

/// The server's error for one of our statements, with the statement.
fn step_failed(error: &DbError, sql: &str) -> RepoError {
    let report = error.report();
    let detail = match &report.detail {
        Some(detail) => format!("{detail} While applying: {sql}"),
        None => format!("While applying: {sql}"),
    };
    ErrorReport {
        detail: Some(detail),
        ..report
    }
    .into()
}

/// What the target's objects are now, of those that the merge touched.
async fn look(
    database: &Database,
    session: &mut dyn Executor,
    planned: &Planned,
) -> Result<(Observed, Stamp), RepoError> {
    let map = &planned.target;
    let targets = targets(planned);
    let mut touched = catalog::touched(
        session,
        TouchedRequest {
            targets: &targets,
            ..TouchedRequest::default()
        },
    )
    .await?;
    let drops_unlocked = planned.changes.iter().any(|change| {
        change.key.kind == Kind::DefaultPrivileges && change.kind == ChangeKind::Drop
    });
    if drops_unlocked {
        let lost = database.store().lost_objects(session, map.id()).await?;
        touched.gone.extend(lost);
    }
    let raw = database
        .read(session, Selection::Objects(&touched.ids))
        .await?;
    let mut asked = raw.ids();
    asked.extend(&touched.gone);
    let entries = database.store().lineages(session, &asked).await?;
    let known: HashMap<CatalogId, Lineage> = entries
        .iter()
        .filter(|(_, entry)| entry.branch == map.id())
        .map(|(id, entry)| (*id, entry.lineage))
        .collect();
    let registry = database.registry();
    let added: HashMap<String, String> = planned
        .changes
        .iter()
        .filter(|change| change.key.kind == Kind::Schema)
        .map(|change| {
            let physical = map.physical_schema(&change.key.name, None, NameUse::Define);
            (physical.into_owned(), change.key.name.clone())
        })
        .collect();
    let names = |physical: &str| {
        if let Some(logical) = added.get(physical) {
            return Some(logical.clone());
        }
        registry.logical_on(map.id(), physical)
    };
    let adopted = adopt(&raw, &names, &planned.merged.result, &known)?;
    let observed = Observed {
        map: Arc::clone(map),
        new_schemas: new_schemas(map, &adopted.found),
        gone: touched
            .gone
            .iter()
            .filter_map(|id| {
                Some(Gone {
                    id: Some(*id),
                    lineage: *known.get(id)?,
                })
            })
            .collect(),
        newcomers: adopted.newcomers,
        found: adopted.found,
    };
    let stamp = Stamp {
        transaction_id: touched.transaction_id,
        backend_pid: touched.backend_pid,
        now_micros: touched.now_micros,
    };
    Ok((observed, stamp))
}

/// The names that the merge's statements concern, where they live.
fn targets(planned: &Planned) -> Vec<PhysicalTarget> {
    let mut targets = BTreeSet::new();
    // What had to make way for a change was dropped and made again.
    let changed = planned.changes.iter().map(|change| &change.key);
    let rebuilt = planned.steps.iter().map(|step| &step.object);
    let mut keys: BTreeSet<ObjectKey> = changed.chain(rebuilt).cloned().collect();
    // A cast is made under no lock, and has no name.
    let casts: Vec<&ObjectKey> = keys.iter().filter(|key| key.kind == Kind::Cast).collect();
    let result = &planned.merged.result;
    let bound: Vec<ObjectKey> = casts
        .into_iter()
        .filter_map(|key| result.get(&result.by_key(key)?))
        .flat_map(|cast| cast.depends_on.iter().cloned())
        .collect();
    keys.extend(bound);
    for key in &keys {
        let class = TargetClass::of(key.kind);
        let physical = |schema: &str| {
            planned
                .target
                .physical_schema(schema, None, NameUse::Define)
                .into_owned()
        };
        targets.insert(match key.kind {
            Kind::Schema => PhysicalTarget {
                class,
                schema: String::new(),
                name: physical(&key.name),
            },
            Kind::DefaultPrivileges => PhysicalTarget {
                class,
                schema: String::new(),
                name: physical(&key.schema),
            },
            kind if kind.is_on_relation() => PhysicalTarget {
                class,
                schema: physical(&key.schema),
                name: key.qualifier.clone(),
            },
            _ => PhysicalTarget {
                class,
                schema: physical(&key.schema),
                name: key.name.clone(),
            },
        });
    }
    targets.into_iter().collect()
}

/// What the merge changed must now be what it was computed to be. Objects that merely depend on
/// those may read differently: the server rewrites them when what they name is renamed.
fn verify(planned: &Planned, observed: &Observed) -> Result<(), RepoError> {
    let changed: BTreeSet<Lineage> = planned
        .changes
        .iter()
        .map(|change| change.lineage)
        .collect();
    let result = &planned.merged.result;
    let wanted: Snapshot = changed
        .iter()
        .filter_map(|lineage| Some((*lineage, Arc::clone(result.get(lineage)?))))
        .collect();
    let live: Snapshot = observed
        .found
        .iter()
        .filter(|found| changed.contains(&found.lineage))
        .map(|found| (found.lineage, found.definition.clone()))
        .collect();
    let wrong: Vec<String> = schema::diff(&wanted, &live)
        .into_iter()
        .map(|change| difference(&change.key, &change.kind))
        .collect();
    if wrong.is_empty() {
        return Ok(());
    }
    Err(ErrorReport::new(
        SqlState::INTERNAL_ERROR,
        "the merged schema did not come out as computed; nothing was changed",
    )
    .with_detail(wrong.join("; "))
    .with_origin(crate::error::Origin::Internal)
    .into())
}

fn difference(key: &ObjectKey, kind: &ChangeKind) -> String {
    match kind {
        ChangeKind::Create => format!("{key} should not exist"),
        ChangeKind::Drop => format!("{key} is missing"),
        ChangeKind::Alter(alterations) => {
            let alterations: Vec<String> = alterations.iter().map(ToString::to_string).collect();
            format!("{key}: {}", alterations.join(", "))
        }
    }
}

/// Carries migration ledgers from the source branch, and says what is equal on both from now on.
async fn carry_ledgers(
    database: &Database,
    session: &mut dyn Executor,
    request: &Request,
    planned: &Planned,
) -> Result<Vec<LedgerBase>, RepoError> {
    let Some(source) = database.registry().branch(&request.source_name).cloned() else {
        return Ok(Vec::new());
    };
    let result = &planned.merged.result;
    let ledgers = ledger::ledgers(result, &database.versioning().migration_ledgers);
    if ledgers.is_empty() {
        return Ok(Vec::new());
    }
    let theirs = database.snapshot(planned.source_head.tree).await?;
    let stored = database
        .store()
        .ledger_bases(&mut database.reader(), source.id(), planned.target.id())
        .await?;
    let mut bases = Vec::new();
    for (lineage, table) in ledgers {
        // A ledger that each branch has made for itself has two lineages and one name.
        let key = ObjectKey::of(Kind::Table, &table.name);
        let there = theirs
            .get(&lineage)
            .or_else(|| theirs.get(&theirs.by_key(&key)?))
            .and_then(|found| found.as_table());
        let Some(there) = there else { continue };
        let source_rows = ledger::rows(session, there, &source).await?;
        let target_rows = ledger::rows(session, table, &planned.target).await?;
        let base = stored.get(&lineage).map(ledger::from_json);
        let carry = ledger::carry(base.as_ref(), &source_rows, &target_rows);
        ledger::apply(session, table, &planned.target, &carry).await?;
        bases.push(LedgerBase {
            other: source.id(),
            lineage,
            rows: ledger::to_json(&source_rows),
        });
    }
    Ok(bases)
}
