//! Commits are worked out anew upon another one: a three-way merge each, on recorded trees alone. What comes of all of
//! them is applied as one [`super::transition`], and recorded as so many commits.

use super::advance::{Advanced, Authored, Merging, advance_from};
use super::database::{Database, Head};
use super::error::RepoError;
use super::identity::Identity;
use super::merging::{Line, made_again};
use super::observe::Observed;
use super::transition::Conversions;
use crate::merge::{self, Conflict, Merged, ObjectOutcome, Resolution, Strategy};
use crate::schema::canonical::canonical_bytes;
use crate::schema::{self, Creator, RenderOptions, Snapshot};
use crate::store::{
    Commit, CommitHash, Earlier, Nodes, ObjectHash, Stamp, TreeEntryChange, TreeHash, TreeUpdate,
};
use crate::upstream::{DbError, Executor};
use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;

/// A commit that is to be worked out anew.
#[derive(Clone, Debug)]
pub struct Pick {
    pub hash: CommitHash,
    pub commit: Commit,
    /// What it is compared with: one of its parents.
    pub base: CommitHash,
}

/// How conflicts are decided.
#[derive(Clone, Debug, Default)]
pub struct Decisions {
    pub strategy: Strategy,
    pub resolutions: HashMap<CommitHash, Vec<Resolution>>,
    /// Commits that are left out.
    pub skipped: BTreeSet<CommitHash>,
}

/// What became of a commit.
#[derive(Clone, Debug)]
pub enum Fate {
    Picked {
        before: Snapshot,
        after: Snapshot,
    },
    /// All of it is there already.
    Empty,
    Skipped,
}

#[derive(Clone, Debug)]
pub struct Step {
    pub pick: Pick,
    pub fate: Fate,
}

/// What became of all commits, up to the first that conflicts.
#[derive(Clone, Debug)]
pub struct Replay {
    pub steps: Vec<Step>,
    /// The schema after the last step.
    pub result: Snapshot,
    /// What happened to each object in all steps.
    pub objects: Vec<ObjectOutcome>,
    /// Conflicts that a strategy or a person has decided.
    pub decided: Vec<Conflict>,
    /// Where it cannot go on.
    pub stopped: Option<Stop>,
}

#[derive(Clone, Debug)]
pub struct Stop {
    pub pick: Pick,
    pub merged: Merged,
}

impl Replay {
    /// The commits that there will be, oldest first.
    pub fn picked(&self) -> impl Iterator<Item = (&Pick, &Snapshot, &Snapshot)> {
        self.steps.iter().filter_map(|step| match &step.fate {
            Fate::Picked { before, after } => Some((&step.pick, before, after)),
            Fate::Empty | Fate::Skipped => None,
        })
    }
}

/// Works `picks` out, one upon the other, starting from a schema.
pub async fn replay(
    database: &Database,
    start: Snapshot,
    picks: Vec<Pick>,
    decisions: &Decisions,
) -> Result<Replay, RepoError> {
    let mut replay = Replay {
        steps: Vec::with_capacity(picks.len()),
        result: start,
        objects: Vec::new(),
        decided: Vec::new(),
        stopped: None,
    };
    let mut reader = database.reader();
    for pick in picks {
        if decisions.skipped.contains(&pick.hash) {
            let fate = Fate::Skipped;
            replay.steps.push(Step { pick, fate });
            continue;
        }
        let base = database.head_at(&mut reader, pick.base).await?;
        let base = database.snapshot(base.tree).await?;
        let source = database.snapshot(pick.commit.tree).await?;
        let doubts = merge::doubts(&base, &source, &replay.result);
        let line = Line {
            head: pick.hash,
            base: Some(pick.base),
        };
        let made_again = made_again(database.store(), &mut reader, doubts, line).await?;
        let resolutions = decisions.resolutions.get(&pick.hash);
        let merged = merge::merge(
            &base,
            &source,
            &replay.result,
            &made_again,
            decisions.strategy,
            resolutions.map_or(&[], Vec::as_slice),
        );
        if merged.open().next().is_some() {
            replay.stopped = Some(Stop { pick, merged });
            break;
        }
        let outcomes = replay.objects.iter().chain(&merged.objects);
        replay.objects = merge::in_turn(outcomes);
        replay.decided.extend(merged.conflicts);
        let fate = if merged.result == replay.result {
            Fate::Empty
        } else {
            Fate::Picked {
                before: std::mem::replace(&mut replay.result, merged.result.clone()),
                after: merged.result,
            }
        };
        replay.steps.push(Step { pick, fate });
    }
    Ok(replay)
}

/// What a new commit says beside its tree.
#[derive(Clone, Debug)]
pub struct Said {
    pub author: Identity,
    pub message: String,
    pub statements: Vec<String>,
}

/// New commits, each upon the one before, ready but for their time.
#[derive(Clone, Debug)]
pub struct Chain {
    /// What the first one follows.
    start: Head,
    links: Vec<Link>,
    objects: Vec<(ObjectHash, String)>,
    nodes: Nodes,
    written: BTreeSet<TreeHash>,
}

