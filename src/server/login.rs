//! One connection, from the accepted socket to the session that it becomes.

use super::Server;
use super::arrival::{Arrival, ArrivalError, Client, receive};
use super::auth::{self, AuthError, Authenticated, RoleVerifier, Termination, Terms};
use super::certificate::{common_name, tls_server_end_point};
use super::listener::{Peer, Socket};
use super::proxy_protocol::{self, HeaderError};
use super::target::{Target, resolve};
use crate::branch::SearchPath;
use crate::error::{ErrorReport, Origin, SqlState};
use crate::repo::Identity;
use crate::session::{Buffers, Start, start::Cancel};
use crate::telemetry::metrics::Rejection;
use crate::upstream::CancelTarget;
use crate::wire::Stream;
use crate::wire::error_response;
use bytes::{Bytes, BytesMut};
use futures::future::BoxFuture;
use rustls::pki_types::CertificateDer;
use std::io;
use std::sync::Arc;
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::sync::OwnedSemaphorePermit;
use tracing::{Instrument, Span, debug, info, warn};

/// How long a client that was refused may take to hang up.
const FAREWELL: Duration = Duration::from_secs(2);

/// Serves one connection to its end. What is logged belongs to `span`.
pub async fn serve(
    server: Arc<Server>,
    socket: Socket,
    peer: Peer,
    session_id: u64,
    buffers: Arc<Buffers>,
    span: Span,
) {
    let _open = server.context.metrics.connection_opened();
    // In a box, so that its room is not kept for the life of the session.
    let login = log_in_unless_aborted(&server, socket, peer, session_id, buffers);
    let ready = Box::pin(login.instrument(span.clone())).await;
    let begins = |what| span.in_scope(|| info!("{what} begins"));
    let ended = |what| span.in_scope(|| info!("{what} ended"));
    match ready {
        Some(Ready::Session(start, _slot)) => {
            begins("session");
            crate::session::run(*start).await;
            ended("session");
        }
        Some(Ready::Replication(client, upstream, _slot)) => {
            begins("replication session");
            let copy = copy_both(client, upstream).instrument(span.clone());
            tokio::select! {
                () = Box::pin(copy) => {}
                () = server.shutdown.abort.cancelled() => {}
            }
            ended("replication session");
        }
        None => {}
    }
}

/// Logs a client in, as long as that may take.
async fn log_in_unless_aborted(
    server: &Arc<Server>,
    socket: Socket,
    peer: Peer,
    session_id: u64,
    buffers: Arc<Buffers>,
) -> Option<Ready> {
    let stream = match socket.into_stream(&server.tcp) {
        Ok(stream) => stream,
        Err(error) => {
            debug!(%error, "the client is gone");
            return None;
        }
    };
    let login = login(server, stream, peer, session_id, buffers);
    let outcome = tokio::select! {
        outcome = tokio::time::timeout(server.login_timeout, login) => outcome,
        () = server.shutdown.abort.cancelled() => return None,
    };
    outcome.unwrap_or_else(|_| {
        info!("login timed out");
        server
            .context
            .metrics
            .connection_rejected(Rejection::LoginTimeout);
        None
    })
}

/// A client that is logged in, holding its place among the sessions that are allowed.
enum Ready {
    Session(Box<Start>, OwnedSemaphorePermit),
    Replication(Stream, Stream, OwnedSemaphorePermit),
}

/// Logs a client in. `None` if there is nothing left to do for it.
async fn login(
    server: &Arc<Server>,
    mut stream: Stream,
    peer: Peer,
    session_id: u64,
    buffers: Arc<Buffers>,
) -> Option<Ready> {
    let peer = match announced(server, &mut stream, peer).await {
        Ok(Some(peer)) => peer,
        Ok(None) => {
            debug!(%peer, "connected and left");
            return None;
        }
        Err(error) => {
            debug!(%peer, %error, "not announced");
            if !matches!(error, HeaderError::Io(_)) {
                let report = ErrorReport::new(SqlState::PROTOCOL_VIOLATION, error.to_string());
                refuse(server, stream, Rejection::Protocol, &report).await;
            }
            return None;
        }
    };
    Span::current().record("peer", peer.to_string());
    match receive(stream, server.tls.as_deref()).await {
        Ok(Arrival::Session(client)) => {
            Login {
                server,
                peer,
                session_id,
                buffers,
            }
            .run(*client)
            .await
        }
        Ok(Arrival::Cancel(packet)) => {
            // Never answered, and not subject to any limit: it ends something.
            if server.context.waits.cancel(&packet) {
                return None;
            }
            let target = CancelTarget::from_packet(Arc::clone(&server.connector), packet);
            if let Err(error) = target.cancel().await {
                debug!(%error, "a cancel request did not reach the server");
            }
            None
        }
        Ok(Arrival::Gone) => {
            debug!("connected and left");
            None
        }
        Err(ArrivalError::Io(error)) => {
            debug!(%error, "the client left during startup");
            None
        }
        Err(ArrivalError::Tls(error)) => {
            info!(%error, "TLS handshake failed");
            server.context.metrics.connection_rejected(Rejection::Tls);
            None
        }
        Err(ArrivalError::Refused(stream, reason, report)) => {
            refuse(server, *stream, reason, &report).await;
            None
        }
    }
}

