//! Authentication, relayed: frames pass between client and server until the server is ready for a query.
//!
//! The proxy takes no decision: whoever gets in has been let in by the server. It reads along for what the session will
//! need, and steps in at two places: where a client's TLS ends here, with a certificate other than the server's, SCRAM
//! does ([`termination`]), or if it cannot, channel binding is hidden; and a branch that does not exist is refused once the
//! client has shown who it is.

mod scram;
mod termination;
mod verifiers;

pub use termination::{Stored, Termination, Verifiers};
pub use verifiers::{RoleCatalog, RoleVerifier};

use crate::branch::SearchPath;
use crate::error::{ErrorReport, Origin, SqlState};
use crate::telemetry::metrics::Rejection;
use crate::wire::frame::{self, FrameError, HEADER_BYTES};
use bytes::{Buf, BytesMut};
use std::collections::BTreeMap;
use std::io;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use zeroize::Zeroize;

/// `PG_MAX_AUTH_TOKEN_LENGTH` (`src/include/libpq/auth.h`), and a header.
const MAX_CLIENT_FRAME: usize = 65_535 + HEADER_BYTES;

/// No frame of a server that starts a session is nearly as long.
const MAX_SERVER_FRAME: usize = 1 << 20;

/// What a server says at the start of a session takes no more, as a rule.
const WELCOME_BYTES: usize = 1024;

const AUTHENTICATION_OK: u32 = 0;
const AUTHENTICATION_SASL: u32 = 10;

const SCRAM: &[u8] = scram::MECHANISM.as_bytes();
const SCRAM_PLUS: &[u8] = scram::MECHANISM_PLUS.as_bytes();

/// What login knows before authentication begins.
#[derive(Debug)]
pub struct Terms {
    /// The hops present the same certificate, so that a client can bind to the server's.
    pub same_certificate: bool,
    /// Both hops are encrypted: a client that looks for channel binding and does not find it says
    /// so, and the server takes that for an attack.
    pub both_encrypted: bool,
    /// How SCRAM is ended in the proxy; `None` where it is relayed.
    pub termination: Option<Termination>,
    /// What to tell the client in place of a session, once it has authenticated itself.
    pub refusal: Option<ErrorReport>,
    /// What the client is to see where the server reports its `search_path`.
    pub logical_search_path: Option<SearchPath>,
}

/// A server that is ready for a query, and what it has said on the way.
#[derive(Debug, Default)]
pub struct Authenticated {
    /// Read from the client and not used: messages it sent ahead.
    pub client_buffer: BytesMut,
    /// Read from the server and not sent on.
    pub server_buffer: BytesMut,
    pub parameters: BTreeMap<String, String>,
    /// The body of BackendKeyData.
    pub key: Option<Vec<u8>>,
}

/// How authentication can end otherwise.
#[derive(Debug, thiserror::Error)]
pub enum AuthError {
    /// The server's own error is with the client already; there must not be a second.
    #[error("the server refused the login")]
    ServerRefused,
    #[error("the client left")]
    ClientLeft,
    /// The client is to be told.
    #[error("{1}")]
    Refused(Rejection, ErrorReport),
    #[error("the connection to the client failed: {0}")]
    ClientIo(io::Error),
}