#[derive(Clone, Debug)]
struct Link {
    tree: TreeHash,
    changes: Vec<TreeEntryChange>,
    said: Said,
}

/// A chain's commits: all but the last, and the last with what it changed.
#[derive(Debug)]
pub(super) struct Forged {
    pub objects: Vec<(ObjectHash, String)>,
    pub earlier: Vec<Earlier>,
    pub last: Commit,
    pub changes: Vec<TreeEntryChange>,
}

impl Chain {
    /// Works out the trees of the commits that were picked. `None` if there is none.
    pub async fn new(
        database: &Database,
        start: Head,
        replay: &Replay,
        say: impl Fn(&Pick, &Snapshot, &Snapshot) -> Said,
    ) -> Result<Option<Self>, RepoError> {
        let mut reader = database.reader();
        let mut chain = Self {
            start,
            links: Vec::new(),
            objects: Vec::new(),
            nodes: Nodes::new(),
            written: BTreeSet::new(),
        };
        let mut tree = start.tree;
        for (pick, before, after) in replay.picked() {
            let mut changes = Vec::new();
            for lineage in before.differing(after) {
                let object = after.get(&lineage).map(|definition| {
                    let bytes = canonical_bytes(definition);
                    let hash = ObjectHash::of(&bytes);
                    let text = String::from_utf8_lossy(&bytes).into_owned();
                    chain.objects.push((hash, text));
                    hash
                });
                changes.push((lineage, object));
            }
            let update = database
                .store()
                .tree_update_upon(&mut reader, &mut chain.nodes, tree, &changes)
                .await?;
            chain
                .written
                .extend(update.nodes.iter().map(|(hash, _)| *hash));
            tree = update.root;
            chain.links.push(Link {
                tree,
                changes,
                said: say(pick, before, after),
            });
        }
        Ok((!chain.links.is_empty()).then_some(chain))
    }

    /// The commits, as of now. The last one has the tree that the live catalogs were seen to have, to which the nodes of
    /// the others are added.
    pub(super) async fn forge(
        mut self,
        database: &Database,
        seen: &mut TreeUpdate,
        time_micros: i64,
    ) -> Result<Forged, RepoError> {
        let mut reader = database.reader();
        let tree = seen.root;
        for (hash, node) in &seen.nodes {
            self.nodes.insert(*hash, Arc::clone(node));
            self.written.remove(hash);
        }
        for hash in &self.written {
            if let Some(node) = self.nodes.get(hash) {
                seen.nodes.push((*hash, Arc::clone(node)));
            }
        }
        let mut parent = self.start;
        let mut earlier = Vec::new();
        let last = self.links.len().saturating_sub(1);
        for (index, link) in self.links.into_iter().enumerate() {
            let is_last = index == last;
            let commit = Commit {
                tree: if is_last { tree } else { link.tree },
                parents: vec![parent.commit],
                author: link.said.author.role,
                application: link.said.author.application,
                address: link.said.author.address,
                time_micros,
                message: link.said.message,
                statements: link.said.statements,
            };
            if is_last {
                let changes = if link.tree == tree {
                    link.changes
                } else {
                    database
                        .store()
                        .tree_changes_between(&mut reader, &mut self.nodes, parent.tree, tree)
                        .await?
                };
                return Ok(Forged {
                    objects: self.objects,
                    earlier,
                    last: commit,
                    changes,
                });
            }
            parent = Head {
                commit: commit.hash(),
                tree: link.tree,
            };
            earlier.push(Earlier {
                commit,
                changes: link.changes,
            });
        }
        Err(DbError::Unexpected("a chain without commits".to_owned()).into())
    }
}

/// The statements that lead from one schema to the next, in logical names.
pub fn statements(
    database: &Database,
    (before, after): (&Snapshot, &Snapshot),
    using: &Conversions,
    creator: &Creator,
) -> Vec<String> {
    let options = RenderOptions {
        using: using.clone(),
        creator: Some(creator.clone()),
        server_version: database.server_version(),
        ..RenderOptions::default()
    };
    let changes = schema::diff(before, after);
    let steps = schema::render(&changes, before, after, &options);
    steps.into_iter().map(|step| step.sql).collect()
}

/// Records what was applied in `session`'s open transaction. `None` if the branch has moved.
pub async fn record(
    database: &Database,
    session: &mut dyn Executor,
    head: Head,
    (observed, stamp): (&Observed, &Stamp),
    authored: &Authored<'_>,
    merging: Merging,
) -> Result<Option<CommitHash>, RepoError> {
    let merging = Some(merging);
    let advanced =
        advance_from(database, session, head, observed, stamp, authored, merging).await?;
    Ok(match advanced {
        Advanced::To(advance) => Some(advance.commit),
        Advanced::Unchanged => Some(head.commit),
        Advanced::Moved(_) => None,
    })
}
