//! The client's messages: views of the bodies that matter to the proxy, and what it sends to the server itself.

use super::frame::{FrameError, put, put_cstr, take_cstr, take_i16, take_i32};
use bytes::{BufMut, BytesMut};

/// Type bytes (PostgreSQL documentation, "Message Formats").
pub mod tag {
    pub const BIND: u8 = b'B';
    pub const CLOSE: u8 = b'C';
    pub const COPY_DATA: u8 = b'd';
    pub const COPY_DONE: u8 = b'c';
    pub const COPY_FAIL: u8 = b'f';
    pub const DESCRIBE: u8 = b'D';
    pub const EXECUTE: u8 = b'E';
    pub const FLUSH: u8 = b'H';
    pub const FUNCTION_CALL: u8 = b'F';
    pub const PARSE: u8 = b'P';
    pub const QUERY: u8 = b'Q';
    pub const SYNC: u8 = b'S';
    pub const TERMINATE: u8 = b'X';
}

/// The text of a Query body.
pub fn query_text(body: &[u8]) -> Result<&[u8], FrameError> {
    match take_cstr(body)? {
        (text, []) => Ok(text),
        _ => Err(FrameError::Malformed),
    }
}

/// A Parse body.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Parse<'a> {
    pub name: &'a [u8],
    pub text: &'a [u8],
    /// The count of parameter types and the types, as they stand.
    pub types: &'a [u8],
}

impl<'a> Parse<'a> {
    pub fn read(body: &'a [u8]) -> Result<Self, FrameError> {
        let (name, rest) = take_cstr(body)?;
        let (text, types) = take_cstr(rest)?;
        Ok(Self { name, text, types })
    }
}

/// The names at the start of a Bind body, which may be all that has arrived of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BindNames<'a> {
    pub portal: &'a [u8],
    pub statement: &'a [u8],
}

impl<'a> BindNames<'a> {
    pub fn read(body: &'a [u8]) -> Result<Self, FrameError> {
        let (portal, rest) = take_cstr(body)?;
        let (statement, _) = take_cstr(rest)?;
        Ok(Self { portal, statement })
    }
}

/// The result formats at the end of a whole Bind body.
pub fn bind_result_formats(body: &[u8]) -> Result<Vec<i16>, FrameError> {
    let (_, rest) = take_cstr(body)?;
    let (_, rest) = take_cstr(rest)?;
    let (_, mut rest) = take_formats(rest)?;
    let (parameters, after) = take_i16(rest)?;
    rest = after;
    for _ in 0..parameters {
        let (length, after) = take_i32(rest)?;
        rest = match usize::try_from(length) {
            Ok(length) => after.get(length..).ok_or(FrameError::Malformed)?,
            Err(_) => after,
        };
    }
    Ok(take_formats(rest)?.0)
}

fn take_formats(bytes: &[u8]) -> Result<(Vec<i16>, &[u8]), FrameError> {
    let (count, mut rest) = take_i16(bytes)?;
    let mut formats = Vec::new();
    for _ in 0..count {
        let (format, after) = take_i16(rest)?;
        formats.push(format);
        rest = after;
    }
    Ok((formats, rest))
}

/// What a Describe or Close speaks of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Named<'a> {
    Statement(&'a [u8]),
    Portal(&'a [u8]),
}

impl<'a> Named<'a> {
    pub fn read(body: &'a [u8]) -> Result<Self, FrameError> {
        let (kind, rest) = body.split_first().ok_or(FrameError::Malformed)?;
        let (name, rest) = take_cstr(rest)?;
        match kind {
            _ if !rest.is_empty() => Err(FrameError::Malformed),
            b'S' => Ok(Self::Statement(name)),
            b'P' => Ok(Self::Portal(name)),
            _ => Err(FrameError::Malformed),
        }
    }
}

/// An Execute body.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Execute<'a> {
    pub portal: &'a [u8],
    /// 0 and below: all of them.
    pub max_rows: i32,
}

impl<'a> Execute<'a> {
    pub fn read(body: &'a [u8]) -> Result<Self, FrameError> {
        let (portal, rest) = take_cstr(body)?;
        match take_i32(rest)? {
            (max_rows, []) => Ok(Self { portal, max_rows }),
            _ => Err(FrameError::Malformed),
        }
    }
}

pub fn query(out: &mut BytesMut, text: &[u8]) {
    put(out, tag::QUERY, |body| put_cstr(body, text));
}

/// `types` as [`Parse::types`] has them.
pub fn parse(out: &mut BytesMut, name: &[u8], text: &[u8], types: &[u8]) {
    put(out, tag::PARSE, |body| {
        put_cstr(body, name);
        put_cstr(body, text);
        body.put_slice(types);
    });
}