/// Relays until ReadyForQuery, which is sent on. The startup packet is with the server already.
pub async fn relay<C, S>(
    client: &mut C,
    server: &mut S,
    terms: &Terms,
) -> Result<Authenticated, AuthError>
where
    C: AsyncRead + AsyncWrite + Unpin,
    S: AsyncRead + AsyncWrite + Unpin,
{
    let mut login = Authenticated {
        server_buffer: BytesMut::with_capacity(WELCOME_BYTES),
        ..Authenticated::default()
    };
    let mut out = BytesMut::new();
    // The server has offered channel binding, and the client has not been told.
    let mut binding_hidden = false;
    // A frame that is no answer to the server: the client is ahead, and is not read any further.
    let mut ahead = false;
    loop {
        let step = read_server(&mut login, &mut out, terms, &mut binding_hidden);
        send(client, &mut out).await?;
        match step? {
            Step::Ready => return Ok(login),
            Step::ServerRefused => return Err(AuthError::ServerRefused),
            Step::Scram(termination, offer) => {
                let verifier = match termination.verifiers.stored().await {
                    Stored::Verifier(verifier) => Some(verifier),
                    Stored::Nothing => None,
                    Stored::Unreadable => {
                        binding_hidden = mechanisms(&offer).contains(&SCRAM_PLUS);
                        out.unsplit(without_binding(&mechanisms(&offer)));
                        send(client, &mut out).await?;
                        continue;
                    }
                };
                let binding_offered = mechanisms(&offer).contains(&SCRAM_PLUS);
                termination::run(
                    client,
                    server,
                    &mut login,
                    termination,
                    binding_offered,
                    verifier,
                )
                .await?;
                continue;
            }
            Step::More => {}
        }
        tokio::select! {
            read = server.read_buf(&mut login.server_buffer) => match read {
                Ok(0) => return Err(server_lost("server closed the connection unexpectedly")),
                Err(error) => return Err(server_lost(&error.to_string())),
                Ok(_) => {}
            },
            read = client.read_buf(&mut login.client_buffer), if !ahead => {
                if read.map_err(AuthError::ClientIo)? == 0 {
                    return Err(AuthError::ClientLeft);
                }
                let mut answers = BytesMut::new();
                ahead = read_client(&mut login.client_buffer, &mut answers, binding_hidden && terms.both_encrypted)?;
                let sent = async { server.write_all(&answers).await?; server.flush().await }.await;
                // It may have been a password.
                answers.as_mut().zeroize();
                sent.map_err(|error| server_lost(&error.to_string()))?;
            }
        }
    }
}

/// Sends what is for the client, and empties the buffer.
async fn send<C: AsyncWrite + Unpin>(client: &mut C, out: &mut BytesMut) -> Result<(), AuthError> {
    client.write_all(out).await.map_err(AuthError::ClientIo)?;
    client.flush().await.map_err(AuthError::ClientIo)?;
    out.clear();
    Ok(())
}

enum Step<'a> {
    More,
    Ready,
    ServerRefused,
    /// The server asks for SCRAM with one of these mechanisms, and the client has not been told.
    Scram(&'a Termination, Vec<u8>),
}

/// Moves the server's complete frames from its buffer to `out`.
fn read_server<'a>(
    login: &mut Authenticated,
    out: &mut BytesMut,
    terms: &'a Terms,
    binding_hidden: &mut bool,
) -> Result<Step<'a>, AuthError> {
    while let Some(mut frame) = next_frame(&mut login.server_buffer, MAX_SERVER_FRAME)
        .map_err(|error| server_lost(&format!("unexpected message from the server: {error}")))?
    {
        let tag = frame.first().copied();
        let body = frame.get(HEADER_BYTES..).unwrap_or_default();
        match tag {
            Some(b'R') => match body
                .split_first_chunk()
                .map(|(kind, rest)| (u32::from_be_bytes(*kind), rest))
            {
                Some((AUTHENTICATION_SASL, list)) if !terms.same_certificate => {
                    let mechanisms = mechanisms(list);
                    if let Some(termination) = &terms.termination
                        && mechanisms.contains(&SCRAM)
                    {
                        return Ok(Step::Scram(termination, list.to_vec()));
                    }
                    if mechanisms.contains(&SCRAM_PLUS) {
                        *binding_hidden = true;
                        frame = without_binding(&mechanisms);
                    }
                }
                Some((AUTHENTICATION_OK, _)) => {
                    if let Some(refusal) = &terms.refusal {
                        out.unsplit(frame);
                        return Err(AuthError::Refused(
                            Rejection::UnknownBranch,
                            refusal.clone(),
                        ));
                    }
                }
                _ => {}
            },
            Some(b'S') => {
                if let Some((name, value)) = parameter_status(body) {
                    let text = |bytes| String::from_utf8_lossy(bytes).into_owned();
                    login.parameters.insert(text(name), text(value));
                    if let (b"search_path", Some(logical)) = (name, &terms.logical_search_path) {
                        frame = search_path_status(logical);
                    }
                }
            }
            Some(b'K') => login.key = Some(body.to_vec()),
            _ => {}
        }
        out.unsplit(frame);
        match tag {
            Some(b'Z') => return Ok(Step::Ready),
            Some(b'E') => return Ok(Step::ServerRefused),
            _ => {}
        }
    }
    Ok(Step::More)
}

