//! Commits: is each what its hash says, has its tree the right shape, do its objects exist, and does what is kept of
//! its changes follow from its tree and its first parent's?
//!
//! A tree is only looked at where it differs from the first parent's: what both have was looked at there.

use super::findings::{Extent, Finding, Part, Verdict, shown};
use super::page;
use crate::schema::model::Lineage;
use crate::store::Commit;
use crate::store::error::StoreError;
use crate::store::hash::{CommitHash, ObjectHash, TreeHash};
use crate::store::rows::{FromRow, array};
use crate::store::tree::inspect::{Flaw, inspect};
use crate::store::tree::{self, Missing, Node, Nodes, TreeChange};
use crate::upstream::{Executor, Row};
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;

const COMMITS: &str = include_str!("../sql/verify/commits.sql");
const CHANGES: &str = include_str!("../sql/verify/changes.sql");
const ABSENT_OBJECTS: &str = include_str!("../sql/verify/absent_objects.sql");
const NODES: &str = include_str!("../sql/tree_nodes.sql");

/// So many hashes go in one query.
const BATCH: usize = 1_000;

/// Nodes are kept from page to page, since neighbours share most; but no more than this many bytes of them.
const KEPT_BYTES: usize = 32 << 20;

/// What the next page needs of the last.
#[derive(Default)]
struct Known {
    nodes: Nodes,
    bytes: usize,
    /// Nodes that are not stored, or not what their names say.
    lost: BTreeSet<TreeHash>,
}

/// A commit's tree, beside the one that it was made from.
struct Step {
    commit: CommitHash,
    base: Option<TreeHash>,
    tree: TreeHash,
}

pub(super) async fn verify(
    exec: &mut dyn Executor,
    verdict: &mut Verdict,
    watch: &mut (dyn FnMut(Extent) + Send),
) -> Result<(), StoreError> {
    exec.batch(COMMITS).await?;
    let mut known = Known::default();
    loop {
        let rows = page(exec).await?;
        if rows.is_empty() {
            return Ok(());
        }
        let count = rows.len() as u64;
        let mut steps = Vec::with_capacity(rows.len());
        for row in rows {
            match read(row)? {
                Ok(step) => steps.push(step),
                Err(finding) => verdict.note(Part::Commit, finding),
            }
        }
        let changes = trees(exec, &mut known, &steps, verdict).await?;
        objects_exist(exec, &changes, verdict).await?;
        recorded_changes(exec, &steps, &changes, verdict).await?;
        verdict.extent.commits += count;
        watch(verdict.extent);
        if known.bytes > KEPT_BYTES {
            known = Known::default();
        }
    }
}

/// One commit's columns; or what is wrong with them.
fn read(row: Row) -> Result<Result<Step, Finding>, StoreError> {
    let mut row = FromRow::new(row);
    let name = row.text()?;
    let columns: Vec<String> = (0..8).map(|_| row.text()).collect::<Result<_, _>>()?;
    let base: Option<TreeHash> = row.optional_text()?.and_then(|base| base.parse().ok());
    let unreadable = |column: &str, says: &str| Finding {
        row: format!("commit {name}"),
        says: format!("{column} {}", shown(says)),
        expected: "a value that a commit can have".to_owned(),
    };
    let [
        tree,
        parents,
        author,
        application,
        address,
        time,
        message,
        statements,
    ] = &columns[..]
    else {
        return Err(StoreError::unexpected("a column is missing"));
    };
    let commit = Commit {
        tree: match tree.parse() {
            Ok(tree) => tree,
            Err(_) => return Ok(Err(unreadable("tree", tree))),
        },
        parents: match serde_json::from_str(parents) {
            Ok(parents) => parents,
            Err(_) => return Ok(Err(unreadable("parents", parents))),
        },
        author: author.clone(),
        application: application.clone(),
        address: address.clone(),
        time_micros: match time.parse() {
            Ok(time) => time,
            Err(_) => return Ok(Err(unreadable("committed_at", time))),
        },
        message: message.clone(),
        statements: match serde_json::from_str(statements) {
            Ok(statements) => statements,
            Err(_) => return Ok(Err(unreadable("statements", statements))),
        },
    };
    let hash = commit.hash();
    if name != hash.to_string() {
        return Ok(Err(Finding {
            row: format!("commit {name}"),
            says: format!(
                "columns and parents with the hash {hash}: {}",
                shown(&serde_json::json!(commit).to_string())
            ),
            expected: format!("columns and parents with the hash {name}"),
        }));
    }
    Ok(Ok(Step {
        commit: hash,
        base,
        tree: commit.tree,
    }))
}

/// Looks at the shape of each tree and gives what each changed; nothing for those that cannot be read.
async fn trees(
    exec: &mut dyn Executor,
    known: &mut Known,
    steps: &[Step],
    verdict: &mut Verdict,
) -> Result<HashMap<CommitHash, Vec<TreeChange>>, StoreError> {
    let mut changes = HashMap::new();
    let mut pending: Vec<&Step> = steps.iter().collect();
    while !pending.is_empty() {
        let mut wanted = BTreeSet::new();
        let mut waiting = Vec::new();
        for step in pending {
            let flaws = inspect(&known.nodes, &known.lost, step.base, step.tree);
            let changed = changed(known, step);
            match (flaws, changed) {
                (Ok(flaws), Ok(changed)) => {
                    note_flaws(verdict, step, flaws);
                    changes.insert(step.commit, changed);
                }
                // What is lost has been said, here or where the base was looked at.
                (Ok(flaws), Err(Missing(missing))) if missing.is_subset(&known.lost) => {
                    note_flaws(verdict, step, flaws);
                }
                (flaws, changed) => {
                    let missing = [flaws.err(), changed.err()].into_iter().flatten();
                    wanted.extend(missing.flat_map(|Missing(missing)| missing));
                    waiting.push(step);
                }
            }
        }
        wanted.retain(|hash| !known.lost.contains(hash));
        known.load(exec, wanted).await?;
        pending = waiting;
    }
    Ok(changes)
}

