//! HMAC-SHA256 over records: how `pggit.record` knows that a record comes from the proxy.

use hmac::{Hmac, KeyInit, Mac};
use secrecy::{ExposeSecret, SecretSlice};
use sha2::Sha256;

/// SHA-256's block: a key of this length is used as it is (RFC 2104).
const BLOCK: usize = 64;
const INNER: u8 = 0x36;
const OUTER: u8 = 0x5c;

/// The key that signs records of one database. The server keeps it as the two padded blocks that RFC 2104
/// makes of it, because SQL can concatenate and hash but has no exclusive-or for bytes.
#[derive(Debug)]
pub struct RecordKey(SecretSlice<u8>);

impl RecordKey {
    pub fn random() -> Self {
        Self(rand::random::<[u8; BLOCK]>().to_vec().into())
    }

    /// `None` if it is not one block.
    pub fn from_inner_pad(pad: &[u8]) -> Option<Self> {
        (pad.len() == BLOCK).then(|| Self(masked(pad, INNER).into()))
    }

    /// The block that precedes the message, and the one that precedes its hash.
    pub fn pads(&self) -> [Vec<u8>; 2] {
        [INNER, OUTER].map(|mask| masked(self.0.expose_secret(), mask))
    }

    /// In hexadecimal.
    pub fn sign(&self, message: &str) -> String {
        let mut mac = Hmac::<Sha256>::new_from_slice(self.0.expose_secret())
            .expect("HMAC takes keys of any length");
        mac.update(message.as_bytes());
        hex::encode(mac.finalize().into_bytes())
    }
}

fn masked(bytes: &[u8], mask: u8) -> Vec<u8> {
    bytes.iter().map(|byte| byte ^ mask).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use sha2::Digest;

    #[test]
    fn the_pads_make_the_same_signature_as_the_key() {
        let key = RecordKey::random();
        let [inner, outer] = key.pads();
        let hash = Sha256::digest([inner.as_slice(), b"message"].concat());
        let signature = Sha256::digest([outer.as_slice(), hash.as_slice()].concat());
        assert_eq!(key.sign("message"), hex::encode(signature));
        let again = RecordKey::from_inner_pad(&inner).unwrap();
        assert_eq!(again.sign("message"), key.sign("message"));
    }

    #[test]
    fn a_key_of_another_length_is_refused_and_none_is_ever_printed() {
        assert!(RecordKey::from_inner_pad(&[0; 32]).is_none());
        let key = RecordKey::random();
        let debug = format!("{key:?}");
        assert!(debug.contains("REDACTED") && debug.len() < 100);
    }
}
