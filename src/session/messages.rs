//! What the server says of a branch's objects, in the names by which the client knows them.

use crate::branch::BranchMap;
use crate::wire::error_response::{self, Fields};
use crate::wire::{backend, binary};
use bytes::BytesMut;

/// A row that is longer is passed on as it is: to change it, it has to be held whole.
pub const MAX_PRINTED_ROW: usize = 1 << 20;

/// Values nest in arrays and rows; deeper ones are left as they are.
const MAX_DEPTH: usize = 8;

/// Message, detail, hint, context, schema name.
const FIELDS_WITH_NAMES: &[u8] = b"MDHWs";

/// The ErrorResponse or NoticeResponse with this body in logical names; `None` if it names none of the
/// branch's schemas.
pub fn in_logical_names(map: &BranchMap, tag: u8, body: &[u8]) -> Option<BytesMut> {
    if map.is_main() {
        return None;
    }
    let rewrite = |code: u8, value: &[u8]| {
        FIELDS_WITH_NAMES
            .contains(&code)
            .then(|| map.logical_text(value))
            .flatten()
    };
    Fields(body)
        .any(|(code, value)| rewrite(code, value).is_some())
        .then(|| {
            let mut out = BytesMut::new();
            error_response::rewritten(&mut out, tag, body, rewrite);
            out
        })
}

/// The DataRow with this body in logical names; `None` if it names none of the branch's schemas, or is none.
///
/// Text and most other types are sent alike in text and binary format. Arrays and rows in binary format give the length
/// of each element; what they are is told by their own shape, which no text has, since it has zero bytes.
pub fn row_in_logical_names(map: &BranchMap, body: &[u8]) -> Option<BytesMut> {
    if !map.names_physical(body) {
        return None;
    }
    let mut out = BytesMut::new();
    backend::rewritten_row(&mut out, body, |value| in_value(map, value, MAX_DEPTH))
        .is_ok_and(|changed| changed)
        .then_some(out)
}

fn in_value(map: &BranchMap, value: &[u8], depth: usize) -> Option<Vec<u8>> {
    if !map.names_physical(value) {
        return None;
    }
    if !value.contains(&0) {
        return map.logical_text(value);
    }
    let depth = depth.checked_sub(1)?;
    binary::rewritten(value, |element| in_value(map, element, depth))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::branch::SharedObjects;
    use crate::wire::frame::HEADER_BYTES;
    use bytes::BufMut;
    use std::sync::Arc;

    fn feature() -> BranchMap {
        let schemas = [("public".to_owned(), "public@feature".to_owned())];
        BranchMap::new("feature", 2, 1, schemas, Arc::new(SharedObjects::default()))
    }

    fn row(values: &[&[u8]]) -> BytesMut {
        let mut out = BytesMut::new();
        backend::data_row(&mut out, values.len() + 1, |row| {
            for value in values {
                backend::put_value(row, value);
            }
            backend::put_null(row);
        });
        out
    }

    fn name_array(names: [&str; 2]) -> Vec<u8> {
        let mut array = BytesMut::new();
        for number in [1, 0, 19, 2, 1] {
            array.put_i32(number);
        }
        for name in names {
            backend::put_value(&mut array, name.as_bytes());
        }
        array.to_vec()
    }

    #[test]
    fn rows_are_shown_in_logical_names_in_both_formats() {
        let physical = name_array(["pg_catalog", "public@feature"]);
        let logical = name_array(["pg_catalog", "public"]);
        let other = b"\0public@feature\0";
        let sent = row(&[b"public@feature", b"x", &physical, other]);
        let seen = row_in_logical_names(&feature(), &sent[HEADER_BYTES..]);
        assert_eq!(seen, Some(row(&[b"public", b"x", &logical, other])));
        let plain = row(&[b"public", b"x"]);
        assert_eq!(
            row_in_logical_names(&feature(), &plain[HEADER_BYTES..]),
            None
        );
    }

    proptest::proptest! {
        #[test]
        fn arbitrary_rows_never_panic(before: Vec<u8>, after: Vec<u8>) {
            let body = [&before[..], b"public@feature", &after[..]].concat();
            let _ = row_in_logical_names(&feature(), &body);
            let _ = in_value(&feature(), &body, MAX_DEPTH);
        }
    }
}
