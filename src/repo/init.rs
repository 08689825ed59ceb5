//! A database comes under version control: the `pggit` schema, and `main` with what is there.

use super::error::RepoError;
use crate::branch::{BranchEntry, MAIN, Registry, SharedObjects};
use crate::catalog::{self, LineageBook, Selection, Unsupported};
use crate::error::ErrorReport;
use crate::schema::canonical::canonical_bytes;
use crate::store::{
    Commit, CommitHash, MAIN_BRANCH_ID, MergeAudit, MergeRecord, NewHead, ObjectHash, Record,
    Recorded, Store,
};
use crate::upstream::Executor;
use std::collections::BTreeSet;

/// What `init` found and did.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InitReport {
    /// `main`'s head.
    pub commit: CommitHash,
    /// The database was under version control before; nothing but the `pggit` schema was brought up to date.
    pub already: bool,
    /// How many objects the first commit holds.
    pub objects: usize,
    /// What `main` has that cannot be versioned.
    pub unsupported: Vec<Unsupported>,
}

/// Puts the database that `executor`, an administrative connection, is connected to under version
/// control. Doing it again is harmless.
pub async fn init(
    executor: &mut dyn Executor,
    excluded: &BTreeSet<String>,
) -> Result<InitReport, ErrorReport> {
    Ok(initialise(executor, excluded).await?)
}

async fn initialise(
    executor: &mut dyn Executor,
    excluded: &BTreeSet<String>,
) -> Result<InitReport, RepoError> {
    Store::migrate(executor).await?;
    let store = Store::open(executor).await?;
    if let Some(main) = store.branch(executor, MAIN).await? {
        return Ok(InitReport {
            commit: main.head,
            already: true,
            objects: 0,
            unsupported: Vec::new(),
        });
    }
    executor
        .batch("BEGIN ISOLATION LEVEL READ COMMITTED")
        .await?;
    match first_commit(executor, &store, excluded).await {
        Ok(report) => {
            executor.batch("COMMIT").await?;
            Ok(report)
        }
        Err(error) => {
            executor.batch("ROLLBACK").await?;
            Err(error)
        }
    }
}

async fn first_commit(
    executor: &mut dyn Executor,
    store: &Store,
    excluded: &BTreeSet<String>,
) -> Result<InitReport, RepoError> {
    let server_version = catalog::server_version(executor).await?;
    let registry = Registry::new(
        &Registry::default(),
        1,
        vec![BranchEntry {
            id: MAIN_BRANCH_ID,
            name: MAIN.to_owned(),
            schemas: Vec::new(),
        }],
        SharedObjects {
            extensions: catalog::extensions(executor).await?,
            extension_members: catalog::extension_members(executor).await?,
            excluded_schemas: excluded.clone(),
            ..SharedObjects::default()
        },
    );
    let schemas = super::observe::user_schemas(executor, &registry, MAIN_BRANCH_ID).await?;
    let raw = catalog::read(executor, server_version, Selection::Schemas(&schemas)).await?;
    let mut book = LineageBook::default();
    let names = |physical: &str| Some(registry.owner(physical)?.1.to_owned());
    let found = raw.objects(&names, &mut book)?;

    let mut objects = Vec::with_capacity(found.len());
    let mut changes = Vec::with_capacity(found.len());
    for object in &found {
        let definition = canonical_bytes(&object.definition);
        let hash = ObjectHash::of(&definition);
        changes.push((object.lineage, Some(hash)));
        objects.push((hash, String::from_utf8_lossy(&definition).into_owned()));
    }
    let tree = store.tree_update(executor, None, &changes).await?;
    let stamp = store.stamp(executor).await?;
    let author = session_user(executor).await?;
    let record = Record {
        branch: MAIN_BRANCH_ID,
        expected_head: None,
        head: NewHead::Commit(Commit {
            tree: tree.root,
            parents: Vec::new(),
            author: author.clone(),
            application: "pggit".to_owned(),
            address: String::new(),
            time_micros: stamp.now_micros,
            message: "Initial schema".to_owned(),
            statements: Vec::new(),
        }),
        earlier: Vec::new(),
        stamp,
        who: author,
        action: "init".to_owned(),
        objects,
        tree: Some(tree),
        changes,
        lineages: book.fresh().to_vec(),
        gone: Vec::new(),
        schemas_added: Vec::new(),
        schemas_removed: Vec::new(),
        merge: MergeRecord::None,
        audit: MergeAudit::default(),
        statements: Vec::new(),
        ledgers: Vec::new(),
    };
    match store.record(executor, &record).await? {
        Recorded::Done(commit) => Ok(InitReport {
            commit,
            already: false,
            objects: found.len(),
            unsupported: catalog::unsupported(executor, &schemas).await?,
        }),
        Recorded::HeadMoved(Some(commit)) => Ok(InitReport {
            commit,
            already: true,
            objects: 0,
            unsupported: Vec::new(),
        }),
        Recorded::HeadMoved(None) => Err(ErrorReport::new(
            crate::error::SqlState::INTERNAL_ERROR,
            "the first commit was not recorded",
        )
        .into()),
    }
}

async fn session_user(executor: &mut dyn Executor) -> Result<String, RepoError> {
    let rows = executor.query("SELECT session_user::text", &[]).await?;
    Ok(rows
        .into_iter()
        .flatten()
        .flatten()
        .next()
        .unwrap_or_default())
}
