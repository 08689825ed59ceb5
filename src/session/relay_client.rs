//! From the client to the server: messages that do not concern the proxy are passed on as they stand, names are
//! spliced, and whatever takes more than that is handed to the conducted path.

use super::fault::Fault;
use super::link::pass;
use super::positions::{Positions, rebase};
use super::prepared::{NO_TYPES, Portal, Prepared, Registration};
use super::reply::{Awaited, Treat};
use super::state::Session;
use super::tracking::Tracking;
use crate::branch::{BranchMap, MAIN, SharedObjects};
use crate::command::{self, Command};
use crate::error::{ErrorReport, Routine, SqlState};
use crate::sql::plan::{Action, Plan, Setting, Statement};
use crate::sql::{Characters, PlanContext, apply_splices};
use crate::telemetry::metrics::{Stage, StatementKind};
use crate::wire::frame::{self, FrameError, HEADER_BYTES, Header};
use crate::wire::frontend::{self, BindNames, Execute, Named, Parse, tag};
use bytes::{Buf, Bytes, BytesMut};
use std::sync::Arc;
use std::time::Instant;

/// A text that the server is sure to refuse, whatever its state: its error is replaced by one of the proxy's.
pub(super) const REFUSED_TEXT: &[u8] = b"pggit";

/// How much of a Bind is looked at for its names before all of it is waited for.
const BIND_PREFIX_BYTES: usize = 4096;

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
enum Step {
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

