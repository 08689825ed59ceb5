//! From the server to the client: whole runs of frames are passed on as they stand, and the reply queue says which
//! of them are not.

use super::fault::Fault;
use super::link::pass;
use super::messages::{self, MAX_PRINTED_ROW};
use super::reply::{Awaited, Entry, Treat};
use super::state::Session;
use super::tracking::Tracking;
use crate::branch::search_path;
use crate::upstream::DbError;
use crate::wire::backend::{self, RowShape, Status, tag};
use crate::wire::error_response::{self, Fields};
use crate::wire::frame::{self, HEADER_BYTES, Header};
use bytes::{Buf, Bytes, BytesMut};

/// What becomes of a frame of the server's.
enum Verdict {
    Pass,
    Drop,
    Replace(BytesMut),
}

impl Session {
    /// Handles every frame that has arrived from the server.
    pub(super) fn relay_from_server(&mut self) -> Result<(), Fault> {
        if self.server.input.is_empty() || self.server.input.len() < self.server.wanted {
            return Ok(());
        }
        self.server.wanted = 0;
        let mut input = std::mem::take(&mut self.server.input);
        let result = self.sort_from_server(&mut input);
        self.server.input = input;
        result
    }

    fn sort_from_server(&mut self, input: &mut BytesMut) -> Result<(), Fault> {
        // The first `clear` bytes of `input` go to the client as they stand.
        let mut clear = 0;
        loop {
            if self.passing_down > 0 {
                let here = self.passing_down.min(input.len() - clear);
                clear += here;
                self.passing_down -= here;
                if self.passing_down > 0 {
                    break;
                }
            }
            let rest = input.get(clear..).unwrap_or_default();
            let Some(header) = frame::header(rest).map_err(Fault::Server)? else {
                break;
            };
            if self.streams(header) {
                self.passing_down = header.len;
                continue;
            }
            let Some(body) = rest.get(HEADER_BYTES..header.len) else {
                self.server.wanted = header.len;
                break;
            };
            match self.judge(header.tag, body)? {
                Verdict::Pass => clear += header.len,
                Verdict::Drop => {
                    pass_and_skip(input, clear, header.len, &mut self.client.output);
                    clear = 0;
                }
                Verdict::Replace(replacement) => {
                    pass_and_skip(input, clear, header.len, &mut self.client.output);
                    self.client.output.extend_from_slice(&replacement);
                    clear = 0;
                }
            }
        }
        pass(input, clear, &mut self.client.output);
        Ok(())
    }

    /// Frames that are passed on without being seen whole.
    fn streams(&mut self, header: Header) -> bool {
        let head = self.replies.head();
        if header.tag == tag::DATA_ROW && head.is_some_and(|head| head.prints_names) {
            return header.len > MAX_PRINTED_ROW;
        }
        matches!(
            header.tag,
            tag::DATA_ROW
                | tag::COPY_DATA
                | tag::NOTIFICATION_RESPONSE
                | tag::FUNCTION_CALL_RESPONSE
                | tag::PARAMETER_DESCRIPTION
        ) && !matches!(
            head.map(|head| &head.treat),
            Some(Treat::Own | Treat::Unseen)
        )
    }

