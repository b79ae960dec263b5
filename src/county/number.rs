//! The case number: `T YY NNNNN C`, nine digits, read and shown in threes. T is the type, YY
//! the year, NNNNN a serial per type and year, C a Damm check digit (H. M. Damm, 2004), which
//! catches every single wrong digit and every swap of neighbours.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// What a number counts: its first digit.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum CaseType {
    /// 诉求: somebody wants something mended, answered or looked into.
    Appeal,
    /// 代办: an agent runs an errand.
    Proxy,
    Order,
    Listing,
}

impl CaseType {
    pub const ALL: [CaseType; 4] =
        [CaseType::Appeal, CaseType::Proxy, CaseType::Order, CaseType::Listing];

    pub const fn digit(self) -> u32 {
        match self {
            CaseType::Appeal => 1,
            CaseType::Proxy => 2,
            CaseType::Order => 5,
            CaseType::Listing => 6,
        }
    }
}

/// Nine digits whose check digit is right. Displays as `126-041-273`; stored as `126041273`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct CaseNumber(u32);

#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NumberError {
    #[error("a serial is 1 to {max}, not {0}: the year's numbers are used up", max = CaseNumber::SERIAL_MAX)]
    Serial(u32),
    #[error("a year is 2000 to 2099, not {0}")]
    Year(i16),
    #[error("not a case number: {0:?}; expected nine digits with a right check digit")]
    Text(String),
}

impl CaseNumber {
    pub const SERIAL_MAX: u32 = 99_999;

    /// `year` has four digits; `serial` is 1 to 99,999.
    pub fn new(kind: CaseType, year: i16, serial: u32) -> Result<Self, NumberError> {
        let short = u32::try_from(year).ok().filter(|year| (2000..2100).contains(year));
        let short = short.ok_or(NumberError::Year(year))? - 2000;
        if !(1..=Self::SERIAL_MAX).contains(&serial) {
            return Err(NumberError::Serial(serial));
        }
        let body = (kind.digit() * 100 + short) * 100_000 + serial;
        Ok(Self(body * 10 + damm(body)))
    }

    /// Exactly nine digits, as stored; what people write goes through `read_number`.
    pub fn from_digits(digits: &str) -> Option<Self> {
        if digits.len() != 9 || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
            return None;
        }
        let number = Self(digits.parse().ok()?);
        let known = CaseType::ALL.iter().any(|kind| kind.digit() == number.0 / 100_000_000);
        (known && number.serial() > 0 && damm(number.0) == 0).then_some(number)
    }

    /// As stored and as part of a key: `126041273`.
    pub fn digits(self) -> String {
        self.0.to_string()
    }

    pub fn kind(self) -> CaseType {
        let first = self.0 / 100_000_000;
        let of = |kind: &CaseType| kind.digit() == first;
        CaseType::ALL.into_iter().find(of).unwrap_or(CaseType::Appeal)
    }

    /// Four digits.
    pub fn year(self) -> i16 {
        // Two digits: it fits.
        2000 + (self.0 / 1_000_000 % 100) as i16
    }

    pub fn serial(self) -> u32 {
        self.0 / 10 % 100_000
    }

    pub fn ends_in(self, tail: &str) -> bool {
        !tail.is_empty() && self.digits().ends_with(tail)
    }
}

impl fmt::Display for CaseNumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self(number) = self;
        write!(f, "{}-{:03}-{:03}", number / 1_000_000, number / 1000 % 1000, number % 1000)
    }
}

impl FromStr for CaseNumber {
    type Err = NumberError;

    /// With or without the hyphens of `Display`.
    fn from_str(text: &str) -> Result<Self, NumberError> {
        let digits = text.replace('-', "");
        Self::from_digits(&digits).ok_or_else(|| NumberError::Text(text.to_owned()))
    }
}

impl Serialize for CaseNumber {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.digits())
    }
}

impl<'de> Deserialize<'de> for CaseNumber {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = std::borrow::Cow::<str>::deserialize(deserializer)?;
        text.parse().map_err(serde::de::Error::custom)
    }
}

