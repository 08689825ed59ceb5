//! The packets that come before any message with a type byte: encryption requests, the startup packet,
//! cancel requests; and the `options` in a startup packet. A pure parser: no byte string makes it panic.
//!
//! The rules are those of `ProcessStartupPacket` (`src/backend/tcop/backend_startup.c`) and
//! `process_postgres_switches` (`src/backend/tcop/postgres.c`).

use crate::error::{Report, SqlState};
use bytes::{BufMut, Bytes, BytesMut};

/// `MAX_STARTUP_PACKET_LENGTH`: the longest body, that is without the length word.
pub const MAX_PACKET: usize = 10_000;

const SSL_REQUEST: u32 = 80_877_103;
const GSS_ENCRYPTION_REQUEST: u32 = 80_877_104;
const CANCEL_REQUEST: u32 = 80_877_102;

/// Process id, then a key of 4 bytes in protocol 3.0 and of up to 256 in 3.2.
const CANCEL_BODY: std::ops::RangeInclusive<usize> = 8..=4 + 256;

/// A packet that a server refuses.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum StartupError {
    #[error("invalid length of startup packet")]
    Length,
    #[error("invalid startup packet layout: expected terminator as last byte")]
    Terminator,
    #[error("unsupported frontend protocol {major}.{minor}: server supports 3.0 to 3.2")]
    Version { major: u16, minor: u16 },
    #[error("no PostgreSQL user name specified in startup packet")]
    NoUser,
    #[error("invalid length of cancel request")]
    CancelLength,
    #[error("encryption was requested twice")]
    RepeatedRequest,
}

impl Report for StartupError {
    fn sqlstate(&self) -> SqlState {
        match self {
            Self::Version { .. } => SqlState::FEATURE_NOT_SUPPORTED,
            Self::NoUser => SqlState::INVALID_AUTHORIZATION,
            _ => SqlState::PROTOCOL_VIOLATION,
        }
    }
}

/// What a client may begin with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Request {
    Ssl,
    GssEncryption,
    /// The whole packet, to be sent on as it is.
    Cancel(Bytes),
    Startup(StartupPacket),
}

/// The number of bytes that follow the length word.
pub fn body_length(length: [u8; 4]) -> Result<usize, StartupError> {
    usize::try_from(u32::from_be_bytes(length))
        .ok()
        .and_then(|length| length.checked_sub(4))
        .filter(|body| (4..=MAX_PACKET).contains(body))
        .ok_or(StartupError::Length)
}

/// Reads a packet's body: what follows the length word.
pub fn parse(body: &[u8]) -> Result<Request, StartupError> {
    let (code, rest) = body.split_first_chunk().ok_or(StartupError::Length)?;
    match u32::from_be_bytes(*code) {
        SSL_REQUEST => Ok(Request::Ssl),
        GSS_ENCRYPTION_REQUEST => Ok(Request::GssEncryption),
        CANCEL_REQUEST if CANCEL_BODY.contains(&rest.len()) => {
            Ok(Request::Cancel(with_length(body)))
        }
        CANCEL_REQUEST => Err(StartupError::CancelLength),
        version => StartupPacket::parse(version, rest).map(Request::Startup),
    }
}

/// A StartupMessage. Names and values are bytes: no encoding is agreed on yet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StartupPacket {
    version: u32,
    parameters: Vec<(Vec<u8>, Vec<u8>)>,
}

impl StartupPacket {
    fn parse(version: u32, body: &[u8]) -> Result<Self, StartupError> {
        let [a, b, c, d] = version.to_be_bytes();
        let major = u16::from_be_bytes([a, b]);
        if major != 3 {
            let minor = u16::from_be_bytes([c, d]);
            return Err(StartupError::Version { major, minor });
        }
        let mut parameters = Vec::new();
        let mut rest = body;
        loop {
            let (name, after) = c_string(rest)?;
            if name.is_empty() {
                // The terminator; nothing may follow it.
                if !after.is_empty() {
                    return Err(StartupError::Terminator);
                }
                break;
            }
            let (value, after) = c_string(after)?;
            parameters.push((name.to_vec(), value.to_vec()));
            rest = after;
        }
        let packet = Self {
            version,
            parameters,
        };
        if packet.get("user").is_none_or(<[u8]>::is_empty) {
            return Err(StartupError::NoUser);
        }
        Ok(packet)
    }

