//! The conducted path of the extended protocol: Execute of statements that concern the proxy, and the Sync that would
//! commit what they did.
//!
//! Everything happens within the client's own sequence of messages: what was sent is flushed and answered, then the
//! proxy's own messages follow in the same transaction, then the client's message goes on.

use super::answer;
use super::conduct::in_failed_transaction;
use super::conduct_simple::{kind_of, text_of};
use super::fault::Fault;
use super::prepared::{Prepared, Rows};
use super::relay_client::{REFUSED_NAME, REFUSED_TEXT};
use super::reply::{Awaited, Treat};
use super::state::{Outcome, Session};
use crate::command::Command;
use crate::error::ErrorReport;
use crate::repo::PendingDdl;
use crate::sql::plan::{Action, Setting, Statement, Transaction};
use crate::telemetry::metrics::StatementKind;
use crate::wire::backend::{self, Status};
use crate::wire::{error_response, frontend};
use bytes::Bytes;
use std::sync::Arc;

impl Session {
    pub(super) async fn conduct_execute(
        &mut self,
        portal: &[u8],
        max_rows: i32,
    ) -> Result<(), Fault> {
        let Some(prepared) = self
            .registry
            .portal(portal)
            .map(|portal| portal.prepared.clone())
        else {
            self.send_execute(portal, max_rows, Treat::Client);
            return Ok(());
        };
        if let Some(command) = prepared.command.clone() {
            return self.execute_command(portal, max_rows, &command).await;
        }
        let Some(statement) = prepared.statement() else {
            self.send_execute(portal, max_rows, Treat::Client);
            return Ok(());
        };
        self.context.metrics.statement(kind_of(statement));
        match &statement.action {
            Action::Setting(setting) => self.execute_setting(portal, max_rows, setting).await,
            Action::Transaction(transaction) => {
                self.execute_transaction(portal, max_rows, &prepared, *transaction)
                    .await
            }
            Action::Prepare { .. } => {
                self.send_execute(portal, max_rows, Treat::Client);
                self.settle().await?;
                if !self.replies.is_skipping() {
                    self.note_sql_prepared(&prepared.text, statement, prepared.version);
                }
                Ok(())
            }
            _ => {
                self.note_executed(&prepared, statement);
                if let Some(keep) = self.keeps_dropped(statement) {
                    return self
                        .drop_in_segment(portal, max_rows, &prepared, keep)
                        .await;
                }
                self.send_execute(portal, max_rows, Treat::Client);
                Ok(())
            }
        }
    }

    pub(super) fn send_execute(&mut self, portal: &[u8], max_rows: i32, treat: Treat) {
        self.segment.executes = true;
        frontend::execute(&mut self.server.output, portal, max_rows);
        let prints_names = self.registry.prints_names(portal);
        self.replies
            .push_printing(Awaited::Execute, treat, prints_names);
    }

    /// Notes what is about to run. Should it fail, its transaction fails, and what is noted here goes with it.
    fn note_executed(&mut self, prepared: &Prepared, statement: &Statement) {
        let in_block = self.segment.in_block;
        let Some(tracking) = &mut self.tracking else {
            return;
        };
        match &statement.action {
            Action::Ddl(ddl) => {
                let text = text_of(&prepared.text, statement);
                if ddl.outside_transaction && !in_block {
                    tracking.late.add(tracking.map.branch(), &text, ddl);
                } else {
                    tracking.ddl(&text, ddl);
                }
            }
            Action::Shared => tracking.shared_changed = true,
            Action::MayHideDdl => tracking.pending.may_hide = true,
            Action::Deallocate { .. } => {
                self.note_sql_prepared(&prepared.text, statement, prepared.version);
            }
            _ => {}
        }
    }