    fn judge(&mut self, frame_tag: u8, body: &[u8]) -> Result<Verdict, Fault> {
        match frame_tag {
            tag::NOTICE_RESPONSE => return Ok(self.notice_reported(body)),
            tag::NOTIFICATION_RESPONSE => return Ok(Verdict::Pass),
            tag::PARAMETER_STATUS => return self.parameter_reported(body),
            tag::ERROR_RESPONSE => return Ok(self.error_reported(body)),
            tag::READY_FOR_QUERY => return self.ready(body),
            _ => self.replies.answered(),
        }
        let Some(head) = self.replies.head() else {
            return Err(Fault::Unexpected(frame_tag));
        };
        let answered = match frame_tag {
            tag::PARSE_COMPLETE => matches!(head.awaited, Awaited::Parse(_)),
            tag::BIND_COMPLETE => matches!(head.awaited, Awaited::Bind),
            tag::CLOSE_COMPLETE => matches!(head.awaited, Awaited::Close(_)),
            tag::NO_DATA | tag::ROW_DESCRIPTION => {
                matches!(head.awaited, Awaited::Describe(_))
            }
            tag::COMMAND_COMPLETE | tag::EMPTY_QUERY_RESPONSE | tag::PORTAL_SUSPENDED => {
                matches!(head.awaited, Awaited::Execute)
            }
            _ => false,
        };
        let verdict = match (&head.treat, frame_tag) {
            (_, tag::DATA_ROW) if head.prints_names => {
                let map = self.tracking.as_ref().map(|tracking| &tracking.map);
                map.and_then(|map| messages::row_in_logical_names(map, body))
                    .map_or(Verdict::Pass, Verdict::Replace)
            }
            (Treat::Own, tag::DATA_ROW) => {
                let row = backend::text_row(body).map_err(Fault::Server)?;
                self.outcome.rows.push(row);
                Verdict::Drop
            }
            (Treat::Own | Treat::Conducted(_), tag::COMMAND_COMPLETE) => {
                let text = body.strip_suffix(b"\0").unwrap_or(body);
                self.outcome.tag = Some(Bytes::copy_from_slice(text));
                Verdict::Drop
            }
            (Treat::Conducted(_), tag::EMPTY_QUERY_RESPONSE) => {
                self.outcome.empty = true;
                Verdict::Drop
            }
            (Treat::Own | Treat::Unseen, _) => Verdict::Drop,
            (Treat::Described(frame), tag::NO_DATA) => Verdict::Replace(BytesMut::from(&frame[..])),
            (Treat::Tagged(text), tag::COMMAND_COMPLETE) => {
                let mut out = BytesMut::new();
                backend::command_complete(&mut out, text.as_bytes());
                Verdict::Replace(out)
            }
            _ => Verdict::Pass,
        };
        if frame_tag == tag::COPY_IN_RESPONSE {
            self.replies.copy_started();
        }
        if answered && let Some(entry) = self.replies.pop() {
            match entry.awaited {
                Awaited::Parse(Some(registration)) => self.registry.register(registration),
                Awaited::Close(Some(name)) => self.registry.forget(&name),
                Awaited::Describe(Some(name)) => {
                    let shape = match frame_tag {
                        tag::ROW_DESCRIPTION => RowShape::read(body).map_err(Fault::Server)?,
                        _ => RowShape::NONE,
                    };
                    match entry.treat {
                        Treat::Own => self.registry.compare(&name, shape),
                        _ => self.registry.tell(&name, shape),
                    }
                }
                _ => {}
            }
        }
        Ok(verdict)
    }

    fn notice_reported(&mut self, body: &[u8]) -> Verdict {
        match self.replies.head().map(|head| &head.treat) {
            Some(Treat::Own) => Verdict::Drop,
            _ => self
                .in_logical_names(tag::NOTICE_RESPONSE, body)
                .map_or(Verdict::Pass, Verdict::Replace),
        }
    }

    /// The whole frame, if it shows names that are not for clients.
    fn in_logical_names(&self, frame_tag: u8, body: &[u8]) -> Option<BytesMut> {
        let map = &self.tracking.as_ref()?.map;
        messages::in_logical_names(map, frame_tag, body)
    }

    fn ready(&mut self, body: &[u8]) -> Result<Verdict, Fault> {
        self.status = Status::read(body).map_err(Fault::Server)?;
        let Some(entry) = self.replies.ready() else {
            return Err(Fault::Unexpected(tag::READY_FOR_QUERY));
        };
        if matches!(entry.awaited, Awaited::Sync) && self.replies.is_empty() {
            // A Sync among copy data was not known to end anything.
            self.segment.open = false;
        }
        if matches!(entry.awaited, Awaited::Query) {
            // The server drops the unnamed statement with every simple Query, also with the proxy's own.
            if matches!(entry.treat, Treat::Own) {
                self.registry.unnamed_lost();
            } else {
                self.registry.forget_unnamed();
            }
        }
        if self.replies.is_empty() {
            self.segment.in_block = self.status != Status::Idle;
        }
        if self.status == Status::Idle {
            self.registry.close_portals();
            if let Some(tracking) = &mut self.tracking {
                tracking.transaction_ended();
            }
        }
        if matches!(
            entry.treat,
            Treat::Own | Treat::Unseen | Treat::Conducted(_) | Treat::Refused { ready: false, .. }
        ) {
            self.statuses.server_was_ready();
            return Ok(Verdict::Drop);
        }
        let mut before = self.due_statuses();
        if before.is_empty() {
            return Ok(Verdict::Pass);
        }
        backend::ready_for_query(&mut before, self.status);
        Ok(Verdict::Replace(before))
    }

    /// Tells the client that it may go on, after a statement that was conducted.
    pub(super) fn put_ready(&mut self) {
        let due = self.due_statuses();
        self.client.output.extend_from_slice(&due);
        backend::ready_for_query(&mut self.client.output, self.status);
    }

    /// What the client is to be told of settings before its ReadyForQuery.
    fn due_statuses(&mut self) -> BytesMut {
        let mut due = BytesMut::new();
        let (tracking, role) = (self.tracking.as_ref(), &self.identity.role);
        self.statuses.release(&mut due, |name, value| {
            (name == SEARCH_PATH).then(|| logical_search_path(tracking?, role, value))?
        });
        due
    }