    /// The value of a parameter; the last one counts, as it does in the server. Names of
    /// settings are compared without regard to case, as settings are.
    pub fn get(&self, name: &str) -> Option<&[u8]> {
        self.parameters
            .iter()
            .rev()
            .find(|(found, _)| found.eq_ignore_ascii_case(name.as_bytes()))
            .map(|(_, value)| value.as_slice())
    }

    pub fn user(&self) -> &[u8] {
        self.get("user").unwrap_or_default()
    }

    /// The database asked for; the user's name where none is.
    pub fn database(&self) -> &[u8] {
        match self.get("database") {
            None | Some([]) => self.user(),
            Some(name) => name,
        }
    }

    /// Whether this is a replication connection (`replication=true` or `database`).
    pub fn is_replication(&self) -> bool {
        let Some(value) = self.get("replication") else {
            return false;
        };
        let value = value.to_ascii_lowercase();
        // `parse_bool` takes any prefix of `false` and `no`; `o` alone could be `on`.
        let off = match value.as_slice() {
            b"" | b"0" | b"of" | b"off" => true,
            other => b"false".starts_with(other) || b"no".starts_with(other),
        };
        !off
    }

    /// A setting that the packet makes: as a parameter, which wins in the server as well, or in `options`.
    pub fn setting(&self, name: &str) -> Option<Vec<u8>> {
        if let Some(value) = self.get(name) {
            return Some(value.to_vec());
        }
        option_settings(self.get("options")?)
            .into_iter()
            .rev()
            .find(|(found, _)| found.eq_ignore_ascii_case(name.as_bytes()))
            .map(|(_, value)| value)
    }

    /// Makes `name` a parameter with that value, and the only one of that name. The server applies
    /// parameters after `options`, so that this wins over a setting there.
    pub fn set(&mut self, name: &str, value: &[u8]) {
        self.parameters
            .retain(|(found, _)| !found.eq_ignore_ascii_case(name.as_bytes()));
        let value = value.iter().copied().take_while(|byte| *byte != 0);
        self.parameters
            .push((name.as_bytes().to_vec(), value.collect()));
    }

    /// The packet, with its length word.
    pub fn encode(&self) -> Bytes {
        let mut body = BytesMut::new();
        body.put_u32(self.version);
        for (name, value) in &self.parameters {
            body.put_slice(name);
            body.put_u8(0);
            body.put_slice(value);
            body.put_u8(0);
        }
        body.put_u8(0);
        with_length(&body)
    }
}

fn with_length(body: &[u8]) -> Bytes {
    let mut packet = BytesMut::with_capacity(4 + body.len());
    packet.put_u32(u32::try_from(4 + body.len()).unwrap_or(u32::MAX));
    packet.put_slice(body);
    packet.freeze()
}

fn c_string(bytes: &[u8]) -> Result<(&[u8], &[u8]), StartupError> {
    let end = memchr::memchr(0, bytes).ok_or(StartupError::Terminator)?;
    let (text, rest) = bytes.split_at(end);
    Ok((text, rest.get(1..).unwrap_or_default()))
}

/// Splits `options` into words as `pg_split_opts` does: at white space, with a backslash to keep the
/// character after it.
pub fn split_options(options: &[u8]) -> Vec<Vec<u8>> {
    let mut words = Vec::new();
    let mut word: Option<Vec<u8>> = None;
    let mut bytes = options.iter().copied();
    while let Some(byte) = bytes.next() {
        if is_space(byte) {
            words.extend(word.take());
            continue;
        }
        let word = word.get_or_insert_default();
        match byte {
            b'\\' => word.extend(bytes.next()),
            other => word.push(other),
        }
    }
    words.extend(word);
    words
}

/// `isspace` in the C locale.
fn is_space(byte: u8) -> bool {
    byte.is_ascii_whitespace() || byte == 0x0b
}

/// The server's switches that take an argument; `-` is `--name=value`.
const SWITCHES_WITH_ARGUMENT: &[u8] = b"BCDcdfhkNprStvW-";

