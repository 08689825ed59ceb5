//! Branches are made, renamed and deleted.

use super::adopt::adopt;
use super::database::Database;
use super::error::RepoError;
use super::identity::Identity;
use super::ledger;
use super::observe::user_schemas;
use super::reference::Ref;
use crate::branch::{BranchMap, MAIN, Registry, map::physical_schema_name, name};
use crate::catalog::{self, CatalogId, Selection, Unsupported};
use crate::error::{ErrorReport, Report, SqlState};
use crate::schema::model::{Body, Definition, Lineage, ObjectKey};
use crate::schema::quote::quote_identifier;
use crate::schema::{self, RenderOptions, Snapshot};
use crate::sql::retarget;
use crate::store::{Branch, CommitHash, LedgerBase, NewBranch};
use crate::upstream::Executor;
use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

/// A new branch.
#[derive(Clone, Debug)]
pub struct Created {
    pub map: Arc<BranchMap>,
    pub head: CommitHash,
    pub objects: usize,
    /// What the branch it was made from has, and it has not.
    pub unsupported: Vec<Unsupported>,
    /// Objects that the server describes differently on the new branch.
    pub different: Vec<ObjectKey>,
}

/// Creates branch `name` at `from`, with the objects of that commit and no rows but those of migration ledgers.
pub async fn create(
    database: &Database,
    name: &str,
    from: &Ref,
    identity: &Identity,
) -> Result<Created, ErrorReport> {
    name::check_new(name).map_err(|error| error.report())?;
    // An extension may have been created past the proxy.
    database.refresh().await?;
    let mut operator = database.operator().await.map_err(RepoError::from)?;
    operator.batch("BEGIN").await.map_err(RepoError::from)?;
    match hydrate(database, &mut operator, name, from, identity).await {
        Ok(created) => {
            operator.batch("COMMIT").await.map_err(RepoError::from)?;
            database.refresh().await?;
            let map = database.branch(name).await?;
            Ok(Created { map, ..created })
        }
        Err(error) => {
            operator.batch("ROLLBACK").await.map_err(RepoError::from)?;
            Err(error.into())
        }
    }
}

async fn hydrate(
    database: &Database,
    operator: &mut dyn Executor,
    name: &str,
    from: &Ref,
    identity: &Identity,
) -> Result<Created, RepoError> {
    let store = database.store();
    if store.branch(operator, name).await?.is_some() {
        return Err(ErrorReport::new(
            SqlState::DUPLICATE_DATABASE,
            format!("branch \"{name}\" already exists"),
        )
        .into());
    }
    let commit = from.resolve(database, operator).await?;
    let head = database.head_at(operator, commit).await?;
    let snapshot = store.snapshot(operator, head.tree).await?;
    let registry = database.registry();
    let schemas = place(&snapshot, &registry, name);
    let map = BranchMap::new(
        name,
        0,
        0,
        schemas.iter().cloned(),
        Arc::clone(registry.shared()),
    );

    let options = RenderOptions {
        creator: Some(catalog::creator(operator).await?),
        ..RenderOptions::default()
    };
    let steps = schema::create_all(&snapshot, &options);
    if !steps.is_empty() {
        let statements: Vec<&str> = steps.iter().map(|step| step.sql.as_str()).collect();
        let script = statements.join(";\n");
        operator.batch(&retarget(&script, &map)?).await?;
    }

    let (lineages, different) = read_back(database, operator, &map, &snapshot).await?;
    let id = store
        .create_branch(
            operator,
            &NewBranch {
                name,
                head: head.commit,
                schemas: &schemas,
                lineages: &lineages,
                who: &identity.role,
            },
        )
        .await?;
    let unsupported = match from.as_branch().and_then(|origin| registry.branch(origin)) {
        Some(origin) => {
            let bases = copy_ledgers(database, operator, &snapshot, origin, &map).await?;
            store.set_ledger_bases(operator, id, &bases).await?;
            let schemas = user_schemas(operator, &registry, origin.id()).await?;
            catalog::unsupported(operator, &schemas).await?
        }
        None => Vec::new(),
    };
    Ok(Created {
        map: Arc::new(map),
        head: head.commit,
        objects: snapshot.len(),
        unsupported,
        different,
    })
}

/// Where the schemas of a snapshot go on a new branch.
fn place(snapshot: &Snapshot, registry: &Registry, branch: &str) -> Vec<(String, String)> {
    snapshot
        .definitions()
        .filter_map(|definition| match &definition.body {
            Body::Schema(schema) => {
                let mut physical = physical_schema_name(&schema.name, branch);
                // A branch that was renamed away may still live under this name.
                let mut attempt = 1;
                while registry.is_taken(&physical) {
                    attempt += 1;
                    physical = physical_schema_name(&schema.name, &format!("{branch}~{attempt}"));
                }
                Some((schema.name.clone(), physical))
            }
            _ => None,
        })
        .collect()
}