    fn error_reported(&mut self, body: &[u8]) -> Verdict {
        let logical = self.in_logical_names(tag::ERROR_RESPONSE, body);
        let body = logical
            .as_ref()
            .and_then(|frame| frame.get(HEADER_BYTES..))
            .unwrap_or(body);
        let fields = Fields(body);
        if fields.is_fatal() {
            self.fatal_seen = true;
            return Verdict::Pass;
        }
        self.registry.close_portals();
        let mut out = BytesMut::new();
        let characters = self.reported.characters();
        let verdict = match self.replies.head().map(|head| &head.treat) {
            Some(Treat::Own) => {
                self.outcome.error = Some(server_error(&fields));
                Verdict::Drop
            }
            Some(Treat::Refused { report, .. }) => {
                self.context.metrics.error(report.origin);
                error_response::error(&mut out, "ERROR", report);
                Verdict::Replace(out)
            }
            Some(Treat::Conducted(positions)) => {
                self.outcome.error = Some(server_error(&fields));
                match positions {
                    Some(positions) => {
                        error_response::with_position(&mut out, body, |at| {
                            positions.map(characters, at)
                        });
                        Verdict::Replace(out)
                    }
                    None => Verdict::Pass,
                }
            }
            Some(Treat::Mapped(positions)) => {
                error_response::with_position(&mut out, body, |at| positions.map(characters, at));
                Verdict::Replace(out)
            }
            _ => Verdict::Pass,
        };
        if let Some(Entry {
            awaited: Awaited::Parse(Some(refused)),
            treat: Treat::Unseen,
            ..
        }) = self.replies.head()
        {
            // To the client it still exists: it is prepared again for the next names.
            let mut kept = refused.clone();
            kept.prepared.version = None;
            self.registry.register(kept);
        }
        self.replies.failed();
        match (verdict, logical) {
            (Verdict::Pass, Some(logical)) => Verdict::Replace(logical),
            (verdict, _) => verdict,
        }
    }

    fn parameter_reported(&mut self, body: &[u8]) -> Result<Verdict, Fault> {
        let (name, value) = backend::parameter_status_of(body).map_err(Fault::Server)?;
        let text = String::from_utf8_lossy(value);
        match name {
            b"client_encoding" => self.reported.client_encoding = text.to_string(),
            b"standard_conforming_strings" => {
                self.reported.standard_conforming_strings = text != "off";
            }
            // After SET SESSION AUTHORIZATION.
            b"session_authorization" => self.identity.role = text.to_string(),
            b"application_name" => self.identity.application = text.to_string(),
            _ => {}
        }
        let name = String::from_utf8_lossy(name);
        // While the proxy runs statements of its own or cuts up a text, a setting may come and go.
        if matches!(
            self.replies.head().map(|head| &head.treat),
            Some(Treat::Own | Treat::Conducted(_) | Treat::Refused { ready: false, .. })
        ) {
            self.statuses.hold(name.into_owned(), text.into_owned());
            return Ok(Verdict::Drop);
        }
        let logical = (self.tracking.as_ref())
            .filter(|_| name == SEARCH_PATH)
            .and_then(|tracking| logical_search_path(tracking, &self.identity.role, &text));
        let shown = logical.as_deref().unwrap_or(&text);
        self.statuses.tell(&name, shown);
        if logical.is_none() {
            return Ok(Verdict::Pass);
        }
        let mut out = BytesMut::new();
        backend::parameter_status(&mut out, name.as_bytes(), shown.as_bytes());
        Ok(Verdict::Replace(out))
    }
}

/// Reported since PostgreSQL 18. Physical names are not for clients.
const SEARCH_PATH: &str = "search_path";

/// The path as the client knows it; `None` where the names are what they seem.
fn logical_search_path(tracking: &Tracking, role: &str, physical: &str) -> Option<String> {
    let map = &tracking.map;
    if map.is_main() {
        return None;
    }
    let physical = search_path::parse(physical).unwrap_or_default();
    if tracking.search_path.physical(map, role) == physical {
        return Some(tracking.search_path.to_string());
    }
    Some(search_path::format(&search_path::logical(map, &physical)))
}

/// Passes the first `clear` bytes on and drops the frame after them.
fn pass_and_skip(input: &mut BytesMut, clear: usize, frame: usize, output: &mut BytesMut) {
    pass(input, clear, output);
    input.advance(frame.min(input.len()));
}

fn server_error(fields: &Fields<'_>) -> DbError {
    DbError::Server {
        sqlstate: fields.sqlstate(),
        message: fields.message(),
        detail: fields.detail(),
        hint: fields.hint(),
    }
}
