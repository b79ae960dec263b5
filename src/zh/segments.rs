//! How many short messages a text takes: 70 characters in one, 67 in each of several
//! (GSM 03.38, UCS-2). A character outside the basic plane (an emoji) counts two.

const ALONE: usize = 70;
const JOINED: usize = 67;

pub fn segments(text: &str) -> usize {
    let units = text.encode_utf16().count();
    match units {
        0 => 0,
        1..=ALONE => 1,
        units => units.div_ceil(JOINED),
    }
}
