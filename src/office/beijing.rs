//! Times as people in China read them. Fixed UTC+8: no summer time since 1991.

use jiff::Timestamp;
use jiff::civil::DateTime;
use jiff::tz::Offset;

pub fn civil(at: Timestamp) -> DateTime {
    Offset::constant(8).to_datetime(at)
}

/// Of a local date and time.
pub fn instant(at: DateTime) -> Timestamp {
    Offset::constant(8).to_timestamp(at).unwrap_or(Timestamp::MAX)
}

/// `11月25日17:30`
pub fn time(at: Timestamp) -> String {
    let at = civil(at);
    format!("{}月{}日{:02}:{:02}", at.month(), at.day(), at.hour(), at.minute())
}

/// `2026年11月25日`
pub fn day_in_words(at: Timestamp) -> String {
    let at = civil(at);
    format!("{}年{}月{}日", at.year(), at.month(), at.day())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn eight_hours_east() {
        let at: Timestamp = "2026-11-25T16:05:00Z".parse().unwrap();
        assert_eq!(time(at), "11月26日00:05");
    }
}
