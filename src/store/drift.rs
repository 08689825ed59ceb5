//! What event triggers have noted of DDL past the proxy: `pggit.drift`.

use super::Store;
use super::error::StoreError;
use super::rows::FromRow;
use crate::catalog::CatalogId;
use crate::schema::model::Lineage;
use crate::upstream::Executor;

const NOTES: &str = include_str!("sql/drift_notes.sql");

/// Who changed what past the proxy.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DriftNote {
    /// Rises with time.
    pub id: i64,
    pub role: String,
    pub application: String,
    pub address: String,
    /// As a person reads it.
    pub at: String,
    /// `ALTER TABLE`
    pub command: String,
    pub object: CatalogId,
    /// Of an object that is known, also of one that is gone since.
    pub lineage: Option<Lineage>,
}

impl Store {
    /// All notes of committed transactions, oldest first.
    pub async fn drift_notes(&self, exec: &mut dyn Executor) -> Result<Vec<DriftNote>, StoreError> {
        let rows = exec.query(NOTES, &[]).await?;
        rows.into_iter()
            .map(|row| {
                let mut row = FromRow::new(row);
                Ok(DriftNote {
                    id: row.parse()?,
                    role: row.text()?,
                    application: row.text()?,
                    address: row.text()?,
                    at: row.text()?,
                    command: row.text()?,
                    object: CatalogId::object(row.parse()?, row.parse()?),
                    lineage: row
                        .optional_text()?
                        .and_then(|lineage| Lineage::parse(&lineage)),
                })
            })
            .collect()
    }
}