fn changed(known: &Known, step: &Step) -> Result<Vec<TreeChange>, Missing> {
    match step.base {
        Some(base) => tree::diff(&known.nodes, base, step.tree),
        None => tree::entries(&known.nodes, step.tree).map(|entries| {
            let added = entries.into_iter().map(|(lineage, object)| TreeChange {
                lineage,
                from: None,
                to: Some(object),
            });
            added.collect()
        }),
    }
}

fn note_flaws(verdict: &mut Verdict, step: &Step, flaws: Vec<Flaw>) {
    for flaw in flaws {
        let finding = Finding {
            row: format!("tree_node {} (in commit {})", flaw.node, step.commit),
            says: flaw.says,
            expected: flaw.expected,
        };
        verdict.note(Part::Tree, finding);
    }
}

impl Known {
    async fn load(
        &mut self,
        exec: &mut dyn Executor,
        hashes: BTreeSet<TreeHash>,
    ) -> Result<(), StoreError> {
        let hashes: Vec<_> = hashes.into_iter().collect();
        for batch in hashes.chunks(BATCH) {
            for row in exec.query(NODES, &[Some(&array(batch))]).await? {
                let mut row = FromRow::new(row);
                let (hash, content) = (row.parse::<TreeHash>()?, row.text()?);
                let node: Option<Node> = (TreeHash::of(content.as_bytes()) == hash)
                    .then(|| serde_json::from_str(&content).ok())
                    .flatten();
                if let Some(node) = node {
                    self.bytes += content.len();
                    self.nodes.insert(hash, Arc::new(node));
                }
            }
        }
        let absent = hashes
            .into_iter()
            .filter(|hash| !self.nodes.contains_key(hash));
        self.lost.extend(absent);
        Ok(())
    }
}

/// Every object that a tree got is there.
async fn objects_exist(
    exec: &mut dyn Executor,
    changes: &HashMap<CommitHash, Vec<TreeChange>>,
    verdict: &mut Verdict,
) -> Result<(), StoreError> {
    let wanted: BTreeSet<ObjectHash> = changes
        .values()
        .flatten()
        .filter_map(|change| change.to)
        .collect();
    let wanted: Vec<_> = wanted.into_iter().collect();
    let mut absent = BTreeSet::new();
    for batch in wanted.chunks(BATCH) {
        for row in exec.query(ABSENT_OBJECTS, &[Some(&array(batch))]).await? {
            absent.insert(FromRow::new(row).parse::<ObjectHash>()?);
        }
    }
    if absent.is_empty() {
        return Ok(());
    }
    for (commit, changes) in changes {
        for change in changes {
            if let Some(object) = change.to.filter(|object| absent.contains(object)) {
                verdict.note(
                    Part::Tree,
                    Finding {
                        row: format!("tree of commit {commit}, lineage {}", change.lineage),
                        says: format!("object {object}, which does not exist"),
                        expected: "an object that exists".to_owned(),
                    },
                );
            }
        }
    }
    Ok(())
}

/// The rows that say what a commit changed are those that its tree says.
async fn recorded_changes(
    exec: &mut dyn Executor,
    steps: &[Step],
    changes: &HashMap<CommitHash, Vec<TreeChange>>,
    verdict: &mut Verdict,
) -> Result<(), StoreError> {
    let commits = array(steps.iter().map(|step| step.commit));
    let mut recorded: HashMap<CommitHash, BTreeMap<String, Option<String>>> = HashMap::new();
    for row in exec.query(CHANGES, &[Some(&commits)]).await? {
        let mut row = FromRow::new(row);
        let (commit, lineage) = (row.parse()?, row.text()?);
        let rows = recorded.entry(commit).or_default();
        rows.insert(lineage, row.optional_text()?);
    }
    for step in steps {
        let Some(changes) = changes.get(&step.commit) else {
            continue;
        };
        let mut rows = recorded.remove(&step.commit).unwrap_or_default();
        let mut differs = |lineage: &str, says: String, expected: String| {
            let row = format!("commit_change ({lineage}, {})", step.commit);
            verdict.note(
                Part::Change,
                Finding {
                    row,
                    says,
                    expected,
                },
            );
        };
        for change in changes {
            let lineage = Lineage::to_string(&change.lineage);
            let to = change.to.map(|object| object.to_string());
            match rows.remove(&lineage) {
                Some(row) if row == to => {}
                Some(row) => differs(&lineage, object_said(row), object_said(to)),
                None => differs(&lineage, "no such row".to_owned(), object_said(to)),
            }
        }
        for (lineage, object) in rows {
            differs(&lineage, object_said(object), "no such row".to_owned());
        }
    }
    Ok(())
}

fn object_said(object: Option<String>) -> String {
    match object {
        Some(object) => format!("object {object}"),
        None => "removed".to_owned(),
    }
}
