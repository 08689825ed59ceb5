//! Files become a branch, with the history they hold.

use super::files::Directory;
use super::{
    CommitFile, FORMAT, HeadFile, SCHEMA, commit_path, head_path, json_file, object_path,
    schema_files,
};
use crate::branch::{BranchMap, name};
use crate::error::{ErrorReport, Report, SqlState};
use crate::repo::branches;
use crate::repo::database::Database;
use crate::repo::error::RepoError;
use crate::repo::identity::Identity;
use crate::schema::Snapshot;
use crate::schema::canonical::canonical_bytes;
use crate::schema::model::Definition;
use crate::store::exchange::{self, Place};
use crate::store::tree::Nodes;
use crate::store::{CommitHash, ObjectHash, TreeHash};
use crate::upstream::Executor;
use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::path::Path;
use std::sync::Arc;

/// So many commits are stored at once.
const BATCH: usize = 200;

/// Nodes are kept from batch to batch, but no more than about so many.
const KEPT_NODES: usize = 20_000;

/// What was imported.
#[derive(Clone, Debug)]
pub struct Imported {
    pub head: CommitHash,
    /// Commits that the database did not have.
    pub new: u64,
    /// Commits that it had.
    pub known: u64,
    /// The branch, and whether it was there already, at this very commit.
    pub map: Arc<BranchMap>,
    pub already: bool,
}

/// Stores the history that a directory holds, as far as the database lacks it, and makes a branch of it: under the
/// name that it was exported by, or another. Every hash is computed again before anything is stored. Its objects
/// follow in the background, as those of any new branch.
pub async fn import(
    database: &Database,
    directory: &Path,
    branch: Option<&str>,
    identity: &Identity,
) -> Result<Imported, ErrorReport> {
    let directory = Directory::open(directory)?;
    let head = head_file(&directory)?;
    let branch = branch.unwrap_or(&head.branch);
    name::check(branch).map_err(|error| error.report())?;
    let history = History::read(directory, head.head)?;
    database.refresh().await?;
    let mut operator = database.operator().await.map_err(RepoError::from)?;
    operator
        .batch("BEGIN ISOLATION LEVEL READ COMMITTED")
        .await
        .map_err(RepoError::from)?;
    match history
        .store(database, &mut operator, branch, identity)
        .await
    {
        Ok((new, already)) => {
            operator.batch("COMMIT").await.map_err(RepoError::from)?;
            database.refresh_branches(&mut operator).await?;
            Ok(Imported {
                head: history.head,
                new,
                known: history.trees.len() as u64 - new,
                map: database.branch(branch).await?,
                already,
            })
        }
        Err(error) => {
            operator.batch("ROLLBACK").await.map_err(RepoError::from)?;
            Err(error.into())
        }
    }
}

fn head_file(directory: &Directory) -> Result<HeadFile, ErrorReport> {
    let path = head_path();
    let bytes = directory
        .read(&path)?
        .ok_or_else(|| missing(&path).with_hint("pggit export writes it."))?;
    let head: HeadFile = serde_json::from_slice(&bytes).map_err(|_| unreadable(&path))?;
    if head.format != FORMAT {
        return Err(ErrorReport::new(
            SqlState::FEATURE_NOT_SUPPORTED,
            format!(
                "the export is in format {}, this version of pggit reads format {FORMAT}",
                head.format
            ),
        ));
    }
    Ok(head)
}

/// History in a directory, all of whose names have been found right.
struct History {
    directory: Directory,
    head: CommitHash,
    trees: HashMap<CommitHash, TreeHash>,
    /// Parents before their children.
    order: Vec<CommitHash>,
}

impl History {
    fn read(directory: Directory, head: CommitHash) -> Result<Self, ErrorReport> {
        let mut history = Self {
            directory,
            head,
            trees: HashMap::new(),
            order: Vec::new(),
        };
        let mut objects = BTreeSet::new();
        let mut open = vec![(head, false)];
        let mut ordered = HashSet::new();
        while let Some((hash, parents_done)) = open.pop() {
            if parents_done {
                if ordered.insert(hash) {
                    history.order.push(hash);
                }
                continue;
            }
            if history.trees.contains_key(&hash) {
                continue;
            }
            let file = history.commit(hash)?;
            objects.extend(file.changes.values().flatten().copied());
            open.push((hash, true));
            let parents = file.commit.parents.into_iter();
            open.extend(parents.map(|parent| (parent, false)));
            history.trees.insert(hash, file.commit.tree);
        }
        for object in objects {
            history.object(object)?;
        }
        Ok(history)
    }