/// The settings in `options`, in order: `-c a=b`, `-ca=b` and `--a=b`.
pub fn option_settings(options: &[u8]) -> Vec<(Vec<u8>, Vec<u8>)> {
    let mut settings = Vec::new();
    let mut words = split_options(options).into_iter();
    while let Some(word) = words.next() {
        let Some((b'-', mut switches)) = word.split_first().map(|(dash, rest)| (*dash, rest))
        else {
            break;
        };
        // Several switches may share a word, until one takes the rest of it as its argument.
        while let Some((switch, rest)) = switches.split_first() {
            switches = rest;
            if !SWITCHES_WITH_ARGUMENT.contains(switch) {
                continue;
            }
            let argument = if rest.is_empty() {
                words.next().unwrap_or_default()
            } else {
                rest.to_vec()
            };
            if matches!(switch, b'c' | b'-')
                && let Some(equals) = memchr::memchr(b'=', &argument)
            {
                let (name, value) = argument.split_at(equals);
                // `ParseLongOption`: a hyphen in a name is an underscore.
                let name = name.iter().map(|byte| match byte {
                    b'-' => b'_',
                    other => *other,
                });
                settings.push((name.collect(), value.get(1..).unwrap_or_default().to_vec()));
            }
            break;
        }
    }
    settings
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn body(version: u32, parameters: &[u8]) -> Vec<u8> {
        [&version.to_be_bytes()[..], parameters].concat()
    }

    fn startup(parameters: &[u8]) -> StartupPacket {
        match parse(&body(0x0003_0000, parameters)) {
            Ok(Request::Startup(packet)) => packet,
            other => panic!("{other:?}"),
        }
    }

    fn settings(options: &str) -> Vec<(String, String)> {
        let text = |bytes| String::from_utf8(bytes).unwrap();
        option_settings(options.as_bytes())
            .into_iter()
            .map(|(name, value)| (text(name), text(value)))
            .collect()
    }

    fn pair(name: &str, value: &str) -> (String, String) {
        (name.to_owned(), value.to_owned())
    }

    #[test]
    fn the_three_requests_are_told_from_a_startup_packet() {
        assert_eq!(parse(&SSL_REQUEST.to_be_bytes()), Ok(Request::Ssl));
        assert_eq!(
            parse(&GSS_ENCRYPTION_REQUEST.to_be_bytes()),
            Ok(Request::GssEncryption)
        );
        let cancel = body(CANCEL_REQUEST, &[0, 0, 0, 9, 1, 2, 3, 4]);
        let Ok(Request::Cancel(packet)) = parse(&cancel) else {
            panic!("not a cancel request")
        };
        assert_eq!(packet[..4], [0, 0, 0, 16]);
        assert_eq!(packet[4..], cancel);
    }

    #[test]
    fn cancel_keys_have_4_to_256_bytes() {
        let with_key = |bytes: u16| parse(&body(CANCEL_REQUEST, &vec![7; 4 + usize::from(bytes)]));
        assert!(with_key(4).is_ok() && with_key(256).is_ok());
        assert_eq!(with_key(3), Err(StartupError::CancelLength));
        assert_eq!(with_key(257), Err(StartupError::CancelLength));
    }

    #[test]
    fn lengths_are_bounded_at_both_ends() {
        let length = |bytes: u32| body_length(bytes.to_be_bytes());
        assert_eq!(length(8), Ok(4));
        assert_eq!(length(10_004), Ok(MAX_PACKET));
        for bytes in [0, 3, 4, 7, 10_005, u32::MAX] {
            assert_eq!(length(bytes), Err(StartupError::Length));
        }
    }

    #[test]
    fn the_terminator_must_be_the_last_byte() {
        let layout = |parameters: &[u8]| parse(&body(0x0003_0000, parameters));
        assert!(layout(b"user\0ada\0\0").is_ok());
        for parameters in [
            &b""[..],
            b"user\0ada\0",
            b"user\0ada",
            b"user\0ada\0\0\0",
            b"user\0ada\0\0database\0x\0\0",
        ] {
            assert_eq!(layout(parameters), Err(StartupError::Terminator));
        }
        assert_eq!(layout(b"database\0x\0\0"), Err(StartupError::NoUser));
        assert_eq!(layout(b"user\0\0\0"), Err(StartupError::NoUser));
    }

    #[test]
    fn only_the_major_version_3_is_spoken_and_the_minor_is_kept() {
        let newer = body(0x0003_0002, b"user\0ada\0\0");
        let Ok(Request::Startup(packet)) = parse(&newer) else {
            panic!("not a startup packet")
        };
        assert_eq!(packet.encode()[4..], newer);
        assert_eq!(
            parse(&body(0x0002_0000, b"user\0ada\0\0")),
            Err(StartupError::Version { major: 2, minor: 0 })
        );
    }

    #[test]
    fn the_database_defaults_to_the_user() {
        assert_eq!(startup(b"user\0ada\0\0").database(), b"ada");
        assert_eq!(startup(b"user\0ada\0database\0\0\0").database(), b"ada");
        assert_eq!(startup(b"user\0ada\0database\0app\0\0").database(), b"app");
    }

    #[test]
    fn replication_is_told_from_its_refusal() {
        let replication =
            |value: &str| startup(format!("user\0a\0replication\0{value}\0\0").as_bytes());
        for value in ["true", "1", "on", "yes", "database", "T"] {
            assert!(replication(value).is_replication(), "{value}");
        }
        for value in ["false", "0", "off", "no", "F"] {
            assert!(!replication(value).is_replication(), "{value}");
        }
        assert!(!startup(b"user\0a\0\0").is_replication());
    }

    #[test]
    fn options_are_split_as_the_server_splits_them() {
        let words = |options: &str| -> Vec<String> {
            split_options(options.as_bytes())
                .into_iter()
                .map(|word| String::from_utf8(word).unwrap())
                .collect()
        };
        assert_eq!(words("  a\\ b\tc\\\\d  "), ["a b", "c\\d"]);
        assert_eq!(words("\\"), [""]);
        assert!(words("   ").is_empty());
    }

    #[test]
    fn settings_are_found_in_all_their_spellings() {
        assert_eq!(
            settings("-c a=1 -cb=2 --c=3 --long-name=4 -c d=x\\ y=z"),
            [
                pair("a", "1"),
                pair("b", "2"),
                pair("c", "3"),
                pair("long_name", "4"),
                pair("d", "x y=z"),
            ]
        );
    }

    #[test]
    fn other_switches_keep_their_arguments_to_themselves() {
        assert_eq!(
            settings("-f -c -ec a=1 -S4 -c b=2"),
            [pair("a", "1"), pair("b", "2")]
        );
        assert!(settings("word -c a=1").is_empty());
        assert!(settings("-c").is_empty());
        assert!(settings("-c novalue").is_empty());
    }

    #[test]
    fn a_parameter_wins_over_options_and_a_set_one_over_both() {
        let mut packet = startup(
            b"user\0a\0options\0-c pggit.branch=one -c pggit.branch=two\0Search_Path\0x\0\0",
        );
        assert_eq!(packet.setting("pggit.branch").unwrap(), b"two");
        assert_eq!(packet.setting("search_path").unwrap(), b"x");
        packet.set("pggit.branch", b"three");
        packet.set("search_path", b"y");
        assert_eq!(packet.setting("PGGIT.branch").unwrap(), b"three");
        assert_eq!(
            packet.encode()[8..],
            b"user\0a\0options\0-c pggit.branch=one -c pggit.branch=two\0pggit.branch\0three\0search_path\0y\0\0"[..]
        );
    }

    proptest! {
        #[test]
        fn no_byte_string_makes_it_panic(bytes in proptest::collection::vec(any::<u8>(), 0..300)) {
            let _ = parse(&bytes);
            let _ = option_settings(&bytes);
        }

        #[test]
        fn a_packet_that_parses_is_encoded_as_it_came(
            parameters in proptest::collection::vec(("[a-z]{1,6}", "[^\0]{0,9}"), 0..6)
        ) {
            let mut bytes = body(0x0003_0000, b"user\0ada\0");
            for (name, value) in &parameters {
                bytes.extend_from_slice(format!("{name}\0{value}\0").as_bytes());
            }
            bytes.push(0);
            if let Ok(Request::Startup(packet)) = parse(&bytes) {
                prop_assert_eq!(&packet.encode()[4..], &bytes[..]);
            }
        }
    }
}
