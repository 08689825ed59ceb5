//! What `pggit.record` is given: a record as JSON, ready to be signed.

use super::Commit;
use super::audit::MergeAudit;
use super::error::StoreError;
use super::hash::{CommitHash, ObjectHash, TreeHash};
use super::merges::MergeSource;
use super::record::{LedgerBase, MergeRecord, NewHead, Record};
use super::tree::Change;
use crate::schema::model::Lineage;
use serde::Serialize;
use serde_json::ser::{CompactFormatter, Formatter};
use std::borrow::Cow;
use std::io;

/// The record as `pggit.record` reads it. Contents that are named by their hash travel as strings, so that
/// their bytes arrive as they are.
#[derive(Serialize)]
pub(super) struct Payload<'a> {
    transaction_id: &'a str,
    backend_pid: i32,
    branch: i64,
    expected: Option<CommitHash>,
    head: CommitHash,
    who: &'a str,
    action: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    commit: Option<&'a Commit>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    earlier: Vec<EarlierCommit<'a>>,
    objects: Vec<Content<'a, ObjectHash>>,
    nodes: Vec<Content<'a, TreeHash>>,
    changes: Vec<ChangeRow>,
    lineages: Vec<LineageRow>,
    gone: Vec<IdRow>,
    schemas_added: Vec<SchemaRow<'a>>,
    schemas_removed: &'a [String],
    merge: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    merged: Option<CleanMerge<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    rebase: Option<Rebase<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    audit: Option<Audit<'a>>,
    ledgers: &'a [LedgerBase],
}

/// Of a merge alone: what it applied, and [`MergeAudit`].
#[derive(Serialize)]
struct Audit<'a> {
    statements: &'a [String],
    #[serde(flatten)]
    of: &'a MergeAudit,
}

impl<'a> Audit<'a> {
    fn of(record: &'a Record) -> Option<Self> {
        (record.merge != MergeRecord::None).then_some(Self {
            statements: &record.statements,
            of: &record.audit,
        })
    }
}

#[derive(Serialize)]
struct Rebase<'a> {
    id: Option<i64>,
    onto: CommitHash,
    onto_name: &'a str,
}

impl<'a> Rebase<'a> {
    fn of(merge: &'a MergeRecord) -> Option<Self> {
        match merge {
            MergeRecord::Rebase {
                stored,
                onto,
                onto_name,
            } => Some(Self {
                id: *stored,
                onto: *onto,
                onto_name,
            }),
            _ => None,
        }
    }
}

#[derive(Serialize)]
struct CleanMerge<'a> {
    operation: &'static str,
    source: &'a str,
    source_head: CommitHash,
    more: &'a [MergeSource],
    bases: &'a [CommitHash],
    strategy: &'a str,
    history: &'a str,
    message: Option<&'a str>,
}

impl<'a> CleanMerge<'a> {
    fn of(merge: &'a MergeRecord) -> Option<Self> {
        match merge {
            MergeRecord::Clean {
                operation,
                sources,
                bases,
                strategy,
                history,
                message,
            } => {
                let (first, more) = sources.split_first()?;
                Some(Self {
                    operation: operation.as_str(),
                    source: &first.name,
                    source_head: first.head,
                    more,
                    bases,
                    strategy,
                    history,
                    message: message.as_deref(),
                })
            }
            MergeRecord::None | MergeRecord::Completes(_) | MergeRecord::Rebase { .. } => None,
        }
    }
}

#[derive(Serialize)]
struct EarlierCommit<'a> {
    hash: CommitHash,
    commit: &'a Commit,
    changes: Vec<ChangeRow>,
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
    pub fn new(record: &'a Record) -> Self {
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
            earlier: record
                .earlier
                .iter()
                .map(|earlier| EarlierCommit {
                    hash: earlier.commit.hash(),
                    commit: &earlier.commit,
                    changes: change_rows(&earlier.changes),
                })
                .collect(),
            objects: sorted(&record.objects, Cow::from),
            nodes: sorted(nodes, |node| Cow::from(node.content())),
            changes: change_rows(&record.changes),
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
                MergeRecord::None | MergeRecord::Clean { .. } | MergeRecord::Rebase { .. } => None,
            },
            merged: CleanMerge::of(&record.merge),
            rebase: Rebase::of(&record.merge),
            audit: Audit::of(record),
            ledgers: &record.ledgers,
        }
    }

    /// The text that is signed and sent.
    pub fn to_json(&self) -> Result<String, StoreError> {
        ascii_json(self)
    }
}

fn change_rows(changes: &[Change]) -> Vec<ChangeRow> {
    changes
        .iter()
        .map(|(lineage, object)| ChangeRow {
            lineage: *lineage,
            object: *object,
        })
        .collect()
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
pub(super) fn ascii_json(value: &impl Serialize) -> Result<String, StoreError> {
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
