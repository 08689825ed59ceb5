//! Why a session ends before the client says goodbye.

use crate::error::{ErrorReport, Origin, SqlState};
use crate::wire::frame::FrameError;

#[derive(Clone, Debug, thiserror::Error)]
pub enum Fault {
    #[error("the client went away")]
    ClientGone,
    #[error("the server went away")]
    ServerGone,
    #[error("the client broke the protocol: {0}")]
    Client(FrameError),
    #[error("the server broke the protocol: {0}")]
    Server(FrameError),
    #[error("unexpected message of type {:?} from the server", char::from(*.0))]
    Unexpected(u8),
    #[error("the proxy shuts down")]
    Shutdown,
}

impl Fault {
    /// The FATAL error that the client gets, where there is one to send.
    pub fn report(&self) -> Option<ErrorReport> {
        match self {
            Self::ClientGone => None,
            Self::ServerGone | Self::Server(_) | Self::Unexpected(_) => Some(
                ErrorReport::new(
                    SqlState::CONNECTION_FAILURE,
                    "the connection to the server was lost",
                )
                .with_origin(Origin::Upstream),
            ),
            Self::Client(error) => Some(ErrorReport::new(
                SqlState::PROTOCOL_VIOLATION,
                error.to_string(),
            )),
            Self::Shutdown => Some(
                ErrorReport::new(
                    SqlState::ADMIN_SHUTDOWN,
                    "terminating connection due to administrator command",
                )
                .with_origin(Origin::Internal),
            ),
        }
    }
}
