//! The proxy's own SQL on the client's connection.
//!
//! Statements go by the extended protocol under names of the proxy's own, so that nothing of the client's is
//! disturbed; within an unfinished extended pipeline they are flushed and not synced, since a Sync would commit.

use super::fault::Fault;
use super::reply::{Awaited, Treat};
use super::state::{Outcome, Session};
use crate::upstream::executor::PINNED_SETTINGS;
use crate::upstream::{DbError, Executor, Row};
use crate::wire::backend::Status;
use crate::wire::frontend;
use bytes::Bytes;
use futures::future::BoxFuture;
use std::fmt::Write;

/// Statements that are kept prepared on a connection. A capture has a dozen.
const MAX_KEPT_STATEMENTS: usize = 64;

const TEXT_OID: u32 = 25;
/// Of a statement that is not kept.
const PASSING: &[u8] = b"pggit:passing";
const PORTAL: &[u8] = b"pggit:portal";

impl Session {
    /// Sends one statement of the proxy's own, without waiting for its answer.
    fn send_own(&mut self, sql: &str, params: &[Option<&str>]) {
        let out = &mut self.server.output;
        let mut kept = true;
        let name = if let Some(name) = self.own_statements.get(sql) {
            name.clone()
        } else {
            self.own_statement_number += 1;
            let name = Bytes::from(format!("pggit:{}", self.own_statement_number));
            frontend::parse_typed(out, &name, sql.as_bytes(), TEXT_OID, params.len());
            self.replies.push(Awaited::Parse(None), Treat::Own);
            kept = self.own_statements.len() < MAX_KEPT_STATEMENTS;
            if kept {
                self.own_statements.insert(sql.to_owned(), name.clone());
            }
            name
        };
        frontend::bind(out, PORTAL, &name, params);
        self.replies.push(Awaited::Bind, Treat::Own);
        frontend::execute(out, PORTAL, 0);
        self.replies.push(Awaited::Execute, Treat::Own);
        frontend::close_portal(out, PORTAL);
        self.replies.push(Awaited::Close(None), Treat::Own);
        if !kept {
            frontend::close_statement(out, &name);
            self.replies.push(Awaited::Close(None), Treat::Own);
        }
        if !self.segment.open {
            frontend::sync(out);
            self.replies.push(Awaited::Sync, Treat::Own);
        }
    }

    /// Runs a statement of the client's once more, in whatever transaction the session is in.
    pub(super) async fn repeat(&mut self, text: &[u8]) -> Result<Result<(), DbError>, Fault> {
        self.outcome = Outcome::default();
        self.send_passing(text, || Treat::Own);
        if !self.segment.open {
            frontend::sync(&mut self.server.output);
            self.replies.push(Awaited::Sync, Treat::Own);
        }
        self.settle().await?;
        Ok(match self.take_error() {
            None => Ok(()),
            Some(error) => Err(error),
        })
    }

    pub(super) fn take_error(&mut self) -> Option<DbError> {
        std::mem::take(&mut self.outcome).error
    }

    /// Sends a statement that is not kept; `treat` says what becomes of what its execution answers.
    pub(super) fn send_passing(&mut self, text: &[u8], treat: impl FnOnce() -> Treat) {
        let out = &mut self.server.output;
        // It is still there where it failed before.
        frontend::close_statement(out, PASSING);
        frontend::parse(out, PASSING, text, &[0, 0]);
        frontend::bind(out, PORTAL, PASSING, &[]);
        frontend::execute(out, PORTAL, 0);
        frontend::close_portal(out, PORTAL);
        for awaited in [Awaited::Close(None), Awaited::Parse(None), Awaited::Bind] {
            self.replies.push(awaited, Treat::Own);
        }
        self.replies.push(Awaited::Execute, treat());
        self.replies.push(Awaited::Close(None), Treat::Own);
    }

    /// Runs one statement of the proxy's own, in whatever transaction the session is in.
    pub(super) async fn own_statement(
        &mut self,
        sql: &str,
        params: &[Option<&str>],
    ) -> Result<Result<Vec<Row>, DbError>, Fault> {
        if self.replies.is_skipping() {
            return Ok(Err(DbError::Unexpected(
                "the transaction has failed".to_owned(),
            )));
        }
        self.settle().await?;
        self.outcome = Outcome::default();
        self.send_own(sql, params);
        self.settle().await?;
        let outcome = std::mem::take(&mut self.outcome);
        Ok(match outcome.error {
            None => Ok(outcome.rows),
            Some(error) => {
                // It may not have come to be prepared.
                self.own_statements.remove(sql);
                Err(error)
            }
        })
    }
}

/// A session's connection on loan. [`ClientExecutor::finish`] gives it back.
pub(super) struct ClientExecutor<'a> {
    session: &'a mut Session,
    /// What broke the session meanwhile.
    fault: Option<Fault>,
    /// The client's values of the pinned settings, if they are pinned in this transaction.
    saved: Option<Vec<(&'static str, Option<String>)>>,
    /// The open transaction was begun for a query outside of any.
    began: bool,
    /// `pggit.message` of the session.
    message: Option<String>,
}

