//! A branch goes from its head's schema to another one, whatever for: worked out on recorded trees, applied in one
//! transaction of the client's, and checked against the live catalogs before it counts.

mod constraints;
pub mod guard;
mod live;
mod rows;
mod turn;

pub use guard::{Finding, Look};
pub use turn::Turn;

use super::database::{Database, Head};
use super::error::RepoError;
use super::observe::Observed;
use super::undrop;
use crate::branch::BranchMap;
use crate::error::{ErrorReport, Report, SqlState};
use crate::schema::model::{Kind, Lineage};
use crate::schema::{self, Change, Creator, RenderOptions, Snapshot, Step};
use crate::sql::retarget;
use crate::store::Stamp;
use crate::upstream::{DbError, Executor};
use std::collections::BTreeMap;
use std::sync::Arc;

/// How often something is worked out anew because the branch moved meanwhile.
pub const ATTEMPTS: usize = 5;

/// `USING` expressions of type changes, by table and column.
pub type Conversions = BTreeMap<(Lineage, Lineage), String>;

/// What leads a branch from its head's schema to another one, to the last statement.
#[derive(Clone, Debug)]
pub struct Transition {
    pub map: Arc<BranchMap>,
    /// What it was worked out from.
    pub head: Head,
    pub before: Snapshot,
    pub after: Snapshot,
    pub changes: Vec<Change>,
    pub steps: Vec<Step>,
    options: RenderOptions,
}

/// Under what terms a transition happens.
#[derive(Clone, Copy, Debug)]
pub struct Terms {
    /// What a refusal calls it: `merge`.
    pub action: &'static str,
    /// Go on although a table or column that holds rows is dropped.
    pub allow_data_loss: bool,
    /// Ask rows about all that they may forbid, so that a refusal names everything at once.
    pub thorough: bool,
}

/// Where a transition is looked at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Within {
    Nothing,
    /// A transaction of the client's.
    Transaction,
}

impl Transition {
    /// `creator` is the role that will run the DDL.
    pub fn new(
        database: &Database,
        map: Arc<BranchMap>,
        head: Head,
        (before, after): (Snapshot, Snapshot),
        using: Conversions,
        creator: &Creator,
    ) -> Self {
        let changes = schema::diff(&before, &after);
        let options = RenderOptions {
            using,
            creator: Some(creator.clone()),
            server_version: database.server_version(),
            foreign_keys_within: false,
        };
        let steps = schema::render(&changes, &before, &after, &options);
        Self {
            map,
            head,
            before,
            after,
            changes,
            steps,
            options,
        }
    }

    /// The same from another schema, which the branch has been brought to meanwhile.
    fn from(&self, before: Snapshot, using: Conversions) -> Self {
        let changes = schema::diff(&before, &self.after);
        let mut options = self.options.clone();
        options.using.extend(using);
        let steps = schema::render(&changes, &before, &self.after, &options);
        Self {
            before,
            changes,
            steps,
            options,
            ..self.clone()
        }
    }

    /// The statements in logical names, as a commit keeps them.
    pub fn statements(&self) -> Vec<String> {
        self.steps.iter().map(|step| step.sql.clone()).collect()
    }

    /// Runs the statements in `session`'s open transaction. Tables that are made again get their rows back, where these were kept. What they made is read back, and is what was computed.
    pub async fn apply(
        &self,
        database: &Database,
        session: &mut dyn Executor,
        terms: Terms,
    ) -> Result<(Observed, Stamp), RepoError> {
        let mut before = self.before.clone();
        let restored =
            undrop::restore(database, session, &self.map, &self.after, &mut before).await?;
        let rest = (!restored.is_empty()).then(|| self.from(before, restored.using.clone()));
        let rest = rest.as_ref().unwrap_or(self);
        guard::check(session, rest, terms).await?;
        for step in &rest.steps {
            let sql = retarget(&step.sql, &self.map)?;
            session
                .batch(&sql)
                .await
                .map_err(|error| step_failed(&error, &step.sql))?;
        }
        restored
            .set_sequences(session, &self.map, &self.after)
            .await?;
        let (observed, stamp) = live::look(database, session, rest).await?;
        live::verify(rest, &observed)?;
        Ok((observed, stamp))
    }

    /// What rows would say to it, asked without a lock and without a trace.
    pub async fn preview(
        &self,
        database: &Database,
        session: &mut dyn Executor,
        within: Within,
    ) -> Result<Vec<Finding>, RepoError> {
        let (begin, end) = match within {
            Within::Nothing => ("BEGIN", "ROLLBACK"),
            Within::Transaction => (
                "SAVEPOINT pggit_preview",
                "ROLLBACK TO SAVEPOINT pggit_preview; RELEASE SAVEPOINT pggit_preview",
            ),
        };
        database.complete(self.map.id()).await?;
        session.batch(begin).await?;
        let asked = guard::findings(session, self, Look::Dry).await;
        session.batch(end).await?;
        asked
    }

    /// Ends the transaction that [`begin`] opened: commits what was applied, and leaves nothing behind where the head
    /// had moved (`None`) or anything failed. What fails because somebody else did it first is to be worked out anew, too.
    pub async fn end<T>(
        &self,
        database: &Database,
        session: &mut dyn Executor,
        applied: Result<Option<T>, RepoError>,
    ) -> Result<Option<T>, RepoError> {
        let committed = match applied {
            Ok(Some(applied)) => match session.batch("COMMIT").await {
                Ok(()) => Ok(applied),
                Err(error) => Err(Some(error.into())),
            },
            Ok(None) => Err(None),
            Err(error) => Err(Some(error)),
        };
        match committed {
            Ok(applied) => {
                let is_schema = |change: &Change| change.key.kind == Kind::Schema;
                if self.changes.iter().any(is_schema) {
                    database.refresh().await?;
                }
                Ok(Some(applied))
            }
            Err(error) => {
                database.forget_head(self.map.id());
                // The connection may be what failed; the first error is the one that says why.
                let rolled_back = session.batch("ROLLBACK").await;
                match error {
                    Some(error) if rolled_back.is_err() => Err(error),
                    Some(error) if self.lost_a_race(database, &error).await => Ok(None),
                    Some(error) => Err(error),
                    None => Ok(rolled_back.map(|()| None)?),
                }
            }
        }
    }

    /// Whether an error comes of what others did at the same time: they moved the branch, or wanted the same locks.
    async fn lost_a_race(&self, database: &Database, error: &RepoError) -> bool {
        if error.sqlstate() == SqlState::DEADLOCK_DETECTED {
            return true;
        }
        let now = database.current_head(self.map.branch()).await;
        now.is_ok_and(|now| now.commit != self.head.commit)
    }
}

/// Opens the transaction that a transition is applied in.
pub async fn begin(session: &mut dyn Executor) -> Result<(), RepoError> {
    Ok(session
        .batch("BEGIN ISOLATION LEVEL READ COMMITTED")
        .await?)
}

/// The error after [`ATTEMPTS`].
pub fn keeps_changing(branch: &str) -> RepoError {
    ErrorReport::new(
        SqlState::SERIALIZATION_FAILURE,
        format!("branch \"{branch}\" keeps changing"),
    )
    .with_hint("Try again.")
    .into()
}

/// The server's error for one of our statements, with the statement.
fn step_failed(error: &DbError, sql: &str) -> RepoError {
    let report = error.report();
    let detail = match &report.detail {
        Some(detail) => format!("{detail} While applying: {sql}"),
        None => format!("While applying: {sql}"),
    };
    ErrorReport {
        detail: Some(detail),
        ..report
    }
    .into()
}
