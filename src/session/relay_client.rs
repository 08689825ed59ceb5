//! From the client to the server: messages that do not concern the proxy are passed on as they stand, names are
//! spliced, and whatever takes more than that is handed to the conducted path.

use super::fault::Fault;
use super::link::pass;
use super::positions::Positions;
use super::reply::{Awaited, Treat};
use super::state::Session;
use crate::error::{ErrorReport, SqlState};
use crate::sql::apply_splices;
use crate::sql::plan::{Action, Plan};
use crate::telemetry::metrics::StatementKind;
use crate::wire::frame::{self, FrameError, HEADER_BYTES, Header};
use crate::wire::frontend::{self, tag};
use bytes::{Buf, Bytes, BytesMut};
use std::sync::Arc;

/// A text that the server is sure to refuse, whatever its state: its error is replaced by one of the proxy's.
pub(super) const REFUSED_TEXT: &[u8] = b"pggit";

/// The name of the statement that such a text is parsed for where the client has named none.
pub(super) const REFUSED_NAME: &[u8] = b"pggit:refused";

/// What the relay cannot do alone.
#[derive(Debug)]
pub(super) enum Conduct {
    Query {
        text: Bytes,
        plan: Arc<Plan>,
    },
    /// Of a portal in the registry.
    Execute {
        portal: Bytes,
        max_rows: i32,
    },
    Sync,
    /// Everything is to be answered before the next message is looked at.
    Settle,
    /// SQL's own `EXECUTE` of this statement follows, which was made under other names.
    Renew(String),
    /// A Bind of this statement follows, which was made under other names and whose columns the client knows.
    PrepareAgain(Bytes),
    /// This text, or a statement prepared from it, needs something that is still being made.
    Wait(Bytes),
    /// The names of the session's branch may have changed.
    Refresh,
    /// The settings may have changed.
    Resync,
}

/// What becomes of a frame of the client's.
pub(super) enum Step {
    /// It goes on as it stands.
    Pass,
    /// It goes on as it stands, however much of it has arrived.
    Stream,
    /// More of it must arrive first: this much, counted from its first byte.
    Wait(usize),
    /// Something has been put in its place.
    Replaced(BytesMut),
    /// Something goes before it.
    Preceded(BytesMut),
    /// Something has been put in its place, and the rest of it is not to be seen.
    Discard(BytesMut),
    Conduct(Conduct),
}

impl Session {
    /// Handles the frames that have arrived from the client, up to the first that must be conducted.
    pub(super) fn relay_from_client(&mut self) -> Result<Option<Conduct>, Fault> {
        if self.client.input.is_empty() || self.client.input.len() < self.client.wanted {
            return Ok(None);
        }
        self.client.wanted = 0;
        let mut input = std::mem::take(&mut self.client.input);
        let result = self.sort_from_client(&mut input);
        self.client.input = input;
        result
    }

    fn sort_from_client(&mut self, input: &mut BytesMut) -> Result<Option<Conduct>, Fault> {
        // The first `clear` bytes of `input` go to the server as they stand.
        let mut clear = 0;
        let mut conduct = None;
        while conduct.is_none() && !self.terminated {
            if self.discarding > 0 {
                let here = self.discarding.min(input.len());
                input.advance(here);
                self.discarding -= here;
            }
            if self.passing_up > 0 {
                let here = self.passing_up.min(input.len() - clear);
                clear += here;
                self.passing_up -= here;
                if self.passing_up > 0 {
                    break;
                }
            }
            let rest = input.get(clear..).unwrap_or_default();
            let Some(header) = frame::header(rest).map_err(Fault::Client)? else {
                break;
            };
            let step = match self.step(header, rest) {
                Err(FrameError::Malformed) => self.malformed(header.tag),
                step => step.map_err(Fault::Client)?,
            };
            match step {
                Step::Pass if rest.len() < header.len => {
                    self.client.wanted = header.len;
                    break;
                }
                Step::Pass => clear += header.len,
                Step::Stream => self.passing_up = header.len,
                Step::Wait(bytes) => {
                    self.client.wanted = bytes;
                    break;
                }
                Step::Preceded(before) => {
                    pass(input, clear, &mut self.server.output);
                    self.server.output.extend_from_slice(&before);
                    clear = 0;
                    self.passing_up = header.len;
                }
                Step::Replaced(instead) | Step::Discard(instead) => {
                    pass(input, clear, &mut self.server.output);
                    self.server.output.extend_from_slice(&instead);
                    clear = 0;
                    self.discarding = header.len;
                }
                Step::Conduct(next) => {
                    pass(input, clear, &mut self.server.output);
                    clear = 0;
                    if matches!(next, Conduct::Query { .. }) && !self.replies.is_empty() {
                        // Should one of the answers be that a copy begins, this is no query, but an error of the copy's.
                        conduct = Some(Conduct::Settle);
                        continue;
                    }
                    if !matches!(
                        next,
                        Conduct::Refresh
                            | Conduct::Resync
                            | Conduct::Renew(_)
                            | Conduct::PrepareAgain(_)
                            | Conduct::Wait(_)
                    ) {
                        input.advance(header.len);
                    }
                    conduct = Some(next);
                }
            }
        }
        pass(input, clear, &mut self.server.output);
        Ok(conduct)
    }

