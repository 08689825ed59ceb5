//! A commit becomes part of history, in the transaction of the DDL that made it.

use super::error::StoreError;
use super::hash::{CommitHash, ObjectHash};
use super::rows::FromRow;
use super::tree::{Change, TreeUpdate};
use super::{Commit, Store};
use crate::catalog::CatalogId;
use crate::schema::model::Lineage;
use crate::upstream::Executor;
use serde::Serialize;
use serde_json::ser::{CompactFormatter, Formatter};
use std::borrow::Cow;
use std::io;

/// Both are `text`, so that the call means this function and no other.
const RECORD: &str = "SELECT pggit.record($1::text, $2::text)";
const STAMP: &str = include_str!("sql/stamp.sql");

/// What ties a record to one transaction of one backend: nobody can use it in another.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stamp {
    /// `pg_current_xact_id()`, which assigns one if there is none yet.
    pub transaction_id: String,
    /// `pg_backend_pid()`.
    pub backend_pid: i32,
    /// The server's clock, in microseconds since the Unix epoch.
    pub now_micros: i64,
}

/// Where the branch's head goes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum NewHead {
    /// To a commit made by this record.
    Commit(Commit),
    /// To one that exists: a fast-forward.
    Existing(CommitHash),
}

impl NewHead {
    pub fn hash(&self) -> CommitHash {
        match self {
            Self::Commit(commit) => commit.hash(),
            Self::Existing(hash) => *hash,
        }
    }
}

/// Everything that one commit writes.
#[derive(Clone, Debug)]
pub struct Record {
    pub stamp: Stamp,
    /// `pggit.branch.id`.
    pub branch: i64,
    /// The head that the new commit was computed from; `None` for a branch without any.
    pub expected_head: Option<CommitHash>,
    pub head: NewHead,
    /// Session role on whose behalf, for the reflog.
    pub who: String,
    /// What the reflog says was done: `commit`, `merge feature`.
    pub action: String,
    /// Canonical definitions that may be new.
    pub objects: Vec<(ObjectHash, String)>,
    /// The new tree, as [`Store::tree_update`] gave it.
    pub tree: Option<TreeUpdate>,
    /// What differs from the first parent, for `LOG … FOR`: the changes the tree was updated with.
    pub changes: Vec<Change>,
    /// Lineages of new objects and columns, and of those that changed theirs.
    pub lineages: Vec<(CatalogId, Lineage)>,
    /// What no longer exists. An object takes its columns with it.
    pub gone: Vec<CatalogId>,
    /// Pairs of logical and physical schemas that the branch gained.
    pub schemas_added: Vec<(String, String)>,
    /// Logical schemas that it lost.
    pub schemas_removed: Vec<String>,
    pub merge: MergeRecord,
    /// What the ledgers of this branch and others have in common from now on.
    pub ledgers: Vec<LedgerBase>,
}

/// What a record says of merges.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum MergeRecord {
    /// It is none.
    #[default]
    None,
    /// It completes the merge stored under this number.
    Completes(i64),
    /// It is a merge that needed no decision, and is stored as completed.
    Clean {
        /// As the client named it.
        source: String,
        bases: Vec<CommitHash>,
        source_head: CommitHash,
        strategy: String,
        message: Option<String>,
    },
}

/// The rows of one migration ledger that two branches have in common.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct LedgerBase {
    /// The other branch's id.
    pub other: i64,
    pub lineage: Lineage,
    /// A JSON array.
    pub rows: serde_json::Value,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Recorded {
    Done(CommitHash),
    /// Nothing was written: the head is now this one. The branch's row is locked, so a record
    /// computed from it will be accepted.
    HeadMoved(Option<CommitHash>),
}

impl Store {
    /// The stamp of the transaction that `exec` has open.
    pub async fn stamp(&self, exec: &mut dyn Executor) -> Result<Stamp, StoreError> {
        let rows = exec.query(STAMP, &[]).await?;
        let mut row = FromRow::new(rows.into_iter().next().unwrap_or_default());
        Ok(Stamp {
            transaction_id: row.text()?,
            backend_pid: row.parse()?,
            now_micros: row.parse()?,
        })
    }

    /// Writes a record in the transaction that `exec` has open, which must be the one of its stamp.
    ///
    /// # Errors
    /// What the server says; `3D000` from it if the branch is gone.
    pub async fn record(
        &self,
        exec: &mut dyn Executor,
        record: &Record,
    ) -> Result<Recorded, StoreError> {
        let payload = ascii_json(&Payload::new(record))?;
        let signature = self.key.sign(&payload);
        let rows = exec
            .query(RECORD, &[Some(&payload), Some(&signature)])
            .await?;
        let mut row = FromRow::new(rows.into_iter().next().unwrap_or_default());
        let answer = row.text()?;
        if answer == "recorded" {
            return Ok(Recorded::Done(record.head.hash()));
        }
        match answer.strip_prefix("moved ").map(str::parse) {
            Some(Ok(head)) => Ok(Recorded::HeadMoved(Some(head))),
            None if answer == "moved" => Ok(Recorded::HeadMoved(None)),
            _ => Err(StoreError::unexpected(&answer)),
        }
    }
}

/// The record as `pggit.record` reads it. Contents that are named by their hash travel as strings, so that
/// their bytes arrive as they are.
#[derive(Serialize)]
struct Payload<'a> {
    transaction_id: &'a str,
    backend_pid: i32,
    branch: i64,
    expected: Option<CommitHash>,
    head: CommitHash,
    who: &'a str,
    action: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    commit: Option<&'a Commit>,
    objects: Vec<Content<'a, ObjectHash>>,
    nodes: Vec<Content<'a, super::TreeHash>>,
    changes: Vec<ChangeRow>,
    lineages: Vec<LineageRow>,
    gone: Vec<IdRow>,
    schemas_added: Vec<SchemaRow<'a>>,
    schemas_removed: &'a [String],
    merge: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    merged: Option<CleanMerge<'a>>,
    ledgers: &'a [LedgerBase],
}

