//! From a position in what the server was sent back to one in what the client wrote.

use crate::sql::plan::Splice;
use crate::sql::{Characters, map_position};
use bytes::Bytes;
use std::ops::Range;

/// How a statement was made from the client's text.
#[derive(Clone, Debug)]
pub struct Positions {
    /// The client's whole text.
    pub text: Bytes,
    /// The part of it that was sent.
    pub range: Range<usize>,
    /// In bytes of that part.
    pub splices: Vec<Splice>,
}

impl Positions {
    /// `None` where positions need no mapping.
    pub fn of(text: &Bytes, range: Range<usize>, splices: &[Splice]) -> Option<Box<Self>> {
        if range.start == 0 && splices.is_empty() {
            return None;
        }
        Some(Box::new(Self {
            text: text.clone(),
            splices: rebase(splices, range.start),
            range,
        }))
    }

    /// Maps field `P`, which counts characters from 1, in a text of such characters.
    pub fn map(&self, characters: Characters, position: u32) -> u32 {
        let before = self.text.get(..self.range.start).unwrap_or_default();
        let part = self.text.get(self.range.clone()).unwrap_or_default();
        let before = u32::try_from(characters.count(before)).unwrap_or(u32::MAX);
        before.saturating_add(map_position(part, &self.splices, characters, position))
    }
}

/// Splices of a whole text as splices of the part that starts at `start`.
pub fn rebase(splices: &[Splice], start: usize) -> Vec<Splice> {
    splices
        .iter()
        .map(|splice| Splice {
            at: splice.at.start.saturating_sub(start)..splice.at.end.saturating_sub(start),
            with: splice.with.clone(),
        })
        .collect()
}
