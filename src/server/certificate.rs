//! The two things that logins need of an X.509 certificate: what a client can bind to, and whom it names.
//!
//! Only certificates that TLS has taken come here. What is not in DER as it should be gives nothing.

use sha2::{Digest, Sha224, Sha256, Sha384, Sha512};

/// Tags of DER (X.690), as far as they matter.
mod tag {
    pub const OBJECT_IDENTIFIER: u8 = 0x06;
    pub const UTF8_STRING: u8 = 0x0c;
    pub const PRINTABLE_STRING: u8 = 0x13;
    pub const IA5_STRING: u8 = 0x16;
    pub const SEQUENCE: u8 = 0x30;
    pub const SET: u8 = 0x31;
    /// `[0]`, with an element in it.
    pub const EXPLICIT_0: u8 = 0xa0;
}

/// The binding data of type `tls-server-end-point` of a certificate in DER: its hash, by the function that its signature
/// uses (RFC 5929, section 4.1). `None` where that says no function (Ed25519): the type is not defined then.
pub fn tls_server_end_point(certificate: &[u8]) -> Option<Vec<u8>> {
    let hash = match signature_hash(certificate)? {
        Hash::Sha224 => Sha224::digest(certificate).to_vec(),
        Hash::Sha256 => Sha256::digest(certificate).to_vec(),
        Hash::Sha384 => Sha384::digest(certificate).to_vec(),
        Hash::Sha512 => Sha512::digest(certificate).to_vec(),
    };
    Some(hash)
}

/// The common name of a certificate in DER. A name with a NUL in it is nobody's: others might read it only so far.
pub fn common_name(certificate: &[u8]) -> Option<String> {
    /// `id-at-commonName`, 2.5.4.3.
    const COMMON_NAME: &[u8] = &[0x55, 4, 3];
    let mut parts = Elements(certificate).expect(tag::SEQUENCE)?;
    let mut fields = parts.expect(tag::SEQUENCE)?;
    if fields.0.first() == Some(&tag::EXPLICIT_0) {
        fields.next()?;
    }
    // Serial number, signature algorithm, issuer, validity.
    let mut subject = fields.nth(4)?.1;
    while let Some(mut attributes) = subject.expect(tag::SET) {
        while let Some(mut attribute) = attributes.expect(tag::SEQUENCE) {
            if attribute.expect(tag::OBJECT_IDENTIFIER)?.0 != COMMON_NAME {
                continue;
            }
            let (kind, value) = attribute.next()?;
            if !matches!(
                kind,
                tag::UTF8_STRING | tag::PRINTABLE_STRING | tag::IA5_STRING
            ) {
                return None;
            }
            let name = std::str::from_utf8(value.0).ok()?;
            return (!name.is_empty() && !name.contains('\0')).then(|| name.to_owned());
        }
    }
    None
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Hash {
    Sha224,
    Sha256,
    Sha384,
    Sha512,
}

/// The hash function of a certificate's signature; SHA-256 in place of MD5 and SHA-1.
fn signature_hash(certificate: &[u8]) -> Option<Hash> {
    /// PKCS #1, 1.2.840.113549.1.1; the last part says which.
    const PKCS1: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 1];
    /// ECDSA with a hash of SHA-2, 1.2.840.10045.4.3; the last part says which.
    const ECDSA_SHA2: &[u8] = &[0x2a, 0x86, 0x48, 0xce, 0x3d, 4, 3];
    const ECDSA_SHA1: &[u8] = &[0x2a, 0x86, 0x48, 0xce, 0x3d, 4, 1];

    let mut parts = Elements(certificate).expect(tag::SEQUENCE)?;
    parts.expect(tag::SEQUENCE)?;
    let mut algorithm = parts.expect(tag::SEQUENCE)?;
    let identifier = algorithm.expect(tag::OBJECT_IDENTIFIER)?.0;
    if identifier == ECDSA_SHA1 {
        return Some(Hash::Sha256);
    }
    let (family, which) = identifier.split_at(identifier.len().checked_sub(1)?);
    match (family, which) {
        (PKCS1, [10]) => pss_hash(algorithm.expect(tag::SEQUENCE)?),
        (PKCS1, [4 | 5 | 11]) | (ECDSA_SHA2, [2]) => Some(Hash::Sha256),
        (PKCS1, [12]) | (ECDSA_SHA2, [3]) => Some(Hash::Sha384),
        (PKCS1, [13]) | (ECDSA_SHA2, [4]) => Some(Hash::Sha512),
        (PKCS1, [14]) | (ECDSA_SHA2, [1]) => Some(Hash::Sha224),
        _ => None,
    }
}

/// The hash function in the parameters of RSASSA-PSS (RFC 4055, section 3.1): SHA-1 where they name none.
fn pss_hash(mut parameters: Elements<'_>) -> Option<Hash> {
    /// SHA-2, 2.16.840.1.101.3.4.2; the last part says which.
    const SHA2: &[u8] = &[0x60, 0x86, 0x48, 1, 0x65, 3, 4, 2];
    let Some(mut named) = parameters.expect(tag::EXPLICIT_0) else {
        return Some(Hash::Sha256);
    };
    let identifier = named
        .expect(tag::SEQUENCE)?
        .expect(tag::OBJECT_IDENTIFIER)?
        .0;
    match identifier.strip_prefix(SHA2) {
        Some([1]) => Some(Hash::Sha256),
        Some([2]) => Some(Hash::Sha384),
        Some([3]) => Some(Hash::Sha512),
        Some([4]) => Some(Hash::Sha224),
        _ => None,
    }
}

