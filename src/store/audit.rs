//! What is kept of a merge for good, beside the commit it made: each object, each decision, what was applied.

use super::Store;
use super::error::StoreError;
use super::hash::CommitHash;
use super::merges::Decider;
use super::rows::FromRow;
use crate::schema::model::{Lineage, ObjectKey};
use crate::upstream::Executor;
use serde::Serialize;
use serde_json::Value;

const OBJECTS: &str = include_str!("sql/merge_objects.sql");
const STATEMENTS: &str = include_str!("sql/merge_statements.sql");
const DECISIONS: &str = include_str!("sql/merge_decisions.sql");

/// What the record of a merge adds to it.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct MergeAudit {
    /// All best common ancestors of what was merged in the end: a branch may have moved while a merge waited.
    pub bases: Vec<CommitHash>,
    pub objects: Vec<AuditObject>,
    /// What the strategy decided.
    pub conflicts: Vec<AuditConflict>,
}

/// One object that differed somewhere.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct AuditObject {
    pub lineage: Lineage,
    pub key: ObjectKey,
    /// `SOURCE_MODIFIED` and the like.
    pub kind: String,
    /// `keep`, `create`, `alter`, `drop`.
    pub result: String,
}

/// A conflict that nobody was asked about.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct AuditConflict {
    /// Which of the merge's sources conflicts, from 1.
    pub source_number: usize,
    pub lineage: Lineage,
    pub key: ObjectKey,
    pub attribute: String,
    pub base: Option<Value>,
    pub source: Option<Value>,
    pub target: Option<Value>,
    /// `SOURCE` and the like.
    pub resolution: String,
}

/// One decision of a conflict; a later one of the same replaces it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DecisionRow {
    pub conflict: i64,
    pub resolution: String,
    pub custom_sql: Option<String>,
    pub decided_by: Decider,
    pub who: String,
    pub at_micros: i64,
}

impl Store {
    /// The objects that a merge found to differ, by name.
    pub async fn merge_objects(
        &self,
        exec: &mut dyn Executor,
        merge: i64,
    ) -> Result<Vec<AuditObject>, StoreError> {
        let rows = exec.query(OBJECTS, &[Some(&merge.to_string())]).await?;
        rows.into_iter()
            .map(|row| {
                let mut row = FromRow::new(row);
                Ok(AuditObject {
                    lineage: row.lineage()?,
                    key: row.json()?,
                    kind: row.text()?,
                    result: row.text()?,
                })
            })
            .collect()
    }

    /// The DDL that a merge applied, in order.
    pub async fn merge_statements(
        &self,
        exec: &mut dyn Executor,
        merge: i64,
    ) -> Result<Vec<String>, StoreError> {
        let rows = exec.query(STATEMENTS, &[Some(&merge.to_string())]).await?;
        rows.into_iter()
            .map(|row| FromRow::new(row).text())
            .collect()
    }

    /// All decisions of a merge's conflicts, oldest first.
    pub async fn merge_decisions(
        &self,
        exec: &mut dyn Executor,
        merge: i64,
    ) -> Result<Vec<DecisionRow>, StoreError> {
        let rows = exec.query(DECISIONS, &[Some(&merge.to_string())]).await?;
        rows.into_iter()
            .map(|row| {
                let mut row = FromRow::new(row);
                Ok(DecisionRow {
                    conflict: row.parse()?,
                    resolution: row.text()?,
                    custom_sql: row.optional_text()?,
                    decided_by: row.parse()?,
                    who: row.text()?,
                    at_micros: row.parse()?,
                })
            })
            .collect()
    }
}