/// Damm's check digit of the decimal digits; 0 for a number that ends in its own.
pub fn damm(number: u32) -> u32 {
    const TABLE: [[u8; 10]; 10] = [
        [0, 3, 1, 7, 5, 9, 8, 6, 4, 2],
        [7, 0, 9, 2, 1, 5, 4, 8, 6, 3],
        [4, 2, 0, 6, 8, 7, 1, 3, 5, 9],
        [1, 7, 5, 0, 9, 8, 3, 4, 2, 6],
        [6, 1, 2, 3, 0, 4, 5, 9, 7, 8],
        [3, 6, 7, 4, 2, 0, 9, 5, 8, 1],
        [5, 8, 6, 9, 7, 2, 0, 1, 3, 4],
        [8, 9, 4, 5, 3, 6, 2, 0, 1, 7],
        [9, 4, 3, 8, 6, 1, 7, 2, 0, 5],
        [2, 5, 8, 1, 4, 3, 6, 7, 9, 0],
    ];
    let digits = number.to_string();
    let interim =
        digits.bytes().fold(0u8, |row, digit| TABLE[usize::from(row)][usize::from(digit - b'0')]);
    u32::from(interim)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn known_answers() {
        assert_eq!(damm(572), 4, "the example of the original paper");
        let check = |kind, year, serial, digits: &str, shown: &str| {
            let number = CaseNumber::new(kind, year, serial).unwrap();
            assert_eq!((&*number.digits(), &*number.to_string()), (digits, shown));
            assert_eq!((number.year(), number.serial()), (year, serial));
            assert_eq!(digits.parse(), Ok(number));
            assert_eq!(shown.parse(), Ok(number));
            let json = serde_json::to_string(&number).unwrap();
            assert_eq!(json, format!("\"{digits}\""));
            assert_eq!(serde_json::from_str::<CaseNumber>(&json).unwrap(), number);
        };
        check(CaseType::Appeal, 2026, 1, "126000016", "126-000-016");
        check(CaseType::Appeal, 2026, 4127, "126041273", "126-041-273");
        check(CaseType::Appeal, 2026, 4011, "126040116", "126-040-116");
        check(CaseType::Proxy, 2026, 512, "226005122", "226-005-122");
        check(CaseType::Order, 2026, 318, "526003184", "526-003-184");
        check(CaseType::Appeal, 2026, 99_999, "126999992", "126-999-992");
    }

    #[test]
    fn what_is_no_number_is_refused() {
        for (year, serial) in [(2026, 0), (2026, 100_000), (1999, 1), (2100, 1), (-26, 1)] {
            assert!(CaseNumber::new(CaseType::Appeal, year, serial).is_err(), "{year} {serial}");
        }
        for text in ["", "126041274", "12604127", "1260412733", "１２６０４１２７３", "12604127x"]
        {
            assert!(text.parse::<CaseNumber>().is_err(), "{text}");
        }
        let unknown = 32_604_127;
        let text = format!("{unknown}{}", damm(unknown));
        assert!(text.parse::<CaseNumber>().is_err(), "no such type: {text}");
    }

    proptest! {
        #[test]
        fn no_single_slip_passes(kind in 0usize..4, year in 2000i16..2100, serial in 1u32..100_000) {
            let number = CaseNumber::new(CaseType::ALL[kind], year, serial).unwrap();
            let right = number.digits().into_bytes();
            for place in 0..9 {
                for digit in b'0'..=b'9' {
                    let mut wrong = right.clone();
                    wrong[place] = digit;
                    let text = String::from_utf8(wrong).unwrap();
                    prop_assert_eq!(CaseNumber::from_digits(&text).is_some(), digit == right[place]);
                }
                let mut swapped = right.clone();
                if place > 0 {
                    swapped.swap(place - 1, place);
                }
                let text = String::from_utf8(swapped.clone()).unwrap();
                prop_assert_eq!(CaseNumber::from_digits(&text).is_some(), swapped == right);
            }
        }
    }
}
