//! When a notice may go by SMS: quiet hours, coalescing, caps. Pure; the numbers stand under
//! `[notices]` in config.toml.

use jiff::civil::Time;
use jiff::tz::Offset;
use jiff::{SignedDuration, Timestamp};

use crate::config::{NoticeKind, NoticeSettings};
use crate::store::records::{SmsSent, SmsState};

/// After the end of the quiet hours not everything goes at once.
const RELEASE_MINUTES: i64 = 20;
const HOUR: SignedDuration = SignedDuration::from_hours(1);
const DAY: SignedDuration = SignedDuration::from_hours(24);

/// What is to be done with a notice that could go by SMS now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Gate {
    Go,
    /// Not before then.
    Hold(Timestamp),
    /// Too late: somebody phones. Why, in Chinese.
    Phone(String),
}

/// One notice at the gate.
#[derive(Debug, Clone, Copy)]
pub struct Notice<'a> {
    pub case: Option<&'a str>,
    pub made_at: Timestamp,
    pub kind: &'a NoticeKind,
    /// 0 to 255, to spread what was held.
    pub jitter: u8,
}

pub fn gate(
    notice: Notice<'_>,
    sent: &SmsState,
    settings: &NoticeSettings,
    quiet: Option<(Time, Time)>,
    now: Timestamp,
) -> Gate {
    let last = notice.made_at + SignedDuration::from_hours(i64::from(notice.kind.hours));
    if now > last {
        return Gate::Phone(format!("等了{}小时还没能发出短信", notice.kind.hours));
    }
    let mut not_before = now;
    if !notice.kind.urgent {
        let merge = SignedDuration::from_mins(i64::from(settings.merge_minutes));
        not_before = not_before.max(notice.made_at + merge);
    }
    not_before = not_before.max(free_again(notice, sent, settings, now));
    if !notice.kind.urgent {
        not_before = awake(not_before, quiet, notice.jitter);
    }
    if not_before > last {
        return Gate::Phone("这个号码的短信今天发满了".into());
    }
    if not_before > now { Gate::Hold(not_before) } else { Gate::Go }
}

/// When the caps of the person and of the case leave room.
fn free_again(
    notice: Notice<'_>,
    sent: &SmsState,
    settings: &NoticeSettings,
    now: Timestamp,
) -> Timestamp {
    let any = |_: &SmsSent| true;
    let of_case = |sent: &SmsSent| notice.case.is_some() && sent.case.as_deref() == notice.case;
    [
        room(sent, &any, settings.person_hour, HOUR, now),
        room(sent, &any, settings.person_day, DAY, now),
        room(sent, &of_case, settings.case_day, DAY, now),
    ]
    .into_iter()
    .fold(now, Timestamp::max)
}

fn room(
    sent: &SmsState,
    counts: &dyn Fn(&SmsSent) -> bool,
    most: u32,
    within: SignedDuration,
    now: Timestamp,
) -> Timestamp {
    let mut recent: Vec<Timestamp> = sent
        .notices
        .iter()
        .filter(|sent| counts(sent) && sent.at + within > now)
        .map(|sent| sent.at)
        .collect();
    recent.sort();
    // The one whose leaving makes room.
    let most = most as usize;
    match recent.len().checked_sub(most) {
        Some(over) => recent[over] + within,
        None => now,
    }
}

/// The same time, or the end of the quiet hours and up to twenty minutes.
fn awake(at: Timestamp, quiet: Option<(Time, Time)>, jitter: u8) -> Timestamp {
    let Some((from, to)) = quiet else { return at };
    let china = Offset::constant(8);
    let local = china.to_datetime(at);
    let time = local.time();
    let over_midnight = from > to;
    let is_quiet =
        if over_midnight { time >= from || time < to } else { time >= from && time < to };
    if !is_quiet {
        return at;
    }
    let tomorrow = over_midnight && time >= from;
    let day = if tomorrow { local.date().tomorrow().unwrap_or(local.date()) } else { local.date() };
    let end = china.to_timestamp(day.to_datetime(to)).unwrap_or(at);
    end + SignedDuration::from_secs(RELEASE_MINUTES * 60 * i64::from(jitter) / 255)
}