impl<'a> ClientExecutor<'a> {
    pub fn new(session: &'a mut Session) -> Self {
        Self {
            session,
            fault: None,
            saved: None,
            began: false,
            message: None,
        }
    }

    /// `pggit.message` where the session has set one.
    pub async fn message(&mut self) -> Result<Option<String>, DbError> {
        self.enter().await?;
        Ok(self.message.clone())
    }

    /// Gives the connection back with the client's settings.
    ///
    /// They are put back by messages that go with whatever is sent next: nothing waits for them.
    pub async fn finish(self) -> Result<(), Fault> {
        if let Some(fault) = self.fault {
            return Err(fault);
        }
        let session = self.session;
        let failed = session.is_failed();
        if self.began {
            let end = if failed { "ROLLBACK" } else { "COMMIT" };
            session.own_query(end).await?.ok();
            return Ok(());
        }
        let Some(saved) = self.saved.filter(|_| !failed) else {
            return Ok(());
        };
        let values: Vec<Option<&str>> = saved.iter().map(|(_, value)| value.as_deref()).collect();
        session.send_own(&restoring_sql(&saved), &values);
        Ok(())
    }

    /// Sees to it that the next statement runs in a transaction and under the pinned settings.
    async fn enter(&mut self) -> Result<(), DbError> {
        let idle = self.session.status == Status::Idle && !self.session.segment.open;
        if idle && !self.session.segment.in_block {
            let begun = self.session.own_query("BEGIN").await;
            self.sound(begun)??;
            self.began = true;
        }
        if self.saved.is_some() {
            return Ok(());
        }
        let encoding = self.session.reported.client_encoding != "UTF8";
        let names: Vec<(&'static str, &'static str)> = PINNED_SETTINGS
            .iter()
            .copied()
            .chain(encoding.then_some(("client_encoding", "UTF8")))
            .collect();
        let pinned = self.session.own_statement(&pinning_sql(&names), &[]).await;
        let mut row = self.sound(pinned)??.into_iter().next().unwrap_or_default();
        row.truncate(names.len() + 1);
        self.message = row.pop().flatten().filter(|message| !message.is_empty());
        self.saved = Some(names.iter().map(|(name, _)| *name).zip(row).collect());
        Ok(())
    }

    /// Keeps a fault for the session and tells the caller of it as a broken connection.
    fn sound<T>(&mut self, result: Result<T, Fault>) -> Result<T, DbError> {
        result.map_err(|fault| {
            let error = DbError::Connection(fault.to_string());
            self.fault = Some(fault);
            error
        })
    }

    fn check(&self) -> Result<(), DbError> {
        match &self.fault {
            None => Ok(()),
            Some(fault) => Err(DbError::Connection(fault.to_string())),
        }
    }

    async fn run_query(&mut self, sql: &str, params: &[Option<&str>]) -> Result<Vec<Row>, DbError> {
        self.check()?;
        self.enter().await?;
        let rows = self.session.own_statement(sql, params).await;
        self.sound(rows)?
    }

    async fn run_batch(&mut self, sql: &str) -> Result<(), DbError> {
        self.check()?;
        if std::mem::take(&mut self.began) {
            let ended = self.session.own_query("COMMIT").await;
            self.sound(ended)??;
            self.saved = None;
        }
        let before = self.session.status;
        if before == Status::InTransaction {
            self.enter().await?;
        }
        let done = self.session.own_query(sql).await;
        let done = self.sound(done)?;
        if self.session.status == Status::Idle || before == Status::Idle {
            // What was pinned ended with its transaction.
            self.saved = None;
        }
        done
    }
}

impl Executor for ClientExecutor<'_> {
    fn query<'a>(
        &'a mut self,
        sql: &'a str,
        params: &'a [Option<&'a str>],
    ) -> BoxFuture<'a, Result<Vec<Row>, DbError>> {
        Box::pin(self.run_query(sql, params))
    }

    fn batch<'a>(&'a mut self, sql: &'a str) -> BoxFuture<'a, Result<(), DbError>> {
        Box::pin(self.run_batch(sql))
    }
}

/// Reads the settings and `pggit.message`, then pins the settings for the transaction. Names and values are
/// constants of the proxy's without quotes in them.
fn pinning_sql(settings: &[(&'static str, &'static str)]) -> String {
    let mut sql = String::from("SELECT ");
    for (name, _) in settings {
        let _ = write!(sql, "pg_catalog.current_setting('{name}', true), ");
    }
    sql.push_str("pg_catalog.current_setting('pggit.message', true)");
    for (name, value) in settings {
        let _ = write!(sql, ", pg_catalog.set_config('{name}', '{value}', true)");
    }
    sql
}

fn restoring_sql(saved: &[(&'static str, Option<String>)]) -> String {
    let mut sql = String::from("SELECT ");
    for (index, (name, _)) in saved.iter().enumerate() {
        let comma = if index == 0 { "" } else { ", " };
        let _ = write!(
            sql,
            "{comma}pg_catalog.set_config('{name}', ${}, true)",
            index + 1
        );
    }
    sql
}
