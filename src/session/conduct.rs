//! What the conducted paths of both protocols share: captures, commands, prepared statements of SQL.

use super::answer;
use super::executor::ClientExecutor;
use super::fault::Fault;
use super::planning::{refusal, spliced};
use super::prepared::{MapVersion, NO_TYPES, Prepared, Registration};
use super::relay_client::Conduct;
use super::reply::{Awaited, Treat};
use super::state::{Outcome, Session};
use super::tracking::Tracking;
use crate::command::{self, Answer, Command, Invocation};
use crate::error::{ErrorReport, Origin, Report, SqlState};
use crate::repo::{self, Collision};
use crate::sql::plan::{Action, Statement};
use crate::telemetry::metrics::Stage;
use crate::wire::backend::{self, Status};
use crate::wire::{error_response, frontend};
use bytes::Bytes;
use std::sync::Arc;
use std::time::Instant;

/// So many collisions of one commit are told; more would hide them.
const COLLISIONS_TOLD: usize = 5;

impl Session {
    pub(super) async fn conduct(&mut self, conduct: Conduct) -> Result<(), Fault> {
        match conduct {
            Conduct::Query { text, plan } => self.conduct_query(text, plan).await,
            Conduct::Execute { portal, max_rows } => self.conduct_execute(&portal, max_rows).await,
            Conduct::Sync => self.conduct_sync().await,
            Conduct::Settle => self.settle().await,
            Conduct::Wait(text) => self.conduct_wait(&text).await,
            Conduct::Renew(name) => self.conduct_renewal(&name).await,
            Conduct::PrepareAgain(name) => self.conduct_preparing_again(name).await,
            Conduct::Refresh => {
                self.refresh().await;
                Ok(())
            }
            Conduct::Resync => {
                self.settle().await?;
                if let Err(report) = self.resync_now().await? {
                    self.warn(&report);
                }
                Ok(())
            }
        }
    }

    /// Records the transaction's DDL. On an error the transaction must not commit.
    pub(super) async fn capture_pending(&mut self) -> Result<Result<(), ErrorReport>, Fault> {
        let Some(tracking) = &mut self.tracking else {
            return Ok(Ok(()));
        };
        if tracking.pending.is_empty() {
            return Ok(Ok(()));
        }
        let begun = Instant::now();
        let mut pending = std::mem::take(&mut tracking.pending);
        let database = Arc::clone(&tracking.database);
        let identity = self.identity.clone();
        let context = Arc::clone(&self.context);
        let mut executor = ClientExecutor::new(self);
        let result = match executor.message().await {
            Ok(message) => {
                pending.message = message;
                repo::capture(&database, &mut executor, &pending, &identity).await
            }
            Err(error) => Err(error.report()),
        };
        executor.finish().await?;
        context.metrics.spent(Stage::Capture, begun.elapsed());
        Ok(result.map(|captured| {
            context.metrics.ddl_commits(captured.len() as u64);
            self.tell_collisions(captured.iter().flat_map(|captured| &captured.collisions));
        }))
    }

