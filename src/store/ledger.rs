//! Rows of migration ledgers that two branches had in common when they last met: `pggit.ledger_base`.

use super::Store;
use super::error::StoreError;
use super::record::LedgerBase;
use super::refs::json;
use super::rows::FromRow;
use crate::schema::model::Lineage;
use crate::upstream::Executor;
use serde_json::Value;
use std::collections::BTreeMap;

const LEDGER_BASES: &str = include_str!("sql/ledger_bases.sql");
const SET_LEDGER_BASES: &str = include_str!("sql/set_ledger_bases.sql");

impl Store {
    /// What two branches have in common, by ledger: JSON arrays of rows. Needs the administrative role: these are
    /// copies of rows, which not everybody may read.
    pub async fn ledger_bases(
        &self,
        exec: &mut dyn Executor,
        one: i64,
        other: i64,
    ) -> Result<BTreeMap<Lineage, Value>, StoreError> {
        let params = [one.to_string(), other.to_string()];
        let rows = exec
            .query(LEDGER_BASES, &[Some(&params[0]), Some(&params[1])])
            .await?;
        rows.into_iter()
            .map(|row| {
                let mut row = FromRow::new(row);
                Ok((row.lineage()?, row.json()?))
            })
            .collect()
    }

    /// Notes what a new branch has in common with the one it was made from. Needs the administrative role;
    /// a merge notes it through [`Store::record`].
    pub async fn set_ledger_bases(
        &self,
        exec: &mut dyn Executor,
        branch: i64,
        bases: &[LedgerBase],
    ) -> Result<(), StoreError> {
        let bases = json(&bases)?;
        exec.query(SET_LEDGER_BASES, &[Some(&branch.to_string()), Some(&bases)])
            .await?;
        Ok(())
    }
}
