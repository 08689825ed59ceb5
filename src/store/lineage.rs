//! Which live object has which lineage: `pggit.lineage`.

use super::Store;
use super::error::StoreError;
use super::rows::{FromRow, array};
use crate::catalog::CatalogId;
use crate::schema::model::Lineage;
use crate::upstream::{Executor, Row};
use std::collections::HashMap;

const HAS_LINEAGES: &str = include_str!("sql/has_lineages.sql");
const OF_IDS: &str = include_str!("sql/lineage_of_ids.sql");
const LOST_OBJECTS: &str = include_str!("sql/lost_objects.sql");
const OF_OBJECTS: &str = include_str!("sql/lineage_of_objects.sql");

/// What is known of a live object or column.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LineageEntry {
    pub lineage: Lineage,
    /// The id of the branch whose object it is: branches share lineages, but not objects.
    pub branch: i64,
}

impl Store {
    /// The lineages of exactly these ids; those unknown are absent.
    pub async fn lineages(
        &self,
        exec: &mut dyn Executor,
        ids: &[CatalogId],
    ) -> Result<HashMap<CatalogId, LineageEntry>, StoreError> {
        if ids.is_empty() {
            return Ok(HashMap::new());
        }
        let params = [
            array(ids.iter().map(|id| id.class)),
            array(ids.iter().map(|id| id.oid)),
            array(ids.iter().map(|id| id.sub)),
        ];
        let params: Vec<_> = params.iter().map(|param| Some(param.as_str())).collect();
        read(exec.query(OF_IDS, &params).await?)
    }

    /// The lineages of these objects and of all their columns: `sub` is not looked at.
    pub async fn lineages_of_objects(
        &self,
        exec: &mut dyn Executor,
        objects: &[CatalogId],
    ) -> Result<HashMap<CatalogId, LineageEntry>, StoreError> {
        if objects.is_empty() {
            return Ok(HashMap::new());
        }
        let params = [
            array(objects.iter().map(|id| id.class)),
            array(objects.iter().map(|id| id.oid)),
        ];
        let params: Vec<_> = params.iter().map(|param| Some(param.as_str())).collect();
        read(exec.query(OF_OBJECTS, &params).await?)
    }

    /// Whether the store knows an object of the branch's to have one of these lineages.
    pub async fn has_any(
        &self,
        exec: &mut dyn Executor,
        branch: i64,
        lineages: &[Lineage],
    ) -> Result<bool, StoreError> {
        if lineages.is_empty() {
            return Ok(false);
        }
        let (branch, lineages) = (branch.to_string(), array(lineages));
        let rows = exec
            .query(HAS_LINEAGES, &[Some(&branch), Some(&lineages)])
            .await?;
        let mut row = FromRow::new(rows.into_iter().next().unwrap_or_default());
        row.parse()
    }

    /// Relations of a branch that the store knows and the catalogs no longer have.
    pub async fn lost_objects(
        &self,
        exec: &mut dyn Executor,
        branch: i64,
    ) -> Result<Vec<CatalogId>, StoreError> {
        let rows = exec
            .query(LOST_OBJECTS, &[Some(&branch.to_string())])
            .await?;
        rows.into_iter()
            .map(|row| {
                let mut row = FromRow::new(row);
                Ok(CatalogId {
                    class: row.parse()?,
                    oid: row.parse()?,
                    sub: row.parse()?,
                })
            })
            .collect()
    }
}

fn read(rows: Vec<Row>) -> Result<HashMap<CatalogId, LineageEntry>, StoreError> {
    rows.into_iter()
        .map(|row| {
            let mut row = FromRow::new(row);
            let id = CatalogId {
                class: row.parse()?,
                oid: row.parse()?,
                sub: row.parse()?,
            };
            let entry = LineageEntry {
                lineage: row.lineage()?,
                branch: row.parse()?,
            };
            Ok((id, entry))
        })
        .collect()
}
