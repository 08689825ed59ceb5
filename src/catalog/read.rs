//! Introspection: objects of the live catalogs as the server describes them.

use super::{CatalogError, CatalogId, LineageBook};
use crate::schema::model::{Definition, Lineage};
use crate::upstream::Executor;

/// What to read.
#[derive(Clone, Copy, Debug)]
pub enum Selection<'a> {
    /// Everything in these physical schemas, and the schemas themselves.
    Schemas(&'a [String]),
    /// These objects, where they exist and are versioned; attribute numbers are ignored.
    Objects(&'a [CatalogId]),
}

/// Objects as they were read: physical names, catalog OIDs.
#[derive(Clone, Debug, Default)]
pub struct Raw {}

/// One object in logical names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Found {
    pub id: CatalogId,
    /// Where it lives; for a schema, its own physical name.
    pub physical_schema: String,
    pub lineage: Lineage,
    pub definition: Definition,
}

/// Reads objects from the live catalogs. `server_version` is `server_version_num`, as 150018.
pub async fn read(
    _exec: &mut dyn Executor,
    _server_version: u32,
    _selection: Selection<'_>,
) -> Result<Raw, CatalogError> {
    Ok(Raw::default())
}

impl Raw {
    /// Every object and column in it: what the store is to be asked the lineage of.
    pub fn ids(&self) -> Vec<CatalogId> {
        Vec::new()
    }

    /// The objects in schemas for which `names` (physical → logical schema) has an answer, in
    /// logical names. On `main` it answers a versioned schema's own name.
    pub fn objects(
        &self,
        _names: &dyn Fn(&str) -> Option<String>,
        _lineage: &mut LineageBook,
    ) -> Result<Vec<Found>, CatalogError> {
        Ok(Vec::new())
    }
}
