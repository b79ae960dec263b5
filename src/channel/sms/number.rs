//! Whose number it is: a person's, or a machine's.

/// Who a number belongs to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Sender {
    /// A mainland mobile number as eleven digits, or `+` and a foreign number.
    Person(String),
    /// A service number (106...), a short code, a name: never answered.
    Machine,
}

/// However a provider writes it: `13800138000`, `+86 138-0013-8000`, `008613800138000`.
pub fn sender(written: &str) -> Sender {
    let mut digits = String::with_capacity(written.len());
    for c in written.trim().chars() {
        match c {
            '0'..='9' => digits.push(c),
            '+' if digits.is_empty() => digits.push(c),
            ' ' | '-' | '(' | ')' | '\u{a0}' => {}
            _ => return Sender::Machine,
        }
    }
    for prefix in ["+86", "0086", "86", ""] {
        if let Some(rest) = digits.strip_prefix(prefix)
            && is_mobile(rest)
        {
            return Sender::Person(rest.to_owned());
        }
    }
    let foreign = digits.strip_prefix('+').or_else(|| digits.strip_prefix("00"));
    match foreign {
        Some(number)
            if (8..=15).contains(&number.len())
                && !number.starts_with('0')
                && !number.starts_with("86") =>
        {
            Sender::Person(format!("+{number}"))
        }
        _ => Sender::Machine,
    }
}

fn is_mobile(digits: &str) -> bool {
    let bytes = digits.as_bytes();
    bytes.len() == 11 && bytes[0] == b'1' && (b'3'..=b'9').contains(&bytes[1])
}

/// With the country in front, as providers abroad want it.
pub(super) fn international(number: &str) -> String {
    if number.starts_with('+') { number.to_owned() } else { format!("+86{number}") }
}

/// `138****8000`: enough to recognise, not enough to call.
pub fn masked(number: &str) -> String {
    let digits: Vec<char> = number.chars().collect();
    if digits.len() < 8 {
        return "****".into();
    }
    let head: String = digits[..digits.len() - 8].iter().collect();
    let tail: String = digits[digits.len() - 4..].iter().collect();
    format!("{head}****{tail}")
}
