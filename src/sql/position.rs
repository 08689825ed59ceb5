//! Applying splices to a text, and bringing the server's error positions back to the text the client wrote.

use super::characters::Characters;
use super::plan::Splice;

/// `text` with every splice applied. Splices are sorted and do not overlap.
pub fn apply_splices(text: &[u8], splices: &[Splice]) -> Vec<u8> {
    let grown: usize = splices.iter().map(|splice| splice.with.len()).sum();
    let mut spliced = Vec::with_capacity(text.len() + grown);
    let mut copied = 0;
    for splice in splices {
        spliced.extend_from_slice(text.get(copied..splice.at.start).unwrap_or_default());
        spliced.extend_from_slice(splice.with.as_bytes());
        copied = splice.at.end;
    }
    spliced.extend_from_slice(text.get(copied..).unwrap_or_default());
    spliced
}

/// Where position `position` (1-based, in characters, field `P` of an error) of the spliced text stands in
/// `text`. Within a splice: at the start of what it replaced.
pub fn map_position(text: &[u8], splices: &[Splice], characters: Characters, position: u32) -> u32 {
    let wanted = (position as usize).saturating_sub(1);
    let width = |bytes: &[u8]| characters.count(bytes);
    let mut spliced = 0;
    let mut original = 0;
    let mut copied = 0;
    for splice in splices {
        let kept = width(text.get(copied..splice.at.start).unwrap_or_default());
        if wanted < spliced + kept {
            break;
        }
        spliced += kept;
        original += kept;
        let new = width(splice.with.as_bytes());
        if wanted < spliced + new {
            return one_based(original);
        }
        spliced += new;
        original += width(text.get(splice.at.clone()).unwrap_or_default());
        copied = splice.at.end;
    }
    one_based(original + (wanted - spliced))
}

fn one_based(characters: usize) -> u32 {
    u32::try_from(characters + 1).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn splices() -> Vec<Splice> {
        vec![
            Splice {
                at: 9..15,
                with: "\"public@f\"".to_owned(),
            },
            Splice {
                at: 20..20,
                with: "public.".to_owned(),
            },
        ]
    }

    #[test]
    fn splices_are_applied_in_order() {
        assert_eq!(
            apply_splices(b"TABLE /*/public.t   citext", &splices()),
            b"TABLE /*/\"public@f\".t   public.citext"
        );
    }

    #[test]
    fn positions_outside_splices_move_by_what_was_inserted() {
        let text = "é /*****public.t   citext x".as_bytes();
        let splices = splices();
        let spliced = String::from_utf8(apply_splices(text, &splices)).expect("utf-8");
        for (number, character) in std::str::from_utf8(text)
            .expect("utf-8")
            .chars()
            .enumerate()
        {
            let original = u32::try_from(number + 1).expect("small");
            // Positions before, between and after the splices.
            if number < 8 || (14..19).contains(&number) || number >= 19 {
                let moved = match number {
                    0..8 => number,
                    14..19 => number + 4,
                    _ => number + 11,
                };
                assert_eq!(spliced.chars().nth(moved), Some(character));
                let position = u32::try_from(moved + 1).expect("small");
                assert_eq!(
                    map_position(text, &splices, Characters::Utf8, position),
                    original
                );
            }
        }
    }

    #[test]
    fn a_position_within_a_splice_is_the_start_of_the_name() {
        let text = b"TABLE /*/public.t   citext";
        assert_eq!(map_position(text, &splices(), Characters::Utf8, 12), 10);
    }

    #[test]
    fn positions_are_in_characters_of_the_texts_encoding() {
        // Two characters of two bytes before the name, one after it.
        let text = b"'\x95\x5c\x83\x5c' public.t '\x95\x5c' x";
        let splices = [Splice {
            at: 7..13,
            with: "\"public@f\"".to_owned(),
        }];
        // `x` is the 19th character, and the 23rd after splicing.
        assert_eq!(map_position(text, &splices, Characters::ShiftJis, 23), 19);
    }

    #[test]
    fn positions_out_of_range_do_not_panic() {
        assert_eq!(map_position(b"", &[], Characters::Utf8, 0), 1);
        assert!(map_position(b"x", &splices(), Characters::Utf8, u32::MAX) > 0);
    }
}
