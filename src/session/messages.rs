//! What the server says of a branch's objects, in the names by which the client knows them.

use crate::branch::BranchMap;
use crate::wire::error_response::{self, Fields};
use crate::wire::{backend, binary};
use bytes::BytesMut;

/// A row that is longer is passed on as it is: to change it, it has to be held whole.
pub const MAX_PRINTED_ROW: usize = 1 << 20;

/// Values nest in arrays and rows; deeper ones are left as they are.
const MAX_DEPTH: usize = 8;

/// Message, detail, hint, context, internal query, schema name.
const FIELDS_WITH_NAMES: &[u8] = b"MDHWqs";
const INTERNAL_POSITION: u8 = b'p';

/// The ErrorResponse or NoticeResponse with this body in logical names; `None` if it names none of the
/// branch's schemas, nor any that it lacks.
pub fn in_logical_names(map: &BranchMap, tag: u8, body: &[u8]) -> Option<BytesMut> {
    if map.is_main() {
        return None;
    }
    let fields = Fields(body);
    let speaks_of_names = speaks_of_names(&fields);
    let logical = |value: &[u8]| {
        if speaks_of_names {
            map.logical_message(value)
        } else {
            map.logical_text(value)
        }
    };
    let rewrite = |code: u8, value: &[u8]| match code {
        INTERNAL_POSITION => moved(value, fields.internal_query()?, logical),
        _ if FIELDS_WITH_NAMES.contains(&code) => logical(value),
        _ => None,
    };
    Fields(body)
        .any(|(code, value)| rewrite(code, value).is_some())
        .then(|| {
            let mut out = BytesMut::new();
            error_response::rewritten(&mut out, tag, body, rewrite);
            out
        })
}

/// Whether a message is about the names that a statement has, so that what looks like a schema of the branch is one. What
/// `RAISE` says may be anything.
fn speaks_of_names(fields: &Fields<'_>) -> bool {
    let [class @ .., _, _, _] = fields.sqlstate().0;
    matches!(&class, b"00" | b"3F" | b"42") && fields.routine() != Some(b"exec_stmt_raise")
}

/// A position, in characters, in a query that becomes logical.
fn moved(
    position: &[u8],
    query: &[u8],
    logical: impl Fn(&[u8]) -> Option<Vec<u8>>,
) -> Option<Vec<u8>> {
    let position: usize = std::str::from_utf8(position).ok()?.parse().ok()?;
    let query = std::str::from_utf8(query).ok()?;
    let (at, _) = query.char_indices().nth(position.checked_sub(1)?)?;
    let before = logical(query.get(..at)?.as_bytes())?;
    let characters = String::from_utf8_lossy(&before).chars().count();
    Some((characters + 1).to_string().into_bytes())
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

    fn message(fields: &[(u8, &str)]) -> BytesMut {
        let mut body = BytesMut::new();
        for (code, value) in fields {
            body.put_u8(*code);
            body.put_slice(value.as_bytes());
            body.put_u8(0);
        }
        body.put_u8(0);
        body
    }

    #[test]
    fn schemas_that_the_branch_lacks_are_logical_where_the_server_speaks_of_names() {
        for (code, routine, is_logical) in [
            ("3F000", "get_namespace_oid", true),
            ("00000", "does_not_exist_skipping", true),
            ("00000", "exec_stmt_raise", false),
            ("23505", "_bt_check_unique", false),
        ] {
            let said = |name| message(&[(b'C', code), (b'M', name), (b'R', routine)]);
            let seen = in_logical_names(&feature(), b'E', &said("\"nope@feature\""));
            assert_eq!(seen.is_some(), is_logical, "{code} {routine}");
            if let Some(seen) = seen {
                assert_eq!(seen[HEADER_BYTES..], said("nope"));
            }
        }
    }

    #[test]
    fn positions_in_internal_queries_move_with_their_names() {
        let said = |query, position| message(&[(b'C', "42703"), (b'q', query), (b'p', position)]);
        let sent = said("SELECT é FROM \"public@feature\".t, nope", "35");
        let seen = in_logical_names(&feature(), b'E', &sent).expect("it names a schema");
        assert_eq!(
            seen[HEADER_BYTES..],
            said("SELECT é FROM public.t, nope", "25")
        );
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