/// Whom a connection is from, which is for the one before this proxy to say where there is one.
async fn announced(
    server: &Server,
    stream: &mut Stream,
    peer: Peer,
) -> Result<Option<Peer>, HeaderError> {
    if proxy_protocol::is_expected(&server.announcing, peer) {
        proxy_protocol::read(stream, peer).await
    } else {
        Ok(Some(peer))
    }
}

struct Login<'a> {
    server: &'a Arc<Server>,
    peer: Peer,
    session_id: u64,
    buffers: Arc<Buffers>,
}

impl Login<'_> {
    async fn run(self, client: Client) -> Option<Ready> {
        let Client {
            mut stream,
            certificate,
            packet,
        } = client;
        let role = String::from_utf8_lossy(packet.user()).into_owned();
        Span::current().record("role", &role);
        match self.open(&mut stream, certificate, packet, role).await {
            Ok(opened) => Some(self.ready(stream, opened)),
            Err(Failure::Refused(reason, report)) => {
                refuse(self.server, stream, reason, &report).await;
                None
            }
            Err(Failure::Quiet(reason)) => {
                if let Some(reason) = reason {
                    self.server.context.metrics.connection_rejected(reason);
                }
                farewell(stream).await;
                None
            }
        }
    }

    /// Finds the branch, connects to the server, authenticates.
    async fn open(
        &self,
        client: &mut Stream,
        certificate: Option<CertificateDer<'static>>,
        packet: crate::wire::startup::StartupPacket,
        role: String,
    ) -> Result<Opened, Failure> {
        let server = self.server;
        if server.shutdown.drain.is_cancelled() {
            return Err(Failure::Refused(
                Rejection::ShuttingDown,
                ErrorReport::new(
                    SqlState::CANNOT_CONNECT_NOW,
                    "the database system is shutting down",
                ),
            ));
        }
        let slot = Arc::clone(&server.slots).try_acquire_owned().map_err(|_| {
            Failure::Refused(
                Rejection::TooManyConnections,
                ErrorReport::new(
                    SqlState::TOO_MANY_CONNECTIONS,
                    "sorry, too many clients already",
                ),
            )
        })?;
        let certified = self.certified(client, &role)?;
        let identity = Identity {
            role,
            application: packet
                .setting("application_name")
                .map(|name| String::from_utf8_lossy(&name).into_owned())
                .unwrap_or_default(),
            address: self.peer.to_string(),
        };
        let replication = packet.is_replication();
        let target = if replication {
            Target {
                database_name: String::from_utf8_lossy(packet.database()).into_owned(),
                packet,
                versioned: None,
            }
        } else {
            resolve(&server.context.repo, packet)
                .await
                .map_err(|report| Failure::Refused(Rejection::Upstream, report))?
        };
        Span::current().record("database", &target.database_name);
        let versioned = target.versioned.as_ref();
        if let Some(versioned) = versioned {
            Span::current().record("branch", &versioned.branch);
        }

        let mut upstream = self.connect(&target, certified).await?;
        let same_certificate =
            certificate.is_some() && certificate.as_deref() == upstream.peer_certificate();
        let terms = Terms {
            same_certificate,
            both_encrypted: client.is_tls() && upstream.is_tls(),
            termination: certificate
                .filter(|_| !same_certificate)
                .and_then(|shown| self.termination(&target, &shown, &upstream)),
            refusal: versioned.and_then(|versioned| versioned.map.as_ref().err().cloned()),
            logical_search_path: versioned
                .filter(|versioned| versioned.map.as_ref().is_ok_and(|map| !map.is_main()))
                .map(|versioned| versioned.logical_search_path.clone()),
        };
        let authenticated = auth::relay(client, &mut upstream, &terms)
            .await
            .map_err(Failure::from)?;
        Ok(Opened {
            upstream,
            authenticated,
            target,
            identity,
            replication,
            slot,
        })
    }

    /// Whether the client has a certificate for `role`.
    fn certified(&self, client: &Stream, role: &str) -> Result<bool, Failure> {
        let Some(tls) = &self.server.tls else {
            return Ok(false);
        };
        let certified = client
            .peer_certificate()
            .and_then(common_name)
            .is_some_and(|name| tls.allows(&name, role));
        if !certified && tls.requires_certificates() {
            return Err(Failure::Refused(
                Rejection::Authentication,
                ErrorReport::new(
                    SqlState::INVALID_AUTHORIZATION,
                    format!("certificate authentication failed for user \"{role}\""),
                ),
            ));
        }
        Ok(certified)
    }

    /// How SCRAM is ended here for a client that has been shown a certificate. `None` for a role whose name is in no encoding
    /// that the proxy could look it up in.
    fn termination(
        &self,
        target: &Target,
        shown: &CertificateDer<'_>,
        upstream: &Stream,
    ) -> Option<Termination> {
        Some(Termination {
            verifiers: Arc::new(RoleVerifier {
                catalog: Arc::clone(&self.server.roles),
                role: std::str::from_utf8(target.packet.user()).ok()?.to_owned(),
                database: target.database_name.clone(),
            }),
            client_end_point: tls_server_end_point(shown),
            server_end_point: upstream.peer_certificate().and_then(tls_server_end_point),
        })
    }

    /// A connection that has had the startup packet; for a client who is `certified`, with the proxy's certificate.
    async fn connect(&self, target: &Target, certified: bool) -> Result<Stream, Failure> {
        let connector = &self.server.connector;
        let connected = if certified {
            connector.connect_certified().await
        } else {
            connector.connect().await
        };
        let mut upstream = connected.map_err(|error| {
            warn!(%error, "cannot connect to the server");
            upstream_failure("could not connect to the server")
        })?;
        let sent = async {
            upstream.write_all(&target.packet.encode()).await?;
            upstream.flush().await
        };
        sent.await.map_err(|_: io::Error| {
            upstream_failure("server closed the connection unexpectedly")
        })?;
        Ok(upstream)
    }

    fn ready(self, client: Stream, opened: Opened) -> Ready {
        let Opened {
            upstream,
            authenticated,
            target,
            identity,
            replication,
            slot,
        } = opened;
        if replication {
            return Ready::Replication(client, upstream, slot);
        }
        let Authenticated {
            client_buffer,
            server_buffer,
            parameters,
            key,
        } = authenticated;
        let (database, map, logical_search_path) = match target.versioned {
            Some(versioned) => (
                Some(versioned.database),
                versioned.map.ok(),
                versioned.logical_search_path,
            ),
            None => (None, None, SearchPath::default()),
        };
        Ready::Session(
            Box::new(Start {
                client,
                server: upstream,
                client_buffer,
                server_buffer,
                context: Arc::clone(&self.server.context),
                session_id: self.session_id,
                identity,
                database_name: target.database_name,
                database,
                map,
                logical_search_path,
                parameters,
                cancel: Arc::new(CancelTarget::new(
                    Arc::clone(&self.server.connector),
                    key.as_deref(),
                )),
                phase: self.server.phase.subscribe(),
                buffers: self.buffers,
                span: Span::current(),
            }),
            slot,
        )
    }
}

