//! `DROP TABLE` where dropped tables are kept.
//!
//! The statement runs as the client wrote it, within a savepoint: its errors and notices are the server's own. What it
//! has dropped is asked for, then it is rolled back and done over, but for the tables that hold rows.

use super::conduct_simple::{Completion, Ended, Run};
use super::executor::ClientExecutor;
use super::fault::Fault;
use super::planning::spliced;
use super::prepared::Prepared;
use super::reply::Treat;
use super::state::{Outcome, Session};
use crate::error::{ErrorReport, Report, SqlState};
use crate::repo::undrop;
use crate::sql::plan::{Action, Statement};
use crate::store::Kept;
use crate::wire::backend;
use std::sync::Arc;
use std::time::Duration;

const BEFORE: &str = "SAVEPOINT \"pggit:drop\"";
const BACK: &str = "ROLLBACK TO SAVEPOINT \"pggit:drop\"";
const AFTER: &str = "RELEASE SAVEPOINT \"pggit:drop\"";

impl Session {
    /// How long what the statement drops is kept; `None` if it drops no table, or none is kept.
    pub(super) fn keeps_dropped(&self, statement: &Statement) -> Option<Duration> {
        let Action::Ddl(ddl) = &statement.action else {
            return None;
        };
        let tracking = self.tracking.as_ref()?;
        let keep = tracking.database.versioning().keep_dropped?;
        (ddl.drops_tables && !self.is_failed()).then_some(keep)
    }

    /// By the simple protocol, in the text's transaction block.
    pub(super) async fn drop_simply(
        &mut self,
        run: &mut Run<'_>,
        statement: &Statement,
        keep: Duration,
    ) -> Result<Ended, Fault> {
        self.outcome = Outcome::default();
        self.open_block(run);
        self.settle().await?;
        if let Err(error) = self.own_statement(BEFORE, &[]).await? {
            return self.refuse(error.report()).await;
        }
        let ended = self.run_statement(run, statement, false).await?;
        if matches!(ended, Ended::Badly) {
            return Ok(ended);
        }
        let text = spliced(run.text(), statement).0;
        match self.keep_dropped(&text, keep).await? {
            Ok(()) => Ok(ended),
            Err(report) => self.refuse(report).await,
        }
    }

    /// By the extended protocol. An implicit transaction becomes a block of the proxy's until the Sync: only a block
    /// has savepoints.
    pub(super) async fn drop_in_segment(
        &mut self,
        portal: &[u8],
        max_rows: i32,
        prepared: &Prepared,
        keep: Duration,
    ) -> Result<(), Fault> {
        self.settle().await?;
        if self.replies.is_skipping() {
            return Ok(());
        }
        if !self.segment.in_block && !self.segment.own_block {
            if let Err(error) = self.own_statement("BEGIN", &[]).await? {
                return self.refuse_in_segment(error.report()).await;
            }
            self.segment.own_block = true;
        }
        if let Err(error) = self.own_statement(BEFORE, &[]).await? {
            return self.refuse_in_segment(error.report()).await;
        }
        self.outcome = Outcome::default();
        self.send_execute(portal, max_rows, Treat::Conducted(None));
        self.settle().await?;
        let Ended::Well(completion) = self.take_ended() else {
            return Ok(());
        };
        let text = match prepared.statement() {
            Some(statement) => spliced(&prepared.text, statement).0,
            None => prepared.text.to_vec(),
        };
        if let Err(report) = self.keep_dropped(&text, keep).await? {
            return self.refuse_in_segment(report).await;
        }
        if let Completion::Tag(tag) = completion {
            backend::command_complete(&mut self.client.output, &tag);
        }
        Ok(())
    }

    /// After `text` has run within the savepoint: does it over, where tables are to be kept.
    async fn keep_dropped(
        &mut self,
        text: &[u8],
        keep: Duration,
    ) -> Result<Result<(), ErrorReport>, Fault> {
        let Some(tracking) = &self.tracking else {
            return Ok(Ok(()));
        };
        let database = Arc::clone(&tracking.database);
        let identity = self.identity.clone();
        let mut executor = ClientExecutor::new(self);
        let dropped = undrop::dropped(&database, &mut executor).await;
        executor.finish().await?;
        let dropped = match dropped {
            Ok(Some(dropped)) => dropped,
            Ok(None) => return self.own(AFTER).await,
            Err(report) => return Ok(Err(report)),
        };
        if let Err(report) = self.own(BACK).await? {
            return Ok(Err(report));
        }
        let mut executor = ClientExecutor::new(self);
        let kept = undrop::set_aside(&database, &mut executor, &dropped, keep, &identity).await;
        executor.finish().await?;
        let reason = match kept {
            Ok(Kept::Tables(0)) => None,
            Ok(Kept::Tables(_)) => return self.own(AFTER).await,
            Ok(Kept::Failed(reason)) => Some(reason),
            Err(report) => return Ok(Err(report)),
        };
        if let Err(error) = self.repeat(text).await? {
            return Ok(Err(error.report()));
        }
        if let Some(reason) = reason {
            self.warn(
                &ErrorReport::new(
                    SqlState::WARNING,
                    "the rows of what was dropped are not kept",
                )
                .with_detail(reason),
            );
        }
        self.own(AFTER).await
    }

    async fn own(&mut self, sql: &str) -> Result<Result<(), ErrorReport>, Fault> {
        let done = self.own_statement(sql, &[]).await?;
        Ok(done.map(drop).map_err(|error| error.report()))
    }

    /// Ends the transaction block that stands for an implicit transaction, before its Sync is sent. An error is
    /// the client's to see.
    pub(super) async fn end_own_segment(&mut self, well: bool) -> Result<(), Fault> {
        self.segment.own_block = false;
        if well {
            self.outcome = Outcome::default();
            self.send_passing(b"COMMIT", || Treat::Conducted(None));
            self.settle().await?;
            if self.take_error().is_none() {
                return Ok(());
            }
        }
        self.sync_unseen();
        self.own_query("ROLLBACK").await?.ok();
        Ok(())
    }
}