/// Moves the client's answers from its buffer to `out`. True if something else is next.
fn read_client(
    buffer: &mut BytesMut,
    out: &mut BytesMut,
    binding_missed: bool,
) -> Result<bool, AuthError> {
    let refused = |error: &FrameError| {
        let report = ErrorReport::new(SqlState::PROTOCOL_VIOLATION, error.to_string());
        AuthError::Refused(Rejection::Protocol, report)
    };
    loop {
        match buffer.first() {
            None => return Ok(false),
            Some(b'p') => {}
            Some(b'X') => return Err(AuthError::ClientLeft),
            Some(_) => return Ok(true),
        }
        let Some(frame) = next_frame(buffer, MAX_CLIENT_FRAME).map_err(|error| refused(&error))?
        else {
            return Ok(false);
        };
        if binding_missed && expects_binding(frame.get(HEADER_BYTES..).unwrap_or_default()) {
            return Err(AuthError::Refused(
                Rejection::Authentication,
                ErrorReport::new(
                    SqlState::INVALID_AUTHORIZATION,
                    "SCRAM channel binding is not possible through the proxy",
                )
                .with_detail("Both the client's and the server's connection use TLS, with different certificates.")
                .with_hint("Connect with channel_binding=disable."),
            ));
        }
        out.unsplit(frame);
    }
}

/// Splits off the first frame once it is complete.
fn next_frame(buffer: &mut BytesMut, limit: usize) -> Result<Option<BytesMut>, FrameError> {
    let Some(header) = frame::header(buffer)? else {
        return Ok(None);
    };
    if header.len > limit {
        return Err(FrameError::Length);
    }
    Ok((buffer.len() >= header.len).then(|| buffer.split_to(header.len)))
}

/// The names in an AuthenticationSASL, up to the empty one that ends them.
fn mechanisms(list: &[u8]) -> Vec<&[u8]> {
    list.split(|byte| *byte == 0)
        .take_while(|name| !name.is_empty())
        .collect()
}

fn without_binding(mechanisms: &[&[u8]]) -> BytesMut {
    let mut frame = BytesMut::new();
    frame::put(&mut frame, b'R', |body| {
        body.extend_from_slice(&AUTHENTICATION_SASL.to_be_bytes());
        for mechanism in mechanisms.iter().filter(|name| **name != SCRAM_PLUS) {
            frame::put_cstr(body, mechanism);
        }
        body.extend_from_slice(&[0]);
    });
    frame
}

/// Whether a SASLInitialResponse says `y`: the client can bind, and believes that the server cannot
/// (RFC 5802, section 6).
fn expects_binding(body: &[u8]) -> bool {
    let Some(end) = memchr::memchr(0, body) else {
        return false;
    };
    let (mechanism, mut rest) = body.split_at(end);
    rest.advance(1);
    // A length, then the data.
    mechanism == b"SCRAM-SHA-256" && rest.get(4..6) == Some(b"y,")
}

fn parameter_status(body: &[u8]) -> Option<(&[u8], &[u8])> {
    let (name, rest) = frame::take_cstr(body).ok()?;
    let (value, _) = frame::take_cstr(rest).ok()?;
    Some((name, value))
}

