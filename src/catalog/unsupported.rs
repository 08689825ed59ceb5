//! Objects of kinds that the model does not have: reported, never silently skipped.

use super::CatalogError;
use super::read::text_array;
use crate::upstream::Executor;

/// An object that is not versioned though its schema is.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Unsupported {
    /// As a person calls it: `policy`, `partitioned table`.
    pub kind: String,
    /// With its physical schema: `p on public.t`.
    pub name: String,
}

const UNSUPPORTED: &str = include_str!("sql/unsupported.sql");

/// Everything in these physical schemas that the model has no kind or attribute for, sorted.
pub async fn unsupported(
    exec: &mut dyn Executor,
    schemas: &[String],
) -> Result<Vec<Unsupported>, CatalogError> {
    let rows = exec
        .query(UNSUPPORTED, &[Some(&text_array(schemas))])
        .await?;
    let mut found: Vec<Unsupported> = rows
        .into_iter()
        .filter_map(|row| {
            let mut columns = row.into_iter();
            Some(Unsupported {
                kind: columns.next()??,
                name: columns.next()??,
            })
        })
        .collect();
    found.sort();
    Ok(found)
}
