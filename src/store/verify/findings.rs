//! What looking at all of history comes to.

use std::collections::BTreeMap;
use std::fmt;

/// What something is wrong with.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Part {
    Object,
    Tree,
    Commit,
    Parent,
    Change,
    Branch,
    Reflog,
    Merge,
    Tag,
    Protection,
    Request,
}

impl fmt::Display for Part {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Object => "object",
            Self::Tree => "tree",
            Self::Commit => "commit",
            Self::Parent => "parent",
            Self::Change => "change",
            Self::Branch => "branch",
            Self::Reflog => "reflog",
            Self::Merge => "merge",
            Self::Tag => "tag",
            Self::Protection => "protection",
            Self::Request => "merge request",
        })
    }
}

/// One row that is not what it should be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// Which row.
    pub row: String,
    pub says: String,
    pub expected: String,
}

/// How much was looked at.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Extent {
    pub objects: u64,
    pub nodes: u64,
    pub commits: u64,
}

/// What was looked at, and what is wrong with it: of each part the first finding, and how many there are.
#[derive(Clone, Debug, Default)]
pub struct Verdict {
    pub extent: Extent,
    pub findings: BTreeMap<Part, (Finding, u64)>,
}

impl Verdict {
    pub fn is_sound(&self) -> bool {
        self.findings.is_empty()
    }

    pub(super) fn note(&mut self, part: Part, finding: Finding) {
        self.note_many(part, finding, 1);
    }

    pub(super) fn note_many(&mut self, part: Part, finding: Finding, count: u64) {
        let (_, counted) = self.findings.entry(part).or_insert((finding, 0));
        *counted += count;
    }
}

/// Longer texts are cut for people.
const SHOWN: usize = 200;

pub(super) fn shown(text: &str) -> String {
    match text.char_indices().nth(SHOWN) {
        Some((end, _)) => format!("{} …", &text[..end]),
        None => text.to_owned(),
    }
}
