//! Branches are made, renamed and deleted.

use super::database::{Database, Head};
use super::error::RepoError;
use super::identity::Identity;
use super::ledger;
use super::ownership::owns;
use super::reference::Ref;
use crate::branch::{BranchEntry, BranchMap, MAIN, Registry, map::physical_schema_name, name};
use crate::catalog::Unsupported;
use crate::error::{ErrorReport, Report, SqlState};
use crate::schema::Snapshot;
use crate::schema::model::{Body, Definition, Lineage};
use crate::schema::quote::quote_identifier;
use crate::store::{Branch, CommitHash, LedgerBase, NewBranch, Protection};
use crate::upstream::Executor;
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// A new branch.
#[derive(Clone, Debug)]
pub struct Created {
    pub map: Arc<BranchMap>,
    pub head: CommitHash,
    /// What the branch it was made from has, and it will not have: as it was found last, for looking takes a time that
    /// grows with the schema.
    pub unsupported: Vec<Unsupported>,
}

/// Creates branch `name` at `from`. Its objects, with no rows but those of migration ledgers, follow in the
/// background: see [`super::hydration`].
pub async fn create(
    database: &Database,
    name: &str,
    from: &Ref,
    time_to_live: Option<&str>,
    identity: &Identity,
) -> Result<Created, ErrorReport> {
    name::check_new(name).map_err(|error| error.report())?;
    // One connection for all of it: to open another takes as long as all the rest.
    let mut operator = database.operator().await.map_err(RepoError::from)?;
    // Another process may have made the branch that this one comes from. What extensions hold is asked again before the
    // first of its objects is made.
    database.notice_extensions(&mut operator).await?;
    let origin = origin(database, from).await?;
    operator.batch("BEGIN").await.map_err(RepoError::from)?;
    match register(
        database,
        &mut operator,
        name,
        from,
        origin.as_deref(),
        time_to_live,
        identity,
    )
    .await
    {
        Ok(Registered { entry, head }) => {
            operator.batch("COMMIT").await.map_err(RepoError::from)?;
            database.learn_branch(entry).await;
            let map = database.branch(name).await?;
            if time_to_live.is_some() {
                database.presence().look();
            }
            Ok(Created {
                head,
                unsupported: match &origin {
                    Some(origin) => database.known_unsupported(origin, map.id()),
                    None => Vec::new(),
                },
                map,
            })
        }
        Err(error) => {
            operator.batch("ROLLBACK").await.map_err(RepoError::from)?;
            Err(error.into())
        }
    }
}

/// The branch that a new one is made from, if it starts at a branch's head: that branch's ledgers are there.
async fn origin(database: &Database, from: &Ref) -> Result<Option<Arc<BranchMap>>, ErrorReport> {
    let registry = database.registry();
    let Some(origin) = from.as_branch().and_then(|origin| registry.branch(origin)) else {
        return Ok(None);
    };
    if let Some(hydration) = database.hydration(origin.id()) {
        let ledgers = ledger::bare_names(&database.versioning().migration_ledgers);
        hydration.prepare_for_tables(&ledgers).await?;
    }
    Ok(Some(Arc::clone(origin)))
}

struct Registered {
    entry: BranchEntry,
    head: CommitHash,
}

async fn register(
    database: &Database,
    operator: &mut dyn Executor,
    name: &str,
    from: &Ref,
    origin: Option<&BranchMap>,
    time_to_live: Option<&str>,
    identity: &Identity,
) -> Result<Registered, RepoError> {
    let store = database.store();
    let head = from.head(database, operator).await?;
    let registry = database.registry();
    let schemas = schemas(database, operator, head, origin).await?;
    let schemas = place(schemas, &registry, name);
    let ledgers = match origin {
        Some(origin) => ledgers(database, operator, head, origin).await?,
        None => Ledgers::default(),
    };
    let id = store
        .create_branch(
            operator,
            &NewBranch {
                name,
                head: head.commit,
                schemas: &schemas,
                ledgers: &ledgers.contents,
                who: &identity.role,
            },
        )
        .await?;
    if time_to_live.is_some() {
        store.set_expiry(operator, id, time_to_live).await?;
    }
    if !ledgers.bases.is_empty() {
        store.set_ledger_bases(operator, id, &ledgers.bases).await?;
    }
    Ok(Registered {
        entry: BranchEntry {
            id,
            name: name.to_owned(),
            schemas,
        },
        head: head.commit,
    })
}

