//! SCRAM ended in the proxy, for clients whose TLS ends here: two logins, one with the client and one with the server.
//!
//! The server is asked first. What it challenges with (a salt, the number of iterations) is what the client is
//! challenged with, so a role that does not exist, has no password or an expired one looks like any other: the server
//! makes something up for it. The client's proof is checked against what the server has stored, and gives the key
//! to log in with there. Whatever is wrong, it is the server that refuses, in its words and its log.

use super::scram::{ClientSide, Key, MECHANISM, MECHANISM_PLUS, ScramError, ServerSide, Verifier};
use super::{
    AuthError, Authenticated, MAX_CLIENT_FRAME, MAX_SERVER_FRAME, next_frame, server_lost,
};
use crate::error::{ErrorReport, SqlState};
use crate::telemetry::metrics::Rejection;
use crate::wire::frame::{self, HEADER_BYTES, take_cstr, take_i32};
use bytes::{BufMut, BytesMut};
use futures::future::BoxFuture;
use std::sync::Arc;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use zeroize::Zeroize;

const SASL: u32 = 10;
const SASL_CONTINUE: u32 = 11;
const SASL_FINAL: u32 = 12;

/// What the server has stored of a role's password.
#[derive(Debug)]
pub enum Stored {
    Verifier(Verifier),
    /// Nothing that a client could log in with.
    Nothing,
    /// The proxy may not know: SCRAM can only be relayed.
    Unreadable,
}

/// Where to look for that.
pub trait Verifiers: std::fmt::Debug + Send + Sync {
    fn stored(&self) -> BoxFuture<'_, Stored>;
}

/// What it takes to end SCRAM here.
#[derive(Clone, Debug)]
pub struct Termination {
    /// Those of the role that logs in.
    pub verifiers: Arc<dyn Verifiers>,
    /// The certificate that the client has been shown, as something to bind to.
    pub client_end_point: Option<Vec<u8>>,
    /// The one that the server has shown.
    pub server_end_point: Option<Vec<u8>>,
}

/// Takes both logins up to where the server says that all is well. `binding_offered` is whether the server
/// has offered channel binding.
pub(super) async fn run<C, S>(
    client: &mut C,
    server: &mut S,
    login: &mut Authenticated,
    termination: &Termination,
    binding_offered: bool,
    verifier: Option<Verifier>,
) -> Result<(), AuthError>
where
    C: AsyncRead + AsyncWrite + Unpin,
    S: AsyncRead + AsyncWrite + Unpin,
{
    let end_point = termination.server_end_point.clone();
    let upstream = ClientSide::new(end_point.filter(|_| binding_offered));
    let mut first = BytesMut::new();
    let message = upstream.first();
    frame::put(&mut first, b'p', |body| {
        frame::put_cstr(body, upstream.mechanism().as_bytes());
        body.put_u32(u32::try_from(message.len()).unwrap_or(u32::MAX));
        body.put_slice(message.as_bytes());
    });
    tell_server(server, &first).await?;
    let challenge = answer(client, server, login, SASL_CONTINUE).await?;
    let challenge = upstream
        .challenged(&challenge)
        .ok_or_else(|| server_lost("unexpected SCRAM challenge from the server"))?;

    tell_client(client, SASL, &offer(termination.client_end_point.is_some())).await?;
    let body = client_message(client, login).await?;
    let (mechanism, message) =
        initial_response(&body).ok_or_else(|| refused(ScramError::Malformed))?;
    let side = ServerSide::new(
        mechanism,
        message,
        termination.client_end_point.as_deref(),
        &challenge,
    )
    .map_err(refused)?;
    tell_client(client, SASL_CONTINUE, side.challenge().as_bytes()).await?;

    let mut body = client_message(client, login).await?;
    let keys = Verifier::keys_for(verifier, &challenge);
    let finished = side.finish(&body, &keys);
    body.as_mut().zeroize();
    let (client_key, last) = finished.map_err(refused)?;
    let known = client_key.is_some();
    let client_key = client_key.unwrap_or_else(Key::random);
    let (proof, expected) = upstream.finish(&challenge, &client_key, &keys.1);
    let mut message = BytesMut::new();
    frame::put(&mut message, b'p', |body| body.put_slice(proof.as_bytes()));
    let told = tell_server(server, &message).await;
    message.as_mut().zeroize();
    told?;
    let signature = answer(client, server, login, SASL_FINAL).await?;
    if !known || signature[..] != *expected.as_bytes() {
        return Err(server_lost(
            "the server's SCRAM signature is not the role's",
        ));
    }
    tell_client(client, SASL_FINAL, last.as_bytes()).await
}

