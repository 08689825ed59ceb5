//! Frames in either direction: whatever can be read of a body says what was there, to its last byte.
#![no_main]

use bytes::BytesMut;
use libfuzzer_sys::fuzz_target;
use pggit::wire::frame::{self, HEADER_BYTES};
use pggit::wire::{backend, binary, error_response, frontend};

fuzz_target!(|data: &[u8]| {
    let mut rest = data;
    while let Ok(Some(header)) = frame::header(rest) {
        let Some(body) = rest.get(HEADER_BYTES..header.len) else {
            break;
        };
        from_client(body);
        from_server(body);
        rest = &rest[header.len..];
    }
    // Names may be read of a body of which there is no more yet.
    from_client(rest);
    from_server(rest);
});

/// The body of the one frame that `write` appends.
fn body_of(write: impl FnOnce(&mut BytesMut)) -> BytesMut {
    let mut out = BytesMut::new();
    write(&mut out);
    let header = frame::header(&out).expect("a length").expect("a header");
    assert_eq!(header.len, out.len());
    out.split_off(HEADER_BYTES)
}

fn from_client(body: &[u8]) {
    if let Ok(text) = frontend::query_text(body) {
        assert_eq!(body_of(|out| frontend::query(out, text)), body);
    }
    if let Ok(parse) = frontend::Parse::read(body) {
        let written = body_of(|out| frontend::parse(out, parse.name, parse.text, parse.types));
        assert_eq!(written, body);
    }
    if let Ok(names) = frontend::BindNames::read(body) {
        let start = [names.portal, b"\0", names.statement, b"\0"].concat();
        assert!(body.starts_with(&start));
    }
    if let Ok(formats) = frontend::bind_result_formats(body) {
        assert!(formats.len() <= body.len() / 2);
    }
    match frontend::Named::read(body) {
        Ok(frontend::Named::Statement(name)) => {
            assert_eq!(body_of(|out| frontend::close_statement(out, name)), body);
        }
        Ok(frontend::Named::Portal(name)) => {
            assert_eq!(body_of(|out| frontend::close_portal(out, name)), body);
        }
        Err(_) => {}
    }
    if let Ok(execute) = frontend::Execute::read(body) {
        let written = body_of(|out| frontend::execute(out, execute.portal, execute.max_rows));
        assert_eq!(written, body);
    }
}

fn from_server(body: &[u8]) {
    if let Ok(status) = backend::Status::read(body) {
        assert_eq!(body_of(|out| backend::ready_for_query(out, status)), body);
    }
    if let Ok((name, value)) = backend::parameter_status_of(body) {
        let written = body_of(|out| backend::parameter_status(out, name, value));
        assert!(body.starts_with(&written));
    }
    let _ = backend::RowShape::read(body);
    row(body);
    // What is not rewritten is left to be sent as it is.
    assert_eq!(binary::rewritten(body, |_| None), None);
    if let Some(longer) = binary::rewritten(body, |value| Some([value, b"!"].concat())) {
        assert!(longer.len() > body.len());
    }
    fields(body);
}

/// A row that is rewritten has as many values, of which none says anything else than it is to.
fn row(body: &[u8]) {
    let mut out = BytesMut::new();
    let rewritten = backend::rewritten_row(&mut out, body, |value| {
        value.starts_with(b"a").then(|| b"another".to_vec())
    });
    let Ok(values) = backend::text_row(body) else {
        assert!(rewritten.is_err());
        return;
    };
    let expected: Vec<_> = values
        .iter()
        .map(|value| match value {
            Some(value) if value.starts_with('a') => Some("another".to_owned()),
            other => other.clone(),
        })
        .collect();
    assert_eq!(
        rewritten.ok(),
        Some(values.iter().flatten().any(|value| value.starts_with('a')))
    );
    assert_eq!(backend::text_row(&out[HEADER_BYTES..]).ok(), Some(expected));
}

/// An error with another position has the same fields otherwise.
fn fields(body: &[u8]) {
    let fields = error_response::Fields(body);
    fields.sqlstate();
    fields.is_fatal();
    let written = body_of(|out| error_response::with_position(out, body, |position| position / 2));
    let moved = error_response::Fields(&written);
    assert_eq!(fields.clone().count(), moved.clone().count());
    assert_eq!(moved.message(), fields.message());
    for ((code, value), (same, other)) in fields.zip(moved) {
        assert_eq!(code, same);
        assert!(code == b'P' || value == other);
    }
}
