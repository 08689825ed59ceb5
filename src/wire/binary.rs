//! Values that hold others, in binary format: arrays (`array_send`, `src/backend/utils/adt/arrayfuncs.c`) and rows
//! (`record_send`, `src/backend/utils/adt/rowtypes.c`).

use super::backend::{put_null, put_value, take_value};
use super::frame::take_i32;
use bytes::{BufMut, BytesMut};

/// `MAXDIM` (`src/include/utils/array.h`).
const MAX_DIMENSIONS: i32 = 6;

/// An array or a row with its elements as `rewrite` has them; `None` if it changes none, or if the value has the shape of
/// neither to its last byte.
pub fn rewritten(value: &[u8], rewrite: impl Fn(&[u8]) -> Option<Vec<u8>>) -> Option<Vec<u8>> {
    array(value, &rewrite).or_else(|| row(value, &rewrite))
}

fn array(value: &[u8], rewrite: &impl Fn(&[u8]) -> Option<Vec<u8>>) -> Option<Vec<u8>> {
    let (dimensions, rest) = take_i32(value).ok()?;
    let (has_nulls, rest) = take_i32(rest).ok()?;
    let (_element_type, mut rest) = take_i32(rest).ok()?;
    if !(1..=MAX_DIMENSIONS).contains(&dimensions) || !(0..=1).contains(&has_nulls) {
        return None;
    }
    let mut elements = 1_i64;
    for _ in 0..dimensions {
        let (length, after) = take_i32(rest).ok()?;
        let (_lower_bound, after) = take_i32(after).ok()?;
        elements = elements.checked_mul(i64::from(length))?;
        rest = after;
    }
    let mut out = BytesMut::from(value.get(..value.len() - rest.len())?);
    let mut changed = false;
    for _ in 0..elements {
        rest = element(&mut out, rest, rewrite, &mut changed)?;
    }
    (rest.is_empty() && changed).then(|| out.to_vec())
}

fn row(value: &[u8], rewrite: &impl Fn(&[u8]) -> Option<Vec<u8>>) -> Option<Vec<u8>> {
    let (columns, mut rest) = take_i32(value).ok()?;
    let mut out = BytesMut::new();
    out.put_i32(columns);
    let mut changed = false;
    for _ in 0..columns {
        let (column_type, after) = take_i32(rest).ok()?;
        out.put_i32(column_type);
        rest = element(&mut out, after, rewrite, &mut changed)?;
    }
    (rest.is_empty() && changed).then(|| out.to_vec())
}

/// Copies the element at the start of `rest`, and gives what follows it.
fn element<'a>(
    out: &mut BytesMut,
    rest: &'a [u8],
    rewrite: &impl Fn(&[u8]) -> Option<Vec<u8>>,
    changed: &mut bool,
) -> Option<&'a [u8]> {
    let (value, rest) = take_value(rest).ok()?;
    match value {
        None => put_null(out),
        Some(value) => {
            let rewritten = rewrite(value);
            *changed |= rewritten.is_some();
            put_value(out, rewritten.as_deref().unwrap_or(value));
        }
    }
    Some(rest)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shout(value: &[u8]) -> Option<Vec<u8>> {
        value.is_ascii().then(|| [value, b"!"].concat())
    }

    #[test]
    fn elements_of_a_row_are_rewritten_with_their_lengths() {
        let value = |name: &[u8]| {
            let mut row = BytesMut::new();
            row.put_i32(2);
            row.put_i32(25);
            put_value(&mut row, name);
            row.put_i32(23);
            put_null(&mut row);
            row.to_vec()
        };
        assert_eq!(rewritten(&value(b"a"), shout), Some(value(b"a!")));
        let longer = [&value(b"a")[..], b"\0"].concat();
        assert_eq!(rewritten(&longer, shout), None);
    }

    #[test]
    fn an_array_that_claims_more_than_it_has_is_left_alone() {
        let mut array = BytesMut::new();
        for number in [1, 0, 25, i32::MAX, 1] {
            array.put_i32(number);
        }
        put_value(&mut array, b"a");
        assert_eq!(rewritten(&array, shout), None);
    }
}
