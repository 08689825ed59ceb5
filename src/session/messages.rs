//! What the server says of a branch's objects, in the names by which the client knows them.

use crate::branch::BranchMap;
use crate::schema::quote::quote_identifier;
use crate::wire::error_response::{self, Fields};
use bytes::BytesMut;
use memchr::memmem;

/// Message, detail, hint, context, schema name.
const FIELDS_WITH_NAMES: &[u8] = b"MDHWs";

/// The ErrorResponse or NoticeResponse with this body in logical names; `None` if it names none of the
/// branch's schemas.
pub fn in_logical_names(map: &BranchMap, tag: u8, body: &[u8]) -> Option<BytesMut> {
    if map.is_main() {
        return None;
    }
    let rewrite = |code: u8, value: &[u8]| {
        FIELDS_WITH_NAMES
            .contains(&code)
            .then(|| logical_text(map, value))
            .flatten()
    };
    Fields(body)
        .any(|(code, value)| rewrite(code, value).is_some())
        .then(|| {
            let mut out = BytesMut::new();
            error_response::rewritten(&mut out, tag, body, rewrite);
            out
        })
}

fn logical_text(map: &BranchMap, text: &[u8]) -> Option<Vec<u8>> {
    let mut rewritten = None;
    for (logical, physical) in map.schemas() {
        let now = rewritten.as_deref().unwrap_or(text);
        if let Some(next) = replaced(now, physical, logical) {
            rewritten = Some(next);
        }
    }
    rewritten
}

/// Replaces the name of a schema where it stands for itself, and is not part of a longer name.
fn replaced(text: &[u8], physical: &str, logical: &str) -> Option<Vec<u8>> {
    let mut out = Vec::new();
    let mut done = 0;
    for at in memmem::find_iter(text, physical) {
        let end = at + physical.len();
        let (before, after) = (text.get(..at)?, text.get(end..)?);
        if before.last().copied().is_some_and(is_of_name)
            || after.first().copied().is_some_and(is_of_name)
        {
            continue;
        }
        // The quotes are the name's own before a dot; else they may be the message's.
        if before.ends_with(b"\"") && after.starts_with(b"\".") {
            out.extend_from_slice(text.get(done..at - 1)?);
            out.extend_from_slice(quote_identifier(logical).as_bytes());
            done = end + 1;
        } else {
            out.extend_from_slice(text.get(done..at)?);
            out.extend_from_slice(logical.as_bytes());
            done = end;
        }
    }
    if done == 0 {
        return None;
    }
    out.extend_from_slice(text.get(done..)?);
    Some(out)
}

/// Whether a byte next to the name of a schema makes it part of a longer one.
fn is_of_name(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || !byte.is_ascii() || b"_$@~/-".contains(&byte)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::branch::SharedObjects;
    use std::sync::Arc;

    #[test]
    fn names_of_the_branchs_own_schemas_are_logical() {
        let schemas = ["public", "Odd"].map(|name| (name.to_owned(), format!("{name}@feature")));
        let map = BranchMap::new("feature", 2, 1, schemas, Arc::new(SharedObjects::default()));
        for (text, wanted) in [
            (
                "relation \"public@feature.nope\" does not exist",
                "relation \"public.nope\" does not exist",
            ),
            (
                "view \"public@feature\".v depends on \"Odd@feature\".\"T\"",
                "view public.v depends on \"Odd\".\"T\"",
            ),
            (
                "permission denied for schema \"public@feature\"",
                "permission denied for schema \"public\"",
            ),
            ("public@feature", "public"),
            ("public@feature2.t", "public@feature2.t"),
            ("x_public@feature.t", "x_public@feature.t"),
        ] {
            let changed = logical_text(&map, text.as_bytes());
            let got = changed.as_deref().unwrap_or(text.as_bytes());
            assert_eq!(std::str::from_utf8(got), Ok(wanted));
        }
    }
}