    async fn execute_transaction(
        &mut self,
        portal: &[u8],
        max_rows: i32,
        prepared: &Prepared,
        transaction: Transaction,
    ) -> Result<(), Fault> {
        let commits = matches!(
            transaction,
            Transaction::Commit { .. } | Transaction::PrepareTransaction
        );
        if commits && self.has_pending() {
            self.settle().await?;
            if !self.is_failed()
                && let Err(report) = self.capture_pending().await?
            {
                self.refuse_in_segment(report).await?;
                if let Some(tracking) = &mut self.tracking {
                    tracking.rollback_due = true;
                }
                return Ok(());
            }
        }
        self.send_execute(portal, max_rows, Treat::Client);
        if !matches!(
            transaction,
            Transaction::Savepoint
                | Transaction::ReleaseSavepoint
                | Transaction::RollbackToSavepoint
                | Transaction::Characteristics
        ) {
            // The client's own from here, or over.
            self.segment.own_block = false;
        }
        match transaction {
            Transaction::Begin
            | Transaction::Commit { chain: true }
            | Transaction::Rollback { chain: true } => self.segment.in_block = true,
            Transaction::Commit { chain: false }
            | Transaction::Rollback { chain: false }
            | Transaction::PrepareTransaction => self.segment.in_block = false,
            Transaction::Savepoint
            | Transaction::ReleaseSavepoint
            | Transaction::RollbackToSavepoint => {
                if let Some(statement) = prepared.statement() {
                    let text = text_of(&prepared.text, statement);
                    self.note_savepoint(transaction, &text);
                }
            }
            Transaction::FinishPrepared | Transaction::Characteristics => {}
        }
        if (commits || matches!(transaction, Transaction::Rollback { .. }))
            && let Some(tracking) = &mut self.tracking
        {
            tracking.transaction_ended();
        }
        Ok(())
    }

    fn has_pending(&self) -> bool {
        self.tracking
            .as_ref()
            .is_some_and(|tracking| !tracking.pending.is_empty())
    }

    async fn execute_setting(
        &mut self,
        portal: &[u8],
        max_rows: i32,
        setting: &Setting,
    ) -> Result<(), Fault> {
        if matches!(setting, Setting::ShowBranch | Setting::ShowSearchPath) {
            self.send_execute(portal, max_rows, Treat::Tagged("SHOW"));
            return Ok(());
        }
        self.settle().await?;
        let change = match self.prepare_setting(setting).await? {
            Ok(change) => change,
            Err(report) => return self.refuse_in_segment(report).await,
        };
        self.send_execute(portal, max_rows, Treat::Client);
        self.settle().await?;
        if self.replies.is_skipping() {
            return Ok(());
        }
        if let Err(report) = self.apply_setting(setting, change).await? {
            self.refuse_in_segment(report).await?;
        }
        Ok(())
    }

    async fn execute_command(
        &mut self,
        portal: &[u8],
        max_rows: i32,
        command: &Arc<Command>,
    ) -> Result<(), Fault> {
        self.settle().await?;
        if self.replies.is_skipping() {
            self.send_execute(portal, max_rows, Treat::Client);
            return Ok(());
        }
        let Some((formats, started)) = self
            .registry
            .portal(portal)
            .map(|portal| (portal.formats.clone(), portal.rows.is_some()))
        else {
            // An error of an earlier message has closed it.
            self.send_execute(portal, max_rows, Treat::Client);
            return Ok(());
        };
        if !started {
            self.context.metrics.statement(StatementKind::Command);
            if self.status == Status::Failed {
                return self.refuse_in_segment(in_failed_transaction()).await;
            }
            let bound = self.registry.take_portal(portal);
            let answer = match self.answer_command(command).await? {
                Ok(answer) => answer,
                Err(report) => return self.refuse_in_segment(report).await,
            };
            answer::notices(&mut self.client.output, &answer);
            if let Some(mut bound) = bound {
                bound.rows = Some(Rows {
                    rows: answer.rows.into(),
                    tag: answer.tag,
                });
                self.registry.bind(portal, Some(bound));
            }
        }
        let columns = crate::command::columns(command).unwrap_or_default();
        let Some(rows) = self
            .registry
            .portal_mut(portal)
            .and_then(|portal| portal.rows.as_mut())
        else {
            return Ok(());
        };
        let page = usize::try_from(max_rows)
            .ok()
            .filter(|page| *page > 0)
            .unwrap_or(usize::MAX);
        let out = &mut self.client.output;
        let count = page.min(rows.rows.len());
        for row in rows.rows.drain(..count) {
            answer::data_row(out, columns, &row, &formats);
        }
        if rows.rows.is_empty() && count < page {
            backend::command_complete(out, rows.tag.as_bytes());
        } else {
            backend::portal_suspended(out);
        }
        Ok(())
    }

