//! The server's messages: views of the bodies that matter to the proxy, and what it sends to clients itself.

use super::frame::{FrameError, put, put_cstr, take_cstr, take_i16, take_i32};
use bytes::{BufMut, BytesMut};
use pgwire::messages::Message;
use pgwire::messages::data::{DataRow, FieldDescription, RowDescription};
use std::hash::{DefaultHasher, Hash, Hasher};

/// `FirstNormalObjectId`: types from here on are a database's own.
const FIRST_OWN_OID: i32 = 16384;

/// Type bytes (PostgreSQL documentation, "Message Formats").
pub mod tag {
    pub const BIND_COMPLETE: u8 = b'2';
    pub const CLOSE_COMPLETE: u8 = b'3';
    pub const COMMAND_COMPLETE: u8 = b'C';
    pub const COPY_BOTH_RESPONSE: u8 = b'W';
    pub const COPY_DATA: u8 = b'd';
    pub const COPY_DONE: u8 = b'c';
    pub const COPY_IN_RESPONSE: u8 = b'G';
    pub const COPY_OUT_RESPONSE: u8 = b'H';
    pub const DATA_ROW: u8 = b'D';
    pub const EMPTY_QUERY_RESPONSE: u8 = b'I';
    pub const ERROR_RESPONSE: u8 = b'E';
    pub const FUNCTION_CALL_RESPONSE: u8 = b'V';
    pub const NO_DATA: u8 = b'n';
    pub const NOTICE_RESPONSE: u8 = b'N';
    pub const NOTIFICATION_RESPONSE: u8 = b'A';
    pub const PARAMETER_DESCRIPTION: u8 = b't';
    pub const PARAMETER_STATUS: u8 = b'S';
    pub const PARSE_COMPLETE: u8 = b'1';
    pub const PORTAL_SUSPENDED: u8 = b's';
    pub const READY_FOR_QUERY: u8 = b'Z';
    pub const ROW_DESCRIPTION: u8 = b'T';
}

/// The transaction status of a ReadyForQuery.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Status {
    Idle,
    InTransaction,
    Failed,
}

impl Status {
    /// Reads a ReadyForQuery body.
    pub fn read(body: &[u8]) -> Result<Self, FrameError> {
        match body {
            b"I" => Ok(Self::Idle),
            b"T" => Ok(Self::InTransaction),
            b"E" => Ok(Self::Failed),
            _ => Err(FrameError::Malformed),
        }
    }

    fn byte(self) -> u8 {
        match self {
            Self::Idle => b'I',
            Self::InTransaction => b'T',
            Self::Failed => b'E',
        }
    }
}

/// A ParameterStatus body: name and value.
pub fn parameter_status_of(body: &[u8]) -> Result<(&[u8], &[u8]), FrameError> {
    let (name, rest) = take_cstr(body)?;
    let (value, _) = take_cstr(rest)?;
    Ok((name, value))
}

/// The columns of a DataRow body; text that is not UTF-8 is made so.
pub fn text_row(body: &[u8]) -> Result<Vec<Option<String>>, FrameError> {
    let (count, mut rest) = take_i16(body)?;
    let mut row = Vec::new();
    for _ in 0..count {
        let (value, after) = take_value(rest)?;
        row.push(value.map(|value| String::from_utf8_lossy(value).into_owned()));
        rest = after;
    }
    Ok(row)
}

/// The columns that a RowDescription body tells of.
///
/// Types of the database's own are all alike to it: each branch has its own of these, with the same values.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RowShape(u64);

impl RowShape {
    /// Of a statement that returns no rows.
    pub const NONE: Self = Self(0);

    pub fn read(body: &[u8]) -> Result<Self, FrameError> {
        let mut hasher = DefaultHasher::new();
        let (count, mut rest) = take_i16(body)?;
        for _ in 0..count {
            let (name, after) = take_cstr(rest)?;
            // The table and the number of the column.
            let (_, after) = take_i32(after)?;
            let (_, after) = take_i16(after)?;
            let (type_oid, after) = take_i32(after)?;
            // The type's size and modifier, and the format.
            let (_, after) = take_i16(after)?;
            let (_, after) = take_i32(after)?;
            let (_, after) = take_i16(after)?;
            let built_in = (0..FIRST_OWN_OID).contains(&type_oid);
            (name, built_in.then_some(type_oid)).hash(&mut hasher);
            rest = after;
        }
        Ok(Self(hasher.finish()))
    }
}

