//! The conducted path of the simple protocol: a text is run statement by statement.
//!
//! PostgreSQL runs a text of several statements as one implicit transaction block, and a `BEGIN`, `COMMIT` or
//! `ROLLBACK` within it does to that block what `src/backend/access/transam/xact.c` says. A transaction of the
//! proxy's stands in for it here. The client sees what it would have seen of its one Query: a CommandComplete for each
//! statement, the last one only once everything is committed, and one ReadyForQuery.

use super::fault::Fault;
use super::planning::{command_of, spliced};
use super::positions::Positions;
use super::relay_client::REFUSED_TEXT;
use super::reply::{Awaited, Treat};
use super::state::{Outcome, Session};
use super::tracking::Tracking;
use crate::error::{ErrorReport, Report, SqlState};
use crate::repo::{PendingDdl, blocks};
use crate::sql::apply_splices;
use crate::sql::plan::{Action, Plan, Setting, Statement, Transaction};
use crate::telemetry::metrics::StatementKind;
use crate::upstream::DbError;
use crate::wire::backend::{self, Status};
use crate::wire::frontend;
use bytes::Bytes;
use std::sync::Arc;

/// How a statement ended.
pub(super) enum Ended {
    /// With this to tell the client.
    Well(Completion),
    /// The client has been told why.
    Badly,
}

/// The message that completes a statement.
pub(super) enum Completion {
    Tag(Bytes),
    Empty,
    /// It has been sent already.
    Sent,
}

/// One text being run.
pub(super) struct Run<'a> {
    text: &'a Bytes,
    /// It has one statement: no implicit transaction block.
    alone: bool,
    /// A transaction of the proxy's is open.
    own_block: bool,
}

impl<'a> Run<'a> {
    pub(super) fn text(&self) -> &'a Bytes {
        self.text
    }
}

impl Session {
    pub(super) async fn conduct_query(
        &mut self,
        text: Bytes,
        plan: Arc<Plan>,
    ) -> Result<(), Fault> {
        self.settle().await?;
        if self.replies.is_skipping() {
            frontend::query(&mut self.server.output, &text);
            return Ok(());
        }
        self.segment.open = false;
        let mut plan = plan;
        let count = plan.statements().len();
        let mut version = self.tracking.as_ref().map(Tracking::version);
        let mut run = Run {
            text: &text,
            alone: count == 1,
            own_block: false,
        };
        // The last statement is complete only when all is committed.
        let mut held = None;
        let mut failed = false;
        for index in 0..count {
            self.complete(held.take());
            if let Err(report) = self.resync_now().await? {
                self.warn(&report);
            }
            let now = self.tracking.as_ref().map(Tracking::version);
            if now != version {
                // An earlier statement has moved the session: the rest means other names.
                version = now;
                plan = self.plan(&text, true).unwrap_or(plan);
            }
            let waited = match plan.statements().get(index) {
                Some(statement) => self.wait_for_part(&text, statement).await?,
                None => Ok(()),
            };
            let ended = match (&*plan, plan.statements().get(index)) {
                (Plan::Refuse(report), _) => self.refuse(report.clone()).await?,
                _ if let Err(report) = &waited => self.refuse(report.clone()).await?,
                (_, Some(statement)) => self.conduct_statement(&mut run, statement).await?,
                (_, None) => self.refuse(moved_within_text()).await?,
            };
            match ended {
                Ended::Well(completion) => held = Some(completion),
                Ended::Badly => {
                    failed = true;
                    break;
                }
            }
        }
        if run.own_block {
            if failed {
                self.own_query("ROLLBACK").await?.ok();
            } else if !self.commit_own_block().await? {
                held = None;
            }
        }
        self.complete(held.take());
        self.record_late().await?;
        self.put_ready();
        Ok(())
    }

    fn complete(&mut self, completion: Option<Completion>) {
        match completion {
            Some(Completion::Tag(tag)) => {
                backend::command_complete(&mut self.client.output, &tag);
            }
            Some(Completion::Empty) => backend::empty_query_response(&mut self.client.output),
            Some(Completion::Sent) | None => {}
        }
    }

