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
    /// The server printed a text that does not have the form it should.
    #[error("unexpected definition of {object}: {text}")]
    Text { object: String, text: String },
}

impl Report for CatalogError {
    fn sqlstate(&self) -> SqlState {
        match self {
            Self::Db(error) => error.sqlstate(),
            Self::Row(_) | Self::Text { .. } => SqlState::INTERNAL_ERROR,
        }
    }
    fn detail(&self) -> Option<String> {
        match self {
            Self::Db(error) => error.detail(),
            Self::Row(_) | Self::Text { .. } => None,
        }
    }
    fn hint(&self) -> Option<String> {
        match self {
            Self::Db(error) => error.hint(),
            Self::Row(_) | Self::Text { .. } => None,
        }
    }
    fn origin(&self) -> Origin {
        match self {
            Self::Db(error) => error.origin(),
            Self::Row(_) | Self::Text { .. } => Origin::Internal,
        }
    }
}
