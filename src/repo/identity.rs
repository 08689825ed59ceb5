//! Who acts, as commits and audit records name them.

/// The session on whose behalf something is done.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Identity {
    /// The role that logged in (`session_user`).
    pub role: String,
    /// `application_name` at the time, empty if never set.
    pub application: String,
    /// The client's address and port, as a person reads it.
    pub address: String,
}
