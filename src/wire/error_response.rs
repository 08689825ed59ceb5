//! ErrorResponse and NoticeResponse: reading their fields, changing some, and writing the proxy's own.

use super::backend::{speak, tag};
use super::frame::{put, put_cstr};
use crate::error::{ErrorReport, SqlState};
use bytes::{BufMut, BytesMut};
use pgwire::messages::response::{ErrorResponse, NoticeResponse};

/// Field codes (PostgreSQL documentation, "Error and Notice Message Fields").
const SEVERITY: u8 = b'S';
const SEVERITY_NOT_LOCALIZED: u8 = b'V';
const CODE: u8 = b'C';
const MESSAGE: u8 = b'M';
const DETAIL: u8 = b'D';
const HINT: u8 = b'H';
const POSITION: u8 = b'P';
const ROUTINE: u8 = b'R';
const INTERNAL_QUERY: u8 = b'q';

/// The fields of a body, in order; it ends at the first thing that is none.
#[derive(Clone, Debug)]
pub struct Fields<'a>(pub &'a [u8]);

impl<'a> Iterator for Fields<'a> {
    type Item = (u8, &'a [u8]);

    fn next(&mut self) -> Option<Self::Item> {
        let (&code, rest) = self.0.split_first()?;
        if code == 0 {
            return None;
        }
        let (value, rest) = super::frame::take_cstr(rest).ok()?;
        self.0 = rest;
        Some((code, value))
    }
}

impl Fields<'_> {
    fn field(&self, wanted: u8) -> Option<&[u8]> {
        self.clone()
            .find(|(code, _)| *code == wanted)
            .map(|(_, value)| value)
    }

    fn text(&self, wanted: u8) -> Option<String> {
        self.field(wanted)
            .map(|value| String::from_utf8_lossy(value).into_owned())
    }

    pub fn sqlstate(&self) -> SqlState {
        self.field(CODE)
            .map_or(SqlState::INTERNAL_ERROR, SqlState::parse)
    }

    pub fn message(&self) -> String {
        self.text(MESSAGE).unwrap_or_default()
    }

    pub fn detail(&self) -> Option<String> {
        self.text(DETAIL)
    }

    pub fn hint(&self) -> Option<String> {
        self.text(HINT)
    }

    /// The name of the server's function that reported it.
    pub fn routine(&self) -> Option<&[u8]> {
        self.field(ROUTINE)
    }

    /// The text of a query that the server was running for the client's.
    pub fn internal_query(&self) -> Option<&[u8]> {
        self.field(INTERNAL_QUERY)
    }

    /// The connection ends with this error.
    pub fn is_fatal(&self) -> bool {
        self.clone().any(|(code, value)| {
            (code == SEVERITY_NOT_LOCALIZED || code == SEVERITY)
                && matches!(value, b"FATAL" | b"PANIC")
        })
    }
}

/// Appends an ErrorResponse like the one with `body`, its position changed by `map`.
pub fn with_position(out: &mut BytesMut, body: &[u8], map: impl Fn(u32) -> u32) {
    rewritten(out, tag::ERROR_RESPONSE, body, |code, value| {
        let position = std::str::from_utf8(value).ok().filter(|_| code == POSITION);
        Some(map(position?.parse().ok()?).to_string().into_bytes())
    });
}

/// Appends an ErrorResponse or NoticeResponse like the one with `body`, with what `rewrite` makes of a field.
pub fn rewritten(
    out: &mut BytesMut,
    frame_tag: u8,
    body: &[u8],
    rewrite: impl Fn(u8, &[u8]) -> Option<Vec<u8>>,
) {
    put(out, frame_tag, |out| {
        for (code, value) in Fields(body) {
            out.put_u8(code);
            match rewrite(code, value) {
                Some(changed) => put_cstr(out, &changed),
                None => put_cstr(out, value),
            }
        }
        out.put_u8(0);
    });
}

/// Appends an ErrorResponse of severity `ERROR` or `FATAL`.
pub fn error(out: &mut BytesMut, severity: &str, report: &ErrorReport) {
    let mut fields = fields_of(
        severity,
        report.sqlstate,
        &report.message,
        report.detail.as_deref(),
        report.hint.as_deref(),
    );
    if let Some(position) = report.position {
        fields.push((POSITION, position.to_string()));
    }
    if let Some(routine) = report.routine {
        fields.push((ROUTINE, routine.name().to_owned()));
    }
    speak(out, &ErrorResponse::new(fields));
}

/// Appends a NoticeResponse of severity `NOTICE`, `WARNING` …
pub fn notice(
    out: &mut BytesMut,
    severity: &str,
    sqlstate: SqlState,
    message: &str,
    detail: Option<&str>,
    hint: Option<&str>,
) {
    let fields = fields_of(severity, sqlstate, message, detail, hint);
    speak(out, &NoticeResponse::new(fields));
}

fn fields_of(
    severity: &str,
    sqlstate: SqlState,
    message: &str,
    detail: Option<&str>,
    hint: Option<&str>,
) -> Vec<(u8, String)> {
    [
        (SEVERITY, Some(severity)),
        (SEVERITY_NOT_LOCALIZED, Some(severity)),
        (CODE, Some(sqlstate.as_str())),
        (MESSAGE, Some(message)),
        (DETAIL, detail),
        (HINT, hint),
    ]
    .into_iter()
    // A NUL would end the field early and turn the rest into fields of its own.
    .filter_map(|(code, value)| Some((code, value?.replace('\0', ""))))
    .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wire::frame::HEADER_BYTES;

    fn sample() -> ErrorReport {
        let mut report = ErrorReport::new(SqlState::SYNTAX_ERROR, "syntax error at \"x\"")
            .with_detail("d")
            .with_hint("h");
        report.position = Some(7);
        report
    }

    #[test]
    fn reports_read_as_they_were_written() {
        let mut out = BytesMut::new();
        error(&mut out, "FATAL", &sample());
        let fields = Fields(&out[HEADER_BYTES..]);
        assert_eq!(fields.sqlstate(), SqlState::SYNTAX_ERROR);
        assert_eq!(fields.message(), "syntax error at \"x\"");
        assert_eq!(fields.detail().as_deref(), Some("d"));
        assert_eq!(fields.hint().as_deref(), Some("h"));
        assert!(fields.is_fatal());
    }

    #[test]
    fn only_the_position_changes() {
        let mut before = BytesMut::new();
        error(&mut before, "ERROR", &sample());
        let mut after = BytesMut::new();
        with_position(&mut after, &before[HEADER_BYTES..], |position| {
            position + 100
        });
        let of = |bytes: &BytesMut| Fields(&bytes[HEADER_BYTES..]).text(POSITION);
        assert_eq!(of(&before).as_deref(), Some("7"));
        assert_eq!(of(&after).as_deref(), Some("107"));
        assert_eq!(
            Fields(&after[HEADER_BYTES..]).count(),
            Fields(&before[HEADER_BYTES..]).count()
        );
    }

    proptest::proptest! {
        #[test]
        fn arbitrary_bodies_never_panic(bytes: Vec<u8>) {
            let fields = Fields(&bytes);
            let _ = (fields.sqlstate(), fields.message(), fields.is_fatal());
            with_position(&mut BytesMut::new(), &bytes, |position| position);
        }
    }
}
