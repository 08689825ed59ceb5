//! The state of one session, and the loop that serves it.

use super::ending::{Ending, Phase};
use super::fault::Fault;
use super::link::{HIGH_WATER, Link};
use super::prepared::Registry;
use super::reply::ReplyQueue;
use super::start::{self, Cancel, Start};
use super::statuses::Statuses;
use super::texts::Texts;
use super::tracking::Tracking;
use crate::repo::Identity;
use crate::sql::Characters;
use crate::sql::plan::Plan;
use crate::upstream::{DbError, Row};
use crate::wire::backend::Status;
use crate::wire::frontend::{self, tag};
use crate::wire::{error_response, frame};
use bytes::Bytes;
use std::collections::HashMap;
use std::future::{Future, poll_fn};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};
use std::time::Duration;
use tokio::time::Sleep;
use tracing::{Instrument, Span, debug, info};

/// How long a peer may take to accept the last bytes of a session.
const FAREWELL: Duration = Duration::from_secs(5);

/// How long a client that has closed its side is waited for: whether it still reads cannot be told from its being gone.
const HALF_CLOSED: Duration = Duration::from_secs(2);

/// What the server reports of its settings and the proxy needs.
#[derive(Debug)]
pub(super) struct Reported {
    pub client_encoding: String,
    pub server_encoding: String,
    pub standard_conforming_strings: bool,
}

impl Reported {
    /// What the server counts in a text of the client's.
    pub(super) fn characters(&self) -> Characters {
        match self.server_encoding.as_str() {
            // Nothing is converted then, and each byte is a character.
            "SQL_ASCII" => Characters::Single,
            _ => Characters::of(&self.client_encoding),
        }
    }
}

/// What came of statements that the proxy conducts or runs itself.
#[derive(Debug, Default)]
pub(super) struct Outcome {
    /// Of the proxy's own statements.
    pub rows: Vec<Row>,
    /// The last CommandComplete.
    pub tag: Option<Bytes>,
    /// An empty statement.
    pub empty: bool,
    pub error: Option<DbError>,
}

/// The messages of the extended protocol since the last Sync.
#[derive(Debug, Default)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "facts that have nothing to do with each other"
)]
pub(super) struct Segment {
    /// There are some.
    pub open: bool,
    /// Some of them execute statements.
    pub executes: bool,
    /// The session is in a transaction block once everything sent so far has run.
    pub in_block: bool,
    /// A block of the proxy's stands for the implicit transaction.
    pub own_block: bool,
}

/// See [`super::run`].
pub(super) struct Session {
    pub context: Arc<start::Context>,
    pub identity: Identity,
    pub database_name: String,
    pub client: Link,
    pub server: Link,
    pub replies: ReplyQueue,
    /// Of the last ReadyForQuery.
    pub status: Status,
    pub segment: Segment,
    /// `None` where the database is not initialised.
    pub tracking: Option<Tracking>,
    pub registry: Registry,
    /// Texts of unnamed statements.
    pub texts: Texts,
    /// The plan of statements that nothing is to be done about.
    pub forward: Arc<Plan>,
    pub outcome: Outcome,
    pub reported: Reported,
    pub statuses: Statuses,
    /// Names of the proxy's own prepared statements, by text.
    pub own_statements: HashMap<String, Bytes>,
    /// The number in the last of those names; never used twice.
    pub own_statement_number: u64,
    /// Bytes of the frame now passing that are still to come, each way.
    pub passing_down: usize,
    pub passing_up: usize,
    /// Bytes still to come of a client's frame that nobody is to see.
    pub discarding: usize,
    /// The server has said that it ends the connection.
    pub fatal_seen: bool,
    /// The client has said goodbye.
    pub terminated: bool,
    cancel: Arc<dyn Cancel>,
    /// Set once the client has closed its side without a word, until when it is waited for.
    half_closed: Option<Pin<Box<Sleep>>>,
    ending: Ending,
    span: Span,
    draining: bool,
}

