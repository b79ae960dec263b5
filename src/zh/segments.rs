//! How many short messages a text takes (3GPP TS 23.038, 23.040).
//!
//! In UCS-2 70 characters fit into one and 67 into each of several; a character outside the
//! basic plane (an emoji) takes two places, and both stand in the same part. China's carriers
//! bill plain ASCII the same way. Abroad a text of the 7-bit alphabet has 160 places in one and
//! 153 in each of several; those of its extension table take two, in the same part.

const ALONE: usize = 70;
const JOINED: usize = 67;
const ALONE_7: usize = 160;
const JOINED_7: usize = 153;

/// The default alphabet of 7 bits, in its order without the escape.
const GSM_7: &str = "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?\
                     ¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà";
/// Behind an escape: two places each.
const GSM_7_EXTENSION: &str = "\u{c}^{}\\[~]|€";

/// Places that a character takes in the 7-bit alphabet; `None`: it is not in it.
fn places_7(c: char) -> Option<usize> {
    if GSM_7.contains(c) {
        return Some(1);
    }
    GSM_7_EXTENSION.contains(c).then_some(2)
}

/// For senders that use the 7-bit alphabet where the whole text is in it.
pub fn segments_in_gsm7(text: &str) -> usize {
    let places: Option<Vec<usize>> = text.chars().map(places_7).collect();
    let Some(places) = places else { return segments(text) };
    match places.iter().sum() {
        0 => 0,
        1..=ALONE_7 => 1,
        _ => {
            let (mut parts, mut used) = (1, 0);
            for places in places {
                if used + places > JOINED_7 {
                    (parts, used) = (parts + 1, 0);
                }
                used += places;
            }
            parts
        }
    }
}

pub fn segments(text: &str) -> usize {
    match text.encode_utf16().count() {
        0 => 0,
        1..=ALONE => 1,
        _ => ends(text, JOINED).count(),
    }
}

/// Byte positions at which a part of so many places ends.
fn ends(text: &str, places: usize) -> impl Iterator<Item = usize> {
    let mut chars = text.char_indices().peekable();
    std::iter::from_fn(move || {
        chars.peek()?;
        let mut used = 0;
        while let Some((_, c)) = chars.next_if(|(_, c)| used + c.len_utf16() <= places) {
            used += c.len_utf16();
        }
        Some(chars.peek().map_or(text.len(), |(at, _)| *at))
    })
}

/// The same place, or one before it at which nothing that is seen as one is torn: a family of
/// emoji, a letter with its accent.
fn whole(text: &str, at: usize) -> usize {
    let joins = |c: char| {
        matches!(c, '\u{300}'..='\u{36f}' | '\u{200d}' | '\u{20e3}' | '\u{fe00}'..='\u{fe0f}'
            | '\u{1f3fb}'..='\u{1f3ff}' | '\u{e0020}'..='\u{e007f}')
    };
    let torn = |at: &usize| text[*at..].starts_with(joins) || text[..*at].ends_with('\u{200d}');
    let places = text[..at].char_indices().map(|(place, _)| place).skip(1);
    let before: Vec<usize> = places.chain([at]).collect();
    before.into_iter().rev().find(|at| !torn(at)).unwrap_or(at)
}