    async fn conduct_statement(
        &mut self,
        run: &mut Run<'_>,
        statement: &Statement,
    ) -> Result<Ended, Fault> {
        self.context.metrics.statement(kind_of(statement));
        match &statement.action {
            Action::None | Action::Deallocate { .. } | Action::Prepare { .. } => {
                self.run_statement(run, statement, !run.alone).await
            }
            Action::ExecutePrepared { .. } => self.run_statement(run, statement, !run.alone).await,
            Action::Shared => {
                if let Some(tracking) = &mut self.tracking {
                    tracking.shared_changed = true;
                }
                self.run_statement(run, statement, !run.alone).await
            }
            Action::Ddl(ddl) => {
                let late = ddl.outside_transaction && run.alone;
                let ended = match self.keeps_dropped(statement) {
                    Some(keep) => self.drop_simply(run, statement, keep).await?,
                    None => self.run_statement(run, statement, !late).await?,
                };
                let text = text_of(run.text, statement);
                if let (Ended::Well(_), Some(tracking)) = (&ended, &mut self.tracking) {
                    if self.status == Status::Idle {
                        tracking.late.add(tracking.map.branch(), &text, ddl);
                    } else {
                        tracking.ddl(&text, ddl);
                    }
                }
                Ok(ended)
            }
            Action::MayHideDdl => {
                let in_block = !run.alone || self.fits_in_block(run.text, statement).await;
                let ended = self.run_statement(run, statement, in_block).await?;
                if self.status == Status::InTransaction
                    && let Some(tracking) = &mut self.tracking
                {
                    tracking.pending.may_hide = true;
                }
                Ok(ended)
            }
            Action::Transaction(transaction) => {
                self.run_transaction(run, statement, *transaction).await
            }
            Action::Setting(setting) => self.run_setting(run, statement, setting).await,
            Action::Command => self.run_command(run, statement).await,
            Action::Refuse(report) => self.refuse(report.clone()).await,
        }
    }

    /// Whether a `DO` or a `CALL` can have a block around it, so that it is recorded with what it does. A procedure may
    /// commit, which it cannot within one: then it runs as it was sent.
    async fn fits_in_block(&self, text: &Bytes, statement: &Statement) -> bool {
        let Some(tracking) = &self.tracking else {
            return false;
        };
        let text = text_of(text, statement);
        let fits = blocks::fits_in_block(&tracking.database, &text).await;
        fits.unwrap_or(false)
    }

    /// Sends a statement, in the text's transaction block if it has or needs one.
    pub(super) async fn run_statement(
        &mut self,
        run: &mut Run<'_>,
        statement: &Statement,
        in_block: bool,
    ) -> Result<Ended, Fault> {
        if let Some(name) = statement.action.executes()
            && let Err(report) = self.prepare_sql_again(name).await?
        {
            return self.refuse(report).await;
        }
        // The server keeps texts as they are sent (`pg_prepared_statements`, `pg_stat_activity`).
        let (text, positions) = if run.alone {
            let all = 0..run.text.len();
            let positions = Positions::of(run.text, all, &statement.splices);
            (apply_splices(run.text, &statement.splices), positions)
        } else {
            spliced(run.text, statement)
        };
        self.outcome = Outcome::default();
        if in_block {
            self.open_block(run);
        }
        frontend::query(&mut self.server.output, &text);
        let prints_names = self.prints_names(statement);
        self.replies
            .push_printing(Awaited::Query, Treat::Conducted(positions), prints_names);
        self.settle().await?;
        let ended = self.take_ended();
        if matches!(ended, Ended::Well(_)) {
            let version = self.tracking.as_ref().map(Tracking::version);
            self.note_sql_prepared(run.text, statement, version);
        }
        Ok(ended)
    }

    /// Begins the text's transaction block, unless there is one: without waiting for the answer.
    pub(super) fn open_block(&mut self, run: &mut Run<'_>) {
        if !run.own_block && self.status == Status::Idle {
            frontend::query(&mut self.server.output, b"BEGIN");
            self.replies.push(Awaited::Query, Treat::Own);
            run.own_block = true;
        }
    }

    pub(super) fn take_ended(&mut self) -> Ended {
        let outcome = std::mem::take(&mut self.outcome);
        if outcome.error.is_some() {
            return Ended::Badly;
        }
        match outcome.tag {
            _ if outcome.empty => Ended::Well(Completion::Empty),
            Some(tag) => Ended::Well(Completion::Tag(tag)),
            None => Ended::Well(Completion::Sent),
        }
    }

    /// Answers an error of the proxy's: the server is made to fail, so that its state follows.
    pub(super) async fn refuse(&mut self, report: ErrorReport) -> Result<Ended, Fault> {
        frontend::query(&mut self.server.output, REFUSED_TEXT);
        self.replies.push(
            Awaited::Query,
            Treat::Refused {
                report: Box::new(report),
                ready: false,
            },
        );
        self.settle().await?;
        Ok(Ended::Badly)
    }

