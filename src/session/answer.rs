//! Answers of `PGGIT` commands on the wire: rows in text or binary format, notices, tags.

use crate::command::{self, Answer, Column, ColumnType, Command, Value};
use crate::wire::backend::{self, Field, put_null, put_value};
use crate::wire::error_response;
use bytes::{BufMut, Bytes, BytesMut};
use jiff::Timestamp;

const BINARY: i16 = 1;

/// Seconds between the Unix epoch and PostgreSQL's, 2000-01-01.
const POSTGRES_EPOCH_MICROS: i64 = 946_684_800_000_000;

/// The RowDescription for a command's rows, if it has any.
pub(super) fn describe(command: &Command, formats: &[i16]) -> Option<Bytes> {
    let columns = command::columns(command)?;
    let mut out = BytesMut::new();
    row_description(&mut out, columns, formats);
    Some(out.freeze())
}

pub(super) fn row_description(out: &mut BytesMut, columns: &[Column], formats: &[i16]) {
    backend::row_description(
        out,
        columns.iter().enumerate().map(|(index, column)| {
            let (type_oid, type_size) = type_of(column.column_type);
            Field {
                name: column.name,
                type_oid,
                type_size,
                format: format_of(formats, index),
            }
        }),
    );
}

pub(super) fn data_row(out: &mut BytesMut, columns: &[Column], row: &[Value], formats: &[i16]) {
    backend::data_row(out, columns.len(), |out| {
        for (index, column) in columns.iter().enumerate() {
            let value = row.get(index).unwrap_or(&Value::Null);
            if format_of(formats, index) == BINARY {
                put_binary(out, column.column_type, value);
            } else {
                put_text(out, value);
            }
        }
    });
}

pub(super) fn notices(out: &mut BytesMut, answer: &Answer) {
    for notice in &answer.notices {
        error_response::notice(
            out,
            notice.severity,
            notice.sqlstate,
            &notice.message,
            notice.detail.as_deref(),
            notice.hint.as_deref(),
        );
    }
}

/// One format stands for all columns, none for text (PostgreSQL documentation, Bind).
fn format_of(formats: &[i16], column: usize) -> i16 {
    match formats {
        [] => 0,
        [all] => *all,
        _ => formats.get(column).copied().unwrap_or_default(),
    }
}

/// OID and size in `pg_type`.
fn type_of(column_type: ColumnType) -> (u32, i16) {
    match column_type {
        ColumnType::Text => (25, -1),
        ColumnType::Int8 => (20, 8),
        ColumnType::Bool => (16, 1),
        ColumnType::Timestamptz => (1184, 8),
        ColumnType::Jsonb => (3802, -1),
    }
}

fn put_text(out: &mut BytesMut, value: &Value) {
    match value {
        Value::Null => put_null(out),
        Value::Text(text) => put_value(out, text.as_bytes()),
        Value::Int(number) => put_value(out, number.to_string().as_bytes()),
        Value::Bool(truth) => put_value(out, if *truth { b"t" } else { b"f" }),
        Value::Timestamp(micros) => put_value(out, timestamp_text(*micros).as_bytes()),
    }
}

fn put_binary(out: &mut BytesMut, column_type: ColumnType, value: &Value) {
    match value {
        Value::Null => put_null(out),
        Value::Text(text) if column_type == ColumnType::Jsonb => {
            // A version number goes before the text (`jsonb_recv`).
            out.put_u32(u32::try_from(text.len() + 1).unwrap_or(u32::MAX));
            out.put_u8(1);
            out.put_slice(text.as_bytes());
        }
        Value::Text(text) => put_value(out, text.as_bytes()),
        Value::Int(number) => put_value(out, &number.to_be_bytes()),
        Value::Bool(truth) => put_value(out, &[u8::from(*truth)]),
        Value::Timestamp(micros) => put_value(
            out,
            &micros.saturating_sub(POSTGRES_EPOCH_MICROS).to_be_bytes(),
        ),
    }
}

/// ISO style in UTC, as the server prints a `timestamptz` under `TimeZone = UTC`.
fn timestamp_text(micros: i64) -> String {
    Timestamp::from_microsecond(micros).map_or_else(
        |_| micros.to_string(),
        |timestamp| {
            let style = if micros % 1_000_000 == 0 {
                "%Y-%m-%d %H:%M:%S+00"
            } else {
                "%Y-%m-%d %H:%M:%S.%6f+00"
            };
            timestamp.strftime(style).to_string()
        },
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wire::frame::HEADER_BYTES;

    const COLUMNS: &[Column] = &[
        Column {
            name: "number",
            column_type: ColumnType::Int8,
        },
        Column {
            name: "when",
            column_type: ColumnType::Timestamptz,
        },
        Column {
            name: "what",
            column_type: ColumnType::Jsonb,
        },
    ];

    fn row() -> Vec<Value> {
        vec![
            Value::Int(7),
            Value::Timestamp(POSTGRES_EPOCH_MICROS + 1),
            Value::Text("{}".to_owned()),
        ]
    }

    #[test]
    fn rows_read_as_text() {
        let mut out = BytesMut::new();
        data_row(&mut out, COLUMNS, &row(), &[]);
        let row = backend::text_row(&out[HEADER_BYTES..]).unwrap();
        assert_eq!(
            row,
            ["7", "2000-01-01 00:00:00.000001+00", "{}"].map(|text| Some(text.to_owned()))
        );
    }

    #[test]
    fn binary_values_are_as_postgresql_sends_them() {
        let mut out = BytesMut::new();
        data_row(&mut out, COLUMNS, &row(), &[BINARY]);
        let mut expected = vec![0, 3];
        expected.extend([0, 0, 0, 8, 0, 0, 0, 0, 0, 0, 0, 7]);
        expected.extend([0, 0, 0, 8, 0, 0, 0, 0, 0, 0, 0, 1]);
        expected.extend([0, 0, 0, 3, 1, b'{', b'}']);
        assert_eq!(&out[HEADER_BYTES..], &expected[..]);
    }
}