/// What is older than a day counts no more.
pub fn forget_old(state: &mut SmsState, now: Timestamp) {
    state.notices.retain(|sent| sent.at + DAY > now);
    state.answered.retain(|at| *at + HOUR > now);
    state.codes.retain(|at| *at + DAY > now);
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> Timestamp {
        format!("2026-11-{text}+08:00").parse().unwrap()
    }

    /// `sent`: when notices went, with their case. `expect`: `go`, `phone` or a time.
    fn check(made: &str, now: &str, sent: &[(&str, &str)], urgent: bool, expect: &str) {
        let settings = NoticeSettings::default();
        let kind = NoticeKind { urgent, ..NoticeKind::default() };
        let state = SmsState {
            notices: sent
                .iter()
                .map(|(when, case)| SmsSent { at: at(when), case: Some((*case).into()) })
                .collect(),
            ..SmsState::default()
        };
        let notice = Notice { case: Some("A"), made_at: at(made), kind: &kind, jitter: 0 };
        let quiet = settings.quiet_hours().unwrap();
        let found = match gate(notice, &state, &settings, quiet, at(now)) {
            Gate::Go => "go".to_owned(),
            Gate::Phone(_) => "phone".to_owned(),
            Gate::Hold(until) => {
                Offset::constant(8).to_datetime(until).strftime("%dT%H:%M:%S").to_string()
            }
        };
        assert_eq!(found, expect, "{made} {now} {sent:?}");
    }

    #[test]
    fn when_a_notice_goes() {
        // Several updates of one case wait for each other.
        check("24T10:00:00", "24T10:00:00", &[], false, "24T10:05:00");
        check("24T10:00:00", "24T10:05:00", &[], false, "go");
        check("24T10:00:00", "24T10:00:00", &[], true, "go");
        // Nobody is woken.
        check("24T20:50:00", "24T20:59:59", &[], false, "go");
        check("24T20:50:00", "24T21:00:00", &[], false, "25T08:00:00");
        check("24T20:58:00", "24T20:58:00", &[], false, "25T08:00:00");
        check("24T23:00:00", "25T03:00:00", &[], false, "25T08:00:00");
        check("24T23:00:00", "25T03:00:00", &[], true, "go");
        check("24T23:00:00", "25T08:00:00", &[], false, "go");
        // Two in an hour, three of a case and five altogether in a day.
        let two = [("24T09:30:00", "B"), ("24T09:50:00", "B")];
        check("24T10:00:00", "24T10:10:00", &two, false, "24T10:30:00");
        check("24T10:00:00", "24T10:30:00", &two, false, "go");
        let three = [("24T08:01:00", "A"), ("24T08:02:00", "A"), ("24T08:03:00", "A")];
        check("24T10:00:00", "24T10:10:00", &three, false, "25T08:01:00");
        check("23T11:00:00", "24T10:10:00", &three, false, "phone");
        let five: Vec<(&str, &str)> = ["24T08:01:00"; 5].iter().map(|at| (*at, "B")).collect();
        check("24T10:00:00", "24T10:10:00", &five, false, "25T08:01:00");
        // Too old.
        check("23T10:00:00", "24T10:00:01", &[], false, "phone");
    }

    #[test]
    fn what_was_held_is_spread() {
        let quiet = NoticeSettings::default().quiet_hours().unwrap();
        assert_eq!(awake(at("24T22:00:00"), quiet, 255), at("25T08:20:00"));
        assert_eq!(awake(at("24T22:00:00"), None, 255), at("24T22:00:00"));
        let noon = Some((Time::constant(12, 0, 0, 0), Time::constant(14, 0, 0, 0)));
        assert_eq!(awake(at("24T13:00:00"), noon, 0), at("24T14:00:00"));
        assert_eq!(awake(at("24T14:00:00"), noon, 0), at("24T14:00:00"));
    }
}