/// Registers a branch at a commit that the open transaction may have written itself, in the transaction that `operator`
/// has open. Its ledgers start empty.
pub(super) async fn register_at(
    database: &Database,
    operator: &mut dyn Executor,
    name: &str,
    commit: CommitHash,
    snapshot: &Snapshot,
    identity: &Identity,
) -> Result<(), RepoError> {
    let schemas = schema_names(snapshot.definitions().map(AsRef::as_ref));
    let new = NewBranch {
        name,
        head: commit,
        schemas: &place(schemas, &database.registry(), name),
        ledgers: &BTreeMap::new(),
        who: &identity.role,
    };
    database.store().create_branch(operator, &new).await?;
    Ok(())
}

/// The schemas that a commit has. A branch's own are known without reading its tree.
async fn schemas(
    database: &Database,
    operator: &mut dyn Executor,
    head: Head,
    origin: Option<&BranchMap>,
) -> Result<BTreeSet<String>, RepoError> {
    let store = database.store();
    let definitions = match origin {
        Some(origin) if !origin.is_main() => {
            return Ok(origin
                .schemas()
                .map(|(logical, _)| logical.to_owned())
                .collect());
        }
        Some(main) => {
            let lineages = store.schema_lineages(operator, main.id()).await?;
            let lineages: Vec<Lineage> = lineages.into_iter().collect();
            let recorded = recorded(database, operator, head, &lineages).await?;
            recorded.into_values().collect::<Vec<_>>()
        }
        None => {
            let snapshot = database.snapshot(head.tree).await?;
            snapshot.definitions().cloned().collect()
        }
    };
    Ok(schema_names(definitions.iter().map(AsRef::as_ref)))
}

fn schema_names<'a>(definitions: impl Iterator<Item = &'a Definition>) -> BTreeSet<String> {
    definitions
        .filter_map(|definition| match &definition.body {
            Body::Schema(schema) => Some(schema.name.clone()),
            _ => None,
        })
        .collect()
}

/// What a commit has of these objects.
async fn recorded(
    database: &Database,
    executor: &mut dyn Executor,
    head: Head,
    lineages: &[Lineage],
) -> Result<BTreeMap<Lineage, Arc<Definition>>, RepoError> {
    let store = database.store();
    let entries = store.tree_lookup(executor, head.tree, lineages).await?;
    let hashes: Vec<_> = entries.values().copied().collect();
    let definitions = store.objects(executor, &hashes).await?;
    Ok(entries
        .into_iter()
        .filter_map(|(lineage, hash)| Some((lineage, Arc::clone(definitions.get(&hash)?))))
        .collect())
}

/// Where schemas go on a new branch.
fn place(schemas: BTreeSet<String>, registry: &Registry, branch: &str) -> Vec<(String, String)> {
    schemas
        .into_iter()
        .map(|schema| {
            let mut physical = physical_schema_name(&schema, branch);
            // A branch that was renamed away may still live under this name.
            let mut attempt = 1;
            while registry.is_taken(&physical) {
                attempt += 1;
                physical = physical_schema_name(&schema, &format!("{branch}~{attempt}"));
            }
            (schema, physical)
        })
        .collect()
}

/// What a new branch takes over from the migration ledgers of the one it is made from.
#[derive(Debug, Default)]
struct Ledgers {
    contents: BTreeMap<Lineage, Value>,
    /// What the two have in common from now on.
    bases: Vec<LedgerBase>,
}

