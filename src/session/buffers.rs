//! Buffers for what has been read and not yet written, shared by the sessions of one thread.
//!
//! A session holds one only while bytes are on their way: thousands of idle sessions take no memory for
//! buffers, and busy ones take turns with the few that the processor's cache has.

use bytes::BytesMut;
use std::sync::{Mutex, PoisonError};

/// How much a buffer takes, and so what is read at a time.
pub const BUFFER_BYTES: usize = 64 * 1024;

/// A buffer with less room than this is no good to read into.
const MIN_SPACE: usize = 8 * 1024;

/// Idle buffers that are kept.
const KEPT: usize = 32;

/// See the module.
#[derive(Debug, Default)]
pub struct Buffers {
    /// Empty ones. Only the sessions of one thread ask for them, so nobody ever waits for the lock.
    idle: Mutex<Vec<BytesMut>>,
}

impl Buffers {
    /// Makes room for reading more.
    pub fn make_room(&self, buffer: &mut BytesMut) {
        if buffer.capacity() == 0 {
            let idle = self
                .idle
                .lock()
                .unwrap_or_else(PoisonError::into_inner)
                .pop();
            *buffer = idle.unwrap_or_default();
            buffer.reserve(BUFFER_BYTES);
        } else if buffer.capacity() - buffer.len() < MIN_SPACE {
            buffer.reserve(BUFFER_BYTES);
        }
    }

    /// Takes an empty buffer back.
    pub fn give_back(&self, buffer: &mut BytesMut) {
        if buffer.capacity() == 0 || !buffer.is_empty() {
            return;
        }
        let mut idle = self.idle.lock().unwrap_or_else(PoisonError::into_inner);
        // One that has grown is for whom it has grown.
        if idle.len() < KEPT && buffer.capacity() <= BUFFER_BYTES {
            idle.push(std::mem::take(buffer));
        } else {
            drop(idle);
            *buffer = BytesMut::new();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use bytes::Buf;

    #[test]
    fn a_buffer_goes_round_without_being_made_again() {
        let buffers = Buffers::default();
        let mut buffer = BytesMut::new();
        buffers.make_room(&mut buffer);
        let place = buffer.as_ptr();
        buffer.extend_from_slice(b"0123456789");
        buffer.advance(10);
        buffers.give_back(&mut buffer);
        assert_eq!(buffer.capacity(), 0);
        buffers.make_room(&mut buffer);
        assert_eq!(buffer.as_ptr(), place);
        assert!(buffer.capacity() >= BUFFER_BYTES);
    }

    #[test]
    fn what_has_grown_or_is_too_many_is_not_kept() {
        let buffers = Buffers::default();
        let mut grown = BytesMut::with_capacity(4 * BUFFER_BYTES);
        buffers.give_back(&mut grown);
        assert!(buffers.idle.lock().unwrap().is_empty());
        for _ in 0..2 * KEPT {
            buffers.give_back(&mut BytesMut::with_capacity(BUFFER_BYTES));
        }
        assert_eq!(buffers.idle.lock().unwrap().len(), KEPT);
    }

    #[test]
    fn bytes_on_their_way_are_kept() {
        let buffers = Buffers::default();
        let mut buffer = BytesMut::from(&b"ab"[..]);
        buffers.give_back(&mut buffer);
        assert_eq!(&buffer[..], b"ab");
        buffers.make_room(&mut buffer);
        assert_eq!(&buffer[..], b"ab");
        assert!(buffer.capacity() >= BUFFER_BYTES);
    }
}
