//! Which names a branch may have.

use super::map::{MAIN, MAX_IDENTIFIER_BYTES};
use crate::error::{Report, SqlState};

/// Why a branch cannot be called that.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BranchNameError {
    #[error("branch name must not be empty")]
    Empty,
    #[error("branch name \"{0}\" is too long")]
    TooLong(String),
    #[error("invalid branch name: \"{name}\"")]
    Invalid { name: String, reason: &'static str },
    #[error("branch \"{MAIN}\" already exists")]
    Main,
}

impl Report for BranchNameError {
    fn sqlstate(&self) -> SqlState {
        match self {
            Self::Empty | Self::Invalid { .. } => SqlState::INVALID_NAME,
            Self::TooLong(_) => SqlState::NAME_TOO_LONG,
            Self::Main => SqlState::DUPLICATE_DATABASE,
        }
    }

    fn detail(&self) -> Option<String> {
        match self {
            Self::TooLong(_) => Some(format!("A name has at most {MAX_IDENTIFIER_BYTES} bytes.")),
            Self::Invalid { reason, .. } => Some((*reason).to_owned()),
            Self::Empty | Self::Main => None,
        }
    }
}

/// Whether a branch that exists could be called that: what holds for every name of a branch.
pub fn check(name: &str) -> Result<(), BranchNameError> {
    if name.is_empty() {
        Err(BranchNameError::Empty)
    } else if name.len() > MAX_IDENTIFIER_BYTES {
        Err(BranchNameError::TooLong(name.to_owned()))
    } else {
        Ok(())
    }
}

/// Whether a new branch may be called that.
///
/// `@` separates database and branch in a connection string and schema and branch in a physical
/// name; `~` counts ancestors in a ref; a leading `-` would read as an option.
pub fn check_new(name: &str) -> Result<(), BranchNameError> {
    check(name)?;
    let invalid = |reason| {
        Err(BranchNameError::Invalid {
            name: name.to_owned(),
            reason,
        })
    };
    if name == MAIN {
        Err(BranchNameError::Main)
    } else if name.chars().any(char::is_control) {
        invalid("A branch name has no control characters.")
    } else if name.contains(['@', '~']) {
        invalid("\"@\" and \"~\" have a meaning of their own in refs and in physical names.")
    } else if name.starts_with('-') {
        invalid("A branch name does not start with \"-\".")
    } else if name.trim() != name {
        invalid("A branch name does not start or end with white space.")
    } else {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ordinary_names_are_accepted() {
        for name in ["feature", "feature/login", "Release 2", "v1.2-rc", "日本"] {
            assert_eq!(check_new(name), Ok(()), "{name}");
        }
    }

    #[test]
    fn names_with_a_meaning_elsewhere_are_refused() {
        let state = |name: &str| check_new(name).map_err(|error| error.sqlstate());
        assert_eq!(state(""), Err(SqlState::INVALID_NAME));
        assert_eq!(state("a@b"), Err(SqlState::INVALID_NAME));
        assert_eq!(state("a~1"), Err(SqlState::INVALID_NAME));
        assert_eq!(state("-f"), Err(SqlState::INVALID_NAME));
        assert_eq!(state("a\nb"), Err(SqlState::INVALID_NAME));
        assert_eq!(state(" a"), Err(SqlState::INVALID_NAME));
        assert_eq!(state("main"), Err(SqlState::DUPLICATE_DATABASE));
        assert_eq!(state(&"x".repeat(64)), Err(SqlState::NAME_TOO_LONG));
        assert_eq!(state(&"x".repeat(63)), Ok(()));
    }
}
