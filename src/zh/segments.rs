//! How many short messages a text takes: 70 characters in one, 67 in each of several (GSM
//! 03.38, UCS-2; China's carriers bill plain ASCII the same way). A character outside the
//! basic plane (an emoji) takes two places, and both stand in the same part.

const ALONE: usize = 70;
const JOINED: usize = 67;

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

/// Texts of at most `most` parts each, cut between characters, where it can be behind a
/// sentence.
pub fn split(text: &str, most: usize) -> Vec<&str> {
    let mut parts = Vec::new();
    let mut rest = text.trim();
    while segments(rest) > most {
        let limit =
            if most == 1 { ends(rest, ALONE).next() } else { ends(rest, JOINED).nth(most - 1) };
        let limit = limit.unwrap_or(rest.len());
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
