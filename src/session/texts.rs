//! Copies of the texts of unnamed statements, which come and go with every Parse.

use bytes::{Bytes, BytesMut};

const CHUNK_BYTES: usize = 2048;

/// Hands out copies. Two chunks take turns: once what is in the other has been dropped, it is written anew.
#[derive(Debug, Default)]
pub struct Texts {
    chunk: BytesMut,
    other: BytesMut,
}

impl Texts {
    pub fn copy(&mut self, text: &[u8]) -> Bytes {
        if text.is_empty() || text.len() > CHUNK_BYTES / 2 {
            return Bytes::copy_from_slice(text);
        }
        if self.chunk.capacity() < text.len() {
            std::mem::swap(&mut self.chunk, &mut self.other);
            if !self.chunk.try_reclaim(CHUNK_BYTES) {
                self.chunk = BytesMut::with_capacity(CHUNK_BYTES);
            }
        }
        self.chunk.extend_from_slice(text);
        self.chunk.split().freeze()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn two_chunks_do_where_only_the_last_text_lives() {
        let mut texts = Texts::default();
        let mut last = Bytes::new();
        let mut places = BTreeSet::new();
        for number in 0..10_000 {
            let text = format!("SELECT {number}");
            last = texts.copy(text.as_bytes());
            assert_eq!(last, text.as_bytes());
            places.insert(last.as_ptr() as usize / (2 * CHUNK_BYTES));
        }
        drop(last);
        assert!(places.len() <= 4, "{}", places.len());
    }

    #[test]
    fn texts_that_live_are_left_alone() {
        let mut texts = Texts::default();
        let kept: Vec<Bytes> = (0..1000)
            .map(|number| texts.copy(format!("SELECT {number}").as_bytes()))
            .collect();
        for (number, text) in kept.iter().enumerate() {
            assert_eq!(text, format!("SELECT {number}").as_bytes());
        }
        let long = vec![b'x'; 2 * CHUNK_BYTES];
        assert_eq!(texts.copy(&long), long);
    }
}