async fn ledgers(
    database: &Database,
    operator: &mut dyn Executor,
    head: Head,
    origin: &BranchMap,
) -> Result<Ledgers, RepoError> {
    let names = &database.versioning().migration_ledgers;
    let lineages = database
        .store()
        .relations_named(operator, origin.id(), &ledger::bare_names(names))
        .await?;
    let lineages: Vec<Lineage> = lineages.into_iter().collect();
    let mut ledgers = Ledgers::default();
    for (lineage, definition) in recorded(database, operator, head, &lineages).await? {
        let Some(table) = definition
            .as_table()
            .filter(|table| ledger::is_ledger(table, names))
        else {
            continue;
        };
        if !ledger::lock(operator, table, origin).await? {
            tracing::warn!(table = %table.name.name, "the rows of a migration ledger are not taken over: that would run a user's code");
            continue;
        }
        let rows = ledger::rows(operator, table, origin).await?;
        ledgers.bases.push(LedgerBase {
            other: origin.id(),
            lineage,
            rows: ledger::to_json(&rows),
        });
        let contents = ledger::contents(operator, table, origin).await?;
        ledgers.contents.insert(lineage, contents);
    }
    Ok(ledgers)
}

/// Gives a branch another name; its objects stay where they are.
pub async fn rename(
    database: &Database,
    from: &str,
    to: &str,
    identity: &Identity,
) -> Result<(), ErrorReport> {
    name::check_new(to).map_err(|error| error.report())?;
    let mut operator = database.operator().await.map_err(RepoError::from)?;
    let branch = existing(database, &mut operator, from).await?;
    branch_may_be_disposed(&mut operator, &branch, identity, "rename").await?;
    database
        .store()
        .rename_branch(&mut operator, from, to, &identity.role)
        .await
        .map_err(RepoError::from)?;
    database.refresh().await?;
    Ok(())
}

/// Deletes a branch: its name and its objects with their rows. Its commits stay.
///
/// Without `force`, a branch whose head no other branch contains is not deleted.
pub async fn delete(
    database: &Database,
    name: &str,
    force: bool,
    identity: &Identity,
) -> Result<(), ErrorReport> {
    let mut operator = database.operator().await.map_err(RepoError::from)?;
    let branch = existing(database, &mut operator, name).await?;
    branch_may_be_disposed(&mut operator, &branch, identity, "delete").await?;
    must_not_be_protected(database, &mut operator, &branch).await?;
    if !force {
        is_contained(database, &mut operator, &branch).await?;
    }
    let map = database.branch(name).await?;
    let dropped = async {
        operator.batch("BEGIN").await?;
        // Whoever is making its objects comes to an end first, and finds the branch gone afterwards.
        let store = database.store();
        store.stop_hydrating(&mut operator, branch.id).await?;
        for (_, physical) in map.schemas() {
            let schema = quote_identifier(physical);
            let sql = format!("DROP SCHEMA IF EXISTS {schema} CASCADE");
            operator.batch(&sql).await?;
        }
        store
            .delete_branch(&mut operator, name, &identity.role)
            .await?;
        operator.batch("COMMIT").await?;
        Ok::<_, RepoError>(())
    }
    .await;
    if let Err(error) = dropped {
        operator.batch("ROLLBACK").await.map_err(RepoError::from)?;
        return Err(error.into());
    }
    database.forget_head(branch.id);
    database.refresh().await?;
    Ok(())
}

pub(super) async fn existing(
    database: &Database,
    executor: &mut dyn Executor,
    name: &str,
) -> Result<Branch, RepoError> {
    if name == MAIN {
        return Err(ErrorReport::new(
            SqlState::OBJECT_NOT_IN_PREREQUISITE_STATE,
            format!("branch \"{MAIN}\" can be neither renamed nor deleted, nor can it expire"),
        )
        .into());
    }
    database
        .store()
        .branch(executor, name)
        .await?
        .ok_or_else(|| RepoError::no_such_branch(name))
}