/// Reads the new branch's objects back: which catalog entry is which lineage, and what came out differently.
async fn read_back(
    database: &Database,
    operator: &mut dyn Executor,
    map: &BranchMap,
    snapshot: &Snapshot,
) -> Result<(Vec<(CatalogId, Lineage)>, Vec<ObjectKey>), RepoError> {
    let schemas: Vec<String> = map
        .schemas()
        .map(|(_, physical)| physical.to_owned())
        .collect();
    let raw = catalog::read(
        operator,
        database.server_version(),
        Selection::Schemas(&schemas),
    )
    .await?;
    let names = |physical: &str| map.logical_schema(physical).map(str::to_owned);
    let adopted = adopt(&raw, &names, snapshot, &HashMap::new())?;
    let mut unseen: BTreeMap<Lineage, &Arc<Definition>> = snapshot
        .iter()
        .map(|(lineage, definition)| (*lineage, definition))
        .collect();
    let mut different = Vec::new();
    for object in &adopted.found {
        match unseen.remove(&object.lineage) {
            Some(wanted) if **wanted == object.definition => {}
            _ => different.push(object.definition.key()),
        }
    }
    different.extend(unseen.values().map(|definition| definition.key()));
    Ok((adopted.newcomers, different))
}

async fn copy_ledgers(
    database: &Database,
    operator: &mut dyn Executor,
    snapshot: &Snapshot,
    from: &BranchMap,
    to: &BranchMap,
) -> Result<Vec<LedgerBase>, RepoError> {
    let mut bases = Vec::new();
    for (lineage, table) in ledger::ledgers(snapshot, &database.versioning().migration_ledgers) {
        if !ledger::copy(operator, table, from, to).await? {
            tracing::warn!(table = %table.name.name, "the rows of a migration ledger were not copied: that would run a user's code");
            continue;
        }
        let rows = ledger::rows(operator, table, to).await?;
        bases.push(LedgerBase {
            other: from.id(),
            lineage,
            rows: ledger::to_json(&rows),
        });
    }
    Ok(bases)
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
    may_dispose(&mut operator, &branch, identity, "rename").await?;
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
    may_dispose(&mut operator, &branch, identity, "delete").await?;
    if !force {
        is_contained(database, &mut operator, &branch).await?;
    }
    let map = database.branch(name).await?;
    let dropped = async {
        operator.batch("BEGIN").await?;
        for (_, physical) in map.schemas() {
            let schema = quote_identifier(physical);
            let sql = format!("DROP SCHEMA IF EXISTS {schema} CASCADE");
            operator.batch(&sql).await?;
        }
        database
            .store()
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

async fn existing(
    database: &Database,
    executor: &mut dyn Executor,
    name: &str,
) -> Result<Branch, RepoError> {
    if name == MAIN {
        return Err(ErrorReport::new(
            SqlState::OBJECT_NOT_IN_PREREQUISITE_STATE,
            format!("branch \"{MAIN}\" can be neither renamed nor deleted"),
        )
        .into());
    }
    database
        .store()
        .branch(executor, name)
        .await?
        .ok_or_else(|| RepoError::no_such_branch(name))
}

const MAY_DISPOSE: &str = "
    SELECT (r.rolsuper
            OR pg_has_role(r.oid, d.datdba, 'MEMBER')
            OR EXISTS (SELECT FROM pg_roles AS c
                        WHERE c.rolname = $2::text AND pg_has_role(r.oid, c.oid, 'MEMBER')))::text
      FROM pg_roles AS r, pg_database AS d
     WHERE r.rolname = $1::text AND d.datname = current_database()";

/// A branch is its creator's to dispose of, and the database owner's, as a database is its owner's.
async fn may_dispose(
    executor: &mut dyn Executor,
    branch: &Branch,
    identity: &Identity,
    verb: &str,
) -> Result<(), RepoError> {
    let rows = executor
        .query(
            MAY_DISPOSE,
            &[Some(&identity.role), Some(&branch.created_by)],
        )
        .await?;
    if rows
        .into_iter()
        .flatten()
        .flatten()
        .any(|may| may == "true")
    {
        return Ok(());
    }
    Err(ErrorReport::new(
        SqlState::INSUFFICIENT_PRIVILEGE,
        format!("permission denied to {verb} branch \"{}\"", branch.name),
    )
    .with_detail(format!("It was created by role \"{}\".", branch.created_by))
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
}

/// All branches with their latest commits, `main` first.
pub async fn list(database: &Database) -> Result<Vec<Listed>, ErrorReport> {
    let mut reader = database.reader();
    let store = database.store();
    let mut listed = Vec::new();
    for branch in store.branches(&mut reader).await.map_err(RepoError::from)? {
        let commit = store
            .commit(&mut reader, branch.head)
            .await
            .map_err(RepoError::from)?;
        listed.push(Listed {
            branch,
            author: commit.author.clone(),
            message: commit.message.clone(),
        });
    }
    Ok(listed)
}