impl Session {
    pub fn new(start: Start) -> Self {
        let parameter = |name: &str| start.parameters.get(name).cloned().unwrap_or_default();
        let reported = Reported {
            client_encoding: parameter("client_encoding"),
            server_encoding: parameter("server_encoding"),
            standard_conforming_strings: parameter("standard_conforming_strings") != "off",
        };
        let mut told = start.parameters;
        // Reported since PostgreSQL 18, and told by its logical names.
        if let Some(path) = told.get_mut("search_path")
            && start.map.as_ref().is_some_and(|map| !map.is_main())
        {
            *path = start.logical_search_path.to_string();
        }
        let tracking = start
            .database
            .zip(start.map)
            .map(|(database, map)| Tracking::new(database, map, start.logical_search_path));
        Self {
            context: start.context,
            identity: start.identity,
            database_name: start.database_name,
            client: Link::new(
                start.client,
                start.client_buffer,
                Arc::clone(&start.buffers),
            ),
            server: Link::new(start.server, start.server_buffer, start.buffers),
            replies: ReplyQueue::default(),
            status: Status::Idle,
            segment: Segment::default(),
            tracking,
            registry: Registry::default(),
            texts: Texts::default(),
            forward: Arc::new(Plan::Forward),
            outcome: Outcome::default(),
            reported,
            statuses: Statuses::new(told),
            own_statements: HashMap::new(),
            own_statement_number: 0,
            passing_down: 0,
            passing_up: 0,
            discarding: 0,
            fatal_seen: false,
            terminated: false,
            cancel: start.cancel,
            half_closed: None,
            ending: Ending::new(start.phase),
            span: start.span,
            draining: false,
        }
    }

    /// The CancelRequest that this session's client would send.
    pub fn cancel_key(&self) -> Bytes {
        self.cancel.packet()
    }

    /// Serves the client until it or the server goes away.
    pub async fn serve(mut self) {
        let end = self.converse().await;
        match end {
            Ok(()) => self.span.in_scope(|| debug!("client disconnected")),
            Err(fault) => {
                let span = self.span.clone();
                Box::pin(self.depart(&fault).instrument(span)).await;
            }
        }
        if !self.server.broken && !self.terminated && self.passing_up == 0 {
            frontend::terminate(&mut self.server.output);
        }
        let farewell = poll_fn(|cx| {
            let server = self.server.poll_write(cx);
            ready!(self.client.poll_write(cx));
            ready!(server);
            let _ = self.client.poll_shutdown(cx);
            Poll::Ready(())
        });
        // A peer that does not read is not waited for.
        let _ = tokio::time::timeout(FAREWELL, farewell).await;
    }

    async fn converse(&mut self) -> Result<(), Fault> {
        loop {
            self.relay_from_server()?;
            while let Some(conduct) = self.relay_from_client()? {
                // In a box of its own, since few sessions ever need its room.
                let span = self.span.clone();
                Box::pin(self.conduct(conduct).instrument(span)).await?;
                self.relay_from_server()?;
            }
            if self.terminated {
                return self.part().await;
            }
            if self.draining && self.is_idle() {
                return Err(Fault::Shutdown);
            }
            self.progress().await?;
        }
    }

    /// The client has said goodbye: what it has asked for before is still done, and answered. The server ends the
    /// connection when that is over, and a client that waits for the end sees it then.
    async fn part(&mut self) -> Result<(), Fault> {
        while !self.server.ended {
            self.relay_from_server()?;
            poll_fn(|cx| {
                let _ = self.server.poll_write(cx);
                let _ = self.client.poll_write(cx);
                if self.client.output.len() < HIGH_WATER && self.server.poll_read(cx).is_ready() {
                    return Poll::Ready(Ok(()));
                }
                if self.poll_gone(cx) {
                    return Poll::Ready(Err(Fault::ClientGone));
                }
                match ready!(self.ending.poll_change(cx)) {
                    Phase::Aborting => Poll::Ready(Err(Fault::Shutdown)),
                    Phase::Serving | Phase::Draining => Poll::Ready(Ok(())),
                }
            })
            .await?;
        }
        self.relay_from_server()
    }

    /// The client has gone in order: what it asked for before its Terminate is to be done, whoever reads the answers.
    fn goodbye_arrived(&self) -> bool {
        self.frames_arrived().1
    }

