//! What a command gives back: rows, a tag, notices; and what the session has to do afterwards.

use crate::error::SqlState;

/// The types that commands' columns have.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ColumnType {
    Text,
    Int8,
    Bool,
    /// Microseconds since the Unix epoch in a [`Value::Timestamp`].
    Timestamptz,
    Jsonb,
}

/// A column of a command's result; which ones a command has depends on its text alone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Column {
    pub name: &'static str,
    pub column_type: ColumnType,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Value {
    Null,
    /// For `Text` and `Jsonb` columns.
    Text(String),
    Int(i64),
    Bool(bool),
    Timestamp(i64),
}

impl From<&str> for Value {
    fn from(text: &str) -> Self {
        Self::Text(text.to_owned())
    }
}

impl From<String> for Value {
    fn from(text: String) -> Self {
        Self::Text(text)
    }
}

impl From<i64> for Value {
    fn from(number: i64) -> Self {
        Self::Int(number)
    }
}

impl From<bool> for Value {
    fn from(truth: bool) -> Self {
        Self::Bool(truth)
    }
}

impl<T: Into<Value>> From<Option<T>> for Value {
    fn from(value: Option<T>) -> Self {
        value.map_or(Self::Null, Into::into)
    }
}

/// A NOTICE or WARNING for the client, sent before the rows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Notice {
    /// `NOTICE` or `WARNING`.
    pub severity: &'static str,
    pub sqlstate: SqlState,
    pub message: String,
    pub detail: Option<String>,
    pub hint: Option<String>,
}

/// The outcome of a command.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Answer {
    /// Empty for a command that returns no rows. Equal to what [`super::columns`] says of it.
    pub columns: &'static [Column],
    pub rows: Vec<Vec<Value>>,
    /// The command tag: `PGGIT MERGE`; with rows the session sends it as it is, too.
    pub tag: String,
    pub notices: Vec<Notice>,
    /// The session is to move to this branch, as by `SET pggit.branch`.
    pub checkout: Option<String>,
}