    /// While the server waits for copy data in a conducted statement: only that is passed on.
    pub(super) fn relay_copy_from_client(&mut self) -> Result<(), Fault> {
        let mut input = std::mem::take(&mut self.client.input);
        let result = self.sort_copy_data(&mut input);
        self.client.input = input;
        result
    }

    fn sort_copy_data(&mut self, input: &mut BytesMut) -> Result<(), Fault> {
        while self.replies.is_copy_in() || self.passing_up > 0 {
            if self.passing_up > 0 {
                let here = self.passing_up.min(input.len());
                pass(input, here, &mut self.server.output);
                self.passing_up -= here;
                if self.passing_up > 0 {
                    return Ok(());
                }
                continue;
            }
            let Some(header) = frame::header(input).map_err(Fault::Client)? else {
                return Ok(());
            };
            // What has no place in a copy is an error of it, and the server ends the connection.
            if matches!(header.tag, tag::COPY_DONE | tag::COPY_FAIL) {
                self.replies.copy_ended();
            }
            self.passing_up = header.len;
        }
        Ok(())
    }

    fn step(&mut self, header: Header, rest: &[u8]) -> Result<Step, FrameError> {
        if self.replies.is_copy_in() && !matches!(header.tag, tag::COPY_DONE | tag::COPY_FAIL) {
            // Sync and Flush are ignored now, and anything else but data is an error of the copy's.
            self.terminated |= header.tag == tag::TERMINATE;
            return Ok(Step::Stream);
        }
        if let Some(first) = self.before_statement(header.tag) {
            return Ok(Step::Conduct(first));
        }
        let body = rest.get(HEADER_BYTES..header.len.min(rest.len()));
        let body = body.unwrap_or_default();
        let whole = rest.len() >= header.len;
        match header.tag {
            tag::QUERY | tag::PARSE if self.is_oversized(header) => {
                Ok(self.refuse_oversized(header.tag))
            }
            tag::QUERY if !self.reads_texts(header) => {
                self.segment.open = false;
                self.replies.push(Awaited::Query, Treat::Client);
                Ok(Step::Stream)
            }
            tag::PARSE if !self.reads_texts(header) => {
                self.segment.open = true;
                self.replies.push(Awaited::Parse(None), Treat::Client);
                Ok(Step::Stream)
            }
            tag::QUERY | tag::PARSE | tag::DESCRIBE | tag::CLOSE | tag::EXECUTE if !whole => {
                Ok(Step::Wait(header.len))
            }
            tag::QUERY => self.query(body),
            tag::PARSE => self.parse(body),
            tag::BIND => self.bind(header, body, whole),
            tag::DESCRIBE => self.describe(body),
            tag::CLOSE => self.close(body),
            tag::EXECUTE => self.execute(body),
            tag::SYNC | tag::FLUSH if header.len > HEADER_BYTES => Err(FrameError::Malformed),
            tag::SYNC => Ok(self.sync()),
            tag::FUNCTION_CALL => {
                if let Some(report) = self.take_refusal() {
                    let mut out = BytesMut::new();
                    self.refuse_query(&mut out, report);
                    return Ok(Step::Discard(out));
                }
                // What the function does is not known.
                if let Some(wait) = self.awaits(b"call") {
                    return Ok(Step::Conduct(Conduct::Wait(wait)));
                }
                self.replies.push(Awaited::FunctionCall, Treat::Client);
                Ok(Step::Stream)
            }
            tag::COPY_DONE | tag::COPY_FAIL => {
                self.replies.copy_ended();
                Ok(Step::Stream)
            }
            tag::TERMINATE => {
                self.terminated = true;
                Ok(Step::Pass)
            }
            // Whatever else it is, the server knows what to say to it.
            _ => Ok(Step::Stream),
        }
    }

    /// A body that says nothing to the proxy says nothing to the server, either: it reports the error.
    fn malformed(&mut self, frame_tag: u8) -> Step {
        let awaited = match frame_tag {
            tag::QUERY => Awaited::Query,
            tag::SYNC => Awaited::Sync,
            tag::PARSE => Awaited::Parse(None),
            tag::CLOSE => Awaited::Close(None),
            tag::EXECUTE => Awaited::Execute,
            tag::BIND => Awaited::Bind,
            // A Flush has no answer but an error, after which messages are skipped as after any of these.
            _ => Awaited::Describe(None),
        };
        self.segment.open = !matches!(frame_tag, tag::QUERY | tag::SYNC);
        self.replies.push(awaited, Treat::Client);
        Step::Stream
    }