/// Both hops are open and authenticated.
struct Opened {
    upstream: Stream,
    authenticated: Authenticated,
    target: Target,
    identity: Identity,
    replication: bool,
    slot: OwnedSemaphorePermit,
}

/// Why there will be no session.
enum Failure {
    /// The client is to be told.
    Refused(Rejection, ErrorReport),
    /// The client knows, or has left.
    Quiet(Option<Rejection>),
}

impl From<AuthError> for Failure {
    fn from(error: AuthError) -> Self {
        match error {
            AuthError::Refused(reason, report) => Self::Refused(reason, report),
            AuthError::ServerRefused => {
                info!("the server refused the login");
                Self::Quiet(Some(Rejection::Authentication))
            }
            AuthError::ClientLeft | AuthError::ClientIo(_) => {
                debug!(%error, "the client left during authentication");
                Self::Quiet(None)
            }
        }
    }
}

fn upstream_failure(message: &str) -> Failure {
    Failure::Refused(
        Rejection::Upstream,
        ErrorReport::new(SqlState::CONNECTION_FAILURE, message).with_origin(Origin::Upstream),
    )
}

impl Cancel for CancelTarget {
    fn cancel(&self) -> BoxFuture<'_, ()> {
        Box::pin(async move {
            if let Err(error) = Self::cancel(self).await {
                debug!(%error, "a cancel request did not reach the server");
            }
        })
    }

    fn packet(&self) -> Bytes {
        Self::packet(self).clone()
    }
}

/// Tells a client why it is turned away.
async fn refuse(server: &Server, mut stream: Stream, reason: Rejection, report: &ErrorReport) {
    info!(
        sqlstate = report.sqlstate.as_str(),
        "refused: {}", report.message
    );
    server.context.metrics.connection_rejected(reason);
    server.context.metrics.error(report.origin);
    let mut message = BytesMut::new();
    error_response::error(&mut message, "FATAL", report);
    if stream.write_all(&message).await.is_ok() {
        farewell(stream).await;
    }
}

/// Closes a connection without losing what was sent last: a socket that is closed with unread input
/// resets the connection, and the client might never see the error.
async fn farewell(mut stream: Stream) {
    let goodbye = async {
        stream.shutdown().await?;
        let mut rest = [0; 1024];
        while stream.read(&mut rest).await? > 0 {}
        Ok::<_, io::Error>(())
    };
    let _ = tokio::time::timeout(FAREWELL, goodbye).await;
}

/// A replication connection is copied as it is.
async fn copy_both(mut client: Stream, mut upstream: Stream) {
    if let Err(error) = tokio::io::copy_bidirectional(&mut client, &mut upstream).await {
        debug!(%error, "a replication session broke");
    }
}