/// Elements of DER, one after the other: tags and contents.
#[derive(Debug)]
struct Elements<'a>(&'a [u8]);

impl Elements<'_> {
    /// The contents of the next element if it has that tag; else it stays the next.
    fn expect(&mut self, tag: u8) -> Option<Self> {
        if self.0.first() != Some(&tag) {
            return None;
        }
        self.next().map(|(_, contents)| contents)
    }
}

impl<'a> Iterator for Elements<'a> {
    type Item = (u8, Elements<'a>);

    fn next(&mut self) -> Option<Self::Item> {
        let (&[tag, first], rest) = self.0.split_first_chunk()?;
        let (length, rest) = match first {
            0..=0x7f => (usize::from(first), rest),
            0x81..=0x84 => {
                let (bytes, rest) = rest.split_at_checked(usize::from(first & 0x7f))?;
                let length = bytes
                    .iter()
                    .fold(0, |length, byte| length << 8 | usize::from(*byte));
                (length, rest)
            }
            _ => return None,
        };
        let (contents, rest) = rest.split_at_checked(length)?;
        self.0 = rest;
        Some((tag, Elements(contents)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use rcgen::{CertificateParams, DistinguishedName, DnType, DnValue, KeyPair};

    fn signed_with(algorithm: &'static rcgen::SignatureAlgorithm) -> Vec<u8> {
        let key = KeyPair::generate_for(algorithm).unwrap();
        let made = CertificateParams::default().self_signed(&key).unwrap();
        made.der().to_vec()
    }

    fn named(parts: &[(DnType, DnValue)]) -> Vec<u8> {
        let mut params = CertificateParams::default();
        params.distinguished_name = DistinguishedName::new();
        for (kind, value) in parts {
            params.distinguished_name.push(kind.clone(), value.clone());
        }
        let key = KeyPair::generate().unwrap();
        params.self_signed(&key).unwrap().der().to_vec()
    }

    fn name(name: &str) -> (DnType, DnValue) {
        (DnType::CommonName, DnValue::Utf8String(name.to_owned()))
    }

    #[test]
    fn the_hash_is_that_of_the_certificates_signature() {
        let p256 = signed_with(&rcgen::PKCS_ECDSA_P256_SHA256);
        assert_eq!(
            tls_server_end_point(&p256),
            Some(Sha256::digest(&p256).to_vec())
        );
        let p384 = signed_with(&rcgen::PKCS_ECDSA_P384_SHA384);
        assert_eq!(
            tls_server_end_point(&p384),
            Some(Sha384::digest(&p384).to_vec())
        );
    }

    #[test]
    fn a_signature_without_a_hash_cannot_be_bound_to() {
        assert_eq!(
            tls_server_end_point(&signed_with(&rcgen::PKCS_ED25519)),
            None
        );
        assert_eq!(tls_server_end_point(b"no certificate"), None);
    }

    #[test]
    fn rsa_says_its_hash_in_the_algorithm_or_in_its_parameters() {
        // SEQUENCE { SEQUENCE {}, SEQUENCE { algorithm, parameters } }
        let certificate = |algorithm: &[u8]| {
            let length = u8::try_from(algorithm.len()).unwrap();
            [&[0x30, length + 4, 0x30, 0, 0x30, length][..], algorithm].concat()
        };
        let rsa = |which: u8| [6, 9, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 1, which];
        for (which, hash) in [
            (4, Some(Hash::Sha256)),
            (5, Some(Hash::Sha256)),
            (11, Some(Hash::Sha256)),
            (12, Some(Hash::Sha384)),
            (13, Some(Hash::Sha512)),
            (14, Some(Hash::Sha224)),
            (1, None),
        ] {
            assert_eq!(signature_hash(&certificate(&rsa(which))), hash, "{which}");
        }
        let sha512 = [
            &rsa(10)[..],
            &[
                0x30, 17, 0xa0, 15, 0x30, 13, 6, 9, 0x60, 0x86, 0x48, 1, 0x65, 3, 4, 2, 3, 5, 0,
            ],
        ]
        .concat();
        assert_eq!(signature_hash(&certificate(&sha512)), Some(Hash::Sha512));
        let default = [&rsa(10)[..], &[0x30, 0]].concat();
        assert_eq!(signature_hash(&certificate(&default)), Some(Hash::Sha256));
    }

    #[test]
    fn the_common_name_is_read_from_among_other_names() {
        let country = (
            DnType::CountryName,
            DnValue::PrintableString("DE".try_into().unwrap()),
        );
        let printable = (
            DnType::CommonName,
            DnValue::PrintableString("ada".try_into().unwrap()),
        );
        for (parts, expected) in [
            (
                vec![country.clone(), name("Ada Köhler")],
                Some("Ada Köhler"),
            ),
            (vec![printable], Some("ada")),
            (vec![name("ada\0evil")], None),
            (vec![country], None),
            (vec![], None),
        ] {
            assert_eq!(common_name(&named(&parts)).as_deref(), expected);
        }
        assert_eq!(common_name(b"no certificate"), None);
    }

    proptest! {
        #[test]
        fn no_byte_string_makes_it_panic(
            bytes in proptest::collection::vec(any::<u8>(), 0..200),
            at in 0..300_usize,
            byte: u8,
        ) {
            let _ = (common_name(&bytes), signature_hash(&bytes));
            let mut damaged = named(&[name("ada")]);
            let at = at % damaged.len();
            damaged[at] = byte;
            let _ = (common_name(&damaged), signature_hash(&damaged));
        }
    }
}
