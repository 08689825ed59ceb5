//! A branch's history becomes files.

use super::files::{Directory, Parts};
use super::{
    CommitFile, FORMAT, HISTORY, HeadFile, SCHEMA, commit_path, head_path, json_file, object_path,
    schema_files,
};
use crate::error::{ErrorReport, SqlState};
use crate::repo::error::RepoError;
use crate::repo::verify::not_versioned;
use crate::store::{CommitHash, Store};
use crate::upstream::Executor;
use std::collections::BTreeSet;
use std::path::Path;

const BEGIN: &str = "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY";

/// What was exported.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Exported {
    pub head: CommitHash,
    pub commits: u64,
    pub objects: u64,
    /// Files that were not there as they are now.
    pub written: u64,
    /// Files that were there and are not the branch's.
    pub removed: u64,
}

/// Writes a branch of the database that `executor`, an administrative connection, is connected to into a directory:
/// what is not there yet as it should be. Files of an earlier export that are not the branch's are removed; beside
/// `schema` and `history` nothing is touched.
pub async fn export(
    executor: &mut dyn Executor,
    branch: &str,
    directory: &Path,
) -> Result<Exported, ErrorReport> {
    if !Store::is_initialised(executor)
        .await
        .map_err(RepoError::from)?
    {
        return Err(not_versioned());
    }
    let directory = Directory::create(directory)?;
    if !directory.exists(&head_path())? {
        for name in [SCHEMA, HISTORY] {
            if directory.exists(&[name.to_owned()])? {
                return Err(ErrorReport::new(
                    SqlState::OBJECT_NOT_IN_PREREQUISITE_STATE,
                    format!("the directory has a \"{name}\" that is no export's"),
                )
                .with_hint("Export into a directory of its own."));
            }
        }
    }
    executor.batch(BEGIN).await.map_err(RepoError::from)?;
    let exported = write(executor, branch, &directory).await;
    executor.batch("ROLLBACK").await.map_err(RepoError::from)?;
    Ok(exported?)
}

async fn write(
    executor: &mut dyn Executor,
    branch: &str,
    directory: &Directory,
) -> Result<Exported, RepoError> {
    let store = Store::open(executor).await?;
    let head = store
        .branch(executor, branch)
        .await?
        .ok_or_else(|| RepoError::no_such_branch(branch))?
        .head;
    let mut files = Files {
        directory,
        kept: BTreeSet::new(),
        written: 0,
    };
    let (mut commits, mut objects) = (0, 0);
    store.export_objects(executor, head).await?;
    loop {
        let page = store.next_objects(executor).await?;
        if page.is_empty() {
            break;
        }
        for (hash, definition) in page {
            files.put(object_path(hash), definition.as_bytes())?;
            objects += 1;
        }
    }
    store.export_commits(executor, head).await?;
    loop {
        let page = store.next_commits(executor).await?;
        if page.is_empty() {
            break;
        }
        for (hash, commit, changes) in page {
            let file = json_file(&CommitFile { commit, changes })?;
            files.put(commit_path(hash), &file)?;
            commits += 1;
        }
    }
    let tree = store.commit(executor, head).await?.tree;
    let snapshot = store.snapshot(executor, tree).await?;
    for (path, text) in schema_files(&snapshot) {
        files.put(path, text.as_bytes())?;
    }
    // From here on, the history in the directory is the branch's.
    let head_file = HeadFile {
        format: FORMAT,
        branch: branch.to_owned(),
        head,
    };
    files.put(head_path(), &json_file(&head_file)?)?;
    Ok(Exported {
        head,
        commits,
        objects,
        removed: files.remove_others()?,
        written: files.written,
    })
}

struct Files<'a> {
    directory: &'a Directory,
    kept: BTreeSet<Parts>,
    written: u64,
}

impl Files<'_> {
    fn put(&mut self, path: Parts, bytes: &[u8]) -> Result<(), ErrorReport> {
        if self.directory.write(&path, bytes)? {
            self.written += 1;
        }
        self.kept.insert(path);
        Ok(())
    }

    fn remove_others(&self) -> Result<u64, ErrorReport> {
        let mut removed = 0;
        for name in [SCHEMA, HISTORY] {
            for path in self.directory.files(name)? {
                if !self.kept.contains(&path) {
                    self.directory.remove(&path)?;
                    removed += 1;
                }
            }
        }
        Ok(removed)
    }
}
