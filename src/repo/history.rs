//! Reading what has been: log, one commit, common ancestors.

use super::database::Database;
use super::error::RepoError;
use super::reference::Ref;
use crate::error::{ErrorReport, SqlState};
use crate::schema::model::{Kind, Lineage, ObjectKey};
use crate::schema::{self, Change, Snapshot};
use crate::store::{Commit, CommitHash, LogQuery};
use std::collections::HashMap;

/// A commit with the names of the branches whose head it is.
#[derive(Clone, Debug)]
pub struct Entry {
    pub hash: CommitHash,
    pub commit: Commit,
    pub heads: Vec<String>,
}

/// Which commits a log shows. All conditions must hold.
#[derive(Clone, Debug, Default)]
pub struct Filter {
    /// Commits that changed an object which the ref's schema calls so: schema, if given, and name.
    pub object: Option<(Option<String>, String)>,
    pub author: Option<String>,
    /// Bounds of the commit time, both included, as PostgreSQL reads a `timestamptz`.
    pub since: Option<String>,
    pub until: Option<String>,
    pub limit: Option<u64>,
}

/// The commits that a ref reaches, newest first.
pub async fn log(
    database: &Database,
    from: &Ref,
    filter: Filter,
) -> Result<Vec<Entry>, ErrorReport> {
    Ok(entries(database, from, filter).await?)
}

async fn entries(database: &Database, from: &Ref, filter: Filter) -> Result<Vec<Entry>, RepoError> {
    let mut reader = database.reader();
    let store = database.store();
    let from = from.resolve(database, &mut reader).await?;
    let mut heads: HashMap<CommitHash, Vec<String>> = HashMap::new();
    for branch in store.branches(&mut reader).await? {
        heads.entry(branch.head).or_default().push(branch.name);
    }
    let object = match &filter.object {
        Some((schema, name)) => {
            let tree = database.head_at(&mut reader, from).await?.tree;
            let snapshot = database.snapshot(tree).await?;
            Some(object_named(&snapshot, schema.as_deref(), name)?)
        }
        None => None,
    };
    let query = LogQuery {
        from: vec![from],
        author: filter.author,
        since: filter.since,
        until: filter.until,
        object,
        limit: filter.limit,
        down_to: Vec::new(),
    };
    let commits = store.log(&mut reader, &query).await?;
    Ok(commits
        .into_iter()
        .map(|(hash, commit)| Entry {
            hash,
            commit,
            heads: heads.remove(&hash).unwrap_or_default(),
        })
        .collect())
}

/// The object of that name; of several, a table before others.
fn object_named(
    snapshot: &Snapshot,
    schema: Option<&str>,
    name: &str,
) -> Result<Lineage, RepoError> {
    let mut found: Vec<(&ObjectKey, Lineage)> = snapshot
        .called(name)
        .filter(|(key, _)| schema.is_none_or(|schema| key.schema == schema))
        .collect();
    found.sort();
    found.sort_by_key(|(key, _)| key.kind != Kind::Table);
    match found.first() {
        Some((_, lineage)) => Ok(*lineage),
        None => Err(ErrorReport::new(
            SqlState::UNDEFINED_OBJECT,
            format!("object \"{name}\" does not exist"),
        )
        .with_detail("Names are looked up in the schema that the ref has now.")
        .into()),
    }
}

/// One commit, and what it changed against its first parent.
#[derive(Clone, Debug)]
pub struct Shown {
    pub hash: CommitHash,
    pub commit: Commit,
    pub changes: Vec<Change>,
}

/// What a commit says and did.
pub async fn show(database: &Database, reference: &Ref) -> Result<Shown, ErrorReport> {
    Ok(shown(database, reference).await?)
}

async fn shown(database: &Database, reference: &Ref) -> Result<Shown, RepoError> {
    let mut reader = database.reader();
    let store = database.store();
    let hash = reference.resolve(database, &mut reader).await?;
    let commit = store.commit(&mut reader, hash).await?;
    let after = database.snapshot(commit.tree).await?;
    let before = match commit.parents.first() {
        Some(parent) => {
            let parent = store.commit(&mut reader, *parent).await?;
            database.snapshot(parent.tree).await?
        }
        None => Snapshot::default(),
    };
    Ok(Shown {
        hash,
        commit,
        changes: schema::diff(&before, &after),
    })
}

/// The best common ancestors of two refs: none if their histories share nothing.
pub async fn merge_base(
    database: &Database,
    left: &Ref,
    right: &Ref,
) -> Result<Vec<Entry>, ErrorReport> {
    Ok(bases(database, left, right).await?)
}

async fn bases(database: &Database, left: &Ref, right: &Ref) -> Result<Vec<Entry>, RepoError> {
    let mut reader = database.reader();
    let store = database.store();
    let left = left.resolve(database, &mut reader).await?;
    let right = right.resolve(database, &mut reader).await?;
    let mut found = Vec::new();
    for hash in store.merge_base(&mut reader, left, right).await? {
        found.push(Entry {
            hash,
            commit: store.commit(&mut reader, hash).await?,
            heads: Vec::new(),
        });
    }
    Ok(found)
}
