//! Frames: a type byte, a length that counts itself, a body.
//!
//! Lengths are checked before anything is done with them; bodies are the business of [`super::frontend`] and
//! [`super::backend`].

use crate::error::{Report, SqlState};
use bytes::{BufMut, BytesMut};

/// The type byte and the length.
pub const HEADER_BYTES: usize = 5;

/// PostgreSQL's `PQ_LARGE_MESSAGE_LIMIT` (`src/include/libpq/libpq.h`).
const MAX_LENGTH: usize = 0x3fff_ffff - 1;

/// What the first bytes of a frame say.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Header {
    pub tag: u8,
    /// The whole frame, header included.
    pub len: usize,
}

/// Bytes that are no frame.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum FrameError {
    #[error("invalid message length")]
    Length,
    #[error("invalid message format")]
    Malformed,
}

impl Report for FrameError {
    fn sqlstate(&self) -> SqlState {
        SqlState::PROTOCOL_VIOLATION
    }
}

/// Reads the header at the start of `bytes`; `None` where there are too few of them.
pub fn header(bytes: &[u8]) -> Result<Option<Header>, FrameError> {
    let Some((&[tag, a, b, c, d], _)) = bytes.split_first_chunk::<HEADER_BYTES>() else {
        return Ok(None);
    };
    let length = u32::from_be_bytes([a, b, c, d]) as usize;
    if !(4..=MAX_LENGTH).contains(&length) {
        return Err(FrameError::Length);
    }
    Ok(Some(Header {
        tag,
        len: length + 1,
    }))
}

/// Appends a frame whose body `write` appends.
pub fn put(out: &mut BytesMut, tag: u8, write: impl FnOnce(&mut BytesMut)) {
    out.put_u8(tag);
    let start = out.len();
    out.put_u32(0);
    write(out);
    let length = u32::try_from(out.len() - start).unwrap_or(u32::MAX);
    if let Some(place) = out.get_mut(start..start + 4) {
        place.copy_from_slice(&length.to_be_bytes());
    }
}

/// Appends a string and its terminator.
pub fn put_cstr(out: &mut BytesMut, bytes: &[u8]) {
    out.put_slice(bytes);
    out.put_u8(0);
}

/// Splits off a terminated string.
pub fn take_cstr(bytes: &[u8]) -> Result<(&[u8], &[u8]), FrameError> {
    let end = memchr::memchr(0, bytes).ok_or(FrameError::Malformed)?;
    let (string, rest) = bytes.split_at(end);
    Ok((string, rest.get(1..).unwrap_or_default()))
}

/// Splits off a 16-bit integer.
pub fn take_i16(bytes: &[u8]) -> Result<(i16, &[u8]), FrameError> {
    let (number, rest) = bytes.split_first_chunk().ok_or(FrameError::Malformed)?;
    Ok((i16::from_be_bytes(*number), rest))
}

/// Splits off a 32-bit integer.
pub fn take_i32(bytes: &[u8]) -> Result<(i32, &[u8]), FrameError> {
    let (number, rest) = bytes.split_first_chunk().ok_or(FrameError::Malformed)?;
    Ok((i32::from_be_bytes(*number), rest))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_put_has_its_length() {
        let mut out = BytesMut::new();
        put(&mut out, b'Q', |body| put_cstr(body, b"select 1"));
        assert_eq!(
            header(&out),
            Ok(Some(Header {
                tag: b'Q',
                len: out.len()
            }))
        );
        assert_eq!(header(&out[..4]), Ok(None));
    }

    #[test]
    fn absurd_lengths_are_refused() {
        for length in [0u32, 3, 0x4000_0000, 0x8000_0000, u32::MAX] {
            let mut bytes = vec![b'Q'];
            bytes.extend(length.to_be_bytes());
            assert_eq!(header(&bytes), Err(FrameError::Length));
        }
    }

    proptest::proptest! {
        #[test]
        fn arbitrary_bytes_never_panic(bytes: Vec<u8>) {
            let _ = header(&bytes);
            let _ = take_cstr(&bytes);
            let _ = take_i16(&bytes);
            let _ = take_i32(&bytes);
        }
    }
}
