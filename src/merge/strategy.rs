//! How a merge treats what has no single right outcome.

use std::fmt;

/// A merge's strategy. It decides conflicts only: the clean changes of both sides are always kept.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Strategy {
    /// Merge what merges; leave conflicts to a person.
    #[default]
    Auto,
    SourceWins,
    TargetWins,
    /// Leave every object that the source changed to a person, even where it would merge.
    ManualReview,
    /// Where what both sides want can stand side by side, keep both.
    Union,
}

impl Strategy {
    pub const ALL: [Self; 5] = [
        Self::Auto,
        Self::SourceWins,
        Self::TargetWins,
        Self::ManualReview,
        Self::Union,
    ];

    /// The strategy of that name, in any case.
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL
            .into_iter()
            .find(|strategy| strategy.as_str().eq_ignore_ascii_case(name))
    }

    pub fn as_str(self) -> &'static str {
        match self {
            Self::Auto => "auto",
            Self::SourceWins => "source_wins",
            Self::TargetWins => "target_wins",
            Self::ManualReview => "manual_review",
            Self::Union => "union",
        }
    }
}

impl fmt::Display for Strategy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}
