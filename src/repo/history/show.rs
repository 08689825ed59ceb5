//! What one commit did, and the whole schema as it was at one.

use super::object::{ObjectPath, parts};
use crate::error::ErrorReport;
use crate::repo::database::Database;
use crate::repo::error::RepoError;
use crate::repo::reference::Ref;
use crate::schema::model::{Body, Definition, Kind, Name, ObjectKey};
use crate::schema::{self, Change, Creator, RenderOptions, Snapshot, Step, acl};
use crate::store::{Commit, CommitHash};
use std::collections::BTreeMap;
use std::sync::Arc;

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

/// A schema as DDL.
#[derive(Clone, Debug)]
pub struct ShownSchema {
    pub commit: CommitHash,
    pub objects: usize,
    pub steps: Vec<Step>,
}

/// The DDL that makes a ref's schema, or one object of it with its parts, in a new database. `creator` is the role that
/// would run it.
pub async fn show_schema(
    database: &Database,
    at: &Ref,
    object: Option<&ObjectPath>,
    creator: &str,
) -> Result<ShownSchema, ErrorReport> {
    Ok(schema_at(database, at, object, creator).await?)
}

async fn schema_at(
    database: &Database,
    at: &Ref,
    object: Option<&ObjectPath>,
    creator: &str,
) -> Result<ShownSchema, RepoError> {
    let mut reader = database.reader();
    let commit = at.resolve(database, &mut reader).await?;
    let head = database.head_at(&mut reader, commit).await?;
    let whole = database.snapshot(head.tree).await?;
    let (from, to) = match object {
        Some(path) => {
            let lineage = path.find(&whole)?;
            (Snapshot::default(), parts(&whole, lineage).collect())
        }
        None => (new_database(&whole, database.server_version()), whole),
    };
    let options = RenderOptions {
        creator: Some(Creator {
            role: creator.to_owned(),
            ..Creator::default()
        }),
        server_version: database.server_version(),
        ..RenderOptions::default()
    };
    let changes = schema::diff(&from, &to);
    Ok(ShownSchema {
        commit,
        objects: to.len(),
        steps: schema::render(&changes, &from, &to, &options),
    })
}

/// What a new database has of a schema: `public`, if it has that.
fn new_database(of: &Snapshot, server_version: u32) -> Snapshot {
    // Since PostgreSQL 15, only its owner creates in it.
    let closed = server_version >= 150_000;
    let public = ObjectKey::of(Kind::Schema, &Name::new("", "public"));
    let Some((lineage, definition)) = of
        .by_key(&public)
        .and_then(|lineage| Some((lineage, of.get(&lineage)?)))
    else {
        return Snapshot::default();
    };
    let owner = if closed {
        "pg_database_owner".to_owned()
    } else {
        definition.owner.clone()
    };
    let mut grants = acl::default_acl(Kind::Schema, &owner, &definition.acl);
    let everybody = if closed {
        &["USAGE"][..]
    } else {
        &["CREATE", "USAGE"]
    };
    let everybody = everybody
        .iter()
        .map(|privilege| ((*privilege).to_owned(), false));
    grants.insert(String::new(), everybody.collect());
    let new = Definition {
        owner,
        acl: grants,
        comment: Some("standard public schema".to_owned()),
        security_labels: BTreeMap::new(),
        depends_on: Vec::new(),
        body: Body::Schema(schema::model::Schema {
            name: "public".to_owned(),
        }),
    };
    std::iter::once((lineage, Arc::new(new))).collect()
}
