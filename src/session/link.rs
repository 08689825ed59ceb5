//! One hop: a stream, what was read from it and not yet used, and what is still to be written to it.

use super::buffers::Buffers;
use crate::wire::Stream;
use bytes::{Buf, BytesMut};
use std::future::Future;
use std::io;
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::task::{Context, Poll, ready};
use tokio::io::{AsyncReadExt, AsyncWrite};

/// Where a buffer holds this much, no more is read into it: its peer has to wait.
pub const HIGH_WATER: usize = 256 * 1024;

/// A buffered stream. Cancel-safe: what was read is in `input`, what was not written is in `output`.
#[derive(Debug)]
pub struct Link {
    stream: Stream,
    pub input: BytesMut,
    pub output: BytesMut,
    /// `input` is of no use before it holds this much: a message that must be seen whole.
    pub wanted: usize,
    /// The peer has closed its side, or the connection broke.
    pub ended: bool,
    /// The connection broke: nothing more can be written.
    pub broken: bool,
    unflushed: bool,
    buffers: Arc<Buffers>,
}

impl Link {
    pub fn new(stream: Stream, input: BytesMut, buffers: Arc<Buffers>) -> Self {
        Self {
            stream,
            input: if input.is_empty() {
                BytesMut::new()
            } else {
                input
            },
            output: BytesMut::new(),
            wanted: 0,
            ended: false,
            broken: false,
            unflushed: false,
            buffers,
        }
    }

    /// Whether reading more now would help.
    pub fn wants_input(&self) -> bool {
        !self.ended && self.input.len() < self.wanted.max(HIGH_WATER)
    }

    /// Reads once. Ready when something was read or the stream ended.
    pub fn poll_read(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        // A connection with nothing to read needs no buffer.
        ready!(self.stream.poll_readable(cx));
        self.buffers.make_room(&mut self.input);
        match ready!(pin!(self.stream.read_buf(&mut self.input)).poll(cx)) {
            Ok(0) => self.ended = true,
            Ok(_) => {}
            Err(_) => {
                self.ended = true;
                self.broken = true;
            }
        }
        Poll::Ready(())
    }

    /// Gives back what holds nothing.
    pub fn rest(&mut self) {
        self.buffers.give_back(&mut self.input);
        self.buffers.give_back(&mut self.output);
    }

    /// Writes as much of `output` as the peer takes. Ready when all of it is written, or never will be.
    pub fn poll_write(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        if ready!(self.poll_drain(cx)).is_err() {
            self.broken = true;
            self.output.clear();
        }
        Poll::Ready(())
    }

    fn poll_drain(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        if self.broken {
            self.output.clear();
            return Poll::Ready(Ok(()));
        }
        while !self.output.is_empty() {
            let written = ready!(Pin::new(&mut self.stream).poll_write(cx, &self.output))?;
            if written == 0 {
                return Poll::Ready(Err(io::ErrorKind::WriteZero.into()));
            }
            self.output.advance(written);
            self.unflushed = true;
        }
        if self.unflushed {
            ready!(Pin::new(&mut self.stream).poll_flush(cx))?;
            self.unflushed = false;
        }
        Poll::Ready(Ok(()))
    }

    /// Ends the stream in its own way (TLS: `close_notify`).
    pub fn poll_shutdown(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }
}

/// Moves the first `len` bytes of `from` to the end of `to`; without copying where all goes and nothing waits.
pub fn pass(from: &mut BytesMut, len: usize, to: &mut BytesMut) {
    if len == 0 {
        return;
    }
    if to.is_empty() && len >= from.len() {
        std::mem::swap(from, to);
        from.clear();
        return;
    }
    let len = len.min(from.len());
    to.extend_from_slice(from.get(..len).unwrap_or_default());
    from.advance(len);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn passing_keeps_order_and_remainder() {
        let mut from = BytesMut::from(&b"abcdef"[..]);
        let mut to = BytesMut::new();
        pass(&mut from, 2, &mut to);
        pass(&mut from, 4, &mut to);
        assert_eq!((&from[..], &to[..]), (&b""[..], &b"abcdef"[..]));
        from.extend_from_slice(b"gh");
        to.clear();
        pass(&mut from, 2, &mut to);
        assert_eq!((&from[..], &to[..]), (&b""[..], &b"gh"[..]));
    }
}