/// The list of mechanisms.
fn offer(binding: bool) -> BytesMut {
    let mut list = BytesMut::new();
    if binding {
        frame::put_cstr(&mut list, MECHANISM_PLUS.as_bytes());
    }
    frame::put_cstr(&mut list, MECHANISM.as_bytes());
    list.put_u8(0);
    list
}

/// The mechanism and the data of a SASLInitialResponse.
fn initial_response(body: &[u8]) -> Option<(&[u8], &[u8])> {
    let (mechanism, rest) = take_cstr(body).ok()?;
    let (length, data) = take_i32(rest).ok()?;
    (usize::try_from(length).ok()? == data.len()).then_some((mechanism, data))
}

fn refused(error: ScramError) -> AuthError {
    let reason = match error {
        ScramError::Malformed | ScramError::Mechanism => Rejection::Protocol,
        ScramError::Downgrade | ScramError::Binding => Rejection::Authentication,
    };
    AuthError::Refused(reason, error.report())
}

async fn tell_client<C: AsyncWrite + Unpin>(
    client: &mut C,
    kind: u32,
    data: &[u8],
) -> Result<(), AuthError> {
    let mut message = BytesMut::new();
    frame::put(&mut message, b'R', |body| {
        body.put_u32(kind);
        body.put_slice(data);
    });
    client
        .write_all(&message)
        .await
        .map_err(AuthError::ClientIo)?;
    client.flush().await.map_err(AuthError::ClientIo)
}

async fn tell_server<S: AsyncWrite + Unpin>(
    server: &mut S,
    message: &[u8],
) -> Result<(), AuthError> {
    let sent = async {
        server.write_all(message).await?;
        server.flush().await
    };
    sent.await.map_err(|error| server_lost(&error.to_string()))
}

/// The body of the client's next message, which has to be an answer.
async fn client_message<C: AsyncRead + Unpin>(
    client: &mut C,
    login: &mut Authenticated,
) -> Result<BytesMut, AuthError> {
    let protocol = |message: String| {
        let report = ErrorReport::new(SqlState::PROTOCOL_VIOLATION, message);
        AuthError::Refused(Rejection::Protocol, report)
    };
    loop {
        match login.client_buffer.first() {
            None | Some(b'p') => {}
            Some(b'X') => return Err(AuthError::ClientLeft),
            Some(tag) => {
                return Err(protocol(format!(
                    "expected SASL response, got message type {tag}"
                )));
            }
        }
        let frame = next_frame(&mut login.client_buffer, MAX_CLIENT_FRAME)
            .map_err(|error| protocol(error.to_string()))?;
        if let Some(mut frame) = frame {
            return Ok(frame.split_off(HEADER_BYTES));
        }
        let read = client.read_buf(&mut login.client_buffer).await;
        if read.map_err(AuthError::ClientIo)? == 0 {
            return Err(AuthError::ClientLeft);
        }
    }
}

/// The data of the server's next word on authentication. Notices go to the client, as does a refusal.
async fn answer<C, S>(
    client: &mut C,
    server: &mut S,
    login: &mut Authenticated,
    expected: u32,
) -> Result<BytesMut, AuthError>
where
    C: AsyncWrite + Unpin,
    S: AsyncRead + Unpin,
{
    loop {
        let frame = next_frame(&mut login.server_buffer, MAX_SERVER_FRAME).map_err(|error| {
            server_lost(&format!("unexpected message from the server: {error}"))
        })?;
        let Some(mut frame) = frame else {
            match server.read_buf(&mut login.server_buffer).await {
                Ok(0) => return Err(server_lost("server closed the connection unexpectedly")),
                Err(error) => return Err(server_lost(&error.to_string())),
                Ok(_) => continue,
            }
        };
        match frame.first() {
            Some(b'R') => {
                let mut body = frame.split_off(HEADER_BYTES);
                if body
                    .split_first_chunk()
                    .map(|(kind, _)| u32::from_be_bytes(*kind))
                    != Some(expected)
                {
                    return Err(server_lost(
                        "unexpected authentication message from the server",
                    ));
                }
                return Ok(body.split_off(4));
            }
            Some(tag @ (b'E' | b'N')) => {
                let refused = *tag == b'E';
                client
                    .write_all(&frame)
                    .await
                    .map_err(AuthError::ClientIo)?;
                client.flush().await.map_err(AuthError::ClientIo)?;
                if refused {
                    return Err(AuthError::ServerRefused);
                }
            }
            _ => return Err(server_lost("unexpected message from the server")),
        }
    }
}
