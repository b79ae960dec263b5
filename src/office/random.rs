//! Random bytes from the operating system: ids, tokens, nonces.

pub fn bytes<const N: usize>() -> [u8; N] {
    let mut bytes = [0; N];
    getrandom::fill(&mut bytes).expect("the operating system gives random bytes");
    bytes
}

/// `2 * N` characters.
pub fn hex<const N: usize>() -> String {
    to_hex(&bytes::<N>())
}

pub fn to_hex(bytes: &[u8]) -> String {
    use std::fmt::Write;
    bytes.iter().fold(String::with_capacity(bytes.len() * 2), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}

/// A password that can be read over the telephone: no 0 O 1 l I.
pub fn one_time_password() -> String {
    const LETTERS: &[u8] = b"abcdefghjkmnpqrstuvwxyz23456789";
    let letters: Vec<u8> =
        bytes::<12>().iter().map(|byte| LETTERS[*byte as usize % LETTERS.len()]).collect();
    let text: String = letters.iter().map(|letter| char::from(*letter)).collect();
    format!("{}-{}-{}", &text[..4], &text[4..8], &text[8..])
}

/// Sixteen letters and digits, as WeChat's own envelopes begin with.
pub fn letters() -> [u8; 16] {
    const LETTERS: &[u8; 64] = b"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789ab";
    bytes::<16>().map(|byte| LETTERS[byte as usize % LETTERS.len()])
}
