//! Errors as PostgreSQL reports them: an SQLSTATE, a message, DETAIL and HINT where they help.
//!
//! Each layer has its own error enum; what a client may see of it goes through [`Report`].

use std::fmt;

/// A five-character SQLSTATE (PostgreSQL documentation, appendix A).
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct SqlState(pub [u8; 5]);

impl SqlState {
    pub const SUCCESSFUL_COMPLETION: Self = Self(*b"00000");
    pub const WARNING: Self = Self(*b"01000");
    pub const CONNECTION_FAILURE: Self = Self(*b"08006");
    pub const PROTOCOL_VIOLATION: Self = Self(*b"08P01");
    pub const FEATURE_NOT_SUPPORTED: Self = Self(*b"0A000");
    pub const INVALID_PARAMETER_VALUE: Self = Self(*b"22023");
    pub const CHARACTER_NOT_IN_REPERTOIRE: Self = Self(*b"22021");
    pub const UNIQUE_VIOLATION: Self = Self(*b"23505");
    pub const NOT_NULL_VIOLATION: Self = Self(*b"23502");
    pub const FOREIGN_KEY_VIOLATION: Self = Self(*b"23503");
    pub const CHECK_VIOLATION: Self = Self(*b"23514");
    pub const ACTIVE_SQL_TRANSACTION: Self = Self(*b"25001");
    pub const IN_FAILED_SQL_TRANSACTION: Self = Self(*b"25P02");
    pub const INVALID_SQL_STATEMENT_NAME: Self = Self(*b"26000");
    pub const INVALID_AUTHORIZATION: Self = Self(*b"28000");
    pub const DEPENDENT_OBJECTS_STILL_EXIST: Self = Self(*b"2BP01");
    /// Unknown branch or ref: to a client, a branch is a database of its own.
    pub const INVALID_CATALOG_NAME: Self = Self(*b"3D000");
    pub const SERIALIZATION_FAILURE: Self = Self(*b"40001");
    pub const DEADLOCK_DETECTED: Self = Self(*b"40P01");
    pub const INSUFFICIENT_PRIVILEGE: Self = Self(*b"42501");
    pub const SYNTAX_ERROR: Self = Self(*b"42601");
    pub const INVALID_NAME: Self = Self(*b"42602");
    pub const NAME_TOO_LONG: Self = Self(*b"42622");
    pub const DUPLICATE_DATABASE: Self = Self(*b"42P04");
    pub const AMBIGUOUS_FUNCTION: Self = Self(*b"42725");
    pub const UNDEFINED_OBJECT: Self = Self(*b"42704");
    pub const DUPLICATE_OBJECT: Self = Self(*b"42710");
    pub const WRONG_OBJECT_TYPE: Self = Self(*b"42809");
    pub const OUT_OF_MEMORY: Self = Self(*b"53200");
    pub const TOO_MANY_CONNECTIONS: Self = Self(*b"53300");
    pub const PROGRAM_LIMIT_EXCEEDED: Self = Self(*b"54000");
    pub const STATEMENT_TOO_COMPLEX: Self = Self(*b"54001");
    pub const OBJECT_NOT_IN_PREREQUISITE_STATE: Self = Self(*b"55000");
    pub const OBJECT_IN_USE: Self = Self(*b"55006");
    pub const LOCK_NOT_AVAILABLE: Self = Self(*b"55P03");
    pub const QUERY_CANCELED: Self = Self(*b"57014");
    pub const ADMIN_SHUTDOWN: Self = Self(*b"57P01");
    pub const CANNOT_CONNECT_NOW: Self = Self(*b"57P03");
    pub const IO_ERROR: Self = Self(*b"58030");
    pub const UNDEFINED_FILE: Self = Self(*b"58P01");
    pub const INTERNAL_ERROR: Self = Self(*b"XX000");
    pub const DATA_CORRUPTED: Self = Self(*b"XX001");

    /// Reads a code as the server sent it; anything malformed becomes `XX000`.
    pub fn parse(code: &[u8]) -> Self {
        code.try_into().map_or(Self::INTERNAL_ERROR, Self)
    }

    pub fn as_str(&self) -> &str {
        std::str::from_utf8(&self.0).unwrap_or("XX000")
    }
}

impl fmt::Debug for SqlState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl fmt::Display for SqlState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// Where an error arose: a label in metrics and logs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Origin {
    /// The client sent something that cannot be honoured.
    Client,
    /// The server refused or failed.
    Upstream,
    /// The proxy itself failed.
    Internal,
}

/// What an error tells a client, in PostgreSQL's fields.
pub trait Report: std::error::Error {
    fn sqlstate(&self) -> SqlState;
    fn detail(&self) -> Option<String> {
        None
    }
    fn hint(&self) -> Option<String> {
        None
    }
    /// 1-based position in characters within the statement, field `P`.
    fn position(&self) -> Option<u32> {
        None
    }
    fn origin(&self) -> Origin {
        Origin::Client
    }

    /// The error as a plain value that can cross layers and be put on the wire.
    fn report(&self) -> ErrorReport {
        ErrorReport {
            sqlstate: self.sqlstate(),
            message: self.to_string(),
            detail: self.detail(),
            hint: self.hint(),
            position: self.position(),
            routine: None,
            origin: self.origin(),
        }
    }
}

/// A function of the server's by which drivers know an error of the proxy's for the server's own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Routine {
    RevalidateCachedQuery,
}

impl Routine {
    pub fn name(self) -> &'static str {
        match self {
            Self::RevalidateCachedQuery => "RevalidateCachedQuery",
        }
    }
}

/// An error ready for the wire.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ErrorReport {
    pub sqlstate: SqlState,
    pub message: String,
    pub detail: Option<String>,
    pub hint: Option<String>,
    pub position: Option<u32>,
    pub routine: Option<Routine>,
    pub origin: Origin,
}

impl ErrorReport {
    pub fn new(sqlstate: SqlState, message: impl Into<String>) -> Self {
        Self {
            sqlstate,
            message: message.into(),
            detail: None,
            hint: None,
            position: None,
            routine: None,
            origin: Origin::Client,
        }
    }

    #[must_use]
    pub fn with_detail(mut self, detail: impl Into<String>) -> Self {
        self.detail = Some(detail.into());
        self
    }

    #[must_use]
    pub fn with_hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }

    #[must_use]
    pub fn with_origin(mut self, origin: Origin) -> Self {
        self.origin = origin;
        self
    }
}

impl fmt::Display for ErrorReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for ErrorReport {}

impl Report for ErrorReport {
    fn sqlstate(&self) -> SqlState {
        self.sqlstate
    }
    fn detail(&self) -> Option<String> {
        self.detail.clone()
    }
    fn hint(&self) -> Option<String> {
        self.hint.clone()
    }
    fn position(&self) -> Option<u32> {
        self.position
    }
    fn origin(&self) -> Origin {
        self.origin
    }
}
