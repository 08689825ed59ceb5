//! Why a use case could not be done.

use crate::catalog::CatalogError;
use crate::error::{ErrorReport, Origin, Report, SqlState};
use crate::sql::SqlError;
use crate::store::StoreError;
use crate::upstream::DbError;

#[derive(Debug, thiserror::Error)]
pub enum RepoError {
    #[error(transparent)]
    Database(#[from] DbError),
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error(transparent)]
    Catalog(#[from] CatalogError),
    #[error(transparent)]
    Sql(#[from] SqlError),
    /// Found wrong by the use case itself, in the client's terms.
    #[error("{0}")]
    Refused(Box<ErrorReport>),
}

impl RepoError {
    pub fn no_such_branch(branch: &str) -> Self {
        ErrorReport::new(
            SqlState::INVALID_CATALOG_NAME,
            format!("branch \"{branch}\" does not exist"),
        )
        .with_hint("PGGIT BRANCH LIST shows the branches, PGGIT BRANCH <name> creates one.")
        .into()
    }

    /// As an error of the connection that it arose on.
    pub fn into_db_error(self) -> DbError {
        if let Self::Database(error) = self {
            return error;
        }
        let report = self.report();
        DbError::Server {
            sqlstate: report.sqlstate,
            message: report.message,
            detail: report.detail,
            hint: report.hint,
        }
    }

    fn inner(&self) -> &dyn Report {
        match self {
            Self::Database(error) => error,
            Self::Store(error) => error,
            Self::Catalog(error) => error,
            Self::Sql(error) => error,
            Self::Refused(report) => report.as_ref(),
        }
    }
}

impl Report for RepoError {
    fn sqlstate(&self) -> SqlState {
        self.inner().sqlstate()
    }
    fn detail(&self) -> Option<String> {
        self.inner().detail()
    }
    fn hint(&self) -> Option<String> {
        self.inner().hint()
    }
    fn position(&self) -> Option<u32> {
        self.inner().position()
    }
    fn origin(&self) -> Origin {
        self.inner().origin()
    }
}

impl From<ErrorReport> for RepoError {
    fn from(report: ErrorReport) -> Self {
        Self::Refused(Box::new(report))
    }
}

impl From<RepoError> for ErrorReport {
    fn from(error: RepoError) -> Self {
        error.report()
    }
}
