//! Money in fen, quantities in thousandths: no float is ever reckoned with or stored.

use std::fmt;

use serde::{Deserialize, Serialize};

/// Hundredths of a yuan.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
)]
#[serde(transparent)]
pub struct Fen(pub i64);

/// Thousandths of the unit in which an article is sold: half a bag is 500.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
)]
#[serde(transparent)]
pub struct Milli(pub i64);

impl Fen {
    pub const ZERO: Fen = Fen(0);
    /// A price or a total above a million yuan is a slip of the pen.
    pub const MAX: Fen = Fen(100_000_000);

    /// The price of so much, rounded half up to the fen. `None`: above [`Fen::MAX`].
    pub fn times(self, quantity: Milli) -> Option<Fen> {
        let thousandths = i128::from(self.0) * i128::from(quantity.0);
        let fen = (thousandths + 500).div_euclid(1_000);
        i64::try_from(fen).ok().map(Fen).filter(|total| *total <= Fen::MAX)
    }

    /// `None`: above [`Fen::MAX`].
    pub fn plus(self, other: Fen) -> Option<Fen> {
        self.0.checked_add(other.0).map(Fen).filter(|sum| *sum <= Fen::MAX)
    }

    pub fn minus(self, other: Fen) -> Fen {
        Fen(self.0.saturating_sub(other.0))
    }

    /// `105`, `105.5`, `105.50`, `￥105元`. `None` for what is no amount, is negative, or has
    /// more than two decimals.
    pub fn parse(text: &str) -> Option<Fen> {
        let text = text.trim().trim_start_matches(['¥', '￥']).trim_end_matches('元').trim();
        decimal(text, 2).map(Fen).filter(|fen| *fen <= Fen::MAX)
    }

    /// Without the unit, for a cell of a table: `105.50`.
    pub fn plain(self) -> String {
        let sign = if self.0 < 0 { "-" } else { "" };
        format!("{sign}{}.{:02}", self.0.abs() / 100, self.0.abs() % 100)
    }
}

impl fmt::Display for Fen {
    /// `105元`, `105.50元`
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.0 % 100 == 0 {
            write!(f, "{}元", self.0 / 100)
        } else {
            write!(f, "{}元", self.plain())
        }
    }
}

impl Milli {
    pub const ZERO: Milli = Milli(0);
    pub const ONE: Milli = Milli(1_000);
    /// A million of anything is a slip of the pen.
    pub const MAX: Milli = Milli(1_000_000_000);

    pub fn plus(self, other: Milli) -> Option<Milli> {
        self.0.checked_add(other.0).map(Milli).filter(|sum| *sum <= Milli::MAX)
    }

    pub fn minus(self, other: Milli) -> Milli {
        Milli(self.0.saturating_sub(other.0))
    }

    /// `2`, `2.5`; at most three decimals, never negative.
    pub fn parse(text: &str) -> Option<Milli> {
        decimal(text.trim(), 3).map(Milli).filter(|quantity| *quantity <= Milli::MAX)
    }

    pub fn is_multiple_of(self, step: Milli) -> bool {
        step.0 > 0 && self.0 % step.0 == 0
    }
}

impl fmt::Display for Milli {
    /// `2`, `2.5`
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let sign = if self.0 < 0 { "-" } else { "" };
        let (whole, rest) = (self.0.abs() / 1_000, self.0.abs() % 1_000);
        let text = format!("{sign}{whole}.{rest:03}");
        f.write_str(text.trim_end_matches('0').trim_end_matches('.'))
    }
}

/// A plain decimal number, times ten to the power of `places`.
fn decimal(text: &str, places: usize) -> Option<i64> {
    let (whole, part) = text.split_once('.').unwrap_or((text, ""));
    let digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    if whole.is_empty() || !digits(whole) || !digits(part) || part.len() > places {
        return None;
    }
    format!("{whole}{part:0<places$}").parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn amounts_are_read_and_shown() {
        let check = |text: &str, fen: Option<i64>, shown: &str| {
            let read = Fen::parse(text);
            assert_eq!(read, fen.map(Fen), "{text}");
            assert_eq!(read.map(|fen| fen.to_string()).unwrap_or_default(), shown, "{text}");
        };
        check("105", Some(10_500), "105元");
        check(" ￥105.5元 ", Some(10_550), "105.50元");
        check("0.05", Some(5), "0.05元");
        check("1000000", Some(100_000_000), "1000000元");
        for wrong in
            ["", "-1", "1.005", "1,000", "1e3", "一百", "1000000.01", "99999999999999999999"]
        {
            check(wrong, None, "");
        }
    }

    #[test]
    fn quantities_are_read_and_shown() {
        let check = |text: &str, expect: Option<(i64, &str)>| {
            let read = Milli::parse(text).map(|found| (found.0, found.to_string()));
            assert_eq!(read, expect.map(|(n, shown)| (n, shown.to_owned())), "{text}");
        };
        check("2", Some((2_000, "2")));
        check("2.50", Some((2_500, "2.5")));
        check("0.125", Some((125, "0.125")));
        check("100", Some((100_000, "100")));
        check("1.2345", None);
        check("-2", None);
        check("1000001", None);
    }

    #[test]
    fn a_price_times_a_quantity() {
        for (fen, quantity, expect) in [
            (10_500, 5_000, Some(52_500)),
            // 4.6 斤 of 3.99元
            (399, 4_600, Some(1_835)),
            (1, 499, Some(0)),
            (1, 500, Some(1)),
            (100_000_000, 2_000, None),
            (i64::MAX, i64::MAX, None),
        ] {
            assert_eq!(Fen(fen).times(Milli(quantity)), expect.map(Fen), "{fen} × {quantity}");
        }
    }
}
