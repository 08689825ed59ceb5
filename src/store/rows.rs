//! Reading the columns of the store's own queries, and writing their array parameters.

use super::error::StoreError;
use crate::schema::model::Lineage;
use crate::upstream::Row;
use std::str::FromStr;

/// The columns of one row, taken from the left.
pub struct FromRow(std::vec::IntoIter<Option<String>>);

impl FromRow {
    pub fn new(row: Row) -> Self {
        Self(row.into_iter())
    }

    pub fn optional_text(&mut self) -> Result<Option<String>, StoreError> {
        self.0
            .next()
            .ok_or_else(|| StoreError::unexpected("a column is missing"))
    }

    pub fn text(&mut self) -> Result<String, StoreError> {
        self.optional_text()?
            .ok_or_else(|| StoreError::unexpected("a column is null"))
    }

    /// A number or a hash.
    pub fn parse<T: FromStr>(&mut self) -> Result<T, StoreError> {
        self.optional()?
            .ok_or_else(|| StoreError::unexpected("a column is null"))
    }

    pub fn lineage(&mut self) -> Result<Lineage, StoreError> {
        let text = self.text()?;
        Lineage::parse(&text).ok_or_else(|| StoreError::corrupt("lineage", &text))
    }

    pub fn optional<T: FromStr>(&mut self) -> Result<Option<T>, StoreError> {
        let Some(text) = self.optional_text()? else {
            return Ok(None);
        };
        text.parse()
            .map(Some)
            .map_err(|_| StoreError::unexpected("a column has another form than expected"))
    }

    /// A column that holds JSON.
    pub fn json<T: serde::de::DeserializeOwned>(&mut self) -> Result<T, StoreError> {
        self.optional_json()?
            .ok_or_else(|| StoreError::unexpected("a column is null"))
    }

    pub fn optional_json<T: serde::de::DeserializeOwned>(
        &mut self,
    ) -> Result<Option<T>, StoreError> {
        let Some(text) = self.optional_text()? else {
            return Ok(None);
        };
        serde_json::from_str(&text)
            .map(Some)
            .map_err(|error| StoreError::unexpected(&error.to_string()))
    }
}

/// The literal of an array of numbers or hexadecimal texts, which need no quoting.
pub fn array<T: ToString>(items: impl IntoIterator<Item = T>) -> String {
    let items: Vec<String> = items.into_iter().map(|item| item.to_string()).collect();
    format!("{{{}}}", items.join(","))
}
