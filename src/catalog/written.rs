//! What a transaction has changed that no statement of its text tells: DDL in blocks, procedures and functions.

use super::{CatalogError, CatalogId, row};
use crate::upstream::Executor;

const WROTE: &str = include_str!("sql/wrote.sql");
const WRITTEN: &str = include_str!("sql/written.sql");

/// Whether the current transaction has written to any catalog. A quick look at what the server counts; it may say so of
/// what has been done just before.
pub async fn wrote_catalogs(exec: &mut dyn Executor) -> Result<bool, CatalogError> {
    let rows = exec.query(WROTE, &[]).await?;
    Ok(rows
        .into_iter()
        .flatten()
        .flatten()
        .any(|wrote| wrote == "true"))
}

/// What the current transaction has made or altered. What it dropped, its locks tell.
pub async fn written(exec: &mut dyn Executor) -> Result<Vec<CatalogId>, CatalogError> {
    let rows = exec.query(WRITTEN, &[]).await?;
    let addresses = row::addresses(&rows)?;
    Ok(addresses
        .into_iter()
        .map(|(class, oid)| CatalogId::object(class, oid))
        .collect())
}