    /// What must be found out before the next statement is looked at.
    fn before_statement(&self, frame_tag: u8) -> Option<Conduct> {
        let tracking = self.tracking.as_ref()?;
        if !matches!(
            frame_tag,
            tag::QUERY | tag::PARSE | tag::BIND | tag::DESCRIBE | tag::EXECUTE
        ) {
            return None;
        }
        if tracking.settings.unknown && !self.is_failed() {
            return Some(Conduct::Resync);
        }
        tracking.is_outdated().then_some(Conduct::Refresh)
    }

    /// The server refuses statements now.
    pub(super) fn is_failed(&self) -> bool {
        self.status == crate::wire::backend::Status::Failed || self.replies.is_skipping()
    }

    /// Whether the text in this message matters: not if the server skips it, nor if it is too long to be a command
    /// and only commands matter.
    fn reads_texts(&self, header: Header) -> bool {
        !self.replies.is_skipping() && (self.tracking.is_some() || !self.is_long(header))
    }

    fn is_oversized(&self, header: Header) -> bool {
        self.is_long(header) && self.reads_texts(header)
    }

    fn is_long(&self, header: Header) -> bool {
        header.len
            > self
                .context
                .max_statement_bytes
                .saturating_add(HEADER_BYTES)
    }

    fn refuse_oversized(&mut self, frame_tag: u8) -> Step {
        let report = ErrorReport::new(
            SqlState::PROGRAM_LIMIT_EXCEEDED,
            format!(
                "statement is longer than {} bytes",
                self.context.max_statement_bytes
            ),
        )
        .with_hint(
            "Raise limits.max_statement_bytes, or send the data with COPY or as parameters.",
        );
        let mut out = BytesMut::new();
        if frame_tag == tag::QUERY {
            self.refuse_query(&mut out, report);
        } else {
            self.refuse_parse(&mut out, b"", report);
        }
        Step::Discard(out)
    }

    pub(super) fn refuse_query(&mut self, out: &mut BytesMut, report: ErrorReport) {
        self.segment.open = false;
        self.context.metrics.statement(StatementKind::Refused);
        frontend::query(out, REFUSED_TEXT);
        self.replies.push(
            Awaited::Query,
            Treat::Refused {
                report: Box::new(report),
                ready: true,
            },
        );
    }

    pub(super) fn refuse_parse(&mut self, out: &mut BytesMut, name: &[u8], report: ErrorReport) {
        self.context.metrics.statement(StatementKind::Refused);
        frontend::parse(out, name, REFUSED_TEXT, &[0, 0]);
        self.replies.push(
            Awaited::Parse(None),
            Treat::Refused {
                report: Box::new(report),
                ready: false,
            },
        );
    }

    fn query(&mut self, body: &[u8]) -> Result<Step, FrameError> {
        let text = frontend::query_text(body)?;
        if let Some(report) = self.take_refusal() {
            let mut out = BytesMut::new();
            self.refuse_query(&mut out, report);
            return Ok(Step::Replaced(out));
        }
        if let Some(wait) = self.awaits(text) {
            return Ok(Step::Conduct(Conduct::Wait(wait)));
        }
        let Some(plan) = self.plan(text, false) else {
            self.context.metrics.statement(StatementKind::Forward);
            self.segment.open = false;
            self.replies.push(Awaited::Query, Treat::Client);
            return Ok(Step::Pass);
        };
        if let Some(wait) = self.awaits_prepared(&plan) {
            return Ok(Step::Conduct(Conduct::Wait(wait)));
        }
        let mut out = BytesMut::new();
        match &*plan {
            Plan::Refuse(report) => {
                self.refuse_query(&mut out, report.clone());
                return Ok(Step::Replaced(out));
            }
            Plan::Statements(statements)
                if statements
                    .iter()
                    .all(|statement| statement.action == Action::None) =>
            {
                self.context.metrics.statement(StatementKind::Spliced);
                self.segment.open = false;
                let splices: Vec<_> = statements
                    .iter()
                    .flat_map(|statement| statement.splices.iter().cloned())
                    .collect();
                frontend::query(&mut out, &apply_splices(text, &splices));
                let text = Bytes::copy_from_slice(text);
                let all = 0..text.len();
                let treat =
                    Positions::of(&text, all, &splices).map_or(Treat::Client, Treat::Mapped);
                let prints_names = plan.prints_names();
                self.replies
                    .push_printing(Awaited::Query, treat, prints_names);
                return Ok(Step::Replaced(out));
            }
            _ => {}
        }
        Ok(Step::Conduct(Conduct::Query {
            text: Bytes::copy_from_slice(text),
            plan,
        }))
    }
}
