//! The two things that logins need of an X.509 certificate: what a client can bind to, and whom it names.
//!
//! Only certificates that TLS has taken come here. What is not in DER as it should be gives nothing.

use sha2::{Digest, Sha224, Sha256, Sha384, Sha512};
use x509_parser::asn1_rs::{Oid, oid};
use x509_parser::oid_registry as registry;
use x509_parser::prelude::{FromDer, X509Certificate};
use x509_parser::signature_algorithm::RsaSsaPssParams;
use x509_parser::x509::AlgorithmIdentifier;

/// The binding data of type `tls-server-end-point` of a certificate in DER: its hash, by the function that its signature
/// uses (RFC 5929, section 4.1). `None` where that says no function (Ed25519): the type is not defined then.
pub fn tls_server_end_point(certificate: &[u8]) -> Option<Vec<u8>> {
    let (_, parsed) = X509Certificate::from_der(certificate).ok()?;
    let hash = match signature_hash(&parsed.signature_algorithm)? {
        Hash::Sha224 => Sha224::digest(certificate).to_vec(),
        Hash::Sha256 => Sha256::digest(certificate).to_vec(),
        Hash::Sha384 => Sha384::digest(certificate).to_vec(),
        Hash::Sha512 => Sha512::digest(certificate).to_vec(),
    };
    Some(hash)
}

/// The common name of a certificate in DER. A name with a NUL in it is nobody's: others might read it only so far.
pub fn common_name(certificate: &[u8]) -> Option<String> {
    let (_, parsed) = X509Certificate::from_der(certificate).ok()?;
    let name = parsed.subject().iter_common_name().next()?.as_str().ok()?;
    (!name.is_empty() && !name.contains('\0')).then(|| name.to_owned())
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Hash {
    Sha224,
    Sha256,
    Sha384,
    Sha512,
}

/// Signature algorithms that say their hash function; SHA-256 in place of MD5 and SHA-1.
const SIGNATURES: [(Oid<'static>, Hash); 11] = [
    (registry::OID_PKCS1_MD5WITHRSAENC, Hash::Sha256),
    (registry::OID_PKCS1_SHA1WITHRSA, Hash::Sha256),
    (registry::OID_PKCS1_SHA224WITHRSA, Hash::Sha224),
    (registry::OID_PKCS1_SHA256WITHRSA, Hash::Sha256),
    (registry::OID_PKCS1_SHA384WITHRSA, Hash::Sha384),
    (registry::OID_PKCS1_SHA512WITHRSA, Hash::Sha512),
    // ecdsa-with-SHA1 (RFC 3279, section 2.2.3).
    (oid!(1.2.840.10045.4.1), Hash::Sha256),
    (registry::OID_SIG_ECDSA_WITH_SHA224, Hash::Sha224),
    (registry::OID_SIG_ECDSA_WITH_SHA256, Hash::Sha256),
    (registry::OID_SIG_ECDSA_WITH_SHA384, Hash::Sha384),
    (registry::OID_SIG_ECDSA_WITH_SHA512, Hash::Sha512),
];

/// Hash functions that the parameters of RSASSA-PSS may name (RFC 4055, section 3.1).
const HASHES: [(Oid<'static>, Hash); 5] = [
    (registry::OID_HASH_SHA1, Hash::Sha256),
    (oid!(2.16.840.1.101.3.4.2.4), Hash::Sha224),
    (registry::OID_NIST_HASH_SHA256, Hash::Sha256),
    (registry::OID_NIST_HASH_SHA384, Hash::Sha384),
    (registry::OID_NIST_HASH_SHA512, Hash::Sha512),
];

fn signature_hash(algorithm: &AlgorithmIdentifier<'_>) -> Option<Hash> {
    if algorithm.algorithm != registry::OID_PKCS1_RSASSAPSS {
        return find(&SIGNATURES, &algorithm.algorithm);
    }
    let parameters = RsaSsaPssParams::try_from(algorithm.parameters.as_ref()?).ok()?;
    find(&HASHES, parameters.hash_algorithm_oid())
}

fn find(hashes: &[(Oid<'static>, Hash)], named: &Oid<'_>) -> Option<Hash> {
    let found = hashes.iter().find(|(one, _)| one == named)?;
    Some(found.1)
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
        let hash = |algorithm: &[u8]| {
            let length = u8::try_from(algorithm.len()).unwrap();
            let sequence = [&[0x30, length][..], algorithm].concat();
            let (_, algorithm) = AlgorithmIdentifier::from_der(&sequence).unwrap();
            signature_hash(&algorithm)
        };
        let rsa = |which: u8| [6, 9, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 1, which];
        for (which, expected) in [
            (4, Some(Hash::Sha256)),
            (5, Some(Hash::Sha256)),
            (11, Some(Hash::Sha256)),
            (12, Some(Hash::Sha384)),
            (13, Some(Hash::Sha512)),
            (14, Some(Hash::Sha224)),
            (1, None),
        ] {
            assert_eq!(hash(&rsa(which)), expected, "{which}");
        }
        let sha512 = [
            &rsa(10)[..],
            &[
                0x30, 17, 0xa0, 15, 0x30, 13, 6, 9, 0x60, 0x86, 0x48, 1, 0x65, 3, 4, 2, 3, 5, 0,
            ],
        ]
        .concat();
        assert_eq!(hash(&sha512), Some(Hash::Sha512));
        let default = [&rsa(10)[..], &[0x30, 0]].concat();
        assert_eq!(hash(&default), Some(Hash::Sha256));
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
            let _ = (common_name(&bytes), tls_server_end_point(&bytes));
            let mut damaged = named(&[name("ada")]);
            let at = at % damaged.len();
            damaged[at] = byte;
            let _ = (common_name(&damaged), tls_server_end_point(&damaged));
        }
    }
}
