//! SCRAM-SHA-256 (RFC 5802, RFC 7677) of somebody who stands between client and server and knows what the server has
//! stored, but no password. Pure: no I/O.
//!
//! What is stored lets one check a client's proof, and a good proof gives away the client's key. With that key the same
//! login can be done once more, under another channel binding.

use crate::error::{ErrorReport, SqlState};
use base64::Engine;
use base64::engine::general_purpose::STANDARD as BASE64;
use hmac::{Hmac, KeyInit, Mac};
use rand::RngCore;
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;
use zeroize::Zeroizing;

pub const MECHANISM: &str = "SCRAM-SHA-256";
pub const MECHANISM_PLUS: &str = "SCRAM-SHA-256-PLUS";

const END_POINT_BINDING: &str = "p=tls-server-end-point,,";

/// `SCRAM_RAW_NONCE_LEN` (`src/include/common/scram-common.h`).
const NONCE_BYTES: usize = 18;
const KEY_BYTES: usize = 32;

/// A client's message that its login cannot go on from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ScramError {
    #[error("malformed SCRAM message")]
    Malformed,
    #[error("client selected an invalid SASL authentication mechanism")]
    Mechanism,
    #[error("SCRAM channel binding negotiation error")]
    Downgrade,
    #[error("SCRAM channel binding check failed")]
    Binding,
}

impl ScramError {
    /// In the server's words (`src/backend/libpq/auth-scram.c`).
    pub fn report(self) -> ErrorReport {
        let sqlstate = match self {
            Self::Malformed | Self::Mechanism => SqlState::PROTOCOL_VIOLATION,
            Self::Downgrade | Self::Binding => SqlState::INVALID_AUTHORIZATION,
        };
        let report = ErrorReport::new(sqlstate, self.to_string());
        if self == Self::Downgrade {
            return report.with_detail(
                "The client supports SCRAM channel binding but thinks the server does not.  However, \
                 this server does support channel binding.",
            );
        }
        report
    }
}

/// A key, or what stands for one. Wiped when it is dropped, and never shown.
#[derive(Clone)]
pub struct Key(Zeroizing<[u8; KEY_BYTES]>);

impl Key {
    /// A key that nothing fits.
    pub fn random() -> Self {
        let mut bytes = Zeroizing::new([0; KEY_BYTES]);
        rand::rng().fill_bytes(&mut *bytes);
        Self(bytes)
    }

    fn decode(text: &str) -> Option<Self> {
        let bytes = Zeroizing::new(BASE64.decode(text).ok()?);
        Some(Self(Zeroizing::new(bytes.as_slice().try_into().ok()?)))
    }

    fn sign(&self, message: &str) -> [u8; KEY_BYTES] {
        let mut mac =
            Hmac::<Sha256>::new_from_slice(&*self.0).expect("HMAC takes keys of any length");
        mac.update(message.as_bytes());
        mac.finalize().into_bytes().into()
    }

    fn hash(&self) -> Self {
        Self(Zeroizing::new(Sha256::digest(*self.0).into()))
    }

    fn xor(&self, other: &[u8; KEY_BYTES]) -> Self {
        let mut bytes = self.0.clone();
        for (byte, other) in bytes.iter_mut().zip(other) {
            *byte ^= other;
        }
        Self(bytes)
    }

    fn is(&self, other: &Self) -> bool {
        self.0.ct_eq(&*other.0).into()
    }
}

/// What the server has stored of a role's password: `SCRAM-SHA-256$<iterations>:<salt>$<StoredKey>:<ServerKey>`.
#[derive(Clone)]
pub struct Verifier {
    salt: String,
    iterations: u32,
    stored_key: Key,
    server_key: Key,
}

impl std::fmt::Debug for Verifier {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Verifier").finish_non_exhaustive()
    }
}

impl Verifier {
    /// `None` for anything else that can be stored, such as an MD5 hash.
    pub fn parse(stored: &str) -> Option<Self> {
        let (head, keys) = stored.strip_prefix("SCRAM-SHA-256$")?.split_once('$')?;
        let (iterations, salt) = head.split_once(':')?;
        let (stored_key, server_key) = keys.split_once(':')?;
        Some(Self {
            salt: salt.to_owned(),
            iterations: iterations.parse().ok()?,
            stored_key: Key::decode(stored_key)?,
            server_key: Key::decode(server_key)?,
        })
    }

    /// The keys that belong to the challenge; keys that nothing fits where it is of another password, or of
    /// none, so that all the rest takes its course.
    pub fn keys_for(verifier: Option<Self>, challenge: &Challenge) -> (Key, Key) {
        verifier
            .filter(|verifier| {
                verifier.iterations == challenge.iterations && verifier.salt == challenge.salt
            })
            .map_or_else(
                || (Key::random(), Key::random()),
                |verifier| (verifier.stored_key, verifier.server_key),
            )
    }
}

