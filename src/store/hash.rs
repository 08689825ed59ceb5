//! Names made of content: SHA-256 hashes of objects, trees and commits.

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use std::fmt;
use std::str::FromStr;

/// A text that is not 64 hexadecimal digits.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not a SHA-256 hash in hexadecimal")]
pub struct NotAHash;

/// Three hashes that must not be mixed up, with one behaviour: hexadecimal wherever they are text.
macro_rules! hash_type {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name([u8; 32]);

        impl $name {
            /// The hash of this content.
            pub fn of(content: &[u8]) -> Self {
                Self(Sha256::digest(content).into())
            }

            pub fn as_bytes(&self) -> &[u8; 32] {
                &self.0
            }

            /// The first 12 digits, enough for people.
            pub fn short(&self) -> String {
                hex::encode(&self.0[..6])
            }
        }

        impl FromStr for $name {
            type Err = NotAHash;

            fn from_str(digits: &str) -> Result<Self, NotAHash> {
                let mut bytes = [0; 32];
                hex::decode_to_slice(digits, &mut bytes).map_err(|_| NotAHash)?;
                Ok(Self(bytes))
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&hex::encode(self.0))
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                fmt::Display::fmt(self, f)
            }
        }

        impl Serialize for $name {
            fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.collect_str(self)
            }
        }

        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                String::deserialize(deserializer)?
                    .parse()
                    .map_err(serde::de::Error::custom)
            }
        }
    };
}

hash_type! {
    /// Names a definition: the hash of its canonical bytes.
    ObjectHash
}
hash_type! {
    /// Names a node of a tree; the root's names the tree.
    TreeHash
}
hash_type! {
    /// Names a commit.
    CommitHash
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_hash_is_hexadecimal_as_text_and_as_json() {
        let hash = ObjectHash::of(b"abc");
        let text = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
        assert_eq!(hash.to_string(), text);
        assert_eq!(text.parse(), Ok(hash));
        assert_eq!(serde_json::json!(hash), serde_json::json!(text));
        assert_eq!(hash.short(), "ba7816bf8f01");
    }

    #[test]
    fn what_is_no_hash_is_refused() {
        for text in [
            "",
            "ba78",
            &"z".repeat(64),
            &"a".repeat(63),
            &"a".repeat(66),
        ] {
            assert_eq!(text.parse::<CommitHash>(), Err(NotAHash));
        }
    }
}