    /// Tells the client what other branches have changed of the same.
    fn tell_collisions<'a>(&mut self, collisions: impl Iterator<Item = &'a Collision>) {
        for collision in collisions.take(COLLISIONS_TOLD) {
            let Collision { object, branch, .. } = collision;
            let message = match collision.attribute.as_str() {
                "definition" => format!("{object} is also changed on branch \"{branch}\""),
                attribute => {
                    format!("{attribute} of {object} is also changed on branch \"{branch}\"")
                }
            };
            let first_line = collision.message.lines().next().unwrap_or_default();
            let detail = format!(
                "Last by {} in commit {}: {first_line}",
                collision.author,
                collision.commit.short()
            );
            error_response::notice(
                &mut self.client.output,
                "NOTICE",
                SqlState::SUCCESSFUL_COMPLETION,
                &message,
                Some(&detail),
                Some("Merging the two branches will need a decision."),
            );
        }
    }

    pub(super) fn warn_unrecorded(&mut self, report: &ErrorReport) {
        self.context.metrics.error(report.origin);
        error_response::notice(
            &mut self.client.output,
            "WARNING",
            SqlState::OBJECT_NOT_IN_PREREQUISITE_STATE,
            "the change was made but could not be recorded",
            Some(&report.message),
            Some("PGGIT STATUS shows it, and PGGIT COMMIT records it."),
        );
    }

    pub(super) fn warn(&mut self, report: &ErrorReport) {
        self.context.metrics.error(report.origin);
        error_response::notice(
            &mut self.client.output,
            "WARNING",
            report.sqlstate,
            &report.message,
            report.detail.as_deref(),
            report.hint.as_deref(),
        );
    }

    /// Runs a command and does to the session what it asks for.
    pub(super) async fn answer_command(
        &mut self,
        command: &Command,
    ) -> Result<Result<Answer, ErrorReport>, Fault> {
        let context = Arc::clone(&self.context);
        let identity = self.identity.clone();
        let database_name = self.database_name.clone();
        let database = self
            .tracking
            .as_ref()
            .map(|tracking| Arc::clone(&tracking.database));
        let branch = self.branch().to_owned();
        let in_transaction =
            self.status != Status::Idle || self.segment.in_block || self.segment.executes;
        let mut executor = ClientExecutor::new(self);
        let result = command::run(
            command,
            Invocation {
                repo: &context.repo,
                metrics: &context.metrics,
                database,
                database_name: &database_name,
                session: &mut executor,
                identity: &identity,
                branch: &branch,
                in_transaction,
            },
        )
        .await;
        executor.finish().await?;
        let answer = match result {
            Ok(answer) => answer,
            Err(report) => return Ok(Err(report)),
        };
        if *command == Command::Init
            && self.tracking.is_none()
            && let Err(report) = self.begin_tracking().await
        {
            return Ok(Err(report));
        }
        if let Some(branch) = &answer.checkout
            && let Err(report) = self.checkout(branch).await?
        {
            return Ok(Err(report));
        }
        self.settle().await?;
        Ok(Ok(answer))
    }

    /// The session's branch.
    fn branch(&self) -> &str {
        self.tracking
            .as_ref()
            .map_or(crate::branch::MAIN, |tracking| tracking.map.branch())
    }

    /// After `PGGIT INIT` the session is on `main` of the database it is connected to.
    async fn begin_tracking(&mut self) -> Result<(), ErrorReport> {
        let database = self
            .context
            .repo
            .database(&self.database_name)
            .await
            .map_err(|error| error.report())?;
        let Some(database) = database else {
            return Ok(());
        };
        let map = database.branch(crate::branch::MAIN).await?;
        let settings = database
            .startup_settings(&self.identity.role)
            .await
            .map_err(|error| error.report())?;
        self.tracking = Some(Tracking::new(database, map, settings.search_path));
        Ok(())
    }

    /// Sends a command's whole answer in text format.
    pub(super) fn put_answer(&mut self, answer: &Answer) {
        let out = &mut self.client.output;
        answer::notices(out, answer);
        if !answer.columns.is_empty() {
            answer::row_description(out, answer.columns, &[]);
            for row in &answer.rows {
                answer::data_row(out, answer.columns, row, &[]);
            }
        }
        backend::command_complete(out, answer.tag.as_bytes());
    }

    /// Follows a statement of SQL's own `PREPARE` or `DEALLOCATE`.
    ///
    /// It was planned under the names of `version`.
    pub(super) fn note_sql_prepared(
        &mut self,
        text: &Bytes,
        statement: &Statement,
        version: Option<MapVersion>,
    ) {
        match &statement.action {
            Action::Prepare { name } => {
                let text = text.slice(statement.range.clone());
                let plan = self
                    .plan(&text, true)
                    .unwrap_or_else(|| Arc::clone(&self.forward));
                self.registry.register(Box::new(Registration {
                    name: Bytes::copy_from_slice(name.as_bytes()),
                    prepared: Prepared {
                        text,
                        types: NO_TYPES,
                        plan,
                        version,
                        command: None,
                        in_sql: true,
                        told: None,
                        reshaped: false,
                    },
                }));
            }
            Action::Deallocate { name: Some(name) } => self.registry.forget(name.as_bytes()),
            Action::Deallocate { name: None } => {
                self.registry.forget_all();
                self.own_statements.clear();
            }
            _ => {}
        }
    }

    /// Before SQL's own `EXECUTE`: prepares the statement again if it was made under other names.
    pub(super) async fn prepare_sql_again(
        &mut self,
        name: &str,
    ) -> Result<Result<(), ErrorReport>, Fault> {
        let Some(version) = self.tracking.as_ref().map(Tracking::version) else {
            return Ok(Ok(()));
        };
        let Some(prepared) = self.registry.find(name.as_bytes(), &self.replies) else {
            return Ok(Ok(()));
        };
        if prepared.version == Some(version) || self.is_failed() {
            return Ok(Ok(()));
        }
        let mut prepared = prepared.clone();
        prepared.plan = self
            .plan(&prepared.text, true)
            .unwrap_or_else(|| Arc::clone(&self.forward));
        if let Some(report) = refusal(&prepared.plan) {
            return Ok(Err(report.clone()));
        }
        // Should the server refuse it, it is tried again under the next names.
        prepared.version = None;
        let name = Bytes::copy_from_slice(name.as_bytes());
        self.registry.register(Box::new(Registration {
            name: name.clone(),
            prepared: prepared.clone(),
        }));
        let mut out = std::mem::take(&mut self.server.output);
        self.outcome = Outcome::default();
        frontend::close_statement(&mut out, &name);
        self.replies.push(Awaited::Close(None), Treat::Own);
        if !prepared.in_sql {
            self.put_parse(&mut out, &name, &prepared);
            self.replies.push(Awaited::Parse(None), Treat::Own);
        }
        if !self.segment.open {
            frontend::sync(&mut out);
            self.replies.push(Awaited::Sync, Treat::Own);
        }
        self.server.output = out;
        self.settle().await?;
        if let Some(error) = std::mem::take(&mut self.outcome).error {
            return Ok(Err(error.report()));
        }
        if prepared.in_sql {
            let text = match prepared.statement() {
                Some(statement) => spliced(&prepared.text, statement).0,
                None => prepared.text.to_vec(),
            };
            if let Err(error) = self.repeat(&text).await? {
                return Ok(Err(error.report()));
            }
        }
        prepared.version = Some(version);
        self.registry
            .register(Box::new(Registration { name, prepared }));
        Ok(Ok(()))
    }
}

/// What the server says to statements in a failed transaction.
pub(super) fn in_failed_transaction() -> ErrorReport {
    ErrorReport::new(
        SqlState::IN_FAILED_SQL_TRANSACTION,
        "current transaction is aborted, commands ignored until end of transaction block",
    )
    .with_origin(Origin::Client)
}