/// A server's first message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Challenge {
    nonce: String,
    salt: String,
    iterations: u32,
}

impl Challenge {
    fn parse(message: &[u8]) -> Option<Self> {
        let mut parts = std::str::from_utf8(message).ok()?.split(',');
        let mut next = |name| parts.next()?.strip_prefix(name);
        Some(Self {
            nonce: next("r=")?.to_owned(),
            salt: next("s=")?.to_owned(),
            iterations: next("i=")?.parse().ok()?,
        })
    }

    fn message(&self) -> String {
        format!("r={},s={},i={}", self.nonce, self.salt, self.iterations)
    }
}

/// The side that clients see: a login from the client's first message on.
#[derive(Debug)]
pub struct ServerSide {
    gs2_header: String,
    /// What the client has to have hashed; `None` where it binds to nothing.
    end_point: Option<Vec<u8>>,
    /// The client's first message without the header.
    first: String,
    challenge: Challenge,
}

impl ServerSide {
    /// Takes the client's first message. `end_point` is what it can bind to, and has been offered to; `challenge`
    /// is the real server's, of which the client gets salt and iterations.
    pub fn new(
        mechanism: &[u8],
        message: &[u8],
        end_point: Option<&[u8]>,
        challenge: &Challenge,
    ) -> Result<Self, ScramError> {
        let message = std::str::from_utf8(message).map_err(|_| ScramError::Malformed)?;
        let (gs2_header, end_point) = match (mechanism, end_point) {
            (b"SCRAM-SHA-256-PLUS", Some(hash)) => (END_POINT_BINDING, Some(hash.to_vec())),
            (b"SCRAM-SHA-256", _) if message.starts_with("n,,") => ("n,,", None),
            (b"SCRAM-SHA-256", None) if message.starts_with("y,,") => ("y,,", None),
            (b"SCRAM-SHA-256", Some(_)) if message.starts_with("y,,") => {
                return Err(ScramError::Downgrade);
            }
            (b"SCRAM-SHA-256", _) => return Err(ScramError::Malformed),
            _ => return Err(ScramError::Mechanism),
        };
        let first = message
            .strip_prefix(gs2_header)
            .ok_or(ScramError::Malformed)?;
        // The name is that of the startup packet, whatever stands here; so it is in the server.
        let mut parts = first.split(',');
        let nonce = parts
            .next()
            .filter(|name| name.starts_with("n="))
            .and_then(|_| parts.next()?.strip_prefix("r="))
            .filter(|nonce| !nonce.is_empty() && nonce.bytes().all(|byte| byte.is_ascii_graphic()))
            .ok_or(ScramError::Malformed)?;
        Ok(Self {
            challenge: Challenge {
                nonce: format!("{nonce}{}", new_nonce()),
                ..challenge.clone()
            },
            gs2_header: gs2_header.to_owned(),
            end_point,
            first: first.to_owned(),
        })
    }

    /// The first message to the client.
    pub fn challenge(&self) -> String {
        self.challenge.message()
    }

    /// Takes the client's last message. The client's key, if the proof is good, and in any case the last
    /// message to the client.
    pub fn finish(
        &self,
        message: &[u8],
        (stored_key, server_key): &(Key, Key),
    ) -> Result<(Option<Key>, Zeroizing<String>), ScramError> {
        let message = std::str::from_utf8(message).map_err(|_| ScramError::Malformed)?;
        let (without_proof, proof) = message.rsplit_once(",p=").ok_or(ScramError::Malformed)?;
        let proof = Key::decode(proof).ok_or(ScramError::Malformed)?;
        let mut parts = without_proof.split(',');
        let mut next = |name| {
            parts
                .next()
                .and_then(|part| part.strip_prefix(name))
                .ok_or(ScramError::Malformed)
        };
        if next("c=")? != binding_input(&self.gs2_header, self.end_point.as_deref()) {
            return Err(ScramError::Binding);
        }
        if next("r=")? != self.challenge.nonce {
            return Err(ScramError::Malformed);
        }
        let exchange = format!("{},{},{without_proof}", self.first, self.challenge());
        let key = proof.xor(&stored_key.sign(&exchange));
        let good = key.hash().is(stored_key);
        let last = Zeroizing::new(format!("v={}", BASE64.encode(server_key.sign(&exchange))));
        Ok((good.then_some(key), last))
    }
}

/// The side that the server sees.
#[derive(Debug)]
pub struct ClientSide {
    end_point: Option<Vec<u8>>,
    nonce: String,
}