/// Appends the DataRow with this body, its values as `rewrite` has them. Returns whether it changed any.
///
/// # Errors
/// If the body is no DataRow's; what is appended then is of no use.
pub fn rewritten_row(
    out: &mut BytesMut,
    body: &[u8],
    rewrite: impl Fn(&[u8]) -> Option<Vec<u8>>,
) -> Result<bool, FrameError> {
    let (count, mut rest) = take_i16(body)?;
    let mut changed = false;
    let mut read = Ok(());
    put(out, tag::DATA_ROW, |out| {
        out.put_i16(count);
        for _ in 0..count {
            match take_value(rest) {
                Ok((None, after)) => {
                    put_null(out);
                    rest = after;
                }
                Ok((Some(value), after)) => {
                    let rewritten = rewrite(value);
                    changed |= rewritten.is_some();
                    put_value(out, rewritten.as_deref().unwrap_or(value));
                    rest = after;
                }
                Err(error) => {
                    read = Err(error);
                    return;
                }
            }
        }
    });
    read.map(|()| changed)
}

/// A value with its length before it, and what follows.
pub(super) fn take_value(bytes: &[u8]) -> Result<(Option<&[u8]>, &[u8]), FrameError> {
    let (length, rest) = take_i32(bytes)?;
    match usize::try_from(length) {
        Ok(length) => {
            let (value, rest) = rest.split_at_checked(length).ok_or(FrameError::Malformed)?;
            Ok((Some(value), rest))
        }
        Err(_) => Ok((None, rest)),
    }
}

pub fn ready_for_query(out: &mut BytesMut, status: Status) {
    put(out, tag::READY_FOR_QUERY, |body| body.put_u8(status.byte()));
}

pub fn command_complete(out: &mut BytesMut, command: &[u8]) {
    put(out, tag::COMMAND_COMPLETE, |body| put_cstr(body, command));
}

pub fn empty_query_response(out: &mut BytesMut) {
    put(out, tag::EMPTY_QUERY_RESPONSE, |_| ());
}

pub fn portal_suspended(out: &mut BytesMut) {
    put(out, tag::PORTAL_SUSPENDED, |_| ());
}

pub fn parameter_status(out: &mut BytesMut, name: &[u8], value: &[u8]) {
    put(out, tag::PARAMETER_STATUS, |body| {
        put_cstr(body, name);
        put_cstr(body, value);
    });
}

/// One column of a RowDescription that belongs to no table.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Field<'a> {
    pub name: &'a str,
    pub type_oid: u32,
    /// `pg_type.typlen`.
    pub type_size: i16,
    /// 0 text, 1 binary.
    pub format: i16,
}

pub fn row_description<'a>(out: &mut BytesMut, fields: impl Iterator<Item = Field<'a>>) {
    let fields = fields.map(|field| {
        FieldDescription::new(
            field.name.to_owned(),
            0,
            0,
            field.type_oid,
            field.type_size,
            -1,
            field.format,
        )
    });
    speak(out, &RowDescription::new(fields.collect()));
}

/// A DataRow of `columns` values, which `write` appends with [`put_value`] and [`put_null`].
pub fn data_row(out: &mut BytesMut, columns: usize, write: impl FnOnce(&mut BytesMut)) {
    let mut data = BytesMut::new();
    write(&mut data);
    let columns = i16::try_from(columns).unwrap_or(i16::MAX);
    speak(out, &DataRow::new(data, columns));
}

/// Appends a message in which the proxy speaks for itself.
pub(super) fn speak(out: &mut BytesMut, message: &impl Message) {
    let before = out.len();
    if message.encode(out).is_err() {
        // Longer than a message can be (2 GiB): half of one would be worse than none.
        out.truncate(before);
    }
}

pub fn put_value(row: &mut BytesMut, value: &[u8]) {
    row.put_u32(u32::try_from(value.len()).unwrap_or(u32::MAX));
    row.put_slice(value);
}

pub fn put_null(row: &mut BytesMut) {
    row.put_i32(-1);
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wire::frame::HEADER_BYTES;

    #[test]
    fn rows_read_as_they_were_written() {
        let mut out = BytesMut::new();
        data_row(&mut out, 3, |row| {
            put_value(row, b"a");
            put_null(row);
            put_value(row, b"");
        });
        assert_eq!(
            text_row(&out[HEADER_BYTES..]),
            Ok(vec![Some("a".to_owned()), None, Some(String::new())])
        );
    }

    #[test]
    fn status_bytes_round_trip() {
        for status in [Status::Idle, Status::InTransaction, Status::Failed] {
            let mut out = BytesMut::new();
            ready_for_query(&mut out, status);
            assert_eq!(Status::read(&out[HEADER_BYTES..]), Ok(status));
        }
        assert_eq!(Status::read(b"x"), Err(FrameError::Malformed));
    }

    proptest::proptest! {
        #[test]
        fn arbitrary_bodies_never_panic(bytes: Vec<u8>) {
            let _ = Status::read(&bytes);
            let _ = parameter_status_of(&bytes);
            let _ = text_row(&bytes);
            let _ = rewritten_row(&mut BytesMut::new(), &bytes, |_| None);
        }
    }
}