    /// Runs a statement of the proxy's own by a simple Query.
    pub(super) async fn own_query(&mut self, sql: &str) -> Result<Result<(), DbError>, Fault> {
        self.outcome = Outcome::default();
        frontend::query(&mut self.server.output, sql.as_bytes());
        self.replies.push(Awaited::Query, Treat::Own);
        self.settle().await?;
        Ok(match std::mem::take(&mut self.outcome).error {
            None => Ok(()),
            Some(error) => Err(error),
        })
    }

    /// Commits the text's own block with what has changed in it. `false` if it could not be; the client knows.
    async fn commit_own_block(&mut self) -> Result<bool, Fault> {
        if let Err(report) = self.capture_pending().await? {
            self.refuse(report).await?;
            self.own_query("ROLLBACK").await?.ok();
            return Ok(false);
        }
        // An error of a deferred constraint is the client's to see.
        self.outcome = Outcome::default();
        frontend::query(&mut self.server.output, b"COMMIT");
        self.replies.push(Awaited::Query, Treat::Conducted(None));
        self.settle().await?;
        match self.take_ended() {
            Ended::Badly => Ok(false),
            Ended::Well(Completion::Tag(tag)) if &*tag == b"ROLLBACK" => {
                self.refuse(ErrorReport::new(
                    SqlState::IN_FAILED_SQL_TRANSACTION,
                    "the transaction could not be committed",
                ))
                .await?;
                Ok(false)
            }
            Ended::Well(_) => Ok(true),
        }
    }

    async fn run_transaction(
        &mut self,
        run: &mut Run<'_>,
        statement: &Statement,
        transaction: Transaction,
    ) -> Result<Ended, Fault> {
        match transaction {
            Transaction::Begin if run.own_block => {
                let text = text_of(run.text, statement);
                if let Some(modes) = transaction_modes(&text) {
                    let sql = format!("SET TRANSACTION {modes}");
                    frontend::query(&mut self.server.output, sql.as_bytes());
                    self.replies.push(Awaited::Query, Treat::Conducted(None));
                    self.settle().await?;
                    if let Ended::Badly = self.take_ended() {
                        return Ok(Ended::Badly);
                    }
                }
                // The implicit block becomes the client's own.
                run.own_block = false;
                Ok(Ended::Well(Completion::Tag(begin_tag(&text))))
            }
            Transaction::Commit { chain: true }
            | Transaction::Rollback { chain: true }
            | Transaction::Savepoint
            | Transaction::ReleaseSavepoint
            | Transaction::RollbackToSavepoint
                if run.own_block || !run.alone && self.status == Status::Idle =>
            {
                self.run_in_implicit_block(run, statement).await
            }
            Transaction::PrepareTransaction if !run.alone && self.status != Status::Failed => {
                // It prepares an implicit block as well as the client's own.
                self.open_block(run);
                self.settle().await?;
                if let Err(report) = self.capture_pending().await? {
                    return self.refuse(report).await;
                }
                let ended = self.run_statement(run, statement, false).await?;
                run.own_block &= self.status != Status::Idle;
                Ok(ended)
            }
            Transaction::Commit { .. } | Transaction::PrepareTransaction => {
                if run.own_block {
                    run.own_block = false;
                    if !self.commit_own_block().await? {
                        return Ok(Ended::Badly);
                    }
                } else if self.status == Status::InTransaction
                    && let Err(report) = self.capture_pending().await?
                {
                    self.refuse(report).await?;
                    self.own_query("ROLLBACK").await?.ok();
                    return Ok(Ended::Badly);
                }
                let ended = self.run_statement(run, statement, false).await?;
                self.after_transaction(transaction);
                Ok(ended)
            }
            Transaction::Rollback { .. } => {
                if std::mem::take(&mut run.own_block) {
                    self.own_query("ROLLBACK").await?.ok();
                }
                let ended = self.run_statement(run, statement, false).await?;
                self.after_transaction(transaction);
                Ok(ended)
            }
            Transaction::Savepoint
            | Transaction::ReleaseSavepoint
            | Transaction::RollbackToSavepoint => {
                let ended = self.run_statement(run, statement, false).await?;
                if matches!(ended, Ended::Well(_)) {
                    let text = text_of(run.text, statement);
                    self.note_savepoint(transaction, &text);
                }
                Ok(ended)
            }
            Transaction::Begin => self.run_statement(run, statement, false).await,
            Transaction::FinishPrepared | Transaction::Characteristics => {
                self.run_statement(run, statement, !run.alone).await
            }
        }
    }