    /// Before a statement that holds SQL's own `EXECUTE name`, where `name` was made under other names.
    pub(super) async fn conduct_renewal(&mut self, name: &str) -> Result<(), Fault> {
        self.settle().await?;
        match self.prepare_sql_again(name).await? {
            Ok(()) => Ok(()),
            Err(report) => self.refuse_in_segment(report).await,
        }
    }

    /// Prepares a statement again of which the client has been told the columns, and looks whether it still has them.
    pub(super) async fn conduct_preparing_again(&mut self, name: Bytes) -> Result<(), Fault> {
        self.settle().await?;
        if let Some(messages) = self.prepare_again(&name) {
            let out = &mut self.server.output;
            out.extend_from_slice(&messages);
            frontend::describe_statement(out, &name);
            self.replies.push(Awaited::Describe(Some(name)), Treat::Own);
            self.settle().await?;
        }
        Ok(())
    }

    /// Answers an error of the proxy's within the client's sequence of messages: the server skips to the Sync.
    pub(super) async fn refuse_in_segment(&mut self, report: ErrorReport) -> Result<(), Fault> {
        if self.replies.is_skipping() {
            // A statement of the proxy's own has failed, so the server skips already; only the client must be told.
            self.context.metrics.error(report.origin);
            error_response::error(&mut self.client.output, "ERROR", &report);
            return Ok(());
        }
        frontend::parse(&mut self.server.output, REFUSED_NAME, REFUSED_TEXT, &[0, 0]);
        self.replies.push(
            Awaited::Parse(None),
            Treat::Refused {
                report: Box::new(report),
                ready: false,
            },
        );
        self.settle().await
    }

    /// A Sync of the proxy's own: the server takes messages again.
    pub(super) fn sync_unseen(&mut self) {
        frontend::sync(&mut self.server.output);
        self.replies.push(Awaited::Sync, Treat::Own);
    }

    pub(super) async fn conduct_sync(&mut self) -> Result<(), Fault> {
        self.settle().await?;
        let rollback_due = self
            .tracking
            .as_mut()
            .is_some_and(|tracking| std::mem::take(&mut tracking.rollback_due));
        if rollback_due {
            self.sync_unseen();
            self.own_query("ROLLBACK").await?.ok();
        } else if self.segment.own_block {
            let well = !self.replies.is_skipping()
                && match self.capture_pending().await? {
                    Ok(()) => true,
                    Err(report) => {
                        self.refuse_in_segment(report).await?;
                        false
                    }
                };
            self.end_own_segment(well).await?;
        } else if self.replies.is_skipping() {
            if let Some(tracking) = &mut self.tracking {
                tracking.late = PendingDdl::default();
            }
        } else if !self.segment.in_block
            && let Err(report) = self.capture_pending().await?
        {
            self.refuse_in_segment(report).await?;
        }
        self.segment.open = false;
        self.segment.executes = false;
        frontend::sync(&mut self.server.output);
        let late = self
            .tracking
            .as_ref()
            .is_some_and(|tracking| !tracking.late.is_empty());
        if !late {
            self.replies.push(Awaited::Sync, Treat::Client);
            return Ok(());
        }
        // The client is not told that it is done before the change is recorded.
        self.outcome = Outcome::default();
        self.replies.push(Awaited::Sync, Treat::Conducted(None));
        self.settle().await?;
        self.record_late().await?;
        self.put_ready();
        Ok(())
    }
}