/// Texts of at most `most` parts each, cut between characters, where it can be behind a
/// sentence.
pub fn split(text: &str, most: usize) -> Vec<&str> {
    let mut parts = Vec::new();
    let mut rest = text.trim();
    while segments(rest) > most {
        let limit =
            if most == 1 { ends(rest, ALONE).next() } else { ends(rest, JOINED).nth(most - 1) };
        let limit = whole(rest, limit.unwrap_or(rest.len()));
        let head = &rest[..limit];
        let stops = ['。', '；', '！', '？', '\n', '，', ' '];
        let at = stops.iter().find_map(|stop| {
            let end = head.rfind(*stop)? + stop.len_utf8();
            (end * 2 > limit).then_some(end)
        });
        let (part, more) = rest.split_at(at.unwrap_or(limit));
        parts.push(part.trim_end());
        rest = more.trim_start();
    }
    if !rest.is_empty() {
        parts.push(rest);
    }
    parts
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn as_the_carriers_count() {
        for (units, expect) in
            [(0, 0), (1, 1), (70, 1), (71, 2), (134, 2), (135, 3), (201, 3), (202, 4)]
        {
            assert_eq!(segments(&"字".repeat(units)), expect, "{units}");
            assert_eq!(segments(&"a".repeat(units)), expect, "{units}");
        }
        assert_eq!(segments(&"😀".repeat(35)), 1);
        assert_eq!(segments(&"😀".repeat(36)), 2);
        // 66 places, then an emoji that does not fit into the first part: 134 places, 3 parts.
        assert_eq!(segments(&format!("{}😀{}", "字".repeat(66), "字".repeat(66))), 3);
    }

    #[test]
    fn the_seven_bit_alphabet_counts_its_own_way() {
        // The alphabet has 128 codes, one of them the escape; the extension ten.
        assert_eq!((GSM_7.chars().count(), GSM_7_EXTENSION.chars().count()), (127, 10));
        let check = |text: &str, expect: usize| {
            let shown: String = text.chars().take(5).collect();
            assert_eq!(segments_in_gsm7(text), expect, "{shown} {}", text.chars().count());
        };
        for (count, expect) in
            [(0, 0), (1, 1), (160, 1), (161, 2), (306, 2), (307, 3), (459, 3), (460, 4)]
        {
            check(&"a".repeat(count), expect);
            check(&"Å".repeat(count), expect);
        }
        for (count, expect) in [(80, 1), (81, 2), (152, 2), (153, 3)] {
            check(&"€".repeat(count), expect);
        }
        // 152 places and an escape pair: the pair goes into the next part, whole.
        check(&format!("{}€{}", "a".repeat(152), "a".repeat(151)), 2);
        check(&format!("{}€{}", "a".repeat(152), "a".repeat(152)), 3);
        // One character that is not in it, and all of it is UCS-2.
        check(&format!("{}字", "a".repeat(69)), 1);
        check(&format!("{}字", "a".repeat(70)), 2);
        check(&"`".repeat(71), 2);
        check(&"ç".repeat(71), 2);
    }

    #[test]
    fn what_is_seen_as_one_is_not_torn() {
        let family = "👩\u{200d}👩\u{200d}👧";
        for (before, one) in [(64, family), (66, "👍🏽"), (69, "e\u{301}"), (69, "1\u{fe0f}\u{20e3}")]
        {
            let text = format!("{}{one}{}", "字".repeat(before), "字".repeat(20));
            let parts = split(&text, 1);
            assert_eq!(parts.len(), 2, "{parts:?}");
            assert!(parts.iter().any(|part| part.contains(one)), "{parts:?}");
        }
        // A string of nothing but joiners is cut all the same.
        assert_eq!(split(&"\u{200d}".repeat(100), 1).len(), 2);
    }

    #[test]
    fn nothing_is_cut_inside_a_character() {
        let check = |text: &str, most: usize| {
            let parts = split(text, most);
            assert!(parts.iter().all(|part| segments(part) <= most), "{parts:?}");
            let joined: String = parts.concat();
            let visible = |text: &str| text.split_whitespace().collect::<String>();
            assert_eq!(visible(&joined), visible(text));
            parts.len()
        };
        assert_eq!(check(&"字".repeat(700), 1), 10);
        assert_eq!(check(&"😀".repeat(100), 2), 2);
        assert_eq!(check(&"😀".repeat(35), 1), 1);
        let text = format!("{}。{}", "字".repeat(60), "字".repeat(60));
        assert_eq!(split(&text, 1)[0].chars().count(), 61);
        assert_eq!(check("", 1), 0);
    }
}
