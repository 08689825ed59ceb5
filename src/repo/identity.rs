//! Who acts, as commits and audit records name them.

/// The session on whose behalf something is done.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Identity {
    /// The server's `session_user`: the role that logged in, unless it has taken on another's authorization.
    pub role: String,
    /// `application_name` at the time, empty if never set.
    pub application: String,
    /// The client's address and port, as a person reads it.
    pub address: String,
}
