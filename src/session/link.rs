//! One hop: a stream, what was read from it and not yet used, and what is still to be written to it.

use crate::wire::Stream;
use bytes::{Buf, BytesMut};
use std::future::Future;
use std::io;
use std::pin::{Pin, pin};
use std::task::{Context, Poll, ready};
use tokio::io::{AsyncReadExt, AsyncWrite};

/// A read asks for this much at first, and for more while reads come back full.
const MIN_CHUNK: usize = 8 * 1024;
const MAX_CHUNK: usize = 64 * 1024;

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
    /// Nothing more can be written.
    pub broken: bool,
    chunk: usize,
    unflushed: bool,
}

impl Link {
    pub fn new(stream: Stream, input: BytesMut) -> Self {
        Self {
            stream,
            input,
            output: BytesMut::new(),
            wanted: 0,
            ended: false,
            broken: false,
            chunk: MIN_CHUNK,
            unflushed: false,
        }
    }

    /// Whether reading more now would help.
    pub fn wants_input(&self) -> bool {
        !self.ended && self.input.len() < self.wanted.max(HIGH_WATER)
    }

    /// Reads once. Ready when something was read or the stream ended.
    pub fn poll_read(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        self.input.reserve(self.chunk);
        let read = pin!(self.stream.read_buf(&mut self.input)).poll(cx);
        match ready!(read) {
            Ok(0) | Err(_) => self.ended = true,
            Ok(read) if read >= self.chunk => self.chunk = (self.chunk * 2).min(MAX_CHUNK),
            Ok(_) => {}
        }
        Poll::Ready(())
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