impl ClientSide {
    /// Binds to the server's certificate, where that can be.
    pub fn new(end_point: Option<Vec<u8>>) -> Self {
        Self {
            end_point,
            nonce: new_nonce(),
        }
    }

    pub fn mechanism(&self) -> &'static str {
        match self.end_point {
            Some(_) => MECHANISM_PLUS,
            None => MECHANISM,
        }
    }

    fn gs2_header(&self) -> &'static str {
        match self.end_point {
            Some(_) => END_POINT_BINDING,
            None => "n,,",
        }
    }

    fn bare(&self) -> String {
        format!("n=,r={}", self.nonce)
    }

    /// The first message to the server.
    pub fn first(&self) -> String {
        format!("{}{}", self.gs2_header(), self.bare())
    }

    /// Takes the server's first message; `None` if it is not one.
    pub fn challenged(&self, message: &[u8]) -> Option<Challenge> {
        Challenge::parse(message).filter(|challenge| challenge.nonce.starts_with(&self.nonce))
    }

    /// The last message to the server, and what it has to answer.
    pub fn finish(
        &self,
        challenge: &Challenge,
        client_key: &Key,
        server_key: &Key,
    ) -> (Zeroizing<String>, Zeroizing<String>) {
        let without_proof = format!(
            "c={},r={}",
            binding_input(self.gs2_header(), self.end_point.as_deref()),
            challenge.nonce
        );
        let exchange = format!("{},{},{without_proof}", self.bare(), challenge.message());
        let proof = client_key.xor(&client_key.hash().sign(&exchange));
        (
            Zeroizing::new(format!("{without_proof},p={}", BASE64.encode(*proof.0))),
            Zeroizing::new(format!("v={}", BASE64.encode(server_key.sign(&exchange)))),
        )
    }
}

fn binding_input(gs2_header: &str, end_point: Option<&[u8]>) -> String {
    BASE64.encode([gs2_header.as_bytes(), end_point.unwrap_or_default()].concat())
}

