//! Custom DDL for a conflict is tried on the target before it is accepted, and leaves nothing behind.

use crate::branch::BranchMap;
use crate::catalog::{self, Selection, TouchedRequest};
use crate::error::{ErrorReport, SqlState};
use crate::repo::adopt::adopt;
use crate::repo::database::Database;
use crate::repo::error::RepoError;
use crate::repo::identity::Identity;
use crate::repo::observe::user_schemas;
use crate::schema::model::Definition;
use crate::schema::quote::quote_literal;
use crate::sql::plan::{Action, Plan};
use crate::sql::{PlanContext, Planner, retarget};
use crate::store::ConflictRow;
use crate::upstream::Executor;
use std::collections::HashMap;

/// Runs `sql` on the target's side of a conflict and says what it makes of the object; `None` if the
/// object is gone afterwards.
pub async fn run(
    database: &Database,
    session: &mut dyn Executor,
    target: &BranchMap,
    conflict: &ConflictRow,
    sql: &str,
    identity: &Identity,
) -> Result<Option<Definition>, RepoError> {
    only_ddl(sql, target)?;
    database.complete(target.id()).await?;
    session.batch("BEGIN").await?;
    let tried = attempt(database, session, target, conflict, sql, identity).await;
    session.batch("ROLLBACK").await?;
    tried
}

async fn attempt(
    database: &Database,
    session: &mut dyn Executor,
    target: &BranchMap,
    conflict: &ConflictRow,
    sql: &str,
    identity: &Identity,
) -> Result<Option<Definition>, RepoError> {
    let settings = database.startup_settings(&identity.role).await?;
    let path = database.physical_search_path(target, &settings.search_path, &identity.role);
    session
        .batch(&format!(
            "SELECT set_config('search_path', {}, true)",
            quote_literal(&path)
        ))
        .await?;
    session.batch(&retarget(sql, target)?).await?;
    session
        .batch("SELECT pg_catalog.set_config('search_path', 'pg_catalog, pg_temp', true)")
        .await?;
    let physical = user_schemas(session, &database.registry(), target.id()).await?;
    let touched = catalog::touched(
        session,
        TouchedRequest {
            schemas: &physical,
            ..TouchedRequest::default()
        },
    )
    .await?;
    let raw = database
        .read(session, Selection::Objects(&touched.ids))
        .await?;
    let entries = database.store().lineages(session, &raw.ids()).await?;
    let known: HashMap<_, _> = entries
        .iter()
        .map(|(id, entry)| (*id, entry.lineage))
        .collect();
    let registry = database.registry();
    let names = |physical: &str| registry.logical_on(target.id(), physical);
    let adopted = adopt(&raw, &names, &crate::schema::Snapshot::default(), &known)?;
    // A custom resolution may drop the object and make another of the same name.
    let same = adopted
        .found
        .iter()
        .find(|found| found.lineage == conflict.lineage)
        .or_else(|| {
            adopted
                .found
                .iter()
                .find(|found| found.definition.key() == conflict.key)
        });
    Ok(same.map(|found| found.definition.clone()))
}

/// Nothing but DDL may be in it: it must not end the transaction that undoes it.
fn only_ddl(sql: &str, target: &BranchMap) -> Result<(), RepoError> {
    let context = PlanContext {
        map: target,
        client_encoding: "UTF8",
        standard_conforming_strings: true,
        watch_transactions: true,
    };
    let refused = || -> RepoError {
        ErrorReport::new(
            SqlState::SYNTAX_ERROR,
            "a custom resolution must be one or more DDL statements",
        )
        .into()
    };
    match Planner::new(0).plan(sql.as_bytes(), &context).as_deref() {
        Some(Plan::Statements(statements)) => statements
            .iter()
            .all(|statement| {
                matches!(&statement.action, Action::Ddl(ddl) if !ddl.outside_transaction)
            })
            .then_some(())
            .ok_or_else(refused),
        Some(Plan::Refuse(report)) => Err(report.clone().into()),
        Some(Plan::Forward) | None => Err(refused()),
    }
}
