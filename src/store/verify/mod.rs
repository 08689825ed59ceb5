//! Looking at all of history: is everything what its name says, and does everything that is derived follow?
//!
//! What is named by a hash is hashed again; what is not follows from what is. It is read once from beginning to end in
//! one snapshot, page by page, so that memory does not grow with it.

mod commits;
mod contents;
mod findings;

pub use findings::{Extent, Finding, Part, Verdict};

use super::error::StoreError;
use super::rows::FromRow;
use crate::upstream::{Executor, Row};
use findings::shown;

const EXTENT: &str = include_str!("../sql/verify/extent.sql");

/// Rows that are wrong without a look at anything hashed: which row, what it says, what it should say.
const CHECKS: &[(Part, &str)] = &[
    (Part::Commit, include_str!("../sql/verify/derived.sql")),
    (Part::Parent, include_str!("../sql/verify/parents.sql")),
    (
        Part::Change,
        include_str!("../sql/verify/stray_changes.sql"),
    ),
    (Part::Branch, include_str!("../sql/verify/branches.sql")),
    (Part::Reflog, include_str!("../sql/verify/reflog.sql")),
    (Part::Merge, include_str!("../sql/verify/merges.sql")),
    (Part::Merge, include_str!("../sql/verify/merge_objects.sql")),
    (Part::Merge, include_str!("../sql/verify/conflicts.sql")),
    (Part::Tag, include_str!("../sql/verify/tags.sql")),
    (Part::Tag, include_str!("../sql/verify/tag_log.sql")),
    (
        Part::Protection,
        include_str!("../sql/verify/protections.sql"),
    ),
    (Part::Request, include_str!("../sql/verify/requests.sql")),
];

const BEGIN: &str = "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY";

/// Other than elsewhere, the checks read whole tables.
const WHOLE_TABLES: &str = "SET LOCAL enable_seqscan = on";

/// Rows read at once.
const PAGE: usize = 500;

/// How far it has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Progress {
    pub done: Extent,
    pub total: Extent,
}

/// Who wants to know how far it has come.
pub type Watcher<'a> = &'a mut (dyn FnMut(Progress) + Send);

/// Verifies the history of the database that `exec` is connected to, in a transaction of its own.
pub async fn verify(exec: &mut dyn Executor, watcher: Watcher<'_>) -> Result<Verdict, StoreError> {
    exec.batch(BEGIN).await?;
    let verdict = read_all(exec, watcher).await;
    exec.batch("ROLLBACK").await?;
    verdict
}

async fn read_all(exec: &mut dyn Executor, watcher: Watcher<'_>) -> Result<Verdict, StoreError> {
    let rows = exec.query(EXTENT, &[]).await?;
    let mut row = FromRow::new(rows.into_iter().next().unwrap_or_default());
    let total = Extent {
        objects: row.parse()?,
        nodes: row.parse()?,
        commits: row.parse()?,
    };
    let mut verdict = Verdict::default();
    let mut watch = |done| watcher(Progress { done, total });
    contents::verify(exec, &mut verdict, &mut watch).await?;
    commits::verify(exec, &mut verdict, &mut watch).await?;
    exec.batch(WHOLE_TABLES).await?;
    for (part, check) in CHECKS {
        run(exec, &mut verdict, *part, check).await?;
    }
    Ok(verdict)
}

async fn run(
    exec: &mut dyn Executor,
    verdict: &mut Verdict,
    part: Part,
    check: &str,
) -> Result<(), StoreError> {
    let sql = format!(
        "SELECT f.row, f.says, f.expected, (count(*) OVER ())::text FROM ({check}) AS f LIMIT 1"
    );
    if let Some(row) = exec.query(&sql, &[]).await?.into_iter().next() {
        let mut row = FromRow::new(row);
        let finding = Finding {
            row: row.text()?,
            says: shown(&row.text()?),
            expected: row.text()?,
        };
        verdict.note_many(part, finding, row.parse()?);
    }
    Ok(())
}

/// The next rows of the cursor; none at its end, where it is closed.
async fn page(exec: &mut dyn Executor) -> Result<Vec<Row>, StoreError> {
    let rows = exec
        .query(&format!("FETCH {PAGE} FROM pggit_verify"), &[])
        .await?;
    if rows.is_empty() {
        exec.batch("CLOSE pggit_verify").await?;
    }
    Ok(rows)
}
