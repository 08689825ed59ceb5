//! The canonical bytes of a definition: what an object's hash is the hash of.

use super::model::Definition;

/// Compact JSON, members in the order in which [`super::model`] declares them, map keys sorted.
///
/// Equal definitions have equal bytes on every machine and in every later version of the proxy; a new
/// member is added only with a default that is left out.
pub fn canonical_bytes(definition: &Definition) -> Vec<u8> {
    serde_json::to_vec(definition)
        .unwrap_or_else(|error| unreachable!("a definition's map keys are strings: {error}"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::schema::model::{Acl, Body, Enum, Name, SecurityLabels};

    #[test]
    fn bytes_are_compact_json_that_reads_back() {
        let definition = Definition {
            owner: "ada".to_owned(),
            acl: Acl::new(),
            comment: None,
            security_labels: SecurityLabels::new(),
            depends_on: Vec::new(),
            body: Body::Enum(Enum {
                name: Name::new("public", "mood"),
                labels: vec!["sad".to_owned(), "ok".to_owned()],
            }),
        };
        let bytes = canonical_bytes(&definition);
        assert_eq!(
            String::from_utf8_lossy(&bytes),
            r#"{"owner":"ada","body":{"kind":"enum","name":{"schema":"public","name":"mood"},"labels":["sad","ok"]}}"#
        );
        assert_eq!(
            serde_json::from_slice::<Definition>(&bytes).unwrap(),
            definition
        );
    }
}
