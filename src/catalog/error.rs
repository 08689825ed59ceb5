//! Why the catalogs could not be read.

use crate::error::{Origin, Report, SqlState};
use crate::upstream::DbError;

#[derive(Debug, thiserror::Error)]
pub enum CatalogError {
    #[error(transparent)]
    Db(#[from] DbError),
    /// A query of this module answered with something it does not understand.
    #[error("unexpected catalog row: {0}")]
    Row(#[from] serde_json::Error),
    #[error("PostgreSQL {} is too old", .0 / 10_000)]
    OldServer(u32),
    /// The server printed a text that does not have the form it should.
    #[error("unexpected definition of {object}: {text}")]
    Text { object: String, text: String },
}

impl Report for CatalogError {
    fn sqlstate(&self) -> SqlState {
        match self {
            Self::Db(error) => error.sqlstate(),
            Self::OldServer(_) => SqlState::FEATURE_NOT_SUPPORTED,
            Self::Row(_) | Self::Text { .. } => SqlState::INTERNAL_ERROR,
        }
    }
    fn detail(&self) -> Option<String> {
        match self {
            Self::Db(error) => error.detail(),
            _ => None,
        }
    }
    fn hint(&self) -> Option<String> {
        match self {
            Self::Db(error) => error.hint(),
            Self::OldServer(_) => Some("Versioning needs PostgreSQL 14 or newer.".to_owned()),
            Self::Row(_) | Self::Text { .. } => None,
        }
    }
    fn origin(&self) -> Origin {
        match self {
            Self::Db(error) => error.origin(),
            Self::OldServer(_) => Origin::Upstream,
            Self::Row(_) | Self::Text { .. } => Origin::Internal,
        }
    }
}
