//! What the current transaction may have changed, without looking at the whole schema.

use super::read::inventory;
use super::row::{self, Reference, TouchedRow};
use super::{CatalogError, CatalogId, TargetClass};
use crate::upstream::{DbError, Executor};
use serde::Serialize;

const TOUCHED: &str = include_str!("sql/touched.sql");
const SUPPORT: &str = include_str!("sql/support.sql");

/// What is known beforehand of what a transaction's DDL reached.
#[derive(Clone, Copy, Debug, Default)]
pub struct TouchedRequest<'a> {
    /// Names in the statements. One that nothing has now is ignored.
    pub targets: &'a [PhysicalTarget],
    /// Physical schemas of which everything may have changed.
    pub schemas: &'a [String],
    /// Objects that may have changed in any way, also by their names.
    pub objects: &'a [CatalogId],
    /// Anything may have changed.
    pub everything: bool,
}

/// A name to look up.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PhysicalTarget {
    pub class: TargetClass,
    /// Physical. Empty where the statement left it to the search path: then the name is looked up in
    /// every schema. Empty for a schema, too.
    pub schema: String,
    pub name: String,
}

/// What may have changed, and where that was asked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Touched {
    /// Objects that exist, sorted. Naming too many is harmless. One that [`super::read`] does not
    /// find is not versioned, or no longer (a table that became a partition).
    pub ids: Vec<CatalogId>,
    /// Objects that this transaction locked and that exist no more, sorted.
    pub gone: Vec<CatalogId>,
    /// `pg_current_xact_id()`.
    pub transaction_id: String,
    pub backend_pid: i32,
    /// `clock_timestamp()` in microseconds since 1970.
    pub now_micros: i64,
}

/// Asks the server what the current transaction may have changed.
///
/// It is what this backend has locked in a mode of `ShareUpdateExclusiveLock` or stronger, what the
/// names stand for now, and one step of what depends on those and is printed with their names.
/// Most DDL locks what it changes; what does not (`GRANT`, `CREATE OR REPLACE`, most of `ALTER TYPE` …)
/// must be named.
pub async fn touched(
    exec: &mut dyn Executor,
    request: TouchedRequest<'_>,
) -> Result<Touched, CatalogError> {
    let mut whole = if request.everything {
        inventory(exec, None).await?
    } else if request.schemas.is_empty() {
        Vec::new()
    } else {
        inventory(exec, Some(request.schemas)).await?
    };
    whole.extend(request.objects.iter().map(|id| (id.class, id.oid)));
    let targets: Vec<TargetParam<'_>> = request.targets.iter().map(TargetParam::from).collect();
    let targets = serde_json::to_string(&targets)?;
    let mut classes = request.targets.iter().map(|target| target.class);
    if classes.any(|class| class == TargetClass::Support) {
        let rows = exec.query(SUPPORT, &[Some(&targets)]).await?;
        whole.extend(row::addresses(&rows)?);
    }
    let whole = serde_json::to_string(&whole)?;
    let rows = exec.query(TOUCHED, &[Some(&targets), Some(&whole)]).await?;
    let answer: TouchedRow = row::parse(&rows)?
        .pop()
        .ok_or_else(|| DbError::Unexpected("no answer to what was touched".to_owned()))?;
    Ok(Touched {
        ids: ids(answer.ids),
        gone: ids(answer.gone),
        transaction_id: answer.transaction_id,
        backend_pid: answer.backend_pid,
        now_micros: answer.now_micros,
    })
}

/// A target as the query takes it.
#[derive(Serialize)]
struct TargetParam<'a> {
    class: &'static str,
    schema: &'a str,
    name: &'a str,
}

impl<'a> From<&'a PhysicalTarget> for TargetParam<'a> {
    fn from(target: &'a PhysicalTarget) -> Self {
        Self {
            class: match target.class {
                TargetClass::Relation => "relation",
                TargetClass::Indexes => "indexes",
                TargetClass::Routine => "routine",
                TargetClass::Type => "type",
                TargetClass::Schema => "schema",
                TargetClass::Statistics => "statistics",
                TargetClass::Support => "support",
            },
            schema: &target.schema,
            name: &target.name,
        }
    }
}

fn ids(references: Option<Vec<Reference>>) -> Vec<CatalogId> {
    let mut ids: Vec<CatalogId> = references
        .unwrap_or_default()
        .into_iter()
        .map(|reference| CatalogId::object(reference.class, reference.oid))
        .collect();
    ids.sort_unstable();
    ids
}