    /// A statement that an implicit transaction block is not enough for: it fails, and its text with it. The server
    /// says so where it is in such a block, which takes a text of two statements.
    async fn run_in_implicit_block(
        &mut self,
        run: &mut Run<'_>,
        statement: &Statement,
    ) -> Result<Ended, Fault> {
        if std::mem::take(&mut run.own_block) {
            self.own_query("ROLLBACK").await?.ok();
        }
        let text = format!("{}\n; SELECT", text_of(run.text, statement));
        self.outcome = Outcome::default();
        frontend::query(&mut self.server.output, text.as_bytes());
        self.replies.push(Awaited::Query, Treat::Conducted(None));
        self.settle().await?;
        self.take_ended();
        Ok(Ended::Badly)
    }

    /// With `AND CHAIN` the server does not say that a transaction has ended.
    pub(super) fn after_transaction(&mut self, transaction: Transaction) {
        if let (
            Transaction::Commit { chain: true } | Transaction::Rollback { chain: true },
            Some(tracking),
        ) = (transaction, &mut self.tracking)
        {
            tracking.transaction_ended();
        }
    }

    pub(super) fn note_savepoint(&mut self, transaction: Transaction, text: &str) {
        let Some(tracking) = &mut self.tracking else {
            return;
        };
        let name = last_identifier(text);
        match transaction {
            Transaction::Savepoint => tracking.savepoint(&name),
            Transaction::ReleaseSavepoint => tracking.released(&name),
            Transaction::RollbackToSavepoint => tracking.rolled_back_to(&name),
            _ => {}
        }
    }

    async fn run_setting(
        &mut self,
        run: &mut Run<'_>,
        statement: &Statement,
        setting: &Setting,
    ) -> Result<Ended, Fault> {
        if !run.alone {
            self.outcome = Outcome::default();
            self.open_block(run);
            self.settle().await?;
        }
        if let Some(text) = self.substitute(&statement.action) {
            self.outcome = Outcome::default();
            frontend::query(&mut self.server.output, text.as_bytes());
            self.replies.push(Awaited::Query, Treat::Conducted(None));
            self.settle().await?;
            return Ok(match self.take_ended() {
                Ended::Well(_) => Ended::Well(Completion::Tag(Bytes::from_static(b"SHOW"))),
                Ended::Badly => Ended::Badly,
            });
        }
        let change = match self.prepare_setting(setting).await? {
            Ok(change) => change,
            Err(report) => return self.refuse(report).await,
        };
        let ended = self.run_statement(run, statement, false).await?;
        if matches!(ended, Ended::Badly) {
            return Ok(ended);
        }
        match self.apply_setting(setting, change).await? {
            Ok(()) => Ok(ended),
            Err(report) => self.refuse(report).await,
        }
    }

    async fn run_command(
        &mut self,
        run: &mut Run<'_>,
        statement: &Statement,
    ) -> Result<Ended, Fault> {
        let command = match command_of(run.text, statement) {
            Ok(command) => command,
            Err(report) => return self.refuse(report).await,
        };
        if self.status == Status::Failed {
            // The server says what it says to any statement now.
            frontend::query(&mut self.server.output, b"SELECT");
            self.replies.push(Awaited::Query, Treat::Conducted(None));
            self.outcome = Outcome::default();
            self.settle().await?;
            return Ok(self.take_ended());
        }
        match self.answer_command(&command).await? {
            Ok(answer) => {
                self.put_answer(&answer);
                Ok(Ended::Well(Completion::Sent))
            }
            Err(report) => self.refuse(report).await,
        }
    }

    /// Records DDL that refused to run in a transaction, in one of its own. What it did is done: if it cannot be
    /// recorded, the client is warned and it shows as drift.
    pub(super) async fn record_late(&mut self) -> Result<(), Fault> {
        let Some(tracking) = &mut self.tracking else {
            return Ok(());
        };
        if tracking.late.is_empty() || self.status != Status::Idle {
            return Ok(());
        }
        let late = std::mem::take(&mut tracking.late);
        let result = match self.own_query("BEGIN").await? {
            Ok(()) => self.record_in_block(late).await?,
            Err(error) => Err(error.report()),
        };
        if let Err(report) = result {
            self.warn_unrecorded(&report);
        }
        Ok(())
    }

