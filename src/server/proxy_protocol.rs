//! PROXY protocol 2: what stands before this proxy says whom a connection is from.
//!
//! The header is believed from configured networks alone, and from those it is required: a receiver that guesses
//! whether there is one can be lied to by any client (the specification's section 5).

use super::listener::Peer;
use ipnet::IpNet;
use ppp::v2::{Addresses, Command, Header, PROTOCOL_PREFIX, ParseError};
use std::io;
use std::net::SocketAddr;
use tokio::io::{AsyncRead, AsyncReadExt};

/// The signature, a version, a family and the length of the rest.
const FIXED_BYTES: usize = 16;

/// The longest rest that is read: addresses take 216 bytes at most, what else is said is of no use here.
const MAX_REST: usize = 4096;

/// As much as tells the header from all else that a client may begin with.
const TELLING_BYTES: usize = 4;

/// A connection without a proper header.
#[derive(Debug, thiserror::Error)]
pub enum HeaderError {
    #[error(transparent)]
    Io(#[from] io::Error),
    #[error("expected a PROXY protocol header of version 2")]
    Missing,
    #[error("the PROXY protocol header is too long")]
    TooLong,
    #[error("invalid PROXY protocol header")]
    Malformed(#[source] ParseError),
}

/// Whether a connection from there begins with a header.
pub fn is_expected(networks: &[IpNet], peer: Peer) -> bool {
    match peer {
        Peer::Tcp(address) => {
            let address = address.ip().to_canonical();
            networks.iter().any(|network| network.contains(&address))
        }
        Peer::Local => false,
    }
}

/// Reads the header, to its last byte and not beyond. Who is behind `peer`: `peer` itself where the header names nobody;
/// `None` if it has left without a word.
pub async fn read<R: AsyncRead + Unpin>(
    stream: &mut R,
    peer: Peer,
) -> Result<Option<Peer>, HeaderError> {
    let mut bytes = vec![0; FIXED_BYTES];
    if stream.read(&mut bytes[..1]).await? == 0 {
        return Ok(None);
    }
    // A client that sends something else may wait for an answer to it.
    stream.read_exact(&mut bytes[1..TELLING_BYTES]).await?;
    if bytes[..TELLING_BYTES] != PROTOCOL_PREFIX[..TELLING_BYTES] {
        return Err(HeaderError::Missing);
    }
    stream.read_exact(&mut bytes[TELLING_BYTES..]).await?;
    let rest = usize::from(u16::from_be_bytes([bytes[14], bytes[15]]));
    if rest > MAX_REST {
        return Err(HeaderError::TooLong);
    }
    bytes.resize(FIXED_BYTES + rest, 0);
    stream.read_exact(&mut bytes[FIXED_BYTES..]).await?;
    let header = Header::try_from(bytes.as_slice()).map_err(|error| match error {
        ParseError::Prefix => HeaderError::Missing,
        error => HeaderError::Malformed(error),
    })?;
    let behind = match (header.command, header.addresses) {
        (Command::Local, _) | (_, Addresses::Unspecified) => peer,
        (Command::Proxy, Addresses::IPv4(ip)) => {
            Peer::Tcp(SocketAddr::from((ip.source_address, ip.source_port)))
        }
        (Command::Proxy, Addresses::IPv6(ip)) => {
            Peer::Tcp(SocketAddr::from((ip.source_address, ip.source_port)))
        }
        (Command::Proxy, Addresses::Unix(_)) => Peer::Local,
    };
    Ok(Some(behind))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn balancer() -> Peer {
        Peer::Tcp(SocketAddr::from(([10, 0, 0, 1], 999)))
    }

    /// A header with that command and family.
    fn header(command: u8, family: u8, rest: &[u8]) -> Vec<u8> {
        let length = u16::try_from(rest.len()).unwrap().to_be_bytes();
        [PROTOCOL_PREFIX, &[0x20 | command, family], &length, rest].concat()
    }

    async fn announced(mut bytes: &[u8]) -> Result<Option<String>, HeaderError> {
        let peer = read(&mut bytes, balancer()).await?;
        Ok(peer.map(|peer| format!("{peer} {}", bytes.escape_ascii())))
    }

    #[tokio::test]
    async fn the_announced_address_is_the_clients_and_what_follows_is_left() {
        let v4 = [192, 0, 2, 7, 10, 0, 0, 1, 0x12, 0x34, 0, 1];
        let mut v6 = [0; 36];
        v6[15] = 9;
        v6[33] = 80;
        let with_more = [&v4[..], &[4, 0, 2, 1, 2]].concat();
        for (bytes, expected) in [
            (header(1, 0x11, &v4), "192.0.2.7:4660 rest"),
            (header(1, 0x11, &with_more), "192.0.2.7:4660 rest"),
            (header(1, 0x21, &v6), "[::9]:80 rest"),
            (header(1, 0x31, &[0; 216]), "[local] rest"),
            (header(0, 0x11, &v4), "10.0.0.1:999 rest"),
            (header(0, 0, &[]), "10.0.0.1:999 rest"),
            (header(1, 0, &[]), "10.0.0.1:999 rest"),
        ] {
            let bytes = [&bytes[..], b"rest"].concat();
            assert_eq!(announced(&bytes).await.unwrap().as_deref(), Some(expected));
        }
        assert!(announced(b"").await.unwrap().is_none());
    }

    #[tokio::test]
    async fn anything_else_is_no_header() {
        let missing = |outcome| matches!(outcome, Err(HeaderError::Missing));
        assert!(missing(announced(&[0, 0, 0, 8, 4, 0xd2, 0x16, 0x2f]).await));
        assert!(missing(
            announced(b"PROXY TCP4 192.0.2.7 10.0.0.1 1 2\r\n").await
        ));
        let mut long = header(1, 0x11, &[]);
        long[14] = 0xff;
        assert!(matches!(announced(&long).await, Err(HeaderError::TooLong)));
        for malformed in [header(1, 0x11, &[1, 2]), header(2, 0x11, &[0; 12])] {
            assert!(matches!(
                announced(&malformed).await,
                Err(HeaderError::Malformed(_))
            ));
        }
    }

    #[test]
    fn networks_are_of_either_family() {
        let networks: Vec<IpNet> = ["10.0.0.0/8", "fd00::/8"]
            .map(|network| network.parse().unwrap())
            .to_vec();
        for (address, expected) in [
            ("10.9.9.9:1", true),
            ("[::ffff:10.9.9.9]:1", true),
            ("11.0.0.1:1", false),
            ("[fd00::1]:1", true),
            ("[fe80::1]:1", false),
        ] {
            let peer = Peer::Tcp(address.parse().unwrap());
            assert_eq!(is_expected(&networks, peer), expected, "{address}");
        }
        assert!(!is_expected(&networks, Peer::Local));
    }

    proptest! {
        #[test]
        fn no_byte_string_makes_it_panic(bytes in proptest::collection::vec(any::<u8>(), 0..300)) {
            let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
            let headed = [PROTOCOL_PREFIX, &bytes].concat();
            for bytes in [bytes, headed] {
                let _ = runtime.block_on(async { read(&mut bytes.as_slice(), balancer()).await });
            }
        }
    }
}
