//! How characters sound: toneless pinyin with all readings, and folded as dialects do.

use pinyin::ToPinyinMulti;

/// The toneless readings of one character; the character itself where it has none.
pub fn sounds(c: char) -> Vec<String> {
    let mut found: Vec<String> = Vec::new();
    if let Some(readings) = c.to_pinyin_multi() {
        for reading in readings {
            let plain = reading.plain().to_owned();
            if !found.contains(&plain) {
                found.push(plain);
            }
        }
    }
    if found.is_empty() {
        found.push(c.to_string());
    }
    found
}

/// The same with zh ch sh as z c s, n as l at the start, and ng as n at the end.
pub fn dialect_sounds(c: char) -> Vec<String> {
    let mut found: Vec<String> = Vec::new();
    for sound in sounds(c) {
        let folded = fold(&sound);
        if !found.contains(&folded) {
            found.push(folded);
        }
    }
    found
}

fn fold(sound: &str) -> String {
    let mut sound = sound.to_owned();
    for (from, to) in [("zh", "z"), ("ch", "c"), ("sh", "s"), ("n", "l")] {
        if let Some(rest) = sound.strip_prefix(from)
            && !rest.is_empty()
        {
            sound = format!("{to}{rest}");
            break;
        }
    }
    match sound.strip_suffix("ng") {
        Some(stem) => format!("{stem}n"),
        None => sound,
    }
}
