//! Takes from a conversation what its failure does not need.

use crate::case::Case;

/// The smallest conversation found that still fails, as `fails` says.
pub async fn shrink<F: Future<Output = bool>>(
    case: Case,
    mut fails: impl FnMut(Case) -> F,
) -> Case {
    let mut best = case;
    if best.pieces.is_some() {
        let whole = Case {
            pieces: None,
            ..best.clone()
        };
        if fails(whole.clone()).await {
            best = whole;
        }
    }
    let mut length = best.steps.len();
    while length > 0 {
        let mut at = 0;
        while at < best.steps.len() {
            let mut shorter = best.clone();
            shorter.steps.drain(at..(at + length).min(best.steps.len()));
            if fails(shorter.clone()).await {
                best = shorter;
            } else {
                at += length;
            }
        }
        length /= 2;
    }
    best
}