    /// A commit that is what its name says, in the form that an export gives it.
    fn commit(&self, hash: CommitHash) -> Result<CommitFile, ErrorReport> {
        let path = commit_path(hash);
        let bytes = self.directory.read(&path)?.ok_or_else(|| missing(&path))?;
        let file: CommitFile = serde_json::from_slice(&bytes).map_err(|_| unreadable(&path))?;
        let found = file.commit.hash();
        if found != hash {
            return Err(damaged(&path, format!("Its content has the hash {found}.")));
        }
        if without_returns(&bytes) != json_file(&file)? {
            return Err(damaged(
                &path,
                "It is not as an export writes it.".to_owned(),
            ));
        }
        Ok(file)
    }

    /// An object's canonical bytes, which have the hash that names them.
    fn object(&self, hash: ObjectHash) -> Result<String, ErrorReport> {
        let path = object_path(hash);
        let bytes = self.directory.read(&path)?.ok_or_else(|| missing(&path))?;
        let found = ObjectHash::of(&bytes);
        if found != hash {
            return Err(damaged(&path, format!("Its content has the hash {found}.")));
        }
        let definition: Definition =
            serde_json::from_slice(&bytes).map_err(|_| unreadable(&path))?;
        if canonical_bytes(&definition) != bytes {
            return Err(unreadable(&path));
        }
        String::from_utf8(bytes).map_err(|_| unreadable(&path))
    }

    /// Stores what the database lacks, and the branch. How many commits were new, and whether the branch was there.
    async fn store(
        &self,
        database: &Database,
        operator: &mut dyn Executor,
        branch: &str,
        identity: &Identity,
    ) -> Result<(u64, bool), RepoError> {
        let store = database.store();
        let mut places = store.known_commits(operator, &self.order).await?;
        let new: Vec<CommitHash> = self
            .order
            .iter()
            .filter(|hash| !places.contains_key(hash))
            .copied()
            .collect();
        let mut nodes = Nodes::new();
        for batch in new.chunks(BATCH) {
            self.store_batch(database, operator, batch, &mut places, &mut nodes)
                .await?;
            if nodes.len() > KEPT_NODES {
                nodes.clear();
            }
        }
        let count = new.len() as u64;
        if let Some(found) = store.branch(operator, branch).await? {
            if found.head == self.head {
                return Ok((count, true));
            }
            return Err(ErrorReport::new(
                SqlState::DUPLICATE_DATABASE,
                format!("branch \"{branch}\" already exists, at another commit"),
            )
            .with_hint("Import under another name with --branch, and merge.")
            .into());
        }
        name::check_new(branch).map_err(|error| error.report())?;
        let tree = self.trees.get(&self.head);
        let tree = tree.ok_or_else(|| missing(&commit_path(self.head)))?;
        let snapshot = store.snapshot(operator, *tree).await?;
        self.check_schema_files(&snapshot)?;
        roles_exist(operator, &snapshot).await?;
        branches::register_at(database, operator, branch, self.head, &snapshot, identity).await?;
        Ok((count, false))
    }

    async fn store_batch(
        &self,
        database: &Database,
        operator: &mut dyn Executor,
        batch: &[CommitHash],
        places: &mut HashMap<CommitHash, Place>,
        nodes: &mut Nodes,
    ) -> Result<(), RepoError> {
        let store = database.store();
        let mut objects = BTreeMap::new();
        let mut new_nodes = BTreeMap::new();
        let mut commits = Vec::with_capacity(batch.len());
        for hash in batch {
            let CommitFile { commit, changes } = self.commit(*hash)?;
            for object in changes.values().flatten() {
                if !objects.contains_key(object) {
                    objects.insert(*object, self.object(*object)?);
                }
            }
            let base = commit.parents.first();
            let base = base.and_then(|parent| self.trees.get(parent)).copied();
            let (update, differences) = store.import_tree(operator, nodes, base, &changes).await?;
            let path = commit_path(*hash);
            if update.root != commit.tree {
                let detail = format!(
                    "Its changes make the tree {}, and it has the tree {}.",
                    update.root, commit.tree
                );
                return Err(damaged(&path, detail).into());
            }
            if exchange::changes_of(differences) != changes {
                let detail = "It lists changes that are none.".to_owned();
                return Err(damaged(&path, detail).into());
            }
            new_nodes.extend(update.nodes);
            let parents = commit.parents.iter();
            let parents = parents.filter_map(|parent| places.get(parent)).copied();
            let place = Place::after(commit.time_micros, parents);
            places.insert(*hash, place);
            commits.push(exchange::Imported {
                hash: *hash,
                commit,
                changes,
                generation: place.generation,
                ordered_micros: place.ordered_micros,
            });
        }
        store
            .import_contents(operator, &objects, &new_nodes)
            .await?;
        store.import_commits(operator, &commits).await?;
        Ok(())
    }

