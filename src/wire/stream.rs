//! The byte stream of either hop: a client's connection or one to the server, with or without TLS.

use crate::config::Tcp;
use socket2::{SockRef, TcpKeepalive};
use std::io;
use std::pin::Pin;
use std::task::{Context, Poll};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::{TcpStream, UnixStream};
use tokio_rustls::TlsStream;

/// A connection's byte stream.
#[derive(Debug)]
pub enum Stream {
    Tcp(TcpStream),
    Unix(UnixStream),
    /// Boxed: the state of a TLS session is large, and plain streams should not pay for it.
    Tls(Box<TlsStream<TcpStream>>),
    /// An in-memory pipe.
    #[cfg(test)]
    Duplex(tokio::io::DuplexStream),
}

impl Stream {
    /// A TCP stream that sends small messages at once and notices a peer that vanished.
    pub fn tcp(socket: TcpStream, options: &Tcp) -> io::Result<Self> {
        tune(&socket, options)?;
        Ok(Self::Tcp(socket))
    }

    pub fn is_tls(&self) -> bool {
        matches!(self, Self::Tls(_))
    }

    /// Ready where a read might give something; an error counts as something.
    pub fn poll_readable(&self, cx: &mut Context<'_>) -> Poll<()> {
        match self {
            Self::Tcp(stream) => stream.poll_read_ready(cx).map(drop),
            Self::Unix(stream) => stream.poll_read_ready(cx).map(drop),
            // Some of it may have been read and decrypted before.
            Self::Tls(_) => Poll::Ready(()),
            #[cfg(test)]
            Self::Duplex(_) => Poll::Ready(()),
        }
    }

    /// The certificate that the peer presented, in DER.
    pub fn peer_certificate(&self) -> Option<&[u8]> {
        let Self::Tls(tls) = self else { return None };
        let (_, session) = tls.get_ref();
        session.peer_certificates()?.first().map(AsRef::as_ref)
    }
}

/// `TCP_NODELAY`, keepalive and `TCP_USER_TIMEOUT`, as PostgreSQL's own ends set them.
fn tune(socket: &TcpStream, options: &Tcp) -> io::Result<()> {
    socket.set_nodelay(true)?;
    let mut keepalive = TcpKeepalive::new();
    if !options.keepalives_idle.0.is_zero() {
        keepalive = keepalive.with_time(options.keepalives_idle.0);
    }
    if !options.keepalives_interval.0.is_zero() {
        keepalive = keepalive.with_interval(options.keepalives_interval.0);
    }
    if options.keepalives_count > 0 {
        keepalive = keepalive.with_retries(options.keepalives_count);
    }
    let socket = SockRef::from(socket);
    socket.set_tcp_keepalive(&keepalive)?;
    #[cfg(target_os = "linux")]
    if !options.user_timeout.0.is_zero() {
        socket.set_tcp_user_timeout(Some(options.user_timeout.0))?;
    }
    Ok(())
}

impl AsyncRead for Stream {
    fn poll_read(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        match self.get_mut() {
            Self::Tcp(stream) => Pin::new(stream).poll_read(cx, buffer),
            Self::Unix(stream) => Pin::new(stream).poll_read(cx, buffer),
            Self::Tls(stream) => Pin::new(stream).poll_read(cx, buffer),
            #[cfg(test)]
            Self::Duplex(stream) => Pin::new(stream).poll_read(cx, buffer),
        }
    }
}

impl AsyncWrite for Stream {
    fn poll_write(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        match self.get_mut() {
            Self::Tcp(stream) => Pin::new(stream).poll_write(cx, bytes),
            Self::Unix(stream) => Pin::new(stream).poll_write(cx, bytes),
            Self::Tls(stream) => Pin::new(stream).poll_write(cx, bytes),
            #[cfg(test)]
            Self::Duplex(stream) => Pin::new(stream).poll_write(cx, bytes),
        }
    }

    fn poll_write_vectored(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        slices: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        match self.get_mut() {
            Self::Tcp(stream) => Pin::new(stream).poll_write_vectored(cx, slices),
            Self::Unix(stream) => Pin::new(stream).poll_write_vectored(cx, slices),
            Self::Tls(stream) => Pin::new(stream).poll_write_vectored(cx, slices),
            #[cfg(test)]
            Self::Duplex(stream) => Pin::new(stream).poll_write_vectored(cx, slices),
        }
    }

    fn is_write_vectored(&self) -> bool {
        match self {
            Self::Tcp(stream) => stream.is_write_vectored(),
            Self::Unix(stream) => stream.is_write_vectored(),
            Self::Tls(stream) => stream.is_write_vectored(),
            #[cfg(test)]
            Self::Duplex(stream) => stream.is_write_vectored(),
        }
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        match self.get_mut() {
            Self::Tcp(stream) => Pin::new(stream).poll_flush(cx),
            Self::Unix(stream) => Pin::new(stream).poll_flush(cx),
            Self::Tls(stream) => Pin::new(stream).poll_flush(cx),
            #[cfg(test)]
            Self::Duplex(stream) => Pin::new(stream).poll_flush(cx),
        }
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        match self.get_mut() {
            Self::Tcp(stream) => Pin::new(stream).poll_shutdown(cx),
            Self::Unix(stream) => Pin::new(stream).poll_shutdown(cx),
            Self::Tls(stream) => Pin::new(stream).poll_shutdown(cx),
            #[cfg(test)]
            Self::Duplex(stream) => Pin::new(stream).poll_shutdown(cx),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::unit::Time;
    use std::time::Duration;
    use tokio::net::TcpListener;

    async fn socket() -> TcpStream {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
        TcpStream::connect(listener.local_addr().unwrap())
            .await
            .unwrap()
    }

    #[tokio::test]
    async fn options_are_the_sockets_afterwards() {
        let socket = socket().await;
        let options = Tcp {
            keepalives_idle: Time(Duration::from_secs(70)),
            keepalives_interval: Time(Duration::from_secs(7)),
            keepalives_count: 3,
            user_timeout: Time(Duration::from_millis(12_345)),
        };
        tune(&socket, &options).unwrap();
        assert!(socket.nodelay().unwrap());
        let socket = SockRef::from(&socket);
        assert!(socket.keepalive().unwrap());
        assert_eq!(
            socket.tcp_keepalive_time().unwrap(),
            options.keepalives_idle.0
        );
        assert_eq!(
            socket.tcp_keepalive_interval().unwrap(),
            options.keepalives_interval.0
        );
        assert_eq!(socket.tcp_keepalive_retries().unwrap(), 3);
        #[cfg(target_os = "linux")]
        assert_eq!(
            socket.tcp_user_timeout().unwrap(),
            Some(options.user_timeout.0)
        );
    }

    #[tokio::test]
    async fn what_is_zero_is_left_to_the_operating_system() {
        let (untouched, tuned) = (socket().await, socket().await);
        let options = Tcp {
            keepalives_idle: Time(Duration::ZERO),
            keepalives_interval: Time(Duration::ZERO),
            keepalives_count: 0,
            user_timeout: Time(Duration::ZERO),
        };
        tune(&tuned, &options).unwrap();
        let (untouched, tuned) = (SockRef::from(&untouched), SockRef::from(&tuned));
        assert_eq!(
            tuned.tcp_keepalive_time().unwrap(),
            untouched.tcp_keepalive_time().unwrap()
        );
        assert_eq!(
            tuned.tcp_keepalive_retries().unwrap(),
            untouched.tcp_keepalive_retries().unwrap()
        );
    }
}