    /// Where the last whole frame ends that has arrived, or the Terminate, and whether there is one.
    fn frames_arrived(&self) -> (usize, bool) {
        let mut end = self.passing_up + self.discarding;
        while let Some(rest) = self.client.input.get(end..)
            && let Ok(Some(header)) = frame::header(rest)
            && header.len <= rest.len()
        {
            end += header.len;
            if header.tag == tag::TERMINATE {
                return (end, true);
            }
        }
        (end, false)
    }

    /// The client has closed its side, which to the server is a goodbye: what was asked for before is done, and answered as long as
    /// it may read on. Returns whether there is anything to be done.
    fn close_half(&mut self) -> bool {
        let (end, said) = self.frames_arrived();
        if said {
            return true;
        }
        // The server waits for data, or for the rest of a frame.
        if self.client.broken || self.replies.is_copy_in() || end > self.client.input.len() {
            return false;
        }
        self.client.input.truncate(end);
        self.client.wanted = 0;
        frontend::terminate(&mut self.client.input);
        self.half_closed = Some(Box::pin(tokio::time::sleep(HALF_CLOSED)));
        true
    }

    /// Whether a client that has closed its side is not waited for any longer.
    fn poll_gone(&mut self, cx: &mut Context<'_>) -> bool {
        let Some(waited) = &mut self.half_closed else {
            return false;
        };
        self.client.broken || waited.as_mut().poll(cx).is_ready()
    }

    /// Between transactions, with nothing under way.
    fn is_idle(&self) -> bool {
        self.status == Status::Idle
            && self.replies.is_empty()
            && !self.segment.open
            && self.client.input.is_empty()
            && self.passing_up == 0
            && self.passing_down == 0
    }

    /// Writes what is to be written and waits until something was read.
    pub async fn progress(&mut self) -> Result<(), Fault> {
        poll_fn(|cx| {
            let _ = self.server.poll_write(cx);
            let _ = self.client.poll_write(cx);
            let mut moved = false;
            if self.server.wants_input()
                && self.client.output.len() < HIGH_WATER
                && self.server.poll_read(cx).is_ready()
            {
                if self.server.ended {
                    return Poll::Ready(Err(Fault::ServerGone));
                }
                moved = true;
            }
            if self.client.wants_input()
                && self.server.output.len() < HIGH_WATER
                && self.client.poll_read(cx).is_ready()
            {
                if self.client.ended && !self.close_half() {
                    return Poll::Ready(Err(Fault::ClientGone));
                }
                moved = true;
            }
            if moved {
                return Poll::Ready(Ok(()));
            }
            if self.poll_gone(cx) || self.client.broken && !self.goodbye_arrived() {
                return Poll::Ready(Err(Fault::ClientGone));
            }
            self.server.rest();
            self.client.rest();
            match ready!(self.ending.poll_change(cx)) {
                Phase::Aborting => Poll::Ready(Err(Fault::Shutdown)),
                Phase::Serving | Phase::Draining => {
                    self.draining = true;
                    Poll::Ready(Ok(()))
                }
            }
        })
        .await
    }

    /// Sends what has been prepared for the server, and waits until it has answered everything.
    pub async fn settle(&mut self) -> Result<(), Fault> {
        if !self.replies.flushes_itself() {
            frontend::flush(&mut self.server.output);
        }
        loop {
            self.relay_from_server()?;
            // The copy has ended with the header of a CopyFail; its body may still be on the way.
            if self.replies.is_copy_in() || self.passing_up > 0 {
                self.relay_copy_from_client()?;
            }
            if self.replies.head().is_none() {
                return Ok(());
            }
            self.progress().await?;
        }
    }

    /// Tells the client why the session ends, and the server that its work is no longer wanted.
    async fn depart(&mut self, fault: &Fault) {
        info!(reason = %fault, "session ends");
        let _ = self.relay_from_server();
        self.server.broken |= matches!(fault, Fault::ServerGone);
        // Within a frame, an error would be taken for part of it.
        if !self.fatal_seen
            && self.passing_down == 0
            && let Some(report) = fault.report()
        {
            self.context.metrics.error(report.origin);
            error_response::error(&mut self.client.output, "FATAL", &report);
        }
        let busy = !self.replies.is_empty();
        if busy && matches!(fault, Fault::ClientGone | Fault::Shutdown) {
            let _ = tokio::time::timeout(FAREWELL, self.cancel.cancel()).await;
        }
    }
}