    /// What people have read is what is imported: the files of the schema, where there are any, say what the head says.
    fn check_schema_files(&self, snapshot: &Snapshot) -> Result<(), ErrorReport> {
        let found = self.directory.files(SCHEMA)?;
        if found.is_empty() {
            return Ok(());
        }
        let right = schema_files(snapshot);
        let hint = "Changes are made on a branch and exported. To import history alone, remove the directory \"schema\".";
        for path in &found {
            let Some(text) = right.get(path) else {
                return Err(ErrorReport::new(
                    SqlState::DATA_CORRUPTED,
                    format!("\"{}\" is of no object of the branch", path.join("/")),
                )
                .with_hint(hint));
            };
            let held = self.directory.read(path)?.unwrap_or_default();
            if without_returns(&held) != without_returns(text.as_bytes()) {
                return Err(ErrorReport::new(
                    SqlState::DATA_CORRUPTED,
                    format!("\"{}\" is not what the history says", path.join("/")),
                )
                .with_hint(hint));
            }
        }
        match right.keys().find(|path| !found.contains(*path)) {
            Some(path) => Err(missing(path).with_hint(hint)),
            None => Ok(()),
        }
    }
}

/// Roles that do not exist; $1 is a JSON array of names.
const ABSENT_ROLES: &str = "
    SELECT DISTINCT named.role FROM json_array_elements_text($1::text::json) AS named (role)
     WHERE NOT EXISTS (SELECT FROM pg_roles AS r WHERE r.rolname = named.role) ORDER BY 1";

/// Roles belong to a server, and not to a database's history.
async fn roles_exist(operator: &mut dyn Executor, snapshot: &Snapshot) -> Result<(), RepoError> {
    let mut roles = BTreeSet::new();
    for definition in snapshot.definitions() {
        roles.insert(definition.owner.as_str());
        roles.extend(definition.acl.keys().map(String::as_str));
    }
    roles.remove("");
    let roles = serde_json::json!(roles).to_string();
    let absent = operator.query(ABSENT_ROLES, &[Some(&roles)]).await?;
    let absent: Vec<String> = absent.into_iter().flatten().flatten().collect();
    match absent.as_slice() {
        [] => Ok(()),
        [role] => Err(absent_roles(format!("role \"{role}\" does not exist"))),
        roles => Err(absent_roles(format!(
            "roles \"{}\" do not exist",
            roles.join("\", \"")
        ))),
    }
}

fn absent_roles(message: String) -> RepoError {
    ErrorReport::new(SqlState::UNDEFINED_OBJECT, message)
        .with_detail("Objects of the branch belong to it, or it may do something with them.")
        .with_hint("Create it first: CREATE ROLE … NOLOGIN does.")
        .into()
}

/// Git may have turned line feeds into those of Windows.
fn without_returns(bytes: &[u8]) -> Vec<u8> {
    let mut text = Vec::with_capacity(bytes.len());
    let mut bytes = bytes.iter().peekable();
    while let Some(byte) = bytes.next() {
        if *byte != b'\r' || bytes.peek() != Some(&&b'\n') {
            text.push(*byte);
        }
    }
    text
}

fn missing(path: &[String]) -> ErrorReport {
    ErrorReport::new(
        SqlState::UNDEFINED_FILE,
        format!("\"{}\" is missing", path.join("/")),
    )
}

fn unreadable(path: &[String]) -> ErrorReport {
    damaged(path, "It cannot be read.".to_owned())
}

fn damaged(path: &[String], detail: String) -> ErrorReport {
    ErrorReport::new(
        SqlState::DATA_CORRUPTED,
        format!("\"{}\" does not hold what its name says", path.join("/")),
    )
    .with_detail(detail)
}
