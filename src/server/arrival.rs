//! From an accepted socket to its startup packet: encryption requests are answered, TLS is begun.

use super::tls::{Terminator, named_protocol};
use crate::error::{ErrorReport, Report, SqlState};
use crate::telemetry::metrics::Rejection;
use crate::wire::Stream;
use crate::wire::startup::{self, Request, StartupPacket};
use bytes::Bytes;
use rustls::pki_types::CertificateDer;
use std::io;
use tokio::io::{AsyncReadExt, AsyncWriteExt};

/// The first byte of a TLS handshake record: a client of PostgreSQL 17 that asks for nothing first.
const TLS_HANDSHAKE: u8 = 0x16;

/// What a connection turned out to be.
#[derive(Debug)]
pub enum Arrival {
    Session(Box<Client>),
    /// The whole packet of a CancelRequest.
    Cancel(Bytes),
    /// A probe that connects and leaves.
    Gone,
}

/// A client that has said who it is.
#[derive(Debug)]
pub struct Client {
    pub stream: Stream,
    /// The certificate that its TLS handshake was done with.
    pub certificate: Option<CertificateDer<'static>>,
    pub packet: StartupPacket,
}

/// Why a connection did not get as far.
#[derive(Debug)]
pub enum ArrivalError {
    /// Nothing can be said to the client any more.
    Io(io::Error),
    /// The TLS handshake failed.
    Tls(io::Error),
    /// The client is to be told.
    Refused(Box<Stream>, Rejection, ErrorReport),
}

impl From<io::Error> for ArrivalError {
    fn from(error: io::Error) -> Self {
        Self::Io(error)
    }
}

/// Reads until the startup packet. The caller sets the time limit.
///
/// Every packet is read to its last byte and not beyond: plaintext that somebody put between an
/// SSLRequest and the handshake can only be taken for part of the handshake, and makes it fail.
pub async fn receive(stream: Stream, tls: Option<&Terminator>) -> Result<Arrival, ArrivalError> {
    let (mut stream, mut certificate) = direct_tls(stream, tls).await?;
    let (mut ssl_asked, mut gss_asked) = (stream.is_tls(), false);
    loop {
        let request = match read_packet(&mut stream).await? {
            None => return Ok(Arrival::Gone),
            Some(Ok(body)) => startup::parse(&body),
            Some(Err(error)) => Err(error),
        };
        let refusal = match request {
            Ok(Request::Ssl) if !ssl_asked => {
                ssl_asked = true;
                (stream, certificate) = answer_ssl(stream, tls).await?;
                continue;
            }
            Ok(Request::GssEncryption) if !gss_asked => {
                gss_asked = true;
                stream.write_all(b"N").await?;
                stream.flush().await?;
                continue;
            }
            Ok(Request::Ssl | Request::GssEncryption) => {
                startup::StartupError::RepeatedRequest.report()
            }
            Ok(Request::Cancel(packet)) => return Ok(Arrival::Cancel(packet)),
            Ok(Request::Startup(packet)) => {
                if !stream.is_tls() && tls.is_some_and(Terminator::is_required) {
                    ErrorReport::new(
                        SqlState::INVALID_AUTHORIZATION,
                        "this proxy accepts only connections with SSL",
                    )
                    .with_hint("Connect with sslmode=require.")
                } else {
                    return Ok(Arrival::Session(Box::new(Client {
                        stream,
                        certificate,
                        packet,
                    })));
                }
            }
            Err(error) => error.report(),
        };
        return Err(ArrivalError::Refused(
            Box::new(stream),
            Rejection::Protocol,
            refusal,
        ));
    }
}

type MaybeTls = (Stream, Option<CertificateDer<'static>>);

async fn direct_tls(stream: Stream, tls: Option<&Terminator>) -> Result<MaybeTls, ArrivalError> {
    let (socket, tls) = match (stream, tls) {
        (Stream::Tcp(socket), Some(tls)) => (socket, tls),
        (stream, _) => return Ok((stream, None)),
    };
    let mut first = [0];
    if socket.peek(&mut first).await? == 0 || first != [TLS_HANDSHAKE] {
        return Ok((Stream::Tcp(socket), None));
    }
    let (encrypted, certificate) = tls.accept(socket).await.map_err(ArrivalError::Tls)?;
    if !named_protocol(&encrypted) {
        return Err(ArrivalError::Tls(io::Error::other(
            "direct TLS without the ALPN protocol \"postgresql\"",
        )));
    }
    Ok((Stream::Tls(Box::new(encrypted.into())), Some(certificate)))
}

async fn answer_ssl(stream: Stream, tls: Option<&Terminator>) -> Result<MaybeTls, ArrivalError> {
    match (stream, tls) {
        (Stream::Tcp(mut socket), Some(tls)) => {
            socket.write_all(b"S").await?;
            let (encrypted, certificate) = tls.accept(socket).await.map_err(ArrivalError::Tls)?;
            Ok((Stream::Tls(Box::new(encrypted.into())), Some(certificate)))
        }
        (mut stream, _) => {
            stream.write_all(b"N").await?;
            stream.flush().await?;
            Ok((stream, None))
        }
    }
}

/// One packet's body; `None` if the client has left before it began.
async fn read_packet(
    stream: &mut Stream,
) -> io::Result<Option<Result<Vec<u8>, startup::StartupError>>> {
    let mut length = [0; 4];
    match stream.read(&mut length[..1]).await {
        Ok(0) => return Ok(None),
        Err(error) if error.kind() == io::ErrorKind::ConnectionReset => return Ok(None),
        read => read?,
    };
    stream.read_exact(&mut length[1..]).await?;
    match startup::body_length(length) {
        Ok(bytes) => {
            let mut body = vec![0; bytes];
            stream.read_exact(&mut body).await?;
            Ok(Some(Ok(body)))
        }
        Err(error) => Ok(Some(Err(error))),
    }
}