    fn refuse_query(&mut self, out: &mut BytesMut, report: ErrorReport) {
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

    fn refuse_parse(&mut self, out: &mut BytesMut, name: &[u8], report: ErrorReport) {
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

    /// The plan for a text; `None` to pass it on as it is.
    pub(super) fn plan(&self, text: &[u8], watch_transactions: bool) -> Option<Arc<Plan>> {
        let Some(tracking) = &self.tracking else {
            return self.plan_untracked(text);
        };
        let planner = &self.context.planner;
        let context = PlanContext {
            map: &tracking.map,
            client_encoding: &self.reported.client_encoding,
            standard_conforming_strings: self.reported.standard_conforming_strings,
            watch_transactions: watch_transactions || tracking.watches_transactions(),
        };
        if !planner.concerns(text, &context) {
            return None;
        }
        let begun = Instant::now();
        let plan = planner.plan_of_concern(text, &context);
        self.context.metrics.spent(Stage::Planning, begun.elapsed());
        plan
    }

    /// Where the database is not initialised, commands are all that matters.
    fn plan_untracked(&self, text: &[u8]) -> Option<Arc<Plan>> {
        if !mentions_pggit(text) {
            return None;
        }
        let map = BranchMap::new(MAIN, 0, 0, [], Arc::new(SharedObjects::default()));
        let plan = self.context.planner.plan(
            text,
            &PlanContext {
                map: &map,
                client_encoding: &self.reported.client_encoding,
                standard_conforming_strings: self.reported.standard_conforming_strings,
                watch_transactions: false,
            },
        );
        plan.filter(|plan| {
            plan.statements()
                .iter()
                .any(|statement| statement.action == Action::Command)
        })
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

    fn parse(&mut self, body: &[u8]) -> Result<Step, FrameError> {
        self.segment.open = true;
        let parse = Parse::read(body)?;
        if let Some(report) = self.take_refusal() {
            let mut out = BytesMut::new();
            self.refuse_parse(&mut out, parse.name, report);
            return Ok(Step::Replaced(out));
        }
        if let Some(wait) = self.awaits(parse.text) {
            return Ok(Step::Conduct(Conduct::Wait(wait)));
        }
        // A prepared COMMIT may be executed when DDL awaits it, whatever awaits now.
        let plan = self.plan(parse.text, self.tracking.is_some());
        if let Some(name) = plan.as_deref().and_then(|plan| self.outdated(plan)) {
            return Ok(Step::Conduct(Conduct::Renew(name)));
        }
        let remembered = self.tracking.is_some() || plan.is_some();
        let mut prepared = Prepared {
            text: match (remembered, parse.name) {
                (false, _) => Bytes::new(),
                (true, b"") => self.texts.copy(parse.text),
                (true, _) => Bytes::copy_from_slice(parse.text),
            },
            types: if parse.types == NO_TYPES {
                NO_TYPES
            } else {
                Bytes::copy_from_slice(parse.types)
            },
            version: self.tracking.as_ref().map(Tracking::version),
            command: None,
            in_sql: false,
            told: None,
            reshaped: false,
            plan: Arc::clone(plan.as_ref().unwrap_or(&self.forward)),
        };
        let name = Bytes::copy_from_slice(parse.name);
        let Some(plan) = plan else {
            self.context.metrics.statement(StatementKind::Forward);
            let registration = self.registry.boxed(Registration { name, prepared });
            self.replies
                .push(Awaited::Parse(Some(registration)), Treat::Client);
            return Ok(Step::Pass);
        };
        let mut out = BytesMut::new();
        if let Some(report) = refusal(&plan) {
            self.refuse_parse(&mut out, parse.name, report.clone());
            return Ok(Step::Replaced(out));
        }
        if let Some(statement) = prepared.statement()
            && statement.action == Action::Command
        {
            match command_of(&prepared.text, statement) {
                Ok(command) => prepared.command = Some(Arc::new(command)),
                Err(report) => {
                    self.refuse_parse(&mut out, parse.name, report);
                    return Ok(Step::Replaced(out));
                }
            }
        }
        let treat = self.put_parse(&mut out, parse.name, &prepared);
        let registration = self.registry.boxed(Registration { name, prepared });
        self.replies.push(Awaited::Parse(Some(registration)), treat);
        Ok(Step::Replaced(out))
    }

    /// Appends the Parse that makes `prepared` on the server, and says how its answer is to be treated.
    pub(super) fn put_parse(&self, out: &mut BytesMut, name: &[u8], prepared: &Prepared) -> Treat {
        if prepared.command.is_some() {
            // An empty statement keeps its place: names, errors and skipping stay the server's own.
            frontend::parse(out, name, b"", &[0, 0]);
            return Treat::Client;
        }
        if let Some(statement) = prepared.statement()
            && let Some(text) = self.substitute(&statement.action)
        {
            frontend::parse(out, name, text.as_bytes(), &prepared.types);
            return Treat::Client;
        }
        let splices: Vec<_> = match &*prepared.plan {
            Plan::Statements(statements) => statements
                .iter()
                .flat_map(|statement| statement.splices.iter().cloned())
                .collect(),
            Plan::Forward | Plan::Refuse(_) => Vec::new(),
        };
        let text = apply_splices(&prepared.text, &splices);
        frontend::parse(out, name, &text, &prepared.types);
        let all = 0..prepared.text.len();
        Positions::of(&prepared.text, all, &splices).map_or(Treat::Client, Treat::Mapped)
    }

    /// The server's statement was made under other names.
    fn is_stale(&self, prepared: &Prepared) -> bool {
        let version = self.tracking.as_ref().map(Tracking::version);
        version.is_some() && prepared.version != version && !prepared.in_sql
    }

    /// Prepares a statement again if the server's was made under other names.
    pub(super) fn prepare_again(&mut self, name: &[u8]) -> Option<BytesMut> {
        let version = self.tracking.as_ref()?.version();
        let found = self.registry.find(name, &self.replies)?;
        if !self.is_stale(found) {
            return None;
        }
        let mut prepared = found.clone();
        if prepared.command.is_none() {
            prepared.plan = self
                .plan(&prepared.text, true)
                .unwrap_or_else(|| Arc::clone(&self.forward));
        }
        prepared.version = Some(version);
        let mut out = BytesMut::new();
        if let Some(report) = refusal(&prepared.plan) {
            let report = report.clone();
            self.refuse_parse(&mut out, b"pggit:refused", report);
            return Some(out);
        }
        let name = Bytes::copy_from_slice(name);
        frontend::close_statement(&mut out, &name);
        self.replies
            .push(Awaited::Close(Some(name.clone())), Treat::Unseen);
        self.put_parse(&mut out, &name, &prepared);
        let registration = Box::new(Registration { name, prepared });
        self.replies
            .push(Awaited::Parse(Some(registration)), Treat::Unseen);
        Some(out)
    }

    /// The text of a prepared statement that is to be prepared again, or executes one that may be, if something that
    /// it needs is not there yet.
    fn awaits_again(&mut self, name: &[u8]) -> Option<Bytes> {
        self.tracking.as_ref()?.hydration.as_ref()?;
        let prepared = self.registry.find(name, &self.replies)?;
        let (text, plan) = (prepared.text.clone(), Arc::clone(&prepared.plan));
        self.awaits(&text).or_else(|| self.awaits_prepared(&plan))
    }

    /// What a statement's own `EXECUTE` names, if that was made under other names.
    fn outdated(&self, plan: &Plan) -> Option<String> {
        let version = self.tracking.as_ref()?.version();
        let Plan::Statements(statements) = plan else {
            return None;
        };
        let name = statements.first()?.action.executes()?;
        let prepared = self.registry.find(name.as_bytes(), &self.replies)?;
        (prepared.version != Some(version) && !self.is_failed()).then(|| name.to_owned())
    }

    /// Whether nothing is to be done about a statement: it is there as the client made it and knows it.
    fn is_plain(&self, name: &[u8]) -> bool {
        let hydrates = self
            .tracking
            .as_ref()
            .is_some_and(|tracking| tracking.hydration.is_some());
        !hydrates
            && self
                .registry
                .find(name, &self.replies)
                .is_none_or(|prepared| {
                    *prepared.plan == Plan::Forward
                        && !prepared.reshaped
                        && !self.is_stale(prepared)
                })
    }

    /// Whether the rows of a statement may hold physical names, or those of the prepared one that it executes.
    pub(super) fn prints_names(&self, statement: &Statement) -> bool {
        statement.prints_names
            || statement
                .action
                .executes()
                .and_then(|name| self.registry.find(name.as_bytes(), &self.replies))
                .is_some_and(|prepared| prepared.plan.prints_names())
    }

    fn bind(&mut self, header: Header, body: &[u8], whole: bool) -> Result<Step, FrameError> {
        let Ok(names) = BindNames::read(body) else {
            if whole {
                return Err(FrameError::Malformed);
            }
            let enough = if body.len() < BIND_PREFIX_BYTES {
                BIND_PREFIX_BYTES
            } else {
                header.len
            };
            return Ok(Step::Wait(enough.min(header.len)));
        };
        self.segment.open = true;
        if self.replies.is_skipping() {
            return Ok(Step::Stream);
        }
        if let Some(report) = self.take_refusal() {
            let mut out = BytesMut::new();
            self.refuse_parse(&mut out, b"pggit:refused", report);
            self.replies.push(Awaited::Bind, Treat::Client);
            return Ok(Step::Preceded(out));
        }
        if self.is_plain(names.statement) {
            self.registry.bind(names.portal, None);
            self.registry.prints(names.portal, false);
            self.registry.note_bound(names.portal, names.statement);
            self.replies.push(Awaited::Bind, Treat::Client);
            return Ok(Step::Stream);
        }
        if let Some(wait) = self.awaits_again(names.statement) {
            return Ok(Step::Conduct(Conduct::Wait(wait)));
        }
        let conducted = self
            .registry
            .find(names.statement, &self.replies)
            .is_some_and(Prepared::is_conducted);
        if conducted && !whole {
            return Ok(Step::Wait(header.len));
        }
        if let Some(prepared) = self.registry.find(names.statement, &self.replies)
            && let Some(name) = self.outdated(&prepared.plan)
        {
            return Ok(Step::Conduct(Conduct::Renew(name)));
        }
        let found = self.registry.find(names.statement, &self.replies);
        let reshaped = found.is_some_and(|found| found.reshaped);
        if let Some(found) = found
            && found.told.is_some()
            && self.is_stale(found)
        {
            let name = Bytes::copy_from_slice(names.statement);
            return Ok(Step::Conduct(Conduct::PrepareAgain(name)));
        }
        let before = self.prepare_again(names.statement);
        let portal = if reshaped && !conducted {
            self.registry
                .find(names.statement, &self.replies)
                .map(|prepared| Portal {
                    prepared: prepared.clone(),
                    formats: Vec::new(),
                    rows: None,
                })
        } else if conducted {
            let formats = frontend::bind_result_formats(body)?;
            self.registry
                .find(names.statement, &self.replies)
                .map(|prepared| Portal {
                    prepared: prepared.clone(),
                    formats,
                    rows: None,
                })
        } else {
            None
        };
        let prints_names = self
            .registry
            .find(names.statement, &self.replies)
            .is_some_and(|prepared| {
                let statements = prepared.plan.statements();
                statements
                    .iter()
                    .any(|statement| self.prints_names(statement))
            });
        self.registry.bind(names.portal, portal);
        self.registry.note_bound(names.portal, names.statement);
        self.registry.prints(names.portal, prints_names);
        self.replies.push(Awaited::Bind, Treat::Client);
        Ok(before.map_or(Step::Stream, Step::Preceded))
    }

    fn describe(&mut self, body: &[u8]) -> Result<Step, FrameError> {
        self.segment.open = true;
        if let Named::Statement(name) = Named::read(body)?
            && !self.replies.is_skipping()
        {
            if let Some(report) = self.take_refusal() {
                let mut out = BytesMut::new();
                self.refuse_parse(&mut out, b"pggit:refused", report);
                self.replies.push(Awaited::Describe(None), Treat::Client);
                return Ok(Step::Preceded(out));
            }
            if let Some(wait) = self.awaits_again(name) {
                return Ok(Step::Conduct(Conduct::Wait(wait)));
            }
        }
        let mut before = None;
        let mut told = None;
        let command = match Named::read(body)? {
            Named::Statement(name) => {
                if !self.replies.is_skipping() {
                    before = self.prepare_again(name);
                    told = self.tracking.as_ref().map(|_| Bytes::copy_from_slice(name));
                }
                self.registry
                    .find(name, &self.replies)
                    .and_then(|prepared| prepared.command.clone())
                    .map(|command| (command, Vec::new()))
            }
            Named::Portal(name) => {
                if name.is_empty() {
                    told = self.registry.learns_of(&self.replies);
                }
                let portal = self.registry.portal(name);
                let command = portal.and_then(|portal| {
                    let command = portal.prepared.command.clone()?;
                    Some((command, portal.formats.clone()))
                });
                if portal.is_some_and(|portal| portal.prepared.is_reshaped()) {
                    // The client asks what to expect.
                    self.registry.bind(name, None);
                }
                command
            }
        };
        let treat = command
            .and_then(|(command, formats)| super::answer::describe(&command, &formats))
            .map_or(Treat::Client, Treat::Described);
        self.replies.push(Awaited::Describe(told), treat);
        Ok(before.map_or(Step::Pass, Step::Preceded))
    }

    fn close(&mut self, body: &[u8]) -> Result<Step, FrameError> {
        self.segment.open = true;
        let closed = match Named::read(body)? {
            Named::Statement(name) => Some(Bytes::copy_from_slice(name)),
            Named::Portal(name) => {
                self.registry.bind(name, None);
                None
            }
        };
        self.replies.push(Awaited::Close(closed), Treat::Client);
        Ok(Step::Pass)
    }

    fn execute(&mut self, body: &[u8]) -> Result<Step, FrameError> {
        self.segment.open = true;
        let execute = Execute::read(body)?;
        let portal = self.registry.portal(execute.portal);
        if !self.replies.is_skipping() && portal.is_some_and(|portal| portal.prepared.is_reshaped())
        {
            let mut out = BytesMut::new();
            self.refuse_parse(&mut out, b"pggit:refused", result_type_changed());
            return Ok(Step::Replaced(out));
        }
        if !self.replies.is_skipping() && self.registry.portal(execute.portal).is_some() {
            return Ok(Step::Conduct(Conduct::Execute {
                portal: Bytes::copy_from_slice(execute.portal),
                max_rows: execute.max_rows,
            }));
        }
        self.segment.executes = true;
        let prints_names = self.registry.prints_names(execute.portal);
        self.replies
            .push_printing(Awaited::Execute, Treat::Client, prints_names);
        Ok(Step::Pass)
    }

    fn sync(&mut self) -> Step {
        if let Some(tracking) = &self.tracking
            && ((!tracking.pending.is_empty() && !self.segment.in_block)
                || !tracking.late.is_empty()
                || tracking.rollback_due
                || self.segment.own_block)
        {
            return Step::Conduct(Conduct::Sync);
        }
        self.segment.open = false;
        self.segment.executes = false;
        self.replies.push(Awaited::Sync, Treat::Client);
        Step::Pass
    }

    /// What is sent in place of a statement that shows a setting by its logical names.
    pub(super) fn substitute(&self, action: &Action) -> Option<String> {
        let tracking = self.tracking.as_ref()?;
        match action {
            Action::Setting(Setting::ShowBranch) => Some(SHOW_BRANCH.to_owned()),
            Action::Setting(Setting::ShowSearchPath) if !tracking.map.is_main() => {
                Some(super::settings::show_search_path(&tracking.search_path))
            }
            _ => None,
        }
    }
}

/// The branch, also where the setting is empty.
const SHOW_BRANCH: &str = "SELECT coalesce(nullif(pg_catalog.current_setting('pggit.branch', true), ''), 'main') \
     AS \"pggit.branch\"";

pub(super) fn refusal(plan: &Plan) -> Option<&ErrorReport> {
    match plan {
        Plan::Refuse(report) => Some(report),
        Plan::Statements(statements) => match statements.as_slice() {
            [
                Statement {
                    action: Action::Refuse(report),
                    ..
                },
            ] => Some(report),
            _ => None,
        },
        Plan::Forward => None,
    }
}

/// Reads the command that a statement is.
pub(super) fn command_of(text: &[u8], statement: &Statement) -> Result<Command, ErrorReport> {
    let part = text.get(statement.range.clone()).unwrap_or_default();
    let Ok(part) = std::str::from_utf8(part) else {
        return Err(ErrorReport::new(
            SqlState::CHARACTER_NOT_IN_REPERTOIRE,
            "a PGGIT command must be valid UTF-8",
        ));
    };
    command::parse(part).map_err(|mut report| {
        if let Some(position) = report.position {
            let whole = Bytes::copy_from_slice(text);
            report.position = Positions::of(&whole, statement.range.clone(), &[])
                .map_or(Some(position), |positions| {
                    Some(positions.map(Characters::Utf8, position))
                });
        }
        report
    })
}

/// The spliced text of one statement of a text, and how to map positions in it back.
pub(super) fn spliced(text: &Bytes, statement: &Statement) -> (Vec<u8>, Option<Box<Positions>>) {
    let part = text.get(statement.range.clone()).unwrap_or_default();
    let splices = rebase(&statement.splices, statement.range.start);
    (
        apply_splices(part, &splices),
        Positions::of(text, statement.range.clone(), &statement.splices),
    )
}

/// What the server itself says where a prepared statement has other columns than it had (`RevalidateCachedQuery` in
/// `src/backend/utils/cache/plancache.c`). Drivers know it, and prepare again.
fn result_type_changed() -> ErrorReport {
    let mut report = ErrorReport::new(
        SqlState::FEATURE_NOT_SUPPORTED,
        "cached plan must not change result type",
    );
    report.routine = Some(Routine::RevalidateCachedQuery);
    report
}

/// A cheap look for the word, in any case.
fn mentions_pggit(text: &[u8]) -> bool {
    memchr::memchr2_iter(b'p', b'P', text).any(|at| {
        text.get(at..at + 5)
            .is_some_and(|word| word.eq_ignore_ascii_case(b"pggit"))
    })
}
