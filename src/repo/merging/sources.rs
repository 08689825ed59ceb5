//! What a merge brings to its target: one ref, or several in turn.

use super::Request;
use crate::repo::database::Database;
use crate::repo::error::RepoError;
use crate::repo::reference::Ref;

/// What is merged.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Source {
    pub at: Ref,
    /// What the client calls it.
    pub name: String,
}

impl Source {
    pub fn new(at: Ref) -> Self {
        let name = at.to_string();
        Self { at, name }
    }
}

/// The request without the sources that bring nothing: what the target or another source has in its history. One stays
/// if none brings anything.
pub async fn distinct(database: &Database, request: &Request) -> Result<Request, RepoError> {
    let mut request = request.clone();
    if request.sources.len() < 2 {
        return Ok(request);
    }
    let store = database.store();
    let mut reader = database.reader();
    let mut heads = Vec::with_capacity(request.sources.len());
    for source in &request.sources {
        heads.push(source.at.resolve(database, &mut reader).await?);
    }
    let target = database.current_head(&request.target).await?.commit;
    let mut kept = Vec::new();
    for (index, (source, head)) in request.sources.iter().zip(&heads).enumerate() {
        let mut is_known = store.is_ancestor(&mut reader, *head, target).await?;
        for (other, other_head) in heads.iter().enumerate() {
            // Of two that are the same commit the first stays.
            is_known |= if head == other_head {
                other < index
            } else {
                store.is_ancestor(&mut reader, *head, *other_head).await?
            };
        }
        if !is_known {
            kept.push(source.clone());
        }
    }
    if kept.is_empty() {
        kept.extend(request.sources.first().cloned());
    }
    request.sources = kept;
    Ok(request)
}
