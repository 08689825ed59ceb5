//! The log: commits that a ref reaches, newest first.

use super::Entry;
use super::graph::{self, Node};
use super::object::ObjectPath;
use crate::error::ErrorReport;
use crate::repo::database::Database;
use crate::repo::error::RepoError;
use crate::repo::reference::Ref;
use crate::store::{CommitHash, LogQuery};
use std::collections::{BTreeSet, HashMap};

/// Which commits a log shows. All conditions must hold.
#[derive(Clone, Debug, Default)]
pub struct Filter {
    /// Commits that changed an object which the ref's schema calls so.
    pub object: Option<ObjectPath>,
    pub author: Option<String>,
    /// Bounds of the commit time, both included, as PostgreSQL reads a `timestamptz`.
    pub since: Option<String>,
    pub until: Option<String>,
    pub limit: Option<u64>,
}

impl Filter {
    /// Whether commits may be left out between those that are shown.
    fn has_gaps(&self) -> bool {
        self.object.is_some()
            || self.author.is_some()
            || self.since.is_some()
            || self.until.is_some()
    }
}

/// The commits that a ref reaches, newest first.
pub async fn log(
    database: &Database,
    from: &Ref,
    filter: Filter,
) -> Result<Vec<Entry>, ErrorReport> {
    let mut reader = database.reader();
    let from = from.resolve(database, &mut reader).await?;
    Ok(entries(database, from, filter).await?)
}

/// A line of a log that is drawn: a commit, or lines between commits.
#[derive(Clone, Debug)]
pub struct Drawn {
    pub graph: String,
    pub entry: Option<Entry>,
}

/// The same commits, drawn with what descends from what. Children come before parents.
pub async fn log_graph(
    database: &Database,
    from: &Ref,
    filter: Filter,
) -> Result<Vec<Drawn>, ErrorReport> {
    Ok(draw(database, from, filter).await?)
}

async fn draw(database: &Database, from: &Ref, filter: Filter) -> Result<Vec<Drawn>, RepoError> {
    let mut reader = database.reader();
    let from = from.resolve(database, &mut reader).await?;
    let has_gaps = filter.has_gaps();
    let entries = entries(database, from, filter).await?;
    let mut nodes: Vec<Node> = entries
        .iter()
        .map(|entry| Node {
            hash: entry.hash,
            parents: entry.commit.parents.clone(),
        })
        .collect();
    if let (true, Some(oldest)) = (has_gaps, nodes.last()) {
        let query = LogQuery {
            from: vec![from],
            down_to: vec![oldest.hash],
            ..LogQuery::default()
        };
        let history = database.store().log(&mut reader, &query).await?;
        let history: Vec<Node> = history
            .into_iter()
            .map(|(hash, commit)| Node {
                hash,
                parents: commit.parents,
            })
            .collect();
        let shown: BTreeSet<CommitHash> = nodes.iter().map(|node| node.hash).collect();
        nodes = graph::among(&history, &shown);
    }
    let mut entries: HashMap<CommitHash, Entry> = (entries.into_iter())
        .map(|entry| (entry.hash, entry))
        .collect();
    let nodes: Vec<Node> = (graph::order(&nodes).into_iter())
        .filter_map(|place| nodes.get(place).cloned())
        .collect();
    let lines = graph::draw(&nodes).into_iter().map(|line| {
        let node = line.commit.and_then(|place| nodes.get(place));
        Drawn {
            graph: line.text,
            entry: node.and_then(|node| entries.remove(&node.hash)),
        }
    });
    Ok(lines.collect())
}

async fn entries(
    database: &Database,
    from: CommitHash,
    filter: Filter,
) -> Result<Vec<Entry>, RepoError> {
    let mut reader = database.reader();
    let store = database.store();
    let mut heads: HashMap<CommitHash, Vec<String>> = HashMap::new();
    for branch in store.branches(&mut reader).await? {
        heads.entry(branch.head).or_default().push(branch.name);
    }
    for tag in store.tags(&mut reader).await? {
        let names = heads.entry(tag.commit).or_default();
        names.push(format!("tag: {}", tag.name));
    }
    let object = match &filter.object {
        Some(path) => {
            let tree = database.head_at(&mut reader, from).await?.tree;
            let snapshot = database.snapshot(tree).await?;
            Some(path.find(&snapshot)?)
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