#[derive(Serialize)]
struct CleanMerge<'a> {
    source: &'a str,
    bases: &'a [CommitHash],
    source_head: CommitHash,
    strategy: &'a str,
    message: Option<&'a str>,
}

impl<'a> CleanMerge<'a> {
    fn of(merge: &'a MergeRecord) -> Option<Self> {
        match merge {
            MergeRecord::Clean {
                source,
                bases,
                source_head,
                strategy,
                message,
            } => Some(Self {
                source,
                bases,
                source_head: *source_head,
                strategy,
                message: message.as_deref(),
            }),
            MergeRecord::None | MergeRecord::Completes(_) => None,
        }
    }
}

#[derive(Serialize)]
struct Content<'a, H> {
    hash: H,
    content: Cow<'a, str>,
}

#[derive(Serialize)]
struct ChangeRow {
    lineage: Lineage,
    object: Option<ObjectHash>,
}

#[derive(Serialize)]
struct LineageRow {
    classid: u32,
    objid: u32,
    objsubid: i32,
    lineage: Lineage,
}

#[derive(Serialize)]
struct IdRow {
    classid: u32,
    objid: u32,
    objsubid: i32,
}

#[derive(Serialize)]
struct SchemaRow<'a> {
    logical: &'a str,
    physical: &'a str,
}

impl<'a> Payload<'a> {
    fn new(record: &'a Record) -> Self {
        let nodes = record.tree.iter().flat_map(|tree| &tree.nodes);
        Self {
            transaction_id: &record.stamp.transaction_id,
            backend_pid: record.stamp.backend_pid,
            branch: record.branch,
            expected: record.expected_head,
            head: record.head.hash(),
            who: &record.who,
            action: &record.action,
            commit: match &record.head {
                NewHead::Commit(commit) => Some(commit),
                NewHead::Existing(_) => None,
            },
            objects: sorted(&record.objects, Cow::from),
            nodes: sorted(nodes, |node| Cow::from(node.content())),
            changes: record
                .changes
                .iter()
                .map(|(lineage, object)| ChangeRow {
                    lineage: *lineage,
                    object: *object,
                })
                .collect(),
            lineages: record
                .lineages
                .iter()
                .map(|(id, lineage)| LineageRow {
                    classid: id.class,
                    objid: id.oid,
                    objsubid: id.sub,
                    lineage: *lineage,
                })
                .collect(),
            gone: record
                .gone
                .iter()
                .map(|id| IdRow {
                    classid: id.class,
                    objid: id.oid,
                    objsubid: id.sub,
                })
                .collect(),
            schemas_added: record
                .schemas_added
                .iter()
                .map(|(logical, physical)| SchemaRow { logical, physical })
                .collect(),
            schemas_removed: &record.schemas_removed,
            merge: match record.merge {
                MergeRecord::Completes(id) => Some(id),
                MergeRecord::None | MergeRecord::Clean { .. } => None,
            },
            merged: CleanMerge::of(&record.merge),
            ledgers: &record.ledgers,
        }
    }
}

/// In the order of hashes: two transactions that store the same contents then wait for each other in one
/// direction only.
fn sorted<'a, H: Copy + Ord + 'a, T: 'a>(
    items: impl IntoIterator<Item = &'a (H, T)>,
    content: impl Fn(&'a T) -> Cow<'a, str>,
) -> Vec<Content<'a, H>> {
    let mut contents: Vec<_> = items
        .into_iter()
        .map(|(hash, item)| Content {
            hash: *hash,
            content: content(item),
        })
        .collect();
    contents.sort_unstable_by_key(|content| content.hash);
    contents
}

/// JSON in ASCII alone: the text is then the same in every client encoding, and so is its signature.
fn ascii_json(value: &impl Serialize) -> Result<String, StoreError> {
    let mut bytes = Vec::new();
    let mut serializer =
        serde_json::Serializer::with_formatter(&mut bytes, Ascii(CompactFormatter));
    value
        .serialize(&mut serializer)
        .map_err(|error| StoreError::unexpected(&error.to_string()))?;
    String::from_utf8(bytes).map_err(|error| StoreError::unexpected(&error.to_string()))
}

struct Ascii(CompactFormatter);

impl Formatter for Ascii {
    fn write_string_fragment<W: ?Sized + io::Write>(
        &mut self,
        writer: &mut W,
        fragment: &str,
    ) -> io::Result<()> {
        let mut rest = fragment;
        while let Some(at) = rest.find(|c: char| !c.is_ascii()) {
            self.0.write_string_fragment(writer, &rest[..at])?;
            let mut chars = rest[at..].chars();
            for unit in chars.by_ref().take(1).flat_map(utf16) {
                write!(writer, "\\u{unit:04x}")?;
            }
            rest = chars.as_str();
        }
        self.0.write_string_fragment(writer, rest)
    }
}

fn utf16(c: char) -> impl Iterator<Item = u16> {
    let mut units = [0; 2];
    let len = c.encode_utf16(&mut units).len();
    units.into_iter().take(len)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn ascii_json_says_the_same_in_ascii(text in any::<String>()) {
            let json = ascii_json(&text).unwrap();
            prop_assert!(json.is_ascii());
            prop_assert_eq!(serde_json::from_str::<String>(&json).unwrap(), text);
        }
    }
}