    async fn record_in_block(
        &mut self,
        late: PendingDdl,
    ) -> Result<Result<(), ErrorReport>, Fault> {
        if let Some(tracking) = &mut self.tracking {
            tracking.pending = late;
        }
        if let Err(report) = self.capture_pending().await? {
            self.own_query("ROLLBACK").await?.ok();
            return Ok(Err(report));
        }
        Ok(self
            .own_query("COMMIT")
            .await?
            .map_err(|error| error.report()))
    }
}

/// Statements of one text that cannot be told apart on both branches.
fn moved_within_text() -> ErrorReport {
    ErrorReport::new(
        SqlState::FEATURE_NOT_SUPPORTED,
        "this text cannot go on after it has changed the branch",
    )
    .with_hint("Send what follows the change on its own.")
}

pub(super) fn kind_of(statement: &Statement) -> StatementKind {
    match &statement.action {
        Action::Ddl(_) | Action::Shared | Action::MayHideDdl => StatementKind::Ddl,
        Action::Command => StatementKind::Command,
        Action::Setting(_) => StatementKind::Setting,
        Action::Transaction(_) => StatementKind::Transaction,
        Action::Refuse(_) => StatementKind::Refused,
        _ if statement.splices.is_empty() => StatementKind::Forward,
        _ => StatementKind::Spliced,
    }
}

pub(super) fn text_of(text: &[u8], statement: &Statement) -> String {
    let part = text.get(statement.range.clone()).unwrap_or_default();
    String::from_utf8_lossy(part).trim().to_owned()
}

/// What follows `BEGIN [WORK | TRANSACTION]` or `START TRANSACTION`.
fn transaction_modes(text: &str) -> Option<&str> {
    let mut rest = text.trim_start();
    for keywords in [&["begin", "start"][..], &["work", "transaction"][..]] {
        let end = rest
            .find(|c: char| !c.is_ascii_alphabetic())
            .unwrap_or(rest.len());
        let (word, after) = rest.split_at(end);
        if keywords
            .iter()
            .any(|keyword| word.eq_ignore_ascii_case(keyword))
        {
            rest = after.trim_start();
        }
    }
    let rest = rest.trim_end_matches([';', ' ', '\t', '\n', '\r']);
    (!rest.is_empty()).then_some(rest)
}

fn begin_tag(text: &str) -> Bytes {
    let start = text
        .get(..5)
        .is_some_and(|word| word.eq_ignore_ascii_case("start"));
    Bytes::from_static(if start {
        b"START TRANSACTION"
    } else {
        b"BEGIN"
    })
}

/// The identifier that a savepoint statement ends with, folded as PostgreSQL folds it.
fn last_identifier(text: &str) -> String {
    let text = text.trim_end_matches(|c: char| c == ';' || c.is_whitespace());
    if let Some(quoted) = text.strip_suffix('"') {
        // Doubled quotes belong to the name.
        let bytes = quoted.as_bytes();
        let mut start = bytes.len();
        while start > 0 {
            if bytes.get(start - 1) == Some(&b'"') {
                if start >= 2 && bytes.get(start - 2) == Some(&b'"') {
                    start -= 2;
                    continue;
                }
                break;
            }
            start -= 1;
        }
        return quoted
            .get(start..)
            .unwrap_or_default()
            .replace("\"\"", "\"");
    }
    text.rsplit(char::is_whitespace)
        .next()
        .unwrap_or_default()
        .to_ascii_lowercase()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn modes_of_a_begin_are_what_follows_its_keywords() {
        assert_eq!(transaction_modes("BEGIN"), None);
        assert_eq!(transaction_modes("begin work ;"), None);
        assert_eq!(
            transaction_modes("START TRANSACTION ISOLATION LEVEL SERIALIZABLE"),
            Some("ISOLATION LEVEL SERIALIZABLE")
        );
        assert_eq!(transaction_modes("BEGIN READ ONLY"), Some("READ ONLY"));
    }

    #[test]
    fn savepoint_names_are_folded_and_unquoted() {
        assert_eq!(last_identifier("SAVEPOINT Abc;"), "abc");
        assert_eq!(last_identifier("ROLLBACK TO SAVEPOINT \"A b\""), "A b");
        assert_eq!(last_identifier("RELEASE \"a\"\"b\""), "a\"b");
    }
}
