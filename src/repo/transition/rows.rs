//! Questions about the rows of tables as they are before a transition.

use super::Transition;
use crate::branch::NameUse;
use crate::repo::error::RepoError;
use crate::schema::model::{Kind, ObjectKey, Table};
use crate::schema::quote::quote_identifier;
use crate::sql::retarget;
use crate::upstream::{DbError, Executor};

/// More rows than these are not counted.
pub const ENOUGH: u64 = 1000;

/// Asks in the transition's transaction.
#[derive(Clone, Copy)]
pub struct Rows<'a> {
    pub transition: &'a Transition,
    /// So that what is answered stays true until the DDL runs.
    pub lock: bool,
}

impl Rows<'_> {
    /// Whether a table or any of its descendants has a row of which that holds.
    pub async fn any(
        &self,
        session: &mut dyn Executor,
        table: &Table,
        condition: &str,
    ) -> Result<bool, RepoError> {
        // Rows elsewhere are not lost with the table that shows them.
        if table.foreign.is_some() {
            return Ok(false);
        }
        let descendants = self.descendants(table);
        let foreign = |table: &&Table| table.foreign.is_some();
        if !descendants.iter().any(foreign) {
            return self.any_in(session, "", table, condition).await;
        }
        // A foreign table cannot be locked, so the others are, one by one.
        for table in [table].into_iter().chain(descendants) {
            let local = table.foreign.is_none();
            if local && self.any_in(session, "ONLY ", table, condition).await? {
                return Ok(true);
            }
        }
        Ok(false)
    }

    async fn any_in(
        &self,
        session: &mut dyn Executor,
        only: &str,
        table: &Table,
        condition: &str,
    ) -> Result<bool, RepoError> {
        let name = &table.name;
        let schema = self
            .transition
            .map
            .physical_schema(&name.schema, None, NameUse::Define);
        let table = format!(
            "{only}{}.{}",
            quote_identifier(&schema),
            quote_identifier(&name.name)
        );
        if self.lock {
            session
                .batch(&format!("LOCK TABLE {table} IN ACCESS EXCLUSIVE MODE"))
                .await?;
        }
        let sql = format!("SELECT EXISTS (SELECT FROM {table} WHERE {condition})::text");
        let rows = session.query(&sql, &[]).await?;
        Ok(rows
            .into_iter()
            .flatten()
            .flatten()
            .any(|any| any == "true"))
    }

    /// The table's partitions and children, on all levels.
    fn descendants(&self, table: &Table) -> Vec<&Table> {
        let before = &self.transition.before;
        let mut found: Vec<&Table> = Vec::new();
        let mut parents = vec![table.name.clone()];
        while let Some(parent) = parents.pop() {
            for lineage in before.dependents(&ObjectKey::of(Kind::Table, &parent)) {
                let child = before.get(&lineage).and_then(|child| child.as_table());
                if let Some(child) = child
                    && child.inherits.contains(&parent)
                    && !found.iter().any(|known| known.name == child.name)
                {
                    found.push(child);
                    parents.push(child.name.clone());
                }
            }
        }
        found
    }

    /// How many rows a query in logical names has, up to [`ENOUGH`]; or why the server cannot say. The transaction goes
    /// on either way.
    pub async fn count(
        &self,
        session: &mut dyn Executor,
        query: &str,
    ) -> Result<Result<u64, DbError>, RepoError> {
        let sql = format!("SELECT count(*)::text FROM ({query} LIMIT {ENOUGH}) AS found");
        let sql = retarget(&sql, &self.transition.map)?;
        session.batch("SAVEPOINT pggit_look").await?;
        match session.query(&sql, &[]).await {
            Ok(rows) => {
                session.batch("RELEASE SAVEPOINT pggit_look").await?;
                let count = rows.into_iter().flatten().flatten().next();
                Ok(Ok(count.and_then(|count| count.parse().ok()).unwrap_or(0)))
            }
            Err(error @ DbError::Server { .. }) => {
                session
                    .batch("ROLLBACK TO SAVEPOINT pggit_look; RELEASE SAVEPOINT pggit_look")
                    .await?;
                Ok(Err(error))
            }
            Err(error) => Err(error.into()),
        }
    }
}
