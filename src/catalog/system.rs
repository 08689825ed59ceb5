//! The relations of `pg_catalog` and `information_schema`, as this server has them.

use super::CatalogError;
use crate::upstream::{DbError, Executor};
use std::collections::HashMap;

const SYSTEM_RELATIONS: &str = include_str!("sql/system_relations.sql");

/// The schema of the catalogs.
pub const CATALOG_SCHEMA: &str = "pg_catalog";
/// The schema of the views that the SQL standard knows.
pub const INFORMATION_SCHEMA: &str = "information_schema";

/// One relation of the system.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SystemRelation {
    /// A table, with system columns, and not a view.
    pub is_table: bool,
    /// Their names, in order.
    pub columns: Vec<String>,
}

/// Which relations the server itself has, and with what columns: they differ from version to version.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SystemRelations {
    catalogs: HashMap<String, SystemRelation>,
    information: HashMap<String, SystemRelation>,
}

impl SystemRelations {
    /// The relation of that name in a schema of the system.
    pub fn find(&self, schema: &str, relation: &str) -> Option<&SystemRelation> {
        match schema {
            CATALOG_SCHEMA => self.catalogs.get(relation),
            INFORMATION_SCHEMA => self.information.get(relation),
            _ => None,
        }
    }

    /// Adds a column, after those that its relation has.
    pub fn add(&mut self, schema: &str, relation: &str, is_table: bool, column: &str) {
        let relations = if schema == INFORMATION_SCHEMA {
            &mut self.information
        } else {
            &mut self.catalogs
        };
        let relation = relations.entry(relation.to_owned()).or_default();
        relation.is_table = is_table;
        relation.columns.push(column.to_owned());
    }
}

/// Reads which relations the system has.
///
/// # Errors
/// What the server says.
pub async fn system_relations(exec: &mut dyn Executor) -> Result<SystemRelations, CatalogError> {
    let mut relations = SystemRelations::default();
    for row in exec.query(SYSTEM_RELATIONS, &[]).await? {
        let [Some(schema), Some(relation), Some(is_table), Some(column)] = row.as_slice() else {
            return Err(DbError::Unexpected("a column without a name".to_owned()).into());
        };
        relations.add(schema, relation, is_table == "true", column);
    }
    Ok(relations)
}