fn new_nonce() -> String {
    let mut bytes = [0; NONCE_BYTES];
    rand::rng().fill_bytes(&mut bytes);
    BASE64.encode(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// RFC 7677, section 3: user `user`, password `pencil`.
    const CLIENT_FIRST: &str = "n,,n=user,r=rOprNGfwEbeRWgbNEkqO";
    const NONCE: &str = "rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0";
    const CLIENT_FINAL: &str = "c=biws,r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,p=dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ=";
    const SERVER_FINAL: &str = "v=6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4=";
    /// Of that password, salt and iterations, as PostgreSQL stores it.
    const STORED: &str = "SCRAM-SHA-256$4096:W22ZaJ0SNY7soEsUEjb6gQ==$WG5d8oPm3OtcPnkdi4Uo7BkeZkBFzpcXkuLmtbsT4qY=:wfPLwcE6nTWhTAmQ7tl2KeoiWGPlZqQxSrmfPwDl2dU=";

    fn challenge() -> Challenge {
        Challenge {
            nonce: NONCE.to_owned(),
            salt: "W22ZaJ0SNY7soEsUEjb6gQ==".to_owned(),
            iterations: 4096,
        }
    }

    fn keys() -> (Key, Key) {
        Verifier::keys_for(Verifier::parse(STORED), &challenge())
    }

    fn side(gs2: &str, end_point: Option<&[u8]>) -> ServerSide {
        let message = CLIENT_FIRST.replacen("n,,", gs2, 1);
        let mechanism = if gs2.starts_with('p') {
            MECHANISM_PLUS
        } else {
            MECHANISM
        };
        ServerSide::new(
            mechanism.as_bytes(),
            message.as_bytes(),
            end_point,
            &challenge(),
        )
        .unwrap()
    }

    #[test]
    fn the_exchange_of_the_rfc_gives_its_signature_and_the_clients_key() {
        let mut side = side("n,,", None);
        side.challenge = challenge();
        let (key, last) = side.finish(CLIENT_FINAL.as_bytes(), &keys()).unwrap();
        assert_eq!(last.as_str(), SERVER_FINAL);
        assert!(key.unwrap().hash().is(&keys().0));
    }

    #[test]
    fn a_recovered_key_logs_in_once_more_under_another_binding() {
        let mut side = side("n,,", None);
        side.challenge = challenge();
        let (key, _) = side.finish(CLIENT_FINAL.as_bytes(), &keys()).unwrap();
        for end_point in [None, Some(b"hash".to_vec())] {
            let client = ClientSide::new(end_point.clone());
            let server = ServerSide::new(
                client.mechanism().as_bytes(),
                client.first().as_bytes(),
                end_point.as_deref(),
                &challenge(),
            )
            .unwrap();
            let challenge = client.challenged(server.challenge().as_bytes()).unwrap();
            let (proof, expected) = client.finish(&challenge, key.as_ref().unwrap(), &keys().1);
            let (again, last) = server.finish(proof.as_bytes(), &keys()).unwrap();
            assert!(again.is_some());
            assert_eq!(last, expected);
        }
    }

    #[test]
    fn a_wrong_proof_gives_no_key() {
        let mut side = side("n,,", None);
        side.challenge = challenge();
        let wrong = CLIENT_FINAL.replace("p=dHzb", "p=dHzc");
        assert!(side.finish(wrong.as_bytes(), &keys()).unwrap().0.is_none());
    }

    #[test]
    fn keys_of_another_password_or_of_none_fit_nothing() {
        let mut side = side("n,,", None);
        side.challenge = challenge();
        let other = Challenge {
            salt: "AAAA".to_owned(),
            ..challenge()
        };
        for keys in [
            Verifier::keys_for(None, &challenge()),
            Verifier::keys_for(Verifier::parse(STORED), &other),
        ] {
            let (key, _) = side.finish(CLIENT_FINAL.as_bytes(), &keys).unwrap();
            assert!(key.is_none());
        }
    }

    #[test]
    fn a_client_binds_to_the_certificate_that_it_was_shown() {
        let side = side(END_POINT_BINDING, Some(b"right"));
        let last = |hash: &[u8]| {
            format!(
                "c={},r={},p={}",
                binding_input(END_POINT_BINDING, Some(hash)),
                side.challenge.nonce,
                BASE64.encode([0; KEY_BYTES])
            )
        };
        assert!(side.finish(last(b"right").as_bytes(), &keys()).is_ok());
        assert_eq!(
            side.finish(last(b"wrong").as_bytes(), &keys()).err(),
            Some(ScramError::Binding)
        );
    }

    #[test]
    fn what_a_client_begins_with_has_to_fit_what_it_was_offered() {
        let begin = |mechanism: &str, message: &str, end_point: Option<&[u8]>| {
            ServerSide::new(
                mechanism.as_bytes(),
                message.as_bytes(),
                end_point,
                &challenge(),
            )
            .err()
        };
        let hash = Some(&b"hash"[..]);
        for (mechanism, message, end_point, error) in [
            (MECHANISM, "y,,n=,r=x", None, None),
            (MECHANISM, "n,,n=,r=x", hash, None),
            (MECHANISM_PLUS, "p=tls-server-end-point,,n=,r=x", hash, None),
            (MECHANISM, "y,,n=,r=x", hash, Some(ScramError::Downgrade)),
            (
                MECHANISM_PLUS,
                "p=tls-server-end-point,,n=,r=x",
                None,
                Some(ScramError::Mechanism),
            ),
            ("PLAIN", "n,,n=,r=x", None, Some(ScramError::Mechanism)),
            (
                MECHANISM_PLUS,
                "p=tls-unique,,n=,r=x",
                hash,
                Some(ScramError::Malformed),
            ),
            (MECHANISM, "n,,n=,r=", None, Some(ScramError::Malformed)),
            (MECHANISM, "n,,m=x,r=x", None, Some(ScramError::Malformed)),
            (MECHANISM, "n,a=x,n=,r=x", None, Some(ScramError::Malformed)),
            (MECHANISM, "", None, Some(ScramError::Malformed)),
        ] {
            assert_eq!(begin(mechanism, message, end_point), error, "{message}");
        }
    }

    #[test]
    fn only_scram_verifiers_are_verifiers() {
        assert!(Verifier::parse(STORED).is_some());
        for stored in [
            "",
            "md5d41d8cd98f00b204e9800998ecf8427e",
            "SCRAM-SHA-256$4096:salt",
            "SCRAM-SHA-256$x:salt$AAAA:AAAA",
            "SCRAM-SHA-256$4096:salt$AAAA:AAAA",
        ] {
            assert!(Verifier::parse(stored).is_none(), "{stored}");
        }
    }

    #[test]
    fn secrets_are_not_shown() {
        let shown = format!("{:?}", Verifier::parse(STORED));
        assert!(
            !shown.contains("WG5d") && !shown.contains("wfPL"),
            "{shown}"
        );
    }

    proptest! {
        #[test]
        fn no_message_makes_it_panic(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
            let _ = Challenge::parse(&bytes);
            let _ = ServerSide::new(MECHANISM.as_bytes(), &bytes, None, &challenge());
            let _ = side("n,,", None).finish(&bytes, &keys());
            let _ = Verifier::parse(&String::from_utf8_lossy(&bytes));
        }
    }
}