async fn must_not_be_protected(
    database: &Database,
    executor: &mut dyn Executor,
    branch: &Branch,
) -> Result<(), RepoError> {
    let protections = database.store().protections(executor).await?;
    let is_this = |protection: &Protection| protection.branch_id == branch.id;
    if !protections.iter().any(is_this) {
        return Ok(());
    }
    Err(ErrorReport::new(
        SqlState::OBJECT_NOT_IN_PREREQUISITE_STATE,
        format!("branch \"{}\" is protected", branch.name),
    )
    .with_hint(format!(
        "PGGIT UNPROTECT {} lifts the protection.",
        quote_identifier(&branch.name)
    ))
    .into())
}

pub(super) async fn branch_may_be_disposed(
    executor: &mut dyn Executor,
    branch: &Branch,
    identity: &Identity,
    verb: &str,
) -> Result<(), RepoError> {
    let what = format!("branch \"{}\"", branch.name);
    may_dispose(executor, &what, &branch.created_by, identity, verb).await
}

/// What is named is its creator's to dispose of, and the database owner's, as a database is its owner's.
pub(super) async fn may_dispose(
    executor: &mut dyn Executor,
    what: &str,
    creator: &str,
    identity: &Identity,
    verb: &str,
) -> Result<(), RepoError> {
    if owns(executor, &identity.role, creator).await? {
        return Ok(());
    }
    Err(ErrorReport::new(
        SqlState::INSUFFICIENT_PRIVILEGE,
        format!("permission denied to {verb} {what}"),
    )
    .with_detail(format!("It was created by role \"{creator}\"."))
    .into())
}

/// Fails if the branch has commits that no other branch has.
async fn is_contained(
    database: &Database,
    executor: &mut dyn Executor,
    branch: &Branch,
) -> Result<(), RepoError> {
    let store = database.store();
    for other in store.branches(executor).await? {
        if other.id != branch.id && store.is_ancestor(executor, branch.head, other.head).await? {
            return Ok(());
        }
    }
    Err(ErrorReport::new(
        SqlState::OBJECT_NOT_IN_PREREQUISITE_STATE,
        format!("branch \"{}\" is not fully merged", branch.name),
    )
    .with_detail("It has commits that no other branch has.")
    .with_hint(format!(
        "Merge it first, or use PGGIT BRANCH DELETE {} FORCE.",
        quote_identifier(&branch.name)
    ))
    .into())
}

/// A branch as lists show it.
#[derive(Clone, Debug)]
pub struct Listed {
    pub branch: Branch,
    pub author: String,
    pub message: String,
    /// `ready`, or how far its objects are made.
    pub state: String,
    /// Tags of its head.
    pub tags: Vec<String>,
}

/// All branches with their latest commits, `main` first.
pub async fn list(database: &Database) -> Result<Vec<Listed>, ErrorReport> {
    let mut reader = database.reader();
    let store = database.store();
    let mut listed = Vec::new();
    let tags = store.tags(&mut reader).await.map_err(RepoError::from)?;
    for branch in store.branches(&mut reader).await.map_err(RepoError::from)? {
        let commit = store
            .commit(&mut reader, branch.head)
            .await
            .map_err(RepoError::from)?;
        let here = database
            .hydration(branch.id)
            .filter(|here| !here.is_finished());
        let state = here.map(|here| here.progress());
        let tags = tags.iter().filter(|tag| tag.commit == branch.head);
        listed.push(Listed {
            tags: tags.map(|tag| tag.name.clone()).collect(),
            state: state.map_or_else(|| "ready".to_owned(), |progress| progress.to_string()),
            branch,
            author: commit.author.clone(),
            message: commit.message.clone(),
        });
    }
    Ok(listed)
}