fn search_path_status(logical: &SearchPath) -> BytesMut {
    let mut frame = BytesMut::new();
    frame::put(&mut frame, b'S', |body| {
        frame::put_cstr(body, b"search_path");
        frame::put_cstr(body, logical.to_string().as_bytes());
    });
    frame
}

fn server_lost(message: &str) -> AuthError {
    AuthError::Refused(
        Rejection::Upstream,
        ErrorReport::new(SqlState::CONNECTION_FAILURE, message).with_origin(Origin::Upstream),
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use tokio::io::{DuplexStream, duplex};

    fn terms() -> Terms {
        Terms {
            same_certificate: false,
            both_encrypted: true,
            termination: None,
            refusal: None,
            logical_search_path: None,
        }
    }

    fn message(tag: u8, body: &[u8]) -> Vec<u8> {
        let mut out = BytesMut::new();
        frame::put(&mut out, tag, |to| to.extend_from_slice(body));
        out.to_vec()
    }

    fn authentication(kind: u32, rest: &[u8]) -> Vec<u8> {
        message(b'R', &[&kind.to_be_bytes()[..], rest].concat())
    }

    /// A relay in the middle of two pipes, whose far ends are returned.
    fn between(
        terms: Terms,
    ) -> (
        DuplexStream,
        DuplexStream,
        tokio::task::JoinHandle<Result<Authenticated, AuthError>>,
    ) {
        let (client, mut client_hop) = duplex(1 << 16);
        let (server, mut server_hop) = duplex(1 << 16);
        let relay =
            tokio::spawn(async move { relay(&mut client_hop, &mut server_hop, &terms).await });
        (client, server, relay)
    }

    async fn read(from: &mut DuplexStream, bytes: usize) -> Vec<u8> {
        let mut read = vec![0; bytes];
        from.read_exact(&mut read).await.unwrap();
        read
    }

    #[tokio::test]
    async fn a_login_passes_and_is_read_along() {
        let (mut client, mut server, relay) = between(terms());
        let challenge = authentication(3, b"");
        server.write_all(&challenge).await.unwrap();
        assert_eq!(read(&mut client, challenge.len()).await, challenge);
        let password = message(b'p', b"secret\0");
        client.write_all(&password).await.unwrap();
        assert_eq!(read(&mut server, password.len()).await, password);
        let welcome = [
            authentication(0, b""),
            message(b'S', b"client_encoding\0UTF8\0"),
            message(b'K', &[0, 0, 0, 1, 9, 9, 9, 9]),
            message(b'Z', b"I"),
        ]
        .concat();
        server.write_all(&welcome).await.unwrap();
        assert_eq!(read(&mut client, welcome.len()).await, welcome);
        let login = relay.await.unwrap().unwrap();
        assert_eq!(login.parameters["client_encoding"], "UTF8");
        assert_eq!(login.key.as_deref(), Some(&[0, 0, 0, 1, 9, 9, 9, 9][..]));
    }

    #[tokio::test]
    async fn what_the_client_sends_ahead_is_kept_for_the_session() {
        let (mut client, mut server, relay) = between(terms());
        let ahead = message(b'Q', b"SELECT 1\0");
        let password = message(b'p', b"secret\0");
        client
            .write_all(&[&password[..], &ahead].concat())
            .await
            .unwrap();
        assert_eq!(read(&mut server, password.len()).await, password);
        server.write_all(&message(b'Z', b"I")).await.unwrap();
        assert_eq!(relay.await.unwrap().unwrap().client_buffer, ahead);
    }

    #[tokio::test]
    async fn channel_binding_is_hidden_and_a_client_that_misses_it_is_told() {
        let (mut client, mut server, relay) = between(terms());
        let offer = authentication(10, b"SCRAM-SHA-256-PLUS\0SCRAM-SHA-256\0\0");
        server.write_all(&offer).await.unwrap();
        let stripped = authentication(10, b"SCRAM-SHA-256\0\0");
        assert_eq!(read(&mut client, stripped.len()).await, stripped);
        let response = message(b'p', b"SCRAM-SHA-256\0\0\0\0\x09y,,n=,r=x");
        client.write_all(&response).await.unwrap();
        match relay.await.unwrap() {
            Err(AuthError::Refused(Rejection::Authentication, report)) => {
                assert!(report.hint.unwrap().contains("channel_binding=disable"));
            }
            other => panic!("{other:?}"),
        }
    }

    #[tokio::test]
    async fn channel_binding_is_offered_where_both_hops_have_one_certificate() {
        let (mut client, mut server, _relay) = between(Terms {
            same_certificate: true,
            ..terms()
        });
        let offer = authentication(10, b"SCRAM-SHA-256-PLUS\0SCRAM-SHA-256\0\0");
        server.write_all(&offer).await.unwrap();
        assert_eq!(read(&mut client, offer.len()).await, offer);
    }

    #[tokio::test]
    async fn an_unknown_branch_is_refused_only_after_authentication() {
        let refusal = ErrorReport::new(SqlState::INVALID_CATALOG_NAME, "no such branch");
        let (mut client, mut server, relay) = between(Terms {
            refusal: Some(refusal.clone()),
            ..terms()
        });
        let challenge = authentication(3, b"");
        server.write_all(&challenge).await.unwrap();
        assert_eq!(read(&mut client, challenge.len()).await, challenge);
        server.write_all(&authentication(0, b"")).await.unwrap();
        match relay.await.unwrap() {
            Err(AuthError::Refused(Rejection::UnknownBranch, report)) => {
                assert_eq!(report, refusal);
            }
            other => panic!("{other:?}"),
        }
        // The client learns that it is in before it learns that there is no such branch.
        assert_eq!(read(&mut client, 9).await, authentication(0, b""));
    }

    #[tokio::test]
    async fn the_servers_refusal_is_sent_on_and_is_the_last_word() {
        let (mut client, mut server, relay) = between(terms());
        let error = message(b'E', b"SFATAL\0C28P01\0Mno\0\0");
        server.write_all(&error).await.unwrap();
        drop(server);
        assert_eq!(read(&mut client, error.len()).await, error);
        assert!(matches!(
            relay.await.unwrap(),
            Err(AuthError::ServerRefused)
        ));
        assert_eq!(client.read(&mut [0]).await.unwrap(), 0);
    }

    #[tokio::test]
    async fn a_physical_search_path_is_reported_as_the_logical_one() {
        let (mut client, mut server, _relay) = between(Terms {
            logical_search_path: SearchPath::parse("app,public"),
            ..terms()
        });
        server
            .write_all(&message(
                b'S',
                b"search_path\0\"app@feature\", \"public@feature\"\0",
            ))
            .await
            .unwrap();
        let reported = message(b'S', b"search_path\0app,public\0");
        assert_eq!(read(&mut client, reported.len()).await, reported);
    }

    #[tokio::test]
    async fn an_answer_longer_than_any_token_is_refused() {
        let (mut client, _server, relay) = between(terms());
        client.write_all(&[b'p', 0, 1, 0, 4]).await.unwrap();
        assert!(matches!(
            relay.await.unwrap(),
            Err(AuthError::Refused(Rejection::Protocol, _))
        ));
    }

    proptest! {
        #[test]
        fn no_byte_string_makes_it_panic(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
            let mut login = Authenticated {
                server_buffer: BytesMut::from(&bytes[..]),
                ..Authenticated::default()
            };
            let _ = read_server(&mut login, &mut BytesMut::new(), &terms(), &mut false);
            let _ = read_client(&mut BytesMut::from(&bytes[..]), &mut BytesMut::new(), true);
            let _ = expects_binding(&bytes);
        }
    }
}
