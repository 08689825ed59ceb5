//! Counting characters: positions in errors are in characters of the text, whatever its encoding.

/// How long characters are, by their first bytes (`src/common/wchar.c`).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Characters {
    Utf8,
    /// One byte each.
    Single,
    /// Two bytes from the first high one on.
    Pairs,
    /// The same, but for half-width katakana of one byte.
    ShiftJis,
    /// Two bytes or, after one of two shifts, as many as these say.
    Euc {
        after_ss2: usize,
        after_ss3: usize,
    },
    /// Two bytes, or four where the second is a digit.
    Gb18030,
}

const SS2: u8 = 0x8e;
const SS3: u8 = 0x8f;

impl Characters {
    /// Of a text in an encoding of PostgreSQL's.
    pub fn of(encoding: &str) -> Self {
        match encoding {
            "UTF8" | "UNICODE" => Self::Utf8,
            "SJIS" | "SHIFT_JIS_2004" => Self::ShiftJis,
            "BIG5" | "GBK" | "UHC" | "EUC_CN" => Self::Pairs,
            "EUC_JP" | "EUC_JIS_2004" | "EUC_KR" | "JOHAB" => Self::Euc {
                after_ss2: 2,
                after_ss3: 3,
            },
            "EUC_TW" => Self::Euc {
                after_ss2: 4,
                after_ss3: 3,
            },
            "GB18030" => Self::Gb18030,
            _ => Self::Single,
        }
    }

    /// How many there are. The end of a character that is cut short counts as one.
    pub fn count(self, mut text: &[u8]) -> usize {
        match self {
            Self::Single => return text.len(),
            // Every byte but the continuation bytes starts a character.
            Self::Utf8 => return text.iter().filter(|byte| **byte & 0xc0 != 0x80).count(),
            _ => {}
        }
        let mut count = 0;
        while !text.is_empty() {
            text = text.get(self.first(text)..).unwrap_or_default();
            count += 1;
        }
        count
    }

    /// The bytes of the first character, of those encodings in which it has to be looked at.
    fn first(self, text: &[u8]) -> usize {
        match (self, text) {
            (_, [0..0x80, ..]) | (Self::ShiftJis, [0xa1..=0xdf, ..]) => 1,
            (Self::Euc { after_ss2, .. }, [SS2, ..]) => after_ss2,
            (Self::Euc { after_ss3, .. }, [SS3, ..]) => after_ss3,
            (Self::Gb18030, [_, b'0'..=b'9', ..]) => 4,
            _ => 2,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn characters_are_counted_in_every_kind_of_encoding() {
        for (encoding, text, expected) in [
            ("UTF8", "aé€😀".as_bytes(), 4),
            ("LATIN1", b"a\xe9\xe8", 3),
            ("SQL_ASCII", "é".as_bytes(), 2),
            ("SJIS", b"a\x95\x5c\xb1\x83\x5cb", 5),
            ("BIG5", b"\xa5\x5ca", 2),
            ("GBK", b"\x81\x7ea", 2),
            ("GB18030", b"\x81\x30\x81\x30\x81\x7ea", 3),
            ("EUC_JP", b"\xa4\xa2\x8e\xb1\x8f\xb0\xa1a", 4),
            ("EUC_TW", b"\x8e\xa1\xa1\xa1a", 2),
            ("EUC_KR", b"\xb0\xa1a", 2),
            // Cut short.
            ("SJIS", b"\x95", 1),
            ("GB18030", b"\x81\x30\x81", 1),
        ] {
            assert_eq!(
                Characters::of(encoding).count(text),
                expected,
                "{encoding}: {}",
                text.escape_ascii()
            );
        }
    }

    proptest::proptest! {
        #[test]
        fn ascii_is_the_same_in_all_of_them(text in "[ -~]{0,40}") {
            for encoding in ["UTF8", "LATIN1", "SJIS", "BIG5", "EUC_JP", "EUC_TW", "GB18030", "?"] {
                proptest::prop_assert_eq!(Characters::of(encoding).count(text.as_bytes()), text.len());
            }
        }
    }
}