/// A Parse whose parameters all are of type `oid`.
pub fn parse_typed(out: &mut BytesMut, name: &[u8], text: &[u8], oid: u32, parameters: usize) {
    put(out, tag::PARSE, |body| {
        put_cstr(body, name);
        put_cstr(body, text);
        body.put_u16(u16::try_from(parameters).unwrap_or(u16::MAX));
        for _ in 0..parameters {
            body.put_u32(oid);
        }
    });
}

/// A Bind with parameters and results in text format.
pub fn bind(out: &mut BytesMut, portal: &[u8], statement: &[u8], parameters: &[Option<&str>]) {
    put(out, tag::BIND, |body| {
        put_cstr(body, portal);
        put_cstr(body, statement);
        body.put_u16(0);
        body.put_u16(u16::try_from(parameters.len()).unwrap_or(u16::MAX));
        for parameter in parameters {
            match parameter {
                Some(value) => {
                    body.put_u32(u32::try_from(value.len()).unwrap_or(u32::MAX));
                    body.put_slice(value.as_bytes());
                }
                None => body.put_i32(-1),
            }
        }
        body.put_u16(0);
    });
}

/// `max_rows` of 0: all of them.
pub fn execute(out: &mut BytesMut, portal: &[u8], max_rows: i32) {
    put(out, tag::EXECUTE, |body| {
        put_cstr(body, portal);
        body.put_i32(max_rows);
    });
}

pub fn describe_statement(out: &mut BytesMut, name: &[u8]) {
    put(out, tag::DESCRIBE, |body| {
        body.put_u8(b'S');
        put_cstr(body, name);
    });
}

pub fn close_statement(out: &mut BytesMut, name: &[u8]) {
    put(out, tag::CLOSE, |body| {
        body.put_u8(b'S');
        put_cstr(body, name);
    });
}

pub fn close_portal(out: &mut BytesMut, name: &[u8]) {
    put(out, tag::CLOSE, |body| {
        body.put_u8(b'P');
        put_cstr(body, name);
    });
}

pub fn flush(out: &mut BytesMut) {
    put(out, tag::FLUSH, |_| ());
}

pub fn sync(out: &mut BytesMut) {
    put(out, tag::SYNC, |_| ());
}

pub fn terminate(out: &mut BytesMut) {
    put(out, tag::TERMINATE, |_| ());
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wire::frame::HEADER_BYTES;

    fn body(write: impl FnOnce(&mut BytesMut)) -> Vec<u8> {
        let mut out = BytesMut::new();
        write(&mut out);
        out[HEADER_BYTES..].to_vec()
    }

    #[test]
    fn messages_read_as_they_were_written() {
        assert_eq!(
            query_text(&body(|out| query(out, b"select 1"))),
            Ok(&b"select 1"[..])
        );
        let parsed = body(|out| parse_typed(out, b"s", b"select $1", 25, 1));
        let parsed = Parse::read(&parsed).unwrap();
        assert_eq!((parsed.name, parsed.text), (&b"s"[..], &b"select $1"[..]));
        assert_eq!(parsed.types, [0, 1, 0, 0, 0, 25]);
        let bound = body(|out| bind(out, b"p", b"s", &[Some("a"), None]));
        let names = BindNames::read(&bound).unwrap();
        assert_eq!((names.portal, names.statement), (&b"p"[..], &b"s"[..]));
        assert_eq!(bind_result_formats(&bound), Ok(vec![]));
        assert_eq!(
            Execute::read(&body(|out| execute(out, b"p", 0))),
            Ok(Execute {
                portal: b"p",
                max_rows: 0
            })
        );
        assert_eq!(
            Named::read(&body(|out| close_statement(out, b"s"))),
            Ok(Named::Statement(b"s"))
        );
        assert_eq!(
            Named::read(&body(|out| close_portal(out, b"p"))),
            Ok(Named::Portal(b"p"))
        );
    }

    #[test]
    fn result_formats_follow_the_parameters() {
        let mut bound = b"\0s\0".to_vec();
        bound.extend([0, 1, 0, 1]);
        bound.extend([0, 2, 0, 0, 0, 2, 9, 9, 255, 255, 255, 255]);
        bound.extend([0, 2, 0, 0, 0, 1]);
        assert_eq!(bind_result_formats(&bound), Ok(vec![0, 1]));
        assert_eq!(
            bind_result_formats(&bound[..bound.len() - 1]),
            Err(FrameError::Malformed)
        );
    }

    proptest::proptest! {
        #[test]
        fn arbitrary_bodies_never_panic(bytes: Vec<u8>) {
            let _ = query_text(&bytes);
            let _ = Parse::read(&bytes);
            let _ = BindNames::read(&bytes);
            let _ = bind_result_formats(&bytes);
            let _ = Named::read(&bytes);
            let _ = Execute::read(&bytes);
        }
    }
}
