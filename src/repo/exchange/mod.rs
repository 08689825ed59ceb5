//! A branch as files, for a git repository or another database.
//!
//! | file | holds |
//! |---|---|
//! | `schema/<schema>/<kind>/<name>.sql` | an object of the head as DDL: for people |
//! | `history/commits/<2 digits>/<hash>.json` | a commit, and what it changed with regard to its first parent |
//! | `history/objects/<2 digits>/<hash>.json` | the canonical bytes of a definition: their SHA-256 is the name |
//! | `history/head.json` | which commit the branch is at |
//!
//! What is in them depends on the branch's history alone, to the byte. Trees are not written: they follow from the changes,
//! and a commit's hash says whether they came out right.

mod export;
mod files;
mod import;
mod names;

pub use export::{Exported, export};
pub use import::{Imported, import};

use crate::error::{ErrorReport, SqlState};
use crate::schema::{RenderOptions, Snapshot, create_all};
use crate::store::exchange::Changes;
use crate::store::{Commit, CommitHash, ObjectHash};
use files::Parts;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// Rises when an older version could not read what is written.
const FORMAT: u32 = 1;

const SCHEMA: &str = "schema";
const HISTORY: &str = "history";
const COMMITS: &str = "commits";
const OBJECTS: &str = "objects";

/// `history/head.json`.
#[derive(Debug, Serialize, Deserialize)]
struct HeadFile {
    format: u32,
    branch: String,
    head: CommitHash,
}

/// `history/commits/…`.
#[derive(Debug, Serialize, Deserialize)]
struct CommitFile {
    commit: Commit,
    changes: Changes,
}

fn head_path() -> Parts {
    vec![HISTORY.to_owned(), "head.json".to_owned()]
}

fn commit_path(hash: CommitHash) -> Parts {
    hashed_path(COMMITS, &hash.to_string())
}

fn object_path(hash: ObjectHash) -> Parts {
    hashed_path(OBJECTS, &hash.to_string())
}

fn hashed_path(directory: &str, hash: &str) -> Parts {
    vec![
        HISTORY.to_owned(),
        directory.to_owned(),
        hash.chars().take(2).collect(),
        format!("{hash}.json"),
    ]
}

/// JSON for people and their diffs: indented, with a line feed at its end.
fn json_file(value: &impl Serialize) -> Result<Vec<u8>, ErrorReport> {
    let mut bytes = serde_json::to_vec_pretty(value)
        .map_err(|error| ErrorReport::new(SqlState::INTERNAL_ERROR, error.to_string()))?;
    bytes.push(b'\n');
    Ok(bytes)
}

/// Each object of a schema as DDL, by the path of its file.
fn schema_files(snapshot: &Snapshot) -> BTreeMap<Parts, String> {
    let mut files: BTreeMap<Parts, String> = BTreeMap::new();
    for step in create_all(snapshot, &RenderOptions::default()) {
        let mut path = vec![SCHEMA.to_owned()];
        path.extend(names::path(&step.object));
        let text = files.entry(path).or_default();
        text.push_str(&step.sql);
        text.push_str(";\n");
    }
    files
}
