//! The extended protocol's messages on their way to the server: which of them are passed on, and which statement each
//! is about.

use super::planning::{command_of, refusal};
use super::positions::Positions;
use super::prepared::{NO_TYPES, Portal, Prepared, Registration};
use super::relay_client::{Conduct, REFUSED_NAME, Step};
use super::reply::{Awaited, Treat};
use super::state::Session;
use super::tracking::Tracking;
use crate::error::{ErrorReport, Routine, SqlState};
use crate::sql::apply_splices;
use crate::sql::plan::{Action, Plan};
use crate::telemetry::metrics::StatementKind;
use crate::wire::frame::{FrameError, Header};
use crate::wire::frontend::{self, BindNames, Execute, Named, Parse};
use bytes::{Bytes, BytesMut};
use std::sync::Arc;

/// How much of a Bind is looked at for its names before all of it is waited for.
const BIND_PREFIX_BYTES: usize = 4096;

impl Session {
    pub(super) fn parse(&mut self, body: &[u8]) -> Result<Step, FrameError> {
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
            self.refuse_parse(&mut out, REFUSED_NAME, report);
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

    pub(super) fn bind(
        &mut self,
        header: Header,
        body: &[u8],
        whole: bool,
    ) -> Result<Step, FrameError> {
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
            self.refuse_parse(&mut out, REFUSED_NAME, report);
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

    pub(super) fn describe(&mut self, body: &[u8]) -> Result<Step, FrameError> {
        self.segment.open = true;
        if let Named::Statement(name) = Named::read(body)?
            && !self.replies.is_skipping()
        {
            if let Some(report) = self.take_refusal() {
                let mut out = BytesMut::new();
                self.refuse_parse(&mut out, REFUSED_NAME, report);
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

    pub(super) fn close(&mut self, body: &[u8]) -> Result<Step, FrameError> {
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

    pub(super) fn execute(&mut self, body: &[u8]) -> Result<Step, FrameError> {
        self.segment.open = true;
        let execute = Execute::read(body)?;
        let portal = self.registry.portal(execute.portal);
        if !self.replies.is_skipping() && portal.is_some_and(|portal| portal.prepared.is_reshaped())
        {
            let mut out = BytesMut::new();
            self.refuse_parse(&mut out, REFUSED_NAME, result_type_changed());
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

    pub(super) fn sync(&mut self) -> Step {
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
